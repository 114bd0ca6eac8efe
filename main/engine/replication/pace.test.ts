import { expect, it } from 'vitest';
import { Backoff, Pacer, seededRandom } from './pace.ts';

const reply = (status: number, headers: Record<string, string> = {}) => ({
  status,
  headers: new Headers(headers),
});

it('waits 1 s to 60 s between attempts, longer each time, half of it by chance (seed 3)', () => {
  const backoff = new Backoff(seededRandom(3));
  const waits = Array.from({ length: 12 }, () => backoff.next());
  waits.forEach((wait, n) => {
    const full = Math.min(60_000, 1_000 * 2 ** n);
    expect(wait).toBeGreaterThanOrEqual(full / 2);
    expect(wait).toBeLessThanOrEqual(full);
  });
  expect(new Set(waits).size).toBeGreaterThan(8);
  backoff.reset();
  expect(backoff.next()).toBeLessThanOrEqual(1_000);
  const again = new Backoff(seededRandom(3));
  expect(Array.from({ length: 12 }, () => again.next())).toEqual(waits);
});

it('spends what the RateLimit header leaves and waits for the window when it is used up', () => {
  let now = 1_000_000;
  const pacer = new Pacer(() => now);
  expect(pacer.allowance(100)).toEqual({ waitMs: 0, writes: 100 });
  pacer.see(reply(200, { ratelimit: '"fhirInteractions";r=30;t=20' }));
  expect(pacer.allowance(100)).toEqual({ waitMs: 0, writes: 30 });
  pacer.see(reply(200, { ratelimit: '"fhirInteractions";r=0;t=20' }));
  expect(pacer.allowance(100).waitMs).toBe(20_000);
  now += 20_000;
  expect(pacer.allowance(100)).toEqual({ waitMs: 0, writes: 100 });
});

it('waits as long as a 429 says, and longer each time when it says nothing', () => {
  let now = 0;
  const pacer = new Pacer(() => now);
  pacer.see(reply(429, { 'retry-after': '7' }));
  expect(pacer.allowance(100).waitMs).toBe(7_000);
  now = 100_000;
  pacer.see(reply(429, { ratelimit: 'limit=500, remaining=0, reset=9' }));
  expect(pacer.allowance(100).waitMs).toBe(9_000);
  now = 200_000;
  const waits = [1, 2, 3].map(() => {
    pacer.refused();
    const { waitMs } = pacer.allowance(100);
    now += waitMs;
    return waitMs;
  });
  expect(waits).toEqual([1_000, 2_000, 4_000]);
  pacer.accepted();
  pacer.refused();
  expect(pacer.allowance(100).waitMs).toBe(1_000);
});
