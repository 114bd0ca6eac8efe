import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../../shared/domain/clock.ts';
import {
  AUDIT_TABLES,
  type AuditEntry,
  type AuditHead,
  AuditWriter,
  auditAfter,
  auditChainOf,
  auditTail,
  type WriteContext,
} from './audit.ts';
import { Checkpointer } from './checkpointer.ts';
import { Commits } from './commits.ts';
import { SqliteDriver } from './driver.ts';
import { mapStoreError, storeError } from './errors.ts';
import { type JournalRide, WireJournal } from './journal.ts';
import { JOURNAL_TABLES, upgradeJournal } from './journal-tables.ts';
import { type EngineLock, takeEngineLock } from './lock.ts';
import { type DiskSync, LogSync } from './log-sync.ts';
import { type DocumentMigration, migrate } from './migrate.ts';
import { type DatabaseStats, databaseStats } from './stats.ts';
import type { LeveyStorageInstance } from './storage.ts';
import { listCollections, STORE_TABLES } from './tables.ts';
import { type DocumentChange, type Effect, Telling } from './telling.ts';

/** Name of the database file inside a data directory. */
export const DATABASE_FILE = 'levey.db';

export interface OpenDatabaseOptions {
  /** Data directory; created when it is missing. */
  directory: string;
  /** Raw 32-byte key. */
  key: Uint8Array;
  clock: Clock;
  /** Code of this station, written into every audit row. */
  station: string;
  /** All document migrations of this program, in order; the file is brought to the last one's version. */
  migrations?: readonly DocumentMigration[];
  /** What brings commits to the disk; for tests. Default: {@link LogSync}. */
  sync?: DiskSync;
}

interface Unit {
  effects: Effect[];
}

const nobody = () => {};

/**
 * The one encrypted database of a station: RxDB's collections (through `getRxStorageLevey`), the audit trail and the wire journal, with
 * transactions over all of them. Everything on SQLite is synchronous; effects (change events, answers) run after COMMIT, when what was committed is
 * on the disk. The wait for the disk is spent elsewhere where nobody needs the answer on return ([adr/0021](../../../../docs/adr/0021-sync-beside-the-thread.md)).
 */
export class LeveyDatabase {
  readonly driver: SqliteDriver;
  readonly audits: AuditWriter;
  readonly journal: WireJournal;
  /** Who is told of what is committed. */
  readonly telling = new Telling();
  readonly station: string;
  readonly clock: Clock;
  readonly #lock: EngineLock;
  readonly #checkpointer: Checkpointer;
  readonly #instances = new Set<LeveyStorageInstance<unknown>>();
  readonly #commits: Commits;
  #unit: Unit | undefined;
  readonly #changedRows = (): number => this.driver.changedRows;
  #effects: Effect[] = [];
  #depth = 0;
  #inBatch = false;
  #closed = false;

  private constructor(options: OpenDatabaseOptions, lock: EngineLock, driver: SqliteDriver) {
    this.#lock = lock;
    this.driver = driver;
    this.station = options.station;
    this.clock = options.clock;
    this.audits = new AuditWriter(driver, options.key);
    this.journal = new WireJournal(this, driver);
    this.#checkpointer = new Checkpointer(driver.path, options.key, driver.cipher);
    this.#commits = new Commits(options.sync ?? new LogSync(driver.path), () => this.journal.synced());
  }

  /**
   * Takes the directory's lock, opens or creates the database and brings it to this program's version.
   * @throws LeveyError `store.inUse`, `store.wrongKey`, `store.notOurs`, `store.damaged`, `store.newer`, `store.readOnly`, `store.full`,
   * `store.migration`; nothing is changed then
   */
  static open(options: OpenDatabaseOptions): LeveyDatabase {
    try {
      mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw mapStoreError(error);
    }
    const lock = takeEngineLock(options.directory);
    let driver: SqliteDriver | undefined;
    try {
      driver = SqliteDriver.open({
        path: join(options.directory, DATABASE_FILE),
        key: options.key,
        newestVersion: options.migrations?.at(-1)?.version ?? 1,
      });
      driver.begin();
      driver.exec(STORE_TABLES + AUDIT_TABLES + JOURNAL_TABLES);
      upgradeJournal(driver);
      driver.markAsOurs();
      driver.commit();
      const database = new LeveyDatabase(options, lock, driver);
      migrate(database, options.migrations ?? []);
      driver.leaveSync();
      return database;
    } catch (error) {
      if (driver !== undefined) {
        driver.rollback();
        driver.close();
      }
      lock.release();
      throw mapStoreError(error);
    }
  }

  /** True while a transaction is open, of whatever kind. */
  get inTransaction(): boolean {
    return this.#depth > 0;
  }

  /** A sync is under way: what is committed now waits for the next. */
  get isSyncing(): boolean {
    return this.#commits.isSyncing;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** True inside {@link transaction}. */
  get inUnit(): boolean {
    return this.#unit !== undefined;
  }

  /** Context of a write that came to the storage without one: from RxDB itself, for example its replication. */
  ambientContext(command: string): WriteContext {
    return {
      actor: 'engine',
      command: `rxdb.${command}`,
      station: this.station,
      at: this.clock.now().toISOString(),
    };
  }

  /**
   * Runs `work` as one unit: all documents, audit rows, journal rows and marks it writes are stored together or not at all, durable on
   * return. `work` is synchronous, so nothing else can come between. Change events and {@link afterCommit} effects run after COMMIT.
   * Inside {@link batch} the unit is a savepoint of the batch's transaction.
   * @throws what `work` threw, with native errors mapped; then nothing of the unit is stored and no event is emitted
   */
  transaction<R>(context: WriteContext, work: () => R): R {
    if (this.#unit !== undefined) throw new Error('a unit is already open');
    if (this.#inBatch) return this.#part(context, work);
    return this.#outer(() => this.#part(context, work, false));
  }

  /**
   * Runs several {@link transaction}s under one COMMIT, at once, and resolves when they are durable. A unit that throws is undone alone; `work`
   * decides whether to go on. Effects of all units run when they are durable, in order.
   */
  batch<R>(work: () => R): Promise<R> {
    return new Promise((resolve, reject) => {
      if (this.#unit !== undefined || this.#inBatch) throw new Error('a batch is already open');
      const whole = () => {
        this.#inBatch = true;
        try {
          return work();
        } finally {
          this.#inBatch = false;
        }
      };
      const result = this.#commit(whole, true, (error) =>
        error === undefined ? resolve(result) : reject(error),
      );
      this.#commits.soon();
    });
  }

  #outer<R>(work: () => R): R {
    const result = this.#commit(work, true, nobody);
    this.#commits.now();
    return result;
  }

  /**
   * Runs `work` in a transaction of its own, up to COMMIT. What follows from it waits for the disk.
   * @param units it has audited units, and the journal's entries that wait ride on it
   * @param ended told when it is on the disk
   */
  #commit<R>(work: () => R, units: boolean, ended: (error: unknown) => void): R {
    if (this.#closed) throw storeError('store.closed');
    this.#commits.check();
    let result: R;
    let ride: JournalRide | undefined;
    try {
      this.driver.begin();
      this.#depth = 1;
      if (units) ride = this.journal.board();
      result = work();
      if (units) this.audits.storeHead();
      this.driver.commit();
    } catch (error) {
      this.driver.rollback();
      ride?.undone();
      if (units) {
        this.audits.undone();
        this.#effects = [];
      }
      throw mapStoreError(error);
    } finally {
      this.#depth = 0;
    }
    const isJournalAlone = work === nobody;
    this.#checkpointer.committed(isJournalAlone, this.#changedRows);
    const effects = this.#effects;
    this.#effects = [];
    this.#commits.add({
      alone: ride?.awaited === 1,
      ended: (error) => {
        if (error === undefined) {
          ride?.stored();
          this.telling.stored(effects);
        } else ride?.lost(error);
        ended(error);
      },
    });
    this.telling.committed(effects);
    return result;
  }

  /** Resolves when everything committed so far, which reads may have seen, is on the disk. @throws LeveyError `store.notSynced` */
  settled(): Promise<void> {
    return this.#commits.settled();
  }

  #part<R>(context: WriteContext, work: () => R, savepoint = true): R {
    const head: AuditHead = this.audits.head;
    const unit: Unit = { effects: [] };
    if (savepoint) {
      // SQLite ends a transaction by itself when the disk is full; a savepoint would then silently start another one.
      if (!this.driver.inTransaction) throw storeError('store.full', { reason: 'the transaction was ended' });
      this.driver.savepoint();
    }
    this.#unit = unit;
    this.audits.beginUnit(context);
    try {
      const result = work();
      if (result instanceof Promise) throw new Error('a unit must be synchronous');
      if (savepoint) this.driver.releaseSavepoint();
      for (const effect of unit.effects) {
        if (!this.#inBatch && effect.instance !== undefined) effect.instance.foreignWrites++;
        this.#effects.push(effect);
      }
      return result;
    } catch (error) {
      if (savepoint) {
        this.driver.rollbackSavepoint();
        this.audits.reset(head);
      }
      throw error;
    } finally {
      this.#unit = undefined;
    }
  }

  /** Runs `work`, which writes no documents, in the open transaction or in one of its own. Durable on return in the second case. */
  plain<R>(work: () => R): R {
    if (this.#depth > 0) return work();
    const result = this.#commit(work, false, nobody);
    this.#commits.now();
    return result;
  }

  /** Stores what waits in the journal: committed on return, or thrown; those who wait are told when it is on the disk. */
  storeJournal(): void {
    this.#commit(nobody, true, nobody);
    this.#commits.soon();
  }

  /** Runs `effect` after the open unit is committed; dropped when it is undone. */
  afterCommit(effect: () => void): void {
    if (this.#unit === undefined) throw new Error('no unit is open');
    this.#unit.effects.push({ instance: undefined, ids: [], run: effect, changes: () => [] });
  }

  /** Used by the storage: emits a collection's change events, for the documents `ids`, after COMMIT. */
  emitAfterCommit(
    instance: LeveyStorageInstance<unknown>,
    ids: readonly string[],
    emit: () => void,
    changes: () => readonly DocumentChange[],
  ): void {
    if (this.#unit === undefined) throw new Error('no unit is open');
    this.#unit.effects.push({ instance, ids, run: emit, changes });
  }

  /** Adds an audit entry that is not a document write (sign-in, refused command), in the open unit or in one of its own. */
  audit(context: WriteContext, kind: string, payload: unknown): void {
    const append = () => {
      this.audits.append('', kind, 'note', 0, JSON.stringify(payload ?? null), '');
    };
    if (this.#unit !== undefined) append();
    else this.transaction(context, append);
  }

  /** The history of one document, oldest first. Empty when the document is not there (any more). */
  auditOf(collection: string, id: string): AuditEntry[] {
    return this.driver.guard(() => {
      for (const row of listCollections(this.driver)) {
        if (row.collection !== collection) continue;
        const seq = this.driver.prepare(`SELECT audit FROM ${row.tableName} WHERE id = ?`).pluck().get(id);
        if (seq !== undefined) return auditChainOf(this.driver, Number(seq));
      }
      return [];
    });
  }

  /** Audit entries after `afterSeq`, in order, at most `limit`. */
  auditAfter(afterSeq: number, limit: number): AuditEntry[] {
    return this.driver.guard(() => auditAfter(this.driver, afterSeq, limit));
  }

  /** The newest `limit` audit entries, oldest first. */
  auditTail(limit: number): AuditEntry[] {
    return this.driver.guard(() => auditTail(this.driver, limit));
  }

  /** Sizes, with the rows of the audit trail. */
  stats(): DatabaseStats & { auditRows: number } {
    return { ...databaseStats(this.driver), auditRows: this.audits.head.seq };
  }

  /** Content of an attachment. @throws LeveyError `store.badDocument` when there is none of that name */
  readAttachment(collection: string, id: string, name: string): Uint8Array {
    const found = this.instance(collection).readAttachment(id, name);
    if (found === undefined) throw storeError('store.badDocument', { reason: 'attachment does not exist' });
    return found.data;
  }

  register(instance: LeveyStorageInstance<unknown>): void {
    this.#instances.add(instance);
  }

  unregister(instance: LeveyStorageInstance<unknown>): void {
    this.#instances.delete(instance);
  }

  /** The open storage instance of a collection. */
  instance(collection: string): LeveyStorageInstance<unknown> {
    for (const instance of this.#instances) if (instance.collectionName === collection) return instance;
    throw new Error(`the collection ${collection} is not open`);
  }

  /** Writes what waits in the journal, closes the file and gives the directory's lock back. */
  close(): void {
    if (this.#closed) return;
    this.journal.flush();
    this.#commits.now();
    this.#closed = true;
    this.#checkpointer.close();
    this.#commits.close();
    this.driver.close();
    this.#lock.release();
  }
}
