/** The whole trace of a line, page by page, out of the journal. Reads only. */
import type { TraceHit, TracePageRow } from '../../../../shared/ipc/tools-line.ts';
import { visible } from '../../../../shared/protocols/astm/bytes.ts';
import type { WireJournal } from '../../store/sqlite/journal.ts';
import type { JournalEntry } from '../../store/sqlite/journal-tables.ts';
import { entryRow, summaryOf } from '../trace.ts';

/** Rows looked at for one page: a search that finds little ends here and is gone on with. */
export const MOST_LOOKED_AT = 20_000;
const READ_AT_ONCE = 2_000;

export interface TraceSearch {
  instrumentId: string;
  beforeSeq?: number | undefined;
  search: string;
  from?: string | undefined;
  to?: string | undefined;
  limit: number;
}

/** One page: the newest rows that fit, oldest first. */
export function tracePage(journal: WireJournal, asked: TraceSearch): TracePageRow {
  const wanted = matcher(journal, asked);
  const hits: TraceHit[] = [];
  let before = Math.min(
    asked.beforeSeq ?? Number.MAX_SAFE_INTEGER,
    seqAt(journal, asked.instrumentId, asked.to),
  );
  let more = true;
  for (let looked = 0; looked < MOST_LOOKED_AT && hits.length < asked.limit && more; ) {
    const rows = journal.read({
      instrumentId: asked.instrumentId,
      beforeSeq: before,
      limit: asked.search === '' ? asked.limit - hits.length : READ_AT_ONCE,
    });
    more = rows.length > 0;
    for (const row of rows.toReversed()) {
      if (asked.from !== undefined && row.at < asked.from) {
        more = false;
        break;
      }
      if (hits.length >= asked.limit) break;
      before = row.seq;
      looked += 1;
      if (wanted(row)) hits.push(hit(journal, row));
    }
  }
  return { id: 'page', rows: hits.reverse(), olderSeq: more ? before : 0, more };
}

function hit(journal: WireJournal, row: JournalEntry): TraceHit {
  const message = row.direction === 'in' ? journal.message(String(row.seq)) : undefined;
  return {
    ...entryRow(row),
    id: String(row.seq),
    seq: row.seq,
    linkId: row.linkId,
    message: message === undefined ? null : summaryOf(message),
  };
}

/** `#1234` the rows of that message; else text, regardless of case, in the bytes, in the names of control characters, or in the note. */
function matcher(
  journal: WireJournal,
  { search, instrumentId }: TraceSearch,
): (row: JournalEntry) => boolean {
  const text = search.trim().toLowerCase();
  if (text === '') return () => true;
  const number = /^#(\d+)$/.exec(text)?.[1];
  if (number !== undefined) {
    const message = journal.message(number);
    if (message?.instrumentId !== instrumentId) return () => false;
    return ({ seq }) => seq >= message.firstSeq && seq <= message.lastSeq;
  }
  return (row) =>
    Buffer.from(row.bytes).toString('latin1').toLowerCase().includes(text) ||
    visible(row.bytes).toLowerCase().includes(text) ||
    (row.note ?? '').toLowerCase().includes(text);
}

/**
 * The number of the first row of a line at or behind an instant, found by halves: rows stand in the order of time. The largest number when there is none.
 */
export function seqAt(journal: WireJournal, instrumentId: string, to: string | undefined): number {
  if (to === undefined) return Number.MAX_SAFE_INTEGER;
  const newest = journal.read({ instrumentId, limit: 1 })[0];
  if (newest === undefined || newest.at < to) return Number.MAX_SAFE_INTEGER;
  let low = 0;
  let high = newest.seq;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = journal.read({ instrumentId, afterSeq: middle, limit: 1 })[0];
    if (row === undefined || row.at >= to) high = middle;
    else low = row.seq;
  }
  return low + 1;
}
