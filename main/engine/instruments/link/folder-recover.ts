/** Reads files back out of the wire journal (see `recover.ts`). Each is one row. */
import type { RecoveredMessage, Recovery, StoredRow } from './ports.ts';

/** Marks of the rows: a file with its bytes, and one that was not read, with what is known of it. */
export const FILE_MARK = 'file';
export const REFUSED_MARK = 'fileRefused';

export class FolderRecovery implements Recovery {
  /** The file in this row, or nothing. */
  push(row: StoredRow): RecoveredMessage | null {
    const [mark = '', ...rest] = (row.note ?? '').split(': ');
    if (row.direction !== 'in' || (mark !== FILE_MARK && mark !== REFUSED_MARK)) return null;
    return {
      text: row.bytes,
      frames: 1,
      at: row.at,
      journal: { firstSeq: row.seq, lastSeq: row.seq },
      complete: true,
      told: 'none',
      ...(mark === FILE_MARK ? {} : { unreadable: rest.join(': ') }),
    };
  }

  /** Nothing is ever open between rows. */
  end(): null {
    return null;
  }
}
