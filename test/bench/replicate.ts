import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../contract/free-port.ts';
import type { Switches } from '../sim/fhir/switches.ts';
import type { EngineChild } from './engine-child.ts';
import { atMost, below, inTurns, type Metric, round } from './metric.ts';
import { latency } from './replicate-latency.ts';
import { bareLoop, Recorder, ServerChild } from './replicate-parts.ts';
import { checkComplete, type Place, placeOf, rateOf, Summary, withEngine } from './replicate-place.ts';
import { quota } from './replicate-quota.ts';

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
  let bundles: string[] = [];
  const through = async (url: string) => {
    const recorder = await Recorder.open(url, await freePort());
    bundles = recorder.bundles;
    const between = Object.assign(new URL(url), { port: String(recorder.port) });
    return { url: between.href, close: () => recorder.close() };
  };
  const memory = await withEngine(place, { through }, async ({ engine, server }) => {
    const summary = await Summary.watch(engine);
    const looks: Memory[] = [];
    for (const left of [0.9, 0.5, 0]) {
      await summary.when((row) => row.queued <= place.writes * left);
      looks.push(await memoryOf(engine));
    }
    await checkComplete(server, place.expected);
    return looks;
  });
  return { bundles, memory };
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

function engineRate(place: Place, say: (line: string) => void, profile?: string): Promise<number> {
  return withEngine(place, { profile }, async ({ engine, server }) => {
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
  });
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
  const turns: { value: number; baseline: number }[] = [];
  for (let turn = 0; turn < rounds; turn++) {
    const baseline = await bareRate(place, bundles, say);
    const value = await engineRate(place, say, turn === 0 ? place.profile : undefined);
    turns.push({ value, baseline });
    say(`turn ${turn + 1}: engine ${round(value)}/s, bare loop ${round(baseline)}/s`);
  }
  const metric = 'writes a second while draining, against a bare loop with the same bundles';
  yield inTurns('replicate', metric, 'writes/s', RATE_RATIO, turns);
  yield atMost(
    'replicate',
    'heap held at the end of draining, against the middle',
    end.heap,
    'MB',
    HEAP_RATIO,
    middle.heap,
  );
  yield below('replicate', 'engine memory at the end of draining', end.rss, 'MB', 1_000);
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
      if (wanted('latency')) yield* latency(place, say);
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
