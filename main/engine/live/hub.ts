import { performance } from 'node:perf_hooks';
import { isDeepStrictEqual } from 'node:util';
import type { CollectionName } from '../../../shared/documents/index.ts';
import { toPlainError } from '../../../shared/errors.ts';
import type { ToWindow } from '../../../shared/ipc/messages.ts';
import type { Delta } from '../../../shared/ipc/spec.ts';
import type { Changed } from '../store/store.ts';
import type { Timers } from '../timers.ts';

/** What a live query listens to: collections of the store, or channels of the engine's memory such as `lines` or `trace:CHEM1`. */
export type Topic = CollectionName | `channel:${string}`;

interface Row {
  id: string;
}

interface Watch {
  id: number;
  topics: ReadonlySet<string>;
  run: () => Promise<Row[]>;
  send: (message: ToWindow) => void;
  last: Map<string, Row> | null;
  order: string[];
  busy: boolean;
  again: boolean;
  closed: boolean;
}

/** Changes of the rows of a query since it was last told; undefined when nothing changed. */
export function difference(
  last: Map<string, Row>,
  lastOrder: readonly string[],
  rows: Row[],
): Delta<Row> | undefined {
  const put: Row[] = [];
  for (const row of rows) {
    const before = last.get(row.id);
    if (before === row) continue;
    if (before === undefined || !isDeepStrictEqual(before, row)) put.push(row);
  }
  const order = rows.map((row) => row.id);
  const moved = order.length !== lastOrder.length || order.some((id, i) => id !== lastOrder[i]);
  if (put.length === 0 && !moved) return undefined;
  return moved ? { put, order } : { put };
}

/** The queries take at most one part in so many of the engine's time, and less of it where the engine has no time left … */
const SHARE = 4;
const SHARE_WHEN_BUSY = 8;
/** … and not more often than this, milliseconds … */
const PAUSE_WHEN_BUSY_MS = 100;
/** … that is, where it was at work for so much of the time since they last ran … */
const BUSY = 0.9;
/** … and are never further behind than this because of it, milliseconds. */
const MOST_PAUSE_MS = 300;

/** What may wait is told after so long, milliseconds. */
const LATER_MS = 1_000;

/**
 * Keeps live queries up to date: a change of one of its topics runs a query again and sends what differs: at once when all was quiet, else
 * `pause` milliseconds after the last run, or later when the runs took long. A query is never run twice at once, and a change during
 * a run is never missed.
 */
export class LiveHub {
  readonly #watches = new Set<Watch>();
  readonly #timers: Timers;
  readonly #pause: number;
  readonly #dirty = new Set<Watch>();
  #cancel: (() => void) | null = null;
  /** performance.now() before which nothing runs again. */
  #restUntil = 0;
  /** What may be told later, and how it is called off. */
  readonly #later = new Set<string>();
  #cancelLater: (() => void) | null = null;
  /** Says of a commit that what it changed may be told a little later: the queries take time from somebody who waits. */
  mayWait: (changed: Changed) => boolean = () => false;
  /** How long the engine had been at work and idle when queries last ran. */
  #work = performance.eventLoopUtilization();

  constructor(timers: Timers, pause = 25) {
    this.#timers = timers;
    this.#pause = pause;
  }

  /** Starts a live query: a snapshot, then deltas. Returns the way to stop. */
  watch(input: {
    id: number;
    topics: readonly Topic[];
    run: () => Promise<Row[]>;
    send: (message: ToWindow) => void;
  }): () => void {
    const watch: Watch = {
      ...input,
      topics: new Set(input.topics),
      last: null,
      order: [],
      busy: false,
      again: false,
      closed: false,
    };
    this.#watches.add(watch);
    void this.#refresh(watch);
    return () => {
      watch.closed = true;
      this.#watches.delete(watch);
      this.#dirty.delete(watch);
    };
  }

  /** Documents were changed. */
  committed(changed: Changed): void {
    if (this.mayWait(changed)) this.changedLater(Object.keys(changed));
    else this.changed(Object.keys(changed));
  }

  /** Something changed that nobody waits for: told together with whatever else changes within {@link LATER_MS}. */
  changedLater(topics: Iterable<string>): void {
    for (const topic of topics) this.#later.add(topic);
    this.#cancelLater ??= this.#timers.set(LATER_MS, () => {
      this.#cancelLater = null;
      const due = [...this.#later];
      this.#later.clear();
      this.changed(due);
    });
  }

  /** Something changed. */
  changed(topics: Iterable<string>): void {
    const list = [...topics];
    for (const watch of this.#watches)
      if (list.some((topic) => watch.topics.has(topic))) this.#dirty.add(watch);
    if (this.#dirty.size > 0 && this.#cancel === null) {
      const wait = Math.max(0, this.#restUntil - performance.now());
      this.#cancel = this.#timers.set(wait, () => {
        this.#cancel = null;
        const due = [...this.#dirty];
        this.#dirty.clear();
        const started = performance.now();
        this.#restUntil = started + this.#pause;
        void Promise.all(due.map((watch) => this.#refresh(watch))).then(() => {
          const took = performance.now() - started;
          const work = performance.eventLoopUtilization();
          const busy = performance.eventLoopUtilization(work, this.#work).utilization > BUSY;
          this.#work = work;
          const share = busy ? SHARE_WHEN_BUSY : SHARE;
          const least = busy ? Math.max(PAUSE_WHEN_BUSY_MS, this.#pause) : this.#pause;
          const rest = Math.min(MOST_PAUSE_MS, Math.max(least, took * (share - 1)));
          this.#restUntil = started + took + rest;
        });
      });
    }
  }

  /** Live queries open now. */
  get size(): number {
    return this.#watches.size;
  }

  async #refresh(watch: Watch): Promise<void> {
    if (watch.busy) {
      watch.again = true;
      return;
    }
    watch.busy = true;
    try {
      do {
        watch.again = false;
        const rows = await watch.run();
        if (watch.closed) return;
        this.#tell(watch, rows);
      } while (watch.again);
    } catch (error) {
      if (!watch.closed) watch.send({ type: 'watchFailed', id: watch.id, error: toPlainError(error) });
    } finally {
      watch.busy = false;
    }
    // A change that came during a run that failed still wants its own run.
    if (watch.again && !watch.closed) await this.#refresh(watch);
  }

  #tell(watch: Watch, rows: Row[]): void {
    if (watch.last === null) {
      watch.send({ type: 'snapshot', id: watch.id, rows });
    } else {
      const delta = difference(watch.last, watch.order, rows);
      if (delta !== undefined) watch.send({ type: 'delta', id: watch.id, delta });
    }
    watch.last = new Map(rows.map((row) => [row.id, row]));
    watch.order = rows.map((row) => row.id);
  }
}
