/** Which patient results a rejected control puts in doubt (W13). Pure. */

/** A control as the look-back sees it, in the order they arrived. */
export interface LookBackPoint {
  runId: string;
  level: string;
  state: 'inControl' | 'warning' | 'rejected' | 'notEvaluated' | 'excluded';
  /** ISO 8601 UTC */
  postedTime: string;
}

/** From the last good control before the reject until the first good one after it. Instants are ISO 8601 UTC. */
export interface LookBackWindow {
  /** run of the newest reject */
  runId: string;
  /** when the run before it was last good; '' when there was none */
  from: string;
  /** when the reject came */
  rejectedAt: string;
  /** when every rejected level was acceptable again; '' while it is not */
  to: string;
}

/**
 * The window of the newest rejected run. A run is good when it has every level that was rejected and none of its points is rejected or could not be
 * evaluated; excluded points do not count (W12). Null when nothing is rejected.
 */
export function lookBackWindow(points: readonly LookBackPoint[]): LookBackWindow | null {
  const runs = new Map<string, LookBackPoint[]>();
  for (const point of points) {
    if (point.state === 'excluded') continue;
    runs.set(point.runId, [...(runs.get(point.runId) ?? []), point]);
  }
  const inOrder = [...runs.values()];
  const at = inOrder.findLastIndex((run) => run.some((point) => point.state === 'rejected'));
  const rejected = inOrder[at];
  if (rejected === undefined) return null;
  const levels = rejected.filter((point) => point.state === 'rejected').map((point) => point.level);
  const before = inOrder.slice(0, at).findLast((run) => isGood(run, levels));
  const after = inOrder.slice(at + 1).find((run) => isGood(run, levels));
  const first = rejected.find((point) => point.state === 'rejected');
  return {
    runId: first?.runId ?? '',
    from: before?.at(-1)?.postedTime ?? '',
    rejectedAt: first?.postedTime ?? '',
    to: after?.at(-1)?.postedTime ?? '',
  };
}

function isGood(run: readonly LookBackPoint[], levels: readonly string[]): boolean {
  return (
    run.every((point) => point.state === 'inControl' || point.state === 'warning') &&
    levels.every((level) => run.some((point) => point.level === level))
  );
}

/** A control as the size of a shift takes it, in the order of runs. */
export interface ShiftPoint extends LookBackPoint {
  id: string;
  lotId: string;
  /** null: no target */
  z: number | null;
  /** target as texts; empty without one */
  mean: string;
  sd: string;
  /** points of the rejecting rules that fired at it */
  rejecting: readonly string[];
}

/** How far a level moved. */
export interface LevelShift {
  level: string;
  /** in SD of its target */
  sd: number;
  /** in the test's unit */
  amount: number;
  /** percent of the target; null where that is zero */
  percent: number | null;
}

/** Points before the reject that tell where a level was. */
export const SHIFT_BASE = 20;

/**
 * The size of the shift at every level of the rejected run: the mean z of its points in that run and in the rules that rejected it, less the mean z
 * of the newest {@link SHIFT_BASE} points before them of the same lot and target; where there are none, less zero. Excluded points do not count (W12).
 */
export function shiftsOf(points: readonly ShiftPoint[], runId: string): LevelShift[] {
  const run = points.filter((one) => one.runId === runId && one.state !== 'excluded');
  const decisive = new Set(run.flatMap((one) => [one.id, ...one.rejecting]));
  const usable = points.filter((one) => one.state !== 'excluded' && one.z !== null);
  return [...new Set(run.map((one) => one.level))].sort().flatMap((level): LevelShift[] => {
    const last = run.findLast((one) => one.level === level && one.z !== null);
    if (last === undefined) return [];
    const own = usable.filter(
      (one) =>
        one.level === level && one.lotId === last.lotId && one.mean === last.mean && one.sd === last.sd,
    );
    const moved = own.filter((one) => decisive.has(one.id));
    const first = own.findIndex((one) => decisive.has(one.id));
    const before = own.slice(Math.max(0, first - SHIFT_BASE), first);
    const sd = meanZ(moved) - meanZ(before);
    const amount = sd * Number(last.sd);
    const mean = Number(last.mean);
    return [{ level, sd, amount, percent: mean === 0 ? null : (amount / Math.abs(mean)) * 100 }];
  });
}

function meanZ(points: readonly ShiftPoint[]): number {
  return points.reduce((sum, one) => sum + (one.z ?? 0), 0) / Math.max(1, points.length);
}

/** So many of a list, spread over it: its first and its last among them. */
export function spreadOver<T>(all: readonly T[], count: number): T[] {
  if (all.length <= count) return [...all];
  const chosen = Array.from({ length: count }, (_, at) => Math.round((at * (all.length - 1)) / (count - 1)));
  return [...new Set(chosen)].flatMap((at) => all[at] ?? []);
}
