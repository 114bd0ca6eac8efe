import { type Connection, nextConnectionId, type Transport, type TransportEvents } from './transport.ts';

/** A line in memory, for tests: the same interface, no I/O. */
export interface MockTransport extends Transport {
  /** Opens the line. */
  open(): void;
  /** Loses the line. */
  drop(reason?: string): void;
  /** Bytes from the other side. */
  receive(bytes: Uint8Array): void;
  /** Called with everything written. */
  onWrite: (bytes: Uint8Array) => void;
  /** Everything written so far. */
  readonly written: Uint8Array[];
  readonly paused: boolean;
}

/** Two halves of a line in one process: what is written is handed to `onWrite` at once. */
export function mockTransport(): MockTransport {
  let events: TransportEvents | null = null;
  let connection: Connection | null = null;
  let paused = false;
  const written: Uint8Array[] = [];
  const mock: MockTransport = {
    kind: 'mock',
    written,
    onWrite: () => undefined,
    get paused() {
      return paused;
    },
    start(listener) {
      events = listener;
      listener.status({ state: 'waiting', text: 'mock' });
    },
    async stop() {
      mock.drop('closed here');
      events = null;
    },
    open() {
      const opened: Connection = {
        id: nextConnectionId(),
        peer: 'mock',
        write(bytes) {
          if (connection !== opened) return;
          written.push(bytes);
          mock.onWrite(bytes);
        },
        pause: () => {
          paused = true;
        },
        resume: () => {
          paused = false;
        },
        close: () => mock.drop('closed here'),
      };
      connection = opened;
      events?.count('connections');
      events?.status({ state: 'open', text: 'mock' });
      events?.opened(opened);
    },
    drop(reason = 'lost') {
      const lost = connection;
      connection = null;
      if (lost === null) return;
      events?.closed(lost, reason);
      events?.status({ state: 'waiting', text: 'mock' });
    },
    receive(bytes) {
      if (connection !== null) events?.data(connection, bytes);
    },
  };
  return mock;
}
