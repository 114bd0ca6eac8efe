import type { Observation } from 'fhir/r4';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Demo } from '../sim/demo.ts';
import { type DemoEngine, startDemoEngine } from './demo-engine.ts';
import type { EngineClient } from './engine-client.ts';

/** The demo laboratory with its central server: orders come down, everything goes up exactly once, also when the cable is out. */

let running: DemoEngine;
let demo: Demo;
let tech: EngineClient;

beforeAll(async () => {
  running = await startDemoEngine(30);
  ({ demo, tech } = running);
}, 60_000);

afterAll(() => running?.stop());

async function drawAndReceive(requisition: string): Promise<string[]> {
  await tech.command('accession.draw', {
    requisition,
    collector: 'K. Obi',
    collectedTime: new Date().toISOString(),
  });
  const [row] = await tech.rows('accession.requisition', { scanned: requisition });
  for (const tube of row!.tubes)
    await tech.command('accession.receive', { accessionIdentifier: tube.accessionIdentifier });
  return row!.tubes.map((tube) => tube.accessionIdentifier);
}

const drained = () => running.drained();

test('patients, orders and the catalogue arrive from the server', async () => {
  const open = await tech.rows('accession.open', {}, (rows) => rows.length === 30, 30_000);
  expect(open.every((row) => row.patientName !== '' && row.panels !== '' && row.origin === 'server')).toBe(
    true,
  );
  const tests = await tech.rows('catalog.list', { kind: 'test' }, (rows) => rows.length === 30);
  expect(tests.find((row) => row.code === 'K')).toMatchObject({ loinc: '2823-3', unit: 'mmol/L' });
  expect(await tech.rows('catalog.list', { kind: 'panel' })).toHaveLength(8);
  // The text sent travels apart from the number, which the server rewrites.
  const [first] = await tech.rows('accession.requisition', { scanned: open[0]!.requisition });
  expect(first!.tubes.length).toBeGreaterThan(0);
});

test('with the cable out the bench works, and plugged in again the server has everything once', async () => {
  await demo.server.control.set({ down: 'refuse' });
  tech.command('sync.now', {}).catch(() => undefined);
  await tech.rows('sync.summary', {}, ([row]) => row!.state === 'offline', 30_000);
  const open = await tech.rows('accession.open', {});
  const sent = new Map<string, string>();
  for (const row of open.slice(0, 5)) {
    for (const specimen of await drawAndReceive(row.requisition)) {
      for (const analyser of demo.analysers.values()) {
        const run = await analyser.run(specimen);
        for (const result of run.results) sent.set(`${specimen} ${result.code}`, result.text);
      }
    }
  }
  const results = await tech.rows(
    'results.list',
    { filter: 'toDecide' },
    (rows) => rows.length === sent.size,
    30_000,
  );
  const { released, stayed } = await tech.command('result.release', {
    resultIds: results.map((r) => r.id),
    comment: 'Checked.',
  });
  expect(stayed).toEqual([]);
  const [offline] = await tech.rows('sync.summary', {});
  expect(offline).toMatchObject({ state: 'offline', refused: 0 });
  expect(offline!.queued).toBeGreaterThan(released.length);

  // Back, but with lost answers and conflicts on the way: still exactly once.
  await demo.server.control.set({
    down: 'no',
    lostAnswer: { probability: 0.3, count: 4 },
    conflict: { probability: 0.2, count: 4 },
  });
  await tech.command('sync.now', {});
  await drained();
  await demo.server.control.set({ lostAnswer: 0, conflict: 0 });
  const stats = demo.server.stats();
  expect(stats.duplicates).toEqual([]);
  const observations = demo.server.control.all('Observation') as unknown as Observation[];
  expect(observations).toHaveLength(released.length);
  expect(
    observations.every(
      (o) => o.status === 'final' && o.basedOn?.[0]?.reference?.startsWith('ServiceRequest/'),
    ),
  ).toBe(true);
  const texts = observations
    .map((o) => o.valueQuantity?.extension?.find((e) => e.url.endsWith('original-text'))?.valueString)
    .sort();
  expect(texts).toEqual([...sent.values()].sort());
}, 90_000);

test('an order cancelled at the server is cancelled here; what was measured stays', async () => {
  const open = await tech.rows('accession.open', {});
  const target = open.at(-1)!;
  const orders = demo.server.control
    .all('ServiceRequest')
    .filter((r) => JSON.stringify(r).includes(`"${target.requisition}"`));
  expect(orders.length).toBeGreaterThan(0);
  for (const order of orders) {
    const put = await fetch(`${demo.server.url}/ServiceRequest/${order.id}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify({ ...order, status: 'revoked' }),
    });
    expect(put.status).toBe(200);
  }
  await tech.command('sync.now', {});
  await tech.rows(
    'accession.open',
    {},
    (rows) => !rows.some((row) => row.requisition === target.requisition),
    30_000,
  );
  const [row] = await tech.rows('accession.requisition', { scanned: target.requisition });
  expect(row!.orders.every((order) => order.status === 'revoked')).toBe(true);
  expect(row!.tubes).toEqual([]);
}, 60_000);
