/** Many sessions of faults, one after the other, and their sum. */
import type { Profile } from '../../shared/profiles/profile.ts';
import { runCrash } from '../crash/run.ts';
import { faultSession, type SessionReport } from './session.ts';

export interface FaultOptions {
  sessions: number;
  /** of the first session; the next has the next */
  seed: number;
  profiles: readonly Profile[];
  /** after every so many sessions one against the real engine; 0: none */
  real: number;
  verbose?: boolean;
  /** a session that failed is run again, and everything in it told */
  trace?: boolean;
  say?(line: string): void;
}

export interface FaultSummary {
  seed: number;
  sessions: number;
  /** sessions against the real engine, and how often it was killed in them */
  real: number;
  realKills: number;
  realAcknowledged: number;
  acknowledged: number;
  posted: number;
  held: number;
  kills: number;
  faults: Record<string, number>;
  /** what the product's sessions counted: refusals, repeats, contention … */
  seen: Record<string, number>;
  /** altered blocks with a right checksum, or on lines without one: no protocol of them can tell */
  collisions: number;
  /** sessions in which bytes were altered on a line without checksum */
  blind: number;
  seconds: number;
  failures: { seed: number; profile: string; problems: string[] }[];
}

export async function runFaults(options: FaultOptions): Promise<FaultSummary> {
  const began = performance.now();
  const summary: FaultSummary = {
    seed: options.seed,
    sessions: 0,
    real: 0,
    realKills: 0,
    realAcknowledged: 0,
    acknowledged: 0,
    posted: 0,
    held: 0,
    kills: 0,
    faults: {},
    seen: {},
    collisions: 0,
    blind: 0,
    seconds: 0,
    failures: [],
  };
  const fail = (seed: number, profile: string, problems: string[], again: string): void => {
    summary.failures.push({ seed, profile, problems });
    options.say?.(`seed ${seed} ${profile} failed (again: ${again}): ${problems.slice(0, 10).join('; ')}`);
  };
  for (let n = 0; n < options.sessions; n += 1) {
    const seed = options.seed + n;
    const report = await faultSession(seed, options.profiles).catch(
      (error: unknown): SessionReport => broken(seed, error),
    );
    add(summary, report);
    if (options.verbose === true) options.say?.(JSON.stringify(report));
    if (report.problems.length > 0 && options.trace === true)
      await faultSession(seed, options.profiles, {}, (text) => options.say?.(text));
    if (report.problems.length > 0)
      fail(seed, report.profile, report.problems, `npm run fault -- --seed ${seed} --sessions 1`);
    if (options.real > 0 && (n + 1) % options.real === 0) {
      const real = await runCrash({ rounds: 1, seed, mostKills: 1, say: (line) => options.say?.(line) });
      summary.real += 1;
      summary.realKills += real.kills;
      summary.realAcknowledged += real.acknowledged;
      if (real.failures > 0)
        fail(seed, 'the engine', [`see ${real.data}`], `npm run crash -- --seed ${seed} --rounds 1`);
    }
    if ((n + 1) % 1_000 === 0)
      options.say?.(`${n + 1} sessions, ${Math.round((performance.now() - began) / 1_000)} s`);
  }
  summary.seconds = Math.round((performance.now() - began) / 100) / 10;
  return summary;
}

function add(summary: FaultSummary, report: SessionReport): void {
  summary.sessions += 1;
  summary.acknowledged += report.acknowledged;
  summary.posted += report.posted;
  summary.held += report.held;
  summary.kills += report.kills;
  summary.collisions += report.collisions;
  summary.blind += report.blind ? 1 : 0;
  sumInto(summary.faults, report.faults);
  sumInto(summary.seen, report.seen);
}

function sumInto(sums: Record<string, number>, counts: Record<string, number>): void {
  for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
}

function broken(seed: number, error: unknown): SessionReport {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    seed,
    profile: '',
    problems: [`a fault of ours: ${what}`],
    acknowledged: 0,
    posted: 0,
    held: 0,
    kills: 0,
    faults: {},
    seen: {},
    collisions: 0,
    blind: false,
  };
}
