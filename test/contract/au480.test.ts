import { afterEach, expect, test } from 'vitest';
import { tcpClient } from '../../main/engine/instruments/transports/tcp-client.ts';
import { realTimers } from '../../main/engine/timers.ts';
import { builtinProfile } from '../../shared/profiles/builtin.ts';
import { type Analyser, type AnalyserEvent, createAnalyser } from '../sim/analyser/analyser.ts';
import { type BadBench, receivedTube, startBadBench } from './bad-input-fixture.ts';
import { freePort } from './free-port.ts';

/** An analyser with a protocol of its own that asks for its work: over a socket, through the whole engine, and back. */

let bench: BadBench;
let analyser: Analyser;
const instrumentId = 'T1.AU1';

afterEach(async () => {
  await analyser?.stop();
  await bench?.stop();
});

async function started(faults?: { seed: number; rates: Record<string, number> }): Promise<AnalyserEvent[]> {
  const port = await freePort();
  bench = await startBadBench({
    instruments: [{ id: 'AU1', profile: 'beckman-au480', transport: { kind: 'tcpServer', port } }],
  });
  analyser = createAnalyser({
    profile: builtinProfile('beckman-au480')!,
    transport: tcpClient({ host: '127.0.0.1', port, timers: realTimers }),
    retryMs: 100,
    seed: 5,
    ...(faults === undefined ? {} : { faults }),
  });
  const events: AnalyserEvent[] = [];
  analyser.on((event) => events.push(event));
  analyser.start();
  await expect.poll(() => analyser.state(), { timeout: 10_000 }).toBe('ready');
  return events;
}

const notes = async () =>
  (await bench.tech.rows('instruments.trace', { instrumentId })).map((row) => row.note);

test('R8 R9 an AU480 asks, is told what waits on the tube, and its results are posted', async () => {
  const events = await started();
  const tube = await receivedTube(bench.tech, ['LYTES']);
  const run = await analyser.run(tube);
  expect(events).toContainEqual({ type: 'orders', specimenId: tube, codes: ['001', '002', '003'] });
  expect(run.outcome).toBe('acknowledged');
  const rows = await bench.tech.rows('results.list', { filter: 'all' }, (all) => all.length === 3);
  expect(rows.map((row) => `${row.testCode} ${row.valueText}`).sort()).toEqual(
    run.results.map(({ code, text }) => `${{ '001': 'NA', '002': 'K', '003': 'CL' }[code]} ${text}`).sort(),
  );
  await expect.poll(notes, { timeout: 10_000 }).toContain('orders accepted');
  const [line] = await bench.tech.rows('instruments.lines', {});
  expect(line).toMatchObject({ orders: 'answersQueries', exceptions: 0 });

  // Measured already, and not of this station: nothing is to be done.
  expect((await analyser.run(tube)).outcome).toBe('nothingToDo');
  expect((await analyser.run('99999X000001')).outcome).toBe('nothingToDo');
}, 60_000);

test('L3 L10 bad checksums, split packets and lost answers on the way: asked, told and posted all the same, once', async () => {
  const events = await started({
    seed: 11,
    rates: { badChecksum: 0.3, splitPackets: 0.5, duplicateFrame: 0.3, lostAck: 0.15 },
  });
  const tubes: string[] = [];
  for (let at = 0; at < 2; at += 1) tubes.push(await receivedTube(bench.tech, ['NA', 'K']));
  for (const tube of tubes) expect((await analyser.run(tube)).outcome).toBe('acknowledged');
  expect(events.some((event) => event.type === 'fault')).toBe(true);
  const rows = await bench.tech.rows('results.list', { filter: 'all' }, (all) => all.length >= 4, 30_000);
  expect(rows.map((row) => `${row.accessionIdentifier} ${row.testCode}`).sort()).toEqual(
    tubes.flatMap((tube) => [`${tube} K`, `${tube} NA`]).sort(),
  );
  const { orders } = Object.fromEntries(
    events.flatMap((event) => (event.type === 'orders' ? [['orders', event.codes]] : [])),
  );
  expect(orders).toEqual(['001', '002']);
}, 60_000);

test('orders that are not taken are told as that, never as taken', async () => {
  await started({ seed: 3, rates: { lostAck: 1 } });
  const tube = await receivedTube(bench.tech, ['NA']);
  void analyser.run(tube);
  await expect.poll(notes, { timeout: 30_000 }).toContain('orders aborted: noAnswer');
  expect(await notes()).not.toContain('orders accepted');
}, 60_000);
