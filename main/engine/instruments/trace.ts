import type { TraceMessage, TraceRow } from '../../../shared/ipc/instruments.ts';
import { toBinary } from '../../../shared/protocols/astm/bytes.ts';
import type { JournalEntry, JournalMessage } from '../store/sqlite/journal-tables.ts';
import type { LineTrace } from './link/ports.ts';
import type { Posted } from './posting.ts';

/** Trace rows kept in memory for the window; the journal keeps everything. */
export const TRACE_ROWS = 400;

/** Bytes of one piece that are shown; the journal keeps all, of a file of megabytes too. */
export const TRACE_BYTES = 16_384;

/** Marks of what was not taken. */
const BAD_MARKS = new Set(['refused', 'nak', 'spoiled', 'fileRefused', 'problem']);

type Added = Omit<TraceRow, 'id'>;

/** The newest pieces of a line's traffic, as the window shows them. */
export class TraceLog {
  readonly #id: string;
  /** Rows, and those whose text nobody has asked for yet: on a busy line most never are. */
  #rows: (TraceRow | (() => TraceRow))[] = [];
  #number = 0;

  /** @param id the line's id: the rows' ids begin with it */
  constructor(id: string) {
    this.#id = id;
  }

  /** Oldest first. */
  rows(): TraceRow[] {
    if (this.#rows.length > TRACE_ROWS) this.#rows = this.#rows.slice(-TRACE_ROWS);
    const rows = this.#rows.map((row) => (typeof row === 'function' ? row() : row));
    this.#rows = [...rows];
    return rows;
  }

  add(row: Added): void {
    this.#push({ id: this.#nextId(), ...row });
  }

  #nextId(): string {
    this.#number += 1;
    return `${this.#id}:${this.#number}`;
  }

  #push(row: TraceRow | (() => TraceRow)): void {
    // Cut only now and then: a busy line adds thousands of rows a second.
    if (this.#rows.length >= 2 * TRACE_ROWS) this.#rows = this.#rows.slice(1 - TRACE_ROWS);
    this.#rows.push(row);
  }

  /** One piece of the line, as the session tells it. */
  traced(event: LineTrace): void {
    const id = this.#nextId();
    this.#push(() => ({
      id,
      at: event.at,
      direction: event.direction,
      text: toBinary(event.bytes.subarray(0, TRACE_BYTES)),
      mark: event.mark,
      note: event.note,
      tone: toneOf(event.mark, event.checksumOk),
      message: null,
    }));
  }

  /** What was on the line before the engine started, from the journal: entries in order, and what became of the messages in them. */
  restore(entries: readonly JournalEntry[], messages: readonly JournalMessage[]): void {
    this.#rows = [];
    const byEnd = new Map(messages.map((message) => [message.lastSeq, message]));
    let ended: JournalMessage | undefined;
    for (const entry of entries) {
      const row = entryRow(entry);
      const { mark } = row;
      this.add({ ...row, text: row.text.slice(0, TRACE_BYTES), message: null });
      // The message is told after the acknowledgement of its last frame.
      if (ended !== undefined && mark === 'ack') {
        this.message(ended.at, summaryOf(ended));
        ended = undefined;
      }
      ended = byEnd.get(entry.seq) ?? ended;
      // A device that hears no answer, or left a file, was told nothing.
      if (ended?.told === 'none') {
        this.message(ended.at, summaryOf(ended));
        ended = undefined;
      }
    }
  }

  /** What became of a message, here and as the instrument was told. */
  message(at: string, message: TraceMessage): void {
    this.add({
      at,
      direction: 'event',
      text: '',
      mark: 'message',
      note: '',
      tone: message.state === 'failed' ? 'bad' : message.held > 0 ? 'plain' : 'ok',
      message,
    });
  }
}

/** One journal row as the window shows it. */
export function entryRow(entry: JournalEntry): Omit<Added, 'message'> {
  const [mark = '', ...rest] = (entry.note ?? '').split(': ');
  return {
    at: entry.at,
    direction: entry.direction,
    text: toBinary(entry.bytes),
    mark,
    note: rest.join(': '),
    tone: toneOf(mark, mark === 'frame' ? true : undefined),
  };
}

function toneOf(mark: string, checksumOk: boolean | undefined): TraceRow['tone'] {
  if (checksumOk === false || BAD_MARKS.has(mark)) return 'bad';
  return checksumOk === true ? 'ok' : 'plain';
}

/** A message's outcome as the journal keeps it. */
export function summaryOf(message: JournalMessage): TraceMessage {
  const counts = (message.detail ?? {}) as Partial<MessageCounts>;
  return {
    number: message.id,
    state: message.state,
    posted: counts.posted ?? 0,
    controls: counts.controls ?? 0,
    held: counts.held ?? 0,
    known: counts.duplicates ?? 0,
    queries: counts.queries ?? 0,
    told: message.told,
  };
}

/** What the journal keeps of a message's outcome. */
export type MessageCounts = Record<'posted' | 'controls' | 'held' | 'duplicates' | 'queries', number>;

/** Counts the outcomes of a message's results. */
export function countsOf(posted: readonly Posted[], queries: number): MessageCounts {
  const of = (outcome: Posted['outcome']) => posted.filter((p) => p.outcome === outcome).length;
  return {
    posted: of('posted'),
    controls: of('control'),
    held: of('held'),
    duplicates: of('duplicate'),
    queries,
  };
}

/** A message just posted, as the trace shows it. */
export function messageOf(
  number: string,
  counts: MessageCounts,
  told: TraceMessage['told'] = 'accepted',
): TraceMessage {
  return {
    number,
    state: counts.held > 0 ? 'held' : 'posted',
    posted: counts.posted,
    controls: counts.controls,
    held: counts.held,
    known: counts.duplicates,
    queries: counts.queries,
    told,
  };
}
