import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../main/engine/engine.ts';
import { undecided } from '../bench/filled-store.ts';
import { DEMO_SECRET, seedStation } from '../sim/demo-people.ts';
import { laboratory, staff, stationFile } from '../sim/laboratory/index.ts';
import { EngineClient, startTestEngine, type TestStation, testStation } from './engine-client.ts';

/** Lists that hold much are shown before everything beside them is read, and counts follow the commits. */

let at: TestStation;
let engine: Engine;
let client: EngineClient;

beforeAll(async () => {
  at = testStation(stationFile({ analysers: { CHEM1: 0, HEM1: 0, COAG1: 0 } }));
  const key = Uint8Array.from(Buffer.from(at.key, 'hex'));
  await seedStation({ dataDir: at.dataDir, key, stationCode: 'B2', day: '2026-07-29', history: 0 });
  engine = await startTestEngine(at);
  const lab = laboratory({ day: '2026-07-29', patients: 4 });
  const context = { actor: 'test', command: 'seed', station: 'B2', at: new Date().toISOString() };
  await engine.bench.store.write(context, async (unit) => {
    for (const doc of [...lab.patients]) unit.put('patients', doc, { sync: true });
    for (const doc of lab.catalog) unit.put('catalog', doc, { sync: true });
    let written = 0;
    for (const past of lab.history(500)) {
      const now = written < 200 ? past : undecided(past);
      written += past.results.length;
      for (const doc of now.specimens) unit.put('specimens', doc, { sync: true });
      for (const doc of now.results) unit.put('results', doc, { sync: true });
    }
  });
  client = new EngineClient(engine, 'lists');
  await client.command('access.signIn', { username: staff.lead.username, secret: DEMO_SECRET });
});

afterAll(async () => {
  await engine?.stop();
  rmSync(at.directory, { recursive: true, force: true });
});

test('a long list comes at once, the trends of its first rows with it and the others behind', async () => {
  const first = await client.rows('results.list', { filter: 'toDecide' });
  expect(first.length).toBeGreaterThan(250);
  const without = first.filter((row) => row.trend.length === 0);
  expect(without.length).toBeGreaterThan(100);
  expect(first.slice(0, 20).filter((row) => row.valueKind === 'quantity' && row.trend.length === 0)).toEqual(
    [],
  );
  const whole = await client.rows('results.list', { filter: 'toDecide' }, (rows) =>
    rows.every((row) => row.trend.length > 0 || row.valueKind !== 'quantity'),
  );
  expect(whole.map((row) => row.id)).toEqual(first.map((row) => row.id));
  for (const row of whole)
    expect(row.trend.at(-1)).toBe(row.valueKind === 'quantity' ? Number(row.valueText) : undefined);
});

test('the strip follows a commit without counting again what is stored', async () => {
  const { store, hub, clock, newId } = engine.bench;
  const count = store.count.bind(store);
  let counted = 0;
  store.count = (...args: Parameters<typeof count>) => {
    counted += 1;
    return count(...args);
  };
  const [before] = await client.rows('strip', {});
  const [specimen] = await store.find('specimens', { selector: { status: { $eq: 'received' } }, limit: 1 });
  // The strip asks for the lines behind its counts, each time it is made.
  const { instruments } = engine.bench;
  let made: () => void = () => {};
  engine.bench.instruments = {
    ...instruments,
    lines: () => {
      made();
      return instruments.lines();
    },
  };
  const nextStrip = () => new Promise<void>((done) => (made = done));
  counted = 0;
  const first = nextStrip();
  const seen = client.rows('strip', {}, ([row]) => row?.badges.worklists === before!.badges.worklists + 1);
  await first;
  const again = nextStrip();
  hub.changed(['channel:lines']);
  await again;
  expect(counted).toBe(0);
  const at = clock.now().toISOString();
  await store.write({ actor: 'test', command: 'add', station: 'B2', at }, async (unit) => {
    unit.put('specimens', { ...specimen!, id: newId(), accessionIdentifier: '26210B20001X' });
  });
  const [after] = await seen;
  expect(after!.badges.worklists).toBe(before!.badges.worklists + 1);
  expect(counted).toBe(0);
});
