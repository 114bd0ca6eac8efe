import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type PtyPair, ptyPair } from '../../main/engine/instruments/transports/pty-fixture.ts';
import { serial } from '../../main/engine/instruments/transports/serial.ts';
import type { Connection, Transport } from '../../main/engine/instruments/transports/transport.ts';
import { realTimers } from '../../main/engine/timers.ts';
import { builtinProfile } from '../../shared/profiles/builtin.ts';
import { buildBlock, framingOf } from '../../shared/protocols/stream/framing.ts';
import { until } from '../until.ts';
import { type BadBench, receivedTube, startBadBench } from './bad-input-fixture.ts';
import { startTestEngine } from './engine-client.ts';
import { freePort } from './free-port.ts';
import { signedIn } from './people.ts';

/** Devices that leave files, and devices with a protocol of their own, through the whole engine: results posted once, bad ones held and shown. */

let bench: BadBench;
let folder: string;
let port: number;
let cable: PtyPair;
let device: Transport;
let line: Connection;
let heard = '';

const HEADER = 'specimen,test,value,unit,flag,status,measured,operator';
const row = (specimen: string, test: string, value: string, measured = '2026-07-29 06:42:05') =>
  `${specimen},${test},${value},mmol/L,,F,${measured},kim`;
const put = (name: string, ...lines: string[]) =>
  writeFileSync(join(folder, name), [HEADER, ...lines, ''].join('\r\n'));
const inside = (name: string) => {
  const all = readdirSync(join(folder, name));
  return all.map((one) => one.replace(/^\d{8}T\d{9}-[0-9a-f]{12}-/, '')).sort();
};
const results = (n: number) =>
  bench.tech.rows('results.list', { filter: 'all' }, (rows) => rows.length === n, 30_000);
const open = (n: number) =>
  bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === n, 30_000);

/** What the queue says of exceptions. */
const summaries = (rows: readonly { id: string }[]) =>
  Promise.all(rows.map(async ({ id }) => (await bench.engine.bench.store.get('tasks', id))?.summary ?? ''));

/** A text as the device of a profile sends it. */
function blockOf(profileId: string, text: string): Uint8Array {
  const profile = builtinProfile(profileId);
  if (profile?.protocol !== 'stream') throw new Error(`${profileId} is no stream`);
  return buildBlock(Buffer.from(text, 'latin1'), framingOf(profile.link));
}

const electrolytes = (specimen: string, na: string, k: string) =>
  blockOf(
    'arkray-spotchem-el',
    `26/07/29 06:42\r\nID# ${specimen}\r\n[Serum]\r\nNa ${na} mmol/L\r\nK ${k} mmol/L\r\n`,
  );

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'levey-files-'));
  port = await freePort();
  cable = await ptyPair();
  bench = await startBadBench({
    instruments: [
      { id: 'CSV1', profile: 'generic-csv', transport: { kind: 'folder', path: folder } },
      { id: 'EL1', profile: 'arkray-spotchem-el', transport: { kind: 'serial', path: cable.a } },
      { id: 'VID1', profile: 'biomerieux-mini-vidas', transport: { kind: 'tcpServer', port } },
    ],
  });
  heard = '';
  device = serial({ path: cable.b, timers: realTimers });
  await new Promise<void>((done) => {
    device.start({
      opened: (connection) => {
        line = connection;
        done();
      },
      data: (_, bytes) => {
        heard += Buffer.from(bytes).toString('latin1');
      },
      closed: () => undefined,
      status: () => undefined,
      count: () => undefined,
    });
  });
}, 60_000);

afterEach(async () => {
  await device?.stop();
  await bench?.stop();
  await cable?.close();
});

test('a folder and a serial line each post results, once, and say so on the bench', async () => {
  const tube = await receivedTube(bench.tech, ['LYTES']);
  put('run1.csv', row(tube, 'NA', '140'), row('QC-L1', 'K', '4.02'));
  expect(await results(1)).toMatchObject([{ testCode: 'NA', valueText: '140' }]);
  await until(() => expect(inside('archive')).toEqual(['run1.csv']));

  const other = await receivedTube(bench.tech, ['LYTES']);
  line.write(electrolytes(other, '138', '4.1'));
  const three = await results(3);
  expect(three.map((one) => `${one.testCode} ${one.valueText}`).sort()).toEqual([
    'K 4.1',
    'NA 138',
    'NA 140',
  ]);
  expect(heard).toBe('');

  // The same file and the same block again change nothing.
  put('run1-again.csv', row(tube, 'NA', '140'), row('QC-L1', 'K', '4.02'));
  line.write(electrolytes(other, '138', '4.1'));
  await until(() => expect(inside('archive')).toEqual(['run1-again.csv', 'run1.csv']));
  await bench.tech.rows(
    'instruments.trace',
    { instrumentId: 'T1.EL1' },
    (rows) => rows.filter((one) => one.mark === 'message').length === 2,
  );
  await results(3);
  await open(0);
  const lines = await bench.tech.rows('instruments.lines', {});
  expect(lines.map((one) => [one.name, one.state]).sort()).toEqual([
    ['CSV1', 'ready'],
    ['EL1', 'ready'],
    ['VID1', 'noAnswer'],
  ]);
  expect(lines.find((one) => one.name === 'CSV1')?.link).toBe(`files · folder ${folder}`);
}, 60_000);

test('a bad file and bad lines are held, shown and kept; the good lines of the file are posted', async () => {
  const tube = await receivedTube(bench.tech, ['LYTES']);
  writeFileSync(join(folder, 'other.csv'), 'name;value\n1;2\n');
  writeFileSync(join(folder, 'empty.csv'), '');
  put('mixed.csv', row(tube, 'NA', '140'), `${tube},K,4,1,mmol/L,,F,,kim`, row(tube, 'XX', '1'));
  await results(1);
  const held = await open(4);
  expect(held.map((one) => one.reason).sort()).toEqual([
    'unknownTest',
    'unparsable',
    'unparsable',
    'unparsable',
  ]);
  const said = await summaries(held);
  expect(said).toContain('The header has no column "specimen".');
  expect(said).toContain('The file is empty.');
  expect(said).toContain('Line 3: It has 9 columns and not 8.');
  expect(said).toContain('XX: unknown test');
  await until(() =>
    expect(inside('errors')).toEqual(['empty.csv', 'empty.csv.txt', 'other.csv', 'other.csv.txt']),
  );
  expect(inside('archive')).toEqual(['mixed.csv']);
  const [note = ''] = readdirSync(join(folder, 'errors')).filter((name) => name.endsWith('other.csv.txt'));
  expect(readFileSync(join(folder, 'errors', note), 'utf8')).toContain('What to do: ');
  expect(bench.log.join('\n')).not.toContain(tube);
}, 60_000);

test('R11 a line that a file ends in the middle of is held, and posted once the file has gone on; what was held of it ends', async () => {
  const tube = await receivedTube(bench.tech, ['LYTES']);
  const writer = openSync(join(folder, 'slow.csv'), 'w');
  const line = (test: string, value: string) => `${tube},${test},mmol/L,,F,2026-07-29 06:42:05,kim,${value}`;
  writeSync(
    writer,
    `specimen,test,unit,flag,status,measured,operator,value\n${line('NA', '140')}\n${line('K', '4')}`,
  );
  expect(await results(1)).toMatchObject([{ valueText: '140' }]);
  expect(await open(1)).toMatchObject([{ reason: 'unparsable', sentTest: 'K', sentValue: '4' }]);
  writeSync(writer, `.1\n${line('CL', '103')}`);
  await results(2);
  await until(async () =>
    expect(await open(1)).toMatchObject([{ reason: 'unparsable', sentTest: 'CL', sentValue: '103' }]),
  );
  writeSync(writer, `\n${tube},ZZ`);
  await results(3);
  await until(async () =>
    expect(await open(1)).toMatchObject([{ reason: 'unparsable', sentValue: `${tube},ZZ` }]),
  );
  writeSync(writer, ',mmol/L,,F,2026-07-29 06:42:05,kim,2.31\n');
  closeSync(writer);
  const held = await bench.tech.rows(
    'exceptions.list',
    { status: 'open' },
    ([one, ...more]) => one?.reason === 'unknownTest' && more.length === 0,
    30_000,
  );
  expect(held).toMatchObject([{ reason: 'unknownTest', sentTest: 'ZZ', sentValue: '2.31' }]);
  const all = await results(3);
  expect(all.map((one) => `${one.testCode} ${one.valueText} v${one.version}`).sort()).toEqual([
    'CL 103 v1',
    'K 4.1 v1',
    'NA 140 v1',
  ]);
  const ended = await bench.tech.rows('exceptions.list', { status: 'ended' });
  expect(new Set(ended.map((one) => one.resolution))).toEqual(
    new Set(['The file went on: its line is whole now.', 'The whole message came.']),
  );
}, 60_000);

test('L3 a block with a wrong checksum is refused and its repeat posted; ENQ, ACK and EOT are kept to', async () => {
  const tube = await receivedTube(bench.tech, ['TSH']);
  const socket: Socket = connect(port, '127.0.0.1');
  let answers = '';
  socket.on('data', (bytes) => {
    answers += bytes.toString('latin1');
  });
  const ask = async (bytes: Uint8Array | string): Promise<string> => {
    const before = answers.length;
    socket.write(bytes);
    await until(() => expect(answers.length).toBeGreaterThan(before));
    return answers.slice(before);
  };
  const fields = ['mtrsl', 'pi', 'pn', 'si', `ci${tube}`, 'rtTSH', 'rnTSH', 'tt06:42', 'td07/29/26', 'ql'];
  const text = [...fields, 'qn2.31 \xb5UI/ml', 'qd1'].map((field) => `\x1e${field}|`).join('');
  const good = blockOf('biomerieux-mini-vidas', text);
  const bad = Uint8Array.from(good);
  bad[good.indexOf('1'.charCodeAt(0), 20)] = '7'.charCodeAt(0);
  expect(await ask('\x05')).toBe('\x06');
  expect(await ask(bad)).toBe('\x15');
  expect(await ask(good)).toBe('\x06');
  expect(await ask(good)).toBe('\x06');
  socket.write('\x04');
  expect(await results(1)).toMatchObject([{ testCode: 'TSH', valueText: '2.31' }]);
  await open(0);
  const [row] = await bench.tech.rows('instruments.lines', {}, (rows) =>
    rows.some((one) => one.naksToday === 1),
  );
  expect(row).toBeDefined();
  socket.destroy();
}, 60_000);

test('a spoiled block of a one-way device is an exception, and the next one is posted', async () => {
  const tube = await receivedTube(bench.tech, ['LYTES']);
  line.write(Buffer.from(`\x0226/07/29 06:42 ID# ${tube} [Serum] Na 14`, 'latin1'));
  line.write(electrolytes(tube, '141', '4.4'));
  const done = await results(2);
  expect(done.map((one) => one.valueText).sort()).toEqual(['141', '4.4']);
  const [held] = await open(1);
  expect(await summaries(held === undefined ? [] : [held])).toEqual([
    'A block was not taken: a new one began. The device does not send it again by itself.',
  ]);
}, 60_000);

test('what was received before a restart is posted once, and files that came meanwhile are read', async () => {
  const tube = await receivedTube(bench.tech, ['LYTES']);
  put('before.csv', row(tube, 'NA', '140'));
  await results(1);
  await until(() => expect(inside('archive')).toEqual(['before.csv']));
  await bench.engine.stop();
  put('meanwhile.csv', row(tube, 'K', '4.1'));
  writeFileSync(join(folder, '.levey-T1.CSV1', 'abc1~claimed.csv'), `${HEADER}\n${row(tube, 'CL', '103')}\n`);
  const engine = await startTestEngine(bench.at);
  try {
    await engine.bench.catalog.load(engine.bench.store);
    const tech = await signedIn(engine, 'lindqvist');
    await tech.rows('results.list', { filter: 'all' }, (rows) => rows.length === 3, 30_000);
    await until(() => expect(inside('archive')).toEqual(['before.csv', 'claimed.csv', 'meanwhile.csv']));
  } finally {
    await engine.stop();
  }
}, 60_000);
