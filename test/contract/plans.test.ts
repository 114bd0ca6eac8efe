import { rmSync } from 'node:fs';
import { createRxDatabase, type MangoQuery, normalizeMangoQuery, prepareQuery } from 'rxdb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../main/engine/engine.ts';
import { LeveyDatabase } from '../../main/engine/store/sqlite/database.ts';
import { type ScanPlan, scanPlan, scanSql } from '../../main/engine/store/sqlite/query.ts';
import { getRxStorageLevey, type LeveyStorageInstance } from '../../main/engine/store/sqlite/storage.ts';
import type { Find } from '../../main/engine/store/store.ts';
import { type CollectionName, collectionNames, rxSchemaOf } from '../../shared/documents/index.ts';
import { migrations } from '../../shared/documents/migrations/index.ts';
import type { QueryName } from '../../shared/ipc/contract.ts';
import { indicatorNames } from '../../shared/ipc/indicators.ts';
import { undecided } from '../bench/filled-store.ts';
import { DEMO_SECRET, seedStation } from '../sim/demo-people.ts';
import { laboratory, staff, stationFile } from '../sim/laboratory/index.ts';
import { EngineClient, startTestEngine, type TestStation, testStation } from './engine-client.ts';

/**
 * Every query that the screens make, as they make it: it has to go by an index that narrows it, and one with a limit has to come out of that
 * index in its order. Otherwise it is slow with a year of results, and with it everything else: the engine reads synchronously.
 */

const DAY = '2026-07-29';
/** Collections that grow with the work. People, catalogue, instruments and settings are read whole. */
const growing: readonly CollectionName[] = [
  ...['patients', 'orders', 'specimens', 'results', 'reports', 'controls', 'runs', 'tasks'],
] as CollectionName[];
/** Searches by a part of a name read the patients: their number grows slowly, and the search ends at its limit. */
const byName = (find: Find) => 'nameKey' in find.selector;

interface Asked {
  by: string;
  how: 'find' | 'count';
  collection: CollectionName;
  find: Find;
}

interface Planned extends Asked {
  scan: ScanPlan;
  index: string;
  /** Fields of the index for which the query has a bound. */
  bounded: number;
  explained: string[];
}

let at: TestStation;
let database: LeveyDatabase;
let close: () => Promise<void>;
const asked: Asked[] = [];
let asking = '';

beforeAll(async () => {
  at = testStation(stationFile({ analysers: { CHEM1: 0, HEM1: 0, COAG1: 0 } }));
  const key = () => Uint8Array.from(Buffer.from(at.key, 'hex'));
  await seedStation({ dataDir: at.dataDir, key: key(), stationCode: 'B2', day: DAY, history: 0 });
  const engine = await startTestEngine(at);
  const { store } = engine.bench;
  const lab = laboratory({ day: DAY, patients: 5 });
  const context = { actor: 'test', command: 'seed', station: 'B2', at: new Date().toISOString() };
  await store.write(context, async (unit) => {
    for (const doc of lab.patients) unit.put('patients', doc, { sync: true });
    for (const doc of lab.catalog) unit.put('catalog', doc, { sync: true });
    let n = 0;
    for (const past of lab.history(120)) {
      const now = n++ % 2 === 0 ? undecided(past) : past;
      for (const doc of now.orders) unit.put('orders', doc, { sync: true });
      for (const doc of now.specimens) unit.put('specimens', doc, { sync: true });
      for (const doc of now.results) unit.put('results', doc, { sync: true });
      for (const doc of now.tasks) unit.put('tasks', doc, { sync: true });
      unit.put('reports', now.report, { sync: true });
    }
  });
  const original = { find: store.find.bind(store), count: store.count.bind(store) };
  for (const how of ['find', 'count'] as const) {
    Object.assign(store, {
      [how]: (collection: CollectionName, find: Find) => {
        if (asking !== '') asked.push({ by: asking, how, collection, find });
        return original[how](collection, find);
      },
    });
  }
  await askEverything(engine);
  await engine.stop();
  // The same collections once more, without the engine: what it asked is planned there.
  database = LeveyDatabase.open({
    directory: at.dataDir,
    key: key(),
    clock: { now: () => new Date() },
    station: 'B2',
    migrations,
  });
  const rx = await createRxDatabase({
    name: 'levey',
    storage: getRxStorageLevey(database),
    multiInstance: false,
  });
  await rx.addCollections(
    Object.fromEntries(collectionNames.map((name) => [name, { schema: rxSchemaOf(name) as never }])),
  );
  close = async () => {
    await rx.close();
    database.close();
  };
});

afterAll(async () => {
  await close?.();
  rmSync(at.directory, { recursive: true, force: true });
});

/** Opens every live query once, with arguments that find something. */
async function askEverything(engine: Engine): Promise<void> {
  const client = new EngineClient(engine, 'plans');
  await client.command('access.signIn', { username: staff.lead.username, secret: DEMO_SECRET });
  const [result] = await engine.bench.store.find('results', {
    selector: { verdict: { $eq: 'held' } },
    limit: 1,
  });
  const [report] = await engine.bench.store.find('reports', {
    selector: { state: { $eq: 'signed' } },
    limit: 1,
  });
  const of = { resultId: result!.id, reportId: report!.id, scanned: result!.accessionIdentifier };
  const year = { from: '2025-07-30', to: DAY };
  const calls: [QueryName, unknown][] = [
    ['session', {}],
    ['strip', {}],
    ['search', { text: 'ma' }],
    ['patient.search', { text: '44' }],
    ['accession.requisition', { scanned: result!.requisition }],
    ['accession.requisition', { scanned: of.scanned }],
    ['accession.summary', {}],
    ['accession.open', {}],
    ['accession.received', {}],
    ['accession.printQueue', {}],
    ['worklist.list', { filter: 'all', instrumentId: '' }],
    ['results.list', { filter: 'all' }],
    ['results.counts', {}],
    ['results.detail', { resultId: of.resultId }],
    ['results.plan', { resultIds: [of.resultId] }],
    ['signout.cases', { filter: 'waiting' }],
    ['signout.cases', { filter: 'signed' }],
    ['signout.counts', {}],
    ['signout.find', { scanned: of.scanned }],
    ['signout.case', { reportId: of.reportId }],
    ['instruments.lines', {}],
    ['exceptions.list', { status: 'open' }],
    ['exceptions.list', { status: 'ended' }],
    ['tasks.list', { status: 'open' }],
    ['tasks.list', { status: 'ended' }],
    ['sync.summary', {}],
    ['sync.kinds', {}],
    ['sync.records', { filter: 'all' }],
    ['server.settings', {}],
    ['indicators', year],
    ...indicatorNames.map((name): [QueryName, unknown] => [
      'indicators.cases',
      { ...year, name, detail: '' },
    ]),
  ];
  for (const [name, args] of calls) {
    asking = name;
    await client.rows(name, args as never);
    asking = '';
  }
}

function plan(one: Asked): Planned {
  const instance = database.instance(one.collection) as LeveyStorageInstance<Record<string, unknown>>;
  const normalized = normalizeMangoQuery(instance.schema, one.find as MangoQuery<Record<string, unknown>>);
  normalized.selector = { ...normalized.selector, _deleted: { $eq: false } } as never;
  const prepared = prepareQuery(instance.schema, normalized);
  const scan = scanPlan(instance.queryTarget as never, prepared as never);
  const sql =
    one.how === 'count' && !scan.filter
      ? scanSql(scan).replace('SELECT data', 'SELECT count(*)')
      : scanSql(scan);
  const rows = database.driver.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...scan.params) as {
    detail: string;
  }[];
  // Key strings are padded to the fields' lengths: where both bounds are those of the whole index, nothing is narrowed.
  const everything = scanPlan(
    instance.queryTarget as never,
    prepareQuery(
      instance.schema,
      normalizeMangoQuery(instance.schema, {
        selector: { _deleted: { $eq: false } },
        index: scan.column.replace(/^"k:|"$/g, '').split(','),
      } as never),
    ) as never,
  );
  const same = (i: number) =>
    Buffer.compare(scan.params[i] as Uint8Array, everything.params[i] as Uint8Array) === 0;
  return {
    ...one,
    scan,
    index: scan.column,
    bounded: Number(!same(0)) + Number(!same(1)),
    explained: rows.map((row) => row.detail),
  };
}

/** Looks one value up in an index of just that: a handful of documents, whatever their order. */
function isLookUp(one: Planned): boolean {
  const selector = Object.entries(one.find.selector);
  return (
    one.index === `"k:_deleted,${selector.map(([field]) => field).join(',')},id"` &&
    selector.every(([, condition]) => Object.keys(condition as object).join() === '$eq')
  );
}

const words = (one: Planned) =>
  `${one.by}: ${one.how} ${one.collection} ${JSON.stringify(one.find)} by ${one.index} order ${one.scan.order}${one.scan.filter ? ' with filter' : ''} | ${one.explained.join('; ')}`;

test('every query of the screens goes by an index that narrows it and gives its order', () => {
  const unique = [
    ...new Map(
      asked.map((one) => [
        `${one.by} ${one.how} ${one.collection} ${Object.keys(one.find.selector)} ${JSON.stringify(one.find.sort)}`,
        one,
      ]),
    ).values(),
  ];
  expect(unique.length).toBeGreaterThan(40);
  const planned = unique.filter((one) => growing.includes(one.collection) && !byName(one.find)).map(plan);
  expect(
    planned
      .filter((one) => one.explained.some((line) => !line.startsWith('SEARCH') || !line.includes('INDEX')))
      .map(words),
  ).toEqual([]);
  expect(planned.filter((one) => one.bounded === 0).map(words)).toEqual([]);
  expect(planned.filter((one) => one.scan.filter).map(words)).toEqual([]);
  expect(
    planned
      .filter((one) => one.find.limit !== undefined && one.scan.order === 'sort' && !isLookUp(one))
      .map(words),
  ).toEqual([]);
});

test('what posting and reports look up has an index of its own', () => {
  const look = (collection: CollectionName, selector: Find['selector']) =>
    plan({ by: 'posting', how: 'find', collection, find: { selector } });
  const eq = (...fields: string[]) => Object.fromEntries(fields.map((field) => [field, { $eq: 'x' }]));
  for (const [collection, ...fields] of [
    ['results', 'sourceKey'],
    ['controls', 'sourceKey'],
    ['tasks', 'sourceKey'],
    ['results', 'accessionIdentifier', 'testCode'],
    ['results', 'patientId', 'testCode'],
    ['specimens', 'accessionIdentifier'],
    ['specimens', 'requisition'],
    ['orders', 'requisition'],
    ['reports', 'requisition'],
    ['patients', 'identifier'],
    ['tasks', 'specimenId'],
    ['results', 'serverId'],
  ] as [CollectionName, ...string[]][]) {
    const one = look(collection, eq(...fields));
    expect(one.index, words(one)).toContain(`k:_deleted,${fields.join(',')}`);
    expect(one.explained.join(), words(one)).toMatch(/^SEARCH .* USING INDEX/);
    expect(one.scan.filter, words(one)).toBe(false);
    expect(one.bounded, words(one)).toBe(2);
  }
});
