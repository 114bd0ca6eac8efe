import { expect, test } from 'vitest';
import { uuidsV7 } from './ids.ts';

const START = Date.parse('2026-07-29T06:42:05.118Z');
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Ids made at the given instants, in milliseconds after {@link START}. */
function idsAt(offsets: readonly number[], fill?: (bytes: Buffer) => unknown): string[] {
  const next = uuidsV7(fill);
  return offsets.map((ms) => next(new Date(START + ms)));
}

const msOf = (id: string) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

test('100 000 ids are unique and in the order they were made, while time stands still, goes on and goes back', () => {
  const offsets = Array.from({ length: 100_000 }, (_, i) => {
    if (i < 40_000) return 0;
    if (i < 70_000) return Math.floor(i / 7);
    if (i < 90_000) return i % 2 === 0 ? -3_600_000 : 3;
    return i * 10;
  });
  const ids = idsAt(offsets);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...ids].sort()).toEqual(ids);
  expect(ids.filter((id) => !UUID_V7.test(id))).toEqual([]);
});

test('an id says when it was made; after the clock went back, the time before it', () => {
  const [first, later, back] = idsAt([0, 1_000, -60_000]) as [string, string, string];
  expect(msOf(first)).toBe(START);
  expect(msOf(later)).toBe(START + 1_000);
  expect(msOf(back)).toBe(START + 1_000);
});

test('when a millisecond has no more numbers the ids go on with those of the next', () => {
  const ids = idsAt([0, 0, 0, 1, 2], (bytes) => bytes.fill(0xff));
  expect([...ids].sort()).toEqual(ids);
  expect(ids.map((id) => msOf(id) - START)).toEqual([0, 1, 1, 1, 2]);
  expect(ids[0]).toMatch(/-7fff-bfff-f{12}$/);
});

test('two stations that make ids in the same milliseconds make different ones', () => {
  const offsets = Array.from({ length: 2_000 }, (_, i) => Math.floor(i / 20));
  expect(new Set([...idsAt(offsets), ...idsAt(offsets)]).size).toBe(4_000);
});
