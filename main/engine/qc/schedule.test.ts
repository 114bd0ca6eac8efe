import { expect, test } from 'vitest';
import { dueTimeOf } from './schedule.ts';

const shifts = ['06:00', '14:00', '22:00'];
const due = (at: string, plan: { everyHours: number | null; shifts: string[] }) =>
  dueTimeOf(plan, at, 'Europe/Dublin');

test('W13 a control is due again when the next shift begins, in local time', () => {
  const plan = { everyHours: null, shifts };
  // Dublin is an hour ahead of UTC in July: 06:10 local, due at 14:00 local.
  expect(due('2026-07-29T05:10:00.000Z', plan)).toBe('2026-07-29T13:00:00.000Z');
  expect(due('2026-07-29T21:30:00.000Z', plan)).toBe('2026-07-30T05:00:00.000Z');
  expect(due('2026-01-29T06:10:00.000Z', plan)).toBe('2026-01-29T14:00:00.000Z');
});

test('W13 a control up to an hour before a shift counts for it', () => {
  const plan = { everyHours: null, shifts };
  expect(due('2026-07-29T04:00:00.000Z', plan)).toBe('2026-07-29T13:00:00.000Z');
  expect(due('2026-07-29T03:59:00.000Z', plan)).toBe('2026-07-29T05:00:00.000Z');
});

test('W13 hours and shifts: whichever comes first; nothing without a schedule', () => {
  expect(due('2026-07-29T05:10:00.000Z', { everyHours: 4, shifts })).toBe('2026-07-29T09:10:00.000Z');
  expect(due('2026-07-29T05:10:00.000Z', { everyHours: 24, shifts })).toBe('2026-07-29T13:00:00.000Z');
  expect(due('2026-07-29T05:10:00.000Z', { everyHours: 24, shifts: [] })).toBe('2026-07-30T05:10:00.000Z');
  expect(due('2026-07-29T05:10:00.000Z', { everyHours: null, shifts: [] })).toBe('');
});

test('W13 the day the clocks change has its shifts where the clock on the wall shows them', () => {
  // 25 October 2026: summer time ends at 02:00 local.
  expect(due('2026-10-24T21:30:00.000Z', { everyHours: null, shifts })).toBe('2026-10-25T06:00:00.000Z');
});
