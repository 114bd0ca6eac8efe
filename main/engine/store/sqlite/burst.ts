import { performance } from 'node:perf_hooks';

/** Entries that somebody waits for belong to one burst while each comes within so many milliseconds after the one before was stored. */
const GAP_MS = 3;
/** Other work gives way to a burst for so long, milliseconds, … */
const HOLD_MS = 300;
/** … and then has its turn for so long, before it gives way again. */
const TURN_MS = 100;

/** The time a burst goes by. */
export interface BurstClock {
  /** Milliseconds of a clock that is never set. */
  now(): number;
  /** Resolves after so many milliseconds. */
  wait(ms: number): Promise<void>;
}

const CLOCK: BurstClock = {
  now: () => performance.now(),
  wait: (ms) => new Promise((next) => setTimeout(next, ms)),
};

/**
 * Whether instruments are sending just now: while messages follow each other without a pause, each is acknowledged as fast as it can be
 * stored, and what is to be done with them waits. Instruments that never pause leave a quarter of the time to it.
 */
export class Burst {
  readonly #isAwaited: () => boolean;
  readonly #clock: BurstClock;
  /** When other work began to give way. */
  #since = 0;
  #turnUntil = 0;
  #storedAt = Number.NEGATIVE_INFINITY;

  /** @param isAwaited somebody waits for an entry to be stored */
  constructor(isAwaited: () => boolean, clock: BurstClock = CLOCK) {
    this.#isAwaited = isAwaited;
    this.#clock = clock;
  }

  /** Somebody waits for an entry to be stored, or did a moment ago: the next may be on its way. */
  get isOn(): boolean {
    return this.#clock.now() - this.#storedAt <= GAP_MS || this.#isAwaited();
  }

  /** An entry came that somebody waits for. Told before it is one of those that wait. */
  came(): void {
    if (!this.isOn) this.#since = this.#clock.now();
  }

  /** Entries that somebody waited for were stored. */
  stored(): void {
    this.#storedAt = this.#clock.now();
  }

  /** Resolves when it is over or other work has its turn, which is after {@link HOLD_MS} at the latest. */
  async over(): Promise<void> {
    for (;;) {
      const now = this.#clock.now();
      if (!this.isOn || now < this.#turnUntil) return;
      if (now - this.#since > HOLD_MS) {
        this.#turnUntil = now + TURN_MS;
        this.#since = this.#turnUntil;
        return;
      }
      await this.#clock.wait(1);
    }
  }
}
