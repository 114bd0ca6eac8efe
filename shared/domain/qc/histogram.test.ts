import { expect, test } from 'vitest';
import { histogramOf } from './histogram.ts';

test('every point falls into one bin; what lies beyond is in the outermost', () => {
  const { n, bins } = histogramOf([-9, -0.5, 0, 0.49, 0.5, 3.99, 4, 12, Number.NaN]);
  expect(n).toBe(8);
  expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(8);
  expect(bins).toHaveLength(16);
  expect(bins[0]).toMatchObject({ from: -4, count: 1 });
  expect(bins.find((bin) => bin.from === -0.5)!.count).toBe(1);
  expect(bins.find((bin) => bin.from === 0)!.count).toBe(2);
  expect(bins.at(-1)).toMatchObject({ to: 4, count: 3 });
});

test('the expected counts add up to the points and follow the normal distribution', () => {
  const { bins } = histogramOf(
    Array.from({ length: 1000 }, () => 0),
    1,
  );
  expect(bins.reduce((sum, bin) => sum + bin.expected, 0)).toBeCloseTo(1000, 6);
  expect(bins.find((bin) => bin.from === 0)!.expected).toBeCloseTo(341.34, 1);
  expect(bins.find((bin) => bin.from === 2)!.expected).toBeCloseTo(21.4, 1);
});

test('W10 exactly 2 SD is not beyond 2 SD; no points, no shares', () => {
  expect(histogramOf([2, -2, 2.01, 3, -3.5])).toMatchObject({ beyond2: 0.6, beyond3: 0.2 });
  expect(histogramOf([])).toMatchObject({ n: 0, mean: null, sd: null, beyond2: 0 });
  expect(() => histogramOf([], 0.3)).toThrow(RangeError);
});
