/**
 * Westgard's rules (W1-W9), within one level and across the levels of a run. Pure: a point is judged by itself and by those before it, so that
 * judging one point after the other and judging all again give the same.
 */
import { compareDecimal, type Deviation, deviationOf, readDecimal } from './decimal.ts';

export const QC_RULES = [
  '1-2s',
  '1-3s',
  '2-2s',
  'R-4s',
  '4-1s',
  '8x',
  '10x',
  '12x',
  '2of3-2s',
  '3-1s',
  '6x',
  '9x',
  '7T',
] as const;
export type QcRule = (typeof QC_RULES)[number];

/** What a rule is for: `random` error widens the spread, `systematic` error shifts it. */
export const ruleKinds: Readonly<Record<QcRule, 'warning' | 'random' | 'systematic'>> = {
  '1-2s': 'warning',
  '1-3s': 'random',
  '2-2s': 'systematic',
  'R-4s': 'random',
  '4-1s': 'systematic',
  '8x': 'systematic',
  '10x': 'systematic',
  '12x': 'systematic',
  '2of3-2s': 'systematic',
  '3-1s': 'systematic',
  '6x': 'systematic',
  '9x': 'systematic',
  '7T': 'systematic',
};

/** How a test uses a rule. `1-2s` only warns, whatever is said here (W1). */
export interface RuleUse {
  action: 'warn' | 'reject';
  within: boolean;
  across: boolean;
}

export interface RuleSet {
  /** Levels measured in a run; three-level rules need three. */
  levels: number;
  rules: Partial<Record<QcRule, RuleUse>>;
}

/** One measurement of a control, in the order of runs (W11). */
export interface QcPoint {
  id: string;
  /** material and level: what is compared with itself */
  level: string;
  /** points belong together by this, never by the clock (W11) */
  runId: string;
  /** decimal text as measured */
  value: string;
  /** null: no target is known (W10) */
  target: { mean: string; sd: string } | null;
  /** changes with every lot, target and marked break: no window crosses it (W11) */
  window: string;
  /** stays in the record, leaves the windows (W12) */
  excluded: boolean;
}

export interface RuleHit {
  rule: QcRule;
  action: 'warn' | 'reject';
  where: 'within' | 'across';
  /** the points that make it, oldest first, the judged one among them */
  points: { id: string; level: string; runId: string; z: number }[];
}

export interface QcJudgement {
  pointId: string;
  /** `notEvaluable`: no target, no SD, or no number: never "in control" (W10) */
  state: 'inControl' | 'warning' | 'rejected' | 'notEvaluable' | 'excluded';
  deviation: Deviation | null;
  hits: RuleHit[];
}

/** Points of one level that can matter (12x), and runs (12x across two levels needs six; three levels need three). */
export const WINDOW_POINTS = 12;
export const WINDOW_RUNS = 6;

interface Usable extends QcPoint {
  deviation: Deviation;
}

/**
 * The controls of one test on one instrument, judged one after the other. It keeps only what can still matter: the window of every level and the last
 * {@link WINDOW_RUNS} runs. Points come in
 * order of runs; where one arrives late for an earlier run, put it there and judge the series again.
 */
export class QcSeries {
  readonly #set: RuleSet;
  /** Usable points of each level, oldest first, as far as the window reaches. */
  readonly #trails = new Map<string, Usable[]>();
  /** Newest first; of every level the last usable point. */
  readonly #runs: { id: string; levels: Map<string, Usable> }[] = [];

  constructor(set: RuleSet) {
    this.#set = set;
  }

  /** Judges a point by itself and those before it, by the series' rules or by those that held when it came. */
  add(point: QcPoint, set: RuleSet = this.#set): QcJudgement {
    if (point.excluded) return { pointId: point.id, state: 'excluded', deviation: null, hits: [] };
    const run = this.#run(point.runId);
    const now = usable(point);
    if (now === null) {
      // What cannot be evaluated ends the window of its level (W10).
      this.#trails.delete(point.level);
      return { pointId: point.id, state: 'notEvaluable', deviation: null, hits: [] };
    }
    const earlier = this.#trails.get(point.level) ?? [];
    const trail = [...(earlier.at(-1)?.window === point.window ? earlier : []), now].slice(-WINDOW_POINTS);
    this.#trails.set(point.level, trail);
    run.set(point.level, now);
    return judge(
      now,
      trail,
      this.#runs.map(({ levels }) => levels),
      set,
    );
  }

  #run(id: string): Map<string, Usable> {
    const [newest] = this.#runs;
    if (newest?.id === id) return newest.levels;
    const levels = new Map<string, Usable>();
    this.#runs.unshift({ id, levels });
    this.#runs.length = Math.min(this.#runs.length, WINDOW_RUNS);
    return levels;
  }
}

/** Judges a whole series, each point by those before it. */
export function judgeSeries(points: readonly QcPoint[], set: RuleSet): QcJudgement[] {
  const series = new QcSeries(set);
  return points.map((point) => series.add(point));
}

function judge(
  now: Usable,
  trail: readonly Usable[],
  runs: readonly ReadonlyMap<string, Usable>[],
  set: RuleSet,
): QcJudgement {
  const hits: RuleHit[] = [];
  for (const rule of QC_RULES) {
    const use = set.rules[rule];
    if (use === undefined) continue;
    const action = rule === '1-2s' ? 'warn' : use.action;
    const within = use.within ? withinLevel(rule, trail) : null;
    if (within !== null) hits.push({ rule, action, where: 'within', points: within.map(named) });
    const across = use.across ? acrossLevels(rule, runs, now, set.levels) : null;
    if (across !== null) hits.push({ rule, action, where: 'across', points: across.map(named) });
  }
  const worst = hits.some((hit) => hit.action === 'reject')
    ? 'rejected'
    : hits.length > 0
      ? 'warning'
      : 'inControl';
  return { pointId: now.id, state: worst, deviation: now.deviation, hits };
}

function named(point: Usable): RuleHit['points'][number] {
  return { id: point.id, level: point.level, runId: point.runId, z: point.deviation.z };
}

function usable(point: QcPoint): Usable | null {
  if (point.excluded || point.target === null) return null;
  const deviation = deviationOf(point.value, point.target.mean, point.target.sd);
  return deviation === null ? null : { ...point, deviation };
}

type Test = (side: -1 | 1, point: Usable) => boolean;
const beyond =
  (limit: 1 | 2 | 3): Test =>
  (side, point) =>
    point.deviation.side === side && point.deviation.beyond >= limit;
const onSide: Test = (side, point) => point.deviation.side === side;

/** Rules of n in a row: how many within a level, and across how many levels and runs. */
const rows: Partial<Record<QcRule, { test: Test; within: number; levels: number; runs: number }>> = {
  '2-2s': { test: beyond(2), within: 2, levels: 2, runs: 1 },
  '4-1s': { test: beyond(1), within: 4, levels: 2, runs: 2 },
  '8x': { test: onSide, within: 8, levels: 2, runs: 4 },
  '10x': { test: onSide, within: 10, levels: 2, runs: 5 },
  '12x': { test: onSide, within: 12, levels: 2, runs: 6 },
  '3-1s': { test: beyond(1), within: 3, levels: 3, runs: 1 },
  '6x': { test: onSide, within: 6, levels: 3, runs: 2 },
  '9x': { test: onSide, within: 9, levels: 3, runs: 3 },
};

function withinLevel(rule: QcRule, trail: readonly Usable[]): Usable[] | null {
  const now = trail.at(-1);
  if (now === undefined) return null;
  const { side, beyond: limit } = now.deviation;
  switch (rule) {
    case '1-2s':
      return limit >= 2 ? [now] : null;
    case '1-3s':
      return limit >= 3 ? [now] : null;
    case 'R-4s':
      return null;
    case '2of3-2s': {
      if (side === 0 || limit < 2) return null;
      const found = trail.slice(-3).filter((one) => beyond(2)(side, one));
      return found.length >= 2 ? found : null;
    }
    case '7T':
      return trending(trail.slice(-7));
    default: {
      const row = rows[rule];
      const window = row === undefined ? [] : trail.slice(-row.within);
      if (row === undefined || side === 0 || window.length < row.within) return null;
      return window.every((one) => row.test(side, one)) ? window : null;
    }
  }
}

/** W9: seven points, each strictly above (or below) the one before; a tie breaks it. */
function trending(window: readonly Usable[]): Usable[] | null {
  if (window.length < 7) return null;
  const steps = window.slice(1).map((one, at) => {
    const value = readDecimal(one.value);
    const before = readDecimal(window[at]?.value ?? '');
    return value === null || before === null ? 0 : compareDecimal(value, before);
  });
  return steps.every((step) => step > 0) || steps.every((step) => step < 0) ? [...window] : null;
}

function acrossLevels(
  rule: QcRule,
  runs: readonly ReadonlyMap<string, Usable>[],
  now: Usable,
  levelsInUse: number,
): Usable[] | null {
  const { side, beyond: limit } = now.deviation;
  const others = [...(runs[0]?.values() ?? [])].filter((one) => one.level !== now.level);
  if (side === 0) return null;
  if (rule === 'R-4s') {
    // W4: only in one run, one level above +2 SD and another below -2 SD.
    const opposite = others.find((one) => limit >= 2 && beyond(2)(side === 1 ? -1 : 1, one));
    return opposite === undefined ? null : [opposite, now];
  }
  if (rule === '2of3-2s') {
    if (levelsInUse < 3 || limit < 2) return null;
    const same = others.filter((one) => beyond(2)(side, one));
    return same.length >= 1 ? [...same, now] : null;
  }
  const row = rows[rule];
  if (row === undefined || row.levels > levelsInUse) return null;
  for (const levels of choices(
    others.map((one) => one.level),
    row.levels - 1,
  )) {
    const window = windowOf(runs, [...levels, now.level], row.runs);
    if (window?.every((one) => row.test(side, one)) === true) return window;
  }
  return null;
}

/** The points of these levels in so many runs up to now, oldest first; null where a level is missing in a run or a window ends (W11). */
function windowOf(
  runs: readonly ReadonlyMap<string, Usable>[],
  levels: readonly string[],
  count: number,
): Usable[] | null {
  const found: Usable[] = [];
  for (let at = 0; at < count; at += 1) {
    for (const level of levels) {
      const one = runs[at]?.get(level);
      if (one === undefined || one.window !== runs[0]?.get(level)?.window) return null;
      found.unshift(one);
    }
  }
  return found;
}

/** Every way to choose `count` of the names, in order. */
function choices(names: readonly string[], count: number): string[][] {
  if (count === 0) return [[]];
  return names.flatMap((name, at) => choices(names.slice(at + 1), count - 1).map((rest) => [name, ...rest]));
}
