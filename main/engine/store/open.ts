import { createRxDatabase, type MangoQuery, normalizeMangoQuery, prepareQuery } from 'rxdb';
import {
  type CollectionName,
  collectionNames,
  type DocOf,
  rxSchemaOf,
} from '../../../shared/documents/index.ts';
import { migrations } from '../../../shared/documents/migrations/index.ts';
import type { Clock } from '../../../shared/domain/clock.ts';
import type { Stored } from './overlay.ts';
import { checkShape } from './shape.ts';
import { LeveyDatabase } from './sqlite/database.ts';
import { getRxStorageLevey, type LeveyStorageInstance } from './sqlite/storage.ts';
import { verifyAudit } from './sqlite/verify.ts';
import type { Changed, DocChange, Find, Store, WriteContext, Writer } from './store.ts';
import { plain } from './stored-text.ts';
import { CommandQueue, type UnitOfWork } from './uow.ts';

/** Sync states whose records have nothing to send. */
const KEPT_HERE = 'local';

type Any = Record<string, { id: string }>;
type Raw = Record<string, unknown>;
/** What documents were when they were found with `keep`. */
type Found = WeakMap<object, Stored>;

export interface OpenStoreOptions {
  dataDir: string;
  /** 32 bytes. */
  key: Uint8Array;
  clock: Clock;
  stationCode: string;
}

const docOf = <C extends CollectionName>(stored: Raw): DocOf<C> =>
  plain(stored as unknown as Stored) as unknown as DocOf<C>;

/** The first documents of `all`, up to the one of which `last` says so, at most `limit`. */
function taken<T>(all: Generator<T>, limit: number, last: (doc: T) => boolean): T[] {
  const found: T[] = [];
  for (const doc of all) {
    found.push(doc);
    if (found.length >= limit || last(doc)) break;
  }
  return found;
}

/** A {@link Writer} over one unit of work: shapes are checked, change counters kept, records queued for the server. */
class UnitWriter implements Writer {
  readonly #unit: UnitOfWork<Any>;
  readonly #found: Found;

  constructor(unit: UnitOfWork<Any>, found: Found) {
    this.#unit = unit;
    this.#found = found;
  }

  async get<C extends CollectionName>(collection: C, id: string): Promise<DocOf<C> | undefined> {
    return this.#unit.get(collection, id) as DocOf<C> | undefined;
  }

  async getMany<C extends CollectionName>(collection: C, ids: readonly string[]): Promise<DocOf<C>[]> {
    return ids.map((id) => this.#unit.get(collection, id)).filter((doc) => doc !== undefined) as DocOf<C>[];
  }

  async find<C extends CollectionName>(collection: C, query: Find): Promise<DocOf<C>[]> {
    return this.#unit.find(collection, query as MangoQuery<{ id: string }>) as DocOf<C>[];
  }

  async latest<C extends CollectionName>(
    collection: C,
    selector: Record<string, { $eq: string }>,
    limit: number,
    last: (doc: DocOf<C>) => boolean,
  ): Promise<DocOf<C>[]> {
    return taken(this.#unit.backwards(collection, { selector }) as Generator<DocOf<C>>, limit, last);
  }

  put<C extends CollectionName>(
    collection: C,
    doc: DocOf<C>,
    options: { sync?: boolean; checked?: boolean } = {},
  ): void {
    const sync = options.sync === true;
    const before = sync ? undefined : (this.#unit.peek(collection, doc.id) as DocOf<C> | undefined);
    const at = this.#unit.context.at;
    const next: DocOf<C> =
      before === undefined
        ? doc
        : {
            ...doc,
            change: before.change + 1,
            updatedAt: at,
            ...(doc.syncState === KEPT_HERE || doc.syncState === 'conflict'
              ? {}
              : { syncState: 'queued', sync: { ...doc.sync, why: '', since: at, attempts: 0 } }),
          };
    if (options.checked !== true) checkShape(collection, next);
    this.#unit.put(collection, next);
  }

  add<C extends CollectionName>(collection: C, doc: DocOf<C>): void {
    checkShape(collection, doc);
    this.#unit.put(collection, doc, true);
  }

  amend<C extends CollectionName>(collection: C, found: DocOf<C>, fields: Partial<DocOf<C>>): boolean {
    const stored = this.#found.get(found);
    if (stored === undefined) return false;
    return this.#unit.replace(collection, stored, { ...found, ...fields }, Object.keys(fields));
  }

  async beginning<C extends CollectionName>(
    collection: C,
    field: string,
    start: string,
  ): Promise<DocOf<C>[]> {
    return this.#unit.beginning(collection, field, start) as DocOf<C>[];
  }

  attach(collection: CollectionName, id: string, name: string, type: string, bytes: Uint8Array): void {
    this.#unit.attach(collection, id, name, type, bytes);
  }

  markMessage(
    messageId: string,
    state: 'posted' | 'held' | 'incomplete',
    detail: Record<string, unknown>,
  ): void {
    this.#unit.journalMark({ id: messageId, state, detail });
  }

  afterCommit(effect: () => void): void {
    this.#unit.afterCommit(effect);
  }
}

/**
 * Opens or creates this station's store: the encrypted file, brought to this program's version, and the twelve RxDB collections over it.
 * Throws the `store.*` errors of the driver (wrong key, not ours, damaged, newer, in use, full); then nothing was changed.
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { dataDir, key, clock, stationCode } = options;
  const database = LeveyDatabase.open({ directory: dataDir, key, clock, station: stationCode, migrations });
  try {
    const rx = await createRxDatabase({
      name: 'levey',
      storage: getRxStorageLevey(database),
      multiInstance: false,
      closeDuplicates: true,
    });
    await rx.addCollections(
      Object.fromEntries(collectionNames.map((name) => [name, { schema: rxSchemaOf(name) as never }])),
    );
    return new LeveyStore(database, async () => {
      await rx.close();
    });
  } catch (error) {
    database.close();
    throw error;
  }
}

class LeveyStore implements Store {
  readonly #database: LeveyDatabase;
  readonly #closeRx: () => Promise<void>;
  readonly #queue: CommandQueue<Any>;
  readonly #found: Found = new WeakMap();
  #closing: Promise<void> | undefined;

  constructor(database: LeveyDatabase, closeRx: () => Promise<void>) {
    this.#database = database;
    this.#closeRx = closeRx;
    this.#queue = new CommandQueue<Any>(database);
  }

  get journal() {
    return this.#database.journal;
  }

  get file() {
    return this.#database.driver.path;
  }

  #instance(collection: CollectionName): LeveyStorageInstance<Raw> {
    return this.#database.instance(collection) as LeveyStorageInstance<Raw>;
  }

  #prepared(collection: CollectionName, query: Find) {
    const instance = this.#instance(collection);
    const normalized = normalizeMangoQuery(instance.schema, query as MangoQuery<Raw>);
    normalized.selector = { ...normalized.selector, _deleted: { $eq: false } } as never;
    return { instance, prepared: prepareQuery(instance.schema, normalized) };
  }

  async get<C extends CollectionName>(collection: C, id: string): Promise<DocOf<C> | undefined> {
    const document = this.#instance(collection).read(id);
    return document === undefined || document._deleted ? undefined : docOf<C>(document);
  }

  async getMany<C extends CollectionName>(collection: C, ids: readonly string[]): Promise<DocOf<C>[]> {
    const found: DocOf<C>[] = [];
    for (const id of ids) {
      const doc = await this.get(collection, id);
      if (doc !== undefined) found.push(doc);
    }
    return found;
  }

  async find<C extends CollectionName>(collection: C, query: Find): Promise<DocOf<C>[]> {
    const { keep = false, ...wanted } = query;
    return this.#findStored(collection, wanted).map((document) => {
      const doc = docOf<C>(document);
      if (keep) this.#found.set(doc, document);
      return doc;
    });
  }

  #findStored(collection: CollectionName, query: Find): Stored[] {
    const equal = this.#instance(collection).equalPlan(query);
    if (equal === undefined) {
      const { instance, prepared } = this.#prepared(collection, query);
      return instance.queryNow(prepared);
    }
    const { skip = 0, limit } = query;
    const instance = this.#instance(collection);
    const found = instance.equalNow(equal);
    if (found.length > 1) found.sort(instance.naturalOrder);
    return found.slice(skip, limit === undefined ? undefined : skip + limit);
  }

  async latest<C extends CollectionName>(
    collection: C,
    selector: Record<string, { $eq: string }>,
    limit: number,
    last: (doc: DocOf<C>) => boolean,
    expected = 1,
  ): Promise<DocOf<C>[]> {
    const instance = this.#instance(collection);
    const plan = instance.equalPlan({ selector });
    if (plan === undefined) throw new Error(`no index of ${collection} for ${Object.keys(selector).join()}`);
    const found: DocOf<C>[] = [];
    for (const document of instance.backwards(plan, expected)) {
      const doc = docOf<C>(document);
      found.push(doc);
      if (found.length >= limit || last(doc)) break;
    }
    return found;
  }

  async count(collection: CollectionName, query: Find): Promise<number> {
    const { instance, prepared } = this.#prepared(collection, query);
    return (await instance.count(prepared)).count;
  }

  write<T>(context: WriteContext, work: (unit: Writer) => Promise<T>): Promise<T> {
    return this.#queue.write(context, (unit) => work(new UnitWriter(unit, this.#found)));
  }

  settled(): Promise<void> {
    return this.#database.settled();
  }

  async readAttachment(
    collection: CollectionName,
    id: string,
    name: string,
  ): Promise<Uint8Array | undefined> {
    return this.#database.instance(collection).readAttachment(id, name)?.data;
  }

  onCommit(listener: (changed: Changed) => void): () => void {
    return this.#database.telling.onCommit((changed) => listener(Object.fromEntries(changed) as Changed));
  }

  onChanges(follower: (changes: readonly DocChange[]) => void): () => void {
    return this.#database.telling.onChanges((changes) => follower(changes as readonly DocChange[]));
  }

  note(context: WriteContext, kind: string, payload: Record<string, unknown>): void {
    this.#database.audit(context, kind, payload);
  }

  auditOf(collection: string, docId: string) {
    return this.#database.auditOf(collection, docId);
  }

  auditTail(limit: number) {
    return this.#database.auditTail(limit);
  }

  verifyAudit() {
    return verifyAudit(this.#database);
  }

  stats() {
    return this.#database.stats();
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#queue.idle();
      await this.#closeRx();
      this.#database.close();
    })();
    return this.#closing;
  }
}
