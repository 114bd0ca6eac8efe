import { failsAtThis } from './client.ts';
import { Spells } from './spell.ts';

/** Failures in a row after which a search is set aside. */
const TRIES = 4;
/** For so long at first, longer each time, and at most, in ms. */
const FIRST_MS = 5_000;
const MOST_MS = 60_000;

/**
 * Searches at which the server fails again and again while it answers others: too slow, or something in them breaks it. They are set aside for a
 * while, so that nothing else waits for them; a failure or two are a line that does not work.
 */
export class SetAside {
  private readonly failures = new Map<string, number>();
  private readonly spells: Spells<string>;
  private last: unknown;
  private answered = false;
  private leftOut = false;

  /** @param now ms since the epoch */
  constructor(now: () => number) {
    this.spells = new Spells(now);
  }

  /** A round begins. */
  begin(): void {
    this.answered = false;
    this.leftOut = false;
    this.last = undefined;
  }

  /** True for one that this round has to do without. */
  has(name: string): boolean {
    const isAside = this.spells.has(name);
    this.leftOut ||= isAside;
    return isAside;
  }

  /** Nothing was left out of this round, whether or not its time is over meanwhile. */
  get isWhole(): boolean {
    return !this.leftOut;
  }

  /** A search was answered. */
  reached(): void {
    this.answered = true;
  }

  /** One was carried out, or came further. */
  worked(name: string): void {
    this.failures.delete(name);
    this.spells.end(name);
  }

  /** One failed. @returns whether it is set aside and the others go on */
  failed(name: string, error: unknown): boolean {
    if (!failsAtThis(error)) return false;
    const times = (this.failures.get(name) ?? 0) + 1;
    this.failures.set(name, times);
    if (times < TRIES) return false;
    this.last = error;
    this.leftOut = true;
    this.spells.begin(name, Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(times - TRIES, 10)));
    return true;
  }

  /** All are asked for again. */
  clear(): void {
    this.spells.clear();
  }

  /** The round is over: where no search was answered it is the server that fails, and all are asked for in the next. @throws what failed last */
  end(): void {
    if (this.answered || this.last === undefined) return;
    this.spells.clear();
    throw this.last;
  }
}
