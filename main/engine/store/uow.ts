import type { MangoQuery } from 'rxdb';
import { type Overlay, overlayOf, type Stored } from './overlay.ts';
import type { WriteContext } from './sqlite/audit.ts';
import type { LeveyDatabase } from './sqlite/database.ts';
import type { EqualQuery } from './sqlite/equal.ts';
import { storeError } from './sqlite/errors.ts';
import type { MessageMark } from './sqlite/journal-tables.ts';
import { type Sealed, Unit } from './unit.ts';

/** The document types by collection name. */
export type DocumentsOf = Record<string, { id: string }>;

/** How often a unit is repeated when records it read were changed under it. */
const MAX_ATTEMPTS = 5;
/** At most so many units share one COMMIT. */
const MAX_GROUP = 32;
/** No unit joins a group that has run for so long already, milliseconds: somebody waits for its COMMIT. */
const GROUP_MS = 60;

interface Task<R> {
  context: WriteContext;
  work: (uow: UnitOfWork<DocumentsOf>) => R | Promise<R>;
  resolve: (result: R) => void;
  reject: (error: unknown) => void;
  attempts: number;
}

interface Finished {
  task: Task<unknown>;
  unit: Unit;
  result: unknown;
  rows: Map<string, Sealed[]>;
}

/**
 * What a command reads and writes through. Reads see committed records overlaid with this unit's own writes; writes are gathered and stored
 * together at the end. All calls are synchronous; awaiting other things in between is allowed but delays every other command.
 */
export interface UnitOfWork<D extends DocumentsOf> {
  /** The document, or undefined. A fresh copy: changing it has no effect without {@link put}. */
  get<C extends keyof D & string>(collection: C, id: string): D[C] | undefined;
  /** As {@link get}, without making a copy: for a look at it at once, nothing of it may be kept or changed. */
  peek<C extends keyof D & string>(collection: C, id: string): Readonly<D[C]> | undefined;
  /** Documents of a Mango query, in its order. */
  find<C extends keyof D & string>(collection: C, query?: MangoQuery<D[C]>): D[C][];
  /** Documents whose text in a field that an index begins with begins with `start`, in the collection's order. */
  beginning<C extends keyof D & string>(collection: C, field: string, start: string): D[C][];
  /** Documents with certain texts in the leading fields of an index, by its next fields from the highest down, read as they are taken. */
  backwards<C extends keyof D & string>(collection: C, query: EqualQuery): Generator<D[C]>;
  /**
   * Inserts or replaces a whole document, which nobody may change afterwards. One that is equal to what is stored is not written again. `fresh`
   * spares looking for one of this id: the caller has just made it.
   */
  put<C extends keyof D & string>(collection: C, document: D[C], fresh?: boolean): void;
  /**
   * Puts `document` in place of `stored`, which was read before, unless that is no longer what is stored: then false, and nothing is done.
   * Neither is read again, and nobody may change them afterwards. `fields`: those in which they may differ, none of them taken away.
   */
  replace<C extends keyof D & string>(
    collection: C,
    stored: Stored,
    document: D[C],
    fields?: readonly string[],
  ): boolean;
  /** Marks a document as deleted. Clinical records are never removed; for settings and the like only. */
  remove<C extends keyof D & string>(collection: C, id: string): void;
  /** Adds or replaces an attachment of a document that exists or was put in this unit. */
  attach<C extends keyof D & string>(
    collection: C,
    id: string,
    name: string,
    type: string,
    bytes: Uint8Array,
  ): void;
  /** Changes a message of the wire journal together with this unit's records. */
  journalMark(mark: MessageMark): void;
  /** Adds an audit entry that is not a document write. */
  audit(kind: string, payload: unknown): void;
  /** Runs `effect` after the unit is durable: telling the outside belongs here. */
  afterCommit(effect: () => void): void;
  readonly context: WriteContext;
}

export interface QueueOptions {
  /** Called with every document before it is written; throws to refuse it. */
  validate?: (collection: string, document: Record<string, unknown>) => void;
}

/**
 * The one writer. Commands queue here; each runs alone, several that wait share one COMMIT. A unit is repeated from the start when a record
 * it relied on was changed from elsewhere before it could be stored, so `work` must have no effects but through the unit.
 */
export class CommandQueue<D extends DocumentsOf = DocumentsOf> {
  readonly database: LeveyDatabase;
  readonly #options: QueueOptions;
  readonly #queue: Task<unknown>[] = [];
  #running = false;
  #idle: Promise<void> = Promise.resolve();

  constructor(database: LeveyDatabase, options: QueueOptions = {}) {
    this.database = database;
    this.#options = options;
  }

  /**
   * Runs `work` as one unit and resolves with its result when everything it wrote is durable.
   * Rejects with what `work` threw, or a LeveyError (`store.full`, `store.busy`, `store.badDocument` …); then nothing of it is stored.
   */
  write<R>(context: WriteContext, work: (uow: UnitOfWork<D>) => R | Promise<R>): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      const task: Task<R> = {
        context,
        work: work as Task<R>['work'],
        resolve,
        reject,
        attempts: 0,
      };
      this.#queue.push(task as unknown as Task<unknown>);
      if (!this.#running) this.#idle = this.#run();
    });
  }

  /** Resolves when no unit runs or waits. */
  async idle(): Promise<void> {
    await this.#idle;
  }

  async #run(): Promise<void> {
    this.#running = true;
    await Promise.resolve();
    try {
      while (this.#queue.length > 0) {
        const group = await this.#gather();
        // What has meanwhile arrived on the lines gets into the journal under the same COMMIT.
        if (group.length > 0) await new Promise<void>((next) => setImmediate(next));
        await this.#flush(group);
      }
    } finally {
      // In the same turn as the check of the queue, so that a unit that comes in now starts a new run.
      this.#running = false;
    }
  }

  /** Runs waiting units, one after the other, until none waits or the group is full. Between two of them the lines are read and acknowledged. */
  async #gather(): Promise<Finished[]> {
    const group: Finished[] = [];
    const before = new Map<string, Overlay>();
    const started = performance.now();
    while (
      this.#queue.length > 0 &&
      group.length < MAX_GROUP &&
      (group.length === 0 || performance.now() - started < GROUP_MS)
    ) {
      if (group.length > 0) await new Promise<void>((next) => setImmediate(next));
      const task = this.#queue.shift() as Task<unknown>;
      task.attempts++;
      const unit = new Unit(this.database, task.context, before, this.#options);
      try {
        const result = await task.work(unit);
        unit.end();
        const rows = unit.seal();
        for (const [collection, sealed] of rows) {
          const overlay = overlayOf(before, collection);
          for (const row of sealed) overlay.set(row.id, { document: row.document, text: row.json });
        }
        group.push({ task, unit, result, rows });
      } catch (error) {
        unit.end();
        task.reject(error);
      }
    }
    return group;
  }

  async #flush(group: Finished[]): Promise<void> {
    if (group.length === 0) return;
    const failed = new Map<Finished, unknown>();
    const again: Task<unknown>[] = [];
    try {
      await this.database.batch(() => {
        const undone: Finished[] = [];
        for (const finished of group) {
          if (
            undone.some((other) => finished.unit.dependsOn(other.unit)) ||
            finished.unit.isStale(undone.length > 0)
          ) {
            undone.push(finished);
            if (finished.task.attempts < MAX_ATTEMPTS) again.push(finished.task);
            else failed.set(finished, storeError('store.busy'));
            continue;
          }
          try {
            this.database.transaction(finished.task.context, () => finished.unit.store(finished.rows));
          } catch (error) {
            if (!this.database.driver.inTransaction) throw error;
            undone.push(finished);
            failed.set(finished, error);
          }
        }
      });
    } catch (error) {
      for (const { task } of group) task.reject(error);
      return;
    }
    this.#queue.unshift(...again);
    for (const finished of group) {
      if (again.includes(finished.task)) continue;
      if (failed.has(finished)) finished.task.reject(failed.get(finished));
      else finished.task.resolve(finished.result);
    }
  }
}
