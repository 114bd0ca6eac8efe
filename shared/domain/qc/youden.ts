/** Youden plot of two levels of one run: near the diagonal an error common to both (systematic), off it one of a single vial (random). Pure. */

export interface YoudenInput {
  id: string;
  runId: string;
  level: string;
  /** null: excluded or without a target */
  z: number | null;
}

export interface YoudenPair {
  runId: string;
  xId: string;
  yId: string;
  x: number;
  y: number;
  /** along the diagonal, SD: (x + y) / sqrt 2 */
  systematic: number;
  /** across the diagonal, SD: (y - x) / sqrt 2 */
  random: number;
  kind: 'inside' | 'systematic' | 'random';
}

/** Radius within which 95 % of pairs fall when both levels are independent and in control: sqrt of chi-square(0.95, 2). */
export const YOUDEN_RADIUS = Math.sqrt(5.991464547107979);

/** The pair of two points of one run; null where one has no z. */
export function pairOf(
  runId: string,
  x: Pick<YoudenInput, 'id' | 'z'>,
  y: Pick<YoudenInput, 'id' | 'z'>,
): YoudenPair | null {
  const [zx, zy] = [x.z, y.z];
  if (zx === null || zy === null || !Number.isFinite(zx) || !Number.isFinite(zy)) return null;
  const systematic = (zx + zy) / Math.SQRT2;
  const random = (zy - zx) / Math.SQRT2;
  const outside = Math.hypot(zx, zy) > YOUDEN_RADIUS;
  const kind = !outside ? 'inside' : Math.abs(systematic) >= Math.abs(random) ? 'systematic' : 'random';
  return { runId, xId: x.id, yId: y.id, x: zx, y: zy, systematic, random, kind };
}

/** Pairs of the two levels in one run, in order; of repeats of a level in a run the last counts. Runs that lack a level have no pair. */
export function youdenPairs(points: readonly YoudenInput[], xLevel: string, yLevel: string): YoudenPair[] {
  const runs = new Map<string, { x?: YoudenInput; y?: YoudenInput }>();
  for (const point of points) {
    if (point.z === null || !Number.isFinite(point.z)) continue;
    const run = runs.get(point.runId) ?? {};
    if (point.level === xLevel) run.x = point;
    else if (point.level === yLevel) run.y = point;
    runs.set(point.runId, run);
  }
  const pairs: YoudenPair[] = [];
  for (const [runId, { x, y }] of runs) {
    const pair = x === undefined || y === undefined ? null : pairOf(runId, x, y);
    if (pair !== null) pairs.push(pair);
  }
  return pairs;
}
