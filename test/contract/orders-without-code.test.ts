import { rmSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import type { OrderedLine } from '../../main/engine/instruments/orders/unordered.ts';
import { builtinProfile } from '../../shared/profiles/builtin.ts';
import { until } from '../until.ts';
import { type BadBench, RawInstrument, receivedTube, startBadBench } from './bad-input-fixture.ts';
import { type EngineClient, startTestEngine } from './engine-client.ts';
import { freePort } from './free-port.ts';
import {
  endDownloads,
  FakeLine,
  HandTimers,
  lawProfile,
  quiet,
  startDownloads,
  takeTransfer,
} from './orders-fixture.ts';
import { signedIn } from './people.ts';

/** Tests that are ordered and that nobody has told the mapping how to order: told to another analyser where one can be, else named where people look. */

let bench: BadBench;

afterEach(async () => {
  await endDownloads();
  await bench?.stop();
  rmSync(bench.at.directory, { recursive: true, force: true });
});

test('R9 a test is told to the analyser that knows how to order it, though another one measures it, too, and comes first', async () => {
  bench = await startBadBench({ instruments: [] });
  const [first, second] = [new FakeLine('T1.A'), new FakeLine('T1.B')];
  first.profileNow = builtinProfile('abbott-architect')!;
  for (const line of [first, second]) line.tests.add('TSH');
  // One that asks for its work.
  const asking: OrderedLine = { name: 'C', isOpen: false, mode: 'query', profile: lawProfile };
  const all = await startDownloads(bench.engine.bench, [first, second], new HandTimers(), () => [asking]);
  await receivedTube(bench.tech, ['TSH']);
  await until(() => expect(second.told).toEqual(['NW TSH']));
  await quiet(all);
  expect([first.told, first.notes, first.shown.filter(Boolean)]).toEqual([[], [], []]);
  // Without the other one nobody can be told: that is said, once, and shown as long as it waits.
  second.on = false;
  await all.lookAtAll();
  await until(() => expect(first.shown.at(-1)).toBe('TSH'));
  await all.lookAtAll();
  await quiet(all);
  expect(first.notes).toEqual([
    expect.stringMatching(/^orders not sent: \S+ TSH: no order code in the mapping$/),
  ]);
  for (const isMended of [() => (second.on = true), () => (asking.isOpen = true)]) {
    second.on = false;
    asking.isOpen = false;
    await all.lookAtAll();
    await until(() => expect(first.shown.at(-1)).toBe('TSH'));
    isMended();
    await all.lookAtAll();
    await until(() => expect(first.shown.at(-1)).toBe(''));
  }
});

test('R9 a test without an order code is named on the line and at its specimen after accession, also after a restart, and told once it has one', async () => {
  const port = await freePort();
  bench = await startBadBench({
    instruments: [
      {
        id: 'ARCH1',
        profile: 'abbott-architect',
        transport: { kind: 'tcpServer', port },
        orders: 'download',
      },
    ],
  });
  let instrument = await RawInstrument.connect(port);
  try {
    const specimen = await receivedTube(bench.tech, ['TSH']);
    const isShown = async (tech: EngineClient) => {
      const [line] = await tech.rows('instruments.lines', {}, ([one]) => one?.untold.length === 1);
      const [row] = await tech.rows('worklist.list', { filter: 'waiting' });
      return [line!.untold, row!.tests.map((one) => [one.code, one.unordered])];
    };
    const shown = [['TSH'], [['TSH', ['ARCH1']]]];
    expect(await isShown(bench.tech)).toEqual(shown);
    const said = await bench.tech.rows('instruments.trace', { instrumentId: 'T1.ARCH1' }, (rows) =>
      rows.some((one) => one.note.startsWith('orders not sent')),
    );
    expect(said.filter((one) => one.note.startsWith('orders'))).toMatchObject([
      { note: expect.stringContaining('TSH: no order code in the mapping'), tone: 'bad' },
    ]);
    instrument.end();
    await bench.engine.stop();
    bench.engine = await startTestEngine(bench.at);
    await bench.engine.bench.catalog.load(bench.engine.bench.store);
    const lead = await signedIn(bench.engine, 'okafor');
    expect(await isShown(lead)).toEqual(shown);
    instrument = await RawInstrument.connect(port);
    const [profile] = await lead.rows('profile.show', { instrumentId: 'T1.ARCH1' });
    const known = profile!.tests.find(({ mapping }) => mapping.test === 'TSH')!.mapping;
    await lead.command('profile.save', {
      instrumentId: 'T1.ARCH1',
      overlay: { ...profile!.overlay, tests: [{ ...known, order: '241' }] },
      baseVersion: profile!.overlayVersion,
    });
    const order = await takeTransfer(instrument);
    expect(order).toContain(specimen);
    expect(order).toContain('^^^241');
    await lead.rows('instruments.lines', {}, ([one]) => one?.untold.length === 0);
    await lead.rows('worklist.list', { filter: 'waiting' }, ([row]) =>
      row!.tests.every((one) => one.unordered.length === 0),
    );
  } finally {
    instrument.end();
  }
}, 60_000);
