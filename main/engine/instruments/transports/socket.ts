import type { Socket } from 'node:net';
import { type Connection, nextConnectionId, type TransportEvents, WRITE_LIMIT } from './transport.ts';

/** Silence on a TCP line after which the system asks whether the peer is still there. */
const KEEPALIVE_MS = 10_000;

/**
 * A connected socket as a {@link Connection}: keepalive on, small packets sent at once, a peer that does not read is cut off at
 * {@link WRITE_LIMIT}. `ended` is called once.
 */
export function socketConnection(
  socket: Socket,
  events: TransportEvents,
  ended: (reason: string) => void,
): Connection {
  let reason = 'closed by the peer';
  let open = true;
  const connection: Connection = {
    id: nextConnectionId(),
    peer: `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? 0}`,
    write(bytes) {
      if (!open) return;
      socket.write(bytes);
      if (socket.writableLength <= WRITE_LIMIT) return;
      events.count('overflows', 'the peer does not read');
      reason = 'the peer does not read';
      socket.destroy();
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    close() {
      reason = 'closed here';
      socket.destroy();
    },
  };
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEPALIVE_MS);
  socket.on('data', (chunk) => events.data(connection, Uint8Array.from(chunk)));
  socket.on('error', (error) => {
    reason = error.message;
  });
  socket.on('end', () => socket.destroy());
  socket.on('close', () => {
    if (!open) return;
    open = false;
    events.count('lostConnections', reason);
    ended(reason);
  });
  return connection;
}
