import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Resource } from './resource.ts';
import { createFhirServer, type FhirServer, type FhirServerOptions } from './server.ts';
import { DEFAULT_SWITCHES, HARD_SWITCHES, OTHER_MAKE, parseSwitches, type Switches } from './switches.ts';
import { allIds, call, idsOf, observation, patient } from './testing.ts';

/** Each switch by which the server becomes another one, and all that are hard at once. */

async function start(switches: Partial<Switches> = {}, more: FhirServerOptions = {}): Promise<FhirServer> {
  const server = await createFhirServer({ ...more, switches: { validate: false, ...switches } });
  onTestFinished(() => server.stop());
  return server;
}

const create = (server: FhirServer, value: string, headers: Record<string, string> = {}) =>
  call('POST', `${server.url}/Patient`, patient(value), headers);
const bundle = (type: string, values: string[], request: object = {}) => ({
  resourceType: 'Bundle',
  type,
  entry: values.map((value) => ({
    resource: patient(value),
    request: { method: 'POST', url: 'Patient', ...request },
  })),
});
const statuses = (reply: Awaited<ReturnType<typeof call>>) =>
  reply.body.entry?.map((entry) => entry.response?.status);
const metadata = async (server: FhirServer) => (await call('GET', `${server.url}/metadata`)).body;

test('newIds: a server that lets clients choose ids creates by PUT and says so', async () => {
  const server = await start({ newIds: 'client' });
  const put = (id: string) => call('PUT', `${server.url}/Patient/${id}`, patient(id, { id }));
  expect([(await put('mine')).status, (await put('mine')).status]).toEqual([201, 200]);
  expect(JSON.stringify(await metadata(server))).toContain('"updateCreate":true');
  await call('DELETE', `${server.url}/Patient/mine`);
  expect((await put('mine')).body.id).toBe('mine');
});

test('uniqueIdentifiers: a second resource with an identifier is 422', async () => {
  const server = await start({ uniqueIdentifiers: true });
  expect([(await create(server, '1')).status, (await create(server, '1')).status]).toEqual([201, 422]);
  await server.control.set({ uniqueIdentifiers: false });
  expect((await create(server, '1')).status).toBe(201);
});

test('versionIds and identicalPut: numbers that count up, and a version for every PUT', async () => {
  const server = await start({ versionIds: 'numbered', identicalPut: 'newVersion' });
  const { body, headers } = await create(server, '1');
  const again = await call('PUT', `${server.url}/Patient/${body.id}`, body);
  expect([headers.get('etag'), again.headers.get('etag')]).toEqual(['W/"1"', 'W/"2"']);
  await server.control.set({ identicalPut: 'noVersion' });
  expect((await call('PUT', `${server.url}/Patient/${body.id}`, body)).headers.get('etag')).toBe('W/"2"');
});

test('looseIfMatch: without quotes, on PATCH and on a conditional update it counts where it is checked', async () => {
  const server = await start();
  const { body } = await create(server, '1');
  const stale = { 'if-match': 'stale' };
  const url = `${server.url}/Patient/${body.id}`;
  const patch = [{ op: 'add', path: '/active', value: true }];
  const all = async () => [
    (await call('PUT', url, body, stale)).status,
    (await call('PATCH', url, patch, { 'if-match': 'W/"stale"' })).status,
    (await call('PUT', `${server.url}/Patient?identifier=urn:test|1`, patient('1'), stale)).status,
  ];
  expect(await all()).toEqual([200, 200, 200]);
  await server.control.set({ looseIfMatch: 'checked' });
  expect(await all()).toEqual([412, 412, 412]);
});

test('conditionalCreate: refused is 400 and nothing is made; ignored makes one more every time', async () => {
  const server = await start({ conditionalCreate: 'refused' });
  const once = () => create(server, '1', { 'if-none-exist': 'identifier=urn:test|1' });
  expect((await once()).status).toBe(400);
  expect(statuses(await call('POST', server.url, bundle('batch', ['1'], { ifNoneExist: 'a=b' })))).toEqual([
    '400',
  ]);
  await server.control.set({ conditionalCreate: 'ignored' });
  expect([(await once()).status, (await once()).status]).toEqual([201, 201]);
  expect(server.stats().duplicates).toHaveLength(1);
  expect(JSON.stringify(await metadata(server))).not.toContain('"conditionalCreate":true');
});

test('transactions, batches: what is not offered is 400 and not in the CapabilityStatement', async () => {
  const server = await start({ transactions: false });
  expect((await call('POST', server.url, bundle('transaction', ['1']))).status).toBe(400);
  expect((await call('POST', server.url, bundle('batch', ['1']))).status).toBe(200);
  expect(JSON.stringify(await metadata(server))).not.toContain('"transaction"');
  await server.control.set({ transactions: true, batches: false });
  expect((await call('POST', server.url, bundle('transaction', ['2']))).status).toBe(200);
  expect((await call('POST', server.url, bundle('batch', ['3']))).status).toBe(400);
  expect(JSON.stringify(await metadata(server))).not.toContain('"batch"');
});

test('paging, maxCount, maxOffset: pages by offset, as large and as far as allowed', async () => {
  const server = await start({ paging: 'offset', maxCount: 10, maxOffset: 20 });
  server.control.load(Array.from({ length: 35 }, (_, at) => patient(String(at))));
  const url = `${server.url}/Patient?_sort=_lastUpdated&_count=500`;
  const first = await call('GET', url);
  expect(first.body.entry).toHaveLength(10);
  expect(first.body.link?.find((link) => link.relation === 'next')?.url).toContain('_offset=10');
  expect(await allIds(url)).toHaveLength(30);
  expect((await call('GET', `${url}&_offset=21`)).status).toBe(400);
});

test('deletedSearch: refused is 400; ignored gives what is not deleted', async () => {
  const server = await start({ deletedSearch: 'refused' });
  const { body } = await create(server, '1');
  const poll = () => call('GET', `${server.url}/Patient?_deleted=true`);
  expect((await poll()).status).toBe(400);
  await server.control.set({ deletedSearch: 'ignored' });
  expect(idsOf(await poll())).toEqual([body.id]);
});

test('maxResourceBytes: a resource that is too large is 413, in a batch alone, the others are stored', async () => {
  const server = await start({ maxResourceBytes: 200 });
  const large = 'x'.repeat(300);
  const reply = await create(server, large);
  expect([reply.status, reply.body.issue?.[0]?.code]).toEqual([413, 'too-long']);
  expect(statuses(await call('POST', server.url, bundle('batch', ['1', large, '2'])))).toEqual([
    '201',
    '413',
    '201',
  ]);
});

test('retryAfterSeconds: 429 and 503 carry Retry-After only where the server does that', async () => {
  const server = await start({ tooMany: { count: 2 }, error503: { methods: ['GET'] } });
  const plain = await create(server, '1');
  expect([plain.status, plain.headers.has('retry-after')]).toEqual([429, false]);
  await server.control.set({ retryAfterSeconds: 3 });
  expect((await create(server, '1')).headers.get('retry-after')).toBe('3');
  expect((await call('GET', `${server.url}/Patient`)).headers.get('retry-after')).toBe('3');
});

test('429 for an entry of a batch tells in the header of the answer when to come again', async () => {
  const server = await start({ tooMany: { count: 1 } });
  const reply = await call('POST', server.url, bundle('batch', ['1', '2']));
  expect([statuses(reply), reply.headers.get('ratelimit')]).toEqual([
    ['429', '201'],
    '"fhirInteractions";r=0;t=1',
  ]);
});

test('cutAnswer: the write is done, half of the answer comes, and the connection breaks', async () => {
  const server = await start({ cutAnswer: { count: 1 } });
  await expect(create(server, '1')).rejects.toThrow('terminated');
  expect(server.stats()).toMatchObject({ resources: { Patient: 1 }, answers: { cut: 1 } });
});

test('clockOffsetMs: Date header and lastUpdated are off, and come back', async () => {
  const now = Date.UTC(2026, 10, 22, 8);
  const server = await start({ clockOffsetMs: 5 * 3_600_000 }, { now: () => now });
  const { body, headers } = await create(server, '1');
  expect([headers.get('date'), body.meta?.lastUpdated]).toEqual([
    'Sun, 22 Nov 2026 13:00:00 GMT',
    '2026-11-22T13:00:00.000Z',
  ]);
  await server.control.set({ clockOffsetMs: -3_600_000 });
  expect((await create(server, '2')).body.meta?.lastUpdated).toBe('2026-11-22T07:00:00.000Z');
});

test('parallelConflicts: transactions as a whole, entries of batches one by one', async () => {
  const server = await start({ parallelConflicts: true });
  const condition = { ifNoneExist: 'identifier=urn:test|none' };
  const send = (type: string, value: string) =>
    call('POST', server.url, bundle(type, [`${value}1`, `${value}2`], condition));
  const transactions = await Promise.all([send('transaction', 'a'), send('transaction', 'b')]);
  expect(transactions.map((reply) => reply.status).sort()).toEqual([200, 409]);
  const batches = await Promise.all([send('batch', 'c'), send('batch', 'd')]);
  expect(batches.map(statuses).sort()).toEqual([
    ['201', '201'],
    ['409', '201'],
  ]);
});

test('restored from a backup: later ids vanish, versions go back, deleted ones return; also in the file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'backup-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const data = join(folder, 'server.sqlite');
  const first = await createFhirServer({ data, switches: { validate: false } });
  const kept = (await create(first, 'kept')).body;
  const gone = (await create(first, 'gone')).body;
  const backup = first.control.snapshot();
  const changed = await call('PUT', `${first.url}/Patient/${kept.id}`, { ...kept, active: true });
  await call('DELETE', `${first.url}/Patient/${gone.id}`);
  const late = (await create(first, 'late')).body;
  first.control.restore(backup);
  const look = async (server: FhirServer) => {
    const read = (path: string) => call('GET', `${server.url}/Patient${path}`);
    expect((await read(`/${kept.id}`)).body).toEqual(kept);
    expect((await read(`/${kept.id}/_history/${changed.body.meta?.versionId}`)).status).toBe(404);
    expect((await read(`/${gone.id}`)).body).toEqual(gone);
    expect((await read(`/${late.id}`)).status).toBe(404);
    expect(idsOf(await read('?identifier=urn:test|late'))).toEqual([]);
    expect(await allIds(`${server.url}/Patient?_sort=_lastUpdated`)).toHaveLength(2);
  };
  await look(first);
  const stale = { 'if-match': `W/"${changed.body.meta?.versionId}"` };
  expect((await call('PUT', `${first.url}/Patient/${kept.id}`, kept, stale)).status).toBe(412);
  const after = (await create(first, 'after')).body;
  await call('DELETE', `${first.url}/Patient/${after.id}`);
  await first.stop();
  const second = await createFhirServer({ data, switches: { validate: false } });
  onTestFinished(() => second.stop());
  await look(second);
});

test('release and claimedVersion: R5 that says so, and R5 that says it is R4', async () => {
  const server = await start({ release: 'R5' });
  const code = { coding: [{ system: 'urn:levey:catalog', code: 'LYTES' }] };
  const order = {
    ...{ resourceType: 'ServiceRequest', status: 'active', intent: 'order' },
    subject: { reference: 'Patient/1' },
  };
  const [stored] = server.control.load([{ ...order, code } as Resource]);
  expect((await metadata(server)).fhirVersion).toBe('5.0.0');
  const read = await call('GET', `${server.url}/ServiceRequest/${stored?.id}`);
  expect(read.body.code).toEqual({ concept: code });
  const found = await call('GET', `${server.url}/ServiceRequest?code=LYTES`);
  expect(found.body.entry?.[0]?.resource.code).toEqual({ concept: code });
  const refused = await call('POST', `${server.url}/ServiceRequest`, { ...order, code });
  expect([refused.status, refused.body.issue?.[0]?.diagnostics]).toEqual([
    400,
    'ServiceRequest.code.coding is an unknown element',
  ]);
  expect(
    (await call('POST', `${server.url}/ServiceRequest`, { ...order, code: { concept: code } })).status,
  ).toBe(201);
  await server.control.set({ claimedVersion: '4.0.1' });
  expect((await metadata(server)).fhirVersion).toBe('4.0.1');
  await server.control.set({ release: 'R4', claimedVersion: '5.0.0' });
  expect((await metadata(server)).fhirVersion).toBe('5.0.0');
  expect((await call('POST', `${server.url}/ServiceRequest`, { ...order, code })).status).toBe(201);
});

test('strict: a reference to another entry of the same transaction does not dangle', async () => {
  const server = await start({ validation: 'strict', validate: true });
  const entry = [
    {
      resource: observation('1', { subject: { reference: 'urn:uuid:p' } }),
      request: { method: 'POST', url: 'Observation' },
    },
    { fullUrl: 'urn:uuid:p', resource: patient('1'), request: { method: 'POST', url: 'Patient' } },
  ];
  const reply = await call('POST', server.url, { resourceType: 'Bundle', type: 'transaction', entry });
  expect(statuses(reply)).toEqual(['201', '201']);
});

test('validate: what is not valid R4 is 422, kept for the test, and the server does not stop quietly', async () => {
  const server = await createFhirServer({ switches: { validate: true, validation: 'off' } });
  const post = async (extra: Record<string, unknown>) =>
    (await call('POST', `${server.url}/Observation`, observation('1', extra))).status;
  expect(await post({})).toBe(201);
  expect(await post({ status: 'done' })).toBe(422);
  expect(await post({ subject: { reference: 'Patient/never' } })).toBe(422);
  const gone = (await create(server, '1')).body;
  await call('DELETE', `${server.url}/Patient/${gone.id}`);
  expect(await post({ subject: { reference: `Patient/${gone.id}` } })).toBe(201);
  expect(server.stats().invalid).toBe(2);
  expect(server.control.takeInvalid()).toEqual([
    {
      ...{ type: 'Observation', identifier: 'urn:test|1' },
      faults: expect.arrayContaining([expect.stringContaining('observation-status')]),
    },
    {
      ...{ type: 'Observation', identifier: 'urn:test|1' },
      faults: ['Patient/never: there is no such resource and never was'],
    },
  ]);
  expect(await post({ valueString: 5 })).toBe(422);
  await expect(server.stop()).rejects.toThrow(/1 invalid resources were sent:\nObservation urn:test\|1/);
});

test('validate: what the stored resource was wrong in already is not held against who gives it back', async () => {
  const server = await start({ validate: true, validation: 'off' });
  const odd = {
    ...patient('1', { colour: 'blue' }),
    managingOrganization: { reference: 'Organization/lost' },
  };
  const [stored] = server.control.load([odd as Resource]);
  const url = `${server.url}/Patient/${stored?.id}`;
  expect((await call('PUT', url, { ...stored, active: true })).status).toBe(200);
  expect((await call('PUT', url, { ...stored, active: true, gender: 'x' })).status).toBe(422);
  expect(server.control.takeInvalid()[0]?.faults).toHaveLength(1);
});

test('hard: everything at once, and yet each conditional create that is repeated until it is answered is there once', async () => {
  const server = await start({}, { seed: 5 });
  await server.control.hard({ lateCommitMs: 30, quota: { writes: 200, windowSeconds: 1 }, slowMs: 2 });
  const wanted = Array.from({ length: 150 }, (_, at) => String(at));
  const seen = new Set<string>();
  const tries = new Map<string, number>();
  const worker = async (own: string[]) => {
    for (let value = own.pop(); value !== undefined; value = own.pop()) {
      tries.set(value, (tries.get(value) ?? 0) + 1);
      const reply = await create(server, value, { 'if-none-exist': `identifier=urn:test|${value}` }).catch(
        () => undefined,
      );
      seen.add(String(reply?.status ?? 'none'));
      if (reply?.status !== 201 && reply?.status !== 200) own.unshift(value);
    }
  };
  await Promise.all([0, 1, 2].map((part) => worker(wanted.filter((_, at) => at % 3 === part))));
  expect(seen).toEqual(new Set(['201', '200', '409', '429', '500', '503', 'none']));
  expect(Math.max(...tries.values())).toBeGreaterThan(1);
  expect(server.stats()).toMatchObject({ resources: { Patient: 150 }, duplicates: [] });
});

test('presets are sets of switches, and unknown switches are named', () => {
  expect(parseSwitches({ preset: 'hard', quota: null })).toEqual({ ...HARD_SWITCHES, quota: null });
  expect(parseSwitches({ preset: 'otherMake' })).toEqual(OTHER_MAKE);
  expect(() => parseSwitches({ newIds: 'nobody' })).toThrow('newIds');
  expect(() => parseSwitches({ nonsense: 1 })).toThrow('nonsense');
  const known = Object.keys(DEFAULT_SWITCHES).sort();
  expect(Object.keys({ ...DEFAULT_SWITCHES, ...HARD_SWITCHES, ...OTHER_MAKE }).sort()).toEqual(known);
});

test('docs/simulator.md names every switch', () => {
  const text = readFileSync(new URL('../../../docs/simulator.md', import.meta.url), 'utf8');
  expect(Object.keys(DEFAULT_SWITCHES).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

test('the control port takes backups, restores them, breaks websockets off and tells what was invalid', async () => {
  const server = await start({ validate: true }, { adminPort: 0 });
  const admin = String(server.adminUrl);
  await create(server, '1');
  const backup = (await call('POST', `${admin}/snapshot`)).body;
  await create(server, '2');
  expect(server.stats().resources).toEqual({ Patient: 2 });
  expect((await call('POST', `${admin}/restore`, backup)).status).toBe(200);
  expect(server.stats().resources).toEqual({ Patient: 1 });
  expect((await call('POST', `${admin}/restore`, { snapshot: 'x' })).status).toBe(400);
  expect((await call('POST', `${admin}/drop-websockets`)).status).toBe(200);
  await call('POST', `${server.url}/Patient`, patient('3', { gender: 'x' }));
  const invalid = await call('GET', `${admin}/invalid`);
  expect(invalid.body).toMatchObject([{ type: 'Patient', identifier: 'urn:test|3' }]);
  const hard = await call('POST', `${admin}/switches`, { preset: 'hard', release: 'R5' });
  expect(hard.body).toMatchObject({ nonAtomicTransactions: true, release: 'R5' });
});
