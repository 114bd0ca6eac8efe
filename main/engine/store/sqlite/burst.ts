import { performance } from 'node:perf_hooks';

/** Entries that somebody waits for belong to one burst while each comes within so many milliseconds after the one before was stored. */
const GAP_MS = 3;
/** Other work gives way to a burst for so long at most, milliseconds, … */
const HOLD_MS = 300;
/** … and for so many times as long as it kept the lines waiting before. */
const SHARE = 3;

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
 * stored, and what is to be done with them waits. Instruments that never pause leave a quarter of the time to it, in slices as long as one piece
 * of work takes.
 */
export class Burst {
  readonly #isAwaited: () => boolean;
  readonly #clock: BurstClock;
  /** When other work was let go on. */
  #goneOnAt = Number.NEGATIVE_INFINITY;
  /** Until when lines that send go first. */
  #restUntil = Number.NEGATIVE_INFINITY;
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

  /** Entries that somebody waited for were stored. */
  stored(): void {
    this.#storedAt = this.#clock.now();
  }

  /** Resolves when it is over or other work has its turn, which is after {@link HOLD_MS} at the latest. Asked for before each piece of other work. */
  async over(): Promise<void> {
    const asked = this.#clock.now();
    // What was let go on last has ended now, or was idle meanwhile.
    const rest = Math.min(HOLD_MS, SHARE * (asked - this.#goneOnAt));
    this.#restUntil = Math.max(this.#restUntil, asked + rest);
    while (this.isOn && this.#clock.now() < this.#restUntil) await this.#clock.wait(1);
    this.#goneOnAt = this.#clock.now();
  }
}
