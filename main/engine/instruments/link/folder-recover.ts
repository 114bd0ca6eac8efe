/** Reads files back out of the wire journal (see `recover.ts`). Each is one row. */
import { safeName } from './folder-names.ts';
import type { RecoveredMessage, Recovery, StoredRow } from './ports.ts';

/** Between the name of a file and the digest of its first version, where it goes on from that. No name has a semicolon: see `safeName`. */
const GOES_ON = '; goes on from ';

/** What the row of a file says of it. @param first digest of the first version of a file that was read before and has grown */
export function saidOf(name: string, first: string | undefined): string {
  return first === undefined ? name : `${name}${GOES_ON}${first}`;
}

/** The digest of the first version of a file, from what its row says. */
export function firstOf(note: string | undefined): string | undefined {
  return /; goes on from ([0-9a-f]{64})$/.exec(note ?? '')?.[1];
}

/** What is written down of a file that is not read. @param digest of its content; '' of an empty one */
export function refusedText(name: string, changed: number, fault: string, digest: string): Uint8Array {
  const about = `${name}\n${new Date(changed).toISOString()}\n${fault}\n${digest === '' ? NOTHING : digest}\n`;
  return new TextEncoder().encode(about);
}

const NOTHING = 'nothing';

/** The digest in {@link refusedText}; '' of an empty file. */
export function refusedDigest(about: Uint8Array): string {
  const digest = new TextDecoder().decode(about).trimEnd().split('\n').at(-1) ?? '';
  return digest === NOTHING ? '' : digest;
}

/** The name a file had, as its row has it. */
export function nameIn(row: Pick<StoredRow, 'bytes' | 'note'> | undefined): string | undefined {
  const { note = '', bytes } = row ?? {};
  if (bytes !== undefined && note.startsWith(REFUSED_MARK))
    return safeName(new TextDecoder().decode(bytes).split('\n', 1)[0] ?? '');
  return note.startsWith(`${FILE_MARK}: `) ? note.slice(FILE_MARK.length + 2).split(GOES_ON)[0] : undefined;
}

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
      ...(mark === FILE_MARK ? goesOn(row.note) : { unreadable: rest.join(': ') }),
    };
  }

  /** Nothing is ever open between rows. */
  end(): null {
    return null;
  }
}

function goesOn(note: string | undefined): { firstVersion?: string } {
  const first = firstOf(note);
  return first === undefined ? {} : { firstVersion: first };
}
