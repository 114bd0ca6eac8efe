import { describe, expect, test } from 'vitest';
import { newTask } from '../../../shared/documents/task.ts';
import { land } from './landing.ts';
import { withMadeAt } from './linked.ts';
import { MemoryStore } from './memory-store.ts';
import type { AnyDoc } from './port.ts';
import { orderDoc, resultDoc, specimenDoc } from './testing.ts';

const at = '2026-07-29T07:00:00.000Z';
const there = { syncState: 'onServer' } as const;

/** Takes a document over as the pull does. */
async function take(
  store: MemoryStore,
  collection: 'specimens' | 'results' | 'tasks',
  doc: unknown,
): Promise<string> {
  return store.write({ command: 'sync', actor: 'server' }, async (unit) => {
    unit.put(collection, doc as never);
    return land(unit, collection, undefined, doc as AnyDoc, at, () => 'new');
  });
}

const results = (store: MemoryStore) => store.all('results').sort((a, b) => (a.id < b.id ? -1 : 1));

test('results of another station that arrive before their specimen find it, and their order, by its number', async () => {
  const store = new MemoryStore();
  store.change('orders', orderDoc(1));
  const result = resultDoc(1, 0, { ...there, specimenId: '', orderId: '', serverId: 's1' });
  await take(store, 'results', withMadeAt(result as unknown as AnyDoc, 'A1'));
  expect(results(store)[0]).toMatchObject({ specimenId: '', orderId: '' });
  await take(store, 'specimens', specimenDoc(1, there));
  expect(results(store)[0]).toMatchObject({ specimenId: 'spe-1', orderId: 'ord-1', change: 1 });
});

test('a specimen of another patient with the same number takes no results', async () => {
  const store = new MemoryStore();
  await take(store, 'results', resultDoc(1, 0, { ...there, specimenId: '', serverId: 's1' }));
  await take(store, 'specimens', specimenDoc(1, { ...there, patientId: 'pat-2' }));
  expect(results(store)[0]).toMatchObject({ specimenId: '' });
});

test.each([true, false])(
  'versions of a result find each other in whichever order they arrive (first first: %s)',
  async (inOrder) => {
    const store = new MemoryStore();
    const first = resultDoc(1, 0, { ...there, serverId: 's1', current: true });
    const second = resultDoc(1, 1, { ...there, serverId: 's2', version: 2, replacesId: 'Observation/s1' });
    for (const one of inOrder ? [first, second] : [second, first])
      await take(store, 'results', withMadeAt(one as unknown as AnyDoc, 'A1'));
    expect(results(store)[1]).toMatchObject({ replacesId: 'res-1-0', current: true });
    expect(results(store)[0]!.current).toBe(false);
    expect(store.all('tasks')).toEqual([]);
  },
);

describe('one critical measurement that came to two stations', () => {
  const sent = { messageId: 'm', verdict: 'held', interpretation: 'HH', verifiedBy: '' } as const;
  const mine = resultDoc(1, 1, { ...sent, ...there, instrumentId: 'B2.CHEM1', serverId: 's1' });
  const theirs = resultDoc(1, 0, { ...sent, ...there, instrumentId: 'A1.CHEM1', serverId: 's0' });
  const callOf = (result: typeof mine, more: object = {}) =>
    newTask(`call-${result.id}`, at, 'criticalCall', {
      ...{ sourceKey: `call:${result.id}`, resultId: result.id, ...more },
    });
  const recorded = {
    ...{ status: 'done', resolution: 'Called Sr Byrne, read back.', resolvedBy: 'p-1', resolvedAt: at },
    payload: { to: 'Sr Byrne', by: 'T. B2', at, station: 'B2' },
  };
  const calls = (store: MemoryStore) =>
    Object.fromEntries(store.all('tasks').map((one) => [one.resultId, [one.status, one.payload.to]]));

  /** The other station's result and then its call arrive where this one has its own. */
  async function meet(own: object, other: object): Promise<MemoryStore> {
    const store = new MemoryStore();
    store.change('results', mine);
    store.change('tasks', callOf(mine, own));
    await take(store, 'results', withMadeAt(theirs as unknown as AnyDoc, 'A1'));
    expect(results(store).map((one) => one.current)).toEqual([true, false]);
    await take(store, 'tasks', callOf(theirs, other));
    return store;
  }

  test('V3 one call is due for it, not two', async () => {
    const store = await meet({}, {});
    expect(calls(store)).toEqual({ 'res-1-0': ['open', undefined], 'res-1-1': ['rejected', undefined] });
  });

  test('V3 a call recorded for either counts for the one that stands', async () => {
    expect(calls(await meet(recorded, {}))).toMatchObject({ 'res-1-0': ['done', 'Sr Byrne'] });
    expect(calls(await meet({}, recorded))).toEqual({
      ...{ 'res-1-0': ['done', 'Sr Byrne'], 'res-1-1': ['rejected', undefined] },
    });
  });
});
