import { expect, test } from 'vitest';
import { localDay, startOfLocalDay, utcOffsetMinutes } from './local-time.ts';

test('local days begin at local midnight, also on the day the clocks change', () => {
  expect(utcOffsetMinutes('Europe/Vienna', new Date('2026-07-29T06:00:00Z'))).toBe(120);
  expect(localDay('Europe/Vienna', new Date('2026-07-28T22:30:00Z'))).toBe('2026-07-29');
  expect(startOfLocalDay('Europe/Vienna', new Date('2026-07-29T06:00:00Z'))).toBe('2026-07-28T22:00:00.000Z');
  // The clocks went forward at 01:00 UTC: midnight was still winter time.
  expect(startOfLocalDay('Europe/Vienna', new Date('2026-03-29T10:00:00Z'))).toBe('2026-03-28T23:00:00.000Z');
  expect(startOfLocalDay('Asia/Kolkata', new Date('2026-07-29T06:00:00Z'))).toBe('2026-07-28T18:30:00.000Z');
});
