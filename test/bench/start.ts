import { fork, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildAll } from '../../build/build.ts';
import { engineNode, outDir, projectRoot } from '../../build/paths.ts';
import { run as runProgram } from '../../build/run.ts';
import type { EngineToShell, ShellToEngine } from '../../shared/ipc/envelope.ts';
import type { ToWindow } from '../../shared/ipc/messages.ts';
import { freePort } from '../contract/free-port.ts';
import { startBench, stopLauncher } from '../e2e/harness.ts';
import { DEMO_SECRET } from '../sim/demo-people.ts';
import { staff, stationFile } from '../sim/laboratory/index.ts';
import { BENCH_KEY, BENCH_STATION, filledStore } from './filled-store.ts';
import { below, type Metric, median } from './metric.ts';

/** Starts measured of each kind; the middle one counts. */
const ROUNDS = 5;
const WINDOW_ROUNDS = 3;
const QUERY_ROUNDS = 3;
const QUIET_MS = 400;
const MB = 1_048_576;
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

/** An engine as the shell has it: a child that speaks over its channel. */
class EngineChild {
  readonly #child: ReturnType<typeof fork>;
  readonly #answers = new Map<number, (message: ToWindow) => void>();
  readonly #started = performance.now();
  #id = 0;
  #heardAt = 0;
  /** Milliseconds from the start of the process to its `ready`. */
  readonly ready: Promise<number>;

  constructor(program: string, dataDir: string, file: string) {
    this.#child = fork(program, {
      execPath: engineNode,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.ready = new Promise((resolve, reject) => {
      this.#child.on('message', (raw) => {
        const from = raw as EngineToShell;
        this.#heardAt = performance.now();
        if (from.type === 'ready') resolve(performance.now() - this.#started);
        if (from.type === 'failed') reject(new Error(from.error.what));
        if (from.type === 'to-window') {
          const message = from.message as ToWindow;
          this.#answers.get(message.id)?.(message);
        }
      });
      this.#child.once('exit', (code) => reject(new Error(`the engine ended with code ${code}`)));
    });
    this.#send({ type: 'start', dataDir, stationFile: file, key: BENCH_KEY.slice(), demo: true });
  }

  /** Opens a window's connection and signs in. */
  async signIn(): Promise<void> {
    this.#send({ type: 'client', clientId: 'bench', event: 'opened' });
    const args = { username: staff.lead.username, secret: DEMO_SECRET };
    await this.#ask({ type: 'command', name: 'access.signIn', args });
  }

  /** Opens a live query and keeps it open. @returns milliseconds to its first rows, and how many they are */
  async watch(name: string, args: unknown): Promise<{ ms: number; rows: number }> {
    const started = performance.now();
    const answer = await this.#ask({ type: 'watch', name, args });
    return { ms: performance.now() - started, rows: answer.type === 'snapshot' ? answer.rows.length : 0 };
  }

  /** Waits until the engine has said nothing for a while: what a live query reads behind its first rows is done. */
  async quiet(): Promise<void> {
    while (performance.now() - this.#heardAt < QUIET_MS) {
      await new Promise((done) => setTimeout(done, QUIET_MS / 4));
    }
  }

  /** Resident memory now, in MB. */
  async memory(): Promise<number> {
    const ran = await runProgram('ps', ['-o', 'rss=', '-p', String(this.#child.pid)]);
    const kilobytes = Number(ran.output.trim());
    if (!(kilobytes > 0)) throw new Error(`ps did not tell the memory of the engine: ${ran.output}`);
    return (kilobytes * 1024) / MB;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#send({ type: 'shutdown' });
    await ended;
  }

  #send(message: ShellToEngine): void {
    this.#child.send(message);
  }

  #ask(
    message:
      | { type: 'command'; name: string; args: unknown }
      | { type: 'watch'; name: string; args: unknown },
  ): Promise<ToWindow> {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, (answer) => {
        if (answer.type === 'failed' || answer.type === 'watchFailed') reject(new Error(answer.error.what));
        else if (answer.type !== 'delta') resolve(answer);
      });
      this.#send({ type: 'to-engine', clientId: 'bench', message: { ...message, id } });
    });
  }
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
