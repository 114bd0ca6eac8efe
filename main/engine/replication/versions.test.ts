import type { Patient } from 'fhir/r4';
import { expect, it } from 'vitest';
import { startedBehind } from '../../../test/sim/fhir/behind.ts';
import type { Between, Passing } from '../../../test/sim/fhir/between.ts';
import type { Resource } from '../../../test/sim/fhir/resource.ts';
import { createFhirServer, type FhirServer } from '../../../test/sim/fhir/server.ts';
import { type Scene as AnyScene, patientDoc } from './testing.ts';

/** A server that names no versions, as the standard allows: nothing guards an update there, so it is looked before each. */

type Scene = AnyScene<FhirServer> & { between: Between; guards: string[] };

/** The same without any version, in bodies and headers. */
function unversioned(passing: Passing): Passing {
  const { etag: _etag, location, ...headers } = passing.headers;
  const named = location === undefined ? {} : { location: withoutHistory(location) };
  if (passing.text === '') return { ...passing, headers: { ...headers, ...named } };
  const body = JSON.parse(passing.text, (name, value) => {
    if (name === 'versionId' || name === 'etag') return undefined;
    return name === 'location' && typeof value === 'string' ? withoutHistory(value) : value;
  }) as unknown;
  return { ...passing, headers: { ...headers, ...named }, text: JSON.stringify(body) };
}

const withoutHistory = (location: string) => location.replace(/\/_history\/.*/, '');

/** A station in step with such a server, both with one patient. */
async function begin(): Promise<Scene> {
  const server = await createFhirServer({ seed: 5 });
  const guards: string[] = [];
  const scene = await startedBehind(server);
  scene.between.answer = unversioned;
  scene.between.instead = ({ path, body }) => {
    guards.push(...(body.match(/"ifMatch":"[^"]*"/g) ?? []));
    return path.includes('/_history') ? NO_HISTORY : undefined;
  };
  scene.store.change('patients', patientDoc(1));
  await sent(scene);
  return Object.assign(scene, { guards });
}

const NO_HISTORY = {
  status: 404,
  headers: { 'content-type': 'application/fhir+json' },
  text: '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-found"}]}',
};

const here = (of: AnyScene<FhirServer>) => of.store.all('patients')[0]!;
const there = (of: AnyScene<FhirServer>) =>
  of.server.control.read('Patient', here(of).serverId) as unknown as Patient;
const change = (of: Scene, birthDate: string) =>
  void of.server.control.put({ ...there(of), birthDate } as unknown as Resource);

/** What is here is sent. */
async function sent(of: AnyScene<FhirServer>): Promise<void> {
  of.replication.wake();
  await of.until(() => here(of).syncState === 'onServer');
}

it('changes made here one after the other go there, and nobody is asked', async () => {
  const of = await begin();
  for (const ward of ['7A', '7B']) {
    of.store.change('patients', { ...here(of), ward });
    await sent(of);
    expect(here(of)).toMatchObject({ ward, syncState: 'onServer' });
    expect(JSON.stringify(there(of))).toContain(ward);
  }
  expect(of.store.all('tasks')).toEqual([]);
  expect(of.guards).toEqual([]);
});

it('what others change there is taken over', async () => {
  const of = await begin();
  change(of, '1990-01-01');
  await of.until(() => here(of).birthDate === '1990-01-01');
  change(of, '1991-01-01');
  await of.until(() => here(of).birthDate === '1991-01-01');
  expect(of.store.all('tasks')).toEqual([]);
});

it('what others changed there at the moment it is changed here is not overwritten: a person decides, and that goes', async () => {
  const of = await begin();
  // Changed there after the station has looked for news, before it sends.
  let changed = 0;
  of.between.instead = ({ method, path, body }) => {
    if (path.includes('/_history')) return NO_HISTORY;
    const isLook = method === 'GET' && path.includes(`/Patient/${here(of).serverId}`);
    const isUpdate = method !== 'GET' && body.includes('7A');
    if (changed === 0 && (isLook || isUpdate)) {
      changed += 1;
      change(of, '1990-01-01');
    }
    return undefined;
  };
  of.store.change('patients', { ...here(of), ward: '7A' });
  of.replication.wake();
  await of.until(() => here(of).syncState === 'conflict');
  expect(there(of).birthDate).toBe('1990-01-01');
  await of.replication.decide('patients', here(of).id, ['ward'], { actor: 'ml', command: 'sync.decide' });
  await sent(of);
  expect(here(of)).toMatchObject({ ward: '7A', birthDate: '1990-01-01', syncState: 'onServer' });
  expect(there(of)).toMatchObject({ birthDate: '1990-01-01' });
  expect(JSON.stringify(there(of))).toContain('7A');
});
