import { expect, onTestFinished, test } from 'vitest';
import { createFhirServer, type FhirServer, type FhirServerOptions } from './server.ts';
import { call, idsOf, observation, patient } from './testing.ts';

async function start(options: FhirServerOptions = {}): Promise<FhirServer> {
  const switches = { validate: false, ...options.switches };
  const server = await createFhirServer({ ...options, switches });
  onTestFinished(() => server.stop());
  return server;
}

const create = (server: FhirServer, value: string, headers: Record<string, string> = {}) =>
  call('POST', `${server.url}/Patient`, patient(value), headers);
const batchOf = (values: string[]) => ({
  resourceType: 'Bundle',
  type: 'batch',
  entry: values.map((value) => ({ resource: patient(value), request: { method: 'POST', url: 'Patient' } })),
});
const statuses = (reply: Awaited<ReturnType<typeof call>>) =>
  reply.body.entry?.map((entry) => entry.response?.status);

test('down refuses connections and comes back on the same address with its data', async () => {
  const server = await start();
  const { body } = await create(server, '1');
  await server.control.set({ down: 'refuse' });
  await expect(fetch(`${server.url}/metadata`)).rejects.toThrow('fetch failed');
  await server.control.set({ down: 'no' });
  expect((await call('GET', `${server.url}/Patient/${body.id}`)).status).toBe(200);
});

test('hang accepts and never answers; going up again ends the waiting connections', async () => {
  const server = await start({ switches: { down: 'hang' } });
  const waiting = fetch(`${server.url}/metadata`);
  const ended = expect(waiting).rejects.toThrow('fetch failed');
  await expect.poll(() => server.stats().requests.hung).toBe(1);
  await server.control.set({ down: 'no' });
  await ended;
  expect((await call('GET', `${server.url}/metadata`)).status).toBe(200);
});

test('counted faults: 409, 412, 500, 503, each so many times, narrowed by method and type', async () => {
  const server = await start({
    switches: {
      conflict: { count: 1 },
      precondition: { count: 1, skip: 1 },
      error500: { count: 1, methods: ['GET'] },
    },
  });
  const seen = [await create(server, '1'), await create(server, '1'), await create(server, '1')];
  expect(seen.map((reply) => reply.status)).toEqual([409, 201, 412]);
  expect((await call('GET', `${server.url}/Patient`)).status).toBe(500);
  expect((await call('GET', `${server.url}/Patient`)).status).toBe(200);
  await server.control.set({ error503: { types: ['Observation'] } });
  expect((await create(server, '2')).status).toBe(201);
  expect((await call('POST', `${server.url}/Observation`, observation('1'))).status).toBe(503);
  expect(server.stats().faults).toEqual({ conflict: 1, precondition: 1, error500: 1, error503: 1 });
  await server.control.reset();
  expect((await call('POST', `${server.url}/Observation`, observation('1'))).status).toBe(201);
});

test('faults by chance repeat with the same seed and meet single entries of a batch', async () => {
  const run = async (seed: number): Promise<(string | undefined)[] | undefined> => {
    const server = await start({ seed, switches: { conflict: 0.3 } });
    return statuses(await call('POST', server.url, batchOf(Array.from({ length: 40 }, (_, at) => `${at}`))));
  };
  const [one, again, other] = [await run(7), await run(7), await run(8)];
  expect(one).toEqual(again);
  expect(one).not.toEqual(other);
  expect(new Set(one)).toEqual(new Set(['201', '409']));
});

test('the quota answers 429 with RateLimit and no Retry-After, per entry in a batch, whole for a transaction', async () => {
  let now = Date.UTC(2026, 0, 1);
  const server = await start({ now: () => now, switches: { quota: { writes: 5, windowSeconds: 60 } } });
  const first = await create(server, '1');
  expect([first.status, first.headers.get('ratelimit')]).toEqual([201, '"fhirInteractions";r=4;t=60']);
  const batch = await call('POST', server.url, batchOf(['2', '3', '4']));
  expect(statuses(batch)).toEqual(['201', '201', '201']);
  const transaction = await call('POST', server.url, { ...batchOf(['5', '6']), type: 'transaction' });
  expect(transaction.status).toBe(429);
  now += 40_000;
  expect(statuses(await call('POST', server.url, batchOf(['5', '6'])))).toEqual(['201', '429']);
  const over = await create(server, '7');
  expect([over.status, over.headers.get('ratelimit')]).toEqual([429, '"fhirInteractions";r=0;t=20']);
  expect(over.headers.has('retry-after')).toBe(false);
  expect((await call('GET', `${server.url}/Patient`)).status).toBe(200);
  now += 20_000;
  expect((await create(server, '7')).status).toBe(201);
  await server.control.set({ quota: null, tooMany: { count: 1 } });
  expect((await create(server, '8')).status).toBe(429);
});

test('a lost answer is committed; the conditional replay finds it and makes no duplicate', async () => {
  const server = await start({ switches: { lostAnswer: { count: 1 } } });
  const condition = { 'if-none-exist': 'identifier=urn:test|1' };
  await expect(create(server, '1', condition)).rejects.toThrow('fetch failed');
  expect(server.stats().resources).toEqual({ Patient: 1 });
  expect((await create(server, '1', condition)).status).toBe(200);
  expect(server.stats()).toMatchObject({
    resources: { Patient: 1 },
    duplicates: [],
    answers: { destroyed: 1, 200: 1 },
  });
  await server.control.set({ lostAnswer: { count: 1 } });
  await expect(create(server, '2')).rejects.toThrow('fetch failed');
  await create(server, '2');
  expect(server.stats().duplicates).toHaveLength(1);
});

test('a late commit appears below the mark that a poll has already seen', async () => {
  let now = Date.UTC(2026, 0, 1);
  const server = await start({ now: () => now, switches: { lateCommit: { count: 1 }, lateCommitMs: 150 } });
  const late = create(server, 'late');
  await expect.poll(() => server.stats().faults.lateCommit).toBe(1);
  now += 5;
  const { body: early } = await create(server, 'early');
  const mark = String(early.meta?.lastUpdated);
  expect(idsOf(await call('GET', `${server.url}/Patient?_sort=_lastUpdated`))).toEqual([early.id]);
  const { body } = await late;
  expect(String(body.meta?.lastUpdated) < mark).toBe(true);
  expect(idsOf(await call('GET', `${server.url}/Patient?_lastUpdated=gt${mark}`))).toEqual([]);
  expect(idsOf(await call('GET', `${server.url}/Patient?_sort=_lastUpdated`))).toEqual([body.id, early.id]);
});

test('conditional writes in parallel conflict, one after the other they do not', async () => {
  const server = await start({ switches: { parallelConflicts: true } });
  const one = (value: string) => create(server, value, { 'if-none-exist': `identifier=urn:test|${value}` });
  for (const value of ['a', 'b']) expect((await one(value)).status).toBe(201);
  await server.control.set({ slowMs: 50 });
  const together = await Promise.all(Array.from({ length: 12 }, (_, at) => one(`${at}`)));
  const seen = together.map((reply) => reply.status);
  expect(new Set(seen)).toEqual(new Set([201, 409]));
  expect(server.stats().resources.Patient).toBe(2 + seen.filter((status) => status === 201).length);
});

test('slow delays only what it should', async () => {
  const server = await start({ switches: { slowMs: 120, slow: { methods: ['POST'] } } });
  const order: string[] = [];
  const post = create(server, '1').then(() => order.push('POST'));
  const get = call('GET', `${server.url}/Patient`).then(() => order.push('GET'));
  await Promise.all([post, get]);
  expect(order).toEqual(['GET', 'POST']);
  expect(server.stats().faults).toEqual({ slow: 1 });
});

test('the admin port changes switches, shows statistics and works while the server is down', async () => {
  const server = await start({ adminPort: 0 });
  const admin = String(server.adminUrl);
  await create(server, '1');
  expect((await call('POST', `${admin}/switches`, { down: 'refuse' })).body.down).toBe('refuse');
  await expect(fetch(`${server.url}/metadata`)).rejects.toThrow('fetch failed');
  const stats = await call('GET', `${admin}/stats`);
  expect(stats.body).toMatchObject({ requests: { create: 1 }, resources: { Patient: 1 }, duplicates: [] });
  expect((await call('POST', `${admin}/reset`)).status).toBe(200);
  expect((await call('GET', `${server.url}/metadata`)).status).toBe(200);
  const bad = await call('POST', `${admin}/switches`, { conflict: 2 });
  expect([bad.status, String(bad.body.error)]).toEqual([400, expect.stringContaining('conflict')]);
  expect((await call('GET', `${admin}/nothing`)).status).toBe(404);
});
