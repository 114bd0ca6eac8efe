import { expect, test } from 'vitest';
import { peerIndices, performanceOf, statisticsOf } from './statistics.ts';

test('mean, sample SD and CV by hand', () => {
  expect(statisticsOf([])).toEqual({ n: 0, mean: null, sd: null, cv: null });
  expect(statisticsOf([5])).toEqual({ n: 1, mean: 5, sd: null, cv: null });
  // 4, 6, 8: mean 6, squares 4 + 0 + 4 = 8, over 2 = 4, root 2.
  expect(statisticsOf([4, 6, 8])).toEqual({ n: 3, mean: 6, sd: 2, cv: (2 / 6) * 100 });
  expect(statisticsOf([-1, 1]).cv).toBeNull();
});

test('W14 bias against the target and sigma; none without a target or an allowable error', () => {
  const own = statisticsOf([4, 6, 8]);
  const { bias, sigma } = performanceOf(own, 5, 120);
  expect(bias).toBeCloseTo(20);
  expect(sigma).toBeCloseTo((120 - 20) / (200 / 6));
  expect(performanceOf(own, 5, null)).toMatchObject({ sigma: null });
  expect(performanceOf(own, null, 120)).toEqual({ bias: null, sigma: null });
  expect(performanceOf(own, 0, 120)).toEqual({ bias: null, sigma: null });
});

test('SDI and CVI by hand; none for a group without spread', () => {
  const { sdi, cvi } = peerIndices(statisticsOf([4, 6, 8]), { mean: 5, sd: 0.5 });
  expect(sdi).toBeCloseTo(2);
  expect(cvi).toBeCloseTo(200 / 6 / 10);
  expect(peerIndices(statisticsOf([4, 6]), { mean: 5, sd: 0 })).toEqual({ sdi: null, cvi: null });
  expect(peerIndices(statisticsOf([]), { mean: 5, sd: 1 })).toEqual({ sdi: null, cvi: null });
});
