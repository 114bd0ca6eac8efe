import { expect, test } from 'vitest';
import { daysOf, hasEnded, periodOf, shifted } from './period.ts';

test('C4 months and ISO weeks, across years', () => {
  expect(periodOf('month', new Date(2026, 6, 29))).toBe('2026-07');
  expect(periodOf('week', new Date(2026, 6, 29))).toBe('2026-W31');
  expect(periodOf('week', new Date(2027, 0, 3))).toBe('2026-W53');
  expect(shifted('2026-12', 1)).toBe('2027-01');
  expect(shifted('2026-01', -1)).toBe('2025-12');
  expect(shifted('2026-W53', 1)).toBe('2027-W01');
  expect(shifted('2027-W01', -1)).toBe('2026-W53');
  expect(daysOf('2026-02')).toEqual({ first: '2026-02-01', last: '2026-02-28' });
  expect(daysOf('2026-W31')).toEqual({ first: '2026-07-27', last: '2026-08-02' });
});

test('C4 a period has ended on the day after its last one', () => {
  expect(hasEnded('2026-07', new Date(2026, 6, 31, 23, 59))).toBe(false);
  expect(hasEnded('2026-07', new Date(2026, 7, 1, 0, 1))).toBe(true);
});
