import type { Patient } from 'fhir/r4';
import { afterEach, describe, expect, test } from 'vitest';
import { MemoryStore } from '../../main/engine/replication/memory-store.ts';
import { begin, patientDoc, putCase, resultDoc, type Scene } from '../../main/engine/replication/testing.ts';
import { isOnePerson } from '../../main/engine/results/specimen-state.ts';
import { type Between, standBetween } from '../sim/fhir/between.ts';
import type { Resource } from '../sim/fhir/resource.ts';
import { createFhirServer, type FhirServer } from '../sim/fhir/server.ts';
import { type Conflict, conflict, DECIDER } from './conflict-fixture.ts';

/** Ways that are gone seldom: merges in a row, deletions of what was changed here, servers without a history. */

let of: Conflict | undefined;
let scene: Scene<FhirServer> | undefined;
let between: Between | undefined;
afterEach(async () => {
  await of?.end();
  await scene?.end();
  await between?.close();
  of = undefined;
  scene = undefined;
  between = undefined;
});

const patient = (store: MemoryStore, id: string) => store.all('patients').find((doc) => doc.id === id)!;

test('a patient merged into one that is merged into a third is the same person as that one, in whatever order it is heard of', async () => {
  of = await conflict();
  for (const n of [2, 3, 4]) of.store.change('patients', patientDoc(n));
  await of.plug();
  const id = (n: number) => patient(of!.store, `pat-${n}`).serverId;
  const merge = (from: number, into: number) =>
    of!.put({
      ...of!.there<Patient>('Patient', id(from)),
      active: false,
      link: [{ other: { reference: `Patient/${id(into)}` }, type: 'replaced-by' }],
    });
  merge(2, 3);
  await of.round();
  merge(1, 2);
  await of.plug();
  const [one, two, three] = [1, 2, 3].map((n) => patient(of!.store, `pat-${n}`));
  expect([one?.mergedInto, two?.mergedInto, three?.mergedInto]).toEqual(['pat-2', 'pat-3', '']);
  const same = (a: string, b: string) => isOnePerson((id) => of!.store.byId('patients', id), a, b);
  expect(await same('pat-1', 'pat-3')).toBe(true);
  expect(await same('pat-3', 'pat-1')).toBe(true);
  expect(await same('pat-1', 'pat-4')).toBe(false);
  merge(4, 3);
  await of.round();
  expect(await same('pat-1', 'pat-4')).toBe(true);
  expect(of.store.all('results').map((doc) => doc.patientId)).toEqual(['pat-1']);
  expect(of.store.all('tasks')).toEqual([]);
});

describe('deleted at the server, changed here', () => {
  test('a person decides; what is kept stays here, and is not made anew behind the back of whoever deleted it', async () => {
    of = await conflict();
    const one = patient(of.store, 'pat-1');
    await of.unplug();
    of.store.change('patients', { ...one, ward: '9B' });
    of.server.control.remove('Patient', one.serverId);
    await of.plug();
    expect(patient(of.store, 'pat-1')).toMatchObject({ syncState: 'conflict', ward: '9B' });
    const open = of.store.all('tasks').filter(({ status }) => status === 'open');
    expect(open).toMatchObject([{ reason: 'deletedAtServer', sourceKey: 'conflict:patients:pat-1' }]);
    await of.replication.decide('patients', 'pat-1', ['ward'], DECIDER);
    await of.plug();
    expect(patient(of.store, 'pat-1')).toMatchObject({ ward: '9B', syncState: 'local' });
    expect(of.store.all('tasks').filter(({ status }) => status === 'open')).toEqual([]);
    expect(of.server.control.all('Patient')).toEqual([]);
    expect(of.server.stats().duplicates).toEqual([]);
  });

  test('a person who decided before the deletion was heard of is not asked the same once more', async () => {
    of = await conflict();
    const one = patient(of.store, 'pat-1');
    await of.unplug();
    of.store.change('patients', { ...one, ward: '9B' });
    of.server.control.remove('Patient', one.serverId);
    await of.server.control.set({ deletedSearch: 'refused' });
    await of.plug();
    expect(patient(of.store, 'pat-1')).toMatchObject({ syncState: 'conflict', ward: '9B' });
    await of.replication.decide('patients', 'pat-1', [], DECIDER);
    await of.server.control.set({ deletedSearch: 'yes' });
    await of.restart();
    await of.round();
    expect(patient(of.store, 'pat-1')).toMatchObject({ ward: '9B', syncState: 'local' });
    expect(of.store.all('tasks').map(({ status }) => status)).toEqual(['done']);
  });
});

describe('a server without a history', () => {
  test.each([
    ['404', 404],
    ['501', 501],
  ])(
    '(%s): changes of both sides meet, and what cannot be told apart is put before a person',
    async (_, status) => {
      const server = await createFhirServer({ seed: 5 });
      between = await standBetween(server.url);
      between.instead = ({ path }) =>
        path.includes('_history')
          ? {
              status,
              headers: { 'content-type': 'application/fhir+json' },
              text: '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-supported"}]}',
            }
          : undefined;
      scene = begin(server, new MemoryStore(), { config: { url: between.url } });
      const { store } = scene;
      putCase(store, 1);
      await server.control.set({ lostAnswer: { count: 3, methods: ['POST'] } });
      scene.replication.wake();
      const drained = () => scene!.until(async () => (await store.countQueued()) === 0);
      await drained();
      const one = patient(store, 'pat-1');
      await server.control.set({ down: 'refuse' });
      const there = server.control.read('Patient', one.serverId);
      store.change('patients', { ...one, ward: '9B' });
      server.control.put({ ...there, maritalStatus: { text: 'widowed' } } as Resource);
      store.change('results', resultDoc(1, 1, { testCode: 'K' }));
      await server.control.set({ down: 'no', lostAnswer: { count: 2, methods: ['POST'] } });
      scene.replication.now();
      await drained();
      expect(server.control.read('Patient', one.serverId)).toMatchObject({
        maritalStatus: { text: 'widowed' },
      });
      const asked = store.all('tasks').filter((task) => task.status === 'open');
      const isThere = JSON.stringify(server.control.read('Patient', one.serverId)).includes('9B');
      expect(isThere || asked.length === 1).toBe(true);
      expect(patient(store, 'pat-1').ward).toBe('9B');
      expect(server.stats()).toMatchObject({
        duplicates: [],
        resources: { Patient: 1, Observation: 2, DiagnosticReport: 1 },
      });
      expect(store.all('results').every(({ syncState }) => syncState === 'onServer')).toBe(true);
    },
  );
});
