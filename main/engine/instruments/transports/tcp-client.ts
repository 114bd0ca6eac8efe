import { connect, type Socket } from 'node:net';
import { LeveyError } from '../../../../shared/errors.ts';
import type { Timers } from '../../timers.ts';
import { socketConnection } from './socket.ts';
import { backoffMs, spokenReason, type Transport, type TransportEvents } from './transport.ts';

export interface TcpClientOptions {
  host: string;
  port: number;
  timers: Timers;
  /** Longest wait for a connection, milliseconds; default 10 s. */
  connectMs?: number;
}

/** Connects to an analyser, again and again with back-off. Problem while it cannot: `instrument.unreachable`. */
export function tcpClient(options: TcpClientOptions): Transport {
  let socket: Socket | null = null;
  let cancel: (() => void) | null = null;
  let attempts = 0;
  let stopped = true;
  const where = `${options.host}:${options.port}`;

  function again(events: TransportEvents): void {
    cancel?.();
    cancel = null;
    if (stopped) return;
    const wait = backoffMs(attempts);
    attempts += 1;
    cancel = options.timers.set(wait, () => dial(events));
  }

  function dial(events: TransportEvents): void {
    const next = connect({ host: options.host, port: options.port, allowHalfOpen: true });
    socket = next;
    const failed = (error: Error): void => {
      next.destroy();
      if (stopped || socket !== next) return;
      socket = null;
      events.count('failedOpens');
      events.status({
        state: 'failed',
        text: `no connection to ${where}`,
        problem: unreachable(options, error),
      });
      again(events);
    };
    cancel = options.timers.set(options.connectMs ?? 10_000, () => failed(new Error('no answer in time')));
    next.once('error', failed);
    next.once('connect', () => {
      cancel?.();
      cancel = null;
      next.off('error', failed);
      attempts = 0;
      const connection = socketConnection(next, events, (reason) => {
        socket = null;
        events.closed(connection, reason);
        if (stopped) return;
        events.status({ state: 'waiting', text: `connecting to ${where}` });
        again(events);
      });
      events.count('connections');
      events.status({ state: 'open', text: `connected with ${where}` });
      events.opened(connection);
    });
  }

  return {
    kind: 'tcpClient',
    start(events) {
      if (!stopped) return;
      stopped = false;
      attempts = 0;
      events.status({ state: 'waiting', text: `connecting to ${where}` });
      dial(events);
    },
    async stop() {
      stopped = true;
      cancel?.();
      cancel = null;
      const closing = socket;
      socket = null;
      if (closing === null || closing.destroyed) return;
      await new Promise<void>((done) => {
        closing.once('close', () => done());
        closing.destroy();
      });
    },
  };
}

function unreachable(options: TcpClientOptions, cause: Error): LeveyError {
  return new LeveyError({
    code: 'instrument.unreachable',
    what: `The analyser at ${options.host}:${options.port} cannot be reached: ${spokenReason(cause)}.`,
    safe: 'Nothing was lost: the analyser keeps its results. Levey tries again by itself.',
    todo: 'Check that the analyser is on, its network cable, and the address in the station file.',
    details: { host: options.host, port: options.port },
    cause,
  });
}
