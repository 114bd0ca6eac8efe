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

/** Instruments that send without pause for `ms`: an entry every 2 ms. Says at which ms other work had its turn. */
async function sending(ms: number): Promise<number[]> {
  const clock = new ToldClock();
  const burst = new Burst(() => false, clock);
  const turns: number[] = [];
  let ended = false;
  const other = (async () => {
    while (!ended) {
      await burst.over();
      turns.push(clock.now());
      await clock.wait(10);
    }
  })();
  await clock.advance(1);
  turns.length = 0;
  const start = clock.now();
  while (clock.now() < start + ms) {
    burst.came();
    burst.stored();
    await clock.advance(2);
  }
  ended = true;
  await clock.advance(1_000);
  await other;
  return turns.map((at) => at - start).filter((at) => at < ms);
}

test('other work waits until the lines have paused', async () => {
  expect((await sending(100)).filter((at) => at > 12)).toEqual([]);
});

test('lines that never pause leave a quarter of the time to other work, never more than 300 ms apart', async () => {
  const turns = (await sending(2_000)).filter((at) => at > 12);
  const gaps = turns.slice(1).map((at, i) => at - (turns[i] as number));
  expect(Math.max(turns[0] as number, ...gaps)).toBeLessThanOrEqual(330);
  expect(gaps.filter((gap) => gap > 250).length).toBeGreaterThanOrEqual(3);
  // Ten milliseconds of work each.
  expect(turns.length * 10).toBeGreaterThan(350);
  expect(turns.length * 10).toBeLessThan(650);
});
