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
  closed: boolean;
  /** performance.now() before which it does not run again */
  restUntil: number;
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

/** A query takes at most one part in so many of the engine's time, and less of it where the engine has no time left … */
const SHARE = 4;
const SHARE_WHEN_BUSY = 12;
/** … and not more often than this, milliseconds … */
const PAUSE_WHEN_BUSY_MS = 200;
/** … that is, where it was at work for so much of the time, looked at no more often than every so many milliseconds … */
const BUSY = 0.9;
const LOOK_MS = 250;
/** … and is never further behind than this because of it, milliseconds. */
const MOST_PAUSE_MS = 300;

/** While something else comes first a query waits so long and asks again, milliseconds … */
const HELD_MS = 3;
/** … for so long at most. */
const MOST_HELD_MS = 150;

/** What may wait is told after so long, milliseconds. */
const LATER_MS = 1_000;

/**
 * Keeps live queries up to date: a change of one of its topics runs a query again and sends what differs: at once when it has rested, else
 * `pause` milliseconds after its last run, or later when that took long. Each query rests by itself: the light of a line, told while its
 * message is being posted, does not hold up the list of results. A query is never run twice at once, and a change during a run is never
 * missed.
 */
export class LiveHub {
  readonly #watches = new Set<Watch>();
  readonly #byTopic = new Map<string, Set<Watch>>();
  readonly #timers: Timers;
  readonly #pause: number;
  readonly #dirty = new Set<Watch>();
  /** The next run: performance.now() it is meant for, and how it is called off. */
  #next: { at: number; cancel: () => void } | null = null;
  /** What may be told later, and how it is called off. */
  readonly #later = new Set<string>();
  #cancelLater: (() => void) | null = null;
  /** Says of a commit that what it changed may be told a little later: the queries take time from somebody who waits. */
  mayWait: (changed: Changed) => boolean = () => false;
  /** Says that the event loop has something to do that is more urgent than showing what changed. */
  isHeld: () => boolean = () => false;
  /** How long the engine had been at work and idle when it was last looked at, when that was, and whether it had time left. */
  #work = performance.eventLoopUtilization();
  #lookedAt = performance.now();
  #busy = false;

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
      closed: false,
      restUntil: 0,
    };
    this.#watches.add(watch);
    for (const topic of watch.topics) {
      const others = this.#byTopic.get(topic);
      if (others === undefined) this.#byTopic.set(topic, new Set([watch]));
      else others.add(watch);
    }
    void this.#refresh(watch);
    return () => {
      watch.closed = true;
      this.#watches.delete(watch);
      for (const topic of watch.topics) {
        const others = this.#byTopic.get(topic);
        others?.delete(watch);
        if (others?.size === 0) this.#byTopic.delete(topic);
      }
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
    let news = false;
    for (const topic of topics) {
      for (const watch of this.#byTopic.get(topic) ?? []) {
        if (this.#dirty.has(watch)) continue;
        this.#dirty.add(watch);
        news = true;
      }
    }
    // What was changed already is planned, or will be when it has run.
    if (news) this.#plan();
  }

  /** Sees to it that what changed runs as soon as the first of it has rested; what runs just now is planned when it is done. */
  #plan(): void {
    let at = Number.POSITIVE_INFINITY;
    for (const watch of this.#dirty) if (!watch.busy) at = Math.min(at, watch.restUntil);
    if (at === Number.POSITIVE_INFINITY || (this.#next !== null && this.#next.at <= at)) return;
    this.#next?.cancel();
    this.#next = { at, cancel: this.#timers.set(Math.max(0, at - performance.now()), () => this.#run(at)) };
  }

  /** Runs what has rested until `at`, or a little later while that is held. */
  #run(at: number): void {
    const now = performance.now();
    if (this.isHeld() && now < at + MOST_HELD_MS) {
      this.#next = { at, cancel: this.#timers.set(HELD_MS, () => this.#run(at)) };
      return;
    }
    this.#next = null;
    const rested = Math.max(at, now);
    for (const watch of [...this.#dirty]) {
      if (watch.busy || watch.restUntil > rested) continue;
      this.#dirty.delete(watch);
      void this.#refresh(watch);
    }
    this.#plan();
  }

  /** How long a query rests that took so long, milliseconds. */
  #rest(took: number): number {
    const now = performance.now();
    if (now - this.#lookedAt > LOOK_MS) {
      const work = performance.eventLoopUtilization();
      this.#busy = performance.eventLoopUtilization(work, this.#work).utilization > BUSY;
      this.#work = work;
      this.#lookedAt = now;
    }
    const least = this.#busy ? Math.max(PAUSE_WHEN_BUSY_MS, this.#pause) : this.#pause;
    return Math.min(MOST_PAUSE_MS, Math.max(least, took * ((this.#busy ? SHARE_WHEN_BUSY : SHARE) - 1)));
  }

  /** Live queries open now. */
  get size(): number {
    return this.#watches.size;
  }

  async #refresh(watch: Watch): Promise<void> {
    watch.busy = true;
    const started = performance.now();
    try {
      const rows = await watch.run();
      if (!watch.closed) this.#tell(watch, rows);
    } catch (error) {
      if (!watch.closed) watch.send({ type: 'watchFailed', id: watch.id, error: toPlainError(error) });
    }
    watch.busy = false;
    const ended = performance.now();
    watch.restUntil = ended + this.#rest(ended - started);
    if (!watch.closed) this.#plan();
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
