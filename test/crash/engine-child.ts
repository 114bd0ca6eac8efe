/** A real engine process, spoken to as the shell does, and the windows that are open on it. */
import { type ChildProcess, fork } from 'node:child_process';
import { engineNode, projectRoot } from '../../build/paths.ts';
import type { PlainError } from '../../shared/errors.ts';
import type {
  CommandInput,
  CommandName,
  CommandResult,
  QueryInput,
  QueryName,
  QueryRow,
} from '../../shared/ipc/contract.ts';
import { ENGINE_FLAGS } from '../../shared/ipc/engine-flags.ts';
import type { EngineToShell, ShellToEngine } from '../../shared/ipc/envelope.ts';
import type { ToWindow } from '../../shared/ipc/messages.ts';

/** What a command or query ends with when the engine's process is no more: nobody knows what became of it. */
export class EngineGone extends Error {
  constructor() {
    super('the engine is gone');
    this.name = 'EngineGone';
  }
}

export interface ChildOptions {
  dataDir: string;
  stationFile: string;
  /** Hex. */
  key: string;
  /** Called with every line of the engine's log. */
  onLog?: (line: string) => void;
}

const START_MS = 60_000;

interface Waiting {
  give: (message: ToWindow) => void;
  gone: () => void;
}

/** One process of the engine, from its start to its end. */
export class EngineChild {
  readonly #options: ChildOptions;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<string, Map<number, Waiting>>();
  readonly exited: Promise<string>;
  #ended = false;
  #id = 0;

  constructor(options: ChildOptions) {
    this.#options = options;
    this.#child = fork(`${projectRoot}/main/engine/main.ts`, [], {
      execPath: engineNode,
      execArgv: [...ENGINE_FLAGS],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.exited = new Promise((done) => {
      this.#child.on('exit', (code, signal) => {
        this.#ended = true;
        for (const client of this.#waiting.values()) for (const one of [...client.values()]) one.gone();
        done(signal ?? `exit code ${code}`);
      });
    });
    let rest = '';
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) options.onLog?.(line);
    });
    this.#child.on('message', (message) => {
      const from = message as EngineToShell;
      if (from.type !== 'to-window') return;
      const to = from.message as ToWindow;
      this.#waiting.get(from.clientId)?.get(to.id)?.give(to);
    });
  }

  /** Gives the key and waits until the engine is ready. Rejects with {@link EngineGone}, or with the engine's refusal. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the engine was not ready in time')), START_MS);
      const end = (then: () => void) => {
        clearTimeout(timer);
        this.#child.off('message', listen);
        then();
      };
      const listen = (raw: unknown) => {
        const message = raw as EngineToShell;
        if (message.type === 'ready') end(resolve);
        if (message.type === 'failed')
          end(() => reject(new Error(`${message.error.code}: ${message.error.what}`)));
      };
      this.#child.on('message', listen);
      void this.exited.then(() => end(() => reject(new EngineGone())));
      const { dataDir, stationFile, key } = this.#options;
      this.#send({ type: 'start', dataDir, stationFile, key: Uint8Array.from(Buffer.from(key, 'hex')) });
    });
  }

  /** kill -9. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Asks for a clean end. @returns how the process ended, `exit code 0` when all is well. */
  shutdown(): Promise<string> {
    this.#send({ type: 'shutdown' });
    return this.exited;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Opens a window. */
  open(clientId: string): ChildClient {
    this.#waiting.set(clientId, new Map());
    this.#send({ type: 'client', clientId, event: 'opened' });
    return new ChildClient(this, clientId);
  }

  /** One request of a window; `hear` ends it by giving something back. */
  ask<T>(
    clientId: string,
    message: Record<string, unknown>,
    hear: (message: ToWindow) => { value: T } | { error: PlainError } | undefined,
  ): Promise<T> {
    const waiting = this.#waiting.get(clientId);
    if (this.#ended || waiting === undefined) return Promise.reject(new EngineGone());
    this.#id += 1;
    const id = this.#id;
    return new Promise((resolve, reject) => {
      waiting.set(id, {
        give: (heard) => {
          const end = hear(heard);
          if (end === undefined) return;
          waiting.delete(id);
          if (message.type === 'watch')
            this.#send({ type: 'to-engine', clientId, message: { type: 'unwatch', id } });
          if ('value' in end) resolve(end.value);
          else reject(end.error);
        },
        gone: () => reject(new EngineGone()),
      });
      this.#send({ type: 'to-engine', clientId, message: { ...message, id } });
    });
  }

  #send(message: ShellToEngine): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}

/** A window of an {@link EngineChild}. */
export class ChildClient {
  readonly #child: EngineChild;
  readonly #clientId: string;

  constructor(child: EngineChild, clientId: string) {
    this.#child = child;
    this.#clientId = clientId;
  }

  /** Gives a command; rejects with the engine's {@link PlainError} or {@link EngineGone}. */
  command<N extends CommandName>(name: N, args: CommandInput<N>): Promise<CommandResult<N>> {
    return this.#child.ask<CommandResult<N>>(this.#clientId, { type: 'command', name, args }, (message) => {
      if (message.type === 'done') return { value: message.value as CommandResult<N> };
      return message.type === 'failed' ? { error: message.error } : undefined;
    });
  }

  /** The rows of a query as they are now. */
  rows<N extends QueryName>(name: N, args: QueryInput<N>): Promise<QueryRow<N>[]> {
    return this.#child.ask<QueryRow<N>[]>(this.#clientId, { type: 'watch', name, args }, (message) => {
      if (message.type === 'snapshot') return { value: message.rows as QueryRow<N>[] };
      return message.type === 'watchFailed' ? { error: message.error } : undefined;
    });
  }
}
