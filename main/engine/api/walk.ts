import { setImmediate as nextTurn } from 'node:timers/promises';
import { SyncState } from '../../../shared/documents/common.ts';
import type { DocOf } from '../../../shared/documents/index.ts';
import type { Replicated } from '../../../shared/fhir/mapping.ts';
import type { Reader } from '../store/store.ts';
import type { Mark } from './source.ts';

const CHUNK = 200;

/** A document with its collection. */
export interface Placed {
  collection: Replicated;
  doc: DocOf<Replicated>;
}

/** Is `a` before `b` in the order of last change, then id? */
export function isBefore(a: Mark, b: Mark): boolean {
  return a.updatedAt < b.updatedAt || (a.updatedAt === b.updatedAt && a.id < b.id);
}

/**
 * All documents of the collections in order of last change, then id, strictly after `after`. Reads a few hundred at a time along the
 * index (syncState, updatedAt) and merges the states: there is no index on the time of change alone.
 */
export async function* walk(
  reader: Reader,
  collections: readonly Replicated[],
  after: Mark | undefined,
): AsyncGenerator<Placed> {
  const lanes = collections.flatMap((collection) =>
    SyncState.options.map((state) => new Lane(reader, collection, state, after)),
  );
  for (;;) {
    let first: { lane: Lane; head: DocOf<Replicated> } | undefined;
    for (const lane of lanes) {
      const head = await lane.head();
      if (head !== undefined && (first === undefined || isBefore(head, first.head))) first = { lane, head };
    }
    if (first === undefined) return;
    first.lane.take();
    yield { collection: first.lane.collection, doc: first.head };
  }
}

/** The documents of one collection in one sync state, in order. */
class Lane {
  readonly collection: Replicated;
  readonly #reader: Reader;
  readonly #state: string;
  #last: Mark | undefined;
  #buffer: DocOf<Replicated>[] = [];
  #ended = false;

  constructor(reader: Reader, collection: Replicated, state: string, after: Mark | undefined) {
    this.#reader = reader;
    this.collection = collection;
    this.#state = state;
    this.#last = after;
  }

  async head(): Promise<DocOf<Replicated> | undefined> {
    if (this.#buffer.length === 0 && !this.#ended) await this.#fill();
    return this.#buffer[0];
  }

  take(): void {
    const doc = this.#buffer.shift();
    if (doc !== undefined) this.#last = { updatedAt: doc.updatedAt, id: doc.id };
  }

  /** First the rest of the instant reached, then later ones: many documents may share an instant. Between two reads others have their turn. */
  async #fill(): Promise<void> {
    await nextTurn();
    const last = this.#last;
    if (last !== undefined) {
      this.#buffer = await this.#read({ updatedAt: last.updatedAt, id: { $gt: last.id } });
      if (this.#buffer.length > 0) return;
    }
    this.#buffer = await this.#read(last === undefined ? {} : { updatedAt: { $gt: last.updatedAt } });
    this.#ended = this.#buffer.length === 0;
  }

  #read(rest: Record<string, unknown>): Promise<DocOf<Replicated>[]> {
    return this.#reader.find(this.collection, {
      selector: { syncState: this.#state, ...rest },
      sort: [{ syncState: 'asc' }, { updatedAt: 'asc' }, { id: 'asc' }],
      limit: CHUNK,
    });
  }
}
