import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Burst } from './burst.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Instruments that send without pause for `ms`: an entry every 2 ms. Says at which ms other work had its turn. */
async function sending(ms: number): Promise<number[]> {
  const burst = new Burst(() => false, Date.now);
  const turns: number[] = [];
  let ended = false;
  const other = (async () => {
    while (!ended) {
      await burst.over();
      turns.push(Date.now());
      await new Promise((next) => setTimeout(next, 10));
    }
  })();
  await vi.advanceTimersByTimeAsync(1);
  turns.length = 0;
  const start = Date.now();
  while (Date.now() < start + ms) {
    burst.came();
    burst.stored();
    await vi.advanceTimersByTimeAsync(2);
  }
  ended = true;
  await vi.advanceTimersByTimeAsync(1_000);
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
