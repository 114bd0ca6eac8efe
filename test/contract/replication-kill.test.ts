import type { Bundle } from 'fhir/r4';
import { afterEach, expect, test } from 'vitest';
import { openStore } from '../../main/engine/store/open.ts';
import type { Store } from '../../main/engine/store/store.ts';
import type { CollectionName } from '../../shared/documents/index.ts';
import { EngineGone } from '../crash/engine-child.ts';
import { type Between, standBetween } from '../sim/fhir/between.ts';
import type { Resource } from '../sim/fhir/resource.ts';
import type { FhirServer } from '../sim/fhir/server.ts';
import { stationFile } from '../sim/laboratory/index.ts';
import { until } from '../until.ts';
import {
  type ChildStation,
  catalogueServer,
  endStations,
  setUp,
  signInAt,
  startChild,
} from './child-station.ts';
import { type TestStation, testStation } from './engine-client.ts';
import { freePort } from './free-port.ts';

/** Kill -9 of the engine in the middle of its first load, and while what two sides changed is settled. */

const CASES = 90;
/** Resources of a page: the server gives no more. */
const PAGE = 30;
const DISPUTED = 6;
const KINDS = {
  Patient: 'patients',
  ServiceRequest: 'orders',
  Specimen: 'specimens',
  Observation: 'results',
} as const satisfies Record<string, CollectionName>;

let server: FhirServer;
let middle: Between;
let at: TestStation;
let station: ChildStation | undefined;
let store: Store | undefined;

afterEach(async () => {
  await store?.close();
  await endStations([station], server);
  await middle?.close();
});

async function started(): Promise<ChildStation> {
  station = await startChild(at);
  return station;
}

async function summaryOf({ tech }: ChildStation) {
  const [row] = await tech.rows('sync.summary', {});
  return row!;
}

/** Patient, order, tube and result number `n`, as other systems write them. */
function hospitalCase(n: number): Resource[] {
  const subject = { reference: `Patient/pat-${n}` };
  const basedOn = [{ reference: `ServiceRequest/ord-${n}` }];
  return [
    {
      resourceType: 'Patient',
      id: `pat-${n}`,
      identifier: [{ system: 'urn:mrn', value: `M${n}` }],
      name: [{ use: 'official', family: `Τσαντίλη ${n}`, given: ['Ελένη'] }],
      gender: 'female',
      birthDate: '1988-04-12',
    },
    {
      resourceType: 'ServiceRequest',
      id: `ord-${n}`,
      status: 'active',
      intent: 'order',
      requisition: { system: 'urn:requisition', value: `REQ-${n}` },
      code: { coding: [{ code: 'K' }], text: 'Potassium' },
      subject,
      authoredOn: '2026-07-29T08:00:00Z',
    },
    {
      resourceType: 'Specimen',
      id: `tube-${n}`,
      status: 'available',
      accessionIdentifier: { system: 'urn:ward', value: `W${n}` },
      type: { coding: [{ code: 'SER' }], text: 'Serum' },
      subject,
      request: basedOn,
      receivedTime: '2026-07-29T08:10:00Z',
    },
    {
      resourceType: 'Observation',
      id: `res-${n}`,
      status: 'final',
      category: [
        {
          coding: [
            { system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' },
          ],
        },
      ],
      code: { coding: [{ system: 'http://loinc.org', code: '2823-3' }], text: 'Potassium' },
      subject,
      basedOn,
      effectiveDateTime: '2026-07-29T08:05:00Z',
      issued: '2026-07-29T09:00:00Z',
      valueQuantity: { value: 4.1, unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' },
    },
  ];
}

/** Patients, orders, tubes and results in a page of a search. */
function casesIn(text: string): number {
  if (!text.includes('"searchset"')) return 0;
  const { entry = [] } = JSON.parse(text) as Bundle;
  return entry.filter(({ resource }) => Object.hasOwn(KINDS, resource?.resourceType ?? '')).length;
}

test('kill -9 in the middle of the first load, and of settling what both sides changed: it goes on from there, with everything once and every decision kept', async () => {
  server = await catalogueServer(7);
  middle = await standBetween(server.url);
  // One a minute, and none of the last minutes: a look for news goes back to a few of each kind.
  for (let n = 0; n < CASES; n += 1) {
    await server.control.set({ clockOffsetMs: (n - CASES - 10) * 60_000 });
    server.control.load(hospitalCase(n));
  }
  await server.control.set({ clockOffsetMs: 0, down: 'refuse', maxCount: PAGE });
  const analysers = { CHEM1: await freePort(), HEM1: await freePort(), COAG1: await freePort() };
  // It looks for news when it is told to.
  at = testStation({ ...stationFile({ analysers }), server: { url: middle.url, pullSeconds: 3_600 } });
  let one = await started();
  await setUp(one, { name: 'M. Keane', roles: ['lead'] });

  // In the middle of the first load.
  let given = 0;
  middle.answer = (passing) => {
    given += casesIn(passing.text);
    if (given >= 2.5 * CASES) one.child.kill();
    return passing;
  };
  await server.control.set({ down: 'no' });
  await one.tech.command('sync.now', {}).catch(goneIsFine);
  await one.child.exited;
  given = 0;
  middle.answer = (passing) => {
    given += casesIn(passing.text);
    return passing;
  };
  one = await started();
  await signInAt(one.tech);
  await one.tech.command('sync.now', {});
  await until(async () =>
    expect(await summaryOf(one)).toMatchObject({ firstLoad: null, state: 'online', conflicts: 0 }),
  );
  // What was taken before is not given again, but for the youngest of each kind and the pages that were on their way.
  expect(given).toBeLessThan(3 * CASES);

  // In the middle of settling: cancelled here, completed there.
  await server.control.set({ down: 'refuse' });
  const disputed = Array.from({ length: DISPUTED }, (_, n) => `ord-${n}`);
  for (const orderId of disputed) {
    await one.tech.command('order.cancel', { orderId, reason: 'Drawn twice' });
    server.control.put({ ...server.control.read('ServiceRequest', orderId), status: 'completed' });
  }
  await server.control.set({ down: 'no' });
  await one.tech.command('sync.now', {});
  await until(async () => expect(await summaryOf(one)).toMatchObject({ conflicts: DISPUTED, queued: 0 }));
  const decide = (docId: string) =>
    one.tech.command('sync.decide', { collection: 'orders', docId, keepHere: ['status'] });
  middle.answer = (passing) => {
    // The server has it; nobody here ever hears of it.
    if (passing.method !== 'GET' && passing.text.includes('ServiceRequest/')) one.child.kill();
    return passing;
  };
  const told = await Promise.all(
    disputed.map((docId) =>
      decide(docId).then(
        () => true,
        (error: unknown) => goneIsFine(error) ?? false,
      ),
    ),
  );
  await one.child.exited;
  middle.answer = (passing) => passing;
  one = await started();
  await signInAt(one.tech);
  const open = (await one.tech.rows('sync.records', { filter: 'needsPerson' })).map(({ docId }) => docId);
  for (const [n, docId] of disputed.entries()) if (told[n] === true) expect(open).not.toContain(docId);
  for (const docId of open) await decide(docId);
  await one.tech.command('sync.now', {});
  await until(async () =>
    expect(await summaryOf(one)).toMatchObject({ queued: 0, conflicts: 0, refused: 0, state: 'online' }),
  );
  expect(await one.tech.rows('tasks.list', { status: 'open' })).toEqual([]);
  for (const id of disputed) {
    expect(server.control.read('ServiceRequest', id).status).toBe('revoked');
    const history = await fetch(`${server.url}/ServiceRequest/${id}/_history?_count=20`);
    // As it was, as it was completed there, and as it was cancelled here.
    expect(((await history.json()) as Bundle).entry).toHaveLength(3);
  }

  await one.child.shutdown();
  const key = Uint8Array.from(Buffer.from(at.key, 'hex'));
  const clock = { now: () => new Date() };
  store = await openStore({ dataDir: at.dataDir, key, clock, stationCode: 'B2' });
  for (const [type, kind] of Object.entries(KINDS)) {
    const here = await store.find(kind, { selector: {} });
    const there = server.control.all(type).map(({ id, meta }) => `${id} ${meta?.versionId}`);
    expect(here.map(({ serverId, sync }) => `${serverId} ${sync.versionId}`).sort()).toEqual(there.sort());
  }
  expect(server.stats().duplicates).toEqual([]);
  expect((await store.verifyAudit()).ok).toBe(true);
}, 120_000);

/** Nobody knows what became of what an engine was told that is no more. @throws everything else */
function goneIsFine(error: unknown): undefined {
  if (!(error instanceof EngineGone)) throw error;
}
