import type { Replicated } from '../../../shared/fhir/mapping.ts';
import type { Courtesy } from './courtesy.ts';
import type { AnyDoc } from './port.ts';
import { isWithin } from './spell.ts';

/** Some documents of the queue, in its order. */
export interface Page {
  docs: AnyDoc[];
  /** None stands behind them. */
  last: boolean;
  /** Resolves when what they say is on the disk. */
  onDisk: Promise<void>;
  /** When they were read, in ms since the epoch, and {@link Courtesy.acts} then. */
  readAt: number;
  acts: number;
}

/** What was read ahead is used for so long, in ms. */
const KEPT_MS = 1_000;

/**
 * What was read of the queue and did not go at once, so that it is not read again for the next request. It is used while nobody but replication
 * stores anything. What it misses is seen when the queue is read again; what is no longer as it was read is noticed when it is written down.
 */
export class ReadAhead {
  private readonly now: () => number;
  private readonly courtesy: Courtesy;
  private readonly pages = new Map<Replicated, Page>();

  constructor(now: () => number, courtesy: Courtesy) {
    this.now = now;
    this.courtesy = courtesy;
  }

  /** Something is known from before. */
  get isUsed(): boolean {
    return this.pages.size > 0;
  }

  /** What was kept of a collection, which is then no longer kept; undefined when nothing is known. */
  take(collection: Replicated): Page | undefined {
    const page = this.pages.get(collection);
    if (page === undefined) return undefined;
    this.pages.delete(collection);
    return this.isFresh(page) ? page : undefined;
  }

  /** Keeps what did not go of a page. */
  keep(collection: Replicated, page: Page): void {
    if (this.isFresh(page)) this.pages.set(collection, page);
  }

  forget(): void {
    this.pages.clear();
  }

  private isFresh({ readAt, acts }: Page): boolean {
    const { courtesy } = this;
    return acts === courtesy.acts && !courtesy.isDue && isWithin(KEPT_MS, readAt, this.now());
  }
}
