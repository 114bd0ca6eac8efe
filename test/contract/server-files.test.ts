import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Engine } from '../../main/engine/engine.ts';
import { createFhirServer, type FhirServer } from '../sim/fhir/server.ts';
import { laboratory, stationFile } from '../sim/laboratory/index.ts';
import { EngineClient, seed, startTestEngine, type TestStation, testStation } from './engine-client.ts';

/** Secrets and authorities that change while the station runs: what is in the files of the station counts, without a restart by hand. */

let at: TestStation | undefined;
let engine: Engine | undefined;
let server: FhirServer | undefined;
afterEach(async () => {
  await engine?.stop();
  await server?.stop();
  if (at !== undefined) rmSync(at.directory, { recursive: true, force: true });
  at = undefined;
  engine = undefined;
  server = undefined;
});

const RECORDS = 3;

/** An engine of a station with files of its own beside its station file. */
async function start(section: object, files: Record<string, string>): Promise<EngineClient> {
  const plain = stationFile({ analysers: { CHEM1: 0, HEM1: 0, COAG1: 0 } });
  at = testStation({ ...plain, server: { url: '', ...section } });
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(dirname(at.stationFile), name), text, { mode: 0o600 });
  engine = await startTestEngine(at);
  await seed(engine, { patients: laboratory({ day: '2026-07-29', patients: RECORDS }).patients });
  const admin = new EngineClient(engine, 'admin');
  const person = { name: 'Dr Eoin Doyle', username: 'doyle', secret: 'correct horse battery', pin: '2580' };
  await admin.command('access.setUp', { laboratory: 'St Brigid’s', address: 'Kildare', ...person });
  return admin;
}

const renew = (name: string, text: string) =>
  writeFileSync(join(dirname(at!.stationFile), name), text, { mode: 0o600 });
const drained = (client: EngineClient) =>
  client.rows('sync.summary', {}, ([row]) => row?.state === 'online' && row.queued === 0, 60_000);
const offline = (client: EngineClient) =>
  client.rows('sync.summary', {}, ([row]) => row?.state === 'offline' && row.why !== '', 60_000);

test('a password that was changed at the server, and then in its file, is used by itself', {
  timeout: 90_000,
}, async () => {
  server = await createFhirServer({ auth: { kind: 'basic', user: 'bench', password: 'first' } });
  const auth = { kind: 'basic', user: 'bench', passwordFile: 'password' };
  const admin = await start({ url: server.url, auth, pullSeconds: 1 }, { password: 'first' });
  await drained(admin);
  await server.control.set({ auth: { kind: 'basic', user: 'bench', password: 'second' } });
  await admin.command('sync.now', {});
  await offline(admin);
  renew('password', 'second');
  await admin.command('sync.now', {});
  await drained(admin);
  expect(server.stats().duplicates).toEqual([]);
});

test('a laboratory’s own authority that was replaced is trusted as soon as its certificate is in the file', {
  timeout: 90_000,
}, async () => {
  server = await createFhirServer({ tls: true });
  const port = Number(new URL(server.url).port);
  const section = { url: server.url, tls: { caFile: 'authority.pem' }, pullSeconds: 1 };
  const admin = await start(section, { 'authority.pem': server.caPem ?? '' });
  await drained(admin);
  await server.stop();
  server = await createFhirServer({ tls: true, port });
  await admin.command('sync.now', {});
  const isUntrusted = (of: EngineClient, yes: boolean) =>
    of.rows(
      'strip',
      {},
      ([row]) => row?.problems.some(({ code }) => code === 'server.certificateUntrusted') === yes,
      60_000,
    );
  await isUntrusted(admin, true);
  renew('authority.pem', server.caPem ?? '');
  await admin.command('sync.now', {});
  await drained(admin);
  await isUntrusted(admin, false);
  expect(server.stats().duplicates).toEqual([]);
});
