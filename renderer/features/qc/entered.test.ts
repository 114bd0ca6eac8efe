import { expect, test } from 'vitest';
import { measuredAt } from './entered.ts';

const now = new Date(2026, 6, 29, 8, 15);
const local = (day: number, hours: number, minutes: number) =>
  new Date(2026, 6, day, hours, minutes).toISOString();

test('a time of day is the last time the clock showed it', () => {
  expect(measuredAt('06:00', now)).toBe(local(29, 6, 0));
  expect(measuredAt(' 6:05 ', now)).toBe(local(29, 6, 5));
  expect(measuredAt('0815', now)).toBe(local(29, 8, 15));
  expect(measuredAt('22:30', now)).toBe(local(28, 22, 30));
});

test('nothing means now; what is no time is said to be none', () => {
  expect(measuredAt('', now)).toBe('');
  for (const text of ['6', '25:00', '06:60', 'six', '06:00:00']) expect(measuredAt(text, now)).toBeNull();
});
