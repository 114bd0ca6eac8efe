import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { engineNode, projectRoot } from '../../build/paths.ts';
import type { Bench } from '../../main/engine/bench.ts';
import { InstrumentLine } from '../../main/engine/instruments/line.ts';
import { hl7, hl7Profile } from '../../main/engine/instruments/link/mllp-fixture.ts';
import type { StationInstrument } from '../../shared/station/schema.ts';
import { until } from '../until.ts';
import { type BadBench, receivedTube, startBadBench } from './bad-input-fixture.ts';
import { startTestEngine } from './engine-client.ts';
import { freePort } from './free-port.ts';
import { mllpDevice, sodiumOf } from './mllp-device.ts';

/** An HL7 analyser on a real socket, from its message to the result on the screen: M1, M3, M4 with the real store and posting. */

const ID = 'T1.HL1';

let bench: BadBench;
let tube: string;
let port: number;
const cleanups: (() => unknown)[] = [];

beforeEach(async () => {
  bench = await startBadBench({ instruments: [] });
  tube = await receivedTube(bench.tech, ['LYTES']);
  port = await freePort();
});

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
  await bench?.stop();
});

/** The line of an HL7 analyser on this bench. */
async function startLine(on: Bench = bench.engine.bench): Promise<InstrumentLine> {
  const config: StationInstrument = {
    id: 'HL1',
    profile: 'test-hl7',
    transport: { kind: 'tcpServer', host: '127.0.0.1', port, peers: [] },
    on: true,
    tests: {},
  };
  const line = new InstrumentLine(on, ID, config, hl7Profile());
  cleanups.push(() => line.stop());
  await line.start(0);
  return line;
}

const analyser = () => mllpDevice(port, cleanups);
const result = (id: string, value?: string, more?: Parameters<typeof hl7>[0]) =>
  sodiumOf(tube, id, value, more);

const results = (n: number) =>
  bench.tech.rows('results.list', { filter: 'all' }, (rows) => rows.length === n);
const exceptions = (n: number) =>
  bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === n);
const messages = () => bench.engine.bench.store.journal.messages(ID).reverse();

/** A bench whose results cannot be posted: what is acknowledged stays in the journal. */
function unable(): Bench {
  const store = new Proxy(bench.engine.bench.store, {
    get(target, name) {
      if (name === 'write') return () => Promise.reject(new Error('posting is not possible'));
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { ...bench.engine.bench, store };
}

test('M1 M3 a result in original and in enhanced mode is acknowledged, posted and shown', async () => {
  await startLine();
  const device = await analyser();
  device.send(result('1'));
  expect(await results(1)).toMatchObject([
    { accessionIdentifier: tube, testCode: 'NA', valueText: '140', unit: 'mmol/L' },
  ]);
  await until(() => expect(device.acks()).toEqual(['AA 1']));
  const second = await receivedTube(bench.tech, ['LYTES']);
  device.send(result('2', '138', { accept: 'AL', application: 'AL' }).replace(tube, second));
  await results(2);
  await until(() => expect(device.acks()).toEqual(['AA 1', 'CA 2', 'AA 2']));
  expect(messages().map(({ state, told, kind }) => [state, told, kind])).toEqual([
    ['posted', 'accepted', 'hl7'],
    ['posted', 'accepted', 'hl7'],
  ]);
});

test('M4 a message sent again, in the same session and in the next one, has no second effect', async () => {
  const line = await startLine();
  const device = await analyser();
  device.send(result('1'), result('1'), result('1'));
  await until(() => expect(device.acks()).toEqual(['AA 1', 'AA 1', 'AA 1']));
  await until(() => expect(messages().map(({ state }) => state)).toEqual(['posted', 'posted', 'posted']));
  expect(line.row(0).counters.duplicates).toBe(2);
  await line.stop();
  await startLine();
  const again = await analyser();
  again.send(result('1'));
  await until(() => expect(messages().map(({ state }) => state)).toHaveLength(4));
  expect(await results(1)).toMatchObject([{ valueText: '140', version: 1 }]);
  await exceptions(0);
});

test('M4 the same MSH-10 with another value is acknowledged and shown to a person, and the posted one stays', async () => {
  await startLine();
  const device = await analyser();
  device.send(result('1'), result('1', '114'));
  const [held] = await exceptions(1);
  expect(held).toMatchObject({ reason: 'otherContent', sentValue: '114' });
  expect(await results(1)).toMatchObject([{ valueText: '140' }]);
  await until(() => expect(device.acks()).toEqual(['AA 1', 'AA 1']));
});

test('M4 what is refused is kept and shown, and never posted', async () => {
  const line = await startLine();
  const device = await analyser();
  device.send(
    'this is no HL7',
    result('2', '140', { version: '3.0' }),
    hl7({ id: '3', type: 'ADT^A01', body: ['PID|1||44101'] }),
  );
  await until(() => expect(device.acks()).toEqual(['AE ', 'AR 2', 'AR 3']));
  const held = await exceptions(3);
  expect(new Set(held.map((row) => row.reason))).toEqual(new Set(['unparsable']));
  await results(0);
  expect(messages().map(({ told }) => told)).toEqual(['refused', 'refused', 'refused']);
  // The trace says so once the line has heard of the posting, a moment after the list.
  const told = () => line.trace().flatMap((row) => (row.message === null ? [] : [row.message.told]));
  await until(() => expect(told()).toEqual(['refused', 'refused', 'refused']));
});

test('M3 an acknowledged message that was not posted is posted by the next run, once', async () => {
  const line = await startLine(unable());
  const device = await analyser();
  device.send(result('1'), 'no HL7', result('2', '141').replace(tube, '77777'));
  await until(() => expect(device.acks()).toEqual(['AA 1', 'AE ', 'AA 2']));
  await line.stop();
  await results(0);
  // As after a crash: rows of the journal alone, and one message that was begun.
  expect(messages().map(({ state }) => state)).toEqual(['received']);
  await startLine();
  await results(1);
  const held = await exceptions(2);
  expect(held.map((row) => row.reason).sort()).toEqual(['unknownSpecimen', 'unparsable']);
  expect(messages().map(({ state, told }) => [state, told])).toEqual([
    ['posted', 'accepted'],
    ['held', 'refused'],
    ['held', 'accepted'],
  ]);
});

test('M3 the application acknowledgement comes with the posting, however long that takes', async () => {
  let able = false;
  const real = bench.engine.bench.store;
  const store = new Proxy(real, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name === 'write' && !able) return () => Promise.reject(new Error('not yet'));
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  await startLine({ ...bench.engine.bench, store });
  const device = await analyser();
  device.send(result('1', '140', { accept: 'AL', application: 'AL' }));
  await until(() => expect(device.acks()).toEqual(['CA 1']));
  able = true;
  await results(1);
  await until(() => expect(device.acks()).toEqual(['CA 1', 'AA 1']));
});

test('M3 M4 a full disk: AE, the light says so, nothing is posted; the repeat is taken', async () => {
  const line = await startLine();
  const device = await analyser();
  const { journal } = bench.engine.bench.store;
  const full = vi.spyOn(journal, 'appendDurable').mockRejectedValue(new Error('no space'));
  device.send(result('1'), result('2', '141', { accept: 'AL', application: 'AL' }));
  await until(() => expect(device.acks()).toEqual(['AE 1', 'CE 2']));
  expect(device.answers()[0]).toContain('could not be stored');
  full.mockRestore();
  await results(0);
  device.send(result('1'));
  await results(1);
  await until(() => expect(device.acks().at(-1)).toBe('AA 1'));
  expect(line.row(0).counters).toMatchObject({ storeFailures: 2, naksSent: 2, acks: 1 });
});

test('M3 M4 kill -9 while fifty messages are in flight: what was acknowledged is there once', async () => {
  const killed = await startBadBench({
    instruments: [
      { id: 'HL1', profile: 'generic-hl7', transport: { kind: 'tcpServer', host: '127.0.0.1', port } },
    ],
  });
  await killed.stop();
  const { directory, dataDir, stationFile, key } = killed.at;
  writeFileSync(join(directory, 'key'), `${key}\n`, { mode: 0o600 });
  const args = ['--data', dataDir, '--station', stationFile, '--key-file', join(directory, 'key')];
  const child = spawn(engineNode, [join(projectRoot, 'main/engine/headless.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  cleanups.push(() => child.kill('SIGKILL'));
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  const device = await analyser();
  // Each is about a specimen nobody knows, so each leaves one exception.
  const ids = Array.from({ length: 50 }, (_, n) => `K${n}`);
  const about = (id: string) =>
    result(id, '140', { accept: 'AL', application: 'NE' }).replace(tube, `S${id}`);
  device.send(...ids.map(about));
  await until(() => expect(device.acks().length).toBeGreaterThan(0));
  child.kill('SIGKILL');
  await ended;
  const acknowledged = device.acks().map((ack) => ack.replace('CA K', 'SK'));
  const engine = await startTestEngine(killed.at);
  cleanups.push(() => engine.stop());
  const again = await analyser();
  again.send(...ids.map(about));
  await until(() => expect(again.acks()).toHaveLength(50));
  const { journal } = engine.bench.store;
  await until(() => {
    const all = journal.messages(ID, 1_000);
    expect(all.length).toBeGreaterThanOrEqual(50 + acknowledged.length);
    expect(all.filter(({ state }) => state === 'received')).toEqual([]);
  });
  const tasks = await engine.bench.store.find('tasks', { selector: { kind: { $eq: 'exception' } } });
  const specimens = tasks.map((task) => /SK\d+/.exec(JSON.stringify(task.payload))?.[0]).sort();
  expect(specimens).toEqual(ids.map((id) => `S${id}`).sort());
});
