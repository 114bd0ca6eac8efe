import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { ProbeStepRow } from '../../../shared/ipc/server.ts';
import { createFhirServer, type FhirServer } from '../../../test/sim/fhir/server.ts';
import { probe } from './probe.ts';
import type { ProbeTarget } from './probe-base.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function central(options: Parameters<typeof createFhirServer>[0] = {}): Promise<FhirServer> {
  const server = await createFhirServer(options);
  ends.push(() => server.stop());
  return server;
}

/** A server that answers as told. */
async function answering(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server: Server = createServer(handle);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  ends.push(() => new Promise((done) => server.close(() => done())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`;
}

async function run(target: Partial<ProbeTarget> & { url: string }, now = () => new Date()) {
  const rows = new Map<string, ProbeStepRow>();
  const whole = { auth: { kind: 'none' as const }, trusted: [], write: false, station: 'B2', ...target };
  const deps = { clock: { now }, signal: new AbortController().signal, timeoutMs: 5_000 };
  await probe(whole, deps, (row) => rows.set(row.id, row));
  return (id: ProbeStepRow['id']): ProbeStepRow => rows.get(id)!;
}

const states = (step: (id: ProbeStepRow['id']) => ProbeStepRow) =>
  (['address', 'name', 'connect', 'tls', 'fhir', 'auth', 'scope', 'can', 'clock', 'write'] as const).map(
    (id) => `${id} ${step(id).state} ${step(id).code}`.trim(),
  );

test('a server that can do everything passes each step, and nothing is written unasked', async () => {
  const server = await central();
  const step = await run({ url: server.url });
  expect(states(step)).toEqual([
    'address passed here',
    'name left isAddress',
    'connect passed ok',
    'tls left none',
    'fhir passed ok',
    'auth passed none',
    'scope passed stated',
    expect.stringMatching(/^can (passed|noted)/),
    'clock passed ok',
    'write left notAsked',
  ]);
  expect(step('fhir').values).toMatchObject({ version: '4.0.1' });
  expect(step('scope').items.map((item) => item.id)).toContain('DiagnosticReport');
  expect(server.stats().resources).toEqual({});
});

test('asked for, a record is written, read and taken away again', async () => {
  const server = await central();
  const step = await run({ url: server.url, write: true });
  expect(step('write')).toMatchObject({ state: 'passed', code: 'ok' });
  expect(server.control.all('Device')).toEqual([]);
});

test('no address, a name that does not exist, nothing that listens: each stops the test where it is', async () => {
  expect((await run({ url: 'fhir.example.org' }))('address')).toMatchObject({
    state: 'failed',
    code: 'notUrl',
  });
  const secret = await run({ url: 'https://me:secret@fhir.example.org/R4' });
  expect(secret('address')).toMatchObject({ state: 'failed', code: 'credentials' });
  expect(JSON.stringify(secret('address'))).not.toContain('secret');
  const name = await run({ url: 'https://no-such-host.invalid/R4' });
  expect(name('name').state).toBe('failed');
  expect(name('connect').state).toBe('notReached');
  const server = await central();
  await server.control.set({ down: 'refuse' });
  const refused = await run({ url: server.url });
  expect(refused('connect')).toMatchObject({ state: 'failed', code: 'refused' });
  expect(refused('write').state).toBe('notReached');
});

test('a certificate is explained: trusted, expired, not yet valid, for another name, of an unknown authority', async () => {
  const server = await central({ tls: true });
  const { url } = server;
  const trusted = [server.caPem ?? ''];
  const fine = await run({ url, trusted });
  expect(fine('tls')).toMatchObject({
    state: 'passed',
    code: 'ok',
    values: { issuer: 'Levey test authority' },
  });
  expect(fine('fhir').state).toBe('passed');
  const stranger = await run({ url });
  expect(stranger('tls')).toMatchObject({ state: 'failed', code: 'unknownCa' });
  expect(stranger('fhir').state).toBe('notReached');
  const late = await run({ url, trusted }, () => new Date(Date.now() + 350 * 86_400_000));
  expect(late('tls')).toMatchObject({ state: 'noted', code: 'soon' });

  for (const [certificate, code] of [
    ['expired', 'expired'],
    ['notYetValid', 'notYet'],
    ['otherHost', 'otherName'],
    ['otherAuthority', 'unknownCa'],
  ] as const) {
    await server.control.set({ certificate });
    const step = await run({ url, trusted });
    expect(step('tls')).toMatchObject({ state: 'failed', code });
    expect(step('fhir').state).toBe('notReached');
    if (code === 'expired') expect(Date.parse(step('tls').values.until ?? '')).toBeLessThan(Date.now());
    if (code === 'otherName') expect(step('tls').values.names).toBe('other.example.org');
  }
});

test('what is no FHIR R4 server is told apart: nothing there, a web page, another version, a port without TLS', async () => {
  const page = await answering((_, response) => {
    response.setHeader('content-type', 'text/html').end('<html></html>');
  });
  expect((await run({ url: page }))('fhir')).toMatchObject({ state: 'failed', code: 'page' });
  const none = await answering((_, response) => void response.writeHead(404).end());
  expect((await run({ url: none }))('fhir')).toMatchObject({ state: 'failed', code: 'notFound' });
  const newer = await answering((_, response) => {
    response.end(JSON.stringify({ resourceType: 'CapabilityStatement', fhirVersion: '5.0.0' }));
  });
  expect((await run({ url: newer }))('fhir')).toMatchObject({
    state: 'failed',
    code: 'wrongVersion',
    values: { version: '5.0.0' },
  });
  const liar = await central({ switches: { release: 'R5', claimedVersion: '4.0.1' } });
  expect((await run({ url: liar.url }))('fhir')).toMatchObject({ state: 'failed', code: 'falseVersion' });
  const plain = (await central()).url.replace('http:', 'https:');
  expect((await run({ url: plain }))('tls')).toMatchObject({ state: 'failed', code: 'noTls' });
});

test('credentials: needed, a wrong secret with the server’s words, a right one, a token endpoint that is away', async () => {
  const auth = { clientId: 'bench', clientSecret: 'right' };
  const server = await central({ auth });
  expect((await run({ url: server.url }))('auth')).toMatchObject({ state: 'failed', code: 'needed' });
  const given = { kind: 'clientCredentials' as const, clientId: 'bench', scope: '' };
  const at = (clientSecret: string, tokenUrl = server.tokenUrl) => ({ ...given, clientSecret, tokenUrl });
  const wrong = await run({ url: server.url, auth: at('wrong') });
  expect(wrong('auth')).toMatchObject({
    state: 'failed',
    code: 'badClient',
    words: expect.stringMatching(/invalid_client/),
  });
  expect(wrong('scope').state).toBe('notReached');
  expect(wrong('write').state).toBe('notReached');
  expect(wrong('clock')).toMatchObject({ state: 'passed', code: 'ok' });
  const right = await run({ url: server.url, auth: at('right') });
  expect(right('auth')).toMatchObject({ state: 'passed', code: 'token' });
  expect(right('scope').state).toBe('passed');
  const away = await run({ url: server.url, auth: at('right', 'http://127.0.0.1:9/token') });
  expect(away('auth')).toMatchObject({ state: 'failed', code: 'tokenAway' });
});

test('a private key signs in by the server’s own configuration; with a clock five hours off the clock is named, not the key', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'bench-2', alg: 'ES384', use: 'sig' };
  const server = await central({ auth: { kind: 'smartBackend', clientId: 'bench-2', keys: [jwk] } });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const auth = {
    kind: 'smartBackend' as const,
    clientId: 'bench-2',
    privateKey: pem,
    keyId: 'bench-2',
    scope: 'system/*.*',
  };
  const right = await run({ url: server.url, auth });
  expect(right('auth')).toMatchObject({ state: 'passed', code: 'token' });
  expect(right('scope')).toMatchObject({ state: 'passed', code: 'ok' });
  const slow = await run({ url: server.url, auth }, () => new Date(Date.now() - 5 * 3_600_000));
  expect(slow('auth')).toMatchObject({ state: 'failed', code: 'clockBehind' });
  expect(slow('clock')).toMatchObject({ state: 'failed', code: 'farBehind' });
  const unusable = await run({ url: server.url, auth: { ...auth, privateKey: 'no key' } });
  expect(unusable('auth')).toMatchObject({ state: 'failed', code: 'key' });
});

test('what was granted and what the server does not let this station read is named kind by kind', async () => {
  const types = ['Patient', 'Observation'];
  const url = await answering((request, response) => {
    const path = request.url ?? '';
    if (path.endsWith('/token')) {
      response.end(
        JSON.stringify({ access_token: 't', expires_in: 600, scope: 'system/*.rs system/Patient.cruds' }),
      );
    } else if (path.endsWith('/metadata')) {
      const resource = types.map((type) => ({ type, interaction: [{ code: 'create' }, { code: 'update' }] }));
      response.end(
        JSON.stringify({ resourceType: 'CapabilityStatement', fhirVersion: '4.0.1', rest: [{ resource }] }),
      );
    } else if (path.includes('/Device')) response.writeHead(403).end();
    else response.end(JSON.stringify({ resourceType: 'Bundle', type: 'searchset' }));
  });
  const tokenUrl = `${url}/token`;
  const step = await run({
    url,
    auth: { kind: 'clientCredentials', clientId: 'b', clientSecret: 's', scope: '', tokenUrl },
  });
  const of = (type: string) => step('scope').items.find((item) => item.id === type);
  expect(step('scope').state).toBe('failed');
  expect(of('Patient')).toMatchObject({ ok: true });
  expect(of('Observation')).toMatchObject({ ok: false, code: 'writeNotGranted' });
  expect(of('Device')).toMatchObject({ ok: false, code: 'readRefused', values: { status: '403' } });
  expect(of('Specimen')).toMatchObject({ ok: false, code: 'unknownKind' });
  expect(step('can')).toMatchObject({ state: 'noted', code: 'instead' });
  expect(step('clock').state).toBe('passed');
});

test('a clock five hours off is measured and named, in which direction', async () => {
  const server = await central();
  const slow = await run({ url: server.url }, () => new Date(Date.now() - 5 * 3_600_000));
  expect(slow('clock')).toMatchObject({ state: 'failed', code: 'farBehind' });
  expect(Math.abs(Number(slow('clock').values.seconds) - 18_000)).toBeLessThanOrEqual(2);
  await server.control.set({ clockOffsetMs: -60_000 });
  const fast = await run({ url: server.url });
  expect(fast('clock')).toMatchObject({ state: 'noted', code: 'ahead' });
});
