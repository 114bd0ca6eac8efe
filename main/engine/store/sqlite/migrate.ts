import { createRevision, now, type RxDocumentData } from 'rxdb';
import type { DocumentMigration } from '../../../../shared/documents/migrations/migration.ts';
import { changedFields, documentDigest } from './audit.ts';
import type { LeveyDatabase } from './database.ts';
import { mapStoreError, storeError } from './errors.ts';
import { listCollections } from './tables.ts';

export type { DocumentMigration };

/** Version of a file that needs no migration: the first one. */
export const FIRST_VERSION = 1;

type Stored = RxDocumentData<Record<string, unknown>>;

/**
 * Brings the file to the newest migration's version before any collection is used: every document of every collection goes through
 * the missing migrations, in one transaction, with an audit row for each one that changed. A new file starts at the newest version.
 * @returns how many documents were changed
 * @throws LeveyError `store.migration` when a migration fails: the file is then whole in its old form
 */
export function migrate(database: LeveyDatabase, migrations: readonly DocumentMigration[]): number {
  checkOrder(migrations);
  const { driver } = database;
  const newest = migrations.at(-1)?.version ?? FIRST_VERSION;
  const version = Number(driver.pragma('user_version'));
  if (version === newest) return 0;
  if (version > newest) throw storeError('store.newer', { version, newest });
  if (version === 0) {
    database.plain(() => driver.exec(`PRAGMA user_version = ${newest}`));
    return 0;
  }
  const missing = migrations.filter((migration) => migration.version > version);
  const context = {
    actor: 'engine',
    command: `store.migrate ${version} to ${newest}`,
    station: database.station,
    at: database.clock.now().toISOString(),
  };
  try {
    return database.transaction(context, () => {
      const changed = migrateDocuments(database, missing);
      driver.exec(`PRAGMA user_version = ${newest}`);
      return changed;
    });
  } catch (error) {
    const mapped = mapStoreError(error);
    if (mapped !== error) throw mapped;
    throw storeError('store.migration', { from: version, to: newest }, error);
  }
}

function checkOrder(migrations: readonly DocumentMigration[]): void {
  migrations.forEach((migration, i) => {
    if (migration.version !== FIRST_VERSION + 1 + i)
      throw new Error(`migration ${migration.name} is not number ${FIRST_VERSION + 1 + i}`);
  });
}

function migrateDocuments(database: LeveyDatabase, migrations: readonly DocumentMigration[]): number {
  const { driver, audits } = database;
  let changed = 0;
  for (const collection of listCollections(driver)) {
    if (collection.audited === 0) continue;
    const page = driver.prepare(
      `SELECT n, id, data, audit FROM ${collection.tableName} WHERE n > ? ORDER BY n LIMIT 500`,
    );
    const update = driver.prepare(
      `UPDATE ${collection.tableName} SET rev = ?, lwt = ?, data = ?, audit = ? WHERE n = ?`,
    );
    const changedBefore = changed;
    for (let after = 0; ; ) {
      const rows = page.all(after) as { n: number; id: string; data: string; audit: number }[];
      for (const row of rows) {
        after = row.n;
        const before = JSON.parse(row.data) as Stored;
        const document = migrateOne(collection.collection, before, migrations);
        if (document === undefined) continue;
        const json = JSON.stringify(document);
        const audit = audits.append(
          collection.collection,
          row.id,
          'update',
          row.audit,
          changedFields(before, document),
          documentDigest(json),
        );
        update.run(document._rev, document._meta.lwt, json, audit, row.n);
        changed++;
      }
      if (rows.length < 500) break;
    }
    if (changed === changedBefore) continue;
    // The keys are made again from the new documents when RxDB opens the collection.
    const indexes = Object.keys(JSON.parse(collection.indexes) as Record<string, string>);
    driver
      .prepare('UPDATE collections SET indexes = ? WHERE tableName = ?')
      .run(JSON.stringify(Object.fromEntries(indexes.map((name) => [name, 'stale']))), collection.tableName);
  }
  return changed;
}

/** The migrated document with a new revision, or undefined when nothing changed. Deleted documents stay as they are. */
function migrateOne(
  collection: string,
  before: Stored,
  migrations: readonly DocumentMigration[],
): Stored | undefined {
  if (before._deleted) return undefined;
  const { _rev, _meta, _deleted, _attachments, ...plain } = before;
  let document: Record<string, unknown> = plain;
  for (const migration of migrations) document = migration.migrate(collection, document);
  if (JSON.stringify(document) === JSON.stringify(plain)) return undefined;
  if (document.id !== plain.id) throw new Error(`a migration changed the id of a document in ${collection}`);
  return {
    ...document,
    _deleted,
    _attachments,
    _rev: createRevision('migration', before),
    _meta: { ..._meta, lwt: now() },
  } as Stored;
}
