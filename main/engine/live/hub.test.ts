import { expect, test } from 'vitest';
import type { ToWindow } from '../../../shared/ipc/messages.ts';
import { difference, LiveHub } from './hub.ts';

function manualTimers() {
  const due: (() => void)[] = [];
  return {
    timers: {
      set: (_ms: number, run: () => void) => {
        due.push(run);
        return () => {};
      },
    },
    fire: () => {
      for (const run of due.splice(0)) run();
    },
  };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test('a delta names changed rows and the order only when the set or order changed', () => {
  const a = { id: 'a', n: 1 };
  const b = { id: 'b', n: 1 };
  const last = new Map([a, b].map((row) => [row.id, row] as const));
  expect(difference(last, ['a', 'b'], [a, b])).toBeUndefined();
  expect(difference(last, ['a', 'b'], [a, { id: 'b', n: 2 } as { id: string }])).toEqual({
    put: [{ id: 'b', n: 2 }],
  });
  expect(difference(last, ['a', 'b'], [b])).toEqual({ put: [], order: ['b'] });
});

test('a change during a run is not missed and a query never runs twice at once', async () => {
  const { timers, fire } = manualTimers();
  const hub = new LiveHub(timers);
  const sent: ToWindow[] = [];
  let rows = [{ id: '1', v: 0 }];
  let running = 0;
  let most = 0;
  const stop = hub.watch({
    id: 7,
    topics: ['orders'],
    run: async () => {
      most = Math.max(most, ++running);
      const now = rows;
      await settled();
      running--;
      return now;
    },
    send: (message) => sent.push(message),
  });
  rows = [{ id: '1', v: 1 }];
  hub.changed(['orders']);
  fire();
  hub.changed(['patients']);
  await settled();
  await settled();
  // The first run is done; the change that came during it is due.
  fire();
  await settled();
  await settled();
  expect(most).toBe(1);
  expect(sent[0]?.type).toBe('snapshot');
  expect(sent.at(-1)).toEqual({ type: 'delta', id: 7, delta: { put: [{ id: '1', v: 1 }] } });
  stop();
  hub.changed(['orders']);
  fire();
  await settled();
  expect(sent).toHaveLength(2);
  expect(hub.size).toBe(0);
});

test('a failing query says so instead of staying silent', async () => {
  const { timers } = manualTimers();
  const hub = new LiveHub(timers);
  const sent: ToWindow[] = [];
  hub.watch({
    id: 1,
    topics: ['orders'],
    run: async () => {
      throw new Error('no index');
    },
    send: (message) => sent.push(message),
  });
  await settled();
  expect(sent[0]).toMatchObject({ type: 'watchFailed', id: 1, error: { code: 'internal' } });
});

test('a change that comes while a query fails runs it again', async () => {
  const { timers, fire } = manualTimers();
  const hub = new LiveHub(timers);
  const sent: ToWindow[] = [];
  let runs = 0;
  hub.watch({
    id: 1,
    topics: ['orders'],
    run: async () => {
      runs += 1;
      const failing = runs === 1;
      await settled();
      if (failing) throw new Error('the table was busy');
      return [{ id: '1' }];
    },
    send: (message) => sent.push(message),
  });
  hub.changed(['orders']);
  await settled();
  await settled();
  fire();
  await settled();
  await settled();
  expect(sent.map((message) => message.type)).toEqual(['watchFailed', 'snapshot']);
});

test('what may wait is told together after a while, everything else at once', async () => {
  const { timers, fire } = manualTimers();
  const hub = new LiveHub(timers);
  const sent: ToWindow[] = [];
  let rows = [{ id: '1', v: 0 }];
  const stop = hub.watch({
    id: 1,
    topics: ['results'],
    run: async () => rows,
    send: (message) => sent.push(message),
  });
  await settled();
  hub.mayWait = (changed) => changed.results?.[0] === 'sync';
  rows = [{ id: '1', v: 1 }];
  hub.committed({ results: ['sync'] });
  hub.committed({ results: ['sync'] });
  expect(sent.map(({ type }) => type)).toEqual(['snapshot']);
  // What waited is due, then the query itself runs.
  fire();
  fire();
  await settled();
  expect(sent.map(({ type }) => type)).toEqual(['snapshot', 'delta']);
  rows = [{ id: '1', v: 2 }];
  hub.committed({ results: ['bench'] });
  fire();
  await settled();
  expect(sent.map(({ type }) => type)).toEqual(['snapshot', 'delta', 'delta']);
  stop();
});

test('a query that takes long does not hold up another', async () => {
  const { timers, fire } = manualTimers();
  const hub = new LiveHub(timers);
  const runs: string[] = [];
  let done: () => void = () => {};
  const watch = (id: number, topic: 'lines' | 'results', run: () => Promise<void>) =>
    hub.watch({
      id,
      topics: [topic === 'lines' ? 'channel:lines' : 'results'],
      run: async () => {
        runs.push(topic);
        await run();
        return [];
      },
      send: () => {},
    });
  watch(1, 'results', async () => {});
  await settled();
  watch(2, 'lines', () => new Promise((resolve) => (done = resolve)));
  hub.changed(['results']);
  fire();
  await settled();
  expect(runs).toEqual(['results', 'lines', 'results']);
  // While it runs it is not run again, afterwards it is.
  hub.changed(['channel:lines']);
  fire();
  await settled();
  expect(runs).toHaveLength(3);
  done();
  await settled();
  fire();
  await settled();
  expect(runs).toEqual(['results', 'lines', 'results', 'lines']);
});

test('what is shown gives way to what is more urgent, and not for ever', async () => {
  const { timers, fire } = manualTimers();
  const hub = new LiveHub(timers);
  let runs = 0;
  hub.watch({
    id: 1,
    topics: ['results'],
    run: async () => {
      runs += 1;
      return [];
    },
    send: () => {},
  });
  await settled();
  hub.isHeld = () => true;
  hub.changed(['results']);
  fire();
  await settled();
  expect(runs).toBe(1);
  await expect
    .poll(() => {
      fire();
      return runs;
    })
    .toBe(2);
});
