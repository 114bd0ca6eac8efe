/** `npm run fuzz -- NAME [--runs N] [--seed S] [--from R]`: mutated inputs into a codec; ends with an error when it broke a promise. */
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { describeFailure, type FuzzReport } from './fuzz.ts';
import { targets } from './targets.ts';

/** A thread that has made no progress for this long hangs. */
const HANG_MS = 30_000;
/** The codec's whole heap; beyond it the thread is ended, and that is a failure. */
const HEAP_MB = 256;

const usage = `npm run fuzz -- NAME [--runs N] [--seed S] [--from R]

${Object.entries(targets)
  .map(([name, { about }]) => `  ${name.padEnd(10)}${about}`)
  .join('\n')}

--runs N   inputs to try, 100000 when left out
--seed S   where the inputs come from, 1 when left out
--from R   number of the first input; with --runs 1 it repeats one
`;

function whole(text: string | undefined, fallback: number): number {
  const number = text === undefined ? fallback : Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`Not a whole number: ${text}`);
  return number;
}

function run(name: string, runs: number, seed: number, from: number): Promise<FuzzReport> {
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: { name, runs, seed, from, progress },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  return new Promise((resolve, reject) => {
    let last = -1;
    let since = performance.now();
    const watch = setInterval(() => {
      const now = Atomics.load(progress, 0);
      if (now !== last) since = performance.now();
      last = now;
      if (performance.now() - since < HANG_MS) return;
      finish();
      reject(new Error(`hangs in run ${now} of seed ${seed}`));
    }, 1000);
    const finish = (): void => {
      clearInterval(watch);
      void worker.terminate();
    };
    worker.on('message', (report: FuzzReport) => {
      finish();
      resolve(report);
    });
    worker.on('error', (error) => {
      finish();
      reject(new Error(`ended in run ${Atomics.load(progress, 0)} of seed ${seed}: ${String(error)}`));
    });
  });
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { runs: { type: 'string' }, seed: { type: 'string' }, from: { type: 'string' } },
    allowPositionals: true,
  });
  const [name = ''] = positionals;
  if (!Object.hasOwn(targets, name) || positionals.length > 1) {
    process.stdout.write(usage);
    return name === '' ? 0 : 2;
  }
  const seed = whole(values.seed, 1);
  const report = await run(name, whole(values.runs, 100_000), seed, whole(values.from, 0));
  for (const failure of report.failures) process.stdout.write(`${describeFailure(failure)}\n`);
  const { slowest } = report;
  process.stdout.write(
    `fuzz ${name}: ${report.runs} inputs of seed ${seed} in ${report.seconds.toFixed(1)} s, ` +
      `slowest ${slowest.milliseconds.toFixed(1)} ms (run ${slowest.run}, ${slowest.size} bytes), ` +
      `heap at most ${report.heap.toFixed(0)} MB, ${report.failures.length} failures\n`,
  );
  return report.failures.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`fuzz: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
