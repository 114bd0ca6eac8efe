import type { Overlay, Stored } from './overlay.ts';
import type { LeveyDatabase } from './sqlite/database.ts';
import type { LeveyStorageInstance } from './sqlite/storage.ts';
import type { DocumentHead } from './sqlite/tables.ts';

/** A document as the units before left it. */
interface Known {
  text: string | undefined;
  head: DocumentHead | undefined;
  /** What {@link text} says, where it was asked for. Nobody outside gets it. */
  document: Stored | undefined;
}

/** What a unit of work has read, of the file and of the units before it in the same group, and whether that is still so. */
export class UnitReads {
  readonly #database: LeveyDatabase;
  readonly #before: Map<string, Overlay>;
  /** What was read so far; a document is read once. */
  readonly #known = new Map<string, Map<string, Known>>();
  /** Revision of each document read, '' where there was none, by collection and id. */
  readonly #read = new Map<string, Map<string, string>>();
  readonly #searched = new Set<string>();
  /** Count of foreign writes of each collection when it was first read or searched. */
  readonly #foreign = new Map<string, number>();

  /** @param before what the units before, in the same group, have written */
  constructor(database: LeveyDatabase, before: Map<string, Overlay>) {
    this.#database = database;
    this.#before = before;
  }

  /** The collection, from which something is going to be read. */
  instance(collection: string): LeveyStorageInstance<Record<string, unknown>> {
    const instance = this.#database.instance(collection) as LeveyStorageInstance<Record<string, unknown>>;
    if (!this.#foreign.has(collection)) this.#foreign.set(collection, instance.foreignWrites);
    return instance;
  }

  /** The collection, in which something is going to be searched. */
  searched(collection: string): LeveyStorageInstance<Record<string, unknown>> {
    this.#searched.add(collection);
    return this.instance(collection);
  }

  /** True when the collection was searched. */
  hasSearched(collection: string): boolean {
    return this.#searched.has(collection);
  }

  /** What the units before left of a document, deleted ones too. */
  look(collection: string, id: string): Known {
    const byId = innerOf(this.#known, collection);
    let known = byId.get(id);
    if (known === undefined) {
      const instance = this.instance(collection);
      const written = this.#before.get(collection)?.get(id);
      const row = written === undefined ? instance.readRow(id) : undefined;
      known = { text: written?.text ?? row?.data, head: row, document: undefined };
      byId.set(id, known);
      this.note(collection, id, written?.document._rev ?? row?.rev);
    }
    return known;
  }

  /** The document as the units before left it, deleted ones too. Always the same object: not to be changed or handed out. */
  current(collection: string, id: string): Stored | undefined {
    const known = this.look(collection, id);
    if (known.text !== undefined) known.document ??= JSON.parse(known.text) as Stored;
    return known.document;
  }

  /** The caller has just made a document of this id: nothing is read. */
  fresh(collection: string, id: string): void {
    this.instance(collection);
    innerOf(this.#known, collection).set(id, { text: undefined, head: undefined, document: undefined });
    this.note(collection, id, undefined);
  }

  /** The unit relies on this revision of a document; undefined where there was none. */
  note(collection: string, id: string, rev: string | undefined): void {
    const reads = innerOf(this.#read, collection);
    if (!reads.has(id)) reads.set(id, rev ?? '');
  }

  /**
   * True when a document that was read is no longer the one that is stored. Only writes from elsewhere, or a unit before it that was `undone`, can
   * have changed one.
   */
  areStale(undone: boolean): boolean {
    for (const [collection, count] of this.#foreign) {
      const instance = this.#database.instance(collection);
      const foreign = instance.foreignWrites !== count;
      if (foreign && this.#searched.has(collection)) return true;
      if (!foreign && !undone) continue;
      for (const [id, rev] of this.#read.get(collection) ?? [])
        if (instance.revisionOf(id) !== rev) return true;
    }
    return false;
  }
}

/** What a map has for a collection, made when it is missing. */
export function innerOf<V>(of: Map<string, Map<string, V>>, collection: string): Map<string, V> {
  let inner = of.get(collection);
  if (inner === undefined) {
    inner = new Map();
    of.set(collection, inner);
  }
  return inner;
}
