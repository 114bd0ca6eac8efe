import type { PlainError } from '../../shared/errors.ts';
import type { CommandName, QueryName, QueryRow } from '../../shared/ipc/contract.ts';
import type { ToEngine, ToWindow } from '../../shared/ipc/messages.ts';
import type { Delta } from '../../shared/ipc/spec.ts';
import type { Transport } from './transport.ts';

/** An engine that is not there: component tests and the preview page say what it answers. */
export class FakeEngine implements Transport {
  /** All that the window sent, in order. */
  readonly sent: ToEngine[] = [];
  readonly #rows = new Map<string, { id: string }[]>();
  readonly #answers = new Map<string, (args: unknown) => unknown>();
  readonly #watches = new Map<number, string>();
  #hear: (message: ToWindow) => void = () => undefined;
  #tell: (running: boolean) => void = () => undefined;
  #running = true;

  connect(onMessage: (message: ToWindow) => void): { send(message: ToEngine): void } {
    this.#hear = onMessage;
    return { send: (message) => this.#take(message) };
  }

  onEngine(listener: (running: boolean) => void): () => void {
    this.#tell = listener;
    listener(this.#running);
    return () => {
      this.#tell = () => undefined;
    };
  }

  /** The rows that a query gives, whatever its arguments; watchers get a new snapshot. */
  rows<N extends QueryName>(name: N, rows: readonly (QueryRow<N> & { id: string })[]): this {
    this.#rows.set(name, [...rows]);
    for (const [id, watched] of this.#watches)
      if (watched === name) this.#hear({ type: 'snapshot', id, rows: [...rows] });
    return this;
  }

  /** Sends a delta to the watchers of a query. */
  delta<N extends QueryName>(name: N, delta: Delta<QueryRow<N> & { id: string }>): void {
    for (const [id, watched] of this.#watches) if (watched === name) this.#hear({ type: 'delta', id, delta });
  }

  /** Refuses a query to its watchers. */
  refuse(name: QueryName, error: PlainError): void {
    for (const [id, watched] of this.#watches)
      if (watched === name) this.#hear({ type: 'watchFailed', id, error });
  }

  /** What a command answers; throw a plain error to refuse. Without it a command is never answered. */
  answer<N extends CommandName>(name: N, answer: (args: unknown) => unknown): this {
    this.#answers.set(name, answer);
    return this;
  }

  /** Stops (false) or starts the engine again (true): all subscriptions are forgotten, as in the real one. */
  run(running: boolean): void {
    this.#running = running;
    this.#watches.clear();
    this.#tell(running);
  }

  #take(message: ToEngine): void {
    this.sent.push(message);
    if (message.type === 'watch') {
      this.#watches.set(message.id, message.name);
      const rows = this.#rows.get(message.name);
      if (rows !== undefined) queueMicrotask(() => this.#hear({ type: 'snapshot', id: message.id, rows }));
    }
    if (message.type === 'unwatch') this.#watches.delete(message.id);
    if (message.type !== 'command') return;
    const answer = this.#answers.get(message.name);
    if (answer === undefined) return;
    try {
      this.#hear({ type: 'done', id: message.id, value: answer(message.args) });
    } catch (error) {
      this.#hear({ type: 'failed', id: message.id, error: error as PlainError });
    }
  }
}
