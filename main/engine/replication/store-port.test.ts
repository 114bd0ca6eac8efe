import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { CollectionName, DocOf } from '../../../shared/documents/index.ts';
import { createFhirServer, type FhirServer } from '../../../test/sim/fhir/server.ts';
import { resourcesFrom } from '../../../test/sim/laboratory/fhir.ts';
import { laboratory } from '../../../test/sim/laboratory/index.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import type { ReplicationStore } from './port.ts';
import { storePort } from './store-port.ts';
import {
  begin,
  instrumentDoc,
  orderDoc,
  patientDoc,
  reportDoc,
  resultDoc,
  type Scene,
  specimenDoc,
} from './testing.ts';

const clock = { now: () => new Date() };
const directory = mkdtempSync(join(tmpdir(), 'levey-replication-'));
let store: Store | undefined;
let current: Scene<FhirServer, ReplicationStore> | undefined;

afterEach(async () => {
  await current?.end();
  await store?.close();
  current = undefined;
  store = undefined;
  rmSync(directory, { recursive: true, force: true });
});

const context = (command: string) => ({ actor: 'ml', command, station: 'B2', at: clock.now().toISOString() });

async function put<C extends CollectionName>(to: Store, collection: C, docs: DocOf<C>[]): Promise<void> {
  await to.write(context('test'), async (unit) => {
    for (const doc of docs) unit.put(collection, doc);
  });
}

it('replicates an encrypted SQLite store both ways, once, over a restart, with an unbroken audit trail', async () => {
  const key = randomBytes(32);
  const open = () => openStore({ dataDir: directory, key: new Uint8Array(key), clock, stationCode: 'B2' });
  const portOf = (of: Store) =>
    storePort(of, { clock, stationCode: 'B2', pdfName: 'report.pdf', refreshReport: async () => undefined });
  store = await open();
  const lab = laboratory({ day: '2026-07-29' });
  const numbers = Array.from({ length: 30 }, (_, n) => n);
  await put(store, 'instruments', [instrumentDoc()]);
  await put(
    store,
    'patients',
    numbers.map((n) => patientDoc(n)),
  );
  await put(
    store,
    'orders',
    numbers.map((n) => orderDoc(n)),
  );
  await put(
    store,
    'specimens',
    numbers.map((n) => specimenDoc(n)),
  );
  await put(
    store,
    'results',
    numbers.flatMap((n) => [0, 1, 2].map((i) => resultDoc(n, i))),
  );
  await put(
    store,
    'reports',
    numbers.map((n) => reportDoc(n)),
  );
  await store.write(context('test'), async (unit) => {
    for (const n of numbers) {
      unit.attach(
        'reports',
        `rep-${n}`,
        'report.pdf',
        'application/pdf',
        new TextEncoder().encode(`%PDF ${n}`),
      );
    }
  });

  const server = await createFhirServer({
    switches: { lostAnswer: { probability: 0.2, count: 4 }, conflict: 0.05 },
  });
  current = begin(server, portOf(store));
  server.control.load(resourcesFrom({ patients: lab.patients, catalog: lab.catalog, orders: lab.orders }));
  current.replication.now();
  const drained = async () => (await current?.store.countQueued()) === 0;
  await current.until(drained);
  await current.until(
    async () => (await store?.count('orders', { selector: {} })) === 30 + lab.orders.length,
  );
  expect(server.stats().duplicates).toEqual([]);
  expect(server.stats().resources).toMatchObject({
    Patient: 30 + lab.patients.length,
    ServiceRequest: 30 + lab.orders.length,
    Specimen: 30,
    Observation: 90,
    DiagnosticReport: 30,
    Provenance: 30,
  });
  expect(await store.count('catalog', { selector: {} })).toBe(lab.catalog.length);
  const order = lab.orders[0];
  expect(await store.get('orders', order?.id ?? '')).toMatchObject({
    requisition: order?.requisition,
    patientId: order?.patientId,
    testCodes: order?.testCodes,
    syncState: 'onServer',
  });

  // Two rounds from here on: the second one began after everything was sent, so the marks are where they stay.
  for (let round = 0; round < 2; round += 1) {
    const before = current.replication.status().lastSyncAt;
    current.replication.now();
    await current.until(() => (current?.replication.status().lastSyncAt ?? '') > before);
  }
  await current.replication.stop();
  await store.close();
  store = await open();
  current.store = portOf(store);
  const { versions } = server.stats();
  const rows = store.stats().auditRows;
  await current.restart();
  await current.until(() => current?.replication.status().lastSyncAt !== '');
  expect(current.replication.status().sentToday).toBe(30 * 7 + 1);
  expect(server.stats().versions).toBe(versions);
  expect(store.stats().auditRows).toBe(rows);
  expect(await store.verifyAudit()).toMatchObject({ ok: true });
});
