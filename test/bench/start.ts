import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildAll } from '../../build/build.ts';
import { engineNode, outDir, projectRoot } from '../../build/paths.ts';
import { freePort } from '../contract/free-port.ts';
import { startBench, stopLauncher } from '../e2e/harness.ts';
import { stationFile } from '../sim/laboratory/index.ts';
import { EngineChild } from './engine-child.ts';
import { BENCH_KEY, BENCH_STATION, filledStore } from './filled-store.ts';
import { below, type Metric, median } from './metric.ts';

/** Starts measured of each kind; the middle one counts. */
const ROUNDS = 5;
const WINDOW_ROUNDS = 3;
const QUERY_ROUNDS = 3;
const READY_MS = 1_000;
const WINDOW_MS = 3_000;
const MEMORY_MB = 500;
/** Every action of a person on a year of data (docs: users want it at once). */
const ACTION_MS = 100;
/** The live queries that hold the most, as the screens open them. */
const QUERIES = [
  ['strip', {}],
  ['results.list', { filter: 'all' }],
  ['worklist.list', { filter: 'all', instrumentId: '' }],
  ['sync.records', { filter: 'all' }],
] as const;

const programs = {
  source: join(projectRoot, 'main', 'engine', 'main.ts'),
  bundle: join(outDir, 'engine', 'main.js'),
} as const;

/** A station for the measurements: the demo's three analysers on ports of their own, no server, no printer. */
async function station() {
  const analysers = { CHEM1: await freePort(), HEM1: await freePort(), COAG1: await freePort() };
  return stationFile({ analysers, code: BENCH_STATION });
}

/** Milliseconds from the start of a headless engine to its ready line. */
async function headless(dataDir: string, file: string, keyFile: string): Promise<number> {
  const started = performance.now();
  const args = ['--data', dataDir, '--station', file, '--key-file', keyFile];
  const child = spawn(engineNode, [join(projectRoot, 'main', 'engine', 'headless.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    const { event, what } = JSON.parse(line) as { event: string; what?: string };
    if (event !== 'ready') throw new Error(`the headless engine did not start: ${what ?? line}`);
    break;
  }
  const ms = performance.now() - started;
  child.kill('SIGTERM');
  await ended;
  return ms;
}

async function engineReady(program: string, dataDir: string, file: string): Promise<number> {
  const engine = new EngineChild(program, dataDir, file);
  const ms = await engine.ready;
  await engine.stop();
  return ms;
}

/** Milliseconds from launching Electron to a sign-in screen that takes a password. */
async function windowUsable(dataDir: string): Promise<number> {
  const started = performance.now();
  const bench = await startBench({
    station: await station(),
    dataDir,
    key: BENCH_KEY.slice(),
    args: ['--demo'],
  });
  try {
    const password = bench.page.locator('input[type=password]').first();
    await password.fill('a', { timeout: 60_000 });
    return performance.now() - started;
  } finally {
    await bench.close({ keepData: true });
  }
}

async function repeated(rounds: number, measure: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await measure());
  return median(times);
}

/** Memory after start, and the time and memory of the heaviest live queries, each in an engine started for it. */
async function queries(dataDir: string, file: string): Promise<Metric[]> {
  const started: number[] = [];
  const open: number[] = [];
  const times = new Map<string, number[]>();
  for (let round = 0; round < QUERY_ROUNDS; round++) {
    const engine = new EngineChild(programs.bundle, dataDir, file);
    try {
      await engine.ready;
      started.push(await engine.memory());
      await engine.signIn();
      for (const [name, args] of QUERIES) {
        const { ms, rows } = await engine.watch(name, args);
        const metric = `${name}, first ${rows} rows`;
        times.set(metric, [...(times.get(metric) ?? []), ms]);
        await engine.quiet();
      }
      open.push(await engine.memory());
    } finally {
      await engine.stop();
    }
  }
  return [
    below('start', 'engine memory after start', median(started), 'MB', MEMORY_MB),
    ...[...times].map(([metric, ms]) => below('start', metric, median(ms), 'ms', ACTION_MS)),
    below('start', 'engine memory with the heaviest live queries open', median(open), 'MB', MEMORY_MB),
  ];
}

/**
 * Measures a start with so many results stored; baseline: the same on a store with people only. The store is filled by the first run and
 * kept, so files are warm in both cases.
 */
export async function* run(options: {
  results: number | undefined;
  say: (line: string) => void;
}): AsyncGenerator<Metric> {
  const { results = 1_000_000, say } = options;
  await buildAll();
  const full = await filledStore(results, say);
  const empty = await filledStore(0, say);
  const folder = await mkdtemp(join(tmpdir(), 'levey-bench-'));
  const file = join(folder, 'station.json');
  const keyFile = join(folder, 'key');
  await writeFile(file, JSON.stringify(await station()));
  await writeFile(keyFile, Buffer.from(BENCH_KEY).toString('hex'), { mode: 0o600 });
  try {
    const ready = async (metric: string, measure: (dataDir: string) => Promise<number>) => {
      const value = await repeated(ROUNDS, () => measure(full));
      const baseline = await repeated(ROUNDS, () => measure(empty));
      return below('start', metric, value, 'ms', READY_MS, baseline);
    };
    yield await ready('engine ready, from source', (dataDir) => engineReady(programs.source, dataDir, file));
    yield await ready('engine ready, bundled', (dataDir) => engineReady(programs.bundle, dataDir, file));
    yield await ready('headless ready, from source', (dataDir) => headless(dataDir, file, keyFile));
    yield* await queries(full, file);
    const value = await repeated(WINDOW_ROUNDS, () => windowUsable(full));
    const baseline = await repeated(WINDOW_ROUNDS, () => windowUsable(empty));
    yield below('start', 'window usable', value, 'ms', WINDOW_MS, baseline);
  } finally {
    await stopLauncher();
    await rm(folder, { recursive: true, force: true });
    await rm(empty, { recursive: true, force: true });
  }
}
