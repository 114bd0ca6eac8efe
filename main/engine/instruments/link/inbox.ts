import type { Timers } from '../../timers.ts';
import type { ReceivedMessage } from './ports.ts';

/** Messages handed over together at most. */
const MOST_TOGETHER = 10;
/**
 * Messages that may wait before the instrument is told to. They are in the journal, so only memory sets the limit, and an instrument that is told
 * to wait loses ten seconds each time (L6).
 */
const MOST_WAITING = 20_000;
/** The same in bytes. */
const MOST_BYTES = 16 * 1024 * 1024;

export interface InboxOptions {
  timers: Timers;
  /** Messages that may wait before the instrument is told to. Default {@link MOST_WAITING}. */
  maxBacklog?: number | undefined;
  handle(message: ReceivedMessage): Promise<'stored' | 'failed'>;
  /** Handles several that wait, in their order, all or none. When they failed each is handed over alone. */
  handleTogether?(messages: readonly ReceivedMessage[]): Promise<'stored' | 'failed'>;
  /** Told when the backlog grows beyond its limit, and when it has shrunk to half. */
  busy(busy: boolean): void;
  failed(note: string): void;
}

/** A message that waits; `ready` once its journal rows are known. */
interface Waiting {
  message: Promise<ReceivedMessage>;
  ready: ReceivedMessage | null;
}

/**
 * Hands received messages to their handler in order: one at a time, or those that wait together, and repeats the one that failed with back-off.
 */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #waiting: Waiting[] = [];
  #bytes = 0;
  #working: Promise<void> = Promise.resolve();
  #active = false;
  #busy = false;
  #stopped = false;
  #wake: (() => void) | null = null;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  add(message: Promise<ReceivedMessage>): void {
    const waiting: Waiting = { message, ready: null };
    void message.then((ready) => {
      waiting.ready = ready;
      this.#bytes += ready.text.length;
      this.#weigh();
    });
    this.#waiting.push(waiting);
    this.#weigh();
    if (this.#active) return;
    this.#active = true;
    this.#working = this.#work();
  }

  /** Messages that wait, with those that are being handled. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Ends the repeats; what was not handled is in the journal and comes back at the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    await this.#working;
  }

  async #work(): Promise<void> {
    let failures = 0;
    /** Messages still to be handed over alone after they failed together. */
    let alone = 0;
    for (let next = this.#waiting[0]; next !== undefined && !this.#stopped; next = this.#waiting[0]) {
      const first = await next.message;
      const together = alone > 0 ? [first] : this.#together(first);
      const handled = await this.#try(together);
      if (handled) {
        failures = 0;
        alone = Math.max(0, alone - together.length);
        this.#waiting.splice(0, together.length);
        for (const { text } of together) this.#bytes -= text.length;
        this.#weigh();
        // Posting a backlog never leaves the turn of the event loop by itself: lines are read and acknowledged in between.
        if (this.#waiting.length > 0) await new Promise<void>((done) => setImmediate(done));
      } else if (together.length > 1) {
        alone = together.length;
      } else if (!this.#stopped) {
        await this.#pause(Math.min(60_000, 1000 * 2 ** failures));
        failures = Math.min(failures + 1, 6);
      }
    }
    this.#active = false;
  }

  /** The first message and those behind it that can be handled with it. */
  #together(first: ReceivedMessage): ReceivedMessage[] {
    const together = [first];
    if (this.#options.handleTogether === undefined) return together;
    for (const { ready } of this.#waiting.slice(1, MOST_TOGETHER)) {
      if (ready === null) break;
      together.push(ready);
    }
    return together;
  }

  async #try(messages: readonly ReceivedMessage[]): Promise<boolean> {
    const [first] = messages as [ReceivedMessage];
    try {
      if (messages.length > 1) return (await this.#options.handleTogether?.(messages)) === 'stored';
      if ((await this.#options.handle(first)) === 'stored') return true;
      this.#options.failed('the message could not be posted and will be tried again');
    } catch (error) {
      if (messages.length > 1) return false;
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
    const part = this.#busy ? 0.5 : 1;
    const { maxBacklog = MOST_WAITING } = this.#options;
    const busy = this.#waiting.length > maxBacklog * part || this.#bytes > MOST_BYTES * part;
    if (busy === this.#busy) return;
    this.#busy = busy;
    this.#options.busy(busy);
  }
}
