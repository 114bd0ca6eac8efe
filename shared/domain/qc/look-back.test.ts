import { expect, test } from 'vitest';
import { type LookBackPoint, lookBackWindow } from './look-back.ts';

/** `run level state` in the order they came, a minute apart. */
const points = (...texts: string[]): LookBackPoint[] =>
  texts.map((text, minute) => {
    const [runId = '', level = '', state = ''] = text.split(' ');
    const postedTime = `2026-07-29T06:${String(minute).padStart(2, '0')}:00.000Z`;
    return { runId, level, state: state as LookBackPoint['state'], postedTime };
  });
const minute = (n: number): string => `2026-07-29T06:${String(n).padStart(2, '0')}:00.000Z`;

test('W13 no rejected control, no look-back; an excluded one is none (W12)', () => {
  expect(lookBackWindow(points('a 1 inControl', 'b 1 warning'))).toBeNull();
  expect(lookBackWindow(points('a 1 inControl', 'b 1 excluded'))).toBeNull();
});

test('W13 it begins at the last good run, not at a good level of the rejected run', () => {
  const found = lookBackWindow(points('a 1 inControl', 'a 2 inControl', 'b 1 rejected', 'b 2 inControl'));
  expect(found).toEqual({ runId: 'b', from: minute(1), rejectedAt: minute(2), to: '' });
});

test('W13 two rejected runs after each other reach back to the good one before both, a repeat of the level ends it', () => {
  const found = lookBackWindow(
    points(
      'a 1 inControl',
      'a 2 inControl',
      'b 1 rejected',
      'b 2 inControl',
      'c 1 rejected',
      'd 2 inControl',
      'e 1 inControl',
    ),
  );
  expect(found).toEqual({ runId: 'c', from: minute(1), rejectedAt: minute(4), to: minute(6) });
});

test('W10 a run that could not be evaluated is not good, and without any good run it reaches back to the beginning', () => {
  expect(lookBackWindow(points('a 1 notEvaluated', 'b 1 rejected'))).toMatchObject({ from: '' });
});
