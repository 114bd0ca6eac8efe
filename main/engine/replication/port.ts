import type { CollectionName, DocOf } from '../../../shared/documents/index.ts';
import type { Local, Replicated } from '../../../shared/fhir/mapping.ts';

/** A document of a replicated collection, as far as replication handles it alike. */
export type AnyDoc = Local & { extra?: Record<string, unknown> | undefined };

/** A document with the collection it is in. */
export interface Held {
  collection: Replicated;
  doc: AnyDoc;
}

/** Reads documents; inside a unit of work they are as that unit left them. */
export interface ReplicationReader {
  byId<C extends CollectionName>(collection: C, id: string): Promise<DocOf<C> | undefined>;
  byServerId<C extends Replicated>(collection: C, serverId: string): Promise<DocOf<C> | undefined>;
  /** Documents by server id; those that are not here are left out. */
  byServerIds<C extends Replicated>(
    collection: C,
    serverIds: readonly string[],
  ): Promise<Map<string, DocOf<C>>>;
  /** A patient by medical record number. */
  patientByNumber(system: string, value: string): Promise<DocOf<'patients'> | undefined>;
  /** The whole catalogue: a few hundred entries. */
  catalog(): Promise<DocOf<'catalog'>[]>;
  /** Specimens with exactly this number: one, unless systems gave the same number twice. */
  specimensByNumber(accessionIdentifier: string): Promise<DocOf<'specimens'>[]>;
  specimensOf(requisition: string): Promise<DocOf<'specimens'>[]>;
  /** All versions of the report of a requisition. */
  reportsOf(requisition: string): Promise<DocOf<'reports'>[]>;
  /** All versions of all results of a specimen, by its number. */
  resultsOf(accessionIdentifier: string): Promise<DocOf<'results'>[]>;
  /** The open task of a cause. */
  openTask(sourceKey: string): Promise<DocOf<'tasks'> | undefined>;
  /** A value replication keeps for itself: marks of the pull, counters. */
  state<T>(name: string): Promise<T | undefined>;
}

/** What is written in one transaction. */
export interface ReplicationUnit extends ReplicationReader {
  /**
   * Writes a document as it is: neither `change` nor `syncState` is touched. For replication's own bookkeeping and for what came from
   * the server. `checked`: its shape was checked already and is not checked again.
   */
  put<C extends CollectionName>(collection: C, doc: DocOf<C>, options?: { checked?: boolean }): void;
  /**
   * Changes fields of a document that was read by {@link ReplicationStore.queued}, as `put` does; false, with nothing done, when it is no
   * longer what was read.
   */
  amend<C extends CollectionName>(collection: C, read: DocOf<C>, fields: Partial<DocOf<C>>): boolean;
  /** Writes a document as a change made here: raises `change` and queues it. */
  putChanged<C extends CollectionName>(collection: C, doc: DocOf<C>): void;
  /** The task of a cause, open or ended. */
  taskOf(sourceKey: string): Promise<DocOf<'tasks'> | undefined>;
  setState(name: string, value: unknown): Promise<void>;
  /** Keeps the PDF a report was signed with elsewhere. */
  keepPdf(reportId: string, pdf: Uint8Array): void;
  /** Brings the report of a requisition up to date, if there is one here. */
  refreshReport(requisition: string): Promise<void>;
}

/** Who asked for a write of replication's: kept in the audit trail. */
export interface Cause {
  command: string;
  actor: string;
}

/** The store as replication needs it. */
export interface ReplicationStore extends ReplicationReader {
  /** Documents that wait for the server, the longest waiting first. Who tells of them waits for {@link settled}. */
  queued(collection: Replicated, skip: number, limit: number): Promise<AnyDoc[]>;
  /** How many wait: of a collection, or of all. */
  countQueued(collection?: Replicated): Promise<number>;
  getMany(collection: Replicated, ids: readonly string[]): Promise<AnyDoc[]>;
  /** Resolves when everything read so far is on the disk. @throws LeveyError `store.notSynced` */
  settled(): Promise<void>;
  /** Documents the server knows, by server id, those after `serverId`; `''` begins at the first. */
  knownAfter(collection: Replicated, serverId: string, limit: number): Promise<AnyDoc[]>;
  /** The PDF of a signed report; undefined when there is none yet. */
  readPdf(reportId: string): Promise<Uint8Array | undefined>;
  /** Runs `work` and writes what it put as one transaction; documents read inside are the newest. */
  write<T>(cause: Cause, work: (unit: ReplicationUnit) => Promise<T>): Promise<T>;
}
