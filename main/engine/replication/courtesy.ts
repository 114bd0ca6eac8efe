import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Timers } from '../timers.ts';

/** The bench counts as at work for so long after it stored something, in ms. */
const AT_WORK_MS = 400;
/** While it is, a pause is so many times as long as the piece of work before it. */
const SHARE = 10;
const SHORTEST_MS = 25;
const LONGEST_MS = 120;

/**
 * The bench comes first: replication works in small pieces, and while results are posted or somebody works at the window it pauses after each,
 * so that it takes a small part of the processor. With nothing else to do it goes on at once.
 */
export class Courtesy {
  private readonly now: () => number;
  private readonly timers: Timers;
  private atWorkUntil = 0;

  /** @param now ms since the epoch */
  constructor(now: () => number, timers: Timers) {
    this.now = now;
    this.timers = timers;
  }

  /** Something that is not replication's own was stored. */
  benchActed(): void {
    this.atWorkUntil = this.now() + AT_WORK_MS;
  }

  /** The bench is at work. */
  get isDue(): boolean {
    return this.now() < this.atWorkUntil;
  }

  /** To be called after each piece of work. @param startedAt when it began, ms since the epoch */
  async breathe(startedAt: number): Promise<void> {
    if (!this.isDue) {
      await nextTurn();
      return;
    }
    const took = Math.max(1, this.now() - startedAt);
    const ms = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, took * SHARE));
    await new Promise<void>((resolve) => this.timers.set(ms, resolve));
  }
}
