/** What the machine of a line protocol is told, asks for and keeps. */
import { type Assembly, type Framing, NOTHING } from './framing.ts';

/** Journal rows with the mark `block` are the accepted blocks: replaying them gives the messages again. `spoiled`: a block of a device that does not repeat. */
export type StreamMark =
  | 'open'
  | 'close'
  | 'enq'
  | 'eot'
  | 'ack'
  | 'nak'
  | 'block'
  | 'duplicate'
  | 'refused'
  | 'spoiled'
  | 'partial'
  | 'ignored'
  | 'timeout'
  | 'noAnswer';

/** How a message of ours ended. `refused`: the device said no (NAK) as often as it was asked; `aborted`: it did not answer, or the line was lost. */
export type StreamSendOutcome = 'accepted' | 'refused' | 'aborted';

export type StreamSendReason = 'noAnswer' | 'busy' | 'frameRefused' | 'closed';

export type StreamCount =
  | 'blocks'
  | 'acks'
  | 'naksSent'
  | 'checksumErrors'
  | 'overlong'
  | 'partials'
  | 'timeouts'
  | 'duplicates'
  | 'ignoredBytes'
  | 'storeFailures'
  | 'restarts'
  | 'busy'
  | 'blocksSent'
  | 'naksReceived'
  | 'retries'
  | 'noAnswers'
  | 'contentions';

/** `answer`: how long the answer to what we sent is waited for. */
export type StreamTimer = 'block' | 'message' | 'answer';
export type BrokenReason = 'endOfTransfer' | 'timeout' | 'restarted' | 'closed';

export type StreamInput =
  | { type: 'opened' }
  | { type: 'closed' }
  | { type: 'byte'; byte: number }
  | { type: 'timer'; name: StreamTimer }
  /** answer to a durable journal effect: is the row on disk? */
  | { type: 'stored'; ok: boolean }
  /** while busy, ENQ is answered with NAK */
  | { type: 'busy'; busy: boolean }
  /** One block of ours, as it goes over the line. It is sent when the line is free; {@link StreamEffect} `sendDone` tells how it ended. */
  | { type: 'send'; id: string; block: Uint8Array };

/** What may have to wait for a durable row. */
export type StreamEvent = Exclude<StreamInput, { type: 'stored' }>;

/** What the interpreter must do, in this order. */
export type StreamEffect =
  /** With `durable`, wait until the row is on disk, then feed `stored`; nothing else is consumed in between. */
  | {
      type: 'journal';
      direction: 'in' | 'out';
      bytes: Uint8Array;
      mark: StreamMark;
      note?: string;
      checksumOk?: boolean;
      durable: boolean;
    }
  | { type: 'write'; bytes: Uint8Array }
  | { type: 'startTimer'; name: StreamTimer; ms: number }
  | { type: 'stopTimer'; name: StreamTimer }
  /** A whole message, acknowledged; its blocks each ended by the end mark. */
  | { type: 'message'; text: Uint8Array; blocks: number }
  /** What was left of a message that did not end. `behind`: the block just journalled is not of it, but begins the next one. */
  | { type: 'broken'; text: Uint8Array; blocks: number; reason: BrokenReason; behind: boolean }
  /** A block that must not be believed, of a device that will not send it again: a person must know. Its row is the one just journalled. */
  | { type: 'spoiled'; bytes: Uint8Array; why: string }
  | { type: 'sendDone'; id: string; outcome: StreamSendOutcome; reason?: StreamSendReason }
  | { type: 'count'; what: StreamCount; n: number };

/** A block of ours. */
export interface StreamOutgoing {
  readonly id: string;
  /** binary string */
  readonly block: string;
}

/** The block that is on its way: asked for with ENQ, or sent, and how often in vain. */
export interface StreamSending extends StreamOutgoing {
  readonly at: 'asking' | 'sent';
  readonly tries: number;
  /** the last answer was NAK */
  readonly refused: boolean;
}

/** The whole state of a line. Treat as opaque except `open`, `at` and `awaiting`. */
export interface StreamState {
  readonly framing: Framing;
  readonly open: boolean;
  readonly busy: boolean;
  readonly at: 'between' | 'block' | 'check';
  /** bytes of the block being collected, from its start mark */
  readonly raw: string;
  /** bytes of the checksum still to come */
  readonly missing: number;
  /** bytes outside blocks, not yet journalled */
  readonly junk: string;
  /** bytes that are no block have come since the last one, within a transfer */
  readonly stray: boolean;
  /** the device has asked to send, and not ended */
  readonly asked: boolean;
  readonly assembly: Assembly;
  /** the block accepted last in this transfer, to know a retransmission */
  readonly previous: string | null;
  readonly awaiting: 'enq' | 'block' | 'duplicate' | null;
  readonly waiting: string;
  readonly held: readonly StreamEvent[];
  /** what waits to be sent, in order */
  readonly outgoing: readonly StreamOutgoing[];
  readonly sending: StreamSending | null;
}

/** A line that is not open yet. */
export function createStream(framing: Framing): StreamState {
  return {
    framing,
    open: false,
    busy: false,
    at: 'between',
    raw: '',
    missing: 0,
    junk: '',
    stray: false,
    asked: false,
    assembly: NOTHING,
    previous: null,
    awaiting: null,
    waiting: '',
    held: [],
    outgoing: [],
    sending: null,
  };
}
