import { describe, expect, it } from 'vitest';
import { realTimers } from '../timers.ts';
import { Attempts } from './attempts.ts';
import { Courtesy } from './courtesy.ts';
import { Item } from './item.ts';
import { Ledger } from './ledger.ts';
import { MemoryStore } from './memory-store.ts';
import type { AnyDoc } from './port.ts';
import { Recorder } from './record.ts';
import type { Result } from './settle.ts';
import { patientDoc } from './testing.ts';

const now = () => new Date();

function scene(more: () => boolean) {
  const store = new MemoryStore();
  const courtesy = new Courtesy(() => now().getTime(), realTimers);
  const written: Result[] = [];
  let sent = 0;
  const ledger = new Ledger({
    store,
    attempts: new Attempts(store, now),
    recorder: new Recorder({ store, now, newId: () => 'new', say: () => undefined }),
    courtesy,
    timers: realTimers,
    now,
    more,
    written: (result) => written.push(result),
    told: (count) => {
      sent += count.sent;
    },
  });
  /** Results of a request: patients from `from` on, all stored at the server. */
  const answered = (from: number, count: number): Result[] =>
    Array.from({ length: count }, (_, n) => {
      const doc = patientDoc(from + n);
      store.change('patients', doc);
      const read = store.all('patients').find(({ id }) => id === doc.id) as unknown as AnyDoc;
      const resource = { resourceType: 'Patient' };
      const rest = { serverId: '', versionId: '', main: true, completes: true };
      const item = new Item({ collection: 'patients', doc: read, resource, ...rest }, Buffer.from('{}'));
      return { item, settled: { kind: 'done', id: `s${from + n}`, versionId: '1' } };
    });
  return { store, courtesy, ledger, written, answered, sent: () => sent };
}

describe('writing down what requests came to', () => {
  it('takes what comes in a short while in one transaction, and says so when it is durable', async () => {
    let more = true;
    const { store, ledger, answered, written, sent } = scene(() => more);
    const [first, second] = [answered(0, 20), answered(20, 20)];
    const one = ledger.add(first);
    more = false;
    await Promise.all([one, ledger.add(second)]);
    expect(store.writes).toBe(1);
    expect(written).toEqual([...first, ...second]);
    expect(sent()).toBe(40);
    expect(await store.countQueued()).toBe(0);
    expect((await store.byServerId('patients', 's39'))?.syncState).toBe('onServer');
  });

  it('does not wait for a slow server', async () => {
    const { store, ledger, answered } = scene(() => true);
    await ledger.add(answered(0, 3));
    expect(await store.countQueued()).toBe(0);
  });

  it('writes small parts while the bench is at work', async () => {
    const { store, courtesy, ledger, answered } = scene(() => false);
    const results = answered(0, 50);
    courtesy.benchActed();
    await ledger.add(results);
    expect(store.writes).toBe(3);
    expect(await store.countQueued()).toBe(0);
  });

  it('tells whom it could not write down, and goes on with the next', async () => {
    const { store, ledger, answered, written } = scene(() => false);
    store.beforeWrite = () => {
      throw new Error('disk full');
    };
    await expect(ledger.add(answered(0, 5))).rejects.toThrow('disk full');
    expect(written).toEqual([]);
    store.beforeWrite = () => undefined;
    await ledger.add(answered(5, 5));
    expect(written.length).toBe(5);
    expect(await store.countQueued()).toBe(5);
  });
});
