import { once } from 'node:events';
import { connect } from 'node:net';
import { SerialPort } from 'serialport';
import { afterEach, expect, test } from 'vitest';
import { ptyPair } from '../../main/engine/instruments/transports/pty-fixture.ts';
import type { LineRow } from '../../shared/ipc/instruments.ts';
import { buildFrame, buildFrames } from '../../shared/protocols/astm/frame.ts';
import { until } from '../until.ts';
import {
  ACK,
  type BadBench,
  ENQ,
  EOT,
  handMessage,
  NAK,
  RawInstrument,
  receivedTube,
  startBadBench,
} from './bad-input-fixture.ts';
import { freePort } from './free-port.ts';
import { signedIn } from './people.ts';

/** What comes over an ASTM line that should not: the line says so, refuses what its protocol lets it refuse, and loses nothing. */

let bench: BadBench | undefined;
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  await bench?.stop();
  bench = undefined;
  for (const clean of cleanUps.splice(0).reverse()) await clean();
});

const line = async (until: (row: LineRow) => boolean, ms = 30_000): Promise<LineRow> => {
  const rows = await bench!.tech.rows(
    'instruments.lines',
    {},
    ([row]) => row !== undefined && until(row),
    ms,
  );
  return rows[0]!;
};
const results = (n: number) =>
  bench!.tech.rows('results.list', { filter: 'all' }, (rows) => rows.length === n, 30_000);
async function instrument(port = bench!.port): Promise<RawInstrument> {
  const one = await RawInstrument.connect(port);
  cleanUps.push(() => one.end());
  return one;
}
const latin = (text: string) => Buffer.from(text, 'latin1');

test('L4 L11 a frame of 64 001 bytes is refused and counted, one of 64 000 is taken', async () => {
  bench = await startBadBench();
  const tube = await receivedTube(bench.tech, ['LYTES']);
  const device = await instrument();
  const whole = handMessage(tube, [{ code: 'Na', text: '140' }]);
  const long = (size: number) => latin(whole.replace('L|1|N\r', `C|1|I|${'x'.repeat(size)}|G\rL|1|N\r`));
  const room = 64_000 - long(0).length;
  expect(await device.ask(ENQ)).toBe(ACK);
  expect(await device.ask(buildFrame(1, long(room + 1), true))).toBe(NAK);
  expect(await device.ask(buildFrame(1, long(room), true))).toBe(ACK);
  device.write(EOT);
  expect(await results(1)).toMatchObject([{ valueText: '140', accessionIdentifier: tube }]);
  const row = await line((one) => one.framesToday === 1 && one.state === 'ready');
  expect(row.counters).toMatchObject({ overlong: 1, naksSent: 1 });
  expect(row).toMatchObject({ problem: null, state: 'ready' });
});

test.each(['in front of ENQ', 'behind ENQ'])(
  'L15 100 000 bytes without STX %s are kept in the journal, counted, and do no harm',
  async (where) => {
    bench = await startBadBench();
    const tube = await receivedTube(bench.tech, ['LYTES']);
    const device = await instrument();
    if (where === 'behind ENQ') expect(await device.ask(ENQ)).toBe(ACK);
    const noise = Buffer.alloc(100_000, 'no frame ');
    device.write(noise);
    // Behind bytes that are none ENQ may be an altered byte of a frame (L14); the instrument asks again.
    if (where === 'behind ENQ') expect(await device.ask(ENQ)).toBe(NAK);
    expect(await device.send(handMessage(tube, [{ code: 'Na', text: '140' }]))).not.toContain(NAK);
    expect(await results(1)).toMatchObject([{ valueText: '140' }]);
    const row = await line((one) => (one.counters.ignoredBytes ?? 0) >= 100_000);
    expect(row.counters.ignoredBytes).toBe(100_000);
    const kept = bench.engine.bench.store.journal
      .read({ instrumentId: 'T1.CHEM1', limit: 2_000 })
      .filter((entry) => entry.note?.startsWith('ignored') === true);
    expect(Buffer.concat(kept.map((entry) => entry.bytes)).equals(noise)).toBe(true);
  },
);

test('a peer that is not on the list is refused, the line and the strip say who, and the analyser goes on', async () => {
  const port = await freePort();
  bench = await startBadBench({
    instruments: [
      {
        id: 'CHEM1',
        profile: 'demo-chemistry',
        transport: { kind: 'tcpServer', port, peers: ['127.0.0.1'] },
      },
    ],
  });
  const tube = await receivedTube(bench.tech, ['LYTES']);
  const device = await instrument(port);
  const stranger = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.66' });
  stranger.on('error', () => undefined);
  stranger.write(Uint8Array.of(ENQ));
  await once(stranger, 'close');
  const row = await line((one) => one.problem !== null);
  expect(row).toMatchObject({
    state: 'ready',
    counters: { refusedPeers: 1 },
    problem: {
      code: 'instrument.peerRefused',
      what: expect.stringMatching(/^127\.0\.0\.66 .* turned away/),
      safe: expect.stringContaining('Nothing was read from it'),
      todo: expect.stringContaining('"peers"'),
    },
  });
  const [strip] = await bench.tech.rows('strip', {}, ([one]) => (one?.problems.length ?? 0) > 0);
  expect(strip!.problems).toMatchObject([{ id: 'line:T1.CHEM1', code: 'instrument.peerRefused' }]);
  expect(await device.send(handMessage(tube, [{ code: 'Na', text: '140' }]))).not.toContain(NAK);
  await results(1);
});

test('ten connections to a line for one: the first keeps it, nine are refused and named, the line says by whom it is taken', async () => {
  bench = await startBadBench();
  const tube = await receivedTube(bench.tech, ['LYTES']);
  const device = await instrument();
  expect(await device.ask(ENQ)).toBe(ACK);
  for (let n = 0; n < 9; n += 1) {
    const more = connect({ port: bench.port, host: '127.0.0.1' });
    more.on('error', () => undefined);
    more.write(Uint8Array.of(ENQ));
    await once(more, 'close');
  }
  const row = await line((one) => one.problem !== null);
  expect(row.problem).toMatchObject({
    code: 'instrument.secondPeer',
    what: expect.stringMatching(/taken by 127\.0\.0\.1:\d+/),
  });
  expect(row.counters.refusedSecond).toBe(9);
  const frames = buildFrames(latin(handMessage(tube, [{ code: 'Na', text: '140' }])));
  for (const frame of frames) expect(await device.ask(frame)).toBe(ACK);
  device.write(EOT);
  await results(1);
  const told = (await bench.tech.rows('instruments.trace', { instrumentId: 'T1.CHEM1' })).map(
    (one) => one.note,
  );
  expect(told.filter((note) => note.startsWith('instrument.secondPeer: 127.0.0.1 '))).toHaveLength(1);
});

test('two stations on one port: the second says that the first is there, and gets the line when it is gone', async () => {
  bench = await startBadBench();
  const first = bench;
  const second = await startBadBench({
    code: 'T2',
    instruments: [
      { id: 'CHEM1', profile: 'demo-chemistry', transport: { kind: 'tcpServer', port: first.port } },
    ],
  });
  cleanUps.push(() => second.stop());
  bench = second;
  const row = await line(
    (one) => one.problem !== null && /line of this station|process/.test(one.problem.what),
  );
  expect(row).toMatchObject({ state: 'failed', problem: { code: 'instrument.portInUse' } });
  const device = await instrument(first.port);
  expect(await device.ask(ENQ)).toBe(ACK);
  device.end();
  await first.stop();
  await line((one) => one.state === 'noAnswer' && one.problem === null, 40_000);
  expect(await (await instrument(first.port)).ask(ENQ)).toBe(ACK);
}, 60_000);

test('L9 L14 R11 a serial port that vanishes in the middle of a frame and comes back: the line says so, the message is posted once', async () => {
  const pair = await ptyPair();
  cleanUps.push(() => pair.close());
  bench = await startBadBench({
    instruments: [{ id: 'CHEM1', profile: 'demo-chemistry', transport: { kind: 'serial', path: pair.a } }],
  });
  const tube = await receivedTube(bench.tech, ['LYTES']);
  const text = handMessage(tube, [
    { code: 'Na', text: '140' },
    { code: 'K', text: '4.1' },
  ]);
  const [begun, ...rest] = buildFrames(latin(text));
  let device = await cable(pair.b);
  expect(await device.ask(Uint8Array.of(ENQ))).toBe(ACK);
  expect(await device.ask(begun!)).toBe(ACK);
  device.write(rest[0]!.subarray(0, 9));
  await until(async () => expect((await line(() => true)).state).toBe('receiving'));
  await pair.unplug();
  const gone = await line((one) => one.problem !== null);
  expect(gone).toMatchObject({
    state: 'failed',
    problem: { code: 'instrument.noDevice', what: expect.stringContaining(pair.a) },
  });
  expect(gone.problem?.safe).not.toBe('');
  await pair.plug();
  await line((one) => one.problem === null && one.state === 'ready');
  device = await cable(pair.b);
  expect(await device.ask(Uint8Array.of(ENQ))).toBe(ACK);
  for (const frame of [begun!, ...rest]) expect(await device.ask(frame)).toBe(ACK);
  device.write(Uint8Array.of(EOT));
  expect((await results(2)).map((one) => one.valueText).sort()).toEqual(['140', '4.1']);
  const states = bench.engine.bench.store.journal.messages('T1.CHEM1').map((one) => one.state);
  await until(() => expect(states).toContain('posted'));
}, 60_000);

/** The analyser's end of a serial cable. */
async function cable(path: string) {
  const port = new SerialPort({ path, baudRate: 9600, autoOpen: false });
  const came: number[] = [];
  port.on('data', (bytes: Buffer) => came.push(...bytes));
  port.on('error', () => undefined);
  await new Promise<void>((done, failed) => port.open((error) => (error === null ? done() : failed(error))));
  cleanUps.push(() => new Promise<void>((done) => (port.isOpen ? port.close(() => done()) : done())));
  const write = (bytes: Uint8Array) => void port.write(Buffer.from(bytes));
  return {
    write,
    async ask(bytes: Uint8Array): Promise<number | undefined> {
      write(bytes);
      await until(() => expect(came.length).toBeGreaterThan(0));
      return came.shift();
    },
  };
}

test.each([
  ['forward', 5],
  ['back', -5],
])(
  'a clock that jumps %s by 5 h in the middle of a message ends no transfer, loses nothing and mixes up no order',
  async (_, hours) => {
    let offset = 0;
    const clock = { now: () => new Date(Date.now() + offset) };
    bench = await startBadBench({}, undefined, { clock });
    const tube = await receivedTube(bench.tech, ['LYTES']);
    const device = await instrument();
    const text = (value: string, at: string) =>
      handMessage(tube, [{ code: 'Na', text: value, at: `20260729${at}` }]);
    expect(await device.send(text('140', '064205'))).not.toContain(NAK);
    await results(1);
    const frames = buildFrames(latin(text('141', '064305')));
    expect(await device.ask(ENQ)).toBe(ACK);
    for (const [n, frame] of frames.entries()) {
      if (n === 2) offset = hours * 3_600_000;
      expect(await device.ask(frame)).toBe(ACK);
    }
    device.write(EOT);
    // A window that was left alone for five hours is locked.
    bench.tech = await signedIn(bench.engine, 'lindqvist');
    const { store } = bench.engine.bench;
    await until(() => expect(store.journal.messages('T1.CHEM1')[0]?.state).not.toBe('received'));
    expect(await device.send(text('142', '064405'))).not.toContain(NAK);
    await until(() => expect(store.journal.messages('T1.CHEM1')).toHaveLength(3));
    await until(() => expect(store.journal.unposted()).toHaveLength(0));
    const row = await line((one) => one.state === 'ready');
    expect(row.problem).toBeNull();
    expect(row.counters).not.toHaveProperty('timeouts');
    expect(row.counters).not.toHaveProperty('incomplete');
    // As the messages came: by version, in the journal and in the trace.
    const versions = await store.find('results', { selector: {} });
    expect(versions.sort((a, b) => a.version - b.version).map((doc) => doc.value.text)).toEqual([
      '140',
      '141',
      '142',
    ]);
    const [shown] = await bench.tech.rows('results.list', { filter: 'all' });
    expect(shown).toMatchObject({ valueText: '142' });
    const trace = await bench.tech.rows('instruments.trace', { instrumentId: 'T1.CHEM1' });
    const sent = trace
      .filter((one) => one.mark === 'frame' && one.text.includes('R|1|'))
      .map((one) => one.text);
    expect(sent.map((one) => one.split('|')[3])).toEqual(['140', '141', '142']);
    const entries = store.journal.read({ instrumentId: 'T1.CHEM1', limit: 500 });
    expect(entries.map((entry) => entry.seq)).toEqual(
      entries.map((entry) => entry.seq).sort((a, b) => a - b),
    );
    expect((await store.verifyAudit()).faults).toEqual([]);
  },
);
