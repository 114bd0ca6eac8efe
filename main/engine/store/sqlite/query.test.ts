import { normalizeMangoQuery, prepareQuery, type RxDatabase, type RxStorageDefaultCheckpoint } from 'rxdb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LeveyDatabase } from './database.ts';
import { entriesSql } from './journal-rows.ts';
import { BOUND_KEY, indexColumns } from './keys.ts';
import { scanPlan, scanSql } from './query.ts';
import type { LeveyStorageInstance } from './storage.ts';
import { newDirectory, openRx, openTest, type TestCollections, type Thing, thing } from './testing.ts';
import { verifyAudit } from './verify.ts';

describe('query plans', () => {
  const place = newDirectory();
  let database: LeveyDatabase;
  let rx: RxDatabase<TestCollections>;
  let results: LeveyStorageInstance<Thing>;

  beforeAll(async () => {
    database = openTest(place.directory);
    rx = await openRx(database);
    await rx.results.bulkInsert(
      Array.from({ length: 500 }, (_, i) =>
        thing(`r${i}`, `n${i % 10}`, i % 7, new Date(1_780_000_000_000 + (i % 50) * 1000).toISOString()),
      ),
    );
    results = database.instance('results') as unknown as LeveyStorageInstance<Thing>;
  });
  afterAll(async () => {
    await rx.close();
    database.close();
    place.remove();
  });

  function explain(sql: string, params: number): string {
    const rows = database.driver.raw
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...Array.from({ length: params }, () => new Uint8Array())) as { detail: string }[];
    return rows.map((row) => row.detail).join('; ');
  }

  function planOf(mango: object) {
    const normalized = normalizeMangoQuery(results.schema, mango as never);
    normalized.selector = { ...normalized.selector, _deleted: { $eq: false } } as never;
    const scan = scanPlan(results.queryTarget, prepareQuery(results.schema, normalized) as never);
    return { scan, detail: explain(scanSql(scan), 2) };
  }

  const sorted = { selector: { name: 'n3' }, sort: [{ name: 'asc' }, { count: 'asc' }] };

  it.each([
    [
      'range by time',
      { selector: { at: { $gte: '2026' } }, sort: [{ at: 'asc' }] },
      'forward',
      '_deleted,at,id',
    ],
    ['newest first', { selector: {}, sort: [{ at: 'desc' }] }, 'backward', '_deleted,at,id'],
    ['newest first, ids too', { sort: [{ at: 'desc' }, { id: 'desc' }] }, 'backward', '_deleted,at,id'],
    ['by name, sorted', sorted, 'forward', '_deleted,name,count,id'],
    ['equal on two fields', { selector: { name: 'n3', count: 2 } }, 'forward', '_deleted,name,count,id'],
  ])('%s uses the index and needs no sorting in SQLite', (_name, mango, order, index) => {
    const { scan, detail } = planOf(mango);
    expect(scan.order).toBe(order);
    expect(detail).toContain(`SEARCH doc_results USING INDEX doc_results:${index} `);
    expect(detail).not.toContain('TEMP B-TREE');
  });

  it('counts by the covering index alone', () => {
    const { scan } = planOf({ selector: { at: { $gte: '2026' } } });
    const detail = explain(`SELECT count(*) FROM ${scan.table} WHERE ${scan.where}`, 2);
    expect(detail).toContain('USING COVERING INDEX');
    expect(scan.filter).toBe(false);
  });

  it('finds by id, journal and audit rows by index', () => {
    expect(explain('SELECT data FROM doc_results WHERE id = ?', 1)).toContain(
      'SEARCH doc_results USING INDEX sqlite_autoindex',
    );
    const rows = explain(entriesSql(true, true), 5);
    expect(rows.match(/SEARCH journal USING (COVERING )?INDEX journal_instrument/g)).toHaveLength(2);
    expect(rows).not.toContain('SCAN journal');
    expect(rows).not.toContain('TEMP B-TREE');
    expect(explain("SELECT * FROM messages WHERE state = 'received' ORDER BY firstSeq LIMIT ?", 1)).toContain(
      'USING INDEX messages_waiting',
    );
    expect(
      explain('SELECT a.seq FROM audit a JOIN audit u ON u.seq = a.unit WHERE a.seq = ?', 1),
    ).not.toContain('SCAN');
  });

  it('gives the newest in the order of all of them, also where a limit cuts through equal times', async () => {
    const all = await rx.results.find({ sort: [{ at: 'desc' }, { id: 'asc' }] }).exec();
    const expected = [...all].sort((a, b) => (a.at === b.at ? (a.id < b.id ? -1 : 1) : a.at < b.at ? 1 : -1));
    expect(all.map((d) => d.id)).toEqual(expected.map((d) => d.id));
    for (const [skip, limit] of [
      [0, 7],
      [3, 20],
      [15, 1],
      [490, 50],
    ] as const) {
      const page = await rx.results.find({ sort: [{ at: 'desc' }], skip, limit }).exec();
      expect(page.map((d) => d.id)).toEqual(expected.slice(skip, skip + limit).map((d) => d.id));
    }
  });

  it('reads no more rows than the limit needs', async () => {
    const { scan } = planOf({ sort: [{ at: 'desc' }] });
    let rows = 0;
    const parse = JSON.parse;
    JSON.parse = (text: string) => {
      rows++;
      return parse(text) as unknown;
    };
    try {
      const normalized = normalizeMangoQuery(results.schema, { sort: [{ at: 'desc' }], limit: 5 } as never);
      normalized.selector = { _deleted: { $eq: false } } as never;
      results.queryNow(prepareQuery(results.schema, normalized) as never);
    } finally {
      JSON.parse = parse;
    }
    expect(scan.resortTies).toBe(true);
    expect(rows).toBeLessThanOrEqual(11);
  });
});

describe('indexes of another program version', () => {
  it('are rebuilt on opening', async () => {
    const place = newDirectory();
    let database = openTest(place.directory);
    let rx = await openRx(database);
    await rx.patients.bulkInsert([thing('a', 'Zoe'), thing('b', 'Ada'), thing('c', 'Max')]);
    await rx.close();
    // As an older program would have left it: one index less, one more, one of another form.
    const stored = JSON.parse(
      database.driver
        .prepare("SELECT indexes FROM collections WHERE tableName = 'doc_patients'")
        .pluck()
        .get() as string,
    ) as Record<string, string>;
    database.driver.exec('DROP INDEX "doc_patients:_deleted,name,id"');
    database.driver.exec('ALTER TABLE doc_patients DROP COLUMN "k:_deleted,name,id"');
    database.driver.exec(
      `ALTER TABLE doc_patients ADD COLUMN "k:_deleted,gone,id" BLOB NOT NULL DEFAULT x''`,
    );
    database.driver.exec(
      'CREATE INDEX "doc_patients:_deleted,gone,id" ON doc_patients ("k:_deleted,gone,id")',
    );
    database.driver.exec(`UPDATE doc_patients SET "k:_deleted,name,count,id" = x'00'`);
    delete stored['_deleted,name,id'];
    stored['_deleted,gone,id'] = 'any';
    stored['_deleted,name,count,id'] = 'another length';
    database.driver
      .prepare("UPDATE collections SET indexes = ? WHERE tableName = 'doc_patients'")
      .run(JSON.stringify(stored));
    database.close();
    database = openTest(place.directory);
    rx = await openRx(database);
    const names = await rx.patients.find({ selector: { name: { $gt: '' } }, sort: [{ name: 'asc' }] }).exec();
    expect(names.map((d) => d.name)).toEqual(['Ada', 'Max', 'Zoe']);
    const exact = await rx.patients.find({ selector: { name: 'Max', count: 0 } }).exec();
    expect(exact.map((d) => d.id)).toEqual(['c']);
    const columns = database.driver.raw
      .prepare('SELECT name FROM pragma_table_info(?)')
      .pluck()
      .all('doc_patients');
    expect(columns).not.toContain('k:_deleted,gone,id');
    await rx.close();
    database.close();
    place.remove();
  });
});

describe("RxDB's own index by time of change", () => {
  const place = newDirectory();
  const KEY = 'k:_meta.lwt,id';
  const INDEX = 'doc_results:_meta.lwt,id';
  let database: LeveyDatabase;
  let rx: RxDatabase<TestCollections>;

  const open = async () => {
    database = openTest(place.directory);
    rx = await openRx(database);
    return database.instance('results') as unknown as LeveyStorageInstance<Thing>;
  };
  const shut = async () => {
    await rx.close();
    database.close();
  };
  const tablesWithKey = () =>
    database.driver.raw
      .prepare(
        'SELECT DISTINCT m.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE c.name LIKE ? ORDER BY 1',
      )
      .pluck()
      .all('k:_meta.lwt,%') as string[];
  const byChange = () =>
    database.driver.raw.prepare(`SELECT id FROM doc_results ORDER BY "${KEY}"`).pluck().all();
  /** As an earlier version left a file: every table had the key. */
  const addKey = (results: LeveyStorageInstance<Thing>) => {
    const column = indexColumns(results.schema).find(({ spare }) => spare);
    if (column === undefined) throw new Error('no spare index in the schema');
    database.driver.exec(`ALTER TABLE doc_results ADD COLUMN ${column.column} BLOB NOT NULL DEFAULT x''`);
    const rows = database.driver.raw.prepare('SELECT n, data FROM doc_results').all();
    for (const { n, data } of rows as { n: number; data: string }[])
      database.driver.raw
        .prepare(`UPDATE doc_results SET ${column.column} = ${BOUND_KEY} WHERE n = ?`)
        .run(column.keyOf(JSON.parse(data)), n);
    database.driver.exec(`CREATE INDEX "${INDEX}" ON doc_results (${column.column})`);
    const known = database.driver.raw
      .prepare("SELECT indexes FROM collections WHERE tableName = 'doc_results'")
      .pluck()
      .get() as string;
    const indexes = { ...(JSON.parse(known) as object), [column.name]: column.signature };
    database.driver.raw
      .prepare("UPDATE collections SET indexes = ? WHERE tableName = 'doc_results'")
      .run(JSON.stringify(indexes));
  };

  afterAll(() => place.remove());

  it('is not in a new file; changes are told in order all the same', async () => {
    const results = await open();
    await rx.results.bulkInsert(['c', 'é', '\ue000', '😀', 'a'].map((id) => thing(id)));
    await (await rx.results.findOne('c').exec(true)).incrementalPatch({ name: 'later' });
    await (await rx.results.findOne('a').exec(true)).remove();
    expect(tablesWithKey()).toEqual([]);
    const told: string[] = [];
    let checkpoint: RxStorageDefaultCheckpoint | undefined;
    for (;;) {
      const page = await results.getChangedDocumentsSince(2, checkpoint);
      if (page.documents.length === 0) break;
      told.push(...page.documents.map(({ id }) => id));
      checkpoint = page.checkpoint;
    }
    // Those of one write in the order of their ids, by UTF-16.
    expect(told).toEqual(['é', '😀', '\ue000', 'c', 'a']);
    const sorted = await rx.results.find({ sort: [{ '_meta.lwt': 'asc' }] as never }).exec();
    expect(sorted.map(({ id }) => id)).toEqual(['é', '😀', '\ue000', 'c']);
    const hinted = { selector: { name: 'later' }, index: ['_meta.lwt', 'id'] };
    expect((await rx.results.find(hinted).exec()).map(({ id }) => id)).toEqual(['c']);
    await shut();
  });

  it('is kept and written where a file of an earlier version has it', async () => {
    addKey(await open());
    await shut();
    const results = await open();
    expect(tablesWithKey()).toEqual(['doc_results']);
    await rx.results.bulkInsert([thing('new'), thing('newer')]);
    await (await rx.results.findOne('é').exec(true)).incrementalPatch({ name: 'again' });
    const expected = ['😀', '\ue000', 'c', 'a', 'new', 'newer', 'é'];
    expect(byChange()).toEqual(expected);
    const { documents } = await results.getChangedDocumentsSince(10);
    expect(documents.map(({ id }) => id)).toEqual(expected);
    const normalized = normalizeMangoQuery(results.schema, { sort: [{ '_meta.lwt': 'asc' }] } as never);
    const scan = scanPlan(results.queryTarget, prepareQuery(results.schema, normalized) as never);
    expect([scan.column, scan.order]).toEqual([`"${KEY}"`, 'forward']);
    expect((await verifyAudit(database)).faults).toEqual([]);
    expect(database.driver.check()).toEqual([]);
    await shut();
  });

  it('goes where documents were migrated, which writes every key anew', async () => {
    await open();
    await shut();
    const renaming = {
      version: 2,
      name: 'renaming',
      migrate: (_: string, doc: object) => ({ ...doc, name: 'm' }),
    };
    database = openTest(place.directory, { migrations: [renaming as never] });
    rx = await openRx(database);
    expect(tablesWithKey()).toEqual([]);
    expect(await rx.results.count({ selector: { name: 'm' } }).exec()).toBe(6);
    expect((await verifyAudit(database)).faults).toEqual([]);
    await shut();
  });
});
