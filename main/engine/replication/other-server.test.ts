import type { Patient } from 'fhir/r4';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startedBehind } from '../../../test/sim/fhir/behind.ts';
import type { Between } from '../../../test/sim/fhir/between.ts';
import type { Resource } from '../../../test/sim/fhir/resource.ts';
import { createFhirServer, type FhirServer, type FhirServerOptions } from '../../../test/sim/fhir/server.ts';
import { OTHER_MAKE } from '../../../test/sim/fhir/switches.ts';
import { type Scene as AnyScene, patientDoc, putCase } from './testing.ts';

/** At the address of the server there is another one: a test system became the real one, or the data base was made anew. */

const CASES = 3;
type Scene = AnyScene<FhirServer> & { between: Between; notices: (string | null)[] };

/** Another server that takes its place; away when the test is over. */
async function another(options: FhirServerOptions = {}): Promise<FhirServer> {
  const other = await createFhirServer({ seed: 6, switches: OTHER_MAKE, ...options });
  onTestFinished(() => other.stop());
  return other;
}

/** A station whose cases are at the server, in step with it. */
async function begin(): Promise<Scene> {
  const server = await createFhirServer({ seed: 5, switches: OTHER_MAKE });
  const notices: (string | null)[] = [];
  const scene = await startedBehind(server, {
    onNotice: (id, problem) => void (id === 'serverRestored' && notices.push(problem?.code ?? null)),
  });
  for (let n = 0; n < CASES; n += 1) putCase(scene.store, n, 2);
  scene.replication.wake();
  await drained(scene);
  await round(scene);
  return Object.assign(scene, { notices });
}

const drained = (of: AnyScene<FhirServer>) => of.until(async () => (await of.store.countQueued()) === 0);

/** The other server was recognised, and has everything. */
async function mended(of: Scene): Promise<void> {
  await of.until(() => of.notices.includes('server.restored'));
  await of.until(() => of.notices.at(-1) === null);
  await drained(of);
}

/** Waits for whole rounds that began after this call. */
async function round(of: AnyScene<FhirServer>): Promise<void> {
  for (let n = 0; n < 2; n += 1) {
    const before = of.replication.status().lastSyncAt;
    of.replication.now();
    await of.until(() => of.replication.status().lastSyncAt > before);
  }
}

function stranger(id: string, n: number): Patient {
  return {
    resourceType: 'Patient',
    id,
    identifier: [{ system: 'urn:mrn', value: `OTHER-${n}` }],
    name: [{ use: 'official', family: `STRANGER ${n}`, given: ['Ada'] }],
    gender: 'male',
    birthDate: '1950-01-01',
  };
}

/** Everything of the station is at the other server, once, each result with its own patient. */
function expectAllThere(of: Scene, there: FhirServer): void {
  expect(there.stats().duplicates).toEqual([]);
  expect(there.stats().resources).toMatchObject({
    ...{ ServiceRequest: CASES, Specimen: CASES, Observation: 2 * CASES },
    ...{ DiagnosticReport: CASES, Provenance: CASES },
  });
  const mine = of.store.all('patients').filter(({ id }) => id.startsWith('pat-'));
  expect(mine.map(({ familyName }) => familyName)).toEqual(
    mine.map((doc) => patientDoc(Number(doc.id.slice(4))).familyName),
  );
  for (const result of there.control.all('Observation')) {
    const [, n] = /"res-(\d+)-\d"/.exec(JSON.stringify(result.identifier)) ?? [];
    const { reference } = result.subject as { reference: string };
    const subject = there.control.read('Patient', reference.split('/')[1] ?? '');
    expect(JSON.stringify(subject)).toContain(`"MRN-${n}"`);
  }
  expect(of.store.all('tasks').filter(({ status }) => status === 'open')).toEqual([]);
}

describe('another server at the same address', () => {
  it('gets everything once, and what it had before is fetched however old it is', async () => {
    let age = 0;
    const other = await another({ now: () => Date.now() - age });
    age = 86_400_000;
    other.control.load([stranger('old-1', 1), stranger('old-2', 2)] as unknown as Resource[]);
    age = 0;
    const of = await begin();
    other.control.load([stranger('new-1', 3)] as unknown as Resource[]);
    of.between.server = other.url;
    await mended(of);
    await round(of);
    expectAllThere(of, other);
    const strangers = of.store.all('patients').filter(({ familyName }) => familyName.startsWith('STRANGER'));
    expect(strangers.map(({ identifier }) => identifier).sort()).toEqual(['OTHER-1', 'OTHER-2', 'OTHER-3']);
  });

  it('whose records have the same ids, and even the same versions, gives no record the content or the place of another', async () => {
    const of = await begin();
    const other = await another();
    const ids = of.store.all('patients').map(({ serverId }) => serverId);
    other.control.load(ids.map((id, n) => stranger(id, n)) as unknown as Resource[]);
    of.between.server = other.url;
    await mended(of);
    await round(of);
    expectAllThere(of, other);
    for (const [n, id] of ids.entries())
      expect(other.control.read('Patient', id)).toMatchObject({ name: [{ family: `STRANGER ${n}` }] });
  });

  it.each([
    ['and nothing of it goes to the record that has its id there', true],
    ['also where nothing has its id there', false],
  ])('gets what the first one had deleted and a person keeps here, %s', async (_, isTaken) => {
    const of = await begin();
    await of.server.control.set({ deletedSearch: 'yes' });
    await of.restart();
    const [kept] = of.store.all('patients');
    of.server.control.remove('Patient', kept!.serverId);
    const stands = () => of.store.all('patients').find(({ id }) => id === kept!.id)?.syncState;
    await of.until(() => stands() === 'conflict');
    await of.replication.decide('patients', kept!.id, [], { command: 'sync.decide', actor: 'ml' });
    expect(stands()).toBe('local');
    const other = await another();
    if (isTaken) other.control.load([stranger(kept!.serverId, 1)] as unknown as Resource[]);
    else await drained(of);
    of.between.server = other.url;
    await mended(of);
    await round(of);
    expect(stands()).toBe('onServer');
    expectAllThere(of, other);
  });

  it('that was emptied wholly gets everything again, once', async () => {
    const of = await begin();
    of.server.control.restore(0);
    await mended(of);
    await round(of);
    expectAllThere(of, of.server);
  });
});
