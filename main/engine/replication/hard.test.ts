import { afterEach, expect, it } from 'vitest';
import { createFhirServer, type FhirServer } from '../../../test/sim/fhir/server.ts';
import { OTHER_MAKE, type Switches } from '../../../test/sim/fhir/switches.ts';
import { call } from '../../../test/sim/fhir/testing.ts';
import { MemoryStore } from './memory-store.ts';
import type { Bundling } from './send.ts';
import { begin, instrumentDoc, putCase, type Scene } from './testing.ts';

/** Servers that are hard in every way at once: what is here arrives there once, what others write arrives here once, nothing is invalid. */

const SEED = Number(process.env.SEED ?? 11);
const CASES = 5;
const RESULTS = 2;
const ORDERS = 8;
/** Longer than any of this takes, also on a busy machine. */
const PATIENCE = { timeout: 60_000 };

let scene: Scene<FhirServer> | undefined;
afterEach(async () => {
  await scene?.end();
  scene = undefined;
});

/** Another system of the hospital, which repeats its orders until it is answered. */
async function elsewhere(server: FhirServer): Promise<void> {
  for (let n = 0; n < ORDERS; n += 1) {
    const order = {
      resourceType: 'ServiceRequest',
      identifier: [{ system: 'urn:ward', value: `w-${n}` }],
      requisition: { system: 'urn:ward:order', value: `WARD-${n}` },
      ...{ status: 'active', intent: 'order', priority: 'routine' },
      code: { coding: [{ system: 'urn:levey:catalog', code: 'GLU' }], text: 'Glucose' },
      subject: { reference: 'Patient/ward' },
      authoredOn: new Date().toISOString(),
    };
    const condition = `identifier=urn:ward|w-${n}`;
    const conditional = server.control.switches().conditionalCreate === 'yes';
    const headers: Record<string, string> = conditional ? { 'if-none-exist': condition } : {};
    for (let there = false; !there; ) {
      const found = await call('GET', `${server.url}/ServiceRequest?${condition}`).catch(() => undefined);
      there = found?.status === 200 && found.body.entry !== undefined;
      if (found?.status === 200 && !there)
        await call('POST', `${server.url}/ServiceRequest`, order, headers).catch(() => undefined);
    }
  }
}

const soon: Partial<Switches> = { lateCommitMs: 300, quota: { writes: 400, windowSeconds: 2 }, slowMs: 5 };

const OFF_SECONDS = 5 * 3600;

const servers: [string, Partial<Switches>, Bundling][] = [
  ['a hard server, in batches', {}, 'batch'],
  ['a hard server, in transactions that are not atomic', {}, 'transaction'],
  ['a hard server of the other make', OTHER_MAKE, 'batch'],
  ['a hard server that refuses conditions', { conditionalCreate: 'refused' }, 'batch'],
  [
    'a hard server without bundles and websockets, its clock behind',
    { batches: false, transactions: false, websocket: false, clockOffsetMs: -OFF_SECONDS * 1000 },
    'batch',
  ],
];

it.each(servers)(
  `%s: everything goes up once and comes down once (seed ${SEED})`,
  async (_, switches, bundling) => {
    const server = await createFhirServer({ seed: SEED });
    const patient = {
      resourceType: 'Patient',
      id: 'ward',
      name: [{ family: 'Doe' }],
      birthDate: '1965-03-14',
    };
    server.control.load([patient]);
    await server.control.hard({ ...soon, ...switches });
    scene = begin(server, new MemoryStore(), { seed: SEED, config: { bundling } });
    const { store } = scene;
    store.change('instruments', instrumentDoc());
    for (let n = 0; n < CASES; n += 1) putCase(store, n, RESULTS);
    scene.replication.wake();
    await elsewhere(server);
    await expect.poll(() => store.countQueued(), PATIENCE).toBe(0);
    const orders = () => store.all('orders').map((order) => order.requisition);
    await expect.poll(() => orders().length, PATIENCE).toBeGreaterThanOrEqual(CASES + ORDERS);
    const { replication } = scene;
    const skew = () => Math.abs(replication.status().clockSkewSeconds ?? 0);
    await expect.poll(skew, PATIENCE).toBeGreaterThan(OFF_SECONDS - 60);
    const { resources, duplicates, invalid, faults } = server.stats();
    expect({ duplicates, invalid }).toEqual({ duplicates: [], invalid: 0 });
    // Which of them come is chance, and the fewer the requests the fewer they are; several always do.
    expect(Object.keys(faults).length).toBeGreaterThan(1);
    expect(resources).toMatchObject({
      ...{ Device: 1, Patient: CASES + 1, ServiceRequest: CASES + ORDERS, Specimen: CASES },
      ...{ Observation: CASES * RESULTS, DiagnosticReport: CASES, Provenance: CASES },
    });
    expect(new Set(orders()).size).toBe(orders().length);
    expect(orders()).toHaveLength(CASES + ORDERS);
    for (const name of ['patients', 'orders', 'specimens', 'results', 'reports'] as const)
      for (const doc of store.all(name)) expect(doc.syncState).toBe('onServer');
  },
  120_000,
);
