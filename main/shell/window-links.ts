/** Carries messages between the windows' ports and the engine, and tells the engine which windows there are. */
import type { MessagePortMain } from 'electron';
import type { ClientId, ShellToEngine } from '../../shared/ipc/envelope.ts';

export class WindowLinks {
  readonly #links = new Map<ClientId, { port: MessagePortMain; window: number }>();
  readonly #send: (message: ShellToEngine) => boolean;
  #count = 0;

  /** @param send gives a message to the engine; false when it cannot take one now */
  constructor(send: (message: ShellToEngine) => boolean) {
    this.#send = send;
  }

  /** Adds a window's connection; the window's earlier one is closed. */
  add(port: MessagePortMain, window: number): void {
    for (const [clientId, link] of this.#links) {
      if (link.window === window) this.#remove(clientId);
    }
    this.#count += 1;
    const clientId = `w${this.#count}`;
    this.#links.set(clientId, { port, window });
    port.on('message', (event) => {
      this.#send({ type: 'to-engine', clientId, message: event.data as unknown });
    });
    port.on('close', () => this.#remove(clientId));
    this.#send({ type: 'client', clientId, event: 'opened' });
    port.start();
  }

  /** The engine is new: it hears of every window again. */
  announceAll(): void {
    for (const clientId of this.#links.keys()) this.#send({ type: 'client', clientId, event: 'opened' });
  }

  toWindow(clientId: ClientId, message: unknown): void {
    this.#links.get(clientId)?.port.postMessage(message);
  }

  #remove(clientId: ClientId): void {
    const link = this.#links.get(clientId);
    if (link === undefined) return;
    this.#links.delete(clientId);
    link.port.close();
    this.#send({ type: 'client', clientId, event: 'closed' });
  }
}
