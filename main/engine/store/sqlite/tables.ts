import type { SqliteDriver } from './driver.ts';
import { BOUND_KEY, type IndexColumn } from './keys.ts';

/** Tables of the store itself; the collections' tables are made when RxDB opens them. */
export const STORE_TABLES = `
CREATE TABLE IF NOT EXISTS collections (
  tableName TEXT PRIMARY KEY,
  databaseName TEXT NOT NULL,
  collection TEXT NOT NULL,
  version INTEGER NOT NULL,
  audited INTEGER NOT NULL,
  indexes TEXT NOT NULL,
  UNIQUE (databaseName, collection, version)
) STRICT;
CREATE TABLE IF NOT EXISTS attachments (
  tableName TEXT NOT NULL, docId TEXT NOT NULL, name TEXT NOT NULL,
  digest TEXT NOT NULL, type TEXT NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (tableName, docId, name)
) STRICT;
`;

/** RxDB's own book-keeping (collection list, replication checkpoints): no laboratory content, so it is not audited. */
export function isBookkeeping(collection: string): boolean {
  return collection.startsWith('_') || collection.startsWith('rx-replication-meta-');
}

/** One row of `collections`. */
export interface CollectionRow {
  tableName: string;
  databaseName: string;
  collection: string;
  version: number;
  audited: number;
  indexes: string;
}

/** All collections the file knows. */
export function listCollections(driver: SqliteDriver): CollectionRow[] {
  return driver.prepare('SELECT * FROM collections ORDER BY tableName').all() as CollectionRow[];
}

/** The row of one collection, or undefined. */
export function findCollection(
  driver: SqliteDriver,
  databaseName: string,
  collection: string,
  version: number,
): CollectionRow | undefined {
  return driver
    .prepare('SELECT * FROM collections WHERE databaseName = ? AND collection = ? AND version = ?')
    .get(databaseName, collection, version) as CollectionRow | undefined;
}

/** A stored document without its text. `audit` is the seq of the document's last audit row (0 = not audited). */
export interface DocumentHead {
  n: number;
  rev: string;
  audit: number;
}

/** A stored document row, with its text. */
export interface DocumentRow extends DocumentHead {
  data: string;
}

/** The statements of one collection's table. Reads give the stored JSON text; the caller parses. */
export interface TableStatements {
  name: string;
  columns: IndexColumn[];
  insert: string;
  /** The update of a document with these of its index columns; the others keep what they have. Changes no row that has another revision. */
  update: (changed: readonly IndexColumn[]) => string;
  byId: string;
  headById: string;
  dataById: string;
  revById: string;
  remove: string;
}

/** The columns of a row and how their values are bound: the text of the document as UTF-8 bytes. */
const ROW = [
  ['rev', '?'],
  ['deleted', '?'],
  ['lwt', '?'],
  ['data', 'CAST(? AS TEXT)'],
  ['audit', '?'],
] as const;

/** SQL of one collection's table. The parameters of insert: id, rev, deleted, lwt, data, audit, keys…; of update: rev … keys…, n, the revision before. */
export function tableStatements(name: string, columns: IndexColumn[]): TableStatements {
  const bound = (keys: readonly IndexColumn[]) => [
    ...ROW,
    ...keys.map(({ column }) => [column, BOUND_KEY] as const),
  ];
  const all = [['id', '?'] as const, ...bound(columns)];
  return {
    name,
    columns,
    insert: `INSERT INTO ${name} (${all.map(([column]) => column).join(', ')}) VALUES (${all.map(([, value]) => value).join(', ')})`,
    update: (changed) =>
      `UPDATE ${name} SET ${bound(changed)
        .map(([column, value]) => `${column} = ${value}`)
        .join(', ')} WHERE n = ? AND rev = ?`,
    byId: `SELECT n, rev, audit, data FROM ${name} WHERE id = ?`,
    headById: `SELECT n, rev, audit FROM ${name} WHERE id = ?`,
    dataById: `SELECT data FROM ${name} WHERE id = ?`,
    revById: `SELECT rev FROM ${name} WHERE id = ?`,
    remove: `DELETE FROM ${name} WHERE n = ?`,
  };
}

/**
 * Makes sure the collection's table stands and its index columns are the ones this program needs: columns of indexes that are
 * gone are removed, new or changed ones are filled from the stored documents. Runs inside the caller's transaction.
 * @returns the table's name, and the columns it has: all of them but spare ones, which only a table of an earlier version has. To remove one
 * there would write the whole table anew.
 */
export function ensureTable(
  driver: SqliteDriver,
  databaseName: string,
  collection: string,
  version: number,
  all: readonly IndexColumn[],
): { tableName: string; columns: IndexColumn[] } {
  const known = findCollection(driver, databaseName, collection, version);
  const stored = known === undefined ? {} : (JSON.parse(known.indexes) as Record<string, string>);
  const columns = all.filter((column) => !column.spare || stored[column.name] === column.signature);
  const wanted = Object.fromEntries(columns.map((column) => [column.name, column.signature]));
  if (known === undefined) {
    const tableName = freeTableName(driver, collection, version);
    driver.exec(
      `CREATE TABLE ${tableName} (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, rev TEXT NOT NULL, deleted INTEGER NOT NULL, lwt REAL NOT NULL, data TEXT NOT NULL, audit INTEGER NOT NULL${columns
        .map((column) => `, ${column.column} BLOB NOT NULL`)
        .join('')}) STRICT`,
    );
    for (const column of columns) createIndex(driver, tableName, column);
    driver.exec(`CREATE INDEX ${tableName}_gone ON ${tableName} (lwt) WHERE deleted = 1`);
    driver
      .prepare(
        'INSERT INTO collections (tableName, databaseName, collection, version, audited, indexes) VALUES (?,?,?,?,?,?)',
      )
      .run(
        tableName,
        databaseName,
        collection,
        version,
        isBookkeeping(collection) ? 0 : 1,
        JSON.stringify(wanted),
      );
    return { tableName, columns };
  }
  if (JSON.stringify(stored) !== JSON.stringify(wanted))
    rebuildIndexes(driver, known.tableName, stored, columns);
  driver
    .prepare('UPDATE collections SET indexes = ? WHERE tableName = ?')
    .run(JSON.stringify(wanted), known.tableName);
  return { tableName: known.tableName, columns };
}

function rebuildIndexes(
  driver: SqliteDriver,
  tableName: string,
  stored: Record<string, string>,
  columns: IndexColumn[],
): void {
  const keep = new Set(
    columns.filter((column) => stored[column.name] === column.signature).map((column) => column.name),
  );
  for (const name of Object.keys(stored)) {
    if (keep.has(name)) continue;
    driver.exec(`DROP INDEX ${indexTableName(tableName, name)}`);
    driver.exec(`ALTER TABLE ${tableName} DROP COLUMN "k:${name}"`);
  }
  const fresh = columns.filter((column) => !keep.has(column.name));
  if (fresh.length === 0) return;
  for (const column of fresh)
    driver.exec(`ALTER TABLE ${tableName} ADD COLUMN ${column.column} BLOB NOT NULL DEFAULT x''`);
  const page = driver.raw.prepare(`SELECT n, data FROM ${tableName} WHERE n > ? ORDER BY n LIMIT 1000`);
  const fill = driver.raw.prepare(
    `UPDATE ${tableName} SET ${fresh.map((column) => `${column.column} = ${BOUND_KEY}`).join(', ')} WHERE n = ?`,
  );
  for (let after = 0; ; ) {
    const rows = page.all(after) as { n: number; data: string }[];
    for (const row of rows) {
      const document = JSON.parse(row.data) as Parameters<IndexColumn['keyOf']>[0];
      fill.run(...fresh.map((column) => column.keyOf(document)), row.n);
      after = row.n;
    }
    if (rows.length < 1000) break;
  }
  for (const column of fresh) createIndex(driver, tableName, column);
}

function indexTableName(tableName: string, name: string): string {
  return `"${tableName}:${name}"`;
}

function createIndex(driver: SqliteDriver, tableName: string, column: IndexColumn): void {
  driver.exec(`CREATE INDEX ${indexTableName(tableName, column.name)} ON ${tableName} (${column.column})`);
}

/** A readable table name that is not taken: `doc_results`, else with a number behind. */
function freeTableName(driver: SqliteDriver, collection: string, version: number): string {
  const base = `doc_${collection.replaceAll(/[^A-Za-z0-9]/g, '_')}${version === 0 ? '' : `_v${version}`}`;
  const taken = driver.prepare(
    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE",
  );
  let name = base;
  for (let i = 2; taken.get(name) !== undefined; i++) name = `${base}_${i}`;
  return name;
}
