/** What every fuzzed codec has in common: mutating inputs, running them, and telling what went wrong. */
import { Random } from './random.ts';

/** A codec under test. */
export interface FuzzTarget {
  /** well-formed inputs to start from */
  corpus: readonly Uint8Array[];
  /** pieces that mean something to the codec; mutations put them in anywhere */
  tokens: readonly Uint8Array[];
  /** Reads the input in every way there is. Throws when the codec throws or breaks a promise. */
  check(input: Uint8Array, random: Random): void;
}

export interface FuzzOptions {
  runs: number;
  seed: number;
  /** the first run; a single input is repeated with `from` = its number and `runs` = 1 */
  from?: number;
  /** told before each run */
  onRun?: (run: number) => void;
  /** milliseconds of processor time one input may take; measured again before it counts, since code that is not warm is slow */
  budget?: number;
}

export interface Failure {
  run: number;
  error: string;
  input: Uint8Array;
}

export interface FuzzReport {
  runs: number;
  failures: Failure[];
  /** the input that took longest, in milliseconds of processor time */
  slowest: { run: number; milliseconds: number; size: number };
  /** largest heap seen, in MB */
  heap: number;
  seconds: number;
}

const MOST_FAILURES = 10;
const MOST_BYTES = 16_384;

/** The input of a run: a member of the corpus, changed a few times. The generator goes on to the check. */
export function inputOf(
  target: FuzzTarget,
  seed: number,
  run: number,
): { input: Uint8Array; random: Random } {
  const random = new Random(seed, run);
  if (random.once(200)) {
    const noise = Uint8Array.from({ length: random.int(400) }, () => random.int(256));
    return { input: noise, random };
  }
  let input = random.pick(target.corpus);
  for (let left = random.int(8); left > 0; left -= 1) input = mutate(input, target, random);
  return { input: input.subarray(0, MOST_BYTES), random };
}

function mutate(input: Uint8Array, target: FuzzTarget, random: Random): Uint8Array {
  const at = random.int(input.length + 1);
  const to = Math.min(input.length, at + random.int(random.once(4) ? input.length + 1 : 12));
  const head = input.subarray(0, at);
  const cut = input.subarray(at, to);
  const tail = input.subarray(to);
  switch (random.int(9)) {
    case 0:
      return join(head, tail);
    case 1:
      return join(head, cut, cut, tail);
    case 2:
    case 3:
      return join(head, random.pick(target.tokens), input.subarray(at));
    case 4:
      return join(head, random.pick(target.tokens), tail);
    case 5: {
      const changed = Uint8Array.from(input);
      if (at < changed.length) changed[at] = random.int(256);
      return changed;
    }
    case 6: {
      const other = random.pick(target.corpus);
      return join(head, other.subarray(random.int(other.length + 1)));
    }
    case 7: {
      const token = random.pick(target.tokens);
      return join(
        head,
        ...Array.from({ length: 1 + random.int(random.once(20) ? 1000 : 20) }, () => token),
        tail,
      );
    }
    default:
      return head;
  }
}

function join(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Runs a target. Stops after {@link MOST_FAILURES} failures. */
export function fuzz(target: FuzzTarget, options: FuzzOptions): FuzzReport {
  const budget = options.budget ?? 250;
  const failures: Failure[] = [];
  const slowest = { run: -1, milliseconds: 0, size: 0 };
  const from = options.from ?? 0;
  let heap = 0;
  const begin = performance.now();
  let run = from;
  for (; run < from + options.runs && failures.length < MOST_FAILURES; run += 1) {
    options.onRun?.(run);
    const { input, random } = inputOf(target, options.seed, run);
    const start = worked();
    try {
      target.check(input, random);
    } catch (error) {
      failures.push({
        run,
        input,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
    let milliseconds = worked() - start;
    if (milliseconds > budget) milliseconds = again(target, options.seed, run);
    if (milliseconds > slowest.milliseconds)
      Object.assign(slowest, { run, milliseconds, size: input.length });
    if (milliseconds > budget) {
      failures.push({ run, input, error: `took ${milliseconds.toFixed(0)} ms, more than ${budget} ms` });
    }
    if (run % 4096 === 0) heap = Math.max(heap, process.memoryUsage().heapUsed / 1e6);
  }
  return { runs: run - from, failures, slowest, heap, seconds: (performance.now() - begin) / 1000 };
}

/** Processor time of this thread so far, in milliseconds: a busy computer makes no input slow. */
function worked(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The best of three further tries, in milliseconds. A failure was told already. */
function again(target: FuzzTarget, seed: number, run: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 3; tries += 1) {
    const { input, random } = inputOf(target, seed, run);
    const start = worked();
    try {
      target.check(input, random);
    } catch {
      // Told by the first try.
    }
    best = Math.min(best, worked() - start);
  }
  return best;
}

/** Text as bytes, one character per byte. */
export function bytesOf(binary: string): Uint8Array {
  return Uint8Array.from(binary, (one) => one.charCodeAt(0));
}

/** A failure in words, with the input so that it can become a test. */
export function describeFailure(failure: Failure): string {
  const text = JSON.stringify(String.fromCharCode(...failure.input.subarray(0, 2000)));
  return `run ${failure.run}, ${failure.input.length} bytes: ${failure.error}\n  input: ${text}`;
}
