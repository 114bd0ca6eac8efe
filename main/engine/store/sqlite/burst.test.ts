import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Burst, type BurstClock } from './burst.ts';

/** A clock that is told the time, and everything that waits on it is done with its part before it goes on. */
class ToldClock implements BurstClock {
  #now = 0;
  #waiting: { at: number; next: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  wait(ms: number): Promise<void> {
    return new Promise((next) => this.#waiting.push({ at: this.#now + ms, next }));
  }

  async advance(ms: number): Promise<void> {
    for (const end = this.#now + ms; this.#now < end; this.#now += 1) {
      const due = this.#waiting.filter(({ at }) => at <= this.#now);
      this.#waiting = this.#waiting.filter(({ at }) => at > this.#now);
      for (const { next } of due) next();
      await turn();
    }
  }
}

const NEVER = () => false;
/** An entry of the lines every so many milliseconds. */
const EVERY_MS = 2;

/** Lines that send for `ms`, and other work that was idle before and asks once. @returns after how many ms it was let go on */
async function waited(ms: number): Promise<number> {
  const clock = new ToldClock();
  const burst = new Burst(NEVER, clock);
  await burst.over();
  await clock.advance(1_000);
  const start = clock.now();
  burst.stored();
  let at = Number.NaN;
  const other = burst.over().then(() => {
    at = clock.now() - start;
  });
  for (; clock.now() < start + ms; await clock.advance(EVERY_MS)) burst.stored();
  await clock.advance(1_000);
  await other;
  return at;
}

/**
 * Lines that never pause, for two seconds, and other work in pieces of so many milliseconds.
 * @param keepsThread nothing of the lines is read while a piece goes on
 * @returns the ms of other work, and the longest time between two pieces of it
 */
async function sending(pieceMs: number, keepsThread: boolean): Promise<{ worked: number; gap: number }> {
  const clock = new ToldClock();
  const burst = new Burst(NEVER, clock);
  let worked = 0;
  let ended = 0;
  let gap = 0;
  let isKept = false;
  void (async () => {
    for (;;) {
      await burst.over();
      gap = Math.max(gap, clock.now() - ended);
      isKept = keepsThread;
      await clock.wait(pieceMs);
      isKept = false;
      worked += pieceMs;
      ended = clock.now();
      // What came meanwhile is read first.
      await clock.wait(EVERY_MS);
    }
  })();
  while (clock.now() < 2_000) {
    if (!isKept) burst.stored();
    await clock.advance(EVERY_MS);
  }
  return { worked, gap };
}

test('other work waits until the lines have paused, or for 300 ms', async () => {
  expect(await waited(100)).toBeGreaterThan(100);
  expect(await waited(100)).toBeLessThan(110);
  expect(await waited(1_000)).toBeGreaterThanOrEqual(300);
  expect(await waited(1_000)).toBeLessThan(305);
});

test.each([
  ['does not keep the thread', 10, false],
  ['keeps the thread', 10, true],
  ['keeps the thread for long', 90, true],
])('lines that never pause leave a quarter of the time to work that %s', async (_, pieceMs, keepsThread) => {
  const { worked, gap } = await sending(pieceMs, keepsThread);
  expect(worked).toBeGreaterThan(350);
  expect(worked).toBeLessThan(600);
  expect(gap).toBeLessThan(320);
});
