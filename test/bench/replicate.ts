import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDir, projectRoot } from '../../build/paths.ts';
import type { ResultRow } from '../../shared/ipc/results.ts';
import type { SyncSummaryRow } from '../../shared/ipc/sync.ts';
import { freePort } from '../contract/free-port.ts';
import type { Switches } from '../sim/fhir/switches.ts';
import { Random } from '../sim/laboratory/index.ts';
import { EngineChild } from './engine-child.ts';
import { message, prepareSpecimens, Sender, TESTS } from './ingest-work.ts';
import { below, type Metric, median, p95, round } from './metric.ts';
import {
  bareLoop,
  copyOf,
  type Expected,
  fillQueue,
  Recorder,
  ServerChild,
  stationFile,
} from './replicate-parts.ts';
import type { WriteTimes } from './replicate-server.ts';

/** Results of the full bench, and of the part with a quota. */
const RESULTS = 10_000;
const QUOTA_RESULTS = 1_600;
const ROUNDS = 3;
/** Of the rate of the bare loop. */
const RATE_RATIO = 0.9;
/** What the heap may grow between the middle and the end of draining. */
const HEAP_RATIO = 1.15;
/** Looks at the heap at one point, and ms between two. */
const LOOKS = 4;
const LOOK_MS = 100;
const LATENCY_RATIO = 1.2;
const ESTIMATE = 0.1;
/** Messages of the latency measurement, and the pause between two of them, ms. */
const MESSAGES = 150;
const PAUSE_MS = 40;
/** A quota of 500 writes a minute, six times as fast: the same number of writes in a shorter window. */
const SCALED: NonNullable<Switches['quota']> = { writes: 500, windowSeconds: 10 };

export interface ReplicateOptions {
  results: number | undefined;
  /** 1 500 results and one round: quick, and the numbers say less. */
  small: boolean;
  /** Only this part: `rate`, `latency`, `quota`, or `minute`, the quota as it is, which takes minutes; all but the last when undefined. */
  part: string | undefined;
  /** Directory for a CPU profile of the engine; none when undefined. */
  profile: string | undefined;
  say: (line: string) => void;
}

/** What a window sees of the way to the server, kept up to date. */
class Summary {
  row: SyncSummaryRow | undefined;
  #wake: (() => void)[] = [];

  static async watch(engine: EngineChild): Promise<Summary> {
    const summary = new Summary();
    await engine.watch<SyncSummaryRow>('sync.summary', {}, (rows) => {
      summary.row = rows[0] ?? summary.row;
      for (const wake of summary.#wake.splice(0)) wake();
    });
    return summary;
  }

  /** Resolves when `until` holds. @throws Error after ten minutes */
  async when(until: (row: SyncSummaryRow) => boolean): Promise<void> {
    const end = performance.now() + 600_000;
    while (this.row === undefined || !until(this.row)) {
      if (performance.now() > end) throw new Error(`not drained: ${JSON.stringify(this.row)}`);
      await new Promise<void>((done) => {
        const timer = setTimeout(done, 1_000);
        this.#wake.push(() => {
          clearTimeout(timer);
          done();
        });
      });
    }
  }
}

interface Place {
  /** Data directory that is copied for each run. */
  kept: string;
  folder: string;
  expected: Expected;
  /** Writes that all of it takes. */
  writes: number;
  profile: string | undefined;
}

function startEngine(directory: string, file: string, profile?: string): EngineChild {
  const program = join(projectRoot, 'main', 'engine', 'main.ts');
  const heap = join(projectRoot, 'test', 'bench', 'replicate-heap.ts');
  const flags = ['--expose-gc', '--import', heap];
  if (profile !== undefined) flags.push('--cpu-prof', `--cpu-prof-dir=${profile}`);
  return new EngineChild(program, directory, file, flags);
}

/** Everything is there once. @throws Error naming what is not */
async function checkComplete(server: ServerChild, expected: Expected): Promise<Record<string, number>> {
  const { duplicates, resources, answers } = await server.stats();
  if (duplicates.length > 0)
    throw new Error(`repeated at the server: ${JSON.stringify(duplicates.slice(0, 3))}`);
  for (const [type, count] of Object.entries(expected)) {
    if ((resources[type] ?? 0) < count)
      throw new Error(`lost: the server has ${resources[type] ?? 0} ${type} of ${count}`);
  }
  return answers;
}

interface Memory {
  rss: number;
  heap: number;
}

/** What is held: the least of a few looks, for each also finds what is in the middle of being worked on. */
async function memoryOf(engine: EngineChild): Promise<Memory> {
  let heap = await engine.heap();
  for (let look = 1; look < LOOKS; look++) {
    await new Promise((done) => setTimeout(done, LOOK_MS));
    heap = Math.min(heap, await engine.heap());
  }
  return { heap, rss: await engine.memory() };
}

/** Drains once through a recorder. @returns the bundles it sent, and memory at the start, in the middle and at the end */
async function recorded(place: Place): Promise<{ bundles: string[]; memory: Memory[] }> {
  const [port, between] = [await freePort(), await freePort()];
  const directory = await copyOf(place.kept, 'replicate-run');
  const server = await ServerChild.start(port, {});
  const recorder = await Recorder.open(server.url, between);
  const url = server.url.replace(String(port), String(between));
  const engine = startEngine(directory, await stationFile(place.folder, url, []));
  const memory: Memory[] = [];
  try {
    await engine.ready;
    await engine.signIn();
    const summary = await Summary.watch(engine);
    for (const left of [0.9, 0.5, 0]) {
      await summary.when((row) => row.queued <= place.writes * left);
      memory.push(await memoryOf(engine));
    }
    await checkComplete(server, place.expected);
    return { bundles: recorder.bundles, memory };
  } finally {
    await engine.stop();
    await recorder.close();
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Writes a second between the first request and the last answer, by the server's clock. */
function rateOf(writes: number, times: Pick<WriteTimes, 'first' | 'last'>): number {
  return (writes * 1000) / (times.last - times.first);
}

function perWrite(place: Place, ms: number): number {
  return Math.round((ms * 1000) / place.writes);
}

async function bareRate(
  place: Place,
  bundles: readonly string[],
  say: (line: string) => void,
): Promise<number> {
  const server = await ServerChild.start(await freePort(), {});
  try {
    await bareLoop(server.url, bundles);
    const times = await server.times();
    say(`processor time of a write, bare loop: server ${perWrite(place, times.processor)} µs`);
    return rateOf(place.writes, times);
  } finally {
    await server.stop();
  }
}

async function engineRate(place: Place, say: (line: string) => void, profile?: string): Promise<number> {
  const directory = await copyOf(place.kept, 'replicate-run');
  const server = await ServerChild.start(await freePort(), {});
  const engine = startEngine(directory, await stationFile(place.folder, server.url, []), profile);
  try {
    await engine.ready;
    await engine.signIn();
    const before = await engine.processor();
    const summary = await Summary.watch(engine);
    await summary.when((row) => row.queued === 0);
    const after = await engine.processor();
    const times = await server.times();
    await checkComplete(server, place.expected);
    const used = before === undefined || after === undefined ? Number.NaN : after - before;
    say(
      `processor time of a write: engine ${perWrite(place, used)} µs, server ${perWrite(place, times.processor)} µs; ${times.all} requests, ${times.requests} of them bundles`,
    );
    return rateOf(place.writes, times);
  } finally {
    await engine.stop();
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** The rate of the real engine and of a bare loop that posts the same bundles, in turns. */
async function* rate(place: Place, rounds: number, say: (line: string) => void): AsyncGenerator<Metric> {
  const { bundles, memory } = await recorded(place);
  const [start, middle, end] = memory as [Memory, Memory, Memory];
  const bytes = bundles.reduce((sum, text) => sum + text.length, 0);
  say(
    `${place.writes} writes in ${bundles.length} requests of ${Math.round(bytes / bundles.length / 1024)} kB`,
  );
  for (const [name, at] of [
    ['start', start],
    ['middle', middle],
    ['end', end],
  ] as const)
    say(`memory, ${name}: heap ${Math.round(at.heap)} MB, rss ${Math.round(at.rss)} MB`);
  const rates = { bare: [] as number[], engine: [] as number[] };
  for (let turn = 0; turn < rounds; turn++) {
    rates.bare.push(await bareRate(place, bundles, say));
    rates.engine.push(await engineRate(place, say, turn === 0 ? place.profile : undefined));
    say(
      `turn ${turn + 1}: engine ${round(rates.engine.at(-1) ?? 0)}/s, bare loop ${round(rates.bare.at(-1) ?? 0)}/s`,
    );
  }
  const ratios = rates.engine.map((one, turn) => one / (rates.bare[turn] ?? 1));
  const ratio = median(ratios);
  yield {
    bench: 'replicate',
    metric: 'writes a second while draining, against a bare loop with the same bundles',
    value: round(median(rates.engine)),
    unit: 'writes/s',
    baseline: round(median(rates.bare)),
    ratio: round(ratio),
    target: RATE_RATIO,
    ok: ratio >= RATE_RATIO,
  };
  yield atMost(
    'heap held at the end of draining, against the middle',
    end.heap,
    'MB',
    HEAP_RATIO,
    middle.heap,
  );
  yield below('replicate', 'engine memory at the end of draining', end.rss, 'MB', 1_000);
}

function atMost(metric: string, value: number, unit: string, target: number, baseline: number): Metric {
  const ratio = value / baseline;
  return {
    bench: 'replicate',
    metric,
    value: round(value),
    unit,
    baseline: round(baseline),
    ratio: round(ratio),
    target,
    ok: ratio <= target,
  };
}

/** From an analyser's last byte to the row on the screen, with nothing to send and while the queue drains, in one run of the engine. */
async function* latency(
  place: Place,
  specimens: string[],
  say: (line: string) => void,
): AsyncGenerator<Metric> {
  const [serverPort, linePort] = [await freePort(), await freePort()];
  const directory = await copyOf(place.kept, 'replicate-run');
  const file = await stationFile(place.folder, `http://127.0.0.1:${serverPort}/fhir/R4`, [linePort]);
  const engine = startEngine(directory, file);
  let server: ServerChild | undefined;
  const random = new Random('replicate');
  const seen = new Map<string, number>();
  try {
    await engine.ready;
    await engine.signIn();
    const summary = await Summary.watch(engine);
    let wake: () => void = () => undefined;
    await engine.watch<ResultRow>('results.list', { filter: 'toDecide' }, (rows) => {
      for (const row of rows)
        if (!seen.has(row.accessionIdentifier)) seen.set(row.accessionIdentifier, performance.now());
      wake();
    });
    const sender = await Sender.open(linePort);
    const once = async (): Promise<number> => {
      const specimen = specimens.pop();
      if (specimen === undefined) throw new Error('not enough specimens were prepared');
      await sender.send(message(random, [specimen], TESTS.length));
      while (!seen.has(specimen)) await new Promise<void>((done) => (wake = done));
      await new Promise((done) => setTimeout(done, PAUSE_MS + random.next() * PAUSE_MS));
      return (seen.get(specimen) as number) - sender.lastByteAt;
    };
    for (let i = 0; i < 20; i++) await once();
    const rest: number[] = [];
    for (let i = 0; i < MESSAGES; i++) rest.push(await once());
    server = await ServerChild.start(serverPort, {});
    await engine.command('sync.now', {});
    const before = summary.row?.queued ?? 0;
    await summary.when((row) => row.queued < before);
    const load: number[] = [];
    const [waiting, began] = [summary.row?.queued ?? 0, performance.now()];
    while ((summary.row?.queued ?? 0) > 200 && load.length < MESSAGES) load.push(await once());
    const sent = ((waiting - (summary.row?.queued ?? 0)) * 1000) / (performance.now() - began);
    say(
      `${rest.length} messages at rest: p50 ${round(median(rest))} ms, p95 ${round(p95(rest))} ms; ${load.length} while draining: p50 ${round(median(load))} ms, p95 ${round(p95(load))} ms, and ${round(sent)} records a second fewer in the queue`,
    );
    yield atMost(
      'message of 20 results, last byte to visible, p95 while draining, against p95 at rest',
      p95(load),
      'ms',
      LATENCY_RATIO,
      p95(rest),
    );
    sender.close();
  } finally {
    await engine.stop();
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Draining under a quota: no error, nothing lost or repeated, and the time that is left is told truly. */
async function* quota(
  place: Place,
  allowed: NonNullable<Switches['quota']>,
  say: (line: string) => void,
): AsyncGenerator<Metric> {
  const directory = await copyOf(place.kept, 'replicate-run');
  const server = await ServerChild.start(await freePort(), { quota: allowed });
  const engine = startEngine(directory, await stationFile(place.folder, server.url, []));
  const told: { at: number; minutes: number }[] = [];
  try {
    await engine.ready;
    await engine.signIn();
    const summary = await Summary.watch(engine);
    for (const left of [0.75, 0.5, 0.3]) {
      await summary.when((row) => row.queued <= place.writes * left && row.minutesLeft !== null);
      told.push({
        at: performance.timeOrigin + performance.now(),
        minutes: summary.row?.minutesLeft ?? Number.NaN,
      });
    }
    await summary.when((row) => row.queued === 0);
    const { first, last } = await server.times();
    const answers = await checkComplete(server, place.expected);
    const errors = Object.entries(answers).reduce(
      (sum, [status, n]) => sum + (Number(status) >= 400 || status === 'destroyed' ? n : 0),
      0,
    );
    const perMinute = (allowed.writes * 60) / allowed.windowSeconds;
    say(
      `${place.writes} writes at ${round(perMinute)} a minute took ${round((last - first) / 1000)} s; errors ${errors}; refused ${summary.row?.refused ?? 0}`,
    );
    const name = `quota of ${allowed.writes} writes in ${round(allowed.windowSeconds)} s`;
    yield {
      bench: 'replicate',
      metric: `${name}: answers of 400 and above`,
      value: errors,
      unit: 'answers',
      baseline: null,
      ratio: errors,
      target: 0,
      ok: errors === 0,
    };
    const used = rateOf(place.writes, { first, last }) * 60;
    yield {
      bench: 'replicate',
      metric: `${name}: writes a minute, against the quota`,
      value: round(used),
      unit: 'writes/min',
      baseline: round(perMinute),
      ratio: round(used / perMinute),
      target: RATE_RATIO,
      ok: used / perMinute >= RATE_RATIO,
    };
    for (const { at, minutes } of told) {
      const real = (last - at) / 60_000;
      const off = Math.abs(minutes - real) / real;
      yield {
        bench: 'replicate',
        metric: `${name}: time left that was told, against the time it took`,
        value: round(minutes),
        unit: 'min',
        baseline: round(real),
        ratio: round(minutes / real),
        target: ESTIMATE,
        ok: off <= ESTIMATE,
      };
    }
  } finally {
    await engine.stop();
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function placeOf(
  name: string,
  results: number,
  folder: string,
  profile: string | undefined,
): Promise<Place> {
  const kept = join(cacheDir(), 'bench', name);
  const expected = await fillQueue(kept, results);
  return { kept, folder, expected, writes: Object.values(expected).reduce((sum, n) => sum + n, 0), profile };
}

/**
 * Sending what waits, by the real engine in a process of its own to the simulated server in another: how fast against a bare loop that posts
 * the same bundles to the same server, how much memory it holds, what the bench notices of it, and how it keeps to a quota.
 */
export async function* run(options: ReplicateOptions): AsyncGenerator<Metric> {
  const { small, part, say } = options;
  const results = options.results ?? (small ? 1_500 : RESULTS);
  const folder = await mkdtemp(join(tmpdir(), 'levey-bench-'));
  const wanted = (name: string) => part === undefined || part === name;
  const places: Place[] = [];
  try {
    if (wanted('rate') || wanted('latency')) {
      say(`filling a queue with ${results} results`);
      const place = await placeOf('replicate', results, folder, options.profile);
      places.push(place);
      if (wanted('rate')) yield* rate(place, small ? 1 : ROUNDS, say);
      if (wanted('latency')) {
        const specimens = await prepareSpecimens(place.kept, 2 * MESSAGES + 40);
        yield* latency(place, specimens, say);
      }
    }
    if (wanted('quota') || part === 'minute') {
      const place = await placeOf('replicate-quota', small ? 700 : QUOTA_RESULTS, folder, undefined);
      places.push(place);
      yield* quota(place, part === 'minute' ? { writes: 500, windowSeconds: 60 } : SCALED, say);
    }
  } finally {
    for (const { kept } of places) await rm(kept, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  }
}
