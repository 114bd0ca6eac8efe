import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { block, hl7 } from '../../main/engine/instruments/link/mllp-fixture.ts';
import type { LineRow } from '../../shared/ipc/instruments.ts';
import { until } from '../until.ts';
import { type BadBench, receivedTube, startBadBench } from './bad-input-fixture.ts';
import { freePort } from './free-port.ts';
import { mllpDevice, sodiumOf } from './mllp-device.ts';

/** What comes over an MLLP line that should not, on a whole engine: refused where HL7 can refuse, shown, and nothing lost behind it. */

let bench: BadBench;
let tube: string;
let port: number;
const cleanUps: (() => unknown)[] = [];

beforeEach(async () => {
  port = await freePort();
  bench = await startBadBench({
    instruments: [{ id: 'HL1', profile: 'generic-hl7', transport: { kind: 'tcpServer', port } }],
  });
  tube = await receivedTube(bench.tech, ['LYTES']);
});

afterEach(async () => {
  for (const clean of cleanUps.splice(0).reverse()) await clean();
  await bench?.stop();
});

const device = () => mllpDevice(port, cleanUps);
const result = (id: string, value?: string, more?: Parameters<typeof hl7>[0]) =>
  sodiumOf(tube, id, value, more);
const results = (n: number) =>
  bench.tech.rows('results.list', { filter: 'all' }, (rows) => rows.length === n, 30_000);
const line = async (until: (row: LineRow) => boolean): Promise<LineRow> => {
  const rows = await bench.tech.rows(
    'instruments.lines',
    {},
    ([row]) => row !== undefined && until(row),
    30_000,
  );
  return rows[0]!;
};

/** The line is as good as new: a result is acknowledged and posted. */
async function goesOn(id = 'AFTER', on?: Awaited<ReturnType<typeof mllpDevice>>): Promise<void> {
  const next = on ?? (await device());
  next.send(result(id));
  await until(() => expect(next.acks()).toContain(`AA ${id}`));
  expect(await results(1)).toMatchObject([{ accessionIdentifier: tube, valueText: '140' }]);
  expect((await line((row) => row.state === 'ready')).problem).toBeNull();
}

test('M1 a block that is never closed is not acknowledged, is shown as broken off, and posted once when it comes whole', async () => {
  const first = await device();
  first.socket.write(Buffer.from(block(result('1'))).subarray(0, -2));
  await line((row) => row.state === 'receiving');
  first.socket.destroy();
  const row = await line((one) => (one.counters.incomplete ?? 0) === 1);
  expect(row.state).toBe('noAnswer');
  expect(first.answers()).toEqual([]);
  const trace = await bench.tech.rows('instruments.trace', { instrumentId: 'T1.HL1' }, (rows) =>
    rows.some((one) => one.mark === 'partial'),
  );
  expect(trace.find((one) => one.mark === 'partial')?.note).toMatch(/M1 closed, \d+ bytes/);
  await goesOn('1');
});

test('M1 M4 a block of 17 MB is refused with a reason, and the line goes on', async () => {
  const first = await device();
  const big = result('BIG').replace('|140|', `|${'9'.repeat(17 * 1024 * 1024)}|`);
  first.send(big);
  await until(() => expect(first.acks()).toEqual(['AR BIG']));
  expect(first.answers()[0]).toMatch(/16777216|too long/i);
  expect((await line((row) => row.counters.overlong === 1)).counters.overlong).toBe(1);
  await goesOn('AFTER', first);
}, 60_000);

test('M3 M4 a storm of 5 000 answers to nobody is never answered, is counted, and a result in the middle of it is posted', async () => {
  const first = await device();
  const stray = (n: number) => hl7({ type: 'ACK', id: `S${n}`, body: [`MSA|AA|NOBODY${n}`] });
  const storm = Array.from({ length: 5_000 }, (_, n) => stray(n));
  first.send(...storm.slice(0, 2_500), result('MID'), ...storm.slice(2_500));
  await results(1);
  const row = await line((one) => one.counters.strayAnswers === 5_000);
  expect(row.counters.frames).toBe(5_001);
  expect(first.acks()).toEqual(['AA MID']);
  expect(row.exceptions).toBe(0);
}, 60_000);

test.each([
  ['MSH alone', 'MSH|^~\\&|A|B|C|D|20260729064205||ORU^R01|ONLY|P|2.5.1\r', 'AA ONLY'],
  ['three letters', 'MSH', 'AE '],
  ['MSH without fields', 'MSH|^~\\&|\r', 'AR '],
  ['nothing', '', 'AE '],
  ['no HL7', 'GET / HTTP/1.1\r\nHost: levey\r\n\r\n', 'AE '],
])(
  'M1 M4 a block with %s is answered, held for a person, and keeps nobody waiting',
  async (_, text, answer) => {
    const first = await device();
    first.send(text);
    await until(() => expect(first.acks()).toEqual([answer]));
    const [held] = await bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === 1);
    expect(held).toMatchObject({ reason: 'unparsable' });
    const [message] = bench.engine.bench.store.journal.messages('T1.HL1');
    expect(message).toMatchObject({ state: 'held', told: answer.startsWith('AA') ? 'accepted' : 'refused' });
    expect(await bench.engine.bench.store.find('results', { selector: {} })).toEqual([]);
    await goesOn('AFTER', first);
  },
);

test('M6 bytes that are not of the character set named do not change a value, a code or a specimen in silence', async () => {
  const first = await device();
  const utf8 = (text: string) => text.replace('|2.5.1\r', '|2.5.1||||||UNICODE UTF-8\r');
  const spoiled = Buffer.from(block(utf8(result('U1', '14@0'))));
  spoiled[spoiled.indexOf('@')] = 0xe9;
  first.socket.write(spoiled);
  await until(() => expect(first.acks()).toHaveLength(1));
  const latin = Buffer.from(block(utf8(result('U2', '141')).replace('Sodium', 'S@dium')));
  latin[latin.indexOf('@')] = 0xf6;
  first.socket.write(latin);
  await until(() => expect(first.acks()).toHaveLength(2));
  const held = await bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === 2);
  expect(held.map((one) => one.reason)).toEqual(['unparsable', 'unparsable']);
  expect(held.map((one) => one.sentValue).sort()).toEqual(['141', '14\ufffd0']);
  expect(await bench.engine.bench.store.find('results', { selector: {} })).toEqual([]);
});

test('M1 ten connections to a line for one: nine are refused and the line says by whom it is taken', async () => {
  const first = await device();
  await line((row) => row.state === 'ready');
  for (let n = 0; n < 9; n += 1) {
    const more = connect({ host: '127.0.0.1', port });
    more.on('error', () => undefined);
    more.write(block(result(`X${n}`)));
    await once(more, 'close');
  }
  const row = await line((one) => one.problem !== null);
  expect(row).toMatchObject({
    counters: { refusedSecond: 9 },
    problem: { code: 'instrument.secondPeer', what: expect.stringMatching(/taken by 127\.0\.0\.1:\d+/) },
  });
  first.send(result('1'));
  await until(() => expect(first.acks()).toEqual(['AA 1']));
  await results(1);
});
