import { fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LeveyError } from '../../../../shared/errors.ts';
import { cipherPragmas } from './cipher.ts';
import { DATABASE_FILE, type LeveyDatabase } from './database.ts';
import { APPLICATION_ID } from './driver.ts';
import type { DocumentMigration } from './migrate.ts';
import { RawDatabaseClass } from './raw.ts';
import { newDirectory, openRaw, openRx, openTest, TEST_AT, TEST_KEY, thing } from './testing.ts';

/** The code with which `work` refuses. */
function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof LeveyError) return error.code;
    throw error;
  }
  return 'nothing refused';
}

describe('opening the database', () => {
  let place: ReturnType<typeof newDirectory>;
  let file: string;

  beforeEach(() => {
    place = newDirectory();
    file = join(place.directory, DATABASE_FILE);
  });
  afterEach(() => place.remove());

  async function filled(): Promise<void> {
    const database = openTest(place.directory);
    const rx = await openRx(database);
    await rx.patients.bulkInsert(Array.from({ length: 300 }, (_, i) => thing(`p${i}`, `name ${i}`)));
    await rx.close();
    database.close();
  }

  it('encrypts the file and keeps the documents over a restart', async () => {
    await filled();
    const bytes = readFileSync(file);
    expect(bytes.subarray(0, 15).toString('latin1')).not.toBe('SQLite format 3');
    expect(bytes.includes('name 299')).toBe(false);
    const database = openTest(place.directory);
    const rx = await openRx(database);
    expect((await rx.patients.findOne('p299').exec())?.name).toBe('name 299');
    expect(database.driver.pragma('journal_mode')).toBe('wal');
    // COMMIT does not wait for the disk; what follows from it does (log-sync.test.ts).
    expect(database.driver.pragma('synchronous')).toBe(1);
    await rx.close();
    database.close();
  });

  it('refuses a wrong key, even without the key check beside the file', async () => {
    await filled();
    const before = readFileSync(file);
    const key = new Uint8Array(32).fill(9);
    expect(refusal(() => openTest(place.directory, { key }))).toBe('store.wrongKey');
    writeFileSync(`${file}.id`, '');
    expect(refusal(() => openTest(place.directory, { key }))).toBe('store.wrongKey');
    expect(refusal(() => openTest(place.directory, { key: new Uint8Array(16) }))).toBe('store.wrongKey');
    expect(readFileSync(file).equals(before)).toBe(true);
    openTest(place.directory).close();
    expect(readFileSync(`${file}.id`, 'latin1')).toMatch(/^levey-database-2 [0-9a-f]{64}\n$/);
  });

  it('opens, and goes on writing, a database in the format of earlier versions, also when its key check is lost', async () => {
    const raw = new RawDatabaseClass(file, {});
    for (const pragma of cipherPragmas('sqlcipher', TEST_KEY)) raw.pragma(pragma);
    raw.pragma(`application_id = ${APPLICATION_ID}`);
    raw.pragma('journal_mode = WAL');
    raw.exec('CREATE TABLE earlier (a)');
    raw.close();
    for (const lost of [false, true]) {
      const database = openTest(place.directory);
      expect(database.driver.cipher).toBe('sqlcipher');
      const rx = await openRx(database);
      await rx.patients.upsert(thing('p1', `kept ${lost}`));
      await rx.close();
      database.close();
      expect(readFileSync(`${file}.id`, 'latin1')).toMatch(/^levey-database-1 [0-9a-f]{64}\n$/);
      if (!lost) writeFileSync(`${file}.id`, '');
    }
    const key = new Uint8Array(32).fill(9);
    expect(refusal(() => openTest(place.directory, { key }))).toBe('store.wrongKey');
    const database = openTest(place.directory);
    const rx = await openRx(database);
    expect((await rx.patients.findOne('p1').exec())?.name).toBe('kept true');
    expect(database.driver.check()).toEqual([]);
    await rx.close();
    database.close();
  });

  it('finds the log of a killed engine readable when the key check is lost, in both formats', () => {
    for (const cipher of ['aegis', 'sqlcipher'] as const) {
      const killed = newDirectory();
      const copy = newDirectory();
      const from = join(killed.directory, DATABASE_FILE);
      const raw = new RawDatabaseClass(from, {});
      for (const pragma of cipherPragmas(cipher, TEST_KEY)) raw.pragma(pragma);
      raw.pragma(`application_id = ${APPLICATION_ID}`);
      raw.pragma('journal_mode = WAL');
      raw.exec('CREATE TABLE earlier (a); INSERT INTO earlier VALUES (42)');
      for (const end of ['', '-wal'])
        copyFileSync(`${from}${end}`, join(copy.directory, DATABASE_FILE) + end);
      raw.close();
      const database = openTest(copy.directory);
      expect(database.driver.cipher).toBe(cipher);
      expect(database.driver.prepare('SELECT a FROM earlier').pluck().get()).toBe(42);
      database.close();
      killed.remove();
      copy.remove();
    }
  });

  it('refuses a plain SQLite file and an encrypted one of another program', () => {
    const plain = new RawDatabaseClass(file, {});
    plain.exec('CREATE TABLE t (a)');
    plain.close();
    const before = readFileSync(file);
    expect(refusal(() => openTest(place.directory))).toBe('store.notOurs');
    expect(readFileSync(file).equals(before)).toBe(true);
    const other = newDirectory();
    const foreign = openRaw(other.directory);
    foreign.exec('CREATE TABLE t (a)');
    foreign.close();
    expect(refusal(() => openTest(other.directory))).toBe('store.notOurs');
    other.remove();
  });

  it('names a truncated, emptied or overwritten file damaged', async () => {
    await filled();
    const whole = readFileSync(file);
    for (const length of [whole.length - 4096, Math.floor(whole.length / 2), 5000, 100, 0]) {
      writeFileSync(file, whole.subarray(0, length));
      expect([length, refusal(() => openTest(place.directory))]).toEqual([length, 'store.damaged']);
    }
    writeFileSync(file, Buffer.alloc(20_000, 'not a database '));
    expect(refusal(() => openTest(place.directory))).toBe('store.damaged');
  });

  it('finds a damaged page when it is read, and with the full check', async () => {
    await filled();
    const whole = readFileSync(file);
    const pages = Math.floor(whole.length / 4096);
    for (let page = 6; page < pages; page++)
      whole[page * 4096 + 1000] = (whole[page * 4096 + 1000] as number) ^ 0xff;
    writeFileSync(file, whole);
    let code = '';
    try {
      const database = openTest(place.directory);
      try {
        expect(database.driver.check().length).toBeGreaterThan(0);
        const rx = await openRx(database);
        await rx.patients.find({ selector: { count: { $gte: 0 } } }).exec();
      } finally {
        database.close();
      }
    } catch (error) {
      code = error instanceof LeveyError ? error.code : String(error);
    }
    expect(code).toBe('store.damaged');
  });

  it('refuses a file of a newer program and leaves it untouched', async () => {
    await filled();
    const raw = openRaw(place.directory);
    raw.exec('PRAGMA user_version = 99');
    raw.pragma('wal_checkpoint(TRUNCATE)');
    raw.close();
    const before = readFileSync(file);
    expect(refusal(() => openTest(place.directory))).toBe('store.newer');
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(existsSync(`${file}-wal`) ? readFileSync(`${file}-wal`).length : 0).toBe(0);
  });

  it('lets only one engine into a directory, in this process and in another', async () => {
    const database = openTest(place.directory);
    expect(refusal(() => openTest(place.directory))).toBe('store.inUse');
    database.close();
    const holder = fork(new URL('./testing-holder.ts', import.meta.url).pathname, [place.directory]);
    const [said] = await once(holder, 'message');
    expect(said).toBe('open');
    expect(refusal(() => openTest(place.directory))).toBe('store.inUse');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    openTest(place.directory).close();
  });

  it('keeps a half-made directory usable: a crash before the first commit', () => {
    writeFileSync(file, '');
    openTest(place.directory).close();
    openTest(place.directory).close();
  });

  it('opens a copy of the data directory', async () => {
    await filled();
    const copy = newDirectory();
    for (const name of [DATABASE_FILE, `${DATABASE_FILE}.id`])
      copyFileSync(join(place.directory, name), join(copy.directory, name));
    const database = openTest(copy.directory);
    expect(database.stats().documents.patients).toBe(300);
    database.close();
    copy.remove();
  });

  it('says that a cut WAL-less file is damaged before anything reads the missing part', async () => {
    await filled();
    truncateSync(file, readFileSync(file).length - 1);
    expect(refusal(() => openTest(place.directory))).toBe('store.damaged');
  });
});

describe('disk full', () => {
  let place: ReturnType<typeof newDirectory>;
  let database: LeveyDatabase;
  beforeEach(() => {
    place = newDirectory();
    database = openTest(place.directory);
  });
  afterEach(() => {
    database.close();
    place.remove();
  });

  it('refuses the write, keeps what was acknowledged, and goes on when there is room again', async () => {
    const rx = await openRx(database);
    await rx.patients.insert(thing('before'));
    const pages = Number(database.driver.pragma('page_count'));
    database.driver.pragma(`max_page_count = ${pages + 2}`);
    const emitted: string[] = [];
    const sub = rx.patients.$.subscribe((event) => emitted.push(event.documentId));
    const many = Array.from({ length: 300 }, (_, i) => thing(`p${i}`, 'x'.repeat(30)));
    await expect(rx.patients.bulkInsert(many)).rejects.toMatchObject({ code: 'store.full' });
    expect(refusal(() => database.journal.append(entry(100_000)))).toBe('store.full');
    await expect(database.journal.appendDurable(entry(100_000))).rejects.toMatchObject({
      code: 'store.full',
    });
    expect(emitted).toEqual([]);
    database.driver.pragma('max_page_count = 1000000');
    expect(await rx.patients.count().exec()).toBe(1);
    await rx.patients.insert(thing('after'));
    expect(database.journal.append(entry(10))).toBe(1);
    sub.unsubscribe();
    await rx.close();
  });
});

function entry(size: number) {
  return {
    instrumentId: 'i',
    linkId: 'l',
    at: TEST_AT,
    direction: 'in' as const,
    bytes: new Uint8Array(size),
  };
}

describe('migrations', () => {
  it('run once, in one transaction, with audit rows, and the indexes follow', async () => {
    const place = newDirectory();
    let database = openTest(place.directory);
    let rx = await openRx(database);
    await rx.patients.bulkInsert([thing('a', 'Ada'), thing('b', 'Bo')]);
    await rx.close();
    database.close();
    const second: DocumentMigration = {
      version: 2,
      name: 'test',
      migrate: (collection, document) =>
        collection === 'patients' && document.name === 'Ada' ? { ...document, name: 'Zoe' } : { ...document },
    };
    const failing: DocumentMigration = {
      version: 2,
      name: 'bad',
      migrate: () => {
        throw new Error('cannot');
      },
    };
    expect(refusal(() => openTest(place.directory, { migrations: [failing] }))).toBe('store.migration');
    database = openTest(place.directory, { migrations: [second] });
    expect(database.auditOf('patients', 'a').map((row) => [row.op, row.command, row.changes])).toEqual([
      ['insert', 'rxdb.rx-collection-bulk-insert', null],
      ['update', 'store.migrate 1 to 2', { name: { before: 'Ada', after: 'Zoe' } }],
    ]);
    rx = await openRx(database);
    const names = await rx.patients
      .find({ selector: { name: { $gte: 'B' } }, sort: [{ name: 'asc' }] })
      .exec();
    expect(names.map((d) => d.name)).toEqual(['Bo', 'Zoe']);
    await rx.close();
    database.close();
    openTest(place.directory, { migrations: [second] }).close();
    expect(refusal(() => openTest(place.directory))).toBe('store.newer');
    place.remove();
  });
});
