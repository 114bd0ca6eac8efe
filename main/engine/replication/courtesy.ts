import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Timers } from '../timers.ts';
import { isWithin } from './spell.ts';

/** The bench counts as at work for so long after it stored something, in ms. */
const AT_WORK_MS = 400;
/** While it is, a pause is so many times as long as the piece of work before it. */
const SHARE = 10;
const SHORTEST_MS = 25;
const LONGEST_MS = 120;
/** What the bench has stored is shown within so long, in ms: nothing begins until then. */
const SHOWN_MS = 30;
/** How often it is looked whether something may begin, in ms, and how often at most: sending goes on however much comes in. */
const LOOK_MS = 4;
const LOOKS = 60;

/**
 * The bench comes first: replication works in small pieces, and while results are posted or somebody works at the window it pauses after each,
 * so that it takes a small part of the processor, and begins none while a line sends or something just stored is about to be shown. With
 * nothing else to do it goes on at once.
 */
export class Courtesy {
  private readonly now: () => number;
  private readonly timers: Timers;
  private readonly isAwaited: () => boolean;
  private actedAt = Number.NEGATIVE_INFINITY;
  /** How often something that is not replication's own was stored. */
  acts = 0;

  /** @param now ms since the epoch @param isAwaited an analyser or a person waits for the engine just now */
  constructor(now: () => number, timers: Timers, isAwaited: () => boolean = () => false) {
    this.now = now;
    this.timers = timers;
    this.isAwaited = isAwaited;
  }

  /** Something that is not replication's own was stored. */
  benchActed(): void {
    this.actedAt = this.now();
    this.acts += 1;
  }

  /** The bench is at work. */
  get isDue(): boolean {
    return isWithin(AT_WORK_MS, this.actedAt, this.now()) || this.isAwaited();
  }

  /** To be called after each piece of work. @param startedAt when it began, ms since the epoch */
  async breathe(startedAt: number): Promise<void> {
    if (!this.isDue) {
      await nextTurn();
      return;
    }
    const took = Math.max(1, this.now() - startedAt);
    await this.wait(Math.min(LONGEST_MS, Math.max(SHORTEST_MS, took * SHARE)));
    await this.quiet();
  }

  /** To be called before a piece of work that nothing was before: resolves when it disturbs nobody, or has waited long enough. */
  async quiet(): Promise<void> {
    for (let looks = 0; looks < LOOKS && this.isDisturbing; looks++) await this.wait(LOOK_MS);
  }

  private get isDisturbing(): boolean {
    return isWithin(SHOWN_MS, this.actedAt, this.now()) || this.isAwaited();
  }

  private wait(ms: number): Promise<void> {
    return new Promise<void>((resolve) => this.timers.set(ms, resolve));
  }
}
