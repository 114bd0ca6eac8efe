import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSqlite, mapStoreError, storeError } from './errors.ts';
import { RawDatabaseClass } from './raw.ts';

/** Names inside a data directory. */
export const LOCK_FILE = 'levey.lock';
export const PID_FILE = 'levey.pid';

export interface EngineLock {
  release(): void;
}

/**
 * Takes the one lock of a data directory. It is an operating-system file lock (held through an open exclusive SQLite transaction
 * on an empty file), so it disappears with the process however that ends: a `kill -9` never blocks the restart.
 * The process id is written beside it for the message only.
 * @throws LeveyError `store.inUse` when another engine, in this or another process, holds it
 */
export function takeEngineLock(directory: string): EngineLock {
  let db: InstanceType<typeof RawDatabaseClass>;
  try {
    db = new RawDatabaseClass(join(directory, LOCK_FILE), { timeout: 0 });
  } catch (error) {
    throw mapStoreError(error);
  }
  try {
    db.pragma('journal_mode = MEMORY');
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (isSqlite(error, 'SQLITE_BUSY')) throw storeError('store.inUse', { pid: holderOf(directory) }, error);
    throw mapStoreError(error);
  }
  try {
    writeFileSync(join(directory, PID_FILE), `${process.pid}\n`);
  } catch {
    // Only the message of a second engine would name the process; the lock itself holds.
  }
  return {
    release() {
      if (!db.open) return;
      db.exec('ROLLBACK');
      db.close();
    },
  };
}

/** The process id the holder wrote down, or null. */
function holderOf(directory: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(join(directory, PID_FILE), 'utf8'), 10);
    return Number.isInteger(pid) ? pid : null;
  } catch {
    return null;
  }
}
