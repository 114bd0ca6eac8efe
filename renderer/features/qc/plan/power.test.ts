import { expect, test } from 'vitest';
import { criticalShift, powerAt } from './power.ts';

const points = [
  { shift: 0, probability: 0.02 },
  { shift: 1, probability: 0.22 },
  { shift: 2, probability: 0.82 },
];

test('W14 between two points of the curve the power lies between theirs, beyond them it is not known', () => {
  expect(powerAt(points, 0)).toBeCloseTo(0.02);
  expect(powerAt(points, 1.5)).toBeCloseTo(0.52);
  expect(powerAt(points, 2)).toBeCloseTo(0.82);
  expect(powerAt(points, 2.1)).toBeNull();
  expect(powerAt([], 0)).toBeNull();
});

test('W14 the critical shift is sigma less 1.65, and never below zero', () => {
  expect(criticalShift(4.65)).toBeCloseTo(3);
  expect(criticalShift(1)).toBe(0);
  expect(criticalShift(null)).toBeNull();
});
