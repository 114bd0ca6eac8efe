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
