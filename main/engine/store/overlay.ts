import type { RxDocumentData } from 'rxdb';

export type Stored = RxDocumentData<Record<string, unknown>>;

/** A written document that is not stored yet: as an object, never handed out, and as its JSON text, of which every reader gets a copy. */
export interface Unstored {
  document: Stored;
  text: string;
}

/** Ids by the values of some fields; with `begins` by so many characters of the one field. */
interface Index {
  fields: readonly string[];
  begins: number;
  ids: Map<string, Set<string>>;
}

/**
 * The written and not yet stored documents of one collection. Found by id, and by the values of some fields through an index that is made
 * when it is first asked for, so that searching stays cheap however much a unit writes.
 */
export class Overlay {
  readonly #byId = new Map<string, Unstored>();
  readonly #indexes = new Map<string, Index>();

  get size(): number {
    return this.#byId.size;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  get(id: string): Unstored | undefined {
    return this.#byId.get(id);
  }

  set(id: string, entry: Unstored): void {
    const before = this.#byId.get(id);
    this.#byId.set(id, entry);
    for (const index of this.#indexes.values()) {
      if (before !== undefined) index.ids.get(keyOf(before.document, index))?.delete(id);
      add(index.ids, keyOf(entry.document, index), id);
    }
  }

  values(): IterableIterator<Unstored> {
    return this.#byId.values();
  }

  /** Those that have these values in these fields, or, with `begins`, a text in the one field that begins so; deleted ones too. */
  equal(fields: readonly string[], values: readonly string[], begins = false): Unstored[] {
    const length = begins ? (values[0] as string).length : 0;
    const name = begins ? `${fields[0]} ${length}` : fields.join();
    let index = this.#indexes.get(name);
    if (index === undefined) {
      index = { fields, begins: length, ids: new Map() };
      for (const [id, { document }] of this.#byId) add(index.ids, keyOf(document, index), id);
      this.#indexes.set(name, index);
    }
    const key = values.length === 1 ? (values[0] as string) : JSON.stringify(values);
    const found: Unstored[] = [];
    for (const id of index.ids.get(key) ?? []) found.push(this.#byId.get(id) as Unstored);
    return found;
  }
}

function keyOf(document: Stored, { fields, begins }: Index): string {
  if (begins > 0) return String(document[fields[0] as string]).slice(0, begins);
  if (fields.length === 1) return String(document[fields[0] as string]);
  return JSON.stringify(fields.map((field) => document[field]));
}

function add(ids: Map<string, Set<string>>, key: string, id: string): void {
  const known = ids.get(key);
  if (known === undefined) ids.set(key, new Set([id]));
  else known.add(id);
}

/** The overlay of a collection in `overlays`, made when it is missing. */
export function overlayOf(overlays: Map<string, Overlay>, collection: string): Overlay {
  let overlay = overlays.get(collection);
  if (overlay === undefined) {
    overlay = new Overlay();
    overlays.set(collection, overlay);
  }
  return overlay;
}
