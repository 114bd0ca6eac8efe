import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRxDatabase, now, type RxCollection, type RxDatabase } from 'rxdb';
import { LeveyDatabase } from '../../main/engine/store/sqlite/database.ts';
import { SqliteDriver } from '../../main/engine/store/sqlite/driver.ts';
import { encodeKey } from '../../main/engine/store/sqlite/keys.ts';
import type { SqlValue } from '../../main/engine/store/sqlite/raw.ts';
import { getRxStorageLevey } from '../../main/engine/store/sqlite/storage.ts';
import { CommandQueue } from '../../main/engine/store/uow.ts';

/** One measured number. `ratio` = value / baseline where there is a baseline, else value / target. */
export interface Metric {
  bench: string;
  metric: string;
  value: number;
  unit: string;
  baseline: number | null;
  ratio: number;
  target: number;
  ok: boolean;
}

/** A result as a bench stores it: about 450 bytes of JSON, two indexes of its own beside RxDB's by time of change. */
interface Row {
  id: string;
  accessionIdentifier: string;
  testCode: string;
  postedTime: string;
  valueText: string;
  unit: string;
  status: string;
  patientId: string;
  note: string;
}

const schema = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 36 },
    accessionIdentifier: { type: 'string', maxLength: 16 },
    testCode: { type: 'string', maxLength: 16 },
    postedTime: { type: 'string', maxLength: 24 },
  },
  required: ['id', 'accessionIdentifier', 'testCode', 'postedTime'],
  indexes: [['accessionIdentifier', 'testCode'], ['postedTime']],
} as const;

type Collections = { results: RxCollection<Row> };

let made = 0;

/** The next result; ids rise with time as those of the engine (UUID version 7). */
function nextRow(): Row {
  const n = made++;
  const hex = n.toString(16).padStart(12, '0');
  return {
    id: `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${hex}`,
    accessionIdentifier: `B1-${String(Math.floor(n / 20)).padStart(9, '0')}`,
    testCode: `T${n % 20}`,
    postedTime: new Date(1_780_000_000_000 + n * 1000).toISOString(),
    valueText: `${(n % 997) / 10}`,
    unit: 'mmol/L',
    status: 'preliminary',
    patientId: `patient-${n % 5000}`,
    note: 'Measured twice, mean of both; reagent lot 4711-23, calibration of this morning.',
  };
}

interface Bench {
  directory: string;
  database: LeveyDatabase;
  rx: RxDatabase<Collections>;
}

const KEY = randomBytes(32);

async function open(directory = mkdtempSync(join(tmpdir(), 'levey-bench-'))): Promise<Bench> {
  const database = LeveyDatabase.open({
    directory,
    key: KEY,
    clock: { now: () => new Date() },
    station: 'B1',
  });
  const rx = await createRxDatabase<Collections>({
    name: 'levey',
    storage: getRxStorageLevey(database),
    multiInstance: false,
    closeDuplicates: true,
  });
  await rx.addCollections({ results: { schema: schema as never } });
  return { directory, database, rx };
}

async function shut(bench: Bench): Promise<void> {
  await bench.rx.close();
  bench.database.close();
}

async function close(bench: Bench): Promise<void> {
  await shut(bench);
  rmSync(bench.directory, { recursive: true, force: true });
}

/** Bare statements: the same encrypted driver, settings, columns and indexes, no RxDB and no audit. */
class Bare {
  readonly directory = mkdtempSync(join(tmpdir(), 'levey-bare-'));
  driver = SqliteDriver.open({ path: join(this.directory, 'bare.db'), key: KEY });

  constructor() {
    this.driver.exec(
      `CREATE TABLE results (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, rev TEXT NOT NULL, deleted INTEGER NOT NULL,
       lwt REAL NOT NULL, data TEXT NOT NULL, audit INTEGER NOT NULL, k0 BLOB NOT NULL, k1 BLOB NOT NULL, k2 BLOB NOT NULL) STRICT;
       CREATE INDEX i0 ON results (k0); CREATE INDEX i1 ON results (k1); CREATE INDEX i2 ON results (k2)`,
    );
  }

  /** Marks the file as a Levey one, so that the driver opens it again, and does so. */
  reopen(): void {
    this.driver.markAsOurs();
    this.driver.close();
    this.driver = SqliteDriver.open({ path: join(this.directory, 'bare.db'), key: KEY });
  }

  /** One durable insert, in its own transaction. */
  insert(row: Row): void {
    this.driver.begin();
    this.put(row);
    this.driver.commit();
  }

  put(row: Row): void {
    const lwt = now();
    const data = JSON.stringify({
      ...row,
      _rev: '1-abcdefghij',
      _deleted: false,
      _meta: { lwt },
      _attachments: {},
    });
    const id = row.id.padEnd(36);
    this.driver
      .prepare(
        'INSERT INTO results (id, rev, deleted, lwt, data, audit, k0, k1, k2) VALUES (?,?,?,?,?,?,?,?,?)',
      )
      .run(
        row.id,
        '1-abcdefghij',
        0,
        lwt,
        data,
        0,
        encodeKey(`0${row.accessionIdentifier.padEnd(16)}${row.testCode.padEnd(16)}${id}`),
        encodeKey(`0${row.postedTime.padEnd(24)}${id}`),
        encodeKey(`${Math.floor(lwt * 100)}`.padStart(18, '0') + id),
      );
  }

  close(): void {
    this.driver.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

/** Operations per second of `work`, which does `count` of them. */
async function rate(count: number, work: () => Promise<void> | void): Promise<number> {
  const start = performance.now();
  await work();
  return (count * 1000) / (performance.now() - start);
}

function metric(name: string, value: number, unit: string, baseline: number | null, target: number): Metric {
  const ratio = baseline === null ? value / target : value / baseline;
  const ok = baseline === null ? value >= target : ratio >= target;
  const round = (x: number) => Math.round(x * 1000) / 1000;
  return {
    bench: 'storage',
    metric: name,
    value: Math.round(value),
    unit,
    baseline: baseline === null ? null : Math.round(baseline),
    ratio: round(ratio),
    target,
    ok,
  };
}

async function singleWrites(): Promise<Metric> {
  const bench = await open();
  const bare = new Bare();
  const ours: number[] = [];
  const theirs: number[] = [];
  const count = 300;
  for (let round = 0; round < 9; round++) {
    const rows = Array.from({ length: count }, nextRow);
    const rxRate = await rate(count, async () => {
      for (const row of rows) await bench.rx.results.insert(row);
    });
    const bareRate = await rate(count, () => {
      for (const row of rows) bare.insert(row);
    });
    if (round === 0) continue;
    ours.push(rxRate);
    theirs.push(bareRate);
  }
  bare.close();
  await close(bench);
  return metric('durable single writes with audit', median(ours), 'documents/s', median(theirs), 0.6);
}

async function bulkWrites(): Promise<Metric[]> {
  const bench = await open();
  const bare = new Bare();
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < 25; round++) {
    const rows = Array.from({ length: 500 }, nextRow);
    const rxRate = await rate(500, async () => {
      await bench.rx.results.bulkInsert(rows);
    });
    const bareRate = await rate(500, () => {
      bare.driver.begin();
      for (const row of rows) bare.put(row);
      bare.driver.commit();
    });
    if (round < 3) continue;
    ours.push(rxRate);
    theirs.push(bareRate);
  }
  bare.close();
  await close(bench);
  return [
    metric('bulk of 500 with audit', median(ours), 'documents/s', null, 30_000),
    metric('bulk of 500 with audit, against bare statements', median(ours), 'documents/s', median(theirs), 0),
  ];
}

/** Messages of 20 results with specimen and order (22 writes), through the command queue, with a live query open. */
async function units(): Promise<Metric> {
  const bench = await open();
  const queue = new CommandQueue<{ results: Row }>(bench.database);
  const live = bench.rx.results
    .find({ selector: { accessionIdentifier: 'B1-000000001' } })
    .$.subscribe(() => undefined);
  const rates: number[] = [];
  for (let round = 0; round < 8; round++) {
    const messages = 40;
    const value = await rate(messages * 20, async () => {
      const pending: Promise<void>[] = [];
      for (let m = 0; m < messages; m++) {
        const rows = Array.from({ length: 22 }, nextRow);
        pending.push(
          queue.write(
            { actor: 'instrument:1', command: 'message.post', station: 'B1', at: new Date().toISOString() },
            (uow) => {
              for (const row of rows) {
                uow.get('results', row.id);
                uow.put('results', row);
              }
            },
          ),
        );
        if (pending.length === 8) await Promise.all(pending.splice(0));
      }
      await Promise.all(pending);
    });
    if (round > 0) rates.push(value);
  }
  live.unsubscribe();
  await close(bench);
  return metric('results posted in units of 22 writes', median(rates), 'results/s', null, 4000);
}

/**
 * Pages of 50 by time among `total` stored results, both files opened anew after loading, as on the morning of a working day. The bare side
 * parses the JSON of its rows; ours goes through an RxDB collection and gives RxDB documents. Both in short turns.
 */
async function ranges(total: number): Promise<Metric[]> {
  const first = made;
  let bench = await open();
  const bare = new Bare();
  await load(bench, bare, total);
  await shut(bench);
  bench = await open(bench.directory);
  bare.reopen();
  const from = (n: number) => new Date(1_780_000_000_000 + (first + n) * 1000).toISOString();
  const statement = bare.driver
    .prepare('SELECT data FROM results WHERE k1 >= ? AND k1 <= ? ORDER BY k1 LIMIT 50')
    .pluck();
  const upper: SqlValue = encodeKey(`0${'\uffff'.repeat(60)}`);
  const ours: number[] = [];
  const theirs: number[] = [];
  const descending: number[] = [];
  const count = 25;
  const check = (rows: readonly unknown[]) => {
    if (rows.length !== 50) throw new Error('a range is short');
  };
  for (let round = 0; round < 60; round++) {
    const starts = Array.from(
      { length: count },
      (_, i) => (((round * count + i) * 104_729) % (total - 200)) + 1,
    );
    const find = (start: number, direction: 'asc' | 'desc') =>
      bench.rx.results
        .find({
          selector: { postedTime: direction === 'asc' ? { $gte: from(start) } : { $lte: from(start + 60) } },
          sort: [{ postedTime: direction }],
          limit: 50,
        })
        .exec();
    const rxRate = await rate(count, async () => {
      for (const start of starts) check(await find(start, 'asc'));
    });
    const bareRate = await rate(count, () => {
      for (const start of starts) {
        const rows = statement.all(encodeKey(`0${from(start).padEnd(24)}${' '.repeat(36)}`), upper);
        check(rows.map((data) => JSON.parse(data as string) as Row));
      }
    });
    const descRate = await rate(count, async () => {
      for (const start of starts) check(await find(start + 97, 'desc'));
    });
    if (round < 5) continue;
    ours.push(rxRate);
    theirs.push(bareRate);
    descending.push(descRate);
  }
  bare.close();
  await close(bench);
  const size = total === 1_000_000 ? '1 million' : String(total);
  return [
    metric(`range of 50 among ${size}`, median(ours), 'queries/s', median(theirs), 0.5),
    metric(`range of 50 among ${size}, newest first`, median(descending), 'queries/s', median(theirs), 0.5),
  ];
}

/** Stores `total` results on both sides. */
async function load(bench: Bench, bare: Bare, total: number): Promise<void> {
  const queue = new CommandQueue<{ results: Row }>(bench.database);
  const context = { actor: 'engine', command: 'bench.load', station: 'B1', at: new Date().toISOString() };
  for (let done = 0; done < total; done += 2500) {
    const rows = Array.from({ length: Math.min(2500, total - done) }, nextRow);
    await queue.write(context, (uow) => {
      for (const row of rows) uow.put('results', row);
    });
    bare.driver.begin();
    for (const row of rows) bare.put(row);
    bare.driver.commit();
  }
}

/** Runs all measurements, about two minutes. `total`: documents in the range measurement. */
export async function run(total = 1_000_000): Promise<Metric[]> {
  return [await singleWrites(), ...(await bulkWrites()), await units(), ...(await ranges(total))];
}
