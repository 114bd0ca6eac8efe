import type { Timers } from '../timers.ts';
import type { Backoff } from './pace.ts';

export interface LineOptions {
  /** Asks the server who it is and what it can do. Rejects when it cannot be worked with now. */
  connect: () => Promise<void>;
  backoff: Backoff;
  timers: Timers;
  signal: AbortSignal;
  /** It does not work; it is tried again in so many ms. */
  onFailed: (error: unknown, waitMs: number) => void;
}

/**
 * Whether the server can be asked. Whoever works with it waits for {@link Line.ready}, tells {@link Line.failed} when there was no answer
 * and {@link Line.answered} when there was. While it is away only one attempt is made at a time, with growing waits, for all of them.
 */
export class Line {
  private readonly options: LineOptions;
  private open = false;
  private turn = 0;
  private opening: Promise<void> | undefined;
  private waitMs = 0;
  private skip: (() => void) | undefined;

  constructor(options: LineOptions) {
    this.options = options;
  }

  /** Resolves when the server may be asked, with a number that names this time; also when the station is stopping. */
  async ready(): Promise<number> {
    while (!this.open && !this.options.signal.aborted) {
      this.opening ??= this.openUp().finally(() => {
        this.opening = undefined;
      });
      await this.opening;
    }
    return this.turn;
  }

  /** What was asked in that turn got no usable answer. Several that fail in the same turn count once. */
  failed(error: unknown, turn: number): void {
    if (turn !== this.turn) return;
    this.turn += 1;
    this.open = false;
    this.waitMs = this.options.backoff.next();
    this.options.onFailed(error, this.waitMs);
  }

  /** Work got its answer: the next failure begins with a short wait. */
  answered(): void {
    this.options.backoff.reset();
  }

  /** Tries at once. */
  now(): void {
    this.options.backoff.reset();
    this.waitMs = 0;
    this.skip?.();
  }

  private async openUp(): Promise<void> {
    await this.wait();
    if (this.options.signal.aborted) return;
    try {
      await this.options.connect();
      this.open = true;
    } catch (error) {
      if (!this.options.signal.aborted) this.failed(error, this.turn);
    }
  }

  private async wait(): Promise<void> {
    const { timers, signal } = this.options;
    const ms = this.waitMs;
    this.waitMs = 0;
    if (ms === 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener('abort', done);
        this.skip = undefined;
        resolve();
      };
      const cancel = timers.set(ms, done);
      signal.addEventListener('abort', done, { once: true });
      this.skip = done;
    });
  }
}
