import { scaleLinear } from 'd3-scale';
import { endsLine } from '../../../../shared/domain/qc/plots.ts';
import type { QcPointRow } from '../../../../shared/ipc/qc.ts';
import type { Break, Run } from './model.ts';

/** SD that a lane shows above and below its mean. */
export const LANE_SD = 4.2;
/** px between two runs at most: a few runs are not torn apart. */
const WIDEST_STEP = 34;
/** px between two runs from which every point has its own dot. */
const DOT_STEP = 3.2;

export interface Axis {
  /** px of a run's points */
  x: (index: number) => number;
  /** px between two runs */
  step: number;
  left: number;
  right: number;
}

/** The run axis that all lanes share, from `left` to `right` px. */
export function runAxis(count: number, left: number, right: number): Axis {
  const gaps = Math.max(1, count - 1);
  const step = Math.min(WIDEST_STEP, (right - left - 24) / gaps);
  const x = (index: number): number => left + 12 + index * step;
  return { x, step, left, right: Math.min(right, x(gaps) + 12) };
}

/** px of a deviation within a lane of this height; beyond the lane it stands at its edge. */
export function laneScale(height: number): (z: number) => number {
  const scale = scaleLinear().domain([LANE_SD, -LANE_SD]).range([0, height]).clamp(true);
  return (z) => scale(z);
}

/** What is drawn of one level: paths, so that ten thousand points are a handful of elements. */
export interface LaneShapes {
  line: string;
  dots: string;
  warnings: string;
  rejected: string;
  crosses: string;
  excluded: string;
  missing: string;
  /** beside points about which somebody wrote something down, towards the mean */
  reviewed: string;
}

const round = (n: number): string => String(Math.round(n * 10) / 10);

const shapes = {
  dot: (x: number, y: number, r: number) =>
    `M${round(x - r)} ${round(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
  triangle: (x: number, y: number) => `M${round(x)} ${round(y - 5.4)}l5 9h-10z`,
  octagon: (x: number, y: number) =>
    `M${round(x - 2.3)} ${round(y - 5.6)}h4.6l3.3 3.3v4.6l-3.3 3.3h-4.6l-3.3-3.3v-4.6z`,
  cross: (x: number, y: number) =>
    `M${round(x - 2)} ${round(y - 2)}l4 4M${round(x + 2)} ${round(y - 2)}l-4 4`,
  struck: (x: number, y: number) => `${shapes.dot(x, y, 4)}M${round(x + 5)} ${round(y - 5)}l-10 10`,
  check: (x: number, y: number) => `M${round(x - 3.2)} ${round(y)}l2.4 2.6l4.2 -5.2`,
  dash: (x: number, y: number) => `M${round(x - 4)} ${round(y)}h2.4M${round(x + 1.6)} ${round(y)}h2.4`,
};

/**
 * The paths of a level. Lines end at breaks and pass over excluded points. Where runs stand closer than a dot, each px column keeps its first, least,
 * greatest and last point of the line, no dots, and one mark of each kind: what is beyond a limit is always drawn.
 */
export function laneShapes(
  runs: readonly Run[],
  level: string,
  axis: Axis,
  y: (z: number) => number,
  breaks: readonly Break[],
): LaneShapes {
  const ends = new Set(breaks.filter(endsLine).map((one) => one.before));
  const dense = axis.step < DOT_STEP;
  const out: Record<keyof LaneShapes, string[]> = {
    line: [],
    dots: [],
    warnings: [],
    rejected: [],
    crosses: [],
    excluded: [],
    missing: [],
    reviewed: [],
  };
  const line = new Line(dense, out.line);
  const drawn = new Set<string>();
  const once = (kind: string, x: number, z: number): boolean => {
    if (!dense) return true;
    const key = `${kind} ${Math.round(x)} ${Math.round(z * 4)}`;
    if (drawn.has(key)) return false;
    drawn.add(key);
    return true;
  };
  for (let index = 0; index < runs.length; index += 1) {
    if (ends.has(index)) line.end();
    const point = runs[index]?.points.get(level);
    if (point === undefined) continue;
    const x = axis.x(index);
    const z = point.z ?? 0;
    const py = y(z);
    if (point.reviews.length > 0 && once('reviewed', x, z))
      out.reviewed.push(shapes.check(x, z > 0 ? py + 11 : py - 11));
    if (point.state === 'excluded') {
      if (once('excluded', x, z)) out.excluded.push(shapes.struck(x, py));
      continue;
    }
    if (point.z === null) {
      if (once('missing', x, 0)) out.missing.push(shapes.dash(x, py));
      continue;
    }
    line.to(x, py);
    if (point.state === 'rejected' && once('rejected', x, z)) {
      out.rejected.push(shapes.octagon(x, py));
      out.crosses.push(shapes.cross(x, py));
    } else if (point.state === 'warning' && once('warning', x, z)) out.warnings.push(shapes.triangle(x, py));
    else if (point.state === 'inControl' && !dense) out.dots.push(shapes.dot(x, py, 2.3));
  }
  line.end();
  const joined = Object.entries(out).map(([kind, parts]) => [kind, parts.join('')]);
  return Object.fromEntries(joined) as Record<keyof LaneShapes, string>;
}

/** Gathers the points of a line; in a dense lane the first, least, greatest and last of every px column. */
export class Line {
  readonly #dense: boolean;
  readonly #out: string[];
  #started = false;
  #column = Number.NaN;
  #first = 0;
  #least = 0;
  #greatest = 0;
  #last = 0;

  constructor(dense: boolean, out: string[]) {
    this.#dense = dense;
    this.#out = out;
  }

  to(x: number, y: number): void {
    if (!this.#dense) {
      this.#put(x, y);
      return;
    }
    const column = Math.round(x);
    if (column !== this.#column) {
      this.#flush();
      this.#column = column;
      this.#first = this.#least = this.#greatest = y;
    } else if (y < this.#least) this.#least = y;
    else if (y > this.#greatest) this.#greatest = y;
    this.#last = y;
  }

  end(): void {
    this.#flush();
    this.#started = false;
  }

  #flush(): void {
    if (Number.isNaN(this.#column)) return;
    let before = Number.NaN;
    for (const y of [this.#first, this.#least, this.#greatest, this.#last]) {
      if (y !== before) this.#put(this.#column, y);
      before = y;
    }
    this.#column = Number.NaN;
  }

  #put(x: number, y: number): void {
    this.#out.push(`${this.#started ? 'L' : 'M'}${round(x)} ${round(y)}`);
    this.#started = true;
  }
}

/** Runs whose day is written under the axis: as many as stand clear of each other and of the run looked at. */
export function dayTicks(
  runs: readonly Run[],
  axis: Axis,
  focus: number,
  dayOf: (at: string) => string,
): { index: number; text: string }[] {
  const ticks: { index: number; text: string }[] = [];
  let lastX = Number.NEGATIVE_INFINITY;
  const here = axis.x(focus);
  for (const [index, run] of runs.entries()) {
    const x = axis.x(index);
    // Writing a day costs most: it is done only where there is room for one.
    if (x - lastX < 76 || Math.abs(x - here) < 78) continue;
    const text = dayOf(run.at);
    const before = runs[index - 1];
    if (before !== undefined && dayOf(before.at) === text) continue;
    ticks.push({ index, text });
    lastX = x;
  }
  return ticks;
}

/** Places texts along a line in rows so that none covers another; those that fit nowhere are left out. `x` is their middle, px. */
export function placeTexts<T extends { x: number; width: number }>(
  texts: readonly T[],
  left: number,
  right: number,
  rows = 1,
): (T & { row: number; at: number })[] {
  const ends = Array.from({ length: rows }, () => Number.NEGATIVE_INFINITY);
  const placed: (T & { row: number; at: number })[] = [];
  for (const text of texts) {
    const at = Math.max(left + text.width / 2, Math.min(right - text.width / 2, text.x));
    const row = ends.findIndex((end) => at - text.width / 2 > end + 12);
    if (row < 0) continue;
    ends[row] = at + text.width / 2;
    placed.push({ ...text, row, at });
  }
  return placed;
}

/** The point nearest to a click: its run by x. */
export function nearestRun(count: number, axis: Axis, px: number): number {
  const index = Math.round((px - axis.x(0)) / (axis.step || 1));
  return Math.max(0, Math.min(count - 1, index));
}

/** Excluded points of a level, for their words under the lane. */
export function excludedOf(runs: readonly Run[], level: string): { index: number; point: QcPointRow }[] {
  return runs.flatMap((run, index) => {
    const point = run.points.get(level);
    return point?.state === 'excluded' ? [{ index, point }] : [];
  });
}
