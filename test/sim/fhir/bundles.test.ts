import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Resource } from './resource.ts';
import { createFhirServer, type FhirServer } from './server.ts';
import { call, observation, patient } from './testing.ts';

let server: FhirServer;
beforeEach(async () => {
  server = await createFhirServer({ switches: { validate: false } });
});
afterEach(() => server.stop());

const post = (resource: Resource, more: Record<string, unknown> = {}, fullUrl?: string) => ({
  ...(fullUrl === undefined ? {} : { fullUrl }),
  resource,
  request: { method: 'POST', url: resource.resourceType, ...more },
});
const send = (type: string, entry: unknown[]) =>
  call('POST', server.url, { resourceType: 'Bundle', type, entry });
const statuses = (reply: Awaited<ReturnType<typeof send>>) =>
  reply.body.entry?.map((entry) => entry.response?.status);

test('a batch answers 200 with one status per entry, in order', async () => {
  const reply = await send('batch', [
    post(patient('1')),
    post(patient('2', { bogus: true })),
    post(patient('1'), { ifNoneExist: 'identifier=urn:test|1' }),
    { request: { method: 'GET', url: 'Patient?identifier=urn:test|1' } },
    { request: { method: 'GET', url: 'Patient/none' } },
  ]);
  expect([reply.status, reply.body.type]).toEqual([200, 'batch-response']);
  expect(statuses(reply)).toEqual(['201', '400', '200', '200', '404']);
  expect(reply.body.entry?.[1]?.response?.outcome?.resourceType).toBe('OperationOutcome');
});

test('a transaction rewrites urn:uuid references in both directions and resolves conditional ones', async () => {
  await call('POST', `${server.url}/Device`, {
    resourceType: 'Device',
    identifier: [{ system: 'urn:test', value: 'A' }],
  });
  const reply = await send('transaction', [
    post(
      observation('1', {
        subject: { reference: 'urn:uuid:p' },
        device: { reference: 'Device?identifier=urn:test|A' },
      }),
      {},
      'urn:uuid:o',
    ),
    post(patient('1'), {}, 'urn:uuid:p'),
  ]);
  expect(statuses(reply)).toEqual(['201', '201']);
  const [made, subject] = (reply.body.entry ?? []).map((entry) => entry.resource);
  expect(made?.subject).toEqual({ reference: `Patient/${subject?.id}` });
  expect((await call('GET', `${server.url}/Observation?patient=${subject?.id}`)).body.entry).toHaveLength(1);
  expect(server.control.all('Observation')[0]?.device).toMatchObject({
    reference: expect.stringMatching(/^Device\/[\w-]+$/),
  });
});

test('a reference to a conditionally created entry leads to the existing resource', async () => {
  const { body: known } = await call('POST', `${server.url}/Patient`, patient('1'));
  const reply = await send('transaction', [
    post(patient('1'), { ifNoneExist: 'identifier=urn:test|1' }, 'urn:uuid:p'),
    post(observation('1', { subject: { reference: 'urn:uuid:p' } })),
  ]);
  expect(statuses(reply)).toEqual(['200', '201']);
  expect(reply.body.entry?.[1]?.resource.subject).toEqual({ reference: `Patient/${known.id}` });
});

test('a failing entry rolls the whole transaction back: creates, updates, deletes and the index', async () => {
  const { body: kept } = await call('POST', `${server.url}/Patient`, patient('1'));
  const { body: other } = await call('POST', `${server.url}/Patient`, patient('2'));
  const before = server.stats();
  const reply = await send('transaction', [
    post(patient('3')),
    { resource: { ...kept, gender: 'male' }, request: { method: 'PUT', url: `Patient/${kept.id}` } },
    { request: { method: 'DELETE', url: `Patient/${other.id}` } },
    { resource: { ...other, id: 'none' }, request: { method: 'PUT', url: 'Patient/none' } },
  ]);
  expect(reply.status).toBe(404);
  expect(reply.body.issue?.[0]?.diagnostics).toContain('Bundle.entry[3]');
  const after = server.stats();
  expect([after.resources, after.versions]).toEqual([before.resources, before.versions]);
  expect((await call('GET', `${server.url}/Patient/${kept.id}`)).body).toEqual(kept);
  expect((await call('GET', `${server.url}/Patient/${other.id}`)).body).toEqual(other);
  expect((await call('GET', `${server.url}/Patient?identifier=urn:test|3`)).body.entry).toBeUndefined();
  expect((await call('GET', `${server.url}/Patient?gender=male`)).body.entry).toBeUndefined();
  expect((await call('GET', `${server.url}/Patient?_sort=_lastUpdated`)).body.entry).toHaveLength(2);
});

test('limits: 50 updates, 8 entries once one is conditional, conditional references exempt', async () => {
  const put = { resource: patient('1', { id: 'x' }), request: { method: 'PUT', url: 'Patient/x' } };
  expect(
    (
      await send(
        'transaction',
        Array.from({ length: 51 }, () => put),
      )
    ).status,
  ).toBe(400);
  const nine = Array.from({ length: 9 }, (_, at) => post(patient(`n${at}`)));
  const conditional = post(patient('c'), { ifNoneExist: 'identifier=urn:test|c' });
  expect((await send('transaction', [...nine.slice(1), conditional])).status).toBe(400);
  expect((await send('transaction', [...nine.slice(2), conditional])).status).toBe(200);
  const references = Array.from({ length: 9 }, (_, at) =>
    post(observation(`o${at}`, { subject: { reference: 'Patient?identifier=urn:test|c' } })),
  );
  expect((await send('transaction', references)).status).toBe(200);
  await server.control.set({ maxConditionalEntries: 20 });
  expect((await send('transaction', [...nine.slice(1), conditional])).status).toBe(200);
});

test('If-Match in a transaction entry: stale is 412 and nothing is stored', async () => {
  const { body } = await call('POST', `${server.url}/Patient`, patient('1'));
  const put = {
    resource: { ...body, active: true },
    request: { method: 'PUT', url: `Patient/${body.id}`, ifMatch: 'W/"old"' },
  };
  expect((await send('transaction', [post(patient('2')), put])).status).toBe(412);
  expect(server.stats().resources).toEqual({ Patient: 1 });
});

test('the non-atomic switch answers 200 and keeps what worked', async () => {
  await server.control.set({ nonAtomicTransactions: true });
  const reply = await send('transaction', [post(patient('1')), post(patient('2', { bogus: 1 }))]);
  expect([reply.status, statuses(reply)]).toEqual([200, ['201', '400']]);
  expect(server.stats().resources).toEqual({ Patient: 1 });
});
