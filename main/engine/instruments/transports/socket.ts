import type { Socket } from 'node:net';
import {
  type Connection,
  nextConnectionId,
  spokenReason,
  type TransportEvents,
  WRITE_LIMIT,
} from './transport.ts';

/** Silence on a TCP line after which the system asks whether the peer is still there. */
const KEEPALIVE_MS = 10_000;

/**
 * A connected socket as a {@link Connection}: keepalive on, small packets sent at once, a peer that does not read is cut off at
 * {@link WRITE_LIMIT}. `ended` is called once, when no more bytes will come. A peer that has only finished sending still gets the
 * answers to what it sent; the user ends the line with `close`.
 */
export function socketConnection(
  socket: Socket,
  events: TransportEvents,
  ended: (reason: string) => void,
): Connection {
  let reason = 'closed by the peer';
  let open = true;
  let finished = false;
  const end = (): void => {
    if (!open) return;
    open = false;
    events.count('lostConnections');
    ended(reason);
  };
  const connection: Connection = {
    id: nextConnectionId(),
    peer: `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? 0}`,
    write(bytes) {
      if (socket.destroyed || !socket.writable) return;
      socket.write(bytes);
      if (socket.writableLength <= WRITE_LIMIT) return;
      events.count('overflows');
      reason = 'the peer does not read';
      socket.destroy();
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    close() {
      if (open) reason = 'closed here';
      if (finished) socket.end();
      else socket.destroy();
    },
  };
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEPALIVE_MS);
  socket.on('data', (chunk) => events.data(connection, new Uint8Array(chunk)));
  socket.on('error', (error) => {
    reason = spokenReason(error);
  });
  socket.on('end', () => {
    finished = true;
    end();
  });
  socket.on('close', end);
  return connection;
}
