import { LeveyError } from '../../../../shared/errors.ts';

/** The documented codes of everything the store can refuse. */
export type StoreErrorCode =
  | 'store.wrongKey'
  | 'store.notOurs'
  | 'store.damaged'
  | 'store.full'
  | 'store.notSynced'
  | 'store.inUse'
  | 'store.newer'
  | 'store.readOnly'
  | 'store.busy'
  | 'store.badDocument'
  | 'store.conflict'
  | 'store.closed'
  | 'store.migration';

const SENTENCES: Record<StoreErrorCode, { what: string; safe: string; todo: string }> = {
  'store.wrongKey': {
    what: 'The database does not open with this key.',
    safe: 'The database was not changed.',
    todo: 'Give the key (or passphrase) this data directory was created with.',
  },
  'store.notOurs': {
    what: 'The file in the data directory is not a Levey database.',
    safe: 'The file was not changed.',
    todo: 'Choose another data directory, or put the right database file back.',
  },
  'store.damaged': {
    what: 'The database file is damaged or incomplete.',
    safe: 'Nothing more is written to it. Earlier backups are not touched.',
    todo: 'Keep a copy of the data directory and restore the last backup.',
  },
  'store.full': {
    what: 'The disk is full: the database could not be written.',
    safe: 'The step was undone as a whole; everything acknowledged before is stored.',
    todo: 'Free space on the disk of the data directory, then try again.',
  },
  'store.notSynced': {
    what: 'The disk failed while the database was being written to it.',
    safe: 'Nothing that waited for it was acknowledged or shown as saved, and nothing more is written. Everything acknowledged before is stored.',
    todo: 'Look at the disk of the data directory, then start Levey again.',
  },
  'store.inUse': {
    what: 'Another engine already works with this data directory.',
    safe: 'The database was not opened and not changed.',
    todo: 'Stop the other engine, or use the window that is already open.',
  },
  'store.newer': {
    what: 'The database was written by a newer version of Levey.',
    safe: 'The database was not changed.',
    todo: 'Install the newer version of Levey on this station.',
  },
  'store.readOnly': {
    what: 'The data directory cannot be written.',
    safe: 'The database was not changed.',
    todo: 'Give this account write permission on the data directory.',
  },
  'store.busy': {
    what: 'The records kept changing while this step was working on them.',
    safe: 'The step was undone as a whole.',
    todo: 'Try again.',
  },
  'store.badDocument': {
    what: 'A record cannot be stored in this form.',
    safe: 'The step was undone as a whole.',
    todo: 'Send the diagnostics from Admin.',
  },
  'store.conflict': {
    what: 'The record was changed by someone else in the meantime.',
    safe: 'The step was undone as a whole; the other change is kept.',
    todo: 'Look at the record again and repeat the step.',
  },
  'store.closed': {
    what: 'The database is closed.',
    safe: 'Nothing was changed.',
    todo: 'Start the engine again.',
  },
  'store.migration': {
    what: 'The database could not be brought to the form this version needs.',
    safe: 'The database was left in its old form, whole.',
    todo: 'Keep using the earlier version and send the diagnostics from Admin.',
  },
};

/** Builds the {@link LeveyError} for `code`. `details` must not hold patient data. */
export function storeError(
  code: StoreErrorCode,
  details: Record<string, unknown> = {},
  cause?: unknown,
): LeveyError {
  return new LeveyError({ code, ...SENTENCES[code], details, cause });
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** True when `error` comes from SQLite and its code begins with `prefix`. */
export function isSqlite(error: unknown, prefix: string): boolean {
  return codeOf(error).startsWith(prefix);
}

/** Turns a native SQLite or file error into the store error a person can act on; anything else is handed back as it is. */
export function mapStoreError(error: unknown): unknown {
  if (error instanceof LeveyError) return error;
  const code = codeOf(error);
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') return storeError('store.full', { code }, error);
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB')
    return storeError('store.damaged', { code }, error);
  if (code.startsWith('SQLITE_IOERR')) return storeError('store.damaged', { code }, error);
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))
    return storeError('store.inUse', { code }, error);
  if (
    code.startsWith('SQLITE_READONLY') ||
    code === 'SQLITE_CANTOPEN' ||
    code === 'EACCES' ||
    code === 'EROFS'
  )
    return storeError('store.readOnly', { code }, error);
  if (error instanceof TypeError && error.message === 'The database connection is not open')
    return storeError('store.closed', {}, error);
  return error;
}
