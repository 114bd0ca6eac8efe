import type { SqliteDriver } from './driver.ts';
import { listCollections } from './tables.ts';

/** Rows of a collection that are counted one by one. */
const MOST_COUNTED = 20_000;

/** Sizes of a database. */
export interface DatabaseStats {
  /** Stored documents by collection. */
  documents: Record<string, number>;
  journalRows: number;
  /** Bytes of the file. */
  databaseBytes: number;
}

/**
 * Sizes of a database. A collection with more than {@link MOST_COUNTED} is not counted row by row, which would hold everything else up: its number
 * is that of the documents ever stored, and clinical ones are never removed.
 */
export function databaseStats(driver: SqliteDriver): DatabaseStats {
  return driver.guard(() => {
    const documents: Record<string, number> = {};
    for (const row of listCollections(driver)) {
      if (row.audited === 0) continue;
      const stored = Number(driver.prepare(`SELECT coalesce(max(n), 0) FROM ${row.tableName}`).pluck().get());
      documents[row.collection] =
        stored > MOST_COUNTED
          ? stored
          : Number(driver.prepare(`SELECT count(*) FROM ${row.tableName}`).pluck().get());
    }
    const journalRows = Number(driver.prepare('SELECT coalesce(max(seq), 0) FROM journal').pluck().get());
    const databaseBytes = Number(driver.pragma('page_count')) * Number(driver.pragma('page_size'));
    return { documents, journalRows, databaseBytes };
  });
}
