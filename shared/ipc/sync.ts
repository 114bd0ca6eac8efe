import { z } from 'zod';
import type { SyncState } from '../documents/common.ts';
import { command, query } from './spec.ts';

/** A first load under way: resources fetched so far and, where the server tells, how many there are. */
export interface FirstLoad {
  fetched: number;
  total: number | null;
}

/** How fast this station writes now, in writes a minute, and why; null is as fast as the server answers. */
export interface SyncPace {
  perMinute: number | null;
  /** Plain words; empty while nothing slows it. */
  why: string;
}

export interface SyncSummaryRow {
  id: string;
  state: 'none' | 'online' | 'offline' | 'paused';
  server: string;
  offlineSince: string;
  lastSyncAt: string;
  nextTryAt: string;
  why: string;
  sentToday: number;
  fetchedToday: number;
  /** Records per second now, and minutes to drain at that rate; null when unknown. */
  rate: number | null;
  minutesLeft: number | null;
  /** The first load while it is under way; else null. */
  firstLoad: FirstLoad | null;
  /** The server's clock less this station's, in seconds; null until it was measured. */
  clockSkewSeconds: number | null;
  pace: SyncPace;
  /** What the server lacks; its words, with what is done instead, are in the texts of the window. */
  adaptations: Adaptation[];
  queued: number;
  refused: number;
  conflicts: number;
  /** Records that the server had and no longer has as they are here, kept here by a person's decision. */
  kept: number;
}

/** What a server lacks: batches, batches and transactions, or conditional creates of all types or of some. */
export interface Adaptation {
  kind: 'noBatch' | 'noBundle' | 'noCondition' | 'noConditionOf';
  /** FHIR types it is about; empty where it is about all. */
  types: string[];
}

export interface SyncKindRow {
  id: string;
  kind: string;
  queued: number;
  oldest: string;
  refused: number;
  conflicts: number;
  /** Kept here by a person's decision, not as it is here at the server. */
  kept: number;
}

export interface SyncRecordRow {
  id: string;
  collection: string;
  docId: string;
  kind: string;
  accessionDisplay: string;
  title: string;
  patientName: string;
  changedAt: string;
  /** `local`: the server had it, and a person keeps it here. */
  state: SyncState;
  /** Since when it is in that state, instant. */
  since: string;
  why: string;
  /** Of a refused record: the same for all that are refused for the same reason (`causeOf`); else empty. */
  cause: string;
  /** What shows the record on its own screen: result id, report id, accession number or requisition; empty when nothing does. */
  target: string;
}

export interface SyncEventRow {
  id: string;
  at: string;
  text: string;
}

/** One field of both versions, as a person reads them. */
const ConflictField = z.object({
  name: z.string(),
  here: z.string(),
  server: z.string(),
  same: z.boolean(),
});

export interface ConflictRow {
  id: string;
  collection: string;
  docId: string;
  title: string;
  patientName: string;
  why: string;
  /** A signed report is never merged: nothing can be chosen, an amendment task waits. */
  signed: boolean;
  /** The server no longer has the record. */
  deleted: boolean;
  /** Instant of the last change here, and when the difference was found. */
  hereAt: string;
  foundAt: string;
  fields: z.infer<typeof ConflictField>[];
}

export const syncCommands = {
  'sync.now': command<null>()(z.object({}), 'signedIn'),
  'sync.pause': command<null>()(z.object({ paused: z.boolean() }), ['lead', 'supervisor', 'admin']),
  /** Queues a refused record again. */
  'sync.retry': command<null>()(z.object({ collection: z.string(), docId: z.string() }), 'signedIn'),
  /** Queues all refused records of one cause again; gives how many. */
  'sync.retryAll': command<{ count: number }>()(z.object({ cause: z.string().min(1).max(400) }), 'signedIn'),
  /** What the server has not got, for printing: PDF as base64, and a name for the file. */
  'sync.statement': command<{ pdf: string; name: string; records: number }>()(z.object({}), 'signedIn'),
  /** Decides a conflict field by field; fields not named keep the server's value. `seen`: the fields as they were shown; where one changed since, nothing is decided. */
  'sync.decide': command<null>()(
    z.object({
      collection: z.string(),
      docId: z.string(),
      keepHere: z.array(z.string()),
      seen: z.array(ConflictField).optional(),
    }),
    'signedIn',
  ),
} as const;

export const syncQueries = {
  'sync.summary': query<SyncSummaryRow>()(z.object({}), 'signedIn'),
  'sync.kinds': query<SyncKindRow>()(z.object({}), 'signedIn'),
  'sync.records': query<SyncRecordRow>()(
    z.object({ filter: z.enum(['all', 'needsPerson', 'signed']) }),
    'signedIn',
  ),
  'sync.events': query<SyncEventRow>()(z.object({}), 'signedIn'),
  'sync.conflict': query<ConflictRow>()(z.object({ collection: z.string(), docId: z.string() }), 'signedIn'),
} as const;
