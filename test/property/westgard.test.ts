/**
 * A second, naive implementation of the rules, straight from their definitions, over the whole series and in floating point (values and limits are
 * whole numbers here, so that it is exact). Both must agree on ten thousand random series.
 */
import { expect, test } from 'vitest';
import {
  judgeSeries,
  QC_RULES,
  type QcPoint,
  type QcRule,
  type RuleSet,
} from '../../shared/domain/qc/westgard.ts';
import { Random } from './storage-model.ts';

const SERIES = 10_000;

interface Known extends QcPoint {
  z: number;
}

const everything = (levels: number): RuleSet => ({
  levels,
  rules: Object.fromEntries(QC_RULES.map((rule) => [rule, { action: 'reject', within: true, across: true }])),
});

/** z of a point that may stand in a window, else null. */
function zOf(point: QcPoint): number | null {
  if (point.excluded || point.target === null || Number(point.target.sd) <= 0) return null;
  return (Number(point.value) - Number(point.target.mean)) / Number(point.target.sd);
}

/** The last n of a level up to `at`, or null when there are not so many in one window. */
function lastOfLevel(points: readonly QcPoint[], at: number, n: number): Known[] | null {
  const now = points[at]!;
  const mine = points.slice(0, at + 1).filter((one) => one.level === now.level && !one.excluded);
  const window = mine.slice(-n);
  if (window.length < n) return null;
  if (window.some((one) => one.window !== now.window || zOf(one) === null)) return null;
  return window.map((one) => ({ ...one, z: zOf(one)! }));
}

/** Runs up to `at`, newest first; of each level the last point that can be used. */
function runsUpTo(points: readonly QcPoint[], at: number): Map<string, Known>[] {
  const ids = [
    ...new Set(
      points
        .slice(0, at + 1)
        .filter((one) => !one.excluded)
        .map((one) => one.runId),
    ),
  ].reverse();
  return ids.map((id) => {
    const run = new Map<string, Known>();
    for (const one of points.slice(0, at + 1)) {
      const z = zOf(one);
      if (one.runId === id && z !== null) run.set(one.level, { ...one, z });
    }
    return run;
  });
}

const sameSide = (zs: readonly number[], limit: number): boolean =>
  zs.every((z) => z > limit) || zs.every((z) => z < -limit);

function naiveWithin(rule: QcRule, points: readonly QcPoint[], at: number): boolean {
  const zs = (n: number) => lastOfLevel(points, at, n)?.map((one) => one.z) ?? null;
  const all = (n: number, limit: number): boolean => {
    const found = zs(n);
    return found !== null && sameSide(found, limit);
  };
  const z = zOf(points[at]!)!;
  switch (rule) {
    case '1-2s':
      return Math.abs(z) > 2;
    case '1-3s':
      return Math.abs(z) > 3;
    case '2-2s':
      return all(2, 2);
    case 'R-4s':
      return false;
    case '4-1s':
      return all(4, 1);
    case '3-1s':
      return all(3, 1);
    case '6x':
      return all(6, 0);
    case '8x':
      return all(8, 0);
    case '9x':
      return all(9, 0);
    case '10x':
      return all(10, 0);
    case '12x':
      return all(12, 0);
    case '2of3-2s': {
      if (Math.abs(z) <= 2) return false;
      const others = [zs(2)?.slice(0, 1), zs(3)?.slice(0, 2)].filter((one) => one !== undefined).at(-1) ?? [];
      return others.some((other) => sameSide([other, z], 2));
    }
    case '7T': {
      const found = zs(7);
      if (found === null) return false;
      const pairs = found.slice(1).map((value, i) => value - found[i]!);
      return pairs.every((step) => step > 0) || pairs.every((step) => step < 0);
    }
  }
}

function naiveAcross(rule: QcRule, points: readonly QcPoint[], at: number, inUse: number): boolean {
  const now = points[at]!;
  const z = zOf(now)!;
  const runs = runsUpTo(points, at);
  const others = [...runs[0]!.values()].filter((one) => one.level !== now.level);
  const window = (levels: readonly string[], count: number, limit: number): boolean => {
    const zs: number[] = [];
    for (let r = 0; r < count; r += 1)
      for (const level of levels) {
        const one = runs[r]?.get(level);
        if (one === undefined || one.window !== runs[0]!.get(level)!.window) return false;
        zs.push(one.z);
      }
    return sameSide(zs, limit);
  };
  const pairs = (count: number, limit: number) =>
    others.some((one) => window([one.level, now.level], count, limit));
  const triples = (count: number, limit: number) =>
    inUse >= 3 &&
    others.some((one) =>
      others.some((two) => two.level > one.level && window([one.level, two.level, now.level], count, limit)),
    );
  switch (rule) {
    case '2-2s':
      return pairs(1, 2);
    case 'R-4s':
      return others.some((one) => (z > 2 && one.z < -2) || (z < -2 && one.z > 2));
    case '4-1s':
      return pairs(2, 1);
    case '8x':
      return pairs(4, 0);
    case '10x':
      return pairs(5, 0);
    case '12x':
      return pairs(6, 0);
    case '2of3-2s':
      return inUse >= 3 && others.some((one) => sameSide([one.z, z], 2));
    case '3-1s':
      return triples(1, 1);
    case '6x':
      return triples(2, 0);
    case '9x':
      return triples(3, 0);
    default:
      return false;
  }
}

/** Whole numbers around a mean that drifts, so that every rule has its chance; now and then a new lot, a gap, an exclusion, a lost target. */
function randomSeries(seed: number): { points: QcPoint[]; levels: number } {
  const random = new Random(seed);
  const whole = (below: number): number => random.below(below);
  const levels = 1 + whole(3);
  const points: QcPoint[] = [];
  const lots = Array.from({ length: levels }, () => 1);
  let shift = 0;
  const slope = whole(5) === 0 ? whole(3) - 1 : 0;
  for (let run = 0; run < 6 + whole(14); run += 1) {
    if (whole(6) === 0) shift = whole(7) - 3;
    for (let level = 0; level < levels; level += 1) {
      if (whole(12) === 0) continue;
      if (whole(40) === 0) lots[level]! += 1;
      const z = shift + (whole(5) - 2) + (whole(10) === 0 ? whole(7) - 3 : 0);
      points.push({
        id: `${run}.${level}.${points.length}`,
        level: `L${level}`,
        runId: `r${run}`,
        value: String(100 + (slope === 0 ? z * 10 : (run - 8) * slope * 4) + (whole(3) - 1) * whole(2) * 5),
        target: whole(50) === 0 ? null : { mean: '100', sd: '10' },
        window: `lot${lots[level]}`,
        excluded: whole(25) === 0,
      });
    }
  }
  return { points, levels };
}

test(`W1 to W12: two implementations agree on ${SERIES} random series`, () => {
  const fired = new Map<string, number>();
  for (let seed = 1; seed <= SERIES; seed += 1) {
    const { points, levels } = randomSeries(seed);
    const judged = judgeSeries(points, everything(levels));
    points.forEach((point, at) => {
      const found = new Set(judged[at]!.hits.map((hit) => `${hit.rule} ${hit.where}`));
      const expected = new Set<string>();
      if (zOf(point) !== null)
        for (const rule of QC_RULES) {
          if (naiveWithin(rule, points, at)) expected.add(`${rule} within`);
          if (naiveAcross(rule, points, at, levels)) expected.add(`${rule} across`);
        }
      for (const one of expected) fired.set(one, (fired.get(one) ?? 0) + 1);
      expect([...found].sort(), `seed ${seed}, point ${point.id}`).toEqual([...expected].sort());
    });
  }
  // Every rule fired often enough for the agreement to mean something.
  expect(fired.size).toBe(22);
  for (const [name, count] of fired) expect(count, name).toBeGreaterThan(20);
}, 120_000);
