import { expect, it } from 'vitest';
import type { LeveyError } from '../../../shared/errors.ts';
import { between, started } from '../../../test/sim/fhir/behind.ts';
import { createFhirServer } from '../../../test/sim/fhir/server.ts';
import { MemoryStore } from './memory-store.ts';
import { patientDoc, putCase } from './testing.ts';

/** What the server does not let this station read, and a token endpoint that is away. */

it('a scope that does not let it read a kind is explained, as long as it is so, and the others go on', async () => {
  const client = { kind: 'clientCredentials', clientId: 'bench', clientSecret: 's' } as const;
  const narrow = 'system/Patient.* system/Observation.write system/DiagnosticReport.* system/Specimen.*';
  const server = await createFhirServer({ seed: 5, auth: { ...client, scope: narrow } });
  const told: (LeveyError | null)[] = [];
  const of = started(server, new MemoryStore(), {
    config: { auth: { ...client, tokenUrl: server.tokenUrl, scope: '' } },
    onNotice: (id, problem) => void (id === 'serverReading' && told.push(problem)),
  });
  await of.until(() => /read .*ServiceRequest.*Observation/.test(told.at(-1)?.message ?? ''));
  expect(told.at(-1)?.code).toBe('server.scope');
  of.store.change('patients', patientDoc(1));
  of.replication.wake();
  await of.until(async () => (await of.store.countQueued()) === 0);
  await server.control.set({ auth: { ...client, scope: 'system/*.*' } });
  of.replication.now();
  await of.until(() => told.at(-1) === null);
});

it('a token endpoint that is away while tokens end keeps nothing from going once it is back, and nothing counts as refused', async () => {
  const client = { kind: 'clientCredentials', clientId: 'bench', clientSecret: 's' } as const;
  const server = await createFhirServer({ seed: 5, auth: { ...client, tokenSeconds: 1 } });
  const tokens = await between(server.tokenUrl);
  const auth = { ...client, tokenUrl: tokens.url, scope: '' };
  const of = started(server, new MemoryStore(), { config: { auth } });
  putCase(of.store, 1);
  of.replication.wake();
  await of.until(async () => (await of.store.countQueued()) === 0);
  let asked = 0;
  tokens.instead = () => {
    asked += 1;
    const status = [503, 500, 0, 429][asked % 4] ?? 503;
    return { status, headers: { 'content-type': 'text/html' }, text: '<html>away</html>' };
  };
  server.control.expireTokens();
  for (const n of [2, 3, 4]) putCase(of.store, n);
  of.replication.wake();
  await of.until(() => of.replication.status().state === 'offline' && asked > 5);
  expect(of.store.all('results').filter(({ syncState }) => syncState === 'queued')).toHaveLength(3);
  tokens.instead = () => undefined;
  of.replication.now();
  await of.until(async () => (await of.store.countQueued()) === 0);
  expect(server.stats()).toMatchObject({ duplicates: [], resources: { Patient: 4, Observation: 4 } });
  expect(of.store.all('results').every(({ syncState }) => syncState === 'onServer')).toBe(true);
});

it('a disk that is full while a first load comes in loses nothing of it: it goes on where it was, and what was sent is not sent again', async () => {
  const server = await createFhirServer({ seed: 5 });
  const store = new MemoryStore();
  let full = 0;
  store.beforeWrite = () => {
    if (store.all('patients').length < 40 || full >= 6) return;
    full += 1;
    throw new Error('database or disk is full');
  };
  server.control.load(
    Array.from({ length: 120 }, (_, n) => ({
      resourceType: 'Patient',
      id: `there-${n}`,
      identifier: [{ system: 'urn:mrn', value: `there ${n}` }],
      name: [{ use: 'official', family: `N${n}` }],
    })),
  );
  const of = started(server, store, { config: { pageSize: 4 } });
  putCase(store, 200);
  of.replication.wake();
  await of.until(async () => full === 6 && store.all('patients').length === 121);
  await of.until(async () => (await store.countQueued()) === 0);
  expect(of.replication.events().some(({ text }) => text.includes('disk is full'))).toBe(true);
  expect(server.stats()).toMatchObject({ duplicates: [], resources: { Patient: 121, Observation: 1 } });
});
