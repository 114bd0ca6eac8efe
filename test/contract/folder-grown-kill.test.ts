import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ChildClient, EngineChild } from '../crash/engine-child.ts';
import { until } from '../until.ts';
import { receivedTube, startBadBench } from './bad-input-fixture.ts';
import type { TestStation } from './engine-client.ts';

/** A device that keeps its file open and goes on writing while the engine is killed: every row is posted, each once. */

let at: TestStation;
let folder: string;
let tube: string;
const children: EngineChild[] = [];

beforeEach(async () => {
  folder = join(mkdtempSync(join(tmpdir(), 'levey-growing-')), 'results');
  mkdirSync(folder);
  const bench = await startBadBench({
    instruments: [{ id: 'CSV1', profile: 'generic-csv', transport: { kind: 'folder', path: folder } }],
  });
  at = bench.at;
  tube = await receivedTube(bench.tech, ['LYTES']);
  await bench.stop();
});

afterEach(async () => {
  for (const child of children.splice(0)) if (!child.ended) await child.shutdown();
  rmSync(at.directory, { recursive: true, force: true });
  rmSync(join(folder, '..'), { recursive: true, force: true });
});

async function start(): Promise<{ child: EngineChild; tech: ChildClient }> {
  const child = new EngineChild({ dataDir: at.dataDir, stationFile: at.stationFile, key: at.key });
  children.push(child);
  await child.start();
  const tech = child.open('w');
  await tech.command('access.signIn', { username: 'lindqvist', secret: 'correct horse battery' });
  return { child, tech };
}

const HEADER = 'specimen,test,value,unit,flag,status,measured,operator\n';
/** A row without a time: nothing but its place tells that it was read before. */
const row = (test: string, value: string) => `${tube},${test},${value},mmol/L,,F,,kim\n`;
const archived = () => readdirSync(join(folder, 'archive')).filter((name) => name.endsWith('.csv'));
/** The standing results, and what is held. */
const there = async (tech: ChildClient) => ({
  results: (await tech.rows('results.list', { filter: 'all' }))
    .map((one) => `${one.testCode} ${one.valueText} v${one.version}`)
    .sort(),
  held: (await tech.rows('exceptions.list', { status: 'open' })).map((one) => one.reason),
});

test('a file that grows while the engine is dead, and again, is read on: no row lost, none doubled', async () => {
  const writer = openSync(join(folder, 'run.csv'), 'w');
  writeSync(writer, HEADER + row('NA', '140'));
  const first = await start();
  await until(async () => expect(await there(first.tech)).toEqual({ results: ['NA 140 v1'], held: [] }));
  await until(() => expect(archived()).toHaveLength(1));
  first.child.kill();
  await first.child.exited;
  writeSync(writer, row('K', '4.10'));

  const second = await start();
  await until(async () =>
    expect(await there(second.tech)).toEqual({ results: ['K 4.10 v1', 'NA 140 v1'], held: [] }),
  );
  await until(() => expect(archived()).toHaveLength(1));
  second.child.kill();
  await second.child.exited;

  const third = await start();
  await until(async () => expect((await third.tech.rows('instruments.lines', {}))[0]?.state).toBe('ready'));
  writeSync(writer, row('CL', '103'));
  closeSync(writer);
  const all = { results: ['CL 103 v1', 'K 4.10 v1', 'NA 140 v1'], held: [] };
  await until(async () => expect(await there(third.tech)).toEqual(all));
  await until(() => expect(archived()).toHaveLength(1));
  expect(readFileSync(join(folder, 'archive', archived()[0] ?? ''), 'utf8')).toBe(
    HEADER + row('NA', '140') + row('K', '4.10') + row('CL', '103'),
  );
  // A replay of what came finds the same.
  const { replayId } = await third.tech.command('replay.run', {
    instrumentId: 'T1.CSV1',
    which: { kind: 'last', last: 10 },
  });
  const progress = async () => (await third.tech.rows('replay.progress', { replayId }))[0];
  await until(async () => expect((await progress())?.state).toBe('done'));
  expect((await progress())?.counts).toMatchObject({
    changed: 0,
    wouldPost: 0,
    wouldHold: 0,
    lost: 0,
    new: 0,
  });
  expect(await there(third.tech)).toEqual(all);
}, 120_000);
