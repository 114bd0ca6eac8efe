/**
 * Three stations, one server, and everything that can go wrong between them; afterwards all must agree.
 *
 *   npm run partition -- [--rounds N] [--seed S] [--per-world N] [--quiet]
 *
 * The last line is a JSON summary. Exit code 1 when a round failed.
 */
import { parseArgs } from 'node:util';
import { runPartition } from './run.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string' },
    'per-world': { type: 'string', default: '10' },
    quiet: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const rounds = Number(values.rounds);
const perWorld = Number(values['per-world']);
if (
  ![seed, rounds, perWorld].every((one) => Number.isInteger(one) && one >= 0) ||
  rounds < 1 ||
  perWorld < 1
) {
  process.stderr.write(
    'npm run partition -- [--rounds N] [--seed S] [--per-world N] [--quiet]; whole numbers\n',
  );
  process.exit(2);
}
process.stdout.write(`seed ${seed}, ${rounds} rounds\n`);
const summary = await runPartition({
  rounds,
  seed,
  perWorld,
  verbose: !values.quiet,
  say: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(`${JSON.stringify(summary)}\n`);
process.exit(summary.failures === 0 ? 0 : 1);
