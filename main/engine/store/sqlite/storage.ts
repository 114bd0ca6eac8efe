import {
  type BulkWriteRow,
  type BulkWriteRowProcessed,
  type CategorizeBulkWriteRowsOutput,
  type EventBulk,
  ensureRxStorageInstanceParamsAreCorrect,
  getPrimaryFieldOfPrimaryKey,
  now,
  type PreparedQuery,
  type RxDocumentData,
  type RxJsonSchema,
  type RxStorage,
  type RxStorageBulkWriteResponse,
  type RxStorageChangeEvent,
  type RxStorageCountResult,
  type RxStorageDefaultCheckpoint,
  type RxStorageInstance,
  type RxStorageInstanceCreationParams,
  type RxStorageQueryResult,
} from 'rxdb';
import { type Observable, Subject } from 'rxjs';
import type { LeveyDatabase } from './database.ts';
import {
  backwards,
  beginningPlan,
  type EqualPlan,
  type EqualQuery,
  equalPlan,
  naturalOrder,
  runEqual,
} from './equal.ts';
import { mapStoreError, storeError } from './errors.ts';
import { indexColumns } from './keys.ts';
import { changedSince, type QueryTarget, runCount, runQuery } from './query.ts';
import { RowWriter, type WriteOptions } from './row-writer.ts';
import {
  type DocumentHead,
  type DocumentRow,
  ensureTable,
  isBookkeeping,
  type TableStatements,
  tableStatements,
} from './tables.ts';
import type { DocumentChange } from './telling.ts';

/** RxDB version this storage is written for; RxDB refuses a mismatch. */
const RXDB_VERSION = '17.6.0';

export type LeveyChanges<T> = EventBulk<RxStorageChangeEvent<RxDocumentData<T>>, RxStorageDefaultCheckpoint>;
type Internals = Record<string, never>;
type Options = Record<string, never>;

/** RxDB's storage over one {@link LeveyDatabase}. One process, one connection: `multiInstance` must be false. */
export function getRxStorageLevey(database: LeveyDatabase): RxStorage<Internals, Options> {
  return {
    name: 'levey-sqlite',
    rxdbVersion: RXDB_VERSION,
    async createStorageInstance<T>(params: RxStorageInstanceCreationParams<T, Options>) {
      ensureRxStorageInstanceParamsAreCorrect(params);
      if (params.multiInstance)
        throw new Error('the Levey storage has one owner: set multiInstance to false');
      return new LeveyStorageInstance<T>(database, params) as unknown as RxStorageInstance<
        T,
        Internals,
        Options
      >;
    },
  };
}

/**
 * One RxDB collection as one table: documents as JSON, one key column and SQLite index per RxDB index. All work on SQLite is synchronous,
 * so a write is never interleaved with another. Writes outside {@link LeveyDatabase.transaction} run in their own transaction; change events
 * leave after COMMIT only.
 */
export class LeveyStorageInstance<T>
  implements RxStorageInstance<T, Internals, Options, RxStorageDefaultCheckpoint>
{
  readonly databaseName: string;
  readonly collectionName: string;
  readonly schema: Readonly<RxJsonSchema<RxDocumentData<T>>>;
  readonly internals: Internals = {};
  readonly options: Options;
  readonly primaryPath: string;
  /** RxDB's token of the database instance; part of every revision. */
  readonly token: string;
  readonly tableName: string;
  readonly audited: boolean;
  /** Counts the committed writes that did not come through {@link LeveyDatabase.batch}; lets a unit of work see them. */
  foreignWrites = 0;
  readonly #database: LeveyDatabase;
  readonly #changes = new Subject<LeveyChanges<T>>();
  readonly #statements: TableStatements;
  readonly #target: QueryTarget<T>;
  readonly #rows: RowWriter<T>;
  #closed: Promise<void> | undefined;
  #order: ((a: Record<string, unknown>, b: Record<string, unknown>) => number) | undefined;

  constructor(database: LeveyDatabase, params: RxStorageInstanceCreationParams<T, Options>) {
    this.#database = database;
    this.databaseName = params.databaseName;
    this.collectionName = params.collectionName;
    this.schema = params.schema;
    this.options = params.options;
    this.token = params.databaseInstanceToken;
    this.primaryPath = getPrimaryFieldOfPrimaryKey(params.schema.primaryKey) as string;
    this.audited = !isBookkeeping(params.collectionName);
    const table = database.plain(() =>
      ensureTable(
        database.driver,
        params.databaseName,
        params.collectionName,
        params.schema.version,
        indexColumns(params.schema),
      ),
    );
    const { columns } = table;
    this.tableName = table.tableName;
    this.#statements = tableStatements(this.tableName, columns);
    this.#target = {
      driver: database.driver,
      tableName: this.tableName,
      columns,
      primaryPath: this.primaryPath,
      schema: { ...params.schema, indexes: columns.map(({ fields }) => fields) },
    };
    this.#rows = new RowWriter<T>(database, this.#statements, columns, {
      collection: params.collectionName,
      tableName: this.tableName,
      primaryPath: this.primaryPath,
      token: this.token,
      audited: this.audited,
      attachments: params.schema.attachments !== undefined,
    });
    database.register(this as LeveyStorageInstance<unknown>);
  }

  /** For tests of the query plans. */
  get queryTarget(): QueryTarget<T> {
    return this.#target;
  }

  #open(): void {
    if (this.#closed !== undefined) throw storeError('store.closed');
  }

  bulkWrite(rows: BulkWriteRow<T>[], context: string): Promise<RxStorageBulkWriteResponse<T>> {
    try {
      this.#open();
      const blobs = this.schema.attachments === undefined ? [] : blobsOf(rows);
      if (blobs.length > 0)
        return readBlobs(blobs).then((content) => this.#bulkWrite(rows, context, { blobs: content }));
      return Promise.resolve(this.#bulkWrite(rows, context, {}));
    } catch (error) {
      return Promise.reject(mapStoreError(error));
    }
  }

  #bulkWrite(rows: BulkWriteRow<T>[], context: string, options: WriteOptions): RxStorageBulkWriteResponse<T> {
    if (this.#database.inUnit) return this.writeRows(rows, context, options);
    return this.#database.transaction(this.#database.ambientContext(context), () =>
      this.writeRows(rows, context, options),
    );
  }

  /**
   * Writes rows inside the open transaction: documents, keys, attachments and audit rows. Rows in conflict are left out and returned, as RxDB
   * asks for. The change events are handed to the database, which emits them after COMMIT.
   * @throws LeveyError `store.badDocument` for an id that UTF-8 cannot hold
   */
  writeRows(
    rows: BulkWriteRow<T>[],
    context: string,
    options: WriteOptions = {},
  ): RxStorageBulkWriteResponse<T> {
    const work = this.#rows.write(this as RxStorageInstance<T, Internals, Options>, rows, context, options);
    if (work.newestRow !== undefined) this.#emit(work, work.newestRow);
    return { error: work.errors };
  }

  /** RxDB's helper also makes events for rows that are refused for a missing attachment; those are left out here. */
  #emit(work: CategorizeBulkWriteRowsOutput<T>, newest: BulkWriteRowProcessed<T>): void {
    const refused = new Set(work.errors.map((error) => error.documentId));
    const bulk = work.eventBulk as LeveyChanges<T>;
    if (refused.size > 0) bulk.events = bulk.events.filter((event) => !refused.has(event.documentId));
    if (bulk.events.length === 0) return;
    bulk.checkpoint = { id: this.#idOf(newest.document), lwt: newest.document._meta.lwt };
    const ids = bulk.events.map((event) => event.documentId);
    this.#database.emitAfterCommit(
      this as LeveyStorageInstance<unknown>,
      ids,
      () => this.#changes.next(bulk),
      () => bulk.events.map((event) => changeOf(this.collectionName, event)),
    );
  }

  #idOf(document: unknown): string {
    return (document as Record<string, unknown>)[this.primaryPath] as string;
  }

  /** The stored document, deleted ones too, or undefined. Synchronous. */
  read(id: string): RxDocumentData<T> | undefined {
    this.#open();
    const data = this.#database.driver.column(this.#statements.dataById).get(id);
    return data === undefined ? undefined : (JSON.parse(data as string) as RxDocumentData<T>);
  }

  /** What the table has of a document, deleted ones too, or undefined. Synchronous. */
  readRow(id: string): DocumentRow | undefined {
    this.#open();
    return this.#database.driver.prepare(this.#statements.byId).get(id) as DocumentRow | undefined;
  }

  /** Revision of the stored document, or '' when there is none. */
  revisionOf(id: string): string {
    const rev = this.#database.driver.column(this.#statements.revById).get(id);
    return (rev as string | undefined) ?? '';
  }

  /** What the table has of a document besides its text, or undefined. */
  headOf(id: string): DocumentHead | undefined {
    return this.#database.driver.prepare(this.#statements.headById).get(id) as DocumentHead | undefined;
  }

  /** Runs a prepared query. Synchronous. */
  queryNow(prepared: PreparedQuery<T>): RxDocumentData<T>[] {
    this.#open();
    return this.#database.driver.guard(() => runQuery(this.#target, prepared));
  }

  /** How to run a query for certain texts in the leading fields of an index; undefined for every other query. */
  equalPlan(query: EqualQuery): EqualPlan | undefined {
    return equalPlan(this.#target, query);
  }

  /** How to find the documents whose text in an indexed field begins with `start`. */
  beginningPlan(field: string, start: string): EqualPlan {
    return beginningPlan(this.#target, field, start);
  }

  /** Runs such a query: matching documents that are not deleted, in no order. Synchronous. */
  equalNow(plan: EqualPlan): RxDocumentData<T>[] {
    this.#open();
    return this.#database.driver.guard(() => runEqual(this.#target, plan));
  }

  /** The order of a query that asks for none. */
  get naturalOrder(): (a: Record<string, unknown>, b: Record<string, unknown>) => number {
    this.#order ??= naturalOrder(this.#target);
    return this.#order;
  }

  /** The documents of such a query, by the index's next fields from the highest down, read as they are taken. */
  backwards(plan: EqualPlan, expected = 1): Generator<RxDocumentData<T>> {
    this.#open();
    return backwards(this.#target, plan, expected);
  }

  async findDocumentsById(ids: string[], withDeleted: boolean): Promise<RxDocumentData<T>[]> {
    return this.#database.driver.guard(() => {
      const found: RxDocumentData<T>[] = [];
      for (const id of ids) {
        const document = this.read(id);
        if (document !== undefined && (withDeleted || !document._deleted)) found.push(document);
      }
      return found;
    });
  }

  async query(prepared: PreparedQuery<T>): Promise<RxStorageQueryResult<T>> {
    return { documents: this.queryNow(prepared) };
  }

  async count(prepared: PreparedQuery<T>): Promise<RxStorageCountResult> {
    this.#open();
    return { count: this.#database.driver.guard(() => runCount(this.#target, prepared)), mode: 'fast' };
  }

  async getAttachmentData(documentId: string, attachmentId: string, digest: string): Promise<Blob> {
    const found = this.readAttachment(documentId, attachmentId);
    if (found === undefined || found.digest !== digest)
      throw storeError('store.badDocument', { reason: 'attachment does not exist' });
    return new Blob([Buffer.from(found.data)], { type: found.type });
  }

  /** Content of an attachment, or undefined. */
  readAttachment(
    documentId: string,
    name: string,
  ): { data: Uint8Array; digest: string; type: string } | undefined {
    this.#open();
    return this.#database.driver.guard(
      () =>
        this.#database.driver
          .prepare(
            'SELECT data, digest, type FROM attachments WHERE tableName = ? AND docId = ? AND name = ?',
          )
          .get(this.tableName, documentId, name) as
          | { data: Uint8Array; digest: string; type: string }
          | undefined,
    );
  }

  async getChangedDocumentsSince(
    limit: number,
    checkpoint?: RxStorageDefaultCheckpoint,
  ): Promise<{ documents: RxDocumentData<T>[]; checkpoint: RxStorageDefaultCheckpoint }> {
    this.#open();
    const documents = this.#database.driver.guard(() => changedSince(this.#target, limit, checkpoint));
    const last = documents.at(-1);
    return {
      documents,
      checkpoint:
        last === undefined
          ? (checkpoint ?? { id: '', lwt: 0 })
          : { id: this.#idOf(last), lwt: last._meta.lwt },
    };
  }

  changeStream(): Observable<LeveyChanges<T>> {
    return this.#changes.asObservable();
  }

  /** Removes the rows of documents deleted longer than `minimumDeletedTime` ms ago; each leaves a `purge` row in the audit trail. */
  async cleanup(minimumDeletedTime: number): Promise<boolean> {
    this.#open();
    const { driver } = this.#database;
    const until = now() - minimumDeletedTime;
    this.#database.transaction(this.#database.ambientContext('cleanup'), () => {
      const gone = driver
        .prepare(`SELECT n, id, audit FROM ${this.tableName} WHERE deleted = 1 AND lwt <= ?`)
        .all(until) as { n: number; id: string; audit: number }[];
      for (const row of gone) {
        if (this.audited)
          this.#database.audits.append(this.collectionName, row.id, 'purge', row.audit, null, '');
        driver.prepare(this.#statements.remove).run(row.n);
      }
      if (gone.length > 0) this.foreignWrites++;
    });
    return true;
  }

  close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#database.unregister(this as LeveyStorageInstance<unknown>);
      this.#changes.complete();
      this.#closed = Promise.resolve();
    }
    return this.#closed;
  }

  /** Removes the collection with all its documents. Each document that was still there leaves a `purge` row in the audit trail. */
  async remove(): Promise<void> {
    this.#open();
    const { driver } = this.#database;
    this.#database.transaction(this.#database.ambientContext('remove'), () => {
      if (this.audited) {
        const rows = driver.raw.prepare(`SELECT id, audit, data FROM ${this.tableName} ORDER BY n`).all() as {
          id: string;
          audit: number;
          data: string;
        }[];
        for (const row of rows)
          this.#database.audits.append(this.collectionName, row.id, 'purge', row.audit, row.data, '');
      }
      driver.exec(`DROP TABLE ${this.tableName}`);
      driver.prepare('DELETE FROM attachments WHERE tableName = ?').run(this.tableName);
      driver.prepare('DELETE FROM collections WHERE tableName = ?').run(this.tableName);
    });
    await this.close();
  }
}

/** A change event without RxDB's own fields. */
function changeOf(collection: string, event: RxStorageChangeEvent<unknown>): DocumentChange {
  const bare = (document: unknown) => {
    if (document === undefined || document === null) return undefined;
    const { _rev, _meta, _deleted, _attachments, ...rest } = document as Record<string, unknown>;
    return _deleted === true ? undefined : rest;
  };
  const { documentId: id, documentData, previousDocumentData } = event;
  return { collection, id, before: bare(previousDocumentData), after: bare(documentData) };
}

function blobsOf(rows: BulkWriteRow<unknown>[]): Blob[] {
  const blobs: Blob[] = [];
  for (const row of rows) {
    for (const attachment of Object.values(row.document._attachments)) {
      if ('data' in attachment && attachment.data instanceof Blob) blobs.push(attachment.data);
    }
  }
  return blobs;
}

async function readBlobs(blobs: Blob[]): Promise<ReadonlyMap<Blob, Uint8Array>> {
  const content = new Map<Blob, Uint8Array>();
  for (const blob of blobs) content.set(blob, new Uint8Array(await blob.arrayBuffer()));
  return content;
}
