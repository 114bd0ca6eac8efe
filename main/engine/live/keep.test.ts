import { expect, it } from 'vitest';
import { keepNewest } from './keep.ts';

it('keeps what was put last when there is too much, and what was put again counts as new', () => {
  const cache = new Map<string, number>();
  for (let i = 0; i < 16; i++) keepNewest(cache, `r${i}`, i, 16);
  expect(cache.size).toBe(16);
  keepNewest(cache, 'r0', 100, 16);
  expect(cache.size).toBe(16);
  keepNewest(cache, 'r16', 16, 16);
  expect([...cache.keys()]).toEqual([...Array.from({ length: 13 }, (_, i) => `r${i + 3}`), 'r0', 'r16']);
  expect(cache.get('r0')).toBe(100);
  for (let i = 0; i < 1_000; i++) keepNewest(cache, `s${i}`, i, 16);
  expect(cache.size).toBeLessThanOrEqual(16);
  expect(cache.has('s999')).toBe(true);
});
