import { randomUUID } from 'node:crypto';
import { FhirError } from './outcome.ts';
import type { Meta, Resource } from './resource.ts';
import type { Switches } from './switches.ts';
import { current, type Row, resourceOf, Table, type Version } from './table.ts';

/** One version on its way to a file. */
export interface StoredVersion {
  type: string;
  id: string;
  versionId: string;
  stamp: number;
  text: string | undefined;
}

/** Where versions are kept besides memory. */
export interface Persistence {
  load(): Iterable<StoredVersion>;
  save(versions: readonly StoredVersion[]): void;
  /** Drops everything after the first `count` versions. */
  truncate(count: number): void;
  close(): void;
}

/** The resources of the server: in memory, written through to a file when there is one. All calls are synchronous. */
export class Store {
  private readonly tables = new Map<string, Table>();
  private readonly persistence: Persistence | undefined;
  private undo: (() => void)[] = [];
  private pending: StoredVersion[] = [];
  private depth = 0;
  /** What was there before a backup was restored, as `Type/id`. */
  private readonly vanished = new Set<string>();
  /** Stored versions, deletions included. */
  versions = 0;
  /** How versions are made; see {@link Switches}. */
  rules: Pick<Switches, 'versionIds' | 'identicalPut'> = { versionIds: 'random', identicalPut: 'noVersion' };
  /** Sees what was committed. */
  onCommit: (versions: readonly StoredVersion[]) => void = () => undefined;

  constructor(persistence?: Persistence) {
    this.persistence = persistence;
    for (const stored of persistence?.load() ?? []) {
      this.versions += 1;
      const { type, ...version } = stored;
      this.table(type).append(stored.id, { ...version, seq: this.versions }, resourceOf(stored));
    }
  }

  /**
   * Goes back to what there was when `versions` stood at `mark`, as after restoring a backup: later ids vanish, changed resources go back to
   * their version of then, deleted ones are there again.
   */
  restore(mark: number): void {
    const kept: { type: string; version: Version }[] = [];
    for (const table of this.tables.values()) {
      for (const row of table.rows.values()) {
        if ((row.versions[0]?.seq ?? 0) > mark) this.vanished.add(`${row.type}/${row.id}`);
        for (const version of row.versions) if (version.seq <= mark) kept.push({ type: row.type, version });
      }
    }
    kept.sort((a, b) => a.version.seq - b.version.seq);
    this.tables.clear();
    this.versions = kept.length;
    for (const { type, version } of kept) this.table(type).append(version.id, version, resourceOf(version));
    this.persistence?.truncate(mark);
  }

  /** Was there ever such a resource, even one that vanished or was deleted? */
  wasKnown(type: string, id: string): boolean {
    return this.row(type, id) !== undefined || this.vanished.has(`${type}/${id}`);
  }

  /** The table of a type, made on first use. */
  table(type: string): Table {
    let table = this.tables.get(type);
    if (table === undefined) {
      table = new Table(type);
      this.tables.set(type, table);
    }
    return table;
  }

  /** Tables that were ever used. */
  allTables(): Iterable<Table> {
    return this.tables.values();
  }

  /** The row of a resource, also when deleted. */
  row(type: string, id: string): Row | undefined {
    return this.tables.get(type)?.rows.get(id);
  }

  /**
   * The current version of a resource.
   * @throws FhirError 404 never seen, 410 deleted
   */
  read(type: string, id: string): Version & { resource: Resource; text: string } {
    const row = this.row(type, id);
    if (row === undefined) throw new FhirError(404, 'not-found', `${type}/${id} is not known`);
    const version = current(row);
    const resource = resourceOf(version);
    if (resource === undefined || version.text === undefined) {
      throw new FhirError(410, 'deleted', `${type}/${id} is deleted`);
    }
    return { ...version, resource, text: version.text };
  }

  /**
   * Writes a version stamped `stamp` (ms). Without `id` the server assigns a UUID. The same content again makes no new
   * version.
   */
  write(
    resource: Resource,
    stamp: number,
    id: string = randomUUID(),
  ): { version: Version; created: boolean } {
    const row = this.row(resource.resourceType, id);
    const existing = row === undefined ? undefined : current(row);
    if (existing !== undefined && this.rules.identicalPut === 'noVersion') {
      const before = resourceOf(existing);
      if (before !== undefined && sameContent(before, resource)) return { version: existing, created: false };
    }
    const versionId = this.versionId(row);
    const meta: Meta = { ...resource.meta, versionId, lastUpdated: new Date(stamp).toISOString() };
    const { resourceType, id: _ignored, meta: _replaced, ...rest } = resource;
    const stored: Resource = { resourceType, id, meta, ...rest };
    const made = { id, versionId, stamp, text: JSON.stringify(stored) };
    const version = this.append(resourceType, made, stored);
    return { version, created: existing === undefined };
  }

  /** Marks a resource deleted. */
  remove(type: string, id: string, stamp: number): Version {
    this.read(type, id);
    const versionId = this.versionId(this.row(type, id));
    return this.append(type, { id, versionId, stamp, text: undefined }, undefined);
  }

  /** Runs `work` as a whole or not at all. Transactions nest; the outermost one saves to the file. */
  transaction<T>(work: () => T): T {
    const undoMark = this.undo.length;
    const pendingMark = this.pending.length;
    this.depth += 1;
    try {
      const result = work();
      if (this.depth === 1) this.commit();
      return result;
    } catch (error) {
      while (this.undo.length > undoMark) this.undo.pop()?.();
      this.pending.length = pendingMark;
      throw error;
    } finally {
      this.depth -= 1;
    }
  }

  /** Closes the file. */
  close(): void {
    this.persistence?.close();
  }

  private commit(): void {
    const committed = this.pending;
    if (committed.length > 0) this.persistence?.save(committed);
    const touched = new Set(committed.map((stored) => stored.type));
    this.pending = [];
    this.undo = [];
    for (const type of touched) this.table(type).compact();
    if (committed.length > 0) this.onCommit(committed);
  }

  private versionId(row: Row | undefined): string {
    return this.rules.versionIds === 'random' ? randomUUID() : String((row?.versions.length ?? 0) + 1);
  }

  private append(type: string, made: Omit<Version, 'seq'>, resource: Resource | undefined): Version {
    if (this.depth === 0) throw new Error('Writes need a transaction');
    this.versions += 1;
    const version = { ...made, seq: this.versions };
    const undo = this.table(type).append(version.id, version, resource);
    this.undo.push(() => {
      undo();
      this.versions -= 1;
    });
    const { id, versionId, stamp, text } = version;
    this.pending.push({ type, id, versionId, stamp, text });
    return version;
  }
}

/** Equal apart from what the server itself sets. */
function sameContent(stored: Resource, sent: Resource): boolean {
  return comparable(stored) === comparable(sent);
}

function comparable(resource: Resource): string {
  const { versionId: _v, lastUpdated: _l, ...meta } = resource.meta ?? {};
  return canonical({ ...resource, id: '', meta });
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}
