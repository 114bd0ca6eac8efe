import { performance } from 'node:perf_hooks';

/** Entries that somebody waits for belong to one burst while each comes within so many milliseconds after the one before was stored. */
const GAP_MS = 3;
/** Other work gives way to a burst for so long, milliseconds. */
const MOST_MS = 500;

/**
 * Whether instruments are sending just now: while messages follow each other without a pause, each is acknowledged as fast as it can be
 * stored, and what is to be done with them waits.
 */
export class Burst {
  readonly #isAwaited: () => boolean;
  #since = 0;
  #storedAt = Number.NEGATIVE_INFINITY;

  /** @param isAwaited somebody waits for an entry to be stored */
  constructor(isAwaited: () => boolean) {
    this.#isAwaited = isAwaited;
  }

  /** Somebody waits for an entry to be stored, or did a moment ago: the next may be on its way. */
  get isOn(): boolean {
    return performance.now() - this.#storedAt <= GAP_MS || this.#isAwaited();
  }

  /** An entry came that somebody waits for. Told before it is one of those that wait. */
  came(): void {
    if (!this.isOn) this.#since = performance.now();
  }

  /** Entries that somebody waited for were stored. */
  stored(): void {
    this.#storedAt = performance.now();
  }

  /** Resolves when it is over, at most {@link MOST_MS} after it began. */
  async over(): Promise<void> {
    const since = this.#since;
    while (this.isOn && performance.now() - since <= MOST_MS)
      await new Promise<void>((next) => setTimeout(next, 1));
  }
}
