import type { JournalEntry, JournalInput } from './journal-tables.ts';

/** An entry with more bytes, or with a longer note, has a row of its own … */
const MOST_BYTES = 64;
const MOST_NOTE = 200;
/** … and so many entries stand in the row of another one at most. */
const MOST_EARLIER = 32;

/** One row of the journal: an entry, and those of the same line before it that nobody waits for. */
export interface JournalRow {
  entry: JournalInput;
  /** Of `entry`; those in `earlier` have the numbers before it. */
  seq: number;
  /** Null: none. See {@link unpacked}. */
  earlier: string | null;
}

/** How an entry stands in `earlier`: direction, bytes as Latin-1, note, and its instant where it is another one than the row's. */
type Packed = [JournalEntry['direction'], string, string | null, string?];

/** Whether an entry may stand in the row of another one: what is short and nobody waits for, such as ENQ, ACK and EOT. */
function rides({ durable, bytes, note }: JournalInput): boolean {
  return durable === false && bytes.length <= MOST_BYTES && (note?.length ?? 0) <= MOST_NOTE;
}

/**
 * Entries as rows: a short message is one row in place of five, of which an acknowledgement waits for one. The entries of an instrument keep their
 * order; those of several that come together may change places.
 * @param last the highest number given so far
 * @returns the rows in order of their numbers, and the number of each entry
 */
export function packed(
  entries: readonly JournalInput[],
  last: number,
): { rows: JournalRow[]; seqs: number[] } {
  const rows: JournalRow[] = [];
  const seqs: number[] = new Array(entries.length);
  /** By instrument: the places of entries that have no row yet. */
  const waiting = new Map<string, number[]>();
  let seq = last;
  const write = (place: number, before: readonly number[] | undefined) => {
    const entry = entries[place] as JournalInput;
    let earlier: string | null = null;
    if (before !== undefined && before.length > 0) {
      const some: Packed[] = [];
      for (const at of before) {
        seq += 1;
        seqs[at] = seq;
        some.push(asPacked(entries[at] as JournalInput, entry.at));
      }
      earlier = JSON.stringify(some);
    }
    seq += 1;
    seqs[place] = seq;
    rows.push({ entry, seq, earlier });
  };
  /** Those that wait have a row: that of the last of them. */
  const writeAll = (before: number[]) => write(before.pop() as number, before);
  for (let place = 0; place < entries.length; place += 1) {
    const entry = entries[place] as JournalInput;
    let before = waiting.get(entry.instrumentId);
    if (before !== undefined) {
      const first = entries[before[0] as number] as JournalInput;
      if (first.linkId !== entry.linkId || before.length === MOST_EARLIER) {
        writeAll(before);
        waiting.delete(entry.instrumentId);
        before = undefined;
      }
    }
    if (!rides(entry)) {
      write(place, before);
      waiting.delete(entry.instrumentId);
    } else if (before === undefined) waiting.set(entry.instrumentId, [place]);
    else before.push(place);
  }
  for (const before of waiting.values()) writeAll(before);
  return { rows, seqs };
}

function asPacked({ direction, bytes, note, at }: JournalInput, rowAt: string): Packed {
  const text = String.fromCharCode(...bytes);
  return at === rowAt ? [direction, text, note ?? null] : [direction, text, note ?? null, at];
}

/** A row as it is read back. */
export type StoredJournalRow = Omit<JournalEntry, 'note'> & { note: string | null; earlier: string | null };

/** The entries of a row, in order of their numbers. */
export function unpacked({ note, earlier, ...row }: StoredJournalRow): JournalEntry[] {
  const entry: JournalEntry = note === null ? row : { ...row, note };
  if (earlier === null) return [entry];
  const some = JSON.parse(earlier) as Packed[];
  const entries = some.map(([direction, text, said, at = row.at], place): JournalEntry => {
    const { instrumentId, linkId } = row;
    const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
    const one = { seq: row.seq - some.length + place, instrumentId, linkId, at, direction, bytes };
    return said === null ? one : { ...one, note: said };
  });
  entries.push(entry);
  return entries;
}
