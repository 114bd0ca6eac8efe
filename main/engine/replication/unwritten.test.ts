import { describe, expect, it } from 'vitest';
import type { Replicated } from '../../../shared/fhir/mapping.ts';
import { claimingConditionalCreates, started } from '../../../test/sim/fhir/behind.ts';
import { createFhirServer, type FhirServer } from '../../../test/sim/fhir/server.ts';
import type { ReplicationConfig } from './contract.ts';
import { MemoryStore } from './memory-store.ts';
import type { Cause, ReplicationUnit } from './port.ts';
import { patientDoc, type Scene } from './testing.ts';

/** What the server answered and could not be written down here: nothing of it is made a second time, also where the server ignores conditions. */

/** A store that can fail. */
class FailingStore extends MemoryStore {
  /** Asked before each transaction. */
  failsNow: (cause: Cause) => boolean = () => false;
  /** Asked before the queue is read. */
  cannotRead: (collection: Replicated) => boolean = () => false;

  override write<T>(cause: Cause, work: (unit: ReplicationUnit) => Promise<T>): Promise<T> {
    if (this.failsNow(cause)) return Promise.reject(new Error('disk full'));
    return super.write(cause, work);
  }

  override queued(...args: Parameters<MemoryStore['queued']>): ReturnType<MemoryStore['queued']> {
    if (this.cannotRead(args[0])) return Promise.reject(new Error('cannot read'));
    return super.queued(...args);
  }
}

/** A server that says it creates conditionally and does not. */
async function scene(config: Partial<ReplicationConfig> = {}): Promise<Scene<FhirServer, FailingStore>> {
  const server = await createFhirServer({ seed: 3, switches: { conditionalCreate: 'ignored' } });
  const url = await claimingConditionalCreates(server.url);
  return started(server, new FailingStore(), { config: { url, ...config } });
}

const patientsAt = (server: FhirServer): number => server.stats().resources.Patient ?? 0;

describe('an answer that is not written down', () => {
  it('because the store failed does not make the records a second time', async () => {
    const { store, server, replication, until } = await scene();
    let failed = 0;
    store.failsNow = ({ actor }) => {
      if (actor !== 'server' || patientsAt(server) === 0 || failed > 0) return false;
      failed += 1;
      return true;
    };
    for (let n = 0; n < 5; n++) store.change('patients', patientDoc(n));
    replication.wake();
    await until(async () => (await store.countQueued()) === 0);
    expect(failed).toBe(1);
    expect(patientsAt(server)).toBe(5);
    for (const { serverId } of store.all('patients')) expect(serverId).not.toBe('');
  });

  it('because another record of the request had to be looked at in vain does not make the others a second time', async () => {
    const { store, server, replication, until } = await scene({ pullEveryMs: 60_000 });
    const first = patientDoc(0);
    store.change('patients', first);
    replication.wake();
    await until(async () => (await store.countQueued()) === 0 && replication.status().lastSyncAt !== '');
    await server.control.set({
      precondition: { count: 1 },
      error503: { count: 1, methods: ['GET'], types: ['Patient'] },
    });
    store.change('patients', { ...store.all('patients')[0]!, ward: '4D' });
    for (let n = 1; n < 5; n++) store.change('patients', patientDoc(n));
    replication.wake();
    await until(async () => (await store.countQueued()) === 0);
    expect(server.stats().faults).toMatchObject({ precondition: 1, error503: 1 });
    expect(patientsAt(server)).toBe(5);
  });
});

it('a run of sending that fails is over only when what is under way is written down', async () => {
  const { store, server, replication, until } = await scene({
    pullEveryMs: 60_000,
    entries: 2,
    backoffMs: { first: 60_000, most: 60_000 },
  });
  await until(() => replication.status().lastSyncAt !== '');
  await server.control.set({ slowMs: 500 });
  // Something is on its way when it is looked what else there is.
  store.cannotRead = (collection) => collection === 'orders' && store.all('patients').length > 0;
  for (let n = 0; n < 5; n++) store.change('patients', patientDoc(n));
  replication.wake();
  await until(() => replication.status().state === 'offline');
  const arrived = patientsAt(server);
  expect(arrived).toBeGreaterThan(0);
  expect(store.all('patients').filter(({ serverId }) => serverId !== '')).toHaveLength(arrived);
  // What was made ready and did not go is not kept from going.
  store.cannotRead = () => false;
  replication.now();
  await until(async () => (await store.countQueued()) === 0);
  expect(patientsAt(server)).toBe(5);
});
