import type { Timers } from '../timers.ts';

/** How many times the length of a round is rested after it. */
const REST = 4;

/** A round over a long overlap is dear: what it took is rested several times over before the next, also where the server says that there is news. */
export class Rest {
  private readonly now: () => number;
  private readonly timers: Timers;
  private readonly wake: () => void;
  private until = 0;
  private newsWaits = false;

  /** @param now ms since the epoch @param wake called for news that no rest holds back any more */
  constructor(now: () => number, timers: Timers, wake: () => void) {
    this.now = now;
    this.timers = timers;
    this.wake = wake;
  }

  /** A round that counts for so many ms is over. @returns how long is rested, in ms */
  after(ms: number): number {
    this.until = this.now() + REST * ms;
    return REST * ms;
  }

  /** The server says that something changed. */
  news(): void {
    const wait = this.until - this.now();
    if (wait <= 0) this.wake();
    if (wait <= 0 || this.newsWaits) return;
    this.newsWaits = true;
    this.timers.set(wait, () => {
      this.newsWaits = false;
      this.wake();
    });
  }
}
