import type { InstrumentDoc } from '../../shared/documents/instrument.ts';
import type { PersonDoc } from '../../shared/documents/person.ts';
import type { Clock } from '../../shared/domain/clock.ts';
import type { LineRow, TraceRow } from '../../shared/ipc/instruments.ts';
import type { ProbeStepRow, ServerInput, ServerSettingsRow } from '../../shared/ipc/server.ts';
import type { StripRow } from '../../shared/ipc/strip.ts';
import type { ConflictRow, SyncEventRow, SyncSummaryRow } from '../../shared/ipc/sync.ts';
import type { Profile } from '../../shared/profiles/profile.ts';
import type { Station } from '../../shared/station/schema.ts';
import type { Session, Sessions } from './access/sessions.ts';
import type { Catalog } from './catalog.ts';
import type { ClaimClient, Claims } from './claims/claims.ts';
import type { HospitalPort } from './hospital/start.ts';
import type { NewId } from './ids.ts';
import type { LineOwners } from './instruments/owners/owners.ts';
import type { LineCounts } from './instruments/tools/health.ts';
import type { Transport } from './instruments/transports/transport.ts';
import type { LiveHub } from './live/hub.ts';
import type { Log } from './log.ts';
import type { QcLots } from './qc/lots.ts';
import type { WaitingSpecimens } from './results/waiting.ts';
import type { Store, WriteContext, Writer } from './store/store.ts';
import type { Timers } from './timers.ts';

/** The analysers' side, as commands and queries see it. */
export interface InstrumentsPort {
  lines(): LineRow[];
  trace(instrumentId: string): TraceRow[];
  switch(instrumentId: string, on: boolean, by: string): Promise<void>;
  /** Serial number the station file gives an instrument; empty when none. Throws `instrument.unknown`. */
  serialOf(instrumentId: string): string;
  /** Opens and closes lines as this station has their analysers or not; resolves when that is done. */
  heedOwners(): Promise<void>;
  /** Puts something between a line and its session, for a self-test; null: takes it away. The line is opened anew. */
  through(instrumentId: string, wrap: ((transport: Transport) => Transport) | null): Promise<void>;
  /** Posts what is held in the given open exceptions again, within a unit of work. */
  reprocess(
    unit: Writer,
    taskIds: readonly string[],
    context: WriteContext,
  ): Promise<{ posted: number; held: number }>;
  /** Counters of the lines, since the start and by day. */
  counts(): LineCounts;
  /** The built-in profile of an instrument, and the same with what the station file adds. Throws `instrument.unknown`. */
  layers(instrumentId: string): { builtIn: Profile; station: Profile };
  /** The profile an instrument works with, given its document. Throws `instrument.unknown`. */
  profileWith(instrumentId: string, doc: InstrumentDoc | undefined): Profile;
  /** Catalogue tests an instrument measures, by instrument id. */
  measures(): ReadonlyMap<string, ReadonlySet<string>>;
  /** Catalogue tests that no line can be told to measure for want of an order code, with the names of the lines that lack it. */
  unordered(): ReadonlyMap<string, readonly string[]>;
}

/** The label printer's side. */
export interface LabelsPort {
  state(): StripRow['printer'];
  /** Looks at the queue now. */
  wake(): void;
}

/** The central server's side. */
export interface ServerPort {
  summary(): Omit<SyncSummaryRow, 'id' | 'queued' | 'refused' | 'conflicts' | 'kept'>;
  events(): SyncEventRow[];
  now(): void;
  pause(paused: boolean): void;
  retry(collection: string, docId: string, context: WriteContext): Promise<void>;
  decide(
    collection: string,
    docId: string,
    keepHere: readonly string[],
    context: WriteContext,
    seen?: ConflictRow['fields'],
  ): Promise<void>;
}

/** The page where the central server is set up. */
export interface ServerSetupPort {
  settings(): Promise<Omit<ServerSettingsRow, 'waiting'>>;
  /** Steps of the newest connection test. */
  steps(): ProbeStepRow[];
  /** Begins a connection test; the one before ends. @throws LeveyError `server.noSecret`, `server.caFile` */
  test(input: ServerInput, write: boolean): Promise<void>;
  stopTest(): void;
  /**
   * Writes the server into the station file and works with it from then on; null takes it out. `another`: it is not the same server under
   * another address, so everything is sent to it again. @throws LeveyError, and then nothing is changed
   */
  save(input: ServerInput | null, another: boolean, context: WriteContext): Promise<{ keptAs: string }>;
}

/** Everything a command or query may use. */
export interface Bench {
  /** As the station file says; the section `server` may change while the engine runs. */
  station: Station;
  readonly store: Store;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly newId: NewId;
  readonly log: Log;
  readonly hub: LiveHub;
  readonly sessions: Sessions;
  readonly catalog: Catalog;
  readonly waiting: WaitingSpecimens;
  readonly qcLots: QcLots;
  readonly claims: Claims;
  /** Which station has an analyser that several have in their files. */
  readonly owners: LineOwners;
  /** The way to the server for owners; undefined while there is none or it does not answer. */
  toServer: () => ClaimClient | undefined;
  readonly startedAt: string;
  readonly demo: boolean;
  /** Things a person must know of, by stable id. */
  readonly problems: Map<string, StripRow['problems'][number]>;
  instruments: InstrumentsPort;
  hospital: HospitalPort;
  labels: LabelsPort;
  server: ServerPort;
  setup: ServerSetupPort;
  apiUrl: string;
}

/** A command or query running for one window. `who` is missing only where nobody need be signed in. */
export interface Call {
  readonly bench: Bench;
  readonly session: Session;
  readonly who: PersonDoc | undefined;
  /** Instant the call arrived. */
  readonly at: string;
  /** Audit context of this call's writes. */
  readonly context: WriteContext;
}

/** The signed-in person of a call; the dispatcher has checked that there is one. */
export function person(call: Call): PersonDoc {
  if (call.who === undefined) throw new Error('a command for signed-in people ran without one');
  return call.who;
}
