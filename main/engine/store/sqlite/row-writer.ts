import {
  type BulkWriteRow,
  type BulkWriteRowProcessed,
  type CategorizeBulkWriteRowsOutput,
  categorizeBulkWriteRows,
  createRevision,
  now,
  type RxAttachmentWriteData,
  type RxDocumentData,
  type RxStorageInstance,
  type RxStorageWriteError,
} from 'rxdb';
import { type AuditOp, changedFields, documentDigest } from './audit.ts';
import type { LeveyDatabase } from './database.ts';
import { storeError } from './errors.ts';
import type { IndexColumn } from './keys.ts';
import type { SqlValue } from './raw.ts';
import { type DocumentHead, type DocumentRow, isBookkeeping, type TableStatements } from './tables.ts';
import { utf8 } from './utf8.ts';

/** Options of one write into a collection's table. */
export interface WriteOptions {
  /** JSON text of a row's document where the caller already has it, by position in the rows. */
  json?: readonly (string | undefined)[];
  /** What stands in the table for a row's document where the caller has just looked, by position in the rows. */
  heads?: readonly (DocumentHead | undefined)[];
  /** The fields in which a row's document may differ from what is stored, where the caller knows them, by position in the rows. */
  fields?: readonly (readonly string[] | undefined)[];
  /** Content of the attachments in the rows. */
  blobs?: ReadonlyMap<Blob, Uint8Array>;
}

/** What of a collection its rows are written with. */
interface Collection {
  collection: string;
  tableName: string;
  primaryPath: string;
  /** RxDB's token of the database instance; part of every revision. */
  token: string;
  audited: boolean;
  attachments: boolean;
}

/** Writes the rows of one collection: documents with their keys, attachments and audit rows. */
export class RowWriter<T> {
  readonly #database: LeveyDatabase;
  readonly #statements: TableStatements;
  readonly #columns: IndexColumn[];
  readonly #of: Collection;
  /** Statements by the index columns they change. */
  readonly #updates = new Map<string, string>();

  constructor(
    database: LeveyDatabase,
    statements: TableStatements,
    columns: IndexColumn[],
    collection: Collection,
  ) {
    this.#database = database;
    this.#statements = statements;
    this.#columns = columns;
    this.#of = collection;
  }

  /**
   * Writes rows inside the open transaction: documents, keys, attachments and audit rows. Rows in conflict are left out and returned, as RxDB
   * asks for, with the change events.
   * @throws LeveyError `store.badDocument` for an id that UTF-8 cannot hold; `store.conflict` when what the caller has read is not stored any more
   */
  write(
    instance: RxStorageInstance<T, Record<string, never>, Record<string, never>>,
    rows: BulkWriteRow<T>[],
    context: string,
    options: WriteOptions,
  ): CategorizeBulkWriteRowsOutput<T> {
    const { driver } = this.#database;
    const byId = driver.prepare(this.#statements.byId);
    const head = driver.prepare(this.#statements.headById);
    const stored = new Map<string, DocumentHead>();
    const documents = new Map<string, RxDocumentData<T>>();
    const jsonOf = new Map<unknown, string>();
    const fieldsOf = new Map<unknown, readonly string[]>();
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as BulkWriteRow<T>;
      const id = (row.document as Record<string, unknown>)[this.#of.primaryPath] as string;
      const json = options.json?.[i];
      if (json !== undefined) jsonOf.set(id, json);
      const fields = options.fields?.[i];
      if (fields !== undefined) fieldsOf.set(id, fields);
      // The caller has found none; were there one after all, the insert would fail.
      if (options.json !== undefined && row.previous === undefined) continue;
      if (options.json !== undefined && row.previous !== undefined) {
        const known = options.heads?.[i] ?? (head.get(id) as DocumentHead | undefined);
        if (known?.rev === row.previous._rev) {
          // What the caller has read is what is stored: no second look at its text.
          stored.set(id, known);
          documents.set(id, row.previous);
          continue;
        }
      }
      const found = byId.get(id) as DocumentRow | undefined;
      if (found === undefined) continue;
      stored.set(id, found);
      documents.set(id, JSON.parse(found.data) as RxDocumentData<T>);
    }
    const withoutContent = new Map<BulkWriteRow<T>, string>();
    for (const row of this.#of.attachments ? rows : []) {
      const name = missingContent(row, documents.get(this.#idOf(row.document)));
      if (name !== undefined) withoutContent.set(row, name);
    }
    const useRows = isBookkeeping(this.#of.collection)
      ? this.#acceptNewSchemas(rows, documents)
      : withoutContent.size === 0
        ? rows
        : rows.filter((row) => !withoutContent.has(row));
    const work = categorizeBulkWriteRows<T>(
      instance,
      this.#of.primaryPath as never,
      documents as never,
      useRows,
      context,
    );
    for (const row of work.bulkInsertDocs) this.#insert(row, jsonOf);
    const plain = options.json !== undefined && (options.blobs?.size ?? 0) === 0;
    for (const row of work.bulkUpdateDocs) this.#update(row, stored, documents, { jsonOf, fieldsOf }, plain);
    for (const added of [...work.attachmentsAdd, ...work.attachmentsUpdate])
      this.#putAttachment(added.documentId, added.attachmentId, added.attachmentData, options.blobs);
    for (const gone of work.attachmentsRemove) this.#removeAttachment(gone.documentId, gone.attachmentId);
    for (const [row, attachmentId] of withoutContent) {
      work.errors.push({
        isError: true,
        status: 510,
        documentId: this.#idOf(row.document),
        attachmentId,
        writeRow: row,
        context,
      } as RxStorageWriteError<T>);
    }
    return work;
  }

  #idOf(document: unknown): string {
    return (document as Record<string, unknown>)[this.#of.primaryPath] as string;
  }

  #insert(row: BulkWriteRowProcessed<T>, jsonOf: Map<unknown, string>): void {
    const document = row.document;
    const id = this.#idOf(document);
    if (!id.isWellFormed()) throw storeError('store.badDocument', { reason: 'id is not well-formed text' });
    const data = utf8(jsonOf.get(id) ?? JSON.stringify(document));
    const audit = this.#of.audited ? this.#audit(id, 'insert', 0, null, data) : 0;
    const params: SqlValue[] = [
      id,
      document._rev,
      document._deleted ? 1 : 0,
      document._meta.lwt,
      data,
      audit,
    ];
    for (const column of this.#columns) params.push(column.keyOf(document));
    this.#database.driver.prepare(this.#statements.insert).run(...params);
  }

  /** @param plain the document is what its JSON says, but for fields without a value */
  #update(
    row: BulkWriteRowProcessed<T>,
    stored: ReadonlyMap<string, DocumentHead>,
    documents: Map<string, RxDocumentData<T>>,
    { jsonOf, fieldsOf }: { jsonOf: Map<unknown, string>; fieldsOf: Map<unknown, readonly string[]> },
    plain: boolean,
  ): void {
    const document = row.document;
    const id = this.#idOf(document);
    const before = stored.get(id) as DocumentHead;
    const beforeDocument = documents.get(id) as RxDocumentData<T>;
    const json = jsonOf.get(id) ?? JSON.stringify(document);
    const data = utf8(json);
    let audit = 0;
    if (this.#of.audited) {
      const op = opOf(beforeDocument._deleted, document._deleted);
      const changes =
        op === 'delete'
          ? (this.#database.driver.column(this.#statements.dataById).get(id) as string)
          : changedFields(
              beforeDocument as Record<string, unknown>,
              (plain ? document : JSON.parse(json)) as Record<string, unknown>,
              fieldsOf.get(id),
            );
      audit = this.#audit(id, op, before.audit, changes, data);
    }
    const params: SqlValue[] = [document._rev, document._deleted ? 1 : 0, document._meta.lwt, data, audit];
    const changed = this.#columns.filter((column) => mayDiffer(column, beforeDocument, document));
    for (const column of changed) params.push(column.keyOf(document));
    params.push(before.n, before.rev);
    const which = changed.map((column) => column.column).join();
    let sql = this.#updates.get(which);
    if (sql === undefined) {
      sql = this.#statements.update(changed);
      this.#updates.set(which, sql);
    }
    const { changes } = this.#database.driver.prepare(sql).run(...params);
    if (changes !== 1) throw storeError('store.conflict', { collection: this.#of.collection, status: 409 });
  }

  #audit(id: string, op: AuditOp, prev: number, changes: string | null, data: Uint8Array): number {
    return this.#database.audits.append(this.#of.collection, id, op, prev, changes, documentDigest(data));
  }

  /**
   * RxDB keeps the schema of each collection in its book-keeping and refuses another one of the same version. Here schemas change with the
   * file's own version (see migrate.ts), so the newer entry simply replaces the old one.
   */
  #acceptNewSchemas(rows: BulkWriteRow<T>[], documents: Map<string, RxDocumentData<T>>): BulkWriteRow<T>[] {
    return rows.map((row) => {
      const inDb = documents.get(this.#idOf(row.document));
      if (row.previous !== undefined || inDb === undefined || inDb._deleted) return row;
      const before = schemaHashOf(inDb);
      const after = schemaHashOf(row.document);
      if (before === undefined || after === undefined || before === after) return row;
      return {
        previous: inDb,
        document: { ...row.document, _rev: createRevision(this.#of.token, inDb), _meta: { lwt: now() } },
      };
    });
  }

  #putAttachment(
    docId: string,
    name: string,
    data: RxAttachmentWriteData,
    blobs: ReadonlyMap<Blob, Uint8Array> | undefined,
  ): void {
    const bytes = blobs?.get(data.data);
    if (bytes === undefined) throw storeError('store.badDocument', { reason: 'attachment without content' });
    this.#database.driver
      .prepare(
        'INSERT INTO attachments (tableName, docId, name, digest, type, data) VALUES (?,?,?,?,?,?) ON CONFLICT (tableName, docId, name) DO UPDATE SET digest = excluded.digest, type = excluded.type, data = excluded.data',
      )
      .run(this.#of.tableName, docId, name, data.digest, data.type, bytes);
  }

  #removeAttachment(docId: string, name: string): void {
    this.#database.driver
      .prepare('DELETE FROM attachments WHERE tableName = ? AND docId = ? AND name = ?')
      .run(this.#of.tableName, docId, name);
  }
}

/**
 * Name of an attachment for which the row states other content than what is stored, without bringing that content; undefined when there is
 * none. RxDB's helper lets this pass, and the record would then promise a file that is not there.
 */
function missingContent<T>(row: BulkWriteRow<T>, inDb: RxDocumentData<T> | undefined): string | undefined {
  if (inDb === undefined || row.previous?._rev !== inDb._rev || row.document._deleted) return undefined;
  for (const [name, attachment] of Object.entries(row.document._attachments)) {
    const before = inDb._attachments[name];
    if (before !== undefined && before.digest !== attachment.digest && !('data' in attachment)) return name;
  }
  return undefined;
}

/** False when a column's fields are as they were, so that its key is, too. */
function mayDiffer(column: IndexColumn, before: unknown, after: unknown): boolean {
  const [a, b] = [before as Record<string, unknown>, after as Record<string, unknown>];
  for (const field of column.fields) {
    const value = a[field];
    if (value !== b[field] || typeof value === 'object' || value === undefined) return true;
  }
  return false;
}

function opOf(wasDeleted: boolean, isDeleted: boolean): AuditOp {
  if (wasDeleted && !isDeleted) return 'restore';
  if (!wasDeleted && isDeleted) return 'delete';
  return 'update';
}

function schemaHashOf(document: unknown): string | undefined {
  const data = (document as { data?: { schemaHash?: unknown } }).data;
  return typeof data?.schemaHash === 'string' ? data.schemaHash : undefined;
}
