import { describe, expect, it } from 'vitest';
import { establishTarget, rollingPoints } from './target.ts';

const twenty = (text: string) => Array.from({ length: 20 }, () => text);

describe('W14 targets from own points', () => {
  it('mean and sample SD, two places more than the values', () => {
    // 1..20: mean 10.5, variance 35
    const found = establishTarget(Array.from({ length: 20 }, (_, i) => String(i + 1)));
    expect(found).toMatchObject({ ok: true, mean: '10.50', sd: '5.92', n: 20 });
  });

  it('keeps decimals exact where floating point would not', () => {
    const found = establishTarget(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? '0.1' : '0.3')));
    // variance = 20 * 0.01 / 19
    expect(found).toMatchObject({ mean: '0.200', sd: '0.103' });
  });

  it('negative values', () => {
    const found = establishTarget(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? '-2.0' : '-1.0')));
    expect(found).toMatchObject({ mean: '-1.500', sd: '0.513' });
  });

  it.each([
    ['nineteen points', twenty('5').slice(1), 'tooFew'],
    ['no points', [], 'tooFew'],
    ['W10 no spread', twenty('5.0'), 'noSpread'],
    ['a value with a comparator', [...twenty('5'), '<0.1'], 'notNumbers'],
  ] as const)('%s gives none, with the reason', (_name, values, why) => {
    expect(establishTarget(values)).toMatchObject({ ok: false, why });
  });
});

const measuredOn = (day: string, excluded = false) => ({ at: `${day}T06:00:00.000Z`, excluded });
const days = (count: number) =>
  Array.from({ length: count }, (_, one) =>
    measuredOn(new Date(Date.UTC(2026, 0, 1 + one)).toISOString().slice(0, 10)),
  );
const now = '2026-03-31T12:00:00.000Z';

it('W14 a rolling target is made from the newest points of its window, in points', () => {
  const points = days(90);
  const used = rollingPoints(points, { by: 'points', count: 60 }, '', now);
  expect(used).toEqual(points.slice(30));
  expect(rollingPoints(points.slice(0, 40), { by: 'points', count: 60 }, '', now)).toHaveLength(40);
});

it('W14 a window of months reaches back to the same day, to the last of a shorter month', () => {
  const points = days(90);
  // A month before 31 March 12:00 is 28 February 12:00: the control of that morning lies outside.
  expect(rollingPoints(points, { by: 'months', count: 1 }, '', now).at(0)?.at).toBe(
    '2026-03-01T06:00:00.000Z',
  );
  expect(rollingPoints(points, { by: 'months', count: 2 }, '', now).at(0)?.at).toBe(
    '2026-02-01T06:00:00.000Z',
  );
  expect(rollingPoints(points, { by: 'months', count: 12 }, '', now)).toHaveLength(90);
});

it('W11 W12 excluded points and those before a break are no part of a rolling target, and do not take the place of others', () => {
  const points = days(90).map((one, at) => ({ ...one, excluded: at >= 85 }));
  const used = rollingPoints(points, { by: 'points', count: 30 }, '', now);
  expect(used).toEqual(points.slice(55, 85));
  const since = '2026-03-10T06:00:00.000Z';
  const after = rollingPoints(points, { by: 'points', count: 30 }, since, now);
  expect(after).toEqual(points.slice(68, 85));
  expect(after[0]?.at).toBe(since);
});
