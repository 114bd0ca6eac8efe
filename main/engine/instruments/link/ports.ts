/** What a link session needs from its surroundings and what it tells them. */

import type { Clock } from '../../../../shared/domain/clock.ts';
import type { PlainError } from '../../../../shared/errors.ts';
import type { IncompleteReason, SendOutcome, SendReason } from '../../../../shared/protocols/astm/link.ts';
import type { Timers } from '../../timers.ts';

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
  /** False: nobody waits for it, so it may ride on the next commit. Default true. */
  durable?: boolean;
}

/** The part of the wire journal a session uses. */
export interface JournalPort {
  /** Resolves with the row's number once it is on disk, rejects when it cannot be; rows keep the order of the calls. */
  appendDurable(row: JournalRow): Promise<number>;
  /** The same for a row that is not `durable`, which costs less than a promise: tells that it is on disk, or why it cannot be. */
  appendLater?(row: JournalRow, stored: () => void, failed: (error: unknown) => void): void;
  /** The newest message of an instrument with this SHA-256 digest, in hex; files are known again by it. */
  messageByDigest?(instrumentId: string, digest: string): { firstSeq: number } | undefined;
  /** The newest messages of an instrument, newest first. */
  messages?(instrumentId: string, limit: number): readonly { digest: string; firstSeq: number }[];
  /** Rows of an instrument between two numbers, exclusive, in their order. */
  read?(of: { instrumentId: string; afterSeq: number; beforeSeq: number; limit: number }): StoredRow[];
}

/** First and last journal row of a message; other rows of the line may lie between. */
export interface JournalRange {
  firstSeq: number;
  lastSeq: number;
}

export interface ReceivedMessage {
  /** ASTM: joined frame texts, records ended by CR, up to and including the L record; others: see `readMessages` */
  text: Uint8Array;
  frames: number;
  /** when its last frame was acknowledged */
  at: string;
  journal: JournalRange;
  /** R11: why it ended without L record; absent for a whole message */
  incomplete?: IncompleteReason;
  /** What the instrument was told; absent: accepted. */
  told?: 'accepted' | 'refused' | 'none';
  /** It is not read at all but held for a person, who is told this: a block with a wrong checksum, a file that is too long. */
  unreadable?: string;
  /** A file that was read before and has grown since: the digest of its first version (SHA-256, hex). Its lines are those of that file. */
  firstVersion?: string;
}

/** A message of ours on its way to the instrument. */
export interface OutgoingMessage {
  /** ASTM: records ended by CR; HL7: one message; stream: the text of one block */
  bytes: Uint8Array;
}

/** A fresh look at what the journal holds of messages, in order of rows. One per protocol. */
export interface Recovery {
  /** What this row completes: a message, the rest of a broken transfer, or nothing. */
  push(row: StoredRow): RecoveredMessage | null;
  /** A transfer still open when the rows end. */
  end(): RecoveredMessage | null;
}

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
  /** the whole message came (R11); false: never post */
  complete: boolean;
  reason?: IncompleteReason;
  /** What the instrument was told; absent: accepted. */
  told?: ReceivedMessage['told'];
  unreadable?: string;
  firstVersion?: string;
}

/** What a line's session does, whatever its protocol. A session owns the clock, the journal and the transport of one line. */
export interface LineSession {
  /** Opens the line and keeps it open. */
  start(): void;
  /** Closes the line and waits until what is in memory has been dealt with. */
  stop(): Promise<void>;
  /** Sends a message when the line is free. Resolves with what the instrument was told; never rejects. */
  send(message: OutgoingMessage): Promise<SendResult>;
  /** Hands over a message that an earlier run acknowledged, before those that come. */
  recovered(message: ReceivedMessage): void;
  /** Resolves when everything received so far has been read and its effects are done. */
  idle(): Promise<void>;
  /** Messages received that are not posted yet. */
  waiting(): number;
  /** How often things happened since the start: frames, naksSent, checksumErrors, duplicates, ignoredBytes … */
  counters(): Record<string, number>;
  /** The light of the line. */
  state(): SessionState;
}

/** What every session is given, besides its transport or folder. */
export interface LineSessionOptions {
  instrumentId: string;
  journal: JournalPort;
  clock: Clock;
  timers: Timers;
  /**
   * A whole message, acknowledged or to be acknowledged once journalled. Called one at a time, in order. `failed` or a rejection: called again
   * with the same message after 1, 2, 4 … 60 s.
   */
  onMessage(message: ReceivedMessage): Promise<'stored' | 'failed'>;
  /** Several messages that wait, in their order: all of them are stored, or none, and then each is given to {@link onMessage}. */
  onMessages?(messages: readonly ReceivedMessage[]): Promise<'stored' | 'failed'>;
  /** What a broken transfer left; it is in the journal and never posted. */
  onIncomplete?(message: IncompleteMessage): void;
  onTrace?(event: LineTrace): void;
  onState?(state: SessionState): void;
  /** A journal row could not be stored: the instrument is told so where its protocol can. Null: the next one could. */
  onJournal?(error: unknown): void;
  /** Messages that may wait for posting before the instrument is told to wait. Default as in inbox.ts. */
  maxBacklog?: number;
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
  /** Besides those of ASTM. `answer`: refused with the words in `text`. `noResponse`: received, but what became of it was not told. `unreadable`: not sent, the bytes are no message. */
  reason?: SendReason | 'answer' | 'noResponse' | 'unreadable';
  /** what the instrument said */
  text?: string;
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
