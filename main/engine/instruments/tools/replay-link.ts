/** The captured bytes of a line, byte for byte through a fresh link machine, to messages. Reads the journal only; nothing is written or sent. */
import type { Profile } from '../../../../shared/profiles/profile.ts';
import {
  createLink,
  type LinkEffect,
  type LinkInput,
  type LinkState,
  step,
  stepChunk,
} from '../../../../shared/protocols/astm/link.ts';
import type { WireJournal } from '../../store/sqlite/journal.ts';
import { recoveryFor } from '../link/open.ts';
import type { ReceivedMessage, StoredRow } from '../link/ports.ts';
import { received } from '../reading.ts';

/** A message as the fresh machine received it; `number` is the one the journal gave it then. */
export interface ReplayedMessage {
  number: string;
  message: ReceivedMessage;
}

/** One step of a replay: rows looked at, the bytes in them, and what they completed. */
export interface ReplayStep {
  bytes: Uint8Array;
  messages: ReplayedMessage[];
  /** In words: what the fresh machine took otherwise than the line did. */
  differences: string[];
}

const PAGE_ROWS = 500;
/** Rows looked back for the ENQ that began a transfer. */
const LOOK_BACK = 400;
const ENDS = new Set(['frame', 'eot', 'enq', 'timeout', 'open', 'close']);
/** Marks of rows whose meaning the fresh machine must give again. */
const COMPARED = new Set(['frame', 'duplicate', 'refused', 'enq', 'eot']);

/** First row of the transfer that a row is in: its ENQ, or the row itself when that is not near. */
export function transferStart(journal: WireJournal, instrumentId: string, seq: number): number {
  const before = journal.read({ instrumentId, beforeSeq: seq, limit: LOOK_BACK });
  const enq = before.findLast((row) => row.direction === 'in' && markOf(row) === 'enq');
  return enq?.seq ?? seq;
}

/** The row that ended the transfer whose last frame a row is: a broken one is read by how it ended (R11). */
export function transferEnd(journal: WireJournal, instrumentId: string, seq: number): number {
  const behind = journal.read({ instrumentId, afterSeq: seq, limit: 20 });
  const next = behind.find((row) => row.direction !== 'out' && ENDS.has(markOf(row)));
  return next === undefined || markOf(next) === 'frame' ? seq : next.seq;
}

/** Replays the rows of an instrument between two numbers, both included, a page at a time. */
export function* replayRows(
  journal: WireJournal,
  instrumentId: string,
  profile: Profile,
  fromSeq: number,
  toSeq: number,
): Generator<ReplayStep> {
  const machine = freshReader(profile);
  for (let after = fromSeq - 1; ; ) {
    const rows = journal.read({ instrumentId, afterSeq: after, beforeSeq: toSeq + 1, limit: PAGE_ROWS });
    for (const row of rows) {
      const { messages, differences } = machine.push(row);
      yield { bytes: row.direction === 'in' ? row.bytes : new Uint8Array(0), messages, differences };
    }
    const last = rows.at(-1);
    if (last === undefined) break;
    after = last.seq;
  }
  yield { bytes: new Uint8Array(0), ...machine.end() };
}

/** What rows say when they are read anew. */
export type Pushed = Omit<ReplayStep, 'bytes'>;

/** Reads journal rows of a line anew, in their order. */
export interface FreshReader {
  push(row: StoredRow): Pushed;
  end(): Pushed;
}

/** A fresh machine for a profile's protocol. */
export function freshReader(profile: Profile): FreshReader {
  return profile.protocol === 'astm' ? new FreshLink(profile.link) : new FreshRecovery(profile);
}

/** What a journal row is: `frame`, `refused`, `enq` … */
export function markOf(row: StoredRow): string {
  return (row.note ?? '').split(':')[0] ?? '';
}

/** ASTM: the link machine itself, given every byte that came in, and time and line as they were. */
class FreshLink {
  #state: LinkState;
  #rows: StoredRow[] = [];
  #pushed: Pushed = { messages: [], differences: [] };
  #marks: { mark: string; note: string }[] = [];

  constructor(link: { leniencies: LinkState['options']['leniencies']; maxFailures: number }) {
    const { leniencies, maxFailures } = link;
    this.#state = step(createLink('host', { leniencies, maxFailures }), { type: 'opened' }).state;
  }

  push(row: StoredRow): Pushed {
    this.#pushed = { messages: [], differences: [] };
    this.#marks = [];
    const mark = markOf(row);
    if (row.direction === 'in') {
      this.#chunk(row);
      this.#compare(row, mark);
    } else if (row.bytes.length === 0) {
      if (mark === 'timeout') this.#input({ type: 'timer', name: 'receive' }, row);
      else if (mark === 'close') this.#input({ type: 'closed' }, row);
      else if (mark === 'open') this.#input({ type: 'opened' }, row);
    }
    return this.#pushed;
  }

  /** A transfer still open when the rows end. */
  end(): Pushed {
    this.#pushed = { messages: [], differences: [] };
    const row = this.#rows.at(-1);
    if (row !== undefined) this.#input({ type: 'closed' }, row);
    return this.#pushed;
  }

  /** The machine decides from one byte and its state, so a whole row at once is the same as each byte of it (L18). */
  #chunk(row: StoredRow): void {
    for (let at = 0; at < row.bytes.length; ) {
      const next = stepChunk(this.#state, row.bytes, at);
      at = next.consumed;
      this.#took(next, row);
    }
  }

  #input(input: LinkInput, row: StoredRow): void {
    this.#took(step(this.#state, input), row);
  }

  #took(next: { state: LinkState; effects: LinkEffect[] }, row: StoredRow): void {
    this.#state = next.state;
    for (const effect of next.effects) this.#effect(effect, row);
    if (this.#state.awaiting !== null) this.#input({ type: 'stored', ok: true }, row);
  }

  #effect(effect: LinkEffect, row: StoredRow): void {
    if (effect.type === 'journal' && effect.direction === 'in') {
      this.#marks.push({ mark: effect.mark, note: effect.note ?? '' });
      if (effect.mark === 'frame') this.#rows.push(row);
    } else if (effect.type === 'messageReceived') this.#deliver(effect.text, effect.frames);
    else if (effect.type === 'messageIncomplete' && effect.frames > 0)
      this.#deliver(effect.text, effect.frames, effect.reason);
  }

  #deliver(text: Uint8Array, frames: number, incomplete?: ReceivedMessage['incomplete']): void {
    const rows = this.#rows.slice(-frames);
    this.#rows = [];
    const [first, last] = [rows[0], rows.at(-1)];
    if (first === undefined || last === undefined) return;
    const journal = { firstSeq: first.seq, lastSeq: last.seq };
    this.#pushed.messages.push({
      number: String(last.seq),
      message: { text, frames, at: last.at, journal, ...(incomplete === undefined ? {} : { incomplete }) },
    });
  }

  /** A row of the journal holds what one step of the machine took: the fresh one must have taken the same for the same. */
  #compare(row: StoredRow, mark: string): void {
    if (!COMPARED.has(mark)) return;
    const now = this.#marks.find((one) => COMPARED.has(one.mark));
    if (now?.mark === mark) return;
    const what = now === undefined ? 'nothing' : `${now.mark}${now.note === '' ? '' : ` (${now.note})`}`;
    this.#pushed.differences.push(`Row ${row.seq}: ${row.note ?? mark} then, ${what} now.`);
  }
}

/** Other protocols: what reads messages back out of the journal after a restart. */
class FreshRecovery {
  readonly #recovery: ReturnType<typeof recoveryFor>;

  constructor(profile: Profile) {
    this.#recovery = recoveryFor(profile);
  }

  push(row: StoredRow): Pushed {
    return this.#found(this.#recovery.push(row));
  }

  end(): Pushed {
    return this.#found(this.#recovery.end());
  }

  #found(found: ReturnType<ReturnType<typeof recoveryFor>['push']>): Pushed {
    if (found === null) return { messages: [], differences: [] };
    return {
      messages: [{ number: String(found.journal.lastSeq), message: received(found) }],
      differences: [],
    };
  }
}
