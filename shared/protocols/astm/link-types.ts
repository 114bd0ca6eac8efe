/** Vocabulary of the ASTM link machine (`link.ts`): options, inputs, effects and state. Everything here is plain data. */
import { TEXT_ACCEPT_MAX } from './frame.ts';

/** The instrument has priority when both want to send (L7). */
export type LinkRole = 'host' | 'instrument';

/** Deviations from the strict rules that a profile may allow by name. Each use is counted. */
export type LinkLeniency =
  /** L12/L11: take any frame number, as long as it is not a retransmission of the frame just taken. */
  | 'L12-accept-renumbered'
  /** L16: LF inside the text of a frame is ordinary text instead of the end of a broken frame. */
  | 'L16-allow-lf'
  /** L3: do not compare checksums. Only for devices that send a constant. */
  | 'L3-ignore-checksum'
  /** L1: the frame ends with CR; LF may be missing. */
  | 'L1-missing-lf'
  /** L17: a record that ends its frame with ETX may lack its CR, when the next frame plainly begins another one. */
  | 'L17-record-without-cr';

export const LINK_LENIENCIES: readonly LinkLeniency[] = [
  'L12-accept-renumbered',
  'L16-allow-lf',
  'L3-ignore-checksum',
  'L1-missing-lf',
  'L17-record-without-cr',
];

/** Settings of one link. Times in milliseconds, sizes in bytes. */
export interface LinkOptions {
  /** L5, L8: wait for an answer to ENQ or to a frame. */
  replyMs: number;
  /** L9: wait for the next frame or EOT. */
  receiveMs: number;
  /** L6: wait after a NAK to ENQ. */
  refusedMs: number;
  /** L7: the host waits this long for the instrument's ENQ. */
  yieldMs: number;
  /** L7: the instrument repeats its ENQ after this time. */
  insistMs: number;
  /** L13: pause before the next message when the other side asked us to stop. */
  interruptedMs: number;
  /** L10: failures of one frame after which the message is given up. */
  maxFailures: number;
  /** Attempts to get an answer to ENQ before the message is given up. */
  maxAsks: number;
  /** L4: longest text of one frame that is accepted. */
  maxFrameText: number;
  /** Longest message, all frames joined, that is accepted; above it frames are refused. */
  maxMessage: number;
  /** Named deviations that are allowed. */
  leniencies: readonly LinkLeniency[];
}

/** The strict defaults of LIS01-A2. */
export const LINK_DEFAULTS: LinkOptions = {
  replyMs: 15_000,
  receiveMs: 30_000,
  refusedMs: 10_000,
  yieldMs: 20_000,
  insistMs: 1_000,
  interruptedMs: 15_000,
  maxFailures: 6,
  maxAsks: 6,
  maxFrameText: TEXT_ACCEPT_MAX,
  maxMessage: 8 * 1024 * 1024,
  leniencies: [],
};

/** `reply`: L5/L8. `receive`: L9. `holdoff`: L6, L7, L13. */
export type LinkTimer = 'reply' | 'receive' | 'holdoff';

/** What can happen to a link. */
export type LinkInput =
  | { type: 'opened' }
  | { type: 'closed' }
  | { type: 'byte'; byte: number }
  | { type: 'timer'; name: LinkTimer }
  /** Send this message; `frames` from `buildFrames`. Waits its turn. */
  | { type: 'send'; id: string; frames: readonly Uint8Array[] }
  /** Forget a message that has not been started. */
  | { type: 'cancel'; id: string }
  /** Answer to a durable journal effect: is the row on disk? */
  | { type: 'stored'; ok: boolean }
  /** While busy, ENQ is answered with NAK (L5). */
  | { type: 'busy'; busy: boolean };

/** What a journal row means. `frame`: an accepted frame; replaying these rows gives the acknowledged messages again. */
export type JournalMark =
  | 'open'
  | 'close'
  | 'enq'
  | 'eot'
  | 'ack'
  | 'nak'
  | 'frame'
  | 'duplicate'
  | 'refused'
  | 'partial'
  | 'ignored'
  | 'timeout'
  | 'send';

export type CountName =
  | 'frames'
  | 'framesSent'
  | 'acks'
  | 'naksSent'
  | 'naksReceived'
  | 'checksumErrors'
  | 'frameErrors'
  | 'sequenceErrors'
  | 'overlong'
  | 'oversize'
  | 'retries'
  | 'timeouts'
  | 'duplicates'
  | 'ignoredBytes'
  | 'contentions'
  | 'storeFailures'
  | 'restarts'
  | 'leniencies'
  | 'overflow'
  | 'busy';

export type IncompleteReason =
  /** EOT came before the L record (R11) */
  | 'endOfTransfer'
  /** L9 */
  | 'timeout'
  /** L14: ENQ in the middle of a transfer */
  | 'restarted'
  | 'closed';

export type SendOutcome = 'accepted' | 'refused' | 'aborted';

export type SendReason = 'noAnswer' | 'busy' | 'frameRefused' | 'timeout' | 'closed' | 'cancelled';

/** What the interpreter must do, in this order. */
export type LinkEffect =
  /**
   * Append to the wire journal. With `durable`, wait until the row is on disk, then feed `stored`; nothing else is
   * consumed in between. `checksumOk` is set for whole frames.
   */
  | {
      type: 'journal';
      direction: 'in' | 'out';
      bytes: Uint8Array;
      mark: JournalMark;
      note?: string;
      checksumOk?: boolean;
      durable: boolean;
    }
  | { type: 'write'; bytes: Uint8Array }
  | { type: 'startTimer'; name: LinkTimer; ms: number }
  | { type: 'stopTimer'; name: LinkTimer }
  /** A message up to and including its L record; every frame of it has been acknowledged. */
  | { type: 'messageReceived'; text: Uint8Array; frames: number }
  /** What was left of a transfer without L record; kept, never posted. */
  | { type: 'messageIncomplete'; text: Uint8Array; frames: number; reason: IncompleteReason }
  | { type: 'sendDone'; id: string; outcome: SendOutcome; reason?: SendReason }
  | { type: 'count'; what: CountName; n: number; note?: string };

export type LinkPhase = 'closed' | 'idle' | 'receiving' | 'asking' | 'sending';

/** A message on its way out. */
export interface Outgoing {
  readonly id: string;
  readonly frames: readonly Uint8Array[];
}

/** Why the frame being collected will be refused. */
export type FrameFlaw = 'forbidden byte' | 'frame number' | 'over-long' | 'terminator' | 'too large';

/** The frame being collected; binary strings, one character per byte. */
export interface PartialFrame {
  /** the next byte expected */
  readonly at: 'none' | 'number' | 'body' | 'c1' | 'c2' | 'cr' | 'lf';
  /** bytes not yet journalled, from STX on */
  readonly raw: string;
  readonly number: number;
  readonly text: string;
  readonly length: number;
  readonly sum: number;
  readonly last: boolean;
  readonly told: string;
  readonly flaw: FrameFlaw | null;
}

/** What waits for a durable journal row. */
export type Awaiting =
  | { readonly kind: 'enq' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'frame'; readonly number: number; readonly text: string; readonly last: boolean };

/** The whole state of a link. Treat as opaque except `phase`, `open`, `awaiting` and `queue`. */
export interface LinkState {
  readonly role: LinkRole;
  readonly options: LinkOptions;
  readonly open: boolean;
  readonly busy: boolean;
  readonly phase: LinkPhase;
  readonly expect: number;
  /** the frame accepted last in this transfer */
  readonly previous: { readonly number: number; readonly text: string; readonly last: boolean } | null;
  /** accepted text that has not been delivered */
  readonly joined: string;
  readonly joinedFrames: number;
  /** type letter of the record in progress, and of the last finished one */
  readonly head: string;
  readonly lastHead: string;
  readonly partial: PartialFrame;
  readonly junk: string;
  readonly queue: readonly Outgoing[];
  readonly out: Outgoing | null;
  readonly index: number;
  readonly failures: number;
  readonly asks: number;
  readonly stopAsked: boolean;
  readonly holdoff: 'refused' | 'contention' | 'unanswered' | 'interrupted' | null;
  readonly awaiting: Awaiting | null;
  readonly held: readonly LinkInput[];
}
