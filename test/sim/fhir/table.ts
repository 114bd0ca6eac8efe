import { indexKeys } from './parameters.ts';
import type { Resource } from './resource.ts';

/**
 * One stored version; `text` is missing when this version is a deletion. Only the text is kept, so that a million resources fit: see
 * {@link resourceOf}.
 */
export interface Version {
  id: string;
  versionId: string;
  /** How many versions the store had with this one. */
  seq: number;
  /** Milliseconds since the epoch: what `meta.lastUpdated` says. */
  stamp: number;
  text: string | undefined;
}

/** The resource of a version, read from its text each time; undefined for a deletion. */
export function resourceOf({ text }: Pick<Version, 'text'>): Resource | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Resource);
}

/** All versions of one resource, oldest first. */
export interface Row {
  type: string;
  id: string;
  versions: Version[];
  /** Index keys, each once. */
  keys: readonly string[];
}

/** Place in the order of (lastUpdated, id). */
export interface Mark {
  stamp: number;
  id: string;
}

interface Entry {
  row: Row;
  version: Version;
}

const NO_KEYS: readonly string[] = [];

/** The newest version of a row. */
export function current(row: Row): Version {
  const last = row.versions.at(-1);
  if (last === undefined) throw new Error(`The row ${row.type}/${row.id} has no version`);
  return last;
}

/**
 * The resources of one type with two indexes: postings for tokens, references and uris, and an order by lastUpdated in
 * which superseded entries stay until {@link Table.compact}, so that no write moves the whole list.
 */
export class Table {
  readonly type: string;
  readonly rows = new Map<string, Row>();
  live = 0;
  /** Most keys have one row: a set is made for the second. */
  private readonly postings = new Map<string, Row | Set<Row>>();
  private readonly shared = new Map<string, string>();
  private order: Entry[] = [];

  constructor(type: string) {
    this.type = type;
  }

  /** Rows having an index key (see `indexKeys`). */
  withKey(key: string): ReadonlySet<Row> | undefined {
    const rows = this.postings.get(key);
    return rows === undefined || rows instanceof Set ? rows : new Set([rows]);
  }

  /** Has a row an index key? */
  hasKey(key: string, row: Row): boolean {
    const rows = this.postings.get(key);
    return rows === row || (rows instanceof Set && rows.has(row));
  }

  /** Appends a version whose text is `resource`; the returned function undoes it. */
  append(id: string, version: Version, resource: Resource | undefined): () => void {
    const known = this.rows.get(id);
    const row: Row = known ?? { type: this.type, id, versions: [], keys: NO_KEYS };
    if (known === undefined) this.rows.set(id, row);
    const before = row.keys;
    const wasLive = known !== undefined && current(known).text !== undefined;
    row.versions.push(version);
    this.reindex(row, resource === undefined ? NO_KEYS : this.keysOf(resource));
    this.live += Number(resource !== undefined) - Number(wasLive);
    this.insertOrdered({ row, version });
    return () => {
      this.live += Number(wasLive) - Number(resource !== undefined);
      row.versions.pop();
      this.reindex(row, before);
      if (row.versions.length === 0) this.rows.delete(id);
    };
  }

  /** Drops superseded entries from the order when they are the greater part; never inside a transaction. */
  compact(): void {
    if (this.order.length > 64 && this.order.length > 2 * this.rows.size) {
      this.order = this.order.filter((entry) => isCurrent(entry));
    }
  }

  /** Number of order entries at or after `stamp`: an upper bound for a scan. */
  countFrom(stamp: number): number {
    return this.order.length - this.position({ stamp, id: '' });
  }

  /** Current rows in ascending (lastUpdated, id), strictly after `after` when given, else from `stamp` on. */
  *ascending(stamp: number, after?: Mark): Generator<Row> {
    const from = after === undefined ? { stamp, id: '' } : after;
    for (let at = this.position(from); at < this.order.length; at += 1) {
      const entry = this.order[at];
      if (entry === undefined || !isCurrent(entry)) continue;
      if (after !== undefined && entry.version.stamp === after.stamp && entry.version.id <= after.id)
        continue;
      yield entry.row;
    }
  }

  /** Current rows in descending (lastUpdated, id). */
  *descending(): Generator<Row> {
    for (let at = this.order.length - 1; at >= 0; at -= 1) {
      const entry = this.order[at];
      if (entry !== undefined && isCurrent(entry)) yield entry.row;
    }
  }

  /** Index keys with the given prefix that more than one row has. */
  *sharedKeys(prefix: string): Generator<[string, ReadonlySet<Row>]> {
    for (const [key, rows] of this.postings) {
      if (rows instanceof Set && rows.size > 1 && key.startsWith(prefix)) yield [key, rows];
    }
  }

  /** Keys of a resource; those that many have are one string in memory. */
  private keysOf(resource: Resource): string[] {
    return [...indexKeys(resource)].map((key) => {
      const known = this.shared.get(key);
      if (known !== undefined) return known;
      if (this.postings.has(key)) this.shared.set(key, key);
      return key;
    });
  }

  private reindex(row: Row, keys: readonly string[]): void {
    for (const key of row.keys) {
      if (keys.includes(key)) continue;
      const rows = this.postings.get(key);
      if (rows instanceof Set) rows.delete(row);
      if (rows === row || (rows instanceof Set && rows.size === 0)) this.postings.delete(key);
    }
    for (const key of keys) {
      if (row.keys.includes(key)) continue;
      const rows = this.postings.get(key);
      if (rows === undefined) this.postings.set(key, row);
      else if (rows instanceof Set) rows.add(row);
      else if (rows !== row) this.postings.set(key, new Set([rows, row]));
    }
    row.keys = keys;
  }

  private insertOrdered(entry: Entry): void {
    const last = this.order.at(-1);
    if (last === undefined || before(last.version, entry.version)) this.order.push(entry);
    else this.order.splice(this.position(entry.version), 0, entry);
  }

  private position(mark: Mark): number {
    let low = 0;
    let high = this.order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = this.order[middle];
      if (entry !== undefined && before(entry.version, mark)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isCurrent(entry: Entry): boolean {
  return entry.row.versions.at(-1) === entry.version;
}

function before(a: Mark, b: Mark): boolean {
  return a.stamp < b.stamp || (a.stamp === b.stamp && a.id < b.id);
}
