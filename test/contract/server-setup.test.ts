import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine } from '../../main/engine/engine.ts';
import { leaveServer } from '../../main/engine/replication/another-server.ts';
import { newTask } from '../../shared/documents/task.ts';
import type { ServerInput } from '../../shared/ipc/server.ts';
import { createFhirServer, type FhirServer } from '../sim/fhir/server.ts';
import { laboratory, stationFile } from '../sim/laboratory/index.ts';
import { EngineClient, seed, startTestEngine, type TestStation, testStation } from './engine-client.ts';

/** The central server set up from the window: what is written, what is kept, what changes with it. */

const SECRET = 'correct horse battery';
let at: TestStation;
let engine: Engine;
let admin: EngineClient;
const servers: FhirServer[] = [];

async function central(options: Parameters<typeof createFhirServer>[0] = {}): Promise<FhirServer> {
  const server = await createFhirServer(options);
  servers.push(server);
  return server;
}

const input = (url: string, auth: ServerInput['auth'] = { kind: 'none' }): ServerInput => ({
  url,
  auth,
  ca: null,
  pullSeconds: 1,
  historyDays: 90,
  sections: [],
  websocket: false,
});

/** The station file as it is, and the names beside it. */
const written = () => {
  const file = at.stationFile;
  return {
    section: (JSON.parse(readFileSync(file, 'utf8')) as { server?: Record<string, unknown> }).server,
    beside: readdirSync(dirname(file)),
    folder: dirname(file),
    text: readFileSync(file, 'utf8'),
  };
};
const drained = (client = admin) =>
  client.rows('sync.summary', {}, ([row]) => row?.state === 'online' && row.queued === 0, 30_000);

beforeEach(async () => {
  at = testStation(stationFile({ analysers: { CHEM1: 0, HEM1: 0, COAG1: 0 } }));
  engine = await startTestEngine(at);
  admin = new EngineClient(engine, 'admin');
  await admin.command('access.setUp', {
    laboratory: 'St Brigid’s',
    address: 'Kildare',
    name: 'Dr Eoin Doyle',
    username: 'doyle',
    secret: SECRET,
    pin: '2580',
  });
});

afterEach(async () => {
  await engine.stop();
  for (const server of servers.splice(0)) await server.stop();
  rmSync(at.directory, { recursive: true, force: true });
});

test('a server is written into the station file, the old file is kept, the secret is in a file of its own, and it is used at once', async () => {
  const auth = { kind: 'basic' as const, user: 'bench', password: 'p4ss word' };
  const server = await central({ auth });
  const before = written();
  await seed(engine, { patients: laboratory({ day: '2026-07-29', patients: 5 }).patients });
  const { keptAs } = await admin.command('server.save', {
    settings: input(server.url, { kind: 'basic', user: 'bench', secret: 'p4ss word' }),
    another: false,
  });
  const after = written();
  expect(readFileSync(join(after.folder, keptAs), 'utf8')).toBe(before.text);
  expect(after.section).toMatchObject({
    url: server.url,
    auth: { kind: 'basic', user: 'bench' },
    pullSeconds: 1,
  });
  expect(after.text).not.toContain('p4ss');
  const { passwordFile } = after.section!.auth as { passwordFile: string };
  expect(readFileSync(join(after.folder, passwordFile), 'utf8').trim()).toBe('p4ss word');
  expect(statSync(join(after.folder, passwordFile)).mode & 0o777).toBe(0o600);
  expect(after.beside.filter((name) => name.endsWith('.new'))).toEqual([]);
  await drained();
  const [row] = await admin.rows('server.settings', {});
  expect(row).toMatchObject({ url: server.url, hasSecret: true, auth: { kind: 'basic', user: 'bench' } });
  expect(JSON.stringify(row)).not.toContain('p4ss');

  // A secret that is not typed again is the one there is; the rest of the file stays as it is.
  await admin.command('server.save', {
    settings: { ...input(server.url, { kind: 'basic', user: 'bench', secret: null }), pullSeconds: 7 },
    another: false,
  });
  const again = written();
  expect(again.section).toMatchObject({ pullSeconds: 7, auth: { passwordFile } });
  const { server: _one, ...rest } = JSON.parse(again.text) as Record<string, unknown>;
  expect(rest).toEqual(JSON.parse(before.text));
  await drained();
  const [audit] = await admin.rows('audit.list', {}, (rows) =>
    rows.some((one) => one.command === 'server.save'),
  );
  expect(audit).toBeDefined();
});

test('what cannot be used is refused and nothing is written; nobody but the administrator changes the server', async () => {
  const before = written();
  const wrong = await admin.refusal('server.save', { settings: input('ftp://somewhere'), another: false });
  expect(wrong).toMatchObject({ code: 'station.invalid' });
  const secret = { kind: 'basic' as const, user: 'bench', secret: null };
  const missing = await admin.refusal('server.save', {
    settings: input('https://fhir.example.org/R4', secret),
    another: false,
  });
  expect(missing).toMatchObject({ code: 'server.noSecret' });
  const ca = await admin.refusal('server.save', {
    settings: { ...input('https://fhir.example.org/R4'), ca: 'no certificate' },
    another: false,
  });
  expect(ca).toMatchObject({ code: 'server.caFile' });
  const key = {
    kind: 'smartBackend' as const,
    tokenUrl: '',
    clientId: 'b',
    secret: 'no key',
    keyId: '',
    scope: '',
  };
  const badKey = await admin.refusal('server.save', {
    settings: input('https://fhir.example.org/R4', key),
    another: false,
  });
  expect(badKey).toMatchObject({ code: 'server.key' });
  expect(written()).toEqual(before);

  await admin.command('access.addPerson', {
    name: 'Lead',
    username: 'lead',
    roles: ['lead'],
    secret: SECRET,
    pin: '1357',
  });
  const lead = new EngineClient(engine, 'lead');
  await lead.command('access.signIn', { username: 'lead', secret: SECRET });
  expect(await lead.refusal('server.save', { settings: null, another: false })).toMatchObject({
    code: 'access.notAllowed',
  });
  expect(await lead.rows('server.settings', {})).toHaveLength(1);
});

test('a station file mended by hand meanwhile keeps what was mended; one that was spoilt stops the saving', async () => {
  const server = await central();
  const json = JSON.parse(written().text) as Record<string, unknown>;
  writeFileSync(at.stationFile, JSON.stringify({ ...json, name: 'Bench 2, by the window' }));
  await admin.command('server.save', { settings: input(server.url), another: false });
  expect(JSON.parse(written().text)).toMatchObject({
    name: 'Bench 2, by the window',
    server: { url: server.url },
  });
  writeFileSync(at.stationFile, '{ "code": ');
  const spoilt = await admin.refusal('server.save', { settings: null, another: false });
  expect(spoilt).toMatchObject({ code: 'station.notJson' });
  expect(readFileSync(at.stationFile, 'utf8')).toBe('{ "code": ');
});

test('another server gets everything the old one had, once; the same under another address only what changed', async () => {
  const [first, second] = [await central(), await central()];
  const { patients } = laboratory({ day: '2026-07-29', patients: 12 });
  await seed(engine, {
    patients: patients.map((one) => ({ ...one, syncState: 'queued' as const, serverId: '' })),
  });
  await admin.command('server.save', { settings: input(first.url), another: false });
  await drained();
  expect(first.control.all('Patient')).toHaveLength(patients.length);

  await admin.command('server.save', { settings: input(second.url), another: true });
  await admin.rows('sync.summary', {}, ([row]) => row?.server === new URL(second.url).host, 30_000);
  await drained();
  expect(second.control.all('Patient')).toHaveLength(patients.length);
  expect(second.stats().duplicates).toEqual([]);

  // The same server again, behind another name: nothing is sent twice.
  const writes = second.stats().versions;
  await admin.command('server.save', {
    settings: input(second.url.replace('127.0.0.1', 'localhost')),
    another: false,
  });
  await admin.rows('sync.summary', {}, ([row]) => row?.server.startsWith('localhost') === true, 30_000);
  await drained();
  expect(second.stats().versions).toBe(writes);

  await admin.command('server.save', { settings: null, another: false });
  await admin.rows('sync.summary', {}, ([row]) => row?.state === 'none', 30_000);
  expect(written().section).toBeUndefined();
  expect(
    written().beside.filter((name) => name.startsWith(`${basename(at.stationFile, '.json')}.before-`)),
  ).toHaveLength(4);
});

test('a station that stopped on its way to another server goes on with it at the next start', async () => {
  const [first, second] = [await central(), await central()];
  const { patients } = laboratory({ day: '2026-07-29', patients: 6 });
  await seed(engine, {
    patients: patients.map((one) => ({ ...one, syncState: 'queued' as const, serverId: '' })),
  });
  await admin.command('server.save', { settings: input(first.url), another: false });
  await drained();
  const now = new Date().toISOString();
  const context = { actor: 'test', command: 'server.save', station: 'B2', at: now };
  await leaveServer(engine.bench.store, context);
  await engine.stop();
  const json = JSON.parse(written().text) as Record<string, unknown>;
  writeFileSync(at.stationFile, JSON.stringify({ ...json, server: { url: second.url, pullSeconds: 1 } }));

  engine = await startTestEngine(at);
  admin = new EngineClient(engine, 'admin');
  await admin.command('access.signIn', { username: 'doyle', secret: SECRET });
  await drained();
  expect(second.control.all('Patient')).toHaveLength(patients.length);
  expect(second.stats().duplicates).toEqual([]);
});

test('what the server has not got is given as a PDF, and as the same number of records', async () => {
  const { patients } = laboratory({ day: '2026-07-29', patients: 3 });
  await seed(engine, {
    patients: patients.map((one) => ({ ...one, syncState: 'queued' as const, serverId: '' })),
  });
  const { pdf, name, records } = await admin.command('sync.statement', {});
  expect(Buffer.from(pdf, 'base64').subarray(0, 5).toString('latin1')).toBe('%PDF-');
  expect(name).toMatch(/^not-on-server-B2-\d{4}-\d{2}-\d{2}-\d{4}\.pdf$/);
  const [summary] = await admin.rows('sync.summary', {}, ([row]) => row !== undefined && row.queued > 3);
  expect(records).toBe(summary?.queued);
});

test('what was in question or refused when a server was taken away can still be decided and queued', async () => {
  const { patients } = laboratory({ day: '2026-07-29', patients: 2 });
  const [one, two] = patients;
  const task = newTask('asked', new Date().toISOString(), 'conflict', {
    reason: 'bothChanged',
    sourceKey: `conflict:patients:${one!.id}`,
    payload: { collection: 'patients', docId: one!.id, here: {}, server: { ward: '9B' }, serverVersion: '7' },
  });
  const asked = [
    { ...one!, syncState: 'conflict' as const },
    { ...two!, syncState: 'refused' as const },
  ];
  await seed(engine, { patients: asked });
  const now = new Date().toISOString();
  const context = { actor: 'test', command: 'seed', station: 'B2', at: now };
  await engine.bench.store.write(context, async (unit) => unit.put('tasks', task, { sync: true }));
  await admin.command('sync.decide', { collection: 'patients', docId: one!.id, keepHere: [] });
  await admin.command('sync.retry', { collection: 'patients', docId: two!.id });
  const { store } = engine.bench;
  expect(await store.get('patients', one!.id)).toMatchObject({ ward: '9B', syncState: 'queued' });
  expect(await store.get('patients', two!.id)).toMatchObject({ syncState: 'queued' });
  expect((await store.get('tasks', 'asked'))?.status).toBe('done');
});
