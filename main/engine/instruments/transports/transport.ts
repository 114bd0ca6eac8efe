/** A transport is the smallest pair of byte streams: it opens, gives bytes, takes bytes, and opens again when the line is lost. */
import type { LeveyError } from '../../../../shared/errors.ts';

/** One open line. There is at most one at a time per transport. */
export interface Connection {
  /** unique within the process */
  readonly id: string;
  /** who is at the other end: `192.0.2.7:50231`, `/dev/ttyS0` */
  readonly peer: string;
  /** Queues bytes for sending; after the line is lost this does nothing. */
  write(bytes: Uint8Array): void;
  /** Stops and resumes reading: back-pressure. */
  pause(): void;
  resume(): void;
  close(): void;
}

/**
 * `waiting`: no line yet, trying or listening. `failed`: cannot open at present, `problem` says why; it keeps trying. A problem in another
 * state is one beside the line, which goes on: somebody was turned away.
 */
export interface TransportStatus {
  state: 'off' | 'waiting' | 'open' | 'failed';
  /** what a person reads: `listening on 127.0.0.1:5001` */
  text: string;
  problem?: LeveyError;
}

export type TransportCount =
  | 'connections'
  | 'refusedPeers'
  | 'refusedSecond'
  | 'failedOpens'
  | 'lostConnections'
  | 'overflows';

/**
 * What a transport tells its user. Calls come in order; `data` only between `opened` and `closed` of that connection. After `closed`
 * the user calls `close`; until then answers to what came before may still be written.
 */
export interface TransportEvents {
  opened(connection: Connection): void;
  data(connection: Connection, bytes: Uint8Array): void;
  closed(connection: Connection, reason: string): void;
  status(status: TransportStatus): void;
  count(what: TransportCount): void;
}

export interface Transport {
  readonly kind: 'tcpServer' | 'tcpClient' | 'serial' | 'mock';
  /** Opens and keeps the line open until {@link stop}. Never throws: faults come as `status`. */
  start(events: TransportEvents): void;
  /** Closes everything; resolves when the port or device is free again. */
  stop(): Promise<void>;
}

/** Bytes written but not yet taken by the operating system, above which a peer that does not read is cut off. */
export const WRITE_LIMIT = 4 * 1024 * 1024;

let connections = 0;

/** Ids of connections within this process. */
export function nextConnectionId(): string {
  connections += 1;
  return `c${connections}`;
}

/** Waits between attempts: 1, 2, 4 … up to 30 s. */
export function backoffMs(attempt: number): number {
  return Math.min(30_000, 1000 * 2 ** Math.min(attempt, 5));
}

/** What the network says by a code, as a person would say it. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing answers there',
  ECONNRESET: 'the other side broke the connection off',
  EPIPE: 'the other side broke the connection off',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'the network does not reach it',
  ENETUNREACH: 'the network does not reach it',
  ENETDOWN: 'the network does not reach it',
  ENOTFOUND: 'the network does not know its name',
  EAI_AGAIN: 'the network does not know its name',
};

/** Why a line could not be opened or was lost, in words: never a system's code where there is a word for it. */
export function spokenReason(error: Error): string {
  return REASONS[errorCode(error)] ?? error.message.replace(/^Error:\s*/, '');
}

/** The `code` of a Node error (`EADDRINUSE`), or ''. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
