import { expect, test } from 'vitest';
import { instantOfLocal, localDay, startOfLocalDay, utcOffsetMinutes } from './local-time.ts';

test('local days begin at local midnight, also on the day the clocks change', () => {
  expect(utcOffsetMinutes('Europe/Vienna', new Date('2026-07-29T06:00:00Z'))).toBe(120);
  expect(localDay('Europe/Vienna', new Date('2026-07-28T22:30:00Z'))).toBe('2026-07-29');
  expect(startOfLocalDay('Europe/Vienna', new Date('2026-07-29T06:00:00Z'))).toBe('2026-07-28T22:00:00.000Z');
  // The clocks went forward at 01:00 UTC: midnight was still winter time.
  expect(startOfLocalDay('Europe/Vienna', new Date('2026-03-29T10:00:00Z'))).toBe('2026-03-28T23:00:00.000Z');
  expect(startOfLocalDay('Asia/Kolkata', new Date('2026-07-29T06:00:00Z'))).toBe('2026-07-28T18:30:00.000Z');
});

test('an instrument’s local time becomes an instant, also around the change of clocks', () => {
  expect(instantOfLocal('Europe/Vienna', '2026-07-29T06:42:05')).toBe('2026-07-29T04:42:05.000Z');
  expect(instantOfLocal('Europe/Vienna', '2026-01-29')).toBe('2026-01-28T23:00:00.000Z');
  expect(instantOfLocal('Europe/Vienna', '2026-03-29T03:30:00')).toBe('2026-03-29T01:30:00.000Z');
  expect(instantOfLocal('Europe/Vienna', '2026-10-25T02:30:00')).toBe('2026-10-25T00:30:00.000Z');
  expect(instantOfLocal('America/Chicago', '2026-07-29T06:42:05')).toBe('2026-07-29T11:42:05.000Z');
  expect(instantOfLocal('UTC', 'not a time')).toBeNull();
});
