/** What replication is to the rest of the engine: how it is set up, and what can be asked of it. */
import type { Clock } from '../../../shared/domain/clock.ts';
import type { LeveyError } from '../../../shared/errors.ts';
import type { SyncEventRow } from '../../../shared/ipc/sync.ts';
import type { Timers } from '../timers.ts';
import type { ServerAuth } from './auth.ts';
import type { ConflictFields } from './conflict-fields.ts';
import type { Beside } from './kinds.ts';
import type { Cause, ReplicationStore } from './port.ts';
import type { Bundling } from './send.ts';
import type { SyncSummary } from './status.ts';

/** How to reach the server and how to behave. Times in ms. */
export interface ReplicationConfig {
  /** FHIR base; empty: no server, everything stays here. */
  url: string;
  auth: ServerAuth;
  /** Certificates in PEM to trust besides those of the system. */
  ca?: string;
  pullEveryMs: number;
  /** 30 s by default. */
  timeoutMs?: number;
  /** How far below its mark each poll starts; 2 minutes by default. */
  overlapMs?: number;
  /** Entries and bytes of one request; 100 and 900 000 by default. */
  entries?: number;
  bytes?: number;
  pageSize?: number;
  /** Lets the server wake this station over a websocket, where it can; not by default. */
  websocket?: boolean;
  /** How far back the first load goes, in days; everything by default. */
  historyDays?: number;
  /** Codes of the catalogue's sections whose orders and results are fetched; all by default. */
  sections?: readonly string[];
  /** How records travel; by default as the server's CapabilityStatement says. */
  bundling?: Bundling;
  /** First and longest wait while there is no answer; 1 s and 60 s by default. */
  backoffMs?: { first: number; most: number };
  /** Seed of the jitter. */
  seed?: number;
}

export interface ReplicationOptions {
  store: ReplicationStore;
  config: ReplicationConfig;
  clock: Clock;
  timers: Timers;
  stationCode: string;
  newId: () => string;
  /** What else is fetched along with replication's own records; nothing by default. */
  beside?: readonly Beside[];
  /** Local day of an instant, `YYYY-MM-DD`; UTC by default. */
  dayOf?: (at: Date) => string;
  /** How specimens made elsewhere are received here; `scan` by default. */
  receive?: 'scan' | 'onArrival';
  /** True while an analyser waits for the engine: nothing begins then that can wait. */
  isAwaited?: () => boolean;
  /** Called when what {@link Replication.status} says has changed. */
  onStatus?: () => void;
  /** Told what a person has to do about the line to the server, and `null` when it works again. */
  onProblem?: (problem: LeveyError | null) => void;
  /** Called with what a person should know about a server that works, null when it is over. */
  onNotice?: (id: 'serverClock' | 'serverRestored' | 'serverReading', problem: LeveyError | null) => void;
}

/** Replication that runs by itself until stopped. */
export interface Replication {
  /** Tries at once, whatever it waits for. */
  now(): void;
  /** Something was queued. */
  wake(): void;
  /** Something that is not replication's own was stored: it lets the bench go first for a moment. */
  benchActed(): void;
  /** The bench is at work: it comes first. */
  readonly benchIsAtWork: boolean;
  pause(paused: boolean): void;
  /** Queues a refused record again. @throws LeveyError `sync.unknownRecord` */
  retry(collection: string, docId: string, cause: Cause): Promise<void>;
  /**
   * Decides a conflict: fields named keep what is here, the others take the server's. @param seen both versions as the person saw them
   * @throws LeveyError `sync.noConflict`, `sync.signed`, `sync.changed`
   */
  decide(
    collection: string,
    docId: string,
    keepHere: readonly string[],
    cause: Cause,
    seen?: ConflictFields,
  ): Promise<void>;
  status(): SyncSummary;
  events(): SyncEventRow[];
  /** Ends what is under way and resolves when nothing runs any more. */
  stop(): Promise<void>;
}
