import type { Timers } from '../timers.ts';

/** Waits that can be cut short. A wake-up while nobody waits is kept for the next wait. */
export class Sleeper {
  private readonly timers: Timers;
  private readonly signal: AbortSignal;
  private roused = false;
  private interrupt: (() => void) | undefined;

  /** @param signal ends every wait at once */
  constructor(timers: Timers, signal: AbortSignal) {
    this.timers = timers;
    this.signal = signal;
    signal.addEventListener('abort', () => this.interrupt?.(), { once: true });
  }

  wake(): void {
    this.roused = true;
    this.interrupt?.();
  }

  /** Wakes who waits just now; with nobody waiting it is not kept. */
  rouse(): void {
    if (this.interrupt !== undefined) this.wake();
  }

  /** Waits so many ms, without a time until something wakes it. True when it was woken. */
  async sleep(ms: number | undefined): Promise<boolean> {
    if (!this.roused && !this.signal.aborted) await this.pause(ms);
    const { roused } = this;
    this.roused = false;
    return roused && !this.signal.aborted;
  }

  /** A short wait after a wake-up, so that a burst of changes travels together. */
  async gather(ms: number): Promise<void> {
    if (this.signal.aborted) return;
    await new Promise<void>((resolve) => this.timers.set(ms, resolve));
    this.roused = false;
  }

  private pause(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const cancel = ms === undefined ? () => undefined : this.timers.set(ms, () => done());
      const done = () => {
        cancel();
        this.interrupt = undefined;
        resolve();
      };
      this.interrupt = done;
    });
  }
}
