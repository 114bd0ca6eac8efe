import type { CollectionName, DocOf } from '../../../shared/documents/index.ts';
import type { AuditEntry } from './sqlite/audit.ts';
import type { WireJournal } from './sqlite/journal.ts';
import type { DatabaseStats } from './sqlite/stats.ts';
import type { AuditReport } from './sqlite/verify.ts';

/** Who writes and why: kept with every audit row (C3). `at` is an instant. */
export interface WriteContext {
  actor: string;
  command: string;
  reason?: string;
  station: string;
  at: string;
}

/** A Mango query. `index` names the fields of the index to use; `sort` as RxDB takes it. */
export interface Find {
  selector: Record<string, unknown>;
  sort?: Record<string, 'asc' | 'desc'>[];
  skip?: number;
  limit?: number;
  index?: string[];
  /** What is found may be given to {@link Writer.amend}; nobody may change it then. */
  keep?: boolean;
}

/** Reads documents as plain data. */
export interface Reader {
  get<C extends CollectionName>(collection: C, id: string): Promise<DocOf<C> | undefined>;
  getMany<C extends CollectionName>(collection: C, ids: readonly string[]): Promise<DocOf<C>[]>;
  find<C extends CollectionName>(collection: C, query: Find): Promise<DocOf<C>[]>;
}

/** Reads the past of something from its newest end. */
export interface Latest {
  /**
   * Documents with certain texts (`$eq`) in the leading fields of an index, by its next fields from the highest down: until `last` says of
   * one that it is the last wanted, at most `limit`. Little more is read than is given; `expected`: how many it will likely be.
   */
  latest<C extends CollectionName>(
    collection: C,
    selector: Record<string, { $eq: string }>,
    limit: number,
    last: (doc: DocOf<C>) => boolean,
    expected?: number,
  ): Promise<DocOf<C>[]>;
}

/** One unit of work: everything put into it is written together or not at all. What was put nobody may change afterwards. */
export interface Writer extends Reader, Latest {
  /**
   * Inserts or replaces a document after checking its shape. Raises its `change` counter, stamps `updatedAt` and queues it for the
   * server again - unless `sync: true`, which is for replication's own bookkeeping. Error `store.shape` names the field at fault. `checked`
   * spares the check of a document whose shape the caller has checked.
   */
  put<C extends CollectionName>(
    collection: C,
    doc: DocOf<C>,
    options?: { sync?: boolean; checked?: boolean },
  ): void;
  /** Inserts a document whose id the caller has just made: like {@link put}, and nothing is looked for. */
  add<C extends CollectionName>(collection: C, doc: DocOf<C>): void;
  /**
   * Changes fields of a document that was found with `keep`, as `put` with `sync: true, checked: true` does, but without reading it again.
   * False, and nothing is done, when it is no longer what was found.
   */
  amend<C extends CollectionName>(collection: C, found: DocOf<C>, fields: Partial<DocOf<C>>): boolean;
  /** Documents whose text in a field that an index begins with begins with `start`. */
  beginning<C extends CollectionName>(collection: C, field: string, start: string): Promise<DocOf<C>[]>;
  attach(collection: CollectionName, id: string, name: string, type: string, bytes: Uint8Array): void;
  /** Marks a journal message as dealt with, in the same transaction. */
  markMessage(
    messageId: string,
    state: 'posted' | 'held' | 'incomplete',
    detail: Record<string, unknown>,
  ): void;
  /** Runs after COMMIT: what the outside is told. */
  afterCommit(effect: () => void): void;
}

/** Ids of the documents a commit changed, by collection. */
export type Changed = Partial<Record<CollectionName, string[]>>;

/** One document of a commit, before and after; undefined where there was or is none. Shared: nobody may change it. */
export type DocChange = {
  [C in CollectionName]: {
    collection: C;
    id: string;
    before: DocOf<C> | undefined;
    after: DocOf<C> | undefined;
  };
}[CollectionName];

export interface Store extends Reader, Latest {
  /** Runs `work` alone (one writer), then commits what it put, once. If it throws nothing is written. */
  write<T>(context: WriteContext, work: (unit: Writer) => Promise<T>): Promise<T>;
  /**
   * Resolves when everything that reads may have seen is on the disk. Reads see a record from its COMMIT on, a moment before: who tells the outside
   * of what it read waits for this first. @throws LeveyError `store.notSynced`
   */
  settled(): Promise<void>;
  count(collection: CollectionName, query: Find): Promise<number>;
  readAttachment(collection: CollectionName, id: string, name: string): Promise<Uint8Array | undefined>;
  /** Called after each COMMIT, when it is on the disk. Returns the way to stop. */
  onCommit(listener: (changed: Changed) => void): () => void;
  /**
   * Called with every document that a COMMIT changed, before anybody can read them and before they are known to be on the disk: for what is kept
   * in memory and must agree with what is read. Returns the way to stop.
   */
  onChanges(follower: (changes: readonly DocChange[]) => void): () => void;
  /** An audit row that is not a document write: sign-in, refused command. */
  note(context: WriteContext, kind: string, payload: Record<string, unknown>): void;
  auditOf(collection: string, docId: string): AuditEntry[];
  auditTail(limit: number): AuditEntry[];
  verifyAudit(): Promise<AuditReport>;
  readonly journal: WireJournal;
  readonly file: string;
  /** Sizes, with the rows of the audit trail. */
  stats(): DatabaseStats & { auditRows: number };
  close(): Promise<void>;
}
