import { expect, test } from 'vitest';
import { readCollected } from './collected.ts';

const now = new Date(2026, 6, 29, 6, 42, 5);
const at = (typed: string, when = now): string => {
  const read = readCollected(typed, when);
  return read.ok ? `${read.at.toString().slice(4, 21)} ${read.day}` : read.why;
};

test.each([
  ['0625', 'Jul 29 2026 06:25 today'],
  ['625', 'Jul 29 2026 06:25 today'],
  ['6:25', 'Jul 29 2026 06:25 today'],
  ['06.25', 'Jul 29 2026 06:25 today'],
  ['n', 'Jul 29 2026 06:42 today'],
  ['0645', 'Jul 29 2026 06:45 today'],
  ['2350', 'Jul 28 2026 23:50 yesterday'],
  ['28 2350', 'Jul 28 2026 23:50 earlier'],
  ['28.7. 23:50', 'Jul 28 2026 23:50 earlier'],
  ['28/07 23:50', 'Jul 28 2026 23:50 earlier'],
  ['0900', 'future'],
  ['2500', 'unreadable'],
  ['31.2. 0600', 'unreadable'],
  ['six', 'unreadable'],
  ['  ', 'empty'],
])('B1: collection time %s is %s', (typed, expected) => {
  expect(at(typed)).toBe(expected);
});

test('B1: a day of the month before, and of the year before', () => {
  expect(at('30 2350', new Date(2026, 6, 1, 0, 10))).toBe('Jun 30 2026 23:50 earlier');
  expect(at('31.12. 2350', new Date(2027, 0, 1, 0, 10))).toBe('Dec 31 2026 23:50 earlier');
  expect(at('30.7. 0600')).toBe('future');
});
