import { expect, test } from 'vitest';
import { YOUDEN_RADIUS, youdenPairs } from './youden.ts';

const point = (runId: string, level: string, z: number | null, id = `${runId}-${level}`) => ({
  id,
  runId,
  level,
  z,
});

test('pairs are made within a run only, and say what kind of error they show', () => {
  const pairs = youdenPairs(
    [
      point('r1', '1', 0.5),
      point('r1', '2', -0.3),
      point('r2', '1', 2.4),
      point('r2', '2', 2.1),
      point('r3', '1', -2.2),
      point('r3', '2', 2),
      point('r4', '1', 3),
    ],
    '1',
    '2',
  );
  expect(pairs.map((one) => [one.runId, one.kind])).toEqual([
    ['r1', 'inside'],
    ['r2', 'systematic'],
    ['r3', 'random'],
  ]);
  expect(pairs[1]!.systematic).toBeCloseTo(4.5 / Math.SQRT2, 12);
  expect(pairs[2]!.random).toBeCloseTo(4.2 / Math.SQRT2, 12);
});

test('exactly on the circle is inside', () => {
  expect(youdenPairs([point('r', '1', YOUDEN_RADIUS), point('r', '2', 0)], '1', '2')[0]!.kind).toBe('inside');
});

test('W12 excluded points make no pair; of repeats the last counts', () => {
  expect(youdenPairs([point('r', '1', null), point('r', '2', 1)], '1', '2')).toEqual([]);
  const [pair] = youdenPairs(
    [point('r', '1', 3, 'a'), point('r', '1', 0.2, 'b'), point('r', '2', 0.1)],
    '1',
    '2',
  );
  expect(pair).toMatchObject({ xId: 'b', x: 0.2 });
});
