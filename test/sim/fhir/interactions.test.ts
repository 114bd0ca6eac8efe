import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFhirServer, type FhirServer } from './server.ts';
import { call, observation, patient } from './testing.ts';

let server: FhirServer;
beforeEach(async () => {
  server = await createFhirServer({ switches: { validate: false } });
});
afterEach(() => server.stop());

test('the server assigns ids: one in a POST body is replaced, a PUT of a new one is 404', async () => {
  const made = await call('POST', `${server.url}/Patient`, patient('1', { id: 'mine' }));
  expect(made.status).toBe(201);
  expect(made.body.id).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  expect(made.headers.get('etag')).toBe(`W/"${made.body.meta?.versionId}"`);
  expect(made.headers.get('last-modified')).toMatch(/GMT$/);
  expect(made.headers.get('location')).toBe(
    `${server.url}/Patient/${made.body.id}/_history/${made.body.meta?.versionId}`,
  );
  const put = await call('PUT', `${server.url}/Patient/new`, patient('2', { id: 'new' }));
  expect([put.status, put.body.resourceType]).toEqual([404, 'OperationOutcome']);
  expect((await call('GET', `${server.url}/Patient/mine`)).status).toBe(404);
  expect((await call('GET', `${server.url}/Patient/${made.body.id}`)).body).toEqual(made.body);
});

test('identical PUT makes no version; quoted If-Match guards, unquoted and PATCH do not', async () => {
  const { body: first } = await call('POST', `${server.url}/Patient`, patient('1'));
  const url = `${server.url}/Patient/${first.id}`;
  const same = await call('PUT', url, first);
  expect([same.status, same.body.meta?.versionId]).toEqual([200, first.meta?.versionId]);
  const second = await call(
    'PUT',
    url,
    { ...first, gender: 'male' },
    { 'if-match': `W/"${first.meta?.versionId}"` },
  );
  expect(second.status).toBe(200);
  expect(second.body.meta?.versionId).not.toBe(first.meta?.versionId);
  const stale = await call(
    'PUT',
    url,
    { ...first, gender: 'female' },
    { 'if-match': `W/"${first.meta?.versionId}"` },
  );
  expect(stale.status).toBe(412);
  const unquoted = await call(
    'PUT',
    url,
    { ...first, gender: 'other' },
    { 'if-match': String(first.meta?.versionId) },
  );
  expect(unquoted.status).toBe(200);
  const patch = [{ op: 'replace', path: '/gender', value: 'unknown' }];
  const patched = await call('PATCH', url, patch, { 'if-match': `W/"${first.meta?.versionId}"` });
  expect([patched.status, patched.body.gender]).toEqual([200, 'unknown']);
  expect((await call('PUT', url, patient('1', { id: 'other' }))).status).toBe(400);
});

test('DELETE gives 410 afterwards, history keeps every version, vread reads them', async () => {
  const { body: first } = await call('POST', `${server.url}/Patient`, patient('1'));
  const url = `${server.url}/Patient/${first.id}`;
  await call('PUT', url, { ...first, active: true });
  expect((await call('DELETE', url)).status).toBe(204);
  expect((await call('GET', url)).status).toBe(410);
  expect((await call('PUT', url, first)).status).toBe(410);
  const history = await call('GET', `${url}/_history`);
  const methods = history.body.entry?.map(
    (entry) => (entry as unknown as { request: { method: string } }).request.method,
  );
  expect([history.body.total, methods]).toEqual([3, ['DELETE', 'PUT', 'POST']]);
  const old = await call('GET', `${url}/_history/${first.meta?.versionId}`);
  expect(old.body).toEqual(first);
  expect((await call('GET', `${url}/_history/none`)).status).toBe(404);
});

test('conditional create: 201, then 200 with the same resource, 412 when several match', async () => {
  const condition = { 'if-none-exist': 'identifier=urn:test|7' };
  const made = await call('POST', `${server.url}/Patient`, patient('7'), condition);
  const again = await call('POST', `${server.url}/Patient`, patient('7', { gender: 'male' }), condition);
  expect([made.status, again.status]).toEqual([201, 200]);
  expect(again.body).toEqual(made.body);
  await call('POST', `${server.url}/Patient`, patient('7'));
  expect((await call('POST', `${server.url}/Patient`, patient('7'), condition)).status).toBe(412);
  expect(server.stats().duplicates).toMatchObject([{ type: 'Patient', identifier: 'urn:test|7' }]);
  expect(server.stats().duplicates[0]?.ids).toHaveLength(2);
});

test('conditional update: 201, 200, 412; If-Match is ignored', async () => {
  const url = `${server.url}/Patient?identifier=urn:test%7C7`;
  const made = await call('PUT', url, patient('7'));
  const changed = await call('PUT', url, patient('7', { gender: 'male' }), { 'if-match': 'W/"stale"' });
  expect([made.status, changed.status, changed.body.id]).toEqual([201, 200, made.body.id]);
  await call('POST', `${server.url}/Patient`, patient('7'));
  expect((await call('PUT', url, patient('7'))).status).toBe(412);
});

test('structure is checked, codes and references only when strict; 5.40 comes back as 5.4', async () => {
  const post = async (body: unknown) => (await call('POST', `${server.url}/Observation`, body)).status;
  expect(await post(observation('1', { flavour: 'sweet' }))).toBe(400);
  expect(await post(observation('1', { category: {} }))).toBe(400);
  expect(await post({ resourceType: 'Observation', status: 'final' })).toBe(400);
  expect(await post(observation('1', { status: 'bogus', subject: { reference: 'Patient/none' } }))).toBe(201);
  expect(await post('{"resourceType":')).toBe(400);
  expect(await post(patient('1'))).toBe(400);
  const quantity =
    '{"resourceType":"Observation","status":"final","code":{"text":"K"},"valueQuantity":{"value":5.40}}';
  const response = await fetch(`${server.url}/Observation`, { method: 'POST', body: quantity });
  expect(await response.text()).toContain('"valueQuantity":{"value":5.4}');
  await server.control.set({ validation: 'strict' });
  expect(await post(observation('2', { status: 'bogus' }))).toBe(400);
  expect(await post(observation('2', { subject: { reference: 'Patient/none' } }))).toBe(400);
  expect(await post(observation('2', { extra: 1 }))).toBe(400);
  const { body } = await call('POST', `${server.url}/Patient`, patient('1'));
  expect(await post(observation('2', { subject: { reference: `Patient/${body.id}` } }))).toBe(201);
});

test('a conditional reference becomes a literal one', async () => {
  const post = (reference: string) =>
    call('POST', `${server.url}/Observation`, observation('1', { subject: { reference } }));
  const { body } = await call('POST', `${server.url}/Patient`, patient('7'));
  expect((await post('Patient?identifier=urn:test|7')).body.subject).toEqual({
    reference: `Patient/${body.id}`,
  });
  expect((await post('Patient?identifier=urn:test|8')).status).toBe(400);
  await call('POST', `${server.url}/Patient`, patient('7'));
  expect((await post('Patient?identifier=urn:test|7')).status).toBe(412);
});

test('Binary travels as bytes and as a resource', async () => {
  const bytes = new Uint8Array([37, 80, 68, 70, 0, 255]);
  const headers = { 'content-type': 'application/pdf' };
  const made = await fetch(`${server.url}/Binary`, { method: 'POST', headers, body: bytes });
  const { id, data } = (await made.json()) as { id: string; data: string };
  expect([made.status, Buffer.from(data, 'base64')]).toEqual([201, Buffer.from(bytes)]);
  const raw = await fetch(`${server.url}/Binary/${id}`, { headers: { accept: 'application/pdf' } });
  expect(raw.headers.get('content-type')).toBe('application/pdf');
  expect(new Uint8Array(await raw.arrayBuffer())).toEqual(bytes);
  expect((await call('GET', `${server.url}/Binary/${id}`)).body.contentType).toBe('application/pdf');
});

test('metadata, unknown types and methods, large bodies', async () => {
  const metadata = await call('GET', `${server.url}/metadata`);
  expect([metadata.body.resourceType, metadata.body.fhirVersion]).toEqual(['CapabilityStatement', '4.0.1']);
  expect((await call('GET', `${server.url}/Unicorn`)).status).toBe(404);
  expect((await call('PUT', `${server.url}/Patient/a/b`, patient('1'))).status).toBe(405);
  const large = patient('1', { name: [{ text: 'x'.repeat(1_100_000) }] });
  expect((await call('POST', `${server.url}/Patient`, large)).status).toBe(413);
});

test('OAuth2: one-hour tokens from client credentials, expired ones are refused', async () => {
  let now = Date.UTC(2026, 0, 1);
  const auth = { clientId: 'levey', clientSecret: 'secret' };
  const guarded = await createFhirServer({ auth, now: () => now });
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const ask = (secret: string) =>
    call(
      'POST',
      guarded.tokenUrl,
      `grant_type=client_credentials&client_id=levey&client_secret=${secret}`,
      form,
    );
  expect((await call('GET', `${guarded.url}/Patient`)).status).toBe(401);
  expect((await ask('wrong')).status).toBe(401);
  const token = (await ask('secret')).body;
  expect([token.token_type, token.expires_in, token.refresh_token]).toEqual(['Bearer', 3600, undefined]);
  const bearer = { authorization: `Bearer ${token.access_token}` };
  expect((await call('GET', `${guarded.url}/Patient`, undefined, bearer)).status).toBe(200);
  now += 3_600_000;
  expect((await call('GET', `${guarded.url}/Patient`, undefined, bearer)).status).toBe(401);
  const fresh = { authorization: `Bearer ${(await ask('secret')).body.access_token}` };
  guarded.control.expireTokens();
  expect((await call('GET', `${guarded.url}/Patient`, undefined, fresh)).status).toBe(401);
  await guarded.stop();
});

test('a SQLite file keeps resources, versions and deletions', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'central-'));
  const data = join(folder, 'server.sqlite');
  const first = await createFhirServer({ data });
  const kept = await call('POST', `${first.url}/Patient`, patient('1'));
  await call('PUT', `${first.url}/Patient/${kept.body.id}`, { ...kept.body, gender: 'female' });
  const gone = await call('POST', `${first.url}/Patient`, patient('2'));
  await call('DELETE', `${first.url}/Patient/${gone.body.id}`);
  await first.stop();
  const second = await createFhirServer({ data });
  const found = await call('GET', `${second.url}/Patient?identifier=urn:test%7C1`);
  expect(found.body.entry?.[0]?.resource.gender).toBe('female');
  expect((await call('GET', `${second.url}/Patient/${kept.body.id}/_history`)).body.total).toBe(2);
  expect((await call('GET', `${second.url}/Patient/${gone.body.id}`)).status).toBe(410);
  await second.stop();
  rmSync(folder, { recursive: true });
});
