import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../main/engine/engine.ts';
import { forgetServer, leaveServer } from '../../main/engine/replication/another-server.ts';
import type { SyncRecordRow } from '../../shared/ipc/sync.ts';
import type { FhirServer } from '../sim/fhir/server.ts';
import { LABORATORY, stationFile } from '../sim/laboratory/index.ts';
import { catalogueServer } from './child-station.ts';
import { EngineClient, startTestEngine, type TestStation, testStation } from './engine-client.ts';
import { freePort } from './free-port.ts';
import { joined, PIN } from './people.ts';

/** What the server deleted and a person keeps here is not at the server: the list, the counts and the printed statement say so. */

let server: FhirServer;
let at: TestStation;
let engine: Engine;
let tech: EngineClient;

beforeAll(async () => {
  server = await catalogueServer(5);
  for (const n of [1, 2])
    server.control.put({
      resourceType: 'Patient',
      id: `adm-${n}`,
      identifier: [{ system: 'urn:mrn', value: `5120993${n}` }],
      name: [{ use: 'official', family: n === 1 ? 'Τσαντίλη' : 'Doyle', given: ['Ελένη'] }],
      gender: 'female',
      birthDate: '1988-04-12',
    });
  const analysers = { CHEM1: await freePort(), HEM1: await freePort(), COAG1: await freePort() };
  at = testStation({ ...stationFile({ analysers }), server: { url: server.url, pullSeconds: 1 } });
  engine = await startTestEngine(at);
  const admin = new EngineClient(engine, 'admin');
  const { name: laboratory, address } = LABORATORY;
  const person = { name: 'Eoin Doyle', username: 'doyle', secret: 'correct horse battery', pin: PIN };
  await admin.command('access.setUp', { laboratory, address, ...person });
  tech = await joined(engine, admin, 'lindqvist', 'technician');
  await tech.rows('catalog.list', { kind: 'test' }, (rows) => rows.length > 10, 30_000);
  await tech.rows('patient.search', { text: 'Doyle' }, (rows) => rows.length === 1, 30_000);
}, 60_000);

afterAll(async () => {
  await engine?.stop();
  await server?.stop();
  rmSync(at.directory, { recursive: true, force: true });
});

/** The record of the list that `which` tells, once it is there. */
async function listed(which: (row: SyncRecordRow) => boolean): Promise<SyncRecordRow> {
  const rows = await tech.rows('sync.records', { filter: 'all' }, (all) => all.some(which), 30_000);
  return rows.find(which)!;
}

async function statement(): Promise<string> {
  const { pdf } = await tech.command('sync.statement', {});
  const file = join(at.directory, 'statement.pdf');
  writeFileSync(file, Buffer.from(pdf, 'base64'));
  return execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' });
}

test('a patient deleted at the server and kept here is in the list and in print, with whose, why and since when; a later change keeps it there', async () => {
  server.control.remove('Patient', 'adm-1');
  const asked = await listed((row) => row.collection === 'patients' && row.state === 'conflict');
  expect(await statement()).toMatch(/to be decided\s+Deleted at the server/);
  const { collection, docId } = asked;
  await tech.command('sync.decide', { collection, docId, keepHere: [] });
  const kept = await listed((row) => row.docId === docId && row.state === 'local');
  expect(kept).toMatchObject({ title: '51209931', why: 'Deleted at the server' });
  expect(kept.patientName).toContain('ΤΣΑΝΤΙΛΗ');
  expect(Date.now() - Date.parse(kept.since)).toBeLessThan(60_000);
  const [summary] = await tech.rows('sync.summary', {}, ([row]) => row?.kept === 1);
  expect(summary).toMatchObject({ conflicts: 0 });
  const kinds = await tech.rows('sync.kinds', {});
  expect(kinds.filter((row) => row.kept > 0)).toMatchObject([{ id: 'patients', kept: 1 }]);
  expect(await tech.rows('sync.records', { filter: 'needsPerson' })).toEqual([]);
  const { store } = engine.bench;
  const context = { actor: 'test', command: 'patient.change', station: 'B2', at: new Date().toISOString() };
  await store.write(context, async (unit) =>
    unit.put('patients', { ...(await unit.get('patients', docId))!, ward: '9B' }),
  );
  const text = await statement();
  expect(text).toMatch(/Patients\s+0\s+0\s+0\s+1/);
  expect(text).toMatch(/ΤΣΑΝΤΙΛΗ.*51209931.*kept here/);
  expect(text.replace(/\s+/g, ' ')).toContain('Deleted at the server (');
  expect(text).not.toContain('The server has everything');
  expect(server.control.all('Patient')).toHaveLength(1);
});

test('an entry of the catalogue deleted at the server is in the list, can be decided there, and is in print', async () => {
  const entry = (await engine.bench.store.find('catalog', { selector: {} })).find(({ code }) => code === 'K');
  server.control.remove('ObservationDefinition', entry!.serverId);
  const asked = await listed((row) => row.collection === 'catalog' && row.state === 'conflict');
  expect(asked.title).toMatch(/^K /);
  const { collection, docId } = asked;
  const [conflict] = await tech.rows('sync.conflict', { collection, docId });
  expect(conflict).toMatchObject({ deleted: true });
  await tech.command('sync.decide', { collection, docId, keepHere: [] });
  await listed((row) => row.docId === docId && row.state === 'local');
  expect(await statement()).toMatch(/Catalogue: 1\s/);
});

test('kinds of records that are in no other list are in print too: decisions and lots of quality control', async () => {
  const context = { actor: 'test', command: 'seed', station: 'B2', at: new Date().toISOString() };
  await server.control.set({ down: 'refuse' });
  const { store } = engine.bench;
  await store.write(context, async (unit) => {
    const [any] = await unit.find('settings', { selector: {}, limit: 1 });
    unit.put('settings', { ...any!, id: 'qc.events.CHEM1', value: [], syncState: 'queued' });
  });
  await tech.rows('sync.records', { filter: 'all' }, (rows) => rows.some((row) => row.kind === 'settings'));
  expect(await statement()).toMatch(/QC decisions: 1\s/);
  await server.control.set({ down: 'no' });
});

test('what was kept although one server deleted it waits for another server, which never had it', async () => {
  const { store } = engine.bench;
  const context = { actor: 'test', command: 'server.save', station: 'B2', at: new Date().toISOString() };
  const [kept] = await store.find('patients', { selector: { identifier: { $eq: '51209931' } } });
  expect(kept).toMatchObject({ syncState: 'local', serverId: 'adm-1' });
  await server.control.set({ down: 'refuse' });
  await leaveServer(store, context);
  await forgetServer(store, context, new AbortController().signal);
  const found = await store.find('patients', { selector: { identifier: { $eq: '51209931' } } });
  expect(found).toMatchObject([{ serverId: '' }]);
  expect(found[0]?.syncState).not.toBe('local');
});
