import {
  createRevision,
  type FilledMangoQuery,
  getQueryMatcher,
  getSortComparator,
  type MangoQuery,
  normalizeMangoQuery,
  now,
  prepareQuery,
  type RxDocumentData,
} from 'rxdb';
import { attachmentDigest, type WriteContext } from './sqlite/audit.ts';
import type { LeveyDatabase } from './sqlite/database.ts';
import { storeError } from './sqlite/errors.ts';
import type { MessageMark } from './sqlite/journal.ts';
import type { LeveyStorageInstance } from './sqlite/storage.ts';

/** The document types by collection name. */
export type DocumentsOf = Record<string, { id: string }>;

type Stored = RxDocumentData<Record<string, unknown>>;
type Attachments = Stored['_attachments'];

/** How often a unit is repeated when records it read were changed under it. */
const MAX_ATTEMPTS = 5;
/** At most so many units share one COMMIT. */
const MAX_GROUP = 32;

/** A written document that waits for the end of its unit. */
interface Pending {
  id: string;
  /** The stored document it replaces, deleted ones too; undefined for a new one. */
  previous: Stored | undefined;
  /** JSON text without RxDB's fields; undefined when the document is removed. */
  json: string | undefined;
  attach: Map<string, { type: string; bytes: Uint8Array }>;
}

/** A pending document in the form in which it is written. */
interface Sealed {
  collection: string;
  id: string;
  previous: Stored | undefined;
  document: Stored;
  json: string;
  blobs: Map<Blob, Uint8Array>;
}

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
  /** Documents of a Mango query, in its order. */
  find<C extends keyof D & string>(collection: C, query?: MangoQuery<D[C]>): D[C][];
  /** Inserts or replaces a whole document. One that is equal to what is stored is not written again. */
  put<C extends keyof D & string>(collection: C, document: D[C]): void;
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
      while (this.#queue.length > 0) this.#flush(await this.#gather());
    } finally {
      // In the same turn as the check of the queue, so that a unit that comes in now starts a new run.
      this.#running = false;
    }
  }

  /** Runs waiting units, one after the other, until none waits or the group is full. */
  async #gather(): Promise<Finished[]> {
    const group: Finished[] = [];
    while (this.#queue.length > 0 && group.length < MAX_GROUP) {
      const task = this.#queue.shift() as Task<unknown>;
      task.attempts++;
      const unit = new Unit(this.database, task.context, group, this.#options);
      try {
        const result = await task.work(unit);
        unit.end();
        group.push({ task, unit, result, rows: unit.seal() });
      } catch (error) {
        unit.end();
        task.reject(error);
      }
    }
    return group;
  }

  #flush(group: Finished[]): void {
    if (group.length === 0) return;
    const failed = new Map<Finished, unknown>();
    const again: Task<unknown>[] = [];
    try {
      this.database.batch(() => {
        const undone: Finished[] = [];
        for (const finished of group) {
          if (undone.some((other) => finished.unit.dependsOn(other.unit)) || finished.unit.isStale()) {
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

/** One unit of work with what it read and what it is going to write. */
class Unit implements UnitOfWork<DocumentsOf> {
  readonly context: WriteContext;
  readonly #database: LeveyDatabase;
  readonly #before: readonly Finished[];
  readonly #options: QueueOptions;
  readonly #pending = new Map<string, Map<string, Pending>>();
  /** Revision of each document read, '' where there was none, by collection and id. */
  readonly #read = new Map<string, Map<string, string>>();
  /** Collections searched, with the count of foreign writes at that time. */
  readonly #searched = new Map<string, number>();
  readonly #marks: MessageMark[] = [];
  readonly #notes: { kind: string; payload: unknown }[] = [];
  readonly #effects: (() => void)[] = [];
  #ended = false;

  constructor(
    database: LeveyDatabase,
    context: WriteContext,
    before: readonly Finished[],
    options: QueueOptions,
  ) {
    this.#database = database;
    this.context = context;
    this.#before = before;
    this.#options = options;
  }

  end(): void {
    this.#ended = true;
  }

  #instance(collection: string): LeveyStorageInstance<Record<string, unknown>> {
    if (this.#ended) throw new Error('the unit of work has ended');
    return this.#database.instance(collection) as LeveyStorageInstance<Record<string, unknown>>;
  }

  /** The document as the units before left it, deleted ones too. */
  #current(collection: string, id: string): Stored | undefined {
    for (let i = this.#before.length - 1; i >= 0; i--) {
      const sealed = this.#before[i]?.rows.get(collection)?.find((row) => row.id === id);
      if (sealed !== undefined) return this.#note(collection, id, JSON.parse(sealed.json) as Stored);
    }
    return this.#note(collection, id, this.#instance(collection).read(id));
  }

  #note(collection: string, id: string, document: Stored | undefined): Stored | undefined {
    let reads = this.#read.get(collection);
    if (reads === undefined) {
      reads = new Map();
      this.#read.set(collection, reads);
    }
    if (!reads.has(id)) reads.set(id, document?._rev ?? '');
    return document;
  }

  get(collection: string, id: string): { id: string } | undefined {
    const pending = this.#pending.get(collection)?.get(id);
    if (pending !== undefined)
      return pending.json === undefined ? undefined : (JSON.parse(pending.json) as { id: string });
    const stored = this.#current(collection, id);
    return stored === undefined || stored._deleted ? undefined : plain(stored);
  }

  find(collection: string, query: MangoQuery<{ id: string }> = {}): { id: string }[] {
    const instance = this.#instance(collection);
    const seen = this.#searched.get(collection);
    if (seen === undefined) this.#searched.set(collection, instance.foreignWrites);
    const normalized = normalizeMangoQuery(instance.schema, query as MangoQuery<Record<string, unknown>>);
    normalized.selector = { ...normalized.selector, _deleted: { $eq: false } } as never;
    const overlay = this.#overlay(collection);
    if (overlay.size === 0) return instance.queryNow(prepareQuery(instance.schema, normalized)).map(plain);
    const { skip, limit } = normalized;
    const wide: FilledMangoQuery<Record<string, unknown>> = { ...normalized, skip: 0 };
    if (limit === undefined) delete wide.limit;
    else wide.limit = skip + limit + overlay.size;
    const stored = instance.queryNow(prepareQuery(instance.schema, wide));
    const matches = getQueryMatcher(instance.schema, normalized);
    const merged = stored.filter((document) => !overlay.has(document.id as string));
    for (const document of overlay.values())
      if (!document._deleted && matches(document as never)) merged.push(document);
    merged.sort(
      getSortComparator(instance.schema, normalized) as unknown as (a: Stored, b: Stored) => number,
    );
    return merged.slice(skip, limit === undefined ? undefined : skip + limit).map(plain);
  }

  /** What the units before and this one have written but not stored yet. */
  #overlay(collection: string): Map<string, Stored> {
    const overlay = new Map<string, Stored>();
    for (const { rows } of this.#before) {
      for (const row of rows.get(collection) ?? []) overlay.set(row.id, row.document);
    }
    for (const pending of this.#pending.get(collection)?.values() ?? [])
      overlay.set(pending.id, this.#document(pending));
    return overlay;
  }

  #open(collection: string, id: string): Pending {
    let byId = this.#pending.get(collection);
    if (byId === undefined) {
      byId = new Map();
      this.#pending.set(collection, byId);
    }
    let pending = byId.get(id);
    if (pending === undefined) {
      const previous = this.#current(collection, id);
      const json = previous === undefined || previous._deleted ? undefined : JSON.stringify(plain(previous));
      pending = { id, previous, json, attach: new Map() };
      byId.set(id, pending);
    }
    return pending;
  }

  put(collection: string, document: { id: string }): void {
    const { id } = document;
    if (typeof id !== 'string' || id === '') throw storeError('store.badDocument', { reason: 'no id' });
    const json = JSON.stringify(plain(document as unknown as Stored));
    this.#options.validate?.(collection, JSON.parse(json) as Record<string, unknown>);
    this.#open(collection, id).json = json;
  }

  remove(collection: string, id: string): void {
    const pending = this.#open(collection, id);
    pending.json = undefined;
    pending.attach.clear();
  }

  attach(collection: string, id: string, name: string, type: string, bytes: Uint8Array): void {
    const pending = this.#open(collection, id);
    if (pending.json === undefined)
      throw storeError('store.badDocument', { reason: 'attachment to no document' });
    pending.attach.set(name, { type, bytes: new Uint8Array(bytes) });
  }

  journalMark(mark: MessageMark): void {
    this.#marks.push(mark);
  }

  audit(kind: string, payload: unknown): void {
    this.#notes.push({ kind, payload });
  }

  afterCommit(effect: () => void): void {
    this.#effects.push(effect);
  }

  #document(pending: Pending): Stored {
    const deleted = pending.json === undefined;
    const body = pending.json ?? JSON.stringify(plain(pending.previous ?? ({ id: pending.id } as never)));
    return {
      ...(JSON.parse(body) as Record<string, unknown>),
      _deleted: deleted,
      _attachments: deleted ? {} : { ...(pending.previous?._attachments ?? {}) },
      _rev: '',
      _meta: { lwt: 0 },
    };
  }

  /** Gives every pending document its revision and time, in the form in which it is written. */
  seal(): Map<string, Sealed[]> {
    const rows = new Map<string, Sealed[]>();
    const lwt = now();
    for (const [collection, byId] of this.#pending) {
      const { token } = this.#database.instance(collection);
      const sealed: Sealed[] = [];
      for (const pending of byId.values()) {
        if (isUnchanged(pending)) continue;
        const document = this.#document(pending);
        document._rev = createRevision(token, pending.previous as never);
        document._meta = { ...pending.previous?._meta, lwt };
        const blobs = new Map<Blob, Uint8Array>();
        const withContent: Record<string, unknown> = { ...document._attachments };
        for (const [name, { type, bytes }] of pending.attach) {
          const facts = { length: bytes.length, type, digest: attachmentDigest(bytes) };
          const data = new Blob([bytes as Uint8Array<ArrayBuffer>], { type });
          (document._attachments as Attachments)[name] = facts;
          withContent[name] = { ...facts, data };
          blobs.set(data, bytes);
        }
        const json = JSON.stringify(document);
        if (blobs.size > 0) document._attachments = withContent as Attachments;
        sealed.push({ collection, id: pending.id, previous: pending.previous, document, json, blobs });
      }
      if (sealed.length > 0) rows.set(collection, sealed);
    }
    return rows;
  }

  /** Writes everything inside the open transaction. */
  store(rows: Map<string, Sealed[]>): void {
    for (const [collection, sealed] of rows) {
      const instance = this.#database.instance(collection);
      const blobs = new Map(sealed.flatMap((row) => [...row.blobs]));
      const { error } = instance.writeRows(
        sealed.map((row) =>
          row.previous === undefined
            ? { document: row.document }
            : { previous: row.previous, document: row.document },
        ),
        this.context.command,
        { json: sealed.map((row) => row.json), blobs },
      );
      if (error.length > 0) throw storeError('store.conflict', { collection, status: error[0]?.status });
    }
    for (const mark of this.#marks) this.#database.journal.mark(mark);
    for (const note of this.#notes) this.#database.audit(this.context, note.kind, note.payload);
    for (const effect of this.#effects) this.#database.afterCommit(effect);
  }

  /** True when a record this unit read is no longer the one that is stored. Called inside the transaction, before the unit is written. */
  isStale(): boolean {
    for (const [collection, foreignWrites] of this.#searched) {
      if (this.#database.instance(collection).foreignWrites !== foreignWrites) return true;
    }
    for (const [collection, reads] of this.#read) {
      const instance = this.#database.instance(collection);
      for (const [id, rev] of reads) if (instance.revisionOf(id) !== rev) return true;
    }
    return false;
  }

  /** True when this unit searched a collection that `other`, which is not stored, has written. */
  dependsOn(other: Unit): boolean {
    for (const collection of other.#pending.keys()) if (this.#searched.has(collection)) return true;
    return false;
  }
}

function isUnchanged(pending: Pending): boolean {
  if (pending.attach.size > 0) return false;
  const { previous, json } = pending;
  if (previous === undefined) return json === undefined;
  if (previous._deleted) return json === undefined;
  return json === JSON.stringify(plain(previous));
}

/** A stored document without RxDB's own fields. */
function plain(document: Stored): { id: string } & Record<string, unknown> {
  const { _rev, _meta, _deleted, _attachments, ...rest } = document;
  return rest as { id: string } & Record<string, unknown>;
}
