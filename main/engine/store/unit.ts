import {
  createRevision,
  type FilledMangoQuery,
  getQueryMatcher,
  getSortComparator,
  type MangoQuery,
  normalizeMangoQuery,
  now,
  prepareQuery,
} from 'rxdb';
import { type Overlay, overlayOf, type Stored, type Unstored } from './overlay.ts';
import { attachmentDigest, type WriteContext } from './sqlite/audit.ts';
import type { LeveyDatabase } from './sqlite/database.ts';
import { backwardsOrder, type EqualPlan, type EqualQuery } from './sqlite/equal.ts';
import { storeError } from './sqlite/errors.ts';
import type { MessageMark } from './sqlite/journal-tables.ts';
import type { DocumentHead } from './sqlite/tables.ts';
import { bodyOf, copyOf, jsonOf, plain, tailOf } from './stored-text.ts';
import { innerOf, UnitReads } from './unit-reads.ts';
import type { DocumentsOf, QueueOptions, UnitOfWork } from './uow.ts';

type Attachments = Stored['_attachments'];

/** A written document that waits for the end of its unit. */
interface Pending {
  id: string;
  /** The stored document it replaces, deleted ones too; undefined for a new one. */
  previous: Stored | undefined;
  /** Stored JSON text of {@link previous}. */
  text: string | undefined;
  /** JSON text without RxDB's fields; undefined when the document is removed. */
  json: string | undefined;
  /** What the table has of {@link previous}; undefined where a unit of the same group wrote that. */
  head: DocumentHead | undefined;
  /** True when the document is known to differ from {@link previous}. */
  differs: boolean;
  /** The fields in which it may differ from {@link previous}, where they are known. */
  fields: readonly string[] | undefined;
  /** What {@link json} is the text of, where it was put in this unit. */
  body: Record<string, unknown> | undefined;
  /** The document as it is going to be written, without its revision and time. */
  document: Stored | undefined;
  attach: Map<string, { type: string; bytes: Uint8Array }>;
}

/** A pending document in the form in which it is written. */
export interface Sealed {
  collection: string;
  id: string;
  previous: Stored | undefined;
  document: Stored;
  json: string;
  head: DocumentHead | undefined;
  fields: readonly string[] | undefined;
  blobs: Map<Blob, Uint8Array>;
}

/** One unit of work with what it read and what it is going to write. */
export class Unit implements UnitOfWork<DocumentsOf> {
  readonly context: WriteContext;
  readonly #database: LeveyDatabase;
  /** What the units before this one, in the same group, have written. */
  readonly #before: Map<string, Overlay>;
  readonly #options: QueueOptions;
  readonly #reads: UnitReads;
  readonly #pending = new Map<string, Map<string, Pending>>();
  /** What this unit has written, for its own reads. */
  readonly #written = new Map<string, Overlay>();
  readonly #marks: MessageMark[] = [];
  readonly #notes: { kind: string; payload: unknown }[] = [];
  readonly #effects: (() => void)[] = [];
  #ended = false;

  constructor(
    database: LeveyDatabase,
    context: WriteContext,
    before: Map<string, Overlay>,
    options: QueueOptions,
  ) {
    this.#database = database;
    this.context = context;
    this.#before = before;
    this.#reads = new UnitReads(database, before);
    this.#options = options;
  }

  end(): void {
    this.#ended = true;
  }

  #live(): void {
    if (this.#ended) throw new Error('the unit of work has ended');
  }

  get(collection: string, id: string): { id: string } | undefined {
    this.#live();
    const pending = this.#pending.get(collection)?.get(id);
    if (pending !== undefined)
      return pending.json === undefined ? undefined : (JSON.parse(pending.json) as { id: string });
    const stored = this.#reads.current(collection, id);
    return stored === undefined || stored._deleted ? undefined : copyOf(plain(stored));
  }

  peek(collection: string, id: string): { readonly id: string } | undefined {
    this.#live();
    const pending = this.#pending.get(collection)?.get(id);
    if (pending?.body !== undefined) return pending.body as { id: string };
    if (pending !== undefined) return this.get(collection, id);
    const stored = this.#reads.current(collection, id);
    return stored === undefined || stored._deleted ? undefined : (stored as unknown as { id: string });
  }

  find(collection: string, query: MangoQuery<{ id: string }> = {}): { id: string }[] {
    this.#live();
    const instance = this.#reads.searched(collection);
    const equal = instance.equalPlan(query as EqualQuery);
    if (equal !== undefined) return this.#findEqual(collection, equal, query);
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
    for (const { document, text } of overlay.values())
      if (!document._deleted && matches(document as never)) merged.push(JSON.parse(text) as Stored);
    merged.sort(
      getSortComparator(instance.schema, normalized) as unknown as (a: Stored, b: Stored) => number,
    );
    return merged.slice(skip, limit === undefined ? undefined : skip + limit).map(plain);
  }

  #findEqual(
    collection: string,
    plan: EqualPlan,
    { skip = 0, limit }: { skip?: number; limit?: number },
  ): { id: string }[] {
    const instance = this.#reads.instance(collection);
    const merged = [
      ...instance.equalNow(plan).filter(({ id }) => !this.#isWritten(collection, id as string)),
    ];
    merged.push(...this.#unstored(collection, plan));
    if (merged.length > 1) merged.sort(instance.naturalOrder);
    return merged.slice(skip, limit === undefined ? undefined : skip + limit).map(plain);
  }

  beginning(collection: string, field: string, start: string): { id: string }[] {
    this.#live();
    const instance = this.#reads.searched(collection);
    return this.#findEqual(collection, instance.beginningPlan(field, start), {});
  }

  *backwards(collection: string, query: EqualQuery): Generator<{ id: string }> {
    this.#live();
    const instance = this.#reads.searched(collection);
    const plan = instance.equalPlan(query);
    if (plan === undefined)
      throw new Error(`no index of ${collection} for ${JSON.stringify(query.selector)}`);
    const order = backwardsOrder(plan);
    const unstored = this.#unstored(collection, plan).sort(order);
    for (const stored of instance.backwards(plan)) {
      if (this.#isWritten(collection, stored.id as string)) continue;
      while (unstored.length > 0 && order(unstored[0] as Stored, stored) < 0)
        yield plain(unstored.shift() as Stored);
      yield plain(stored);
    }
    for (const rest of unstored) yield plain(rest);
  }

  #isWritten(collection: string, id: string): boolean {
    return this.#written.get(collection)?.has(id) === true || this.#before.get(collection)?.has(id) === true;
  }

  /** Copies of the documents of this unit and those before it that have the plan's values. */
  #unstored(collection: string, plan: EqualPlan): Stored[] {
    const own = this.#written.get(collection);
    const found: Stored[] = [];
    const take = ({ document, text }: Unstored) => {
      if (!document._deleted) found.push(JSON.parse(text) as Stored);
    };
    for (const entry of this.#before.get(collection)?.equal(plan.fields, plan.values, plan.begins) ?? [])
      if (own?.has(entry.document.id as string) !== true) take(entry);
    for (const entry of own?.equal(plan.fields, plan.values, plan.begins) ?? []) take(entry);
    return found;
  }

  /** What the units before and this one have written but not stored yet. */
  #overlay(collection: string): Map<string, Unstored> {
    const overlay = new Map<string, Unstored>();
    for (const from of [this.#before, this.#written])
      for (const entry of from.get(collection)?.values() ?? [])
        overlay.set(entry.document.id as string, entry);
    return overlay;
  }

  /** @param replaced the caller gives the document another text at once */
  #open(collection: string, id: string, replaced = false): Pending {
    this.#live();
    const byId = innerOf(this.#pending, collection);
    let pending = byId.get(id);
    if (pending === undefined) {
      const previous = this.#reads.current(collection, id);
      const { text, head } = this.#reads.look(collection, id);
      const kept = !replaced && previous !== undefined && !previous._deleted;
      const json = kept ? bodyOf(previous, text) : undefined;
      pending = {
        ...{ id, previous, text, json, head, differs: false, fields: undefined },
        ...{ body: undefined, document: undefined, attach: new Map() },
      };
      byId.set(id, pending);
    }
    return pending;
  }

  put(collection: string, document: { id: string }, fresh = false): void {
    const { id } = document;
    if (typeof id !== 'string' || id === '') throw storeError('store.badDocument', { reason: 'no id' });
    const body = '_rev' in document ? plain(document as unknown as Stored) : document;
    const json = JSON.stringify(body);
    this.#options.validate?.(collection, JSON.parse(json) as Record<string, unknown>);
    const pending = fresh ? this.#fresh(collection, id) : this.#open(collection, id, true);
    pending.json = json;
    pending.fields = undefined;
    pending.body = body as Record<string, unknown>;
    this.#wrote(collection, pending);
  }

  replace(collection: string, stored: Stored, document: { id: string }, fields?: readonly string[]): boolean {
    this.#live();
    const { id } = document;
    const instance = this.#reads.instance(collection);
    if (this.#isWritten(collection, id)) return false;
    const head = instance.headOf(id);
    if (head?.rev !== stored._rev) return false;
    this.#reads.note(collection, id, stored._rev);
    const json = JSON.stringify(document);
    const pending: Pending = {
      ...{ id, previous: stored, text: undefined, json, head, differs: true, fields },
      ...{ body: document as Record<string, unknown>, document: undefined, attach: new Map() },
    };
    const byId = innerOf(this.#pending, collection);
    byId.set(id, pending);
    this.#wrote(collection, pending);
    return true;
  }

  /** {@link #open} for a document that was never there: nothing is read. */
  #fresh(collection: string, id: string): Pending {
    if (this.#pending.get(collection)?.has(id) === true) return this.#open(collection, id, true);
    this.#live();
    this.#reads.fresh(collection, id);
    return this.#open(collection, id, true);
  }

  remove(collection: string, id: string): void {
    const pending = this.#open(collection, id);
    pending.json = undefined;
    pending.fields = undefined;
    pending.body = undefined;
    pending.attach.clear();
    this.#wrote(collection, pending);
  }

  attach(collection: string, id: string, name: string, type: string, bytes: Uint8Array): void {
    const pending = this.#open(collection, id);
    if (pending.json === undefined)
      throw storeError('store.badDocument', { reason: 'attachment to no document' });
    pending.fields = undefined;
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

  /** Makes the document anew and shows it to the searches that follow. */
  #wrote(collection: string, pending: Pending): void {
    const deleted = pending.json === undefined;
    const text = pending.json ?? JSON.stringify(plain(pending.previous ?? ({ id: pending.id } as never)));
    const document: Stored = {
      ...(pending.body ?? (JSON.parse(text) as Record<string, unknown>)),
      _deleted: deleted,
      _attachments: deleted ? {} : { ...(pending.previous?._attachments ?? {}) },
      _rev: '',
      _meta: { lwt: 0 },
    };
    pending.document = document;
    overlayOf(this.#written, collection).set(pending.id, { document, text });
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
        if (pending.document === undefined) this.#wrote(collection, pending);
        const document = pending.document as unknown as Stored;
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
        const json = jsonOf(document, pending.json);
        if (blobs.size > 0) document._attachments = withContent as Attachments;
        const { id, previous, head, fields } = pending;
        sealed.push({ collection, id, previous, document, json, head, fields, blobs });
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
        {
          json: sealed.map((row) => row.json),
          heads: sealed.map((row) => row.head),
          fields: sealed.map((row) => row.fields),
          blobs,
        },
      );
      if (error.length > 0) throw storeError('store.conflict', { collection, status: error[0]?.status });
    }
    for (const mark of this.#marks) this.#database.journal.mark(mark);
    for (const note of this.#notes) this.#database.audit(this.context, note.kind, note.payload);
    for (const effect of this.#effects) this.#database.afterCommit(effect);
  }

  /**
   * True when a record this unit read is no longer the one that is stored. Called inside the transaction, before the unit is written. Only
   * writes from elsewhere, or a unit before it that was `undone`, can have changed one.
   */
  isStale(undone: boolean): boolean {
    return this.#reads.areStale(undone);
  }

  /** True when this unit searched a collection that `other`, which is not stored, has written. */
  dependsOn(other: Unit): boolean {
    for (const collection of other.#pending.keys()) if (this.#reads.hasSearched(collection)) return true;
    return false;
  }
}

function isUnchanged(pending: Pending): boolean {
  if (pending.attach.size > 0 || (pending.differs && pending.json !== undefined)) return false;
  const { previous, text, json } = pending;
  if (previous === undefined) return json === undefined;
  if (previous._deleted) return json === undefined;
  const tail = tailOf(previous);
  if (json === undefined || text?.endsWith(tail) !== true) return json === bodyOf(previous, text);
  return json.length === text.length - tail.length + 1 && text.startsWith(json.slice(0, -1));
}
