import type { PlainError } from '../../shared/errors.ts';
import type {
  CommandInput,
  CommandName,
  CommandResult,
  QueryInput,
  QueryName,
  QueryRow,
} from '../../shared/ipc/contract.ts';
import type { ToWindow } from '../../shared/ipc/messages.ts';
import type { Delta } from '../../shared/ipc/spec.ts';
import { applyDelta, applySnapshot, createLiveStore, type LiveStore } from './live.ts';
import type { Transport } from './transport.ts';

/** The answer to a command. An error is said in three sentences: what happened, what is safe, what to do. */
export type Outcome<T> = { ok: true; value: T } | { ok: false; error: PlainError };

type AnyRow = { id: string };

interface Watch {
  readonly name: QueryName;
  readonly args: unknown;
  readonly store: LiveStore<AnyRow>;
  /** Number in the connection; a new one for every (re)subscription, so that late answers to an old one are ignored. */
  id: number;
  users: number;
  dropping: ReturnType<typeof setTimeout> | undefined;
}

/** How long a query is kept open after its last user went, ms: going back to a screen shows its rows at once. */
export const LINGER_MS = 10_000;

/** `engine.away`: the command was not sent, or its answer never came because the engine stopped. */
const away = (sent: boolean): PlainError => ({
  code: 'engine.away',
  what: sent ? 'The engine stopped before it answered.' : 'The engine is not running at this moment.',
  safe: 'A command is done as a whole or not at all, and everything acknowledged is stored.',
  todo: sent
    ? 'Look at the record when the engine is back, then decide whether to repeat it.'
    : 'Try again in a moment.',
});

/** The window's typed end of the contract: commands, and live queries shared by all who watch the same thing. */
export class EngineClient {
  readonly #send: (message: Parameters<ReturnType<Transport['connect']>['send']>[0]) => void;
  readonly #waiting = new Map<number, (outcome: Outcome<unknown>) => void>();
  readonly #watches = new Map<string, Watch>();
  readonly #byId = new Map<number, Watch>();
  readonly #stop: () => void;
  #nextId = 1;
  #running = false;

  constructor(transport: Transport) {
    const connection = transport.connect((message) => this.#receive(message));
    this.#send = (message) => connection.send(message);
    this.#stop = transport.onEngine((running) => this.#engineChanged(running));
  }

  /** Gives a command. Resolves always; `engine.away` when the engine is not there. */
  command<N extends CommandName>(name: N, args: CommandInput<N>): Promise<Outcome<CommandResult<N>>> {
    if (!this.#running) return Promise.resolve({ ok: false, error: away(false) });
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#waiting.set(id, (outcome) => resolve(outcome as Outcome<CommandResult<N>>));
      this.#send({ type: 'command', id, name, args });
    });
  }

  /**
   * Watches a live query. The same name and arguments share one subscription and one store. `release` when done; the
   * subscription ends {@link LINGER_MS} after its last user.
   */
  watch<N extends QueryName>(
    name: N,
    args: QueryInput<N>,
  ): { store: LiveStore<QueryRow<N> & AnyRow>; release: () => void } {
    const key = `${name} ${stableText(args)}`;
    let watch = this.#watches.get(key);
    if (watch === undefined) {
      watch = { name, args, store: createLiveStore<AnyRow>(), id: 0, users: 0, dropping: undefined };
      this.#watches.set(key, watch);
      if (this.#running) this.#subscribe(watch);
    }
    const mine = watch;
    clearTimeout(mine.dropping);
    mine.dropping = undefined;
    mine.users += 1;
    let released = false;
    return {
      store: mine.store as unknown as LiveStore<QueryRow<N> & AnyRow>,
      release: () => {
        if (released) return;
        released = true;
        mine.users -= 1;
        if (mine.users === 0) mine.dropping = setTimeout(() => this.#drop(key, mine), LINGER_MS);
      },
    };
  }

  /** Asks again for every query that was refused: after signing in or unlocking. */
  retryFailed(): void {
    if (!this.#running) return;
    for (const watch of this.#watches.values()) {
      if (watch.store.getState().state === 'failed') this.#subscribe(watch);
    }
  }

  /** Tells the engine that a person is there, so that the session does not lock. */
  alive(): void {
    if (this.#running) this.#send({ type: 'alive' });
  }

  /** Forgets everything; for tests and when the page goes. */
  close(): void {
    this.#stop();
    for (const watch of this.#watches.values()) clearTimeout(watch.dropping);
    this.#watches.clear();
    this.#byId.clear();
  }

  #subscribe(watch: Watch): void {
    this.#byId.delete(watch.id);
    watch.id = this.#nextId++;
    this.#byId.set(watch.id, watch);
    this.#send({ type: 'watch', id: watch.id, name: watch.name, args: watch.args });
  }

  #drop(key: string, watch: Watch): void {
    this.#watches.delete(key);
    this.#byId.delete(watch.id);
    if (this.#running) this.#send({ type: 'unwatch', id: watch.id });
  }

  #engineChanged(running: boolean): void {
    this.#running = running;
    if (running) {
      for (const watch of this.#watches.values()) this.#subscribe(watch);
      return;
    }
    for (const watch of this.#watches.values()) {
      if (watch.store.getState().state === 'live') watch.store.setState({ state: 'stale' });
    }
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const answer of waiting) answer({ ok: false, error: away(true) });
  }

  #receive(message: ToWindow): void {
    switch (message.type) {
      case 'done':
        this.#answer(message.id, { ok: true, value: message.value });
        return;
      case 'failed':
        this.#answer(message.id, { ok: false, error: message.error });
        return;
      case 'snapshot': {
        const watch = this.#byId.get(message.id);
        if (watch !== undefined) applySnapshot(watch.store, message.rows);
        return;
      }
      case 'delta': {
        const watch = this.#byId.get(message.id);
        if (watch !== undefined) applyDelta(watch.store, message.delta as Delta<AnyRow>);
        return;
      }
      case 'watchFailed':
        this.#byId.get(message.id)?.store.setState({ state: 'failed', error: message.error });
        return;
    }
  }

  #answer(id: number, outcome: Outcome<unknown>): void {
    const answer = this.#waiting.get(id);
    this.#waiting.delete(id);
    answer?.(outcome);
  }
}

/** JSON with sorted keys: the same arguments give the same text. */
export function stableText(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
