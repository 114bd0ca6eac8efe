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

it('spreads what the RateLimit header leaves over its window; a small queue goes at once', () => {
  let now = 1_000_000;
  const pacer = new Pacer(() => now);
  expect(pacer.allowance(100)).toEqual({ waitMs: 0, writes: 100 });
  pacer.see(reply(200, { ratelimit: '"fhirInteractions";r=30;t=20' }));
  expect(pacer.allowance(100, 15)).toEqual({ waitMs: 0, writes: 30 });
  expect(pacer.allowance(100)).toEqual({ waitMs: 0, writes: 3 });
  expect(pacer.pace()).toEqual({ perMinute: 90, why: 'The server allows 30 writes in 20 s.' });
  pacer.sending(3);
  expect(pacer.allowance(100)).toEqual({ waitMs: 2_000, writes: 3 });
  expect(pacer.allowance(100, 5)).toEqual({ waitMs: 0, writes: 27 });
  pacer.see(reply(200, { ratelimit: '"fhirInteractions";r=0;t=20' }));
  expect(pacer.allowance(100).waitMs).toBe(20_000);
  now += 20_000;
  expect(pacer.allowance(100, 10)).toEqual({ waitMs: 0, writes: 30 });
  now += 40_000;
  expect(pacer.limited).toBe(false);
  expect(pacer.allowance(100)).toEqual({ waitMs: 0, writes: 100 });
});

it('uses a quota of 500 a minute whole and not once too often, and tells how long a queue takes', () => {
  let now = 5_000_000;
  const pacer = new Pacer(() => now);
  const windowStart = now;
  let used = 0;
  let window = 0;
  let sent = 0;
  const answer = () => {
    const at = Math.floor((now - windowStart) / 60_000);
    if (at !== window) [window, used] = [at, 0];
    const seconds = Math.max(1, Math.ceil(((at + 1) * 60_000 - (now - windowStart)) / 1000));
    pacer.see(reply(200, { ratelimit: `"fhirInteractions";r=${500 - used};t=${seconds}` }));
  };
  answer();
  const told = pacer.msFor(2_000) ?? 0;
  while (sent < 2_000) {
    const { waitMs, writes } = pacer.allowance(100, 2_000 - sent);
    now += waitMs;
    if (waitMs > 0) continue;
    pacer.sending(writes);
    now += 130;
    answer();
    used += writes;
    sent += writes;
    expect(used).toBeLessThanOrEqual(500);
    answer();
  }
  expect(Math.abs(now - windowStart - told) / told).toBeLessThan(0.1);
  expect(now - windowStart).toBeLessThan(4 * 60_000);
});

it('begins small after a 429 without a time, and grows again', () => {
  let now = 0;
  const pacer = new Pacer(() => now);
  pacer.refused();
  now += pacer.allowance(100).waitMs;
  const sizes = [1, 2, 3, 4, 5].map(() => {
    const { writes } = pacer.allowance(100);
    pacer.accepted();
    return writes;
  });
  expect(sizes).toEqual([1, 2, 4, 8, 16]);
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

it('reads the quota in every form in which servers tell it', () => {
  const forms: Record<string, string>[] = [
    { ratelimit: '"fhirInteractions";r=30;t=20', 'ratelimit-policy': '"fhirInteractions";q=500;w=60' },
    { ratelimit: 'limit=500, remaining=30, reset=20', 'ratelimit-policy': '500;w=60' },
    {
      ...{ 'ratelimit-limit': '500', 'ratelimit-remaining': '30', 'ratelimit-reset': '20' },
      'ratelimit-policy': '500;w=60',
    },
    { 'x-ratelimit-remaining': '30', 'x-ratelimit-reset': '20', 'ratelimit-policy': '500;w=60' },
  ];
  for (const form of forms) {
    const pacer = new Pacer(() => 1_000_000);
    pacer.see(reply(200, form));
    expect(pacer.allowance(100, 15)).toEqual({ waitMs: 0, writes: 30 });
    expect(pacer.pace().perMinute).toBe(500);
  }
});

it('keeps to the tightest of several limits, and waits for the one that is used up', () => {
  const pacer = new Pacer(() => 1_000_000);
  pacer.see(reply(200, { ratelimit: '"requests";r=59999;t=3600, "fhirInteractions";r=30;t=20' }));
  expect(pacer.allowance(100, 15)).toEqual({ waitMs: 0, writes: 30 });
  pacer.see(reply(429, { ratelimit: '"day";r=90000;t=80000, "minute";r=0;t=20, "second";r=0;t=1' }));
  expect(pacer.allowance(100).waitMs).toBe(20_000);
});

it('reads a Retry-After that is a date by the clock of the server, however far off that is', () => {
  for (const hours of [-5, 0, 5]) {
    const now = Date.parse('2026-07-29T06:00:00.000Z');
    const there = now + hours * 3_600_000;
    const pacer = new Pacer(() => now);
    const until = new Date(there + 12_000).toUTCString();
    pacer.see(reply(429, { date: new Date(there).toUTCString(), 'retry-after': until }));
    expect(pacer.allowance(100).waitMs).toBe(12_000);
  }
});

it('a clock that is put back makes nothing wait for longer than it was to wait', () => {
  let now = Date.parse('2026-07-29T12:00:00Z');
  const pacer = new Pacer(() => now);
  pacer.see(reply(429, { 'retry-after': '20' }));
  expect(pacer.allowance(100).waitMs).toBe(20_000);
  now -= 5 * 3_600_000;
  expect(pacer.allowance(100).waitMs).toBe(20_000);
  now += 20_000;
  expect(pacer.allowance(100).waitMs).toBe(0);
  pacer.see(reply(200, { ratelimit: '"fhirInteractions";r=0;t=30' }));
  now -= 3_600_000;
  expect(pacer.allowance(100).waitMs).toBe(30_000);
});
