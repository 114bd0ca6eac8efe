import type { Patient } from 'fhir/r4';
import { afterEach, describe, expect, it } from 'vitest';
import type { LeveyError } from '../../../shared/errors.ts';
import type { Resource } from '../../../test/sim/fhir/resource.ts';
import { createFhirServer, type FhirServer, type FhirServerOptions } from '../../../test/sim/fhir/server.ts';
import { MemoryStore } from './memory-store.ts';
import { type Scene as AnyScene, begin as beginScene, putCase } from './testing.ts';

type Scene = AnyScene<FhirServer>;

let current: Scene | undefined;
const notices: { id: string; problem: LeveyError | null }[] = [];
afterEach(async () => {
  await current?.end();
  current = undefined;
  notices.length = 0;
});

async function begin(options: FhirServerOptions = {}): Promise<Scene> {
  const server = await createFhirServer({ seed: 1, ...options });
  current = beginScene(server, new MemoryStore(), {
    onNotice: (id, problem) => notices.push({ id, problem }),
  });
  return current;
}

const drained = (of: Scene) => of.until(async () => (await of.store.countQueued()) === 0);
const told = (id: string) =>
  notices.filter((notice) => notice.id === id).map((notice) => notice.problem?.message);

/** Waits for a whole round that began after this call. */
async function round(of: Scene): Promise<void> {
  for (let n = 0; n < 2; n += 1) {
    const before = of.replication.status().lastSyncAt;
    of.replication.now();
    await of.until(() => of.replication.status().lastSyncAt > before);
  }
}

const admitted: Patient = {
  resourceType: 'Patient',
  id: 'adm-1',
  identifier: [{ system: 'urn:mrn', value: '5120 9934' }],
  name: [{ use: 'official', family: 'ŞAHİN', given: ['Ayşe'] }],
  telecom: [{ system: 'phone', value: '555' }],
  birthDate: '1988-04-21',
};

/** Two cases before the backup, two after it with a change of the first; everything at the server. */
async function backedUp(of: Scene): Promise<number> {
  putCase(of.store, 1);
  putCase(of.store, 2);
  of.replication.wake();
  await drained(of);
  const snapshot = of.server.control.snapshot();
  of.server.control.put(admitted as unknown as Resource);
  putCase(of.store, 3);
  putCase(of.store, 4);
  const [first] = of.store.all('patients').filter((patient) => patient.id === 'pat-1');
  if (first === undefined) throw new Error('the first patient is not here');
  of.store.change('patients', { ...first, ward: 'ICU' });
  of.replication.wake();
  await drained(of);
  await of.until(() => of.store.all('patients').some((patient) => patient.serverId === 'adm-1'));
  await round(of);
  return snapshot;
}

/** Nothing is lost: four cases, once each, the changed ward and the patient another system had made. */
async function expectEverything(of: Scene): Promise<void> {
  await of.until(() => told('serverRestored').some((what) => what !== undefined));
  await drained(of);
  await of.until(() => told('serverRestored').at(-1) === undefined);
  const stats = of.server.stats();
  expect(stats.duplicates).toEqual([]);
  expect(stats.resources).toMatchObject({
    Patient: 5,
    ServiceRequest: 4,
    Specimen: 4,
    Observation: 4,
    DiagnosticReport: 4,
    Provenance: 4,
  });
  const there = of.server.control.all('Patient');
  expect(JSON.stringify(there)).toContain('ICU');
  expect(there.filter((patient) => JSON.stringify(patient).includes('ŞAHİN'))).toMatchObject([
    { telecom: admitted.telecom, birthDate: admitted.birthDate },
  ]);
  for (const name of ['patients', 'orders', 'specimens', 'results', 'reports'] as const) {
    for (const doc of of.store.all(name)) expect(doc.syncState).toBe('onServer');
  }
  expect(of.store.all('tasks')).toEqual([]);
  const ids = new Set(there.map((patient) => `Patient/${patient.id}`));
  for (const result of of.server.control.all('Observation')) {
    expect(ids).toContain((result.subject as { reference: string }).reference);
  }
  expect(told('serverRestored').join()).toMatch(/put back to an earlier state/);
}

describe('a server restored from a backup', () => {
  it('is recognised when it is back, explained, and gets again what it lost, once', async () => {
    const of = await begin();
    const snapshot = await backedUp(of);
    await of.server.control.set({ down: 'refuse' });
    of.replication.now();
    await of.until(() => of.replication.status().state === 'offline');
    of.server.control.restore(snapshot);
    await of.server.control.set({ down: 'no' });
    of.replication.now();
    await expectEverything(of);
  });

  it('is recognised by the next look although it was never away', async () => {
    const of = await begin();
    of.server.control.restore(await backedUp(of));
    await expectEverything(of);
  });

  it('is recognised by a change of a record that is gone, although others have written since', async () => {
    const of = await begin();
    const snapshot = await backedUp(of);
    await of.replication.stop();
    of.server.control.restore(snapshot);
    const more = { ...admitted, id: 'adm-2', identifier: [{ system: 'urn:mrn', value: 'later' }] };
    of.server.control.put({ ...more, name: [{ family: 'LATER' }] } as unknown as Resource);
    const last = of.store.all('patients').find((patient) => patient.id === 'pat-4');
    if (last === undefined) throw new Error('the last patient is not here');
    of.store.change('patients', { ...last, ward: '4A' });
    await of.restart();
    await of.until(() => told('serverRestored').some((what) => what !== undefined));
    await drained(of);
    expect(of.server.stats().duplicates).toEqual([]);
    expect(of.server.stats().resources).toMatchObject({ Patient: 6, Observation: 4, DiagnosticReport: 4 });
    expect(JSON.stringify(of.server.control.all('Patient'))).toContain('4A');
    expect(of.store.all('tasks')).toEqual([]);
  });

  it('goes on after the engine was stopped in the middle', async () => {
    const of = await begin();
    const snapshot = await backedUp(of);
    await of.replication.stop();
    of.server.control.restore(snapshot);
    await of.server.control.set({ error503: { skip: 12, methods: ['GET'] } });
    await of.restart();
    await of.until(
      () =>
        told('serverRestored').some((what) => what !== undefined) &&
        of.replication.status().state === 'offline',
    );
    await of.replication.stop();
    await of.server.control.set({ error503: 0 });
    await of.restart();
    await expectEverything(of);
  });

  it('is not taken for one where somebody deleted the newest records', async () => {
    const of = await begin();
    await backedUp(of);
    of.server.control.remove('Patient', 'adm-1');
    await of.until(() => of.store.all('tasks').length === 1);
    await round(of);
    expect(told('serverRestored').filter((what) => what !== undefined)).toEqual([]);
  });
});

describe('clocks that do not agree', () => {
  it.each([5, -5])('%i hours off: told, and nothing is lost or repeated', async (hours) => {
    const of = await begin({ switches: { clockOffsetMs: hours * 3_600_000 } });
    putCase(of.store, 1);
    of.server.control.put(admitted as unknown as Resource);
    of.replication.wake();
    await drained(of);
    await of.until(() => of.store.all('patients').some((patient) => patient.serverId === 'adm-1'));
    await round(of);
    of.server.control.put({ ...admitted, birthDate: '1988-04-12' } as unknown as Resource);
    await of.until(() => of.store.all('patients').some((patient) => patient.birthDate === '1988-04-12'));
    of.server.control.remove('Patient', 'adm-1');
    await of.until(() => of.store.all('tasks').length === 1);
    await round(of);
    const { versions } = of.server.stats();
    const { writes } = of.store;
    await round(of);
    expect(of.server.stats().versions).toBe(versions);
    expect(of.store.writes).toBe(writes);
    expect(of.server.stats().duplicates).toEqual([]);
    expect(Math.abs((of.replication.status().clockSkewSeconds ?? 0) - hours * 3600)).toBeLessThan(5);
    expect(told('serverClock').at(-1)).toContain(hours > 0 ? '5 h behind' : '5 h ahead of');
  });
});
