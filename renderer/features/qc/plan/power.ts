import { useEffect, useState } from 'react';
import { type PowerPoint, powerCurve } from '../../../../shared/domain/qc/sigma.ts';
import type { RuleSet } from '../../../../shared/domain/qc/westgard.ts';

/** Shifts of a curve in SD. */
export const SHIFTS: readonly number[] = Array.from({ length: 17 }, (_, index) => index / 4);
/** Trials of each shift: the curve is good to two or three percent. */
export const TRIALS = 400;

const known = new Map<string, readonly PowerPoint[]>();

/** The power curve of a rule set over so many runs, worked out shift by shift between two frames; what is there so far. Null: no curve is wanted. */
export function usePower(set: RuleSet | null, runs: number): readonly PowerPoint[] {
  const key = set === null ? '' : JSON.stringify([set, runs]);
  const [points, setPoints] = useState<readonly PowerPoint[]>([]);
  useEffect(() => {
    if (key === '') return;
    let done: readonly PowerPoint[] = known.get(key) ?? [];
    setPoints(done);
    const [rules] = JSON.parse(key) as [RuleSet];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const next = (): void => {
      const shift = SHIFTS[done.length];
      if (shift === undefined) return;
      done = [...done, ...powerCurve(rules, runs, [shift], TRIALS)];
      known.set(key, done);
      setPoints(done);
      timer = setTimeout(next, 0);
    };
    timer = setTimeout(next, 0);
    return () => clearTimeout(timer);
  }, [key, runs]);
  return key === '' ? [] : points;
}

/** Probability at a shift, between the points that are known; beyond the end of a whole curve as at its end; null while it is not known. */
export function powerAt(points: readonly PowerPoint[], shift: number): number | null {
  const last = points.at(-1);
  if (last !== undefined && shift > last.shift && points.length === SHIFTS.length) return last.probability;
  const above = points.findIndex((one) => one.shift >= shift);
  const after = points[above];
  const before = points[Math.max(0, above - 1)];
  if (after === undefined || before === undefined) return null;
  const span = after.shift - before.shift;
  const part = span === 0 ? 0 : (shift - before.shift) / span;
  return before.probability + part * (after.probability - before.probability);
}

/** The shift in SD that must be found so that at most 5 % of results are off by more than the total error allowed: sigma - 1.65; null without sigma. */
export function criticalShift(sigma: number | null): number | null {
  return sigma === null ? null : Math.max(0, sigma - 1.65);
}
