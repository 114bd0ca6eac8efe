/**
 * Reads acknowledged messages back out of the wire journal. After a crash between the ACK of the last frame and the posting of the
 * message, this is where the message still is.
 */
import { CR, concatBytes, LF, toBinary } from '../../../../shared/protocols/astm/bytes.ts';
import { lacksCr, parseFrame } from '../../../../shared/protocols/astm/frame.ts';
import type { IncompleteReason } from '../../../../shared/protocols/astm/link.ts';
import { isTerminatorHead } from '../../../../shared/protocols/astm/link-receive.ts';
import type { LinkLeniency } from '../../../../shared/protocols/astm/link-types.ts';
import type { RecoveredMessage, Recovery, StoredRow } from './ports.ts';

export type { RecoveredMessage, StoredRow };

interface AcceptedFrame {
  seq: number;
  at: string;
  text: Uint8Array;
  last: boolean;
}

/**
 * Finds messages in journal rows that come page by page. Push every row, in order; a transfer may go on in the next page. Begin with the
 * row behind the last message that is known (`lastSeq`): all accepted frames since are in its rows.
 */
export class MessageRecovery implements Recovery {
  readonly #leniencies: readonly LinkLeniency[];
  #frames: AcceptedFrame[] = [];

  /** @param leniencies those of the link the rows are of: they say how its frames were joined */
  constructor(leniencies: readonly LinkLeniency[] = []) {
    this.#leniencies = leniencies;
  }

  /** What this row completes: a message, the rest of a broken transfer, or nothing. */
  push(row: StoredRow): RecoveredMessage | null {
    if (row.direction === 'out') return null;
    switch ((row.note ?? '').split(':')[0]) {
      case 'frame':
        return this.#frame(row);
      case 'enq':
        return this.#take(false, 'restarted');
      case 'eot':
        return this.#take(false, 'endOfTransfer');
      case 'timeout':
        return this.#take(false, 'timeout');
      case 'open':
      case 'close':
        return this.#take(false, 'closed');
      default:
        return null;
    }
  }

  /** A transfer still open when the rows end: incomplete, since the line is gone. */
  end(): RecoveredMessage | null {
    return this.#take(false, 'closed');
  }

  #frame(row: StoredRow): RecoveredMessage | null {
    // With the leniency L1-missing-lf the row ends with CR.
    const frame = parseFrame(row.bytes) ?? parseFrame(concatBytes([row.bytes, Uint8Array.of(LF)]));
    if (frame === null) return null;
    const text = this.#needsCr(frame.text) ? concatBytes([Uint8Array.of(CR), frame.text]) : frame.text;
    this.#frames.push({ seq: row.seq, at: row.at, text, last: frame.last });
    const whole = frame.last && endsWithTerminator(this.#frames);
    return whole ? this.#take(true) : null;
  }

  /** As the link machine joins frames with the leniency L17-record-without-cr. */
  #needsCr(text: Uint8Array): boolean {
    if (!this.#leniencies.includes('L17-record-without-cr') || this.#frames.at(-1)?.last !== true)
      return false;
    const filled = this.#frames.filter((frame) => frame.text.length > 0);
    const [start, end] = [filled[0]?.text.subarray(0, 5), filled.at(-1)?.text.subarray(-1)];
    if (start === undefined || end === undefined) return false;
    return lacksCr(toBinary(start), toBinary(end), toBinary(text.subarray(0, 12)));
  }

  #take(complete: boolean, reason?: IncompleteReason): RecoveredMessage | null {
    const frames = this.#frames;
    const [first] = frames;
    const last = frames.at(-1);
    if (first === undefined || last === undefined) return null;
    this.#frames = [];
    return {
      text: concatBytes(frames.map((frame) => frame.text)),
      frames: frames.length,
      at: last.at,
      journal: { firstSeq: first.seq, lastSeq: last.seq },
      complete,
      ...(reason === undefined ? {} : { reason }),
    };
  }
}

/** {@link MessageRecovery} for rows that are all at hand. */
export function recoverMessages(rows: Iterable<StoredRow>): RecoveredMessage[] {
  const recovery = new MessageRecovery();
  const found: RecoveredMessage[] = [];
  for (const row of rows) {
    const one = recovery.push(row);
    if (one !== null) found.push(one);
  }
  const rest = recovery.end();
  return rest === null ? found : [...found, rest];
}

/** True when the last record of the joined texts is an L record. Looks back over as few frames as it needs. */
function endsWithTerminator(frames: readonly AcceptedFrame[]): boolean {
  let head = '';
  for (let f = frames.length - 1; f >= 0; f -= 1) {
    const text = frames[f]?.text ?? new Uint8Array(0);
    for (let at = text.length - 1; at >= 0; at -= 1) {
      const byte = text[at] ?? 0;
      if (byte === 0x0d) {
        if (head !== '') return isTerminatorHead(head);
      } else if (byte !== 0x0a) head = String.fromCharCode(byte) + head.slice(0, 1);
    }
  }
  return isTerminatorHead(head);
}
