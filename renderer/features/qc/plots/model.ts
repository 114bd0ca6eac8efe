import { type DriftPoint, driftOf } from '../../../../shared/domain/qc/drift.ts';
import { type Histogram, histogramOf } from '../../../../shared/domain/qc/histogram.ts';
import { YOUDEN_RADIUS, type YoudenPair, youdenPairs } from '../../../../shared/domain/qc/youden.ts';
import type { QcEventRow, QcPeerRow, QcPointRow } from '../../../../shared/ipc/qc.ts';
import type { Run } from '../chart/model.ts';

/** How the points of a chart are looked at. */
export const plots = ['chart', 'drift', 'youden', 'histogram'] as const;
export type Plot = (typeof plots)[number];

/** z of a point where it counts: not excluded, and with a target (W12). */
export function countedZ(point: Pick<QcPointRow, 'state' | 'z'>): number | null {
  return point.state === 'excluded' ? null : point.z;
}

/** CUSUM and EWMA of a level by the id of its point. Sums begin anew at a lot, a target, or an event that ends a window (W11). */
export function driftOfLevel(
  runs: readonly Run[],
  level: string,
  events: readonly QcEventRow[],
): Map<string, DriftPoint> {
  const ending = events.filter((one) => one.breaksWindow).map((one) => one.at);
  let before: QcPointRow | undefined;
  const inputs = runs.flatMap((run) => {
    const point = run.points.get(level);
    if (point === undefined) return [];
    const last = before;
    before = point;
    const restarts =
      last !== undefined &&
      (last.lotId !== point.lotId ||
        last.mean !== point.mean ||
        last.sd !== point.sd ||
        ending.some((at) => last.at < at && at <= point.at));
    return [{ id: point.id, z: countedZ(point), restarts }];
  });
  return new Map(driftOf(inputs).map((one) => [one.id, one]));
}

/** A pair of two levels in one run, as the Youden plot shows it. */
export interface ShownPair extends YoudenPair {
  at: string;
  /** one of the two is excluded: shown, never counted (W12) */
  excluded: boolean;
}

/** The pairs of two levels in the order of runs, those with an excluded point among them; these are neither inside nor outside. */
export function pairsOf(runs: readonly Run[], xLevel: string, yLevel: string): ShownPair[] {
  return runs.flatMap((run) => {
    const [x, y] = [run.points.get(xLevel), run.points.get(yLevel)];
    if (x === undefined || y === undefined) return [];
    const excluded = x.state === 'excluded' || y.state === 'excluded';
    const inputs = [x, y].map((one) => ({ id: one.id, runId: run.id, level: one.level, z: one.z }));
    return youdenPairs(inputs, xLevel, yLevel).map((pair) => ({ ...pair, at: run.at, excluded }));
  });
}

/** Pairs that count: how many, and how many beyond the circle by what they tell. */
export function pairCounts(pairs: readonly ShownPair[]): {
  n: number;
  systematic: number;
  random: number;
  excluded: number;
} {
  const counted = pairs.filter((one) => !one.excluded);
  const of = (kind: YoudenPair['kind']) => counted.filter((one) => one.kind === kind).length;
  return {
    n: counted.length,
    systematic: of('systematic'),
    random: of('random'),
    excluded: pairs.length - counted.length,
  };
}

/** The pairs of levels that can stand against each other, in order. */
export function levelPairs(levels: readonly string[]): [x: string, y: string][] {
  return levels.flatMap((x, at) => levels.slice(at + 1).map((y): [string, string] => [x, y]));
}

/** The histogram of a level, and the z of its excluded points, which are shown beside it and not counted (W12). */
export function histogramOfLevel(
  runs: readonly Run[],
  level: string,
): { level: string; histogram: Histogram; excluded: number[] } {
  const points = runs.flatMap((run) => run.points.get(level) ?? []);
  return {
    level,
    histogram: histogramOf(points.flatMap((one) => countedZ(one) ?? [])),
    excluded: points.flatMap((one) => (one.state === 'excluded' && one.z !== null ? [one.z] : [])),
  };
}

/** The peer group's figure for the newest month of a level's lot; undefined where none was read. */
export function peerOf(
  peers: readonly QcPeerRow[],
  testCode: string,
  newest: Pick<QcPointRow, 'lot' | 'level'> | undefined,
): QcPeerRow | undefined {
  if (newest === undefined) return undefined;
  return peers
    .filter((one) => one.testCode === testCode && one.lot === newest.lot && one.level === newest.level)
    .toSorted((a, b) => (a.month < b.month ? -1 : 1))
    .at(-1);
}

/** Half the width of a Youden plot, SD: the circle and every pair, at most 6. */
export function youdenReach(pairs: readonly ShownPair[]): number {
  const most = Math.max(YOUDEN_RADIUS, ...pairs.map((one) => Math.max(Math.abs(one.x), Math.abs(one.y))));
  return Math.min(6, Math.max(4, Math.ceil(most)));
}
