import { rmSync } from 'node:fs';
import { SerialPort } from 'serialport';
import { afterEach, expect, test } from 'vitest';
import { ptyPair } from '../../main/engine/instruments/transports/pty-fixture.ts';
import type { LineRow } from '../../shared/ipc/instruments.ts';
import { until } from '../until.ts';
import {
  ACK,
  type BadBench,
  ENQ,
  EOT,
  handMessage,
  lineOf,
  NAK,
  RawInstrument,
  receivedTube,
  startBadBench,
} from './bad-input-fixture.ts';
import { freePort } from './free-port.ts';

/** Whose turn it is on an ASTM line, against the whole engine over real sockets and a real serial port: orders out, results in, both at once. */

let bench: BadBench | undefined;
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  await bench?.stop();
  if (bench !== undefined) rmSync(bench.at.directory, { recursive: true, force: true });
  bench = undefined;
  for (const clean of cleanUps.splice(0).reverse()) await clean();
});

/** A bench whose analyser asks and is told unasked, and the analyser. */
async function both(): Promise<RawInstrument> {
  const port = await freePort();
  bench = await startBadBench({
    instruments: [
      { id: 'CHEM1', profile: 'demo-chemistry', transport: { kind: 'tcpServer', port }, orders: 'both' },
    ],
  });
  const instrument = await RawInstrument.connect(port);
  cleanUps.push(() => instrument.end());
  return instrument;
}

type Answering = Pick<RawInstrument, 'answer' | 'write'>;

/** The next frame, whole. */
async function frame(instrument: Answering, first?: number): Promise<string> {
  let text = String.fromCharCode(first ?? (await instrument.answer()));
  while (!text.endsWith('\n')) text += String.fromCharCode(await instrument.answer());
  return text;
}

/** Takes what is left of a transfer of the host behind ENQ; gives its texts joined. */
async function rest(instrument: Answering): Promise<string> {
  let text = '';
  for (let byte = await instrument.answer(); byte !== EOT; byte = await instrument.answer()) {
    text += (await frame(instrument, byte)).slice(2).replace(/[\x03\x17].*\r\n$/s, '');
    instrument.write(ACK);
  }
  return text;
}

/** Takes one transfer of the host. */
async function transfer(instrument: Answering): Promise<string> {
  expect(await instrument.answer()).toBe(ENQ);
  instrument.write(ACK);
  return rest(instrument);
}

const line = (check: (row: LineRow) => boolean) => lineOf(bench!.tech, check);
const results = (n: number) =>
  bench!.tech.rows('results.list', { filter: 'all' }, (rows) => rows.length === n, 30_000);
/** How often the line was told orders, by the notes of its trace. */
const told = async () =>
  (await bench!.tech.rows('instruments.trace', { instrumentId: 'T1.CHEM1' }))
    .map((one) => one.note)
    .filter((note) => note.startsWith('orders sent'));

test('L7 both ask at once: the engine yields, takes the result, and sends its order behind it', async () => {
  const instrument = await both();
  const measured = await receivedTube(bench!.tech, ['NA']);
  expect(await transfer(instrument)).toContain(measured);
  await until(async () => expect(await told()).toHaveLength(1));
  const waiting = await receivedTube(bench!.tech, ['K']);
  expect(await instrument.answer()).toBe(ENQ);
  instrument.write(ENQ);
  await line((row) => row.counters.contentions === 1);
  expect(await instrument.send(handMessage(measured, [{ code: 'Na', text: '140' }]))).not.toContain(NAK);
  expect(await results(1)).toMatchObject([{ valueText: '140' }]);
  const order = await transfer(instrument);
  expect(order).toContain(`O|1|${waiting}|`);
  expect(order.endsWith('L|1|N\r')).toBe(true);
  await until(async () => expect(await told()).toHaveLength(2));
  expect((await told()).at(-1)).toMatch(/accepted$/);
}, 60_000);

test('L13 EOT in place of ACK: the frame counts, the order arrives whole and once, and the line is left to the analyser', async () => {
  const instrument = await both();
  const tube = await receivedTube(bench!.tech, ['NA']);
  expect(await instrument.answer()).toBe(ENQ);
  instrument.write(ACK);
  const first = await frame(instrument);
  expect(first.slice(1, 3)).toBe('1H');
  instrument.write(EOT);
  expect(await rest(instrument)).toContain(`O|1|${tube}|`);
  await until(async () => expect(await told()).toHaveLength(1));
  const other = await receivedTube(bench!.tech, ['K']);
  // The next order waits: the analyser asked for the line, and has it.
  expect(await instrument.send(handMessage(tube, [{ code: 'Na', text: '140' }]))).not.toContain(NAK);
  await results(1);
  expect(await transfer(instrument)).toContain(`O|1|${other}|`);
  expect((await line((row) => row.state === 'ready')).counters).not.toHaveProperty('naksReceived');
}, 60_000);

test('L14 an analyser that loses track and asks in the middle of our order: its result is taken, the order comes whole behind it', async () => {
  const instrument = await both();
  const tube = await receivedTube(bench!.tech, ['NA']);
  expect(await instrument.answer()).toBe(ENQ);
  instrument.write(ACK);
  await frame(instrument);
  expect(await instrument.send(handMessage(tube, [{ code: 'Na', text: '140' }]))).not.toContain(NAK);
  await results(1);
  const order = await transfer(instrument);
  expect(order).toMatch(/^H\|/);
  expect(order).toContain(`O|1|${tube}|`);
  expect((await line((row) => row.state === 'ready')).counters.restarts).toBe(1);
}, 60_000);

test('R8 R9 a request for everything gets every tube that waits, one for a stranger gets that there is nothing', async () => {
  bench = await startBadBench();
  const tubes = [await receivedTube(bench.tech, ['NA', 'K']), await receivedTube(bench.tech, ['NA'])];
  const instrument = await RawInstrument.connect(bench.port);
  cleanUps.push(() => instrument.end());
  const ask = (start: string) =>
    instrument.send(`H|\\^&|||DC-800^1.0^77|||||||P|1|20260729064205\rQ|1|${start}||ALL||||||||O\rL|1|N\r`);
  expect(await ask('ALL')).not.toContain(NAK);
  let all = '';
  while (!tubes.every((tube) => all.includes(tube))) all += await transfer(instrument);
  const orders = all.split('\r').filter((record) => record.startsWith('O|'));
  expect(orders.map((record) => record.split('|')[2]).sort()).toEqual([...tubes].sort());
  expect(orders.find((record) => record.includes(tubes[0]!))).toMatch(/\^\^\^Na\\\^\^\^K|\^\^\^K\\\^\^\^Na/);
  expect(await ask('^NOBODY')).not.toContain(NAK);
  expect((await transfer(instrument)).trimEnd()).toMatch(/L\|1\|I$/);
  expect((await bench.tech.rows('exceptions.list', { status: 'open' })).length).toBe(0);
}, 60_000);

test('R9 a test that waits and has no order code is named on the line: the analyser is not told in silence that there is nothing', async () => {
  const port = await freePort();
  bench = await startBadBench({
    instruments: [{ id: 'ARCH1', profile: 'abbott-architect', transport: { kind: 'tcpServer', port } }],
  });
  const tube = await receivedTube(bench.tech, ['TSH']);
  const instrument = await RawInstrument.connect(port);
  cleanUps.push(() => instrument.end());
  const ask = () =>
    instrument.send(`H|\\^&||||||||||P|1|20260729064205\rQ|1|^${tube}||^^^ALL||||||||O\rL|1\r`);
  const trace = async () =>
    (await bench!.tech.rows('instruments.trace', { instrumentId: 'T1.ARCH1' })).filter(({ note }) =>
      note.startsWith('asked for orders'),
    );
  expect(await ask()).not.toContain(NAK);
  await transfer(instrument);
  await until(async () => expect(await trace()).toHaveLength(1));
  expect(await trace()).toMatchObject([
    { note: 'asked for orders: no order code in the mapping for TSH', tone: 'bad' },
  ]);
  // Once the laboratory has said how it is ordered, it is.
  const [row] = await bench.lead.rows('profile.show', { instrumentId: 'T1.ARCH1' });
  const known = row!.tests.find(({ mapping }) => mapping.test === 'TSH')!.mapping;
  await bench.lead.command('profile.save', {
    instrumentId: 'T1.ARCH1',
    overlay: { ...row!.overlay, tests: [{ ...known, order: '241' }] },
    baseVersion: row!.overlayVersion,
  });
  expect(await ask()).not.toContain(NAK);
  expect(await transfer(instrument)).toContain('^^^241');
  expect((await trace()).at(-1)).toMatchObject({ tone: 'ok' });
}, 60_000);

test('L8 a serial port that vanishes while an order is sent: said at once, and told again once it is back, once', async () => {
  const pair = await ptyPair();
  cleanUps.push(() => pair.close());
  bench = await startBadBench({
    instruments: [
      {
        id: 'CHEM1',
        profile: 'demo-chemistry',
        transport: { kind: 'serial', path: pair.a },
        orders: 'download',
      },
    ],
  });
  let device = await cable(pair.b);
  await line((row) => row.state === 'ready');
  const tube = await receivedTube(bench.tech, ['NA']);
  expect(await device.answer()).toBe(ENQ);
  device.write(ACK);
  await frame(device);
  await pair.unplug();
  const gone = await line((row) => row.problem !== null);
  expect(gone.problem).toMatchObject({ code: 'instrument.noDevice', safe: expect.stringMatching(/./) });
  await pair.plug();
  await line((row) => row.problem === null && row.state !== 'failed');
  device = await cable(pair.b);
  const order = await transfer(device);
  expect(order).toContain(`O|1|${tube}|`);
  await until(async () => expect((await told()).at(-1)).toMatch(/accepted$/));
  expect((await told()).filter((note) => note.endsWith('accepted'))).toHaveLength(1);
}, 60_000);

/** The analyser's end of a serial cable. */
async function cable(path: string): Promise<Answering> {
  const port = new SerialPort({ path, baudRate: 9600, autoOpen: false });
  const came: number[] = [];
  port.on('data', (bytes: Buffer) => came.push(...bytes));
  port.on('error', () => undefined);
  await new Promise<void>((done, failed) => port.open((error) => (error === null ? done() : failed(error))));
  cleanUps.push(() => new Promise<void>((done) => (port.isOpen ? port.close(() => done()) : done())));
  return {
    write: (bytes) => void port.write(Buffer.from(typeof bytes === 'number' ? [bytes] : bytes)),
    async answer() {
      await until(() => expect(came.length).toBeGreaterThan(0));
      return came.shift()!;
    },
  };
}
