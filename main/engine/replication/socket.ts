import { type Dispatcher, WebSocket } from 'undici';
import type { Socket, SocketEvents } from './wake-up.ts';

/** Opens a websocket over the connections of a client, so that the same certificates are trusted. It carries no credentials. */
export function openSocket(dispatcher: Dispatcher, url: string, events: SocketEvents): Socket {
  let over = false;
  const closed = () => {
    if (over) return;
    over = true;
    events.closed();
  };
  const socket = new WebSocket(url, { dispatcher });
  socket.addEventListener('open', () => events.opened());
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') events.heard(data);
  });
  socket.addEventListener('close', closed);
  socket.addEventListener('error', closed);
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: () => {
      socket.close();
      // A server that has gone does not answer the farewell.
      closed();
    },
  };
}
