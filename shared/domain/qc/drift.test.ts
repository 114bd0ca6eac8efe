import { expect, test } from 'vitest';
import { DRIFT, driftOf } from './drift.ts';

const series = (...values: (number | null)[]) => values.map((z, i) => ({ id: `p${i}`, z }));

test('the sums by hand: 1.5 SD each time, slack 0.5, limit 4', () => {
  const points = driftOf(series(1.5, 1.5, 1.5, 1.5, 1.5));
  expect(points.map((one) => one.high)).toEqual([1, 2, 3, 4, 5]);
  expect(points.every((one) => one.low === 0)).toBe(true);
  // W10: exactly on the limit does not fire.
  expect(points[3]!.signals).not.toContain('cusumHigh');
  expect(points[4]!.signals).toContain('cusumHigh');
  expect(points[4]!.since).toBe(5);
});

test('the EWMA and its limits by hand', () => {
  const [one, two] = driftOf(series(1, 2), { ...DRIFT, lambda: 0.2, l: 3 });
  expect(one!.ewma).toBeCloseTo(0.2, 12);
  expect(one!.limit).toBeCloseTo(0.6, 12);
  expect(two!.ewma).toBeCloseTo(0.56, 12);
  expect(two!.limit).toBeCloseTo(3 * Math.sqrt((0.2 / 1.8) * (1 - 0.8 ** 4)), 12);
});

test('a low drift signals low, and mirrored input gives the mirrored answer', () => {
  const up = driftOf(series(1, 1.2, 0.9, 1.4, 1.1, 1.3, 1.2, 1));
  const down = driftOf(series(-1, -1.2, -0.9, -1.4, -1.1, -1.3, -1.2, -1));
  expect(down.map((one) => one.low)).toEqual(up.map((one) => one.high));
  expect(down.at(-1)!.signals).toEqual(['cusumLow', 'ewmaLow']);
});

test('W12 an excluded point leaves the sums as they were and signals nothing', () => {
  const points = driftOf(series(2, 2, 2, null, 2));
  expect(points[3]).toMatchObject({ z: null, high: 4.5, signals: [], since: 0 });
  expect(points[4]!.high).toBe(6);
});

test('W11 a break begins anew', () => {
  const points = driftOf([...series(2, 2, 2), { id: 'after', z: 1, restarts: true }]);
  expect(points[3]).toMatchObject({ high: 0.5, signals: [] });
  expect(points[3]!.ewma).toBeCloseTo(0.2, 12);
});

test('in control for a year nothing signals, and options that mean nothing are refused', () => {
  const calm = driftOf(series(...Array.from({ length: 365 }, (_, i) => (i % 2 === 0 ? 0.4 : -0.4))));
  expect(calm.flatMap((one) => one.signals)).toEqual([]);
  expect(() => driftOf([], { ...DRIFT, lambda: 0 })).toThrow(RangeError);
});
