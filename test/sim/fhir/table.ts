import { indexKeys } from './parameters.ts';
import type { Resource } from './resource.ts';

/** One stored version; `resource` and `text` are missing when this version is a deletion. */
export interface Version {
  id: string;
  versionId: string;
  /** How many versions the store had with this one. */
  seq: number;
  /** Milliseconds since the epoch: what `meta.lastUpdated` says. */
  stamp: number;
  resource: Resource | undefined;
  text: string | undefined;
}

/** All versions of one resource, oldest first. */
export interface Row {
  type: string;
  id: string;
  versions: Version[];
  keys: ReadonlySet<string>;
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

const NO_KEYS: ReadonlySet<string> = new Set();

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
  private readonly postings = new Map<string, Set<Row>>();
  private order: Entry[] = [];

  constructor(type: string) {
    this.type = type;
  }

  /** Rows having an index key (see `indexKeys`). */
  withKey(key: string): ReadonlySet<Row> | undefined {
    return this.postings.get(key);
  }

  /** Appends a version; the returned function undoes it. */
  append(id: string, version: Version): () => void {
    const known = this.rows.get(id);
    const row: Row = known ?? { type: this.type, id, versions: [], keys: NO_KEYS };
    if (known === undefined) this.rows.set(id, row);
    const before = row.keys;
    const wasLive = known !== undefined && current(known).resource !== undefined;
    row.versions.push(version);
    this.reindex(row, version.resource === undefined ? NO_KEYS : indexKeys(version.resource));
    this.live += Number(version.resource !== undefined) - Number(wasLive);
    this.insertOrdered({ row, version });
    return () => {
      this.live += Number(wasLive) - Number(version.resource !== undefined);
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
      if (rows.size > 1 && key.startsWith(prefix)) yield [key, rows];
    }
  }

  private reindex(row: Row, keys: ReadonlySet<string>): void {
    for (const key of row.keys) {
      if (keys.has(key)) continue;
      const rows = this.postings.get(key);
      rows?.delete(row);
      if (rows?.size === 0) this.postings.delete(key);
    }
    for (const key of keys) {
      if (row.keys.has(key)) continue;
      const rows = this.postings.get(key);
      if (rows === undefined) this.postings.set(key, new Set([row]));
      else rows.add(row);
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
