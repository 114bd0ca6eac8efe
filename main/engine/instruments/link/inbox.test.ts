import { expect, test } from 'vitest';
import { Inbox } from './inbox.ts';
import type { ReceivedMessage } from './ports.ts';

const message = (n: number): ReceivedMessage => ({
  text: Uint8Array.of(n),
  frames: 1,
  at: '2026-07-29T06:00:00.000Z',
  journal: { firstSeq: n, lastSeq: n },
});

const numbers = (messages: readonly ReceivedMessage[]) => messages.map(({ text }) => text[0]);

/** An inbox whose handlers write down what they are given; `together` says what becomes of several, `alone` of each. */
function inboxWith(
  together: () => 'stored' | 'failed' | 'throws',
  alone: (n: number) => 'stored' | 'failed' = () => 'stored',
) {
  const given: (number | undefined)[][] = [];
  const failed: string[] = [];
  let most = 0;
  let running = 0;
  let left = 0;
  let done = () => {};
  const inbox = new Inbox({
    timers: {
      set: (_ms, run) => {
        setImmediate(run);
        return () => {};
      },
    },
    maxBacklog: 200,
    busy: () => {},
    failed: (note) => failed.push(note),
    handle: async (one) => {
      given.push(numbers([one]));
      const outcome = alone(one.text[0] as number);
      if (outcome === 'stored') settle(1);
      return outcome;
    },
    handleTogether: async (messages) => {
      given.push(numbers(messages));
      most = Math.max(most, ++running);
      await new Promise((next) => setImmediate(next));
      running -= 1;
      const outcome = together();
      if (outcome === 'throws') throw new Error('no room');
      if (outcome === 'stored') settle(messages.length);
      return outcome;
    },
  });
  const settle = (n: number) => {
    left -= n;
    if (left === 0) done();
  };
  const add = (count: number) => {
    left = count;
    const all = new Promise<void>((resolve) => {
      done = resolve;
    });
    for (let n = 1; n <= count; n++) inbox.add(Promise.resolve(message(n)));
    return all;
  };
  return { inbox, given, failed, add, most: () => most };
}

test('messages that wait are handed over together, in order, at most ten and never two lots at once', async () => {
  const { given, add, most } = inboxWith(() => 'stored');
  await add(25);
  expect(given.flat()).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
  expect(Math.max(...given.map((lot) => lot.length))).toBe(10);
  expect(most()).toBe(1);
});

test.each(['failed', 'throws'] as const)('a lot that %s is handed over one by one, in order', async (how) => {
  const { given, failed, add } = inboxWith(() => how);
  await add(3);
  const lot = given.find((one) => one.length > 1) as number[];
  const behind = given.slice(given.indexOf(lot) + 1, given.indexOf(lot) + 1 + lot.length);
  expect(behind).toEqual(lot.map((n) => [n]));
  expect(failed).toEqual([]);
});

test('one message of a failed lot that cannot be posted holds up those behind it, and is tried again', async () => {
  let refusals = 2;
  const { given, failed, add } = inboxWith(
    () => 'failed',
    (n) => (n === 2 && refusals-- > 0 ? 'failed' : 'stored'),
  );
  await add(4);
  const stored = given.filter((one) => one.length === 1).map(([n]) => n);
  expect(stored.filter((n) => n === 2)).toHaveLength(3);
  expect([...new Set(stored)]).toEqual([1, 2, 3, 4]);
  expect(failed).toHaveLength(2);
});

test('it says when too many bytes wait, and when half of them are done', async () => {
  const told: boolean[] = [];
  const gates: (() => void)[] = [];
  const inbox = new Inbox({
    timers: { set: () => () => {} },
    busy: (busy) => told.push(busy),
    failed: () => {},
    handle: () => new Promise((done) => gates.push(() => done('stored'))),
  });
  const turn = () => new Promise<void>((next) => setImmediate(next));
  for (let n = 1; n <= 5; n += 1)
    inbox.add(Promise.resolve({ ...message(n), text: new Uint8Array(4 * 1024 * 1024) }));
  await turn();
  expect(told).toEqual([true]);
  expect(inbox.size).toBe(5);
  for (let n = 1; n <= 5; n += 1) {
    gates.shift()?.();
    await turn();
    await turn();
    expect(told).toEqual(n < 3 ? [true] : [true, false]);
  }
  expect(inbox.size).toBe(0);
  await inbox.stop();
});
