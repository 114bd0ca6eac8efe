import { DatabaseSync } from 'node:sqlite';
import type { Persistence } from './store.ts';

/** Keeps every version in one SQLite file, so that a server started again has what it had. */
export function openSqlite(file: string): Persistence {
  const database = new DatabaseSync(file);
  database.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
     CREATE TABLE IF NOT EXISTS versions (seq INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL,
     version_id TEXT NOT NULL, stamp INTEGER NOT NULL, text TEXT) STRICT`,
  );
  const insert = database.prepare(
    'INSERT INTO versions (type, id, version_id, stamp, text) VALUES (?, ?, ?, ?, ?)',
  );
  const select = database.prepare('SELECT type, id, version_id, stamp, text FROM versions ORDER BY seq');
  const remove = database.prepare('DELETE FROM versions WHERE seq > ?');
  return {
    *load() {
      for (const row of select.iterate()) {
        yield {
          type: String(row.type),
          id: String(row.id),
          versionId: String(row.version_id),
          stamp: Number(row.stamp),
          text: row.text === null ? undefined : String(row.text),
        };
      }
    },
    save(versions) {
      database.exec('BEGIN');
      try {
        for (const version of versions) {
          insert.run(version.type, version.id, version.versionId, version.stamp, version.text ?? null);
        }
        database.exec('COMMIT');
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
    truncate(count) {
      remove.run(count);
    },
    close: () => database.close(),
  };
}
