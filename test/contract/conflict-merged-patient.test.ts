import type { Patient } from 'fhir/r4';
import { afterEach, expect, test } from 'vitest';
import { patientDoc, resultDoc } from '../../main/engine/replication/testing.ts';
import { isOnePerson } from '../../main/engine/results/specimen-state.ts';
import { type Conflict, conflict } from './conflict-fixture.ts';

/** A patient was merged into another one at the server while this station worked on. */

let of: Conflict | undefined;
afterEach(async () => {
  await of?.end();
  of = undefined;
});

test('a patient merged at the server keeps its records here under its own number, points to the other one, and new work goes up', async () => {
  of = await conflict();
  of.store.change('patients', patientDoc(2));
  await of.plug();
  const [one, two] = ['pat-1', 'pat-2'].map((id) => of!.store.all('patients').find((doc) => doc.id === id)!);
  await of.unplug();
  of.put({
    ...of.there<Patient>('Patient', one!.serverId),
    active: false,
    link: [{ other: { reference: `Patient/${two!.serverId}` }, type: 'replaced-by' }],
  });
  of.store.change('results', resultDoc(1, 1, { testCode: 'K', verdict: 'ready', status: 'preliminary' }));
  await of.plug();
  const merged = of.store.all('patients').find((doc) => doc.id === 'pat-1')!;
  const other = of.store.all('patients').find((doc) => doc.id === 'pat-2')!;
  expect(merged).toMatchObject({ mergedInto: 'pat-2', identifier: 'MRN-1', syncState: 'onServer' });
  expect(await isOnePerson((id) => of!.store.byId('patients', id), merged.id, other.id)).toBe(true);
  // What was measured stays what it was: a merge moves no result by itself.
  expect(of.store.all('results').map((doc) => doc.patientId)).toEqual(['pat-1', 'pat-1']);
  expect(of.store.all('results').every((doc) => doc.syncState === 'onServer')).toBe(true);
  expect(of.store.all('reports')[0]).toMatchObject({
    state: 'signed',
    patientId: 'pat-1',
    syncState: 'onServer',
  });
  expect(of.server.stats().duplicates).toEqual([]);
  expect(of.there<Patient>('Patient', one!.serverId)).toMatchObject({ active: false });
});

test('a patient merged at the server and changed here: the merge is taken, the change is sent, the elements nobody models stay', async () => {
  of = await conflict();
  of.store.change('patients', patientDoc(2));
  await of.plug();
  const one = of.store.all('patients').find((doc) => doc.id === 'pat-1')!;
  const two = of.store.all('patients').find((doc) => doc.id === 'pat-2')!;
  await of.unplug();
  of.store.change('patients', { ...one, ward: '9B' });
  of.put({
    ...of.there<Patient>('Patient', one.serverId),
    active: false,
    maritalStatus: { text: 'widowed' },
    link: [{ other: { reference: `Patient/${two.serverId}` }, type: 'replaced-by' }],
  });
  await of.plug();
  expect(of.store.all('patients').find((doc) => doc.id === 'pat-1')).toMatchObject({
    mergedInto: 'pat-2',
    ward: '9B',
    syncState: 'onServer',
  });
  expect(of.there<Patient>('Patient', one.serverId)).toMatchObject({
    active: false,
    maritalStatus: { text: 'widowed' },
    link: [{ other: { reference: `Patient/${two.serverId}` } }],
  });
  expect(of.store.all('tasks')).toEqual([]);
});
