import { BlockList, createServer, isIP, type Server, type Socket } from 'node:net';
import { LeveyError } from '../../../../shared/errors.ts';
import type { Timers } from '../../timers.ts';
import { holderOfPort } from './holder.ts';
import { socketConnection } from './socket.ts';
import {
  backoffMs,
  type Connection,
  errorCode,
  spokenReason,
  type Transport,
  type TransportEvents,
  type TransportStatus,
} from './transport.ts';

/** How long after the last attempt a refused peer, or a second one, is still told, milliseconds. */
const TOLD_MS = 120_000;

export interface TcpServerOptions {
  /** Address to bind; only this one. */
  host: string;
  /** 0 lets the system choose; {@link TcpServer.address} tells which. */
  port: number;
  /** Addresses or subnets (`10.1.2.0/24`) that may connect. Empty: only this computer. */
  peers?: readonly string[];
  timers: Timers;
}

/** A listening transport; `address()` is null until it listens. */
export interface TcpServer extends Transport {
  address(): { host: string; port: number } | null;
}

/**
 * Listens for one analyser. A second connection at the same time is refused and counted, as is a peer that is not on the list; the problems
 * `instrument.secondPeer` and `instrument.peerRefused` tell of it until nobody has tried for two minutes, the line itself goes on.
 * Problems: `instrument.portInUse`, `instrument.noAddress`, `instrument.noPermission`, `instrument.badPeer`, `instrument.failed`; it keeps trying.
 */
export function tcpServer(options: TcpServerOptions): TcpServer {
  let server: Server | null = null;
  let current: Connection | null = null;
  const sockets = new Set<Socket>();
  let cancelRetry: (() => void) | null = null;
  let attempts = 0;
  let stopped = true;
  let status: TransportStatus = { state: 'waiting', text: '' };
  let refused: { problem: LeveyError; cancel: () => void } | null = null;
  let holder: string | null = null;

  /** The state of the port, with whom it refused lately. */
  function say(events: TransportEvents, next: TransportStatus): void {
    status = next;
    events.status(refused === null ? next : { problem: refused.problem, ...next });
  }

  /** Told once while it lasts: somebody who tries every second must not fill the trace. */
  function refuse(
    events: TransportEvents,
    what: 'refusedPeers' | 'refusedSecond',
    problem: LeveyError,
  ): void {
    const same = refused?.problem.message === problem.message;
    events.count(what);
    refused?.cancel();
    const cancel = options.timers.set(TOLD_MS, () => {
      refused = null;
      if (!stopped) say(events, status);
    });
    refused = { problem, cancel };
    if (!same) say(events, status);
  }

  function listen(events: TransportEvents, allowed: BlockList): void {
    const next = createServer({ allowHalfOpen: true }, (socket) => accept(socket, events, allowed));
    server = next;
    next.on('error', (error) => {
      if (stopped || server !== next) return;
      server = null;
      next.close();
      const wait = backoffMs(attempts);
      attempts += 1;
      events.count('failedOpens');
      const failed = (): void =>
        say(events, {
          state: 'failed',
          text: `retrying in ${wait / 1000} s`,
          problem: listenProblem(error, options, holder),
        });
      failed();
      if (errorCode(error) === 'EADDRINUSE') {
        void holderOfPort(options.port).then((found) => {
          const news = found !== holder;
          holder = found;
          if (news && !stopped && server === null) failed();
        });
      }
      cancelRetry = options.timers.set(wait, () => listen(events, allowed));
    });
    next.listen({ host: options.host, port: options.port, exclusive: true }, () => {
      attempts = 0;
      say(events, { state: 'waiting', text: `listening on ${place(next)}` });
    });
  }

  function accept(socket: Socket, events: TransportEvents, allowed: BlockList): void {
    const address = plainAddress(socket.remoteAddress ?? '');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (stopped || isIP(address) === 0 || !allowed.check(address, family)) {
      socket.destroy();
      if (!stopped) refuse(events, 'refusedPeers', strangeProblem(address, options));
      return;
    }
    if (current !== null) {
      socket.destroy();
      refuse(events, 'refusedSecond', secondProblem(address, current.peer, options));
      return;
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    const connection = socketConnection(socket, events, (reason) => {
      current = null;
      events.closed(connection, reason);
      if (!stopped && server !== null)
        say(events, { state: 'waiting', text: `listening on ${place(server)}` });
    });
    current = connection;
    events.count('connections');
    say(events, { state: 'open', text: `connected with ${connection.peer}` });
    events.opened(connection);
  }

  return {
    kind: 'tcpServer',
    address() {
      const bound = server?.address();
      return bound !== null && typeof bound === 'object' ? { host: bound.address, port: bound.port } : null;
    },
    start(events) {
      if (!stopped) return;
      stopped = false;
      attempts = 0;
      try {
        listen(events, allowList(options.peers ?? []));
      } catch (cause) {
        const problem = listenProblem(cause, options, null);
        say(events, { state: 'failed', text: 'not listening', problem });
      }
    },
    async stop() {
      stopped = true;
      cancelRetry?.();
      cancelRetry = null;
      refused?.cancel();
      refused = null;
      const closing = server;
      server = null;
      await Promise.all([...sockets].map((socket) => destroyed(socket)));
      if (closing !== null) await new Promise<void>((done) => closing.close(() => done()));
    },
  };
}

/** Destroys a socket; resolves behind its other `close` listeners. */
function destroyed(socket: Socket): Promise<void> {
  return new Promise((done) => {
    socket.once('close', () => done());
    socket.destroy();
  });
}

function place(server: Server): string {
  const bound = server.address();
  return bound !== null && typeof bound === 'object' ? `${bound.address}:${bound.port}` : 'nothing';
}

/** An IPv4 address that came through an IPv6 socket, in its own form. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

function allowList(peers: readonly string[]): BlockList {
  const list = new BlockList();
  if (peers.length === 0) {
    list.addSubnet('127.0.0.0', 8, 'ipv4');
    list.addAddress('::1', 'ipv6');
  }
  for (const peer of peers) {
    const [address = '', bits] = peer.split('/');
    const version = isIP(address);
    if (version === 0) throw badPeer(peer);
    const family = version === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else if (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 6 ? 128 : 32)) {
      list.addSubnet(address, Number(bits), family);
    } else throw badPeer(peer);
  }
  return list;
}

function badPeer(peer: string): LeveyError {
  return new LeveyError({
    code: 'instrument.badPeer',
    what: `"${peer}" is not an address or subnet that may connect.`,
    safe: 'The port was not opened.',
    todo: 'Write an address such as 192.0.2.7 or a subnet such as 192.0.2.0/24 into the station file.',
    details: { peer },
  });
}

function strangeProblem(address: string, { host, port, peers = [] }: TcpServerOptions): LeveyError {
  const listed =
    peers.length === 0
      ? 'Only this computer may connect there'
      : `Only ${peers.join(', ')} may connect there`;
  return new LeveyError({
    code: 'instrument.peerRefused',
    what: `${address} wanted to connect to ${host}:${port} and was turned away. ${listed}.`,
    safe: 'Nothing was read from it and nothing was told to it. An analyser keeps its results.',
    todo: 'If it is the analyser, write its address into "peers" in the station file. If it is not, tell who looks after the network.',
    details: { peer: address },
  });
}

function secondProblem(address: string, taken: string, { host, port }: TcpServerOptions): LeveyError {
  return new LeveyError({
    code: 'instrument.secondPeer',
    what: `${address} wanted to connect to ${host}:${port} and was turned away: the line is taken by ${taken}.`,
    safe: 'The line goes on as it was. Nothing was read from the second one; an analyser keeps its results.',
    todo: 'Give each analyser a port of its own. An analyser that was switched off and on gets its line again within half a minute.',
    details: { peer: address, taken },
  });
}

function listenProblem(error: unknown, options: TcpServerOptions, holder: string | null): LeveyError {
  if (error instanceof LeveyError) return error;
  const where = `${options.host}:${options.port}`;
  const details = { host: options.host, port: options.port };
  const safe = 'Nothing was lost: analysers keep what could not be sent. Levey tries again by itself.';
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return new LeveyError({
        code: 'instrument.portInUse',
        what: `${holder === null ? 'Another program' : `Another program, ${holder},`} is already listening on ${where}.`,
        safe,
        todo: 'End the other program, or choose another port in the station file and in the analyser.',
        details,
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new LeveyError({
        code: 'instrument.noAddress',
        what: `This computer does not have the address ${options.host}.`,
        safe,
        todo: 'Check the network cable and the address in the station file.',
        details,
        cause: error,
      });
    case 'EACCES':
      return new LeveyError({
        code: 'instrument.noPermission',
        what: `The system does not allow Levey to listen on ${where}.`,
        safe,
        todo: 'Choose a port above 1023.',
        details,
        cause: error,
      });
    default:
      return new LeveyError({
        code: 'instrument.failed',
        what: `Listening on ${where} failed: ${error instanceof Error ? spokenReason(error) : String(error)}.`,
        safe,
        todo: 'Check the network settings; the trace of the instrument shows each attempt.',
        details,
        cause: error,
      });
  }
}
