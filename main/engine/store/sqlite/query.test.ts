import { normalizeMangoQuery, prepareQuery, type RxDatabase } from 'rxdb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LeveyDatabase } from './database.ts';
import { scanPlan, scanSql } from './query.ts';
import type { LeveyStorageInstance } from './storage.ts';
import { newDirectory, openRx, openTest, type TestCollections, type Thing, thing } from './testing.ts';

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

  it('finds by id, changes since, journal and audit rows by index', () => {
    expect(explain('SELECT data FROM doc_results WHERE id = ?', 1)).toContain(
      'SEARCH doc_results USING INDEX sqlite_autoindex',
    );
    expect(
      explain('SELECT data FROM doc_results WHERE "k:_meta.lwt,id" > ? ORDER BY "k:_meta.lwt,id" LIMIT ?', 2),
    ).toBe('SEARCH doc_results USING INDEX doc_results:_meta.lwt,id (k:_meta.lwt,id>?)');
    expect(explain('SELECT * FROM journal WHERE instrumentId = ? AND seq > ? ORDER BY seq LIMIT ?', 3)).toBe(
      'SEARCH journal USING INDEX journal_instrument (instrumentId=? AND seq>?)',
    );
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
