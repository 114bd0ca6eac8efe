/** What an MLLP session is given, and what it keeps of its connection. */
import type { AnswerRules, ReadMessage } from '../../../../shared/protocols/mllp/answer.ts';
import type { BlockState } from '../../../../shared/protocols/mllp/block.ts';
import type { Connection, Transport } from '../transports/transport.ts';
import type { LineSessionOptions } from './ports.ts';

export interface MllpSessionOptions extends LineSessionOptions {
  transport: Transport;
  rules: AnswerRules;
  /** longest content of a block, bytes */
  maxBytes: number;
  /** wait for the answer to a message of ours, milliseconds (M4) */
  ackMs: number;
  /** how often it is sent again */
  repeats: number;
  /** silence after which a begun block is given up, milliseconds; default 30 s */
  blockMs?: number;
}

/** One connection, with what it still has to be told. */
export interface Peer {
  connection: Connection;
  blocks: BlockState;
  cancel: () => void;
  /** messages whose answers are not written yet */
  owes: number;
  ended: boolean;
}

/** Acknowledgements that wait until their message has been posted. */
export interface Deferred {
  peer: Peer;
  messages: readonly ReadMessage[];
}
