import { randomUUID } from 'node:crypto';
import { FhirError } from './outcome.ts';
import type { Meta, Resource } from './resource.ts';
import { current, type Row, Table, type Version } from './table.ts';

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
  close(): void;
}

/** The resources of the server: in memory, written through to a file when there is one. All calls are synchronous. */
export class Store {
  private readonly tables = new Map<string, Table>();
  private readonly persistence: Persistence | undefined;
  private undo: (() => void)[] = [];
  private pending: StoredVersion[] = [];
  private depth = 0;
  versions = 0;

  constructor(persistence?: Persistence) {
    this.persistence = persistence;
    for (const stored of persistence?.load() ?? []) {
      const resource = stored.text === undefined ? undefined : (JSON.parse(stored.text) as Resource);
      this.table(stored.type).append(stored.id, { ...stored, resource });
      this.versions += 1;
    }
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
    if (version.resource === undefined || version.text === undefined) {
      throw new FhirError(410, 'deleted', `${type}/${id} is deleted`);
    }
    return { ...version, resource: version.resource, text: version.text };
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
    if (existing?.resource !== undefined && sameContent(existing.resource, resource)) {
      return { version: existing, created: false };
    }
    const versionId = randomUUID();
    const meta: Meta = { ...resource.meta, versionId, lastUpdated: new Date(stamp).toISOString() };
    const { resourceType, id: _ignored, meta: _replaced, ...rest } = resource;
    const stored: Resource = { resourceType, id, meta, ...rest };
    const version: Version = { id, versionId, stamp, resource: stored, text: JSON.stringify(stored) };
    this.append(resourceType, version);
    return { version, created: existing === undefined };
  }

  /** Marks a resource deleted. */
  remove(type: string, id: string, stamp: number): Version {
    this.read(type, id);
    const version: Version = { id, versionId: randomUUID(), stamp, resource: undefined, text: undefined };
    this.append(type, version);
    return version;
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
    if (this.pending.length > 0) this.persistence?.save(this.pending);
    const touched = new Set(this.pending.map((stored) => stored.type));
    this.pending = [];
    this.undo = [];
    for (const type of touched) this.table(type).compact();
  }

  private append(type: string, version: Version): void {
    if (this.depth === 0) throw new Error('Writes need a transaction');
    const undo = this.table(type).append(version.id, version);
    this.versions += 1;
    this.undo.push(() => {
      undo();
      this.versions -= 1;
    });
    const { id, versionId, stamp, text } = version;
    this.pending.push({ type, id, versionId, stamp, text });
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
