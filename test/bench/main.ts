import { parseArgs } from 'node:util';
import type { Metric } from './metric.ts';

interface BenchOptions {
  /** Stored results; undefined for the bench's own number. */
  results: number | undefined;
  small: boolean;
  /** Only this part of the bench; undefined for all. */
  part: string | undefined;
  /** Directory for CPU profiles; undefined for none. */
  profile: string | undefined;
  say: (line: string) => void;
}

/** Each bench by name: what it measures, and how it is run. Loaded only when asked for. */
const benches: Record<string, { about: string; run: (options: BenchOptions) => AsyncGenerator<Metric> }> = {
  parse: {
    about: 'HL7 messages against two other libraries in the same run, and ASTM records; about ten seconds',
    run: async function* () {
      yield* (await import('./parse.ts')).run();
    },
  },
  storage: {
    about: 'writes and ranges of the store against bare statements on the same driver; about two minutes',
    run: async function* ({ results }) {
      yield* await (await import('./storage.ts')).run(results);
    },
  },
  start: {
    about:
      'engine ready, window usable and engine memory with 1 million results stored (the first run fills the store)',
    run: async function* (options) {
      yield* (await import('./start.ts')).run(options);
    },
  },
  mllp: {
    about: 'durable acknowledgements per second of one HL7 line with 50 messages in flight; one minute',
    run: async function* (options) {
      yield* (await import('./mllp.ts')).run(options);
    },
  },
  ingest: {
    about:
      'from an analyser’s last byte to the row on the screen, acknowledgements and results per second, with 1 million results stored; two minutes',
    run: async function* (options) {
      yield* (await import('./ingest.ts')).run(options);
    },
  },
  'first-load': {
    about:
      'a new station loads 100 000 resources from the simulated server in its own process, killed in the middle and started again: exact, nothing twice; three minutes',
    run: async function* (options) {
      yield* (await import('./first-load.ts')).run(options);
    },
  },
  replicate: {
    about:
      'draining 10 000 results to a simulated server against a bare loop with the same bundles, what the bench notices of it, and under a quota; four minutes',
    run: async function* (options) {
      yield* (await import('./replicate.ts')).run(options);
    },
  },
  qc: {
    about:
      '1 000 controls judged against two years (1 million points), the list of today with 40 tests in 3 levels, and charts of 10 000 points in the window; three minutes (the first run fills the store)',
    run: async function* (options) {
      yield* (await import('./qc.ts')).run(options);
    },
  },
};

const usage = `npm run bench -- NAME [--results N] [--small] [--part NAME] [--profile DIR]

${Object.entries(benches)
  .map(([name, { about }]) => `  ${name.padEnd(12)}${about}`)
  .join('\n')}

--results N   store N results (qc: points; first-load: resources) instead of the usual number: quicker, and the numbers say less
--small       ingest: 20 000 stored results and short measurements
--part NAME   ingest: only latency, wide, sustained or acks; qc: only judge or window
--profile DIR ingest, first-load: writes a CPU profile of the engine into DIR
Each metric is one JSON line on standard output: {bench, metric, value, unit, baseline, ratio, target, ok}.
Ends with an error only when it could not measure; a missed target is "ok": false.
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      results: { type: 'string' },
      small: { type: 'boolean' },
      part: { type: 'string' },
      profile: { type: 'string' },
    },
    allowPositionals: true,
  });
  const [name = ''] = positionals;
  const results = values.results === undefined ? undefined : Number(values.results);
  if (!Object.hasOwn(benches, name) || positionals.length > 1) {
    process.stdout.write(usage);
    return name === '' ? 0 : 2;
  }
  if (results !== undefined && !(Number.isInteger(results) && results >= 1_000)) {
    process.stderr.write('--results takes a whole number of at least 1000.\n');
    return 2;
  }
  const say = (line: string) => process.stderr.write(`${line}\n`);
  for await (const metric of benches[name]?.run({
    results,
    small: values.small ?? false,
    part: values.part,
    profile: values.profile,
    say,
  }) ?? [])
    process.stdout.write(`${JSON.stringify(metric)}\n`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`Could not measure: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
}
