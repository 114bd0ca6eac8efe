import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { get } from 'node:https';
import { expect, onTestFinished, test } from 'vitest';
import type { AuthOptions } from './auth.ts';
import { createFhirServer, type FhirServer, type FhirServerOptions } from './server.ts';
import { call, observation, patient } from './testing.ts';

async function start(options: FhirServerOptions): Promise<FhirServer> {
  const server = await createFhirServer({ ...options, switches: { validate: false, ...options.switches } });
  onTestFinished(() => server.stop());
  return server;
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const CLIENT = { kind: 'clientCredentials', clientId: 'levey', clientSecret: 's: /+é' } as const;

async function tokenFor(server: FhirServer, form: Record<string, string>, headers = {}) {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...form }).toString();
  return call('POST', server.tokenUrl, body, { ...FORM, ...headers });
}
const bearer = (token: unknown) => ({ authorization: `Bearer ${String(token)}` });
const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`,
});
const posted = { client_id: CLIENT.clientId, client_secret: CLIENT.clientSecret };

test('basic: user and password, UTF-8; anything else is 401 and says Basic', async () => {
  const server = await start({ auth: { kind: 'basic', user: 'levey', password: 'geheim:é' } });
  const ask = (headers = {}) => call('GET', `${server.url}/Patient`, undefined, headers);
  expect((await ask(basic('levey', 'geheim:é'))).status).toBe(200);
  for (const headers of [{}, basic('levey', 'other'), bearer('x')]) {
    const reply = await ask(headers);
    expect([reply.status, reply.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="central"']);
  }
  expect((await call('GET', `${server.url}/metadata`)).status).toBe(200);
  await server.control.set({ auth: { kind: 'none' } });
  expect((await ask()).status).toBe(200);
});

test('client credentials: in the header plain or encoded, in the form, or only as the server wants it', async () => {
  const server = await start({ auth: CLIENT });
  const plain = basic(posted.client_id, posted.client_secret);
  const encoded = basic(posted.client_id, encodeURIComponent(posted.client_secret));
  const statuses = async () => [
    (await tokenFor(server, posted)).status,
    (await tokenFor(server, {}, plain)).status,
    (await tokenFor(server, {}, encoded)).status,
  ];
  expect(await statuses()).toEqual([200, 200, 200]);
  await server.control.set({ auth: { ...CLIENT, method: 'client_secret_post' } });
  expect(await statuses()).toEqual([200, 401, 401]);
  await server.control.set({ auth: { ...CLIENT, method: 'client_secret_basic' } });
  expect(await statuses()).toEqual([401, 200, 200]);
  const wrong = await tokenFor(server, { ...posted, grant_type: 'password' });
  expect([wrong.status, wrong.body.error]).toEqual([400, 'unsupported_grant_type']);
});

test('tokens expire by the clock of the server, and with a change of how it asks', async () => {
  let now = Date.UTC(2026, 0, 1);
  const server = await start({ now: () => now, auth: { ...CLIENT, tokenSeconds: 60 } });
  const { body } = await tokenFor(server, posted);
  const ask = () => call('GET', `${server.url}/Patient`, undefined, bearer(body.access_token));
  expect([(await ask()).status, body.expires_in]).toEqual([200, 60]);
  now += 60_000;
  expect((await ask()).status).toBe(401);
  now -= 1;
  expect((await ask()).status).toBe(200);
  await server.control.set({ auth: CLIENT });
  expect((await ask()).status).toBe(401);
});

test('a scope that is too narrow is 403: for single requests, entries of a batch, a transaction as a whole', async () => {
  const server = await start({ auth: { ...CLIENT, scope: 'system/*.read system/Observation.cruds' } });
  const { body } = await tokenFor(server, { ...posted, scope: 'system/*.*' });
  expect(body.scope).toBe('system/*.read system/Observation.cruds');
  const headers = bearer(body.access_token);
  const send = (type: string) =>
    call(
      'POST',
      server.url,
      {
        resourceType: 'Bundle',
        type,
        entry: [observation('1'), patient('1')].map((resource) => ({
          resource,
          request: { method: 'POST', url: resource.resourceType },
        })),
      },
      headers,
    );
  expect((await call('GET', `${server.url}/Patient`, undefined, headers)).status).toBe(200);
  const refused = await call('POST', `${server.url}/Patient`, patient('1'), headers);
  expect([refused.status, refused.body.issue?.[0]?.code]).toEqual([403, 'forbidden']);
  const batch = await send('batch');
  expect(batch.body.entry?.map((entry) => entry.response?.status)).toEqual(['201', '403']);
  expect((await send('transaction')).status).toBe(403);
  expect(server.stats().resources).toEqual({ Observation: 1 });
  const none = await tokenFor(server, { ...posted, scope: 'openid' });
  expect([none.status, none.body.error]).toEqual([400, 'invalid_scope']);
});

function assertion(key: KeyObject, claims: Record<string, unknown>, header: Record<string, unknown>): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${encode({ typ: 'JWT', ...header })}.${encode(claims)}`;
  const signature = sign('sha384', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

test.each(['RS384', 'ES384'])(
  'SMART backend services with %s: signature, audience, life and jti',
  async (alg) => {
    const pair =
      alg === 'RS384'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const other = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const kid = createHash('sha256').update(alg).digest('hex');
    const now = Date.UTC(2026, 0, 1);
    const key = { ...pair.publicKey.export({ format: 'jwk' }), kid } as Record<string, unknown>;
    const auth: AuthOptions = { kind: 'smartBackend', clientId: 'levey', keys: [key] };
    const server = await start({ auth, now: () => now });
    const good = () => ({
      ...{ iss: 'levey', sub: 'levey', aud: server.tokenUrl, exp: now / 1000 + 240, jti: randomUUID() },
    });
    const ask = (claims: object, header: object = { alg, kid }, signer = pair.privateKey) =>
      tokenFor(server, {
        scope: 'system/*.*',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion(signer, { ...claims }, { ...header }),
      });
    const once = good();
    const token = await ask(once);
    expect([token.status, token.body.scope]).toEqual([200, 'system/*.*']);
    const used = await call('GET', `${server.url}/Patient`, undefined, bearer(token.body.access_token));
    expect(used.status).toBe(200);
    const why = async (reply: ReturnType<typeof ask>) => {
      const { status, body } = await reply;
      return `${status} ${String(body.error)} ${String(body.error_description)}`;
    };
    expect(await why(ask(once))).toContain('401 invalid_client jti');
    expect(await why(ask({ ...good(), aud: `${server.url}/other` }))).toContain('aud');
    expect(await why(ask({ ...good(), exp: now / 1000 - 1 }))).toContain('expired');
    expect(await why(ask({ ...good(), exp: now / 1000 + 3600 }))).toContain('five minutes');
    expect(await why(ask({ ...good(), sub: 'else' }))).toContain('iss and sub');
    expect(await why(ask({ ...good(), jti: undefined }))).toContain('jti');
    expect(await why(ask(good(), { alg: 'HS256', kid }))).toContain('alg');
    expect(await why(ask(good(), { alg: 'ES384', kid }, other.privateKey))).toContain('signature');
    expect(await why(ask(good(), { alg, kid: 'unknown' }))).toContain('signature');
    expect((await tokenFor(server, posted)).status).toBe(401);
    await server.control.set({ clockOffsetMs: 5 * 3_600_000 });
    expect(await why(ask(good()))).toContain('expired');
  },
);

test('it says where tokens are to be had, and nothing where there are none', async () => {
  const server = await start({ auth: CLIENT });
  const wellKnown = () => call('GET', `${server.url}/.well-known/smart-configuration`);
  expect((await wellKnown()).body).toMatchObject({
    token_endpoint: server.tokenUrl,
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  });
  const security = async () =>
    JSON.stringify(((await call('GET', `${server.url}/metadata`)).body.rest as object[])[0]);
  expect(await security()).toContain(server.tokenUrl);
  await server.control.set({ auth: { kind: 'basic', user: 'a', password: 'b' } });
  expect(await security()).toContain('"code":"Basic"');
  expect((await wellKnown()).status).toBe(404);
  expect((await tokenFor(server, posted)).status).toBe(404);
});

/** Asks once over TLS, without keeping the connection. Gives the status, or the code of what is wrong. */
async function askTls(server: FhirServer, ca: string | undefined): Promise<number | string> {
  const request = get(`${server.url}/metadata`, { agent: false, ...(ca === undefined ? {} : { ca }) });
  try {
    const [response] = await once(request, 'response');
    response.resume();
    return response.statusCode;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

test('TLS: trusted by its own authority alone; an expired, early, foreign or misnamed certificate is refused', async () => {
  const server = await start({ tls: true });
  expect(server.url).toMatch(/^https:/);
  expect(await askTls(server, server.caPem)).toBe(200);
  expect(await askTls(server, undefined)).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  const seen: Record<string, number | string> = {};
  for (const certificate of ['expired', 'notYetValid', 'otherHost', 'otherAuthority', 'valid'] as const) {
    await server.control.set({ certificate });
    seen[certificate] = await askTls(server, server.caPem);
  }
  expect(seen).toEqual({
    expired: 'CERT_HAS_EXPIRED',
    notYetValid: 'CERT_NOT_YET_VALID',
    otherHost: 'ERR_TLS_CERT_ALTNAME_INVALID',
    otherAuthority: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    valid: 200,
  });
});
