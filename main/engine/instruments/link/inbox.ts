import type { Timers } from '../../timers.ts';
import type { ReceivedMessage } from './ports.ts';

export interface InboxOptions {
  timers: Timers;
  maxBacklog: number;
  handle(message: ReceivedMessage): Promise<'stored' | 'failed'>;
  /** Told when the backlog grows beyond its limit, and when it has shrunk to half. */
  busy(busy: boolean): void;
  failed(note: string): void;
}

/** Hands received messages to their handler, one at a time and in order, and repeats the one that failed with back-off. */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #waiting: Promise<ReceivedMessage>[] = [];
  #working: Promise<void> = Promise.resolve();
  #active = false;
  #busy = false;
  #stopped = false;
  #wake: (() => void) | null = null;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  add(message: Promise<ReceivedMessage>): void {
    this.#waiting.push(message);
    this.#weigh();
    if (this.#active) return;
    this.#active = true;
    this.#working = this.#work();
  }

  /** Ends the repeats; what was not handled is in the journal and comes back at the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    await this.#working;
  }

  async #work(): Promise<void> {
    let failures = 0;
    for (let next = this.#waiting[0]; next !== undefined && !this.#stopped; next = this.#waiting[0]) {
      if (await this.#try(await next)) {
        failures = 0;
        this.#waiting.shift();
        this.#weigh();
        // Posting a backlog never leaves the turn of the event loop by itself: lines are read and acknowledged in between.
        if (this.#waiting.length > 0) await new Promise<void>((done) => setImmediate(done));
      } else if (!this.#stopped) {
        await this.#pause(Math.min(60_000, 1000 * 2 ** failures));
        failures = Math.min(failures + 1, 6);
      }
    }
    this.#active = false;
  }

  async #try(message: ReceivedMessage): Promise<boolean> {
    try {
      if ((await this.#options.handle(message)) === 'stored') return true;
      this.#options.failed('the message could not be posted and will be tried again');
    } catch (error) {
      const why = error instanceof Error ? error.name : 'unknown';
      this.#options.failed(`the message could not be posted (${why}) and will be tried again`);
    }
    return false;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((done) => {
      const cancel = this.#options.timers.set(ms, () => done());
      this.#wake = () => {
        cancel();
        done();
      };
    });
  }

  #weigh(): void {
    const limit = this.#options.maxBacklog;
    const busy = this.#waiting.length > (this.#busy ? limit / 2 : limit);
    if (busy === this.#busy) return;
    this.#busy = busy;
    this.#options.busy(busy);
  }
}
