/**
 * Kills the engine while a bench works on it, and proves that nothing acknowledged is lost and nothing is done twice.
 *
 *   npm run crash -- [--rounds N] [--seed S] [--quiet]
 *
 * The last line is a JSON summary. Exit code 1 when a round failed; its data directory then stays.
 */
import { parseArgs } from 'node:util';
import { runCrash } from './run.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string' },
    quiet: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const rounds = Number(values.rounds);
if (!Number.isInteger(seed) || !Number.isInteger(rounds) || rounds < 1) {
  process.stderr.write('npm run crash -- [--rounds N] [--seed S] [--quiet]; both are whole numbers\n');
  process.exit(2);
}
process.stdout.write(`seed ${seed}, ${rounds} rounds\n`);
const summary = await runCrash({
  rounds,
  seed,
  verbose: !values.quiet,
  say: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(`${JSON.stringify(summary)}\n`);
process.exit(summary.failures === 0 ? 0 : 1);
