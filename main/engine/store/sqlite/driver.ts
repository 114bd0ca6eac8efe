import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { type Cipher, cipherOf, cipherPragmas, NEW_CIPHER } from './cipher.ts';
import { isSqlite, mapStoreError, storeError } from './errors.ts';
import { type RawDatabase, RawDatabaseClass, type RawStatement } from './raw.ts';

/** `PRAGMA application_id` of our files: the bytes `LEVY`. */
export const APPLICATION_ID = 0x4c455659;
/** Length of the raw database key in bytes. */
export const KEY_BYTES = 32;

export interface DriverOptions {
  /** Path of the database file. */
  path: string;
  /** Raw 32-byte key. Never a passphrase; derive it before. */
  key: Uint8Array;
  /** The newest `PRAGMA user_version` this program understands; a file above it is refused untouched. */
  newestVersion?: number;
  /** Opens for reading only: a second view on the same file, for checks and backups. */
  readonly?: boolean;
}

/**
 * One connection to an encrypted SQLite file (see cipher.ts; WAL, `synchronous=FULL`) with a statement cache.
 * Native errors leave through {@link mapStoreError}: `store.full`, `store.damaged`, `store.inUse`, `store.readOnly`.
 */
export class SqliteDriver {
  readonly path: string;
  readonly raw: RawDatabase;
  /** How the file is encrypted. */
  readonly cipher: Cipher;
  readonly #key: Uint8Array;
  readonly #statements = new Map<string, RawStatement>();
  readonly #columns = new Map<string, RawStatement>();

  private constructor(path: string, raw: RawDatabase, key: Uint8Array, cipher: Cipher) {
    this.path = path;
    this.raw = raw;
    this.#key = key;
    this.cipher = cipher;
  }

  /**
   * Opens or creates the file.
   *
   * Beside the database stands `<path>.id` with a keyed check value. With it a wrong key (`store.wrongKey`) can be told from a
   * damaged first page (`store.damaged`), and a database that vanished or was cut to nothing from a new station.
   * A plain SQLite file or one with a foreign application id is `store.notOurs`. A refused file is not changed.
   */
  static open(options: DriverOptions): SqliteDriver {
    if (options.key.length !== KEY_BYTES) throw storeError('store.wrongKey', { reason: 'length' });
    const size = sizeOf(options.path);
    const identity = readIdentity(options.path);
    if (identity !== undefined && !timingSafeEqual(identity.check, keyCheck(options.key)))
      throw storeError('store.wrongKey');
    if (identity !== undefined && size === 0) throw storeError('store.damaged', { reason: 'missing' });
    if (size > 0 && startsLikePlainSqlite(options.path))
      throw storeError('store.notOurs', { reason: 'not encrypted' });
    const cipher = identity?.cipher ?? (size === 0 ? NEW_CIPHER : cipherOf(options.path, options.key));
    let raw: RawDatabase;
    try {
      raw = new RawDatabaseClass(options.path, {
        timeout: 5000,
        readonly: options.readonly ?? false,
        fileMustExist: options.readonly ?? false,
      });
    } catch (error) {
      throw mapStoreError(error);
    }
    try {
      for (const pragma of cipherPragmas(cipher, options.key)) raw.pragma(pragma);
      firstRead(raw, options, size, identity !== undefined);
      // A copy: the caller may wipe its own.
      const driver = new SqliteDriver(options.path, raw, new Uint8Array(options.key), cipher);
      driver.#configure(options.readonly ?? false);
      return driver;
    } catch (error) {
      raw.close();
      throw mapStoreError(error);
    }
  }

  /** Marks a freshly created file as ours and writes the key check beside it. Repeating it changes nothing. */
  markAsOurs(): void {
    if (this.pragma('application_id') !== APPLICATION_ID) {
      this.raw.pragma(`application_id = ${APPLICATION_ID}`);
    }
    if (readIdentity(this.path) === undefined) writeIdentity(this.path, this.#key, this.cipher);
  }

  /** From now on COMMIT does not wait for the disk: who commits sees to that, see log-sync.ts. */
  leaveSync(): void {
    this.raw.pragma('synchronous = NORMAL');
  }

  /** A second, read-only connection with the same key: sees one consistent state inside a transaction. */
  openReader(): SqliteDriver {
    return SqliteDriver.open({ path: this.path, key: this.#key, readonly: true });
  }

  #configure(readonly: boolean): void {
    if (!readonly) this.raw.pragma('journal_mode = WAL');
    this.raw.pragma('synchronous = FULL');
    this.raw.pragma('busy_timeout = 5000');
    this.raw.pragma('cache_size = -65536');
    this.raw.pragma('temp_store = MEMORY');
    this.raw.pragma('trusted_schema = OFF');
    this.raw.pragma('wal_autocheckpoint = 16000');
    this.raw.pragma('journal_size_limit = 67108864');
  }

  /** The prepared statement for `sql`, from the cache. */
  prepare(sql: string): RawStatement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.raw.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** The prepared statement for `sql`, of whose rows only the first column is given; from a cache of its own. */
  column(sql: string): RawStatement {
    let statement = this.#columns.get(sql);
    if (statement === undefined) {
      statement = this.raw.prepare(sql).pluck();
      this.#columns.set(sql, statement);
    }
    return statement;
  }

  /** Runs several statements without parameters, outside the cache. */
  exec(sql: string): void {
    this.raw.exec(sql);
  }

  /** A pragma's single value. */
  pragma(sql: string): unknown {
    return this.raw.pragma(sql, { simple: true });
  }

  /** Rows inserted, updated and deleted since the connection was opened. */
  get changedRows(): number {
    return this.column('SELECT total_changes()').get() as number;
  }

  get inTransaction(): boolean {
    return this.raw.inTransaction;
  }

  begin(): void {
    this.prepare('BEGIN IMMEDIATE').run();
  }

  commit(): void {
    this.prepare('COMMIT').run();
  }

  /** How often something written was undone. */
  undone = 0;

  /** Undoes the open transaction; SQLite may already have done so by itself after a full disk. */
  rollback(): void {
    this.undone += 1;
    if (this.raw.inTransaction) this.raw.exec('ROLLBACK');
  }

  savepoint(): void {
    this.prepare('SAVEPOINT part').run();
  }

  releaseSavepoint(): void {
    this.prepare('RELEASE part').run();
  }

  rollbackSavepoint(): void {
    this.undone += 1;
    if (!this.raw.inTransaction) return;
    this.raw.exec('ROLLBACK TO part');
    this.raw.exec('RELEASE part');
  }

  /** Runs `read` with native errors mapped. */
  guard<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw mapStoreError(error);
    }
  }

  /** Walks every page and index (`PRAGMA quick_check`, and the page seals with it). Returns the faults found, empty when sound. */
  check(): string[] {
    try {
      const rows = this.raw.pragma('quick_check') as { quick_check: string }[];
      return rows.map((row) => row.quick_check).filter((text) => text !== 'ok');
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  }

  close(): void {
    this.#statements.clear();
    this.#columns.clear();
    if (this.raw.open) this.raw.close();
  }
}

/** Touches the first page; decides between wrong key, foreign and damaged. */
function firstRead(raw: RawDatabase, options: DriverOptions, size: number, keyIsKnownGood: boolean): void {
  try {
    const pages = Number(raw.pragma('page_count', { simple: true }));
    const tables = Number(raw.prepare('SELECT count(*) FROM sqlite_schema').pluck().get());
    const application = Number(raw.pragma('application_id', { simple: true }));
    if (tables > 0 && application !== APPLICATION_ID) throw storeError('store.notOurs', { application });
    const version = Number(raw.pragma('user_version', { simple: true }));
    const newest = options.newestVersion ?? Number.MAX_SAFE_INTEGER;
    if (version > newest) throw storeError('store.newer', { version, newest });
    const walSize = sizeOf(`${options.path}-wal`);
    const pageSize = Number(raw.pragma('page_size', { simple: true }));
    if (walSize === 0 && size > 0 && size < pages * pageSize)
      throw storeError('store.damaged', { reason: 'cut short', size, expected: pages * pageSize });
  } catch (error) {
    if (isSqlite(error, 'SQLITE_NOTADB')) {
      if (keyIsKnownGood) throw storeError('store.damaged', { reason: 'first page' }, error);
      throw storeError('store.wrongKey', { reason: 'not readable with this key' }, error);
    }
    throw error;
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function startsLikePlainSqlite(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(15);
    readSync(file, head, 0, 15, 0);
    return head.toString('latin1') === 'SQLite format 3';
  } finally {
    closeSync(file);
  }
}

/** First word of the key check beside a database: it also says how the database is encrypted. */
const IDENTITY: Record<Cipher, string> = { sqlcipher: 'levey-database-1', aegis: 'levey-database-2' };

interface Identity {
  check: Buffer;
  cipher: Cipher;
}

function keyCheck(key: Uint8Array): Buffer {
  return createHmac('sha256', key).update('levey database key check').digest();
}

/** The stored key check, or undefined when there is none. */
function readIdentity(path: string): Identity | undefined {
  let text: string;
  try {
    text = readFileSync(`${path}.id`, 'latin1').trim();
  } catch {
    return undefined;
  }
  for (const cipher of ['aegis', 'sqlcipher'] as const) {
    const [word, hex = ''] = text.split(' ');
    if (word !== IDENTITY[cipher]) continue;
    const check = Buffer.from(hex, 'hex');
    if (check.length === 32) return { check, cipher };
  }
  return undefined;
}

function writeIdentity(path: string, key: Uint8Array, cipher: Cipher): void {
  const temporary = `${path}.id.new`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeSync(file, `${IDENTITY[cipher]} ${keyCheck(key).toString('hex')}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, `${path}.id`);
  const directory = openSync(dirname(path), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
