/**
 * Keeps the engine running: starts it, watches it, restarts it with growing pauses, and says what it is doing.
 * Knows nothing of Electron or processes; both come in as {@link SupervisorParts}.
 */
import type { PlainError } from '../../shared/errors.ts';
import type {
  EngineState,
  EngineToShell,
  ShellToEngine,
  StartMessage,
  StationInfo,
} from '../../shared/ipc/envelope.ts';

/** A running engine process. */
export interface EngineChild {
  send(message: ShellToEngine): void;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** What the process tells about itself. `ended` comes exactly once. */
export interface EngineChildEvents {
  message(message: EngineToShell): void;
  ended(how: string): void;
}

export interface SupervisorParts {
  spawn(events: EngineChildEvents): EngineChild;
  /** A fresh start message each time: the engine's copy of the key is its own. */
  startMessage(): StartMessage;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Calls back once after `ms`; returns the way to prevent it. */
  after(ms: number, callback: () => void): () => void;
  onState(state: EngineState): void;
  /** Everything but the messages that are the supervisor's own business. */
  onMessage(message: Exclude<EngineToShell, { type: 'ready' | 'failed' | 'pong' }>): void;
}

const BEAT_MS = 5_000;
/** An engine that has not answered for so long is reported. */
export const SILENT_MS = 15_000;
const HEALTHY_MS = 60_000;
const LONGEST_PAUSE_S = 30;
const STOP_MS = 5_000;

/** Pause before the n-th restart in a row (n from 1): 1, 2, 4, 8, 16, 30, 30 ... seconds. */
export function restartPause(attempt: number): number {
  return Math.min(LONGEST_PAUSE_S, 2 ** (attempt - 1));
}

interface Running {
  child: EngineChild;
  ready: { station: StationInfo; version: string } | null;
  /** When it became ready, by {@link SupervisorParts.now}. */
  readyAt: number;
  lastSign: number;
  refusal: PlainError | null;
  /** Set while we are ending it. */
  ending: (() => void) | null;
}

export class EngineSupervisor {
  readonly #parts: SupervisorParts;
  #running: Running | null = null;
  #state: EngineState = { phase: 'starting' };
  #attempt = 0;
  #beat = 0;
  #stopping = false;
  #cancelTimers: (() => void)[] = [];

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Starts the engine, unless it runs. */
  start(): void {
    if (this.#running !== null || this.#stopping) return;
    this.#clearTimers();
    this.#setState({ phase: 'starting' });
    const running: Running = {
      child: NO_CHILD,
      ready: null,
      readyAt: 0,
      lastSign: 0,
      refusal: null,
      ending: null,
    };
    this.#running = running;
    running.child = this.#parts.spawn({
      message: (message) => this.#received(running, message),
      ended: (how) => this.#ended(running, how),
    });
    if (this.#running === running) running.child.send(this.#parts.startMessage());
  }

  /** Ends the engine if it runs, and starts it at once: a person asked for it. */
  async restart(): Promise<void> {
    this.#attempt = 0;
    await this.#end();
    this.start();
  }

  /** Ends the engine for good: asks it to, then SIGTERM after 5 s, then SIGKILL after 5 s more. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#clearTimers();
    await this.#end();
  }

  /** Sends a message, if the engine is ready to take it; otherwise tells so by `false`. */
  send(message: ShellToEngine): boolean {
    if (this.#running?.ready == null) return false;
    this.#running.child.send(message);
    return true;
  }

  #end(): Promise<void> {
    const running = this.#running;
    if (running === null) return Promise.resolve();
    return new Promise((resolve) => {
      running.ending = resolve;
      running.child.send({ type: 'shutdown' });
      this.#cancelTimers.push(this.#parts.after(STOP_MS, () => running.child.kill('SIGTERM')));
      this.#cancelTimers.push(this.#parts.after(2 * STOP_MS, () => running.child.kill('SIGKILL')));
    });
  }

  #received(running: Running, message: EngineToShell): void {
    running.lastSign = this.#parts.now();
    switch (message.type) {
      case 'ready':
        running.ready = { station: message.station, version: message.version };
        running.readyAt = running.lastSign;
        this.#setState({ phase: 'running', ...running.ready, silentForSeconds: null });
        this.#watch(running);
        break;
      case 'failed':
        running.refusal = message.error;
        this.#setState({ phase: 'stopped', why: message.error });
        this.#cancelTimers.push(this.#parts.after(STOP_MS, () => running.child.kill('SIGKILL')));
        break;
      case 'pong':
        break;
      default:
        this.#parts.onMessage(message);
    }
  }

  #watch(running: Running): void {
    const cancel = this.#parts.after(BEAT_MS, () => {
      if (this.#running !== running || running.ready === null) return;
      const silent = this.#parts.now() - running.lastSign;
      const silentForSeconds = silent >= SILENT_MS ? Math.floor(silent / 1000) : null;
      if (this.#state.phase === 'running' && this.#state.silentForSeconds !== silentForSeconds) {
        this.#setState({ phase: 'running', ...running.ready, silentForSeconds });
      }
      this.#beat += 1;
      running.child.send({ type: 'ping', beat: this.#beat });
      this.#watch(running);
    });
    this.#cancelTimers = [cancel];
  }

  #ended(running: Running, how: string): void {
    if (this.#running !== running) return;
    this.#running = null;
    this.#clearTimers();
    if (running.ending !== null) {
      running.ending();
      return;
    }
    if (running.refusal !== null) {
      this.#setState({ phase: 'stopped', why: running.refusal });
      return;
    }
    if (running.ready !== null && this.#parts.now() - running.readyAt >= HEALTHY_MS) this.#attempt = 0;
    this.#attempt += 1;
    const why: PlainError = {
      code: running.ready === null ? 'engine.failed-to-start' : 'engine.crashed',
      what:
        running.ready === null
          ? `The engine ended before it was ready (${how}).`
          : `The engine ended unexpectedly (${how}).`,
      safe: 'Everything acknowledged to an instrument or shown as saved is stored. Instruments send the rest again.',
      todo: 'It is started again by itself. If this repeats, send the diagnostics from Admin.',
      details: { attempt: this.#attempt },
    };
    this.#countDown(restartPause(this.#attempt), why);
  }

  #countDown(inSeconds: number, why: PlainError): void {
    if (inSeconds === 0) {
      this.start();
      return;
    }
    this.#setState({ phase: 'restarting', inSeconds, why });
    this.#cancelTimers = [this.#parts.after(1_000, () => this.#countDown(inSeconds - 1, why))];
  }

  #setState(state: EngineState): void {
    this.#state = state;
    this.#parts.onState(state);
  }

  #clearTimers(): void {
    for (const cancel of this.#cancelTimers) cancel();
    this.#cancelTimers = [];
  }
}

/** Stands in until `spawn` has returned. */
const NO_CHILD: EngineChild = { send: () => undefined, kill: () => undefined };
