import { isDeepStrictEqual } from 'node:util';
import { type CollectionName, type DocOf, documentShapes } from '../../../shared/documents/index.ts';
import type { Replicated } from '../../../shared/fhir/mapping.ts';
import { replicated } from '../../../shared/fhir/mapping.ts';
import type { AnyDoc, Cause, ReplicationStore, ReplicationUnit } from './port.ts';

type Tables = Map<string, Map<string, AnyDoc>>;

/** A {@link ReplicationStore} in memory: for tests and trials of replication without a database. Shapes are checked as in the real one. */
export class MemoryStore implements ReplicationStore {
  private tables: Tables = new Map();
  private states = new Map<string, unknown>();
  readonly pdfs = new Map<string, Uint8Array>();
  /** Called before each transaction of replication is carried out. */
  beforeWrite: () => void = () => undefined;
  writes = 0;

  /** All documents of a collection. */
  all<C extends CollectionName>(collection: C): DocOf<C>[] {
    return [...(this.tables.get(collection)?.values() ?? [])].map((doc) =>
      structuredClone(doc),
    ) as unknown as DocOf<C>[];
  }

  /** Writes a change made at the bench: raises its counter and queues it, unless it stays here or is in conflict. */
  change<C extends CollectionName>(collection: C, doc: DocOf<C>): void {
    const before = this.table(collection).get(doc.id);
    const change = (before?.change ?? 0) + 1;
    const kept = doc.syncState === 'local' || doc.syncState === 'conflict';
    const next = { ...doc, change, syncState: kept ? doc.syncState : 'queued' };
    this.store(collection, next as unknown as AnyDoc);
  }

  async byId<C extends CollectionName>(collection: C, id: string): Promise<DocOf<C> | undefined> {
    const found = this.table(collection).get(id);
    return found === undefined ? undefined : (structuredClone(found) as unknown as DocOf<C>);
  }

  async byServerId<C extends Replicated>(collection: C, serverId: string): Promise<DocOf<C> | undefined> {
    if (serverId === '') return undefined;
    return this.all(collection).find((doc) => doc.serverId === serverId);
  }

  async byServerIds<C extends Replicated>(
    collection: C,
    serverIds: readonly string[],
  ): Promise<Map<string, DocOf<C>>> {
    const wanted = new Set(serverIds.filter((id) => id !== ''));
    const known = this.all(collection).filter((doc) => wanted.has(doc.serverId));
    return new Map(known.map((doc) => [doc.serverId, doc]));
  }

  async patientByNumber(system: string, value: string): Promise<DocOf<'patients'> | undefined> {
    return this.all('patients').find((doc) => doc.identifier === value && doc.identifierSystem === system);
  }

  async catalog(): Promise<DocOf<'catalog'>[]> {
    return this.all('catalog');
  }

  async specimensByNumber(accessionIdentifier: string): Promise<DocOf<'specimens'>[]> {
    return this.all('specimens').filter((doc) => doc.accessionIdentifier === accessionIdentifier);
  }

  async specimensOf(requisition: string): Promise<DocOf<'specimens'>[]> {
    return this.all('specimens').filter((doc) => doc.requisition === requisition);
  }

  async reportsOf(requisition: string): Promise<DocOf<'reports'>[]> {
    return this.all('reports').filter((doc) => doc.requisition === requisition);
  }

  async resultsOf(accessionIdentifier: string): Promise<DocOf<'results'>[]> {
    return this.all('results').filter((doc) => doc.accessionIdentifier === accessionIdentifier);
  }

  async openTask(sourceKey: string): Promise<DocOf<'tasks'> | undefined> {
    return this.all('tasks').find((task) => task.sourceKey === sourceKey && task.status === 'open');
  }

  async state<T>(name: string): Promise<T | undefined> {
    return this.states.get(name) as T | undefined;
  }

  async queued(collection: Replicated, skip: number, limit: number): Promise<AnyDoc[]> {
    const waiting = [...this.table(collection).values()].filter((doc) => doc.syncState === 'queued');
    waiting.sort((a, b) => (a.updatedAt < b.updatedAt ? -1 : a.updatedAt > b.updatedAt ? 1 : 0));
    return waiting.slice(skip, skip + limit).map((doc) => structuredClone(doc));
  }

  async countQueued(collection?: Replicated): Promise<number> {
    return (collection === undefined ? replicated : [collection]).reduce(
      (sum, name) => sum + [...this.table(name).values()].filter((doc) => doc.syncState === 'queued').length,
      0,
    );
  }

  async settled(): Promise<void> {}

  async getMany(collection: Replicated, ids: readonly string[]): Promise<AnyDoc[]> {
    return ids.flatMap((id) => structuredClone(this.table(collection).get(id)) ?? []);
  }

  async knownAfter(collection: Replicated, serverId: string, limit: number): Promise<AnyDoc[]> {
    const known = [...this.table(collection).values()].filter((doc) => doc.serverId > serverId);
    known.sort((a, b) => (a.serverId < b.serverId ? -1 : 1));
    return known.slice(0, limit).map((doc) => structuredClone(doc));
  }

  async readPdf(reportId: string): Promise<Uint8Array | undefined> {
    return this.pdfs.get(reportId);
  }

  async write<T>(_cause: Cause, work: (unit: ReplicationUnit) => Promise<T>): Promise<T> {
    this.beforeWrite();
    const tables: Tables = new Map([...this.tables].map(([name, table]) => [name, new Map(table)]));
    const states = new Map(this.states);
    const unit: ReplicationUnit = {
      byId: (collection, id) => this.byId(collection, id),
      byServerId: (collection, serverId) => this.byServerId(collection, serverId),
      byServerIds: (collection, serverIds) => this.byServerIds(collection, serverIds),
      patientByNumber: (system, value) => this.patientByNumber(system, value),
      catalog: () => this.catalog(),
      specimensByNumber: (number) => this.specimensByNumber(number),
      specimensOf: (requisition) => this.specimensOf(requisition),
      reportsOf: (requisition) => this.reportsOf(requisition),
      resultsOf: (number) => this.resultsOf(number),
      keepPdf: (id, pdf) => void this.pdfs.set(id, pdf),
      openTask: (key) => this.openTask(key),
      state: (name) => this.state(name),
      put: (collection, doc) => this.store(collection, doc as unknown as AnyDoc),
      amend: (collection, read, fields) => {
        if (!isDeepStrictEqual(this.table(collection).get(read.id), read)) return false;
        this.store(collection, { ...read, ...fields } as unknown as AnyDoc);
        return true;
      },
      putChanged: (collection, doc) => this.change(collection, doc),
      taskOf: async (key) => this.all('tasks').find((task) => task.sourceKey === key),
      setState: async (name, value) => void this.states.set(name, value),
      // Reports are made by the engine: a trial without one has nothing to bring up to date.
      refreshReport: async () => undefined,
    };
    this.writes += 1;
    try {
      return await work(unit);
    } catch (error) {
      this.tables = tables;
      this.states = states;
      throw error;
    }
  }

  private table(collection: string): Map<string, AnyDoc> {
    let table = this.tables.get(collection);
    if (table === undefined) {
      table = new Map();
      this.tables.set(collection, table);
    }
    return table;
  }

  private store(collection: CollectionName, doc: AnyDoc): void {
    documentShapes[collection].parse(doc);
    this.table(collection).set(doc.id, structuredClone(doc));
  }
}
