/**
 * Reads acknowledged messages back out of the wire journal. After a crash between the ACK of the last frame and the posting of the
 * message, this is where the message still is.
 */
import { concatBytes } from '../../../../shared/protocols/astm/bytes.ts';
import { parseFrame } from '../../../../shared/protocols/astm/frame.ts';
import type { IncompleteReason } from '../../../../shared/protocols/astm/link.ts';
import type { JournalRange } from './ports.ts';

/** A journal row as it is read back, in order of `seq`, all of one instrument. */
export interface StoredRow {
  seq: number;
  at: string;
  direction: 'in' | 'out' | 'event';
  bytes: Uint8Array;
  note?: string | undefined;
}

export interface RecoveredMessage {
  text: Uint8Array;
  frames: number;
  /** instant of its last frame */
  at: string;
  journal: JournalRange;
  /** ends with an L record (R11); false: never post */
  complete: boolean;
  reason?: IncompleteReason;
}

/**
 * The messages in a stretch of the journal. Begin with the row behind the last message that is known (`lastSeq`): its frames are all
 * accepted frames since. A transfer still open at the end of the rows comes as incomplete with reason `closed`.
 */
export function recoverMessages(rows: Iterable<StoredRow>): RecoveredMessage[] {
  const found: RecoveredMessage[] = [];
  let frames: { seq: number; at: string; text: Uint8Array; last: boolean }[] = [];
  const take = (complete: boolean, reason?: IncompleteReason): void => {
    const [first] = frames;
    const last = frames.at(-1);
    if (first === undefined || last === undefined) return;
    found.push({
      text: concatBytes(frames.map((frame) => frame.text)),
      frames: frames.length,
      at: last.at,
      journal: { firstSeq: first.seq, lastSeq: last.seq },
      complete,
      ...(reason === undefined ? {} : { reason }),
    });
    frames = [];
  };
  for (const row of rows) {
    const mark = (row.note ?? '').split(':')[0];
    if (row.direction === 'out') continue;
    if (mark === 'frame') {
      const frame = parseFrame(row.bytes) ?? parseFrame(concatBytes([row.bytes, Uint8Array.of(0x0a)]));
      if (frame === null) continue;
      frames.push({ seq: row.seq, at: row.at, text: frame.text, last: frame.last });
      if (frame.last && endsWithTerminator(frames.map((one) => one.text))) take(true);
    } else if (mark === 'enq') take(false, 'restarted');
    else if (mark === 'eot') take(false, 'endOfTransfer');
    else if (mark === 'timeout') take(false, 'timeout');
    else if (mark === 'open' || mark === 'close') take(false, 'closed');
  }
  take(false, 'closed');
  return found;
}

/** True when the last record of the joined texts is an L record. Looks back over as few texts as it needs. */
function endsWithTerminator(texts: readonly Uint8Array[]): boolean {
  let seen = false;
  let type = 0;
  for (let t = texts.length - 1; t >= 0; t -= 1) {
    const text = texts[t] ?? new Uint8Array(0);
    for (let at = text.length - 1; at >= 0; at -= 1) {
      const byte = text[at] ?? 0;
      if (byte === 0x0d) {
        if (seen) return type === 0x4c;
      } else if (byte !== 0x0a) {
        seen = true;
        type = byte;
      }
    }
  }
  return seen && type === 0x4c;
}
