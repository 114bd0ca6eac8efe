import { expect, test } from 'vitest';
import { compareRepeat } from './repeat.ts';

const value = (number: number, unit = 'mmol/L') => ({ number, unit });

test('W13 a repeat is compared in its unit, in percent and with the total error allowed', () => {
  expect(compareRepeat(value(5), value(5.4), 6)).toEqual({
    difference: 0.4,
    percent: 8,
    totalErrorAllowed: 6,
    exceeds: true,
  });
  expect(compareRepeat(value(5), value(5.3), 6)).toMatchObject({ percent: 6, exceeds: false });
  expect(compareRepeat(value(-5), value(-5.4), 6)).toMatchObject({
    difference: -0.4,
    percent: -8,
    exceeds: true,
  });
});

test('what cannot be compared is said to be so', () => {
  expect(compareRepeat(value(5), value(6), null)).toMatchObject({ percent: 20, exceeds: null });
  expect(compareRepeat(value(0), value(6), 6)).toMatchObject({ difference: 6, percent: null, exceeds: null });
  expect(compareRepeat(value(5), value(5, 'mg/dL'), 6)).toMatchObject({ difference: null, exceeds: null });
  expect(compareRepeat({ ...value(5), comparator: '<' }, value(5), 6).difference).toBeNull();
  expect(compareRepeat({ unit: '' }, value(5), 6).difference).toBeNull();
});
