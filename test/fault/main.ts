/**
 * Random faults on random profiles, and the proof that nothing wrong was accepted, nothing acknowledged lost, nothing done twice. See docs/fault.md.
 *
 *   npm run fault -- [--sessions N] [--seed S] [--profile ID] [--real N] [--verbose] [--trace]
 *
 * Session i has the seed S + i. Every so many sessions (`--real`, 0 = none) there is one against the whole engine as a process, over TCP, with
 * kill -9. `--trace` tells everything that happened in a session that failed. The last line is a JSON summary; exit code 1 when a session failed.
 */
import { parseArgs } from 'node:util';
import { BUILTIN_PROFILES } from '../../shared/profiles/builtin.ts';
import { runFaults } from './run.ts';

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '1000' },
    seed: { type: 'string' },
    profile: { type: 'string' },
    real: { type: 'string', default: '0' },
    trace: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const [sessions, real] = [Number(values.sessions), Number(values.real)];
const profiles = BUILTIN_PROFILES.filter((one) => values.profile === undefined || one.id === values.profile);
if (![seed, sessions, real].every((one) => Number.isInteger(one) && one >= 0) || profiles.length === 0) {
  process.stderr.write(
    'npm run fault -- [--sessions N] [--seed S] [--profile ID] [--real N] [--verbose] [--trace]\n',
  );
  process.exit(2);
}
process.stdout.write(`seed ${seed}, ${sessions} sessions\n`);
const summary = await runFaults({
  sessions,
  seed,
  real,
  profiles,
  verbose: values.verbose,
  trace: values.trace,
  say: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(`${JSON.stringify(summary)}\n`);
process.exit(summary.failures.length === 0 ? 0 : 1);
