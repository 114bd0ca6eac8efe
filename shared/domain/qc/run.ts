/** Which run a control belongs to (W11). A run is decided once, when the point arrives, and stored: never worked out again from the clock. Pure. */

/** A control as it bears on the next one's run. Instants are ISO 8601 UTC. */
export interface RunPoint {
  runId: string;
  /** material and level */
  level: string;
  at: string;
}

/** Controls of one test on one instrument that come within this time of the run's first one may belong to it, hours. */
export const RUN_HOURS = 4;

/**
 * The run of a control: the latest one, unless it has this level already (then a repeat begins a new run) or began too long ago.
 * @param before controls of the same test and instrument, in the order they arrived
 * @param newRunId the id of a new run, should one begin
 */
export function runOf(
  before: readonly RunPoint[],
  point: { level: string; at: string },
  newRunId: string,
): string {
  const latest = before.at(-1)?.runId ?? '';
  if (latest === '') return newRunId;
  const run = before.filter((one) => one.runId === latest);
  if (run.some((one) => one.level === point.level)) return newRunId;
  const began = Math.min(...run.map((one) => Date.parse(one.at)));
  const at = Date.parse(point.at);
  if (!Number.isFinite(began) || !Number.isFinite(at)) return newRunId;
  return Math.abs(at - began) <= RUN_HOURS * 3_600_000 ? latest : newRunId;
}

/**
 * The time a control is ordered by, an instant or '': when it was measured, or when it arrived where the instrument told no time or one that lies
 * ahead of its arrival (its clock is fast).
 */
export function orderTime(measuredTime: string, postedTime: string): string {
  return measuredTime !== '' && measuredTime <= postedTime ? measuredTime : postedTime || measuredTime;
}

/** A control that arrives so long after it was measured came late: the time of measurement tells its target and its window then, hours. */
export const LATE_HOURS = 1;

/**
 * The time that tells which target held for a control and after which break it was measured (W11, W14): when it arrived, since an instrument's
 * clock may be minutes behind ours; when it was measured, where it came more than {@link LATE_HOURS} late.
 */
export function windowTime(effectiveTime: string, postedTime: string): string {
  const late = Date.parse(postedTime) - Date.parse(effectiveTime);
  return late > LATE_HOURS * 3_600_000 ? effectiveTime : postedTime;
}

/**
 * The run of a control that arrives after later ones: the run under way when it was measured, or the next one to begin, where that lacks its level
 * and lies within {@link RUN_HOURS}; else a run of its own.
 * @param around controls of the same test and instrument before and after it, in order
 */
export function lateRunOf(
  around: readonly RunPoint[],
  point: { level: string; at: string },
  newRunId: string,
): string {
  const runs = new Map<string, { began: string; levels: string[] }>();
  for (const { runId, level, at } of around) {
    const run = runs.get(runId);
    if (run === undefined) runs.set(runId, { began: at, levels: [level] });
    else run.levels.push(level);
  }
  const all = [...runs].map(([id, run]) => ({ id, ...run }));
  const fits = (run: (typeof all)[number] | undefined) =>
    run !== undefined &&
    !run.levels.includes(point.level) &&
    Math.abs(Date.parse(run.began) - Date.parse(point.at)) <= RUN_HOURS * 3_600_000;
  const under = all.findLast((run) => run.began <= point.at);
  if (under !== undefined && fits(under)) return under.id;
  const next = all.find((run) => run.began > point.at);
  return next !== undefined && fits(next) ? next.id : newRunId;
}

/** What a control's place in time is told by. */
export interface Placed {
  id: string;
  effectiveTime: string;
  postedTime: string;
}

/**
 * The order of controls in time: by measurement, of those of one instant by arrival, and of those that arrived together by id. One order for
 * everyone who looks at controls: many analysers tell the minute only, and the levels of a run have the same time then (W11).
 */
export function byTime(a: Placed, b: Placed): number {
  if (a.effectiveTime !== b.effectiveTime) return a.effectiveTime < b.effectiveTime ? -1 : 1;
  if (a.postedTime !== b.postedTime) return a.postedTime < b.postedTime ? -1 : 1;
  return a.id === b.id ? 0 : a.id < b.id ? -1 : 1;
}

/** Controls put into the order of runs: a run's points stand together, at the place of its first (W11). The same from whatever order they are given in. */
export function inRunOrder<T extends Placed & { runId: string }>(controls: readonly T[]): T[] {
  const runs = new Map<string, T[]>();
  for (const one of controls.toSorted(byTime)) {
    const key = one.runId || one.id;
    const run = runs.get(key);
    if (run === undefined) runs.set(key, [one]);
    else run.push(one);
  }
  return [...runs.values()].flat();
}

/**
 * Splits controls in the order of runs in front of the first run that has a point at `from` or later: a run is never judged in part, since its first
 * point decides where all of it stands (W11).
 */
export function splitAtRun<T extends Placed & { runId: string }>(
  controls: readonly T[],
  from: string,
): { before: T[]; after: T[] } {
  const ordered = inRunOrder(controls);
  const key = (one: T) => one.runId || one.id;
  const later = new Set(ordered.filter((one) => one.effectiveTime >= from).map(key));
  const cut = ordered.findIndex((one) => later.has(key(one)));
  return cut < 0
    ? { before: ordered, after: [] }
    : { before: ordered.slice(0, cut), after: ordered.slice(cut) };
}
