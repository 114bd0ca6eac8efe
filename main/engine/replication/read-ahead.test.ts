import { describe, expect, it } from 'vitest';
import { Courtesy } from './courtesy.ts';
import { Flying } from './flights.ts';
import { Links } from './links.ts';
import { MemoryStore } from './memory-store.ts';
import { Outbox } from './outbox.ts';
import { patientDoc } from './testing.ts';

/** A queue of patients, how often it was read, and a clock that is set by hand. */
function scene(patients: number) {
  const clock = { ms: Date.UTC(2026, 6, 29, 6) };
  const store = new (class extends MemoryStore {
    reads = 0;
    override queued(...args: Parameters<MemoryStore['queued']>) {
      this.reads += 1;
      return super.queued(...args);
    }
  })();
  for (let n = 0; n < patients; n++) store.change('patients', patientDoc(n));
  const now = () => clock.ms;
  const courtesy = new Courtesy(now, {
    set: (_, then) => {
      queueMicrotask(then);
      return () => undefined;
    },
  });
  const outbox = new Outbox(store, new Links(store, 'B2'), now, courtesy);
  const flying = new Flying();
  /** Ids of the next so many, which are then under way. */
  const next = async (entries: number): Promise<string[]> => {
    const { items } = await outbox.next({ entries, bytes: 1_000_000, conditional: entries }, flying);
    for (const { collection, doc } of items) flying.add(collection, doc.id);
    return items.map(({ doc }) => doc.id);
  };
  return { clock, store, courtesy, outbox, next };
}

describe('reading the queue ahead', () => {
  it('gives each record once and in order, and does not read it again for the next request', async () => {
    const { store, next } = scene(50);
    const first = await next(20);
    const { reads } = store;
    const second = await next(20);
    expect(store.reads).toBe(reads);
    const third = await next(20);
    expect([...first, ...second, ...third]).toEqual(store.all('patients').map(({ id }) => id));
    expect(await next(20)).toEqual([]);
  });

  it('says that nothing waits only when it has looked again', async () => {
    const { store, next } = scene(10);
    await next(20);
    // Nobody says so: as what replication itself queues.
    store.change('patients', patientDoc(91));
    expect(await next(20)).toContain(patientDoc(91).id);
  });

  it('reads again what the bench has changed since, after a second, and in a new run', async () => {
    const { clock, store, courtesy, outbox, next } = scene(60);
    const readsFor = async (before: () => void) => {
      const { reads } = store;
      before();
      await next(10);
      return store.reads - reads;
    };
    await next(10);
    expect(await readsFor(() => undefined)).toBe(0);
    const acted = () => {
      courtesy.benchActed();
      // The bench rests again.
      clock.ms += 500;
    };
    expect(await readsFor(acted)).toBeGreaterThan(0);
    expect(await readsFor(() => (clock.ms += 1_001))).toBeGreaterThan(0);
    expect(await readsFor(() => outbox.begin())).toBeGreaterThan(0);
    expect(await readsFor(() => undefined)).toBe(0);
  });
});

describe('a clock that is put back by hours', () => {
  const HOURS = 5 * 3_600_000;

  it('keeps no record from going', async () => {
    const { clock, outbox, next } = scene(1);
    outbox.rest('patients', patientDoc(0).id, 60_000);
    expect(await next(10)).toEqual([]);
    clock.ms -= HOURS;
    expect(await next(10)).toEqual([patientDoc(0).id]);
  });

  it('keeps no collection from going', async () => {
    const { clock, outbox, next } = scene(3);
    outbox.close('patients', 300_000);
    expect(await next(10)).toEqual([]);
    clock.ms -= HOURS;
    expect(await next(10)).toHaveLength(3);
  });

  it('does not let what was read count as new, nor the bench as at work, for hours', async () => {
    const { clock, store, courtesy, next } = scene(50);
    courtesy.benchActed();
    expect(courtesy.isDue).toBe(true);
    clock.ms -= HOURS;
    expect(courtesy.isDue).toBe(false);
    await next(10);
    const { reads } = store;
    clock.ms -= HOURS;
    await next(10);
    expect(store.reads).toBeGreaterThan(reads);
  });
});
