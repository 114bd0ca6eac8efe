/**
 * A line with a self-test in the middle: the session on one side, the device on the other. The test may take the line for itself (the session then sees it
 * closed), or stand in between and turn single answers into others. Whatever the device sends still passes through the session before it is acknowledged.
 */
import type { Timers } from '../../../timers.ts';
import {
  type Connection,
  nextConnectionId,
  type Transport,
  type TransportEvents,
} from '../../transports/transport.ts';

/** Stands in between: what each side sends, and what the other is given of it; null: nothing. */
export interface Between {
  fromDevice(bytes: Uint8Array): Uint8Array | null;
  fromHost(bytes: Uint8Array): Uint8Array | null;
  lost(): void;
}

/** Every byte on the wire, as it was. */
export type Watch = (direction: 'in' | 'out', bytes: Uint8Array) => void;

export class ProbeWire implements Transport {
  readonly kind: Transport['kind'];
  readonly #inner: Transport;
  readonly #timers: Timers;
  readonly #watch: Watch;
  #session: TransportEvents | null = null;
  #line: Connection | null = null;
  /** what the session holds of the line; null while the test has it */
  #shown: Connection | null = null;
  #taken = false;
  #between: Between | null = null;
  #heard: number[] = [];
  #wake: (() => void) | null = null;

  constructor(inner: Transport, timers: Timers, watch: Watch) {
    this.kind = inner.kind;
    this.#inner = inner;
    this.#timers = timers;
    this.#watch = watch;
  }

  start(session: TransportEvents): void {
    this.#session = session;
    this.#inner.start({
      opened: (line) => {
        this.#line = line;
        this.#heard = [];
        if (!this.#taken) this.#show();
        this.#wake?.();
      },
      data: (line, bytes) => {
        if (line !== this.#line) return;
        this.#watch('in', bytes);
        if (this.#taken) {
          this.#heard.push(...bytes);
          this.#wake?.();
          return;
        }
        const given = this.#between === null ? bytes : this.#between.fromDevice(bytes);
        if (given !== null && given.length > 0 && this.#shown !== null) session.data(this.#shown, given);
      },
      closed: (line, reason) => {
        if (line !== this.#line) return;
        this.#line = null;
        this.#between?.lost();
        this.#hide(reason);
        line.close();
        this.#wake?.();
      },
      status: (status) => session.status(status),
      count: (what) => session.count(what),
    });
  }

  async stop(): Promise<void> {
    this.#between = null;
    await this.#inner.stop();
    this.#wake?.();
  }

  get peer(): string {
    return this.#line?.peer ?? '';
  }

  get connected(): boolean {
    return this.#line !== null;
  }

  /** Takes the line from the session. What has come already stays with the session. */
  take(): void {
    this.#taken = true;
    this.#heard = [];
    this.#hide('the self-test has the line');
  }

  /** Gives the line back, with something in between. */
  give(between: Between | null): void {
    this.#taken = false;
    this.#between = between;
    if (this.#line !== null && this.#shown === null) this.#show();
  }

  /** Whether somebody is at the other end within this time. */
  async opened(ms: number): Promise<boolean> {
    if (this.#line === null) await this.#change(ms);
    return this.#line !== null;
  }

  /** Puts bytes of the test on the line. */
  write(bytes: Uint8Array): void {
    this.#watch('out', bytes);
    this.#line?.write(bytes);
  }

  /** The next byte from the device while the test has the line; null: none in time, or the line was lost. */
  async next(ms: number): Promise<number | null> {
    const until = Date.now() + ms;
    for (;;) {
      const byte = this.#heard.shift();
      if (byte !== undefined) return byte;
      const left = until - Date.now();
      if (left <= 0 || this.#line === null) return null;
      await this.#change(left);
    }
  }

  /** Forgets what has come and was not looked at. */
  forget(): void {
    this.#heard = [];
  }

  #change(ms: number): Promise<void> {
    return new Promise((done) => {
      const cancel = this.#timers.set(ms, () => end());
      const end = (): void => {
        this.#wake = null;
        cancel();
        done();
      };
      this.#wake = end;
    });
  }

  #show(): void {
    const line = this.#line;
    if (line === null) return;
    const shown: Connection = {
      id: nextConnectionId(),
      peer: line.peer,
      write: (bytes) => {
        if (this.#shown !== shown) return;
        const given = this.#between === null ? bytes : this.#between.fromHost(bytes);
        if (given === null || given.length === 0) return;
        this.#watch('out', given);
        line.write(given);
      },
      pause: () => line.pause(),
      resume: () => line.resume(),
      close: () => {
        if (this.#shown === shown) line.close();
      },
    };
    this.#shown = shown;
    this.#session?.opened(shown);
  }

  #hide(reason: string): void {
    const shown = this.#shown;
    this.#shown = null;
    if (shown !== null) this.#session?.closed(shown, reason);
  }
}
