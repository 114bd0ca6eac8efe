import { expect, it } from 'vitest';
import { Attempts } from './attempts.ts';
import { Item, sendingOf } from './item.ts';
import { MemoryStore } from './memory-store.ts';
import type { AnyDoc } from './port.ts';
import { patientDoc } from './testing.ts';

const now = () => new Date('2026-07-29T07:00:00.000Z');

/** A patient that is to be created. */
function created(n: number): Item {
  const doc = patientDoc(n) as unknown as AnyDoc;
  const resource = { resourceType: 'Patient' as const };
  return new Item(sendingOf('patients', doc, resource, true), Buffer.from(JSON.stringify(resource)));
}

it('doubts what was under way in a crash until it is answered, whatever other runs came between', async () => {
  const store = new MemoryStore();
  const [one, other] = [created(1), created(2)];
  await new Attempts(store, now).sending([one]);
  // The engine is killed. The next run sends something else and ends in order.
  const second = new Attempts(store, now);
  expect(await second.doubtful([one])).toEqual(new Set([one]));
  await second.sending([other]);
  await second.end();
  expect(await new Attempts(store, now).doubtful([one])).toEqual(new Set([one]));
});

it('doubts nothing after a run that ended in order', async () => {
  const store = new MemoryStore();
  const one = created(1);
  const first = new Attempts(store, now);
  await first.doubtful([one]);
  await first.sending([one]);
  await first.end();
  expect(await new Attempts(store, now).doubtful([one])).toEqual(new Set());
});

it('keeps its doubt where the answer could not be written down, and over a restart', async () => {
  const store = new MemoryStore();
  const one = created(1);
  const first = new Attempts(store, now);
  await first.sending([one]);
  await first.unanswered([one]);
  const cause = { command: 'sync', actor: 'server' };
  const failing = store.write(cause, async (unit) => {
    await first.answered(unit, [one]);
    throw new Error('disk full');
  });
  await expect(failing).rejects.toThrow('disk full');
  expect(await first.doubtful([one])).toEqual(new Set([one]));
  await first.end();
  const next = new Attempts(store, now);
  expect(await next.doubtful([one])).toEqual(new Set([one]));
  await store.write(cause, (unit) => next.answered(unit, [one]));
  next.settled([one]);
  expect(await next.doubtful([one])).toEqual(new Set());
  expect(await new Attempts(store, now).doubtful([one])).toEqual(new Set());
});

it('keeps its doubt at the end of a run where it could not be written down before', async () => {
  const store = new MemoryStore();
  const one = created(1);
  const first = new Attempts(store, now);
  await first.sending([one]);
  store.beforeWrite = () => {
    throw new Error('disk full');
  };
  await expect(first.unanswered([one])).rejects.toThrow('disk full');
  store.beforeWrite = () => undefined;
  await first.end();
  expect(await new Attempts(store, now).doubtful([one])).toEqual(new Set([one]));
});
