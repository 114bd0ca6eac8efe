/** Points of a chart as the drift, Youden and histogram views take them: the same on the screen and on paper. Pure. */
import { type DriftPoint, driftOf } from './drift.ts';
import { type Histogram, histogramOf } from './histogram.ts';
import { pairOf, YOUDEN_RADIUS, type YoudenPair } from './youden.ts';

/** How the points of a chart are looked at. */
export const plots = ['chart', 'drift', 'youden', 'histogram'] as const;
export type Plot = (typeof plots)[number];

/** What the views need of a point. Instants ISO 8601 UTC; mean and SD as texts, empty without a target. */
export interface PlotPoint {
  id: string;
  runId: string;
  lotId: string;
  lot: string;
  level: string;
  at: string;
  z: number | null;
  state: 'inControl' | 'warning' | 'rejected' | 'notEvaluated' | 'excluded';
  mean: string;
  sd: string;
}

/** Points measured together, one for each level at most; the charts' axis counts runs, not hours. */
export interface Run<P extends PlotPoint = PlotPoint> {
  id: string;
  /** instant of its first point */
  at: string;
  points: ReadonlyMap<string, P>;
}

/** Something that may end a window (W11). */
export interface PlotEvent {
  at: string;
  breaksWindow: boolean;
}

/** Why the line of a level ends: another lot or target, or something marked that ends the rule windows (W11). */
export interface Break<E extends PlotEvent = PlotEvent> {
  /** index of the run after it */
  before: number;
  kind: 'lot' | 'target' | 'event';
  /** lots: number before and after */
  from: string;
  to: string;
  event: E | null;
}

/** Points of a test on an instrument that a chart starts with, and how many of a year or more. */
export const NEWEST_POINTS = 1_500;
export const MOST_POINTS = 10_000;

/** How many points are read for so many days. @param days null: every point */
export function pointLimit(days: number | null): number {
  return days === null || days >= 365 ? MOST_POINTS : NEWEST_POINTS;
}

const DAY = 86_400_000;

/** The runs of a chart in order, those of the last days before its newest point. @param days null: every run */
export function runsIn<P extends PlotPoint>(points: readonly P[], days: number | null): Run<P>[] {
  return lastDays(allRuns(points), points.at(-1)?.at ?? '', days);
}

/** Of runs in order those of the last days before an instant. @param days null: every run */
export function lastDays<P extends PlotPoint>(
  runs: readonly Run<P>[],
  newest: string,
  days: number | null,
): Run<P>[] {
  if (days === null || newest === '') return [...runs];
  const since = new Date(Date.parse(newest) - days * DAY).toISOString();
  return runs.filter((run) => run.at >= since);
}

/** Every run of the points, in order. */
function allRuns<P extends PlotPoint>(points: readonly P[]): Run<P>[] {
  const runs = new Map<string, { id: string; at: string; points: Map<string, P> }>();
  for (const point of points) {
    if (point.level === '') continue;
    const run = runs.get(point.runId);
    if (run === undefined)
      runs.set(point.runId, { id: point.runId, at: point.at, points: new Map([[point.level, point]]) });
    else run.points.set(point.level, point);
  }
  return [...runs.values()];
}

/** Where the lines end, and why. Several reasons before one run are several breaks. */
export function breaksIn<E extends PlotEvent>(runs: readonly Run[], events: readonly E[]): Break<E>[] {
  const found: Break<E>[] = [];
  const last = new Map<string, PlotPoint>();
  for (const [index, run] of runs.entries()) {
    let lot: Break<E> | undefined;
    let target = false;
    for (const [level, point] of run.points) {
      const before = last.get(level);
      if (before !== undefined && before.lotId !== point.lotId)
        lot ??= { before: index, kind: 'lot', from: before.lot, to: point.lot, event: null };
      else if (before !== undefined && (before.mean !== point.mean || before.sd !== point.sd)) target = true;
      last.set(level, point);
    }
    if (lot !== undefined) found.push(lot);
    else if (target) found.push({ before: index, kind: 'target', from: '', to: '', event: null });
  }
  for (const event of events) {
    const before = runs.findIndex((run) => run.at >= event.at);
    if (before > 0) found.push({ before, kind: 'event', from: '', to: '', event });
    else if (before < 0 && runs.length > 0)
      found.push({ before: runs.length, kind: 'event', from: '', to: '', event });
  }
  return found.sort((a, b) => a.before - b.before);
}

/** True where a break ends the line: not at an event that is only worth seeing. */
export function endsLine(one: Break): boolean {
  return one.kind !== 'event' || one.event?.breaksWindow === true;
}

/** z of a point where it counts: not excluded, and with a target (W12). */
export function countedZ(point: Pick<PlotPoint, 'state' | 'z'>): number | null {
  return point.state === 'excluded' ? null : point.z;
}

/** True where the sums of a level begin anew: another lot, another target, or an event between that ends a window (W11). */
function restarts(last: PlotPoint | undefined, point: PlotPoint, ending: readonly string[]): boolean {
  return (
    last !== undefined &&
    (last.lotId !== point.lotId ||
      last.mean !== point.mean ||
      last.sd !== point.sd ||
      ending.some((at) => last.at < at && at <= point.at))
  );
}

/** CUSUM and EWMA of a level by the id of its point. Sums begin anew at a lot, a target, or an event that ends a window (W11). */
export function driftOfLevel(
  runs: readonly Run[],
  level: string,
  events: readonly PlotEvent[],
): Map<string, DriftPoint> {
  const ending = events.filter((one) => one.breaksWindow).map((one) => one.at);
  let before: PlotPoint | undefined;
  const inputs = runs.flatMap((run) => {
    const point = run.points.get(level);
    if (point === undefined) return [];
    const last = before;
    before = point;
    return [{ id: point.id, z: countedZ(point), restarts: restarts(last, point, ending) }];
  });
  return new Map(driftOf(inputs).map((one) => [one.id, one]));
}

/**
 * When the drift that a point signals began: the instant of the first of so many points of its level that count, up to it (W12).
 * @param runs all that the sums were made from @returns '' where there is no such point
 */
export function driftBegan(
  runs: readonly Run[],
  point: Pick<PlotPoint, 'runId' | 'level'>,
  since: number,
): string {
  const here = runs.findLastIndex((run) => run.id === point.runId);
  let left = since;
  let first = '';
  for (let at = here; at >= 0 && left > 0; at -= 1) {
    const one = runs[at]?.points.get(point.level);
    if (one === undefined || countedZ(one) === null) continue;
    left -= 1;
    first = runs[at]?.at ?? '';
  }
  return first;
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
    const pair = pairOf(run.id, x, y);
    return pair === null ? [] : [{ ...pair, at: run.at, excluded }];
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
export function peerOf<P extends { testCode: string; lot: string; level: string; month: string }>(
  peers: readonly P[],
  testCode: string,
  newest: Pick<PlotPoint, 'lot' | 'level'> | undefined,
): P | undefined {
  if (newest === undefined) return undefined;
  return peers
    .filter((one) => one.testCode === testCode && one.lot === newest.lot && one.level === newest.level)
    .toSorted((a, b) => (a.month < b.month ? -1 : 1))
    .at(-1);
}

/** Half the width of a Youden plot, SD: the circle and every pair, at most 6. */
export function youdenReach(pairs: readonly ShownPair[]): number {
  const most = pairs.reduce((reach, one) => Math.max(reach, Math.abs(one.x), Math.abs(one.y)), YOUDEN_RADIUS);
  return Math.min(6, Math.max(4, Math.ceil(most)));
}
