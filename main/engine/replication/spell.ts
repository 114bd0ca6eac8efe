/**
 * True for so long after an instant. A clock that is put back meanwhile ends it: nothing is to wait for hours because of that.
 * @param from when it began, `at` now, both in ms since the epoch
 */
export function isWithin(ms: number, from: number, at: number): boolean {
  return at >= from && at < from + ms;
}

/** Spells of time by name: each lasts until it is over or the clock is put back. */
export class Spells<K> {
  private readonly now: () => number;
  private readonly spells = new Map<K, { from: number; ms: number }>();

  /** @param now ms since the epoch */
  constructor(now: () => number) {
    this.now = now;
  }

  /** None is known; some that are known may be over. */
  get isEmpty(): boolean {
    return this.spells.size === 0;
  }

  begin(name: K, ms: number): void {
    this.spells.set(name, { from: this.now(), ms });
  }

  end(name: K): void {
    this.spells.delete(name);
  }

  clear(): void {
    this.spells.clear();
  }

  has(name: K): boolean {
    const spell = this.spells.get(name);
    return spell !== undefined && isWithin(spell.ms, spell.from, this.now());
  }

  /** Forgets those that are over. */
  tidy(): void {
    for (const name of this.spells.keys()) if (!this.has(name)) this.spells.delete(name);
  }

  /** When the next is over, ms since the epoch; undefined when none lasts. */
  nextEnd(): number | undefined {
    let next: number | undefined;
    for (const { from, ms } of this.spells.values())
      if (next === undefined || from + ms < next) next = from + ms;
    return next;
  }
}
