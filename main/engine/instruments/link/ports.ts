/** What a link session needs from its surroundings and what it tells them. */
import type { PlainError } from '../../../../shared/errors.ts';
import type { IncompleteReason, SendOutcome, SendReason } from '../../../../shared/protocols/astm/link.ts';

/** One row for the wire journal. `note` begins with the mark of the row (`frame`, `ack`, `refused` …), see `recover.ts`. */
export interface JournalRow {
  instrumentId: string;
  /** the connection, unique within the process */
  linkId: string;
  /** ISO 8601 UTC instant */
  at: string;
  direction: 'in' | 'out' | 'event';
  bytes: Uint8Array;
  note?: string;
}

/** The part of the wire journal a session uses. */
export interface JournalPort {
  /** Resolves with the row's number once it is on disk, rejects when it cannot be; rows keep the order of the calls. */
  appendDurable(row: JournalRow): Promise<number>;
}

/** First and last journal row of a message; other rows of the line may lie between. */
export interface JournalRange {
  firstSeq: number;
  lastSeq: number;
}

export interface ReceivedMessage {
  /** joined frame texts, records ended by CR, up to and including the L record */
  text: Uint8Array;
  frames: number;
  /** when its last frame was acknowledged */
  at: string;
  journal: JournalRange;
  /** R11: why it ended without L record; absent for a whole message */
  incomplete?: IncompleteReason;
}

export interface IncompleteMessage {
  text: Uint8Array;
  frames: number;
  reason: IncompleteReason;
  journal: JournalRange;
}

/** What became of a message to the instrument. */
export interface SendResult {
  outcome: SendOutcome;
  reason?: SendReason;
}

/** One line of the live trace. */
export interface LineTrace {
  at: string;
  direction: 'in' | 'out' | 'event';
  bytes: Uint8Array;
  mark: string;
  note: string;
  /** only for whole frames */
  checksumOk?: boolean;
}

/** The light of a line. `noAnswer`: nobody connected, or ENQ is not answered. `failed`: cannot open, see `problem`. */
export interface SessionState {
  state: 'ready' | 'receiving' | 'sending' | 'off' | 'noAnswer' | 'failed';
  text: string;
  peer: string;
  /** instant of the last byte received, '' before the first */
  lastByteAt: string;
  /** a message of ours is queued or on its way */
  sending: boolean;
  problem?: PlainError;
}
