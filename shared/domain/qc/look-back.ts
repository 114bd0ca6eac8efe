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
