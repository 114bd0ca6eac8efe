import { expect, test } from 'vitest';
import {
  instantOfLocal,
  instantsOfLocal,
  localDay,
  startOfLocalDay,
  utcOffsetMinutes,
} from './local-time.ts';

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

test.each([
  ['Europe/Dublin', '2026-10-25T00:59:59', ['2026-10-24T23:59:59.000Z']],
  ['Europe/Dublin', '2026-10-25T01:00:00', ['2026-10-25T00:00:00.000Z', '2026-10-25T01:00:00.000Z']],
  ['Europe/Dublin', '2026-10-25T01:59:59', ['2026-10-25T00:59:59.000Z', '2026-10-25T01:59:59.000Z']],
  ['Europe/Dublin', '2026-10-25T02:00:00', ['2026-10-25T02:00:00.000Z']],
  ['America/New_York', '2026-11-01T01:30:00', ['2026-11-01T05:30:00.000Z', '2026-11-01T06:30:00.000Z']],
  ['America/New_York', '2026-11-01T02:00:00', ['2026-11-01T07:00:00.000Z']],
  ['Australia/Lord_Howe', '2026-04-05T01:45:00', ['2026-04-04T14:45:00.000Z', '2026-04-04T15:15:00.000Z']],
  ['Europe/Dublin', '2026-03-29T00:59:59', ['2026-03-29T00:59:59.000Z']],
  ['Europe/Dublin', '2026-03-29T01:30:00', []],
  ['Europe/Dublin', '2026-03-29T02:00:00', ['2026-03-29T01:00:00.000Z']],
  ['America/New_York', '2026-03-08T02:30:00', []],
  ['America/New_York', '2026-03-08T03:00:00', ['2026-03-08T07:00:00.000Z']],
  ['Asia/Kolkata', '2026-10-25T01:30:00', ['2026-10-24T20:00:00.000Z']],
  ['Europe/Dublin', 'not a time', []],
])('in %s it is %s at %j', (zone, local, instants) => {
  expect(instantsOfLocal(zone, local)).toEqual(instants);
});

test('a time that never comes is that of a clock that was not put forward', () => {
  expect(instantOfLocal('Europe/Dublin', '2026-03-29T01:30:00')).toBe('2026-03-29T01:30:00.000Z');
  expect(instantOfLocal('America/New_York', '2026-03-08T02:30:00')).toBe('2026-03-08T07:30:00.000Z');
});
