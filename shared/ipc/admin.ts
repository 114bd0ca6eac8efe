import { z } from 'zod';
import type { CatalogDoc, DeltaRule } from '../documents/catalog.ts';
import type { SyncState } from '../documents/common.ts';
import { CallWithin } from './indicators.ts';
import { command, query } from './spec.ts';

export interface CatalogRow {
  id: string;
  kind: CatalogDoc['kind'];
  code: string;
  name: string;
  loinc: string;
  unit: string;
  section: string;
  specimenType: string;
  container: string;
  cap: string;
  members: string[];
  rangesText: string[];
  deltaText: string;
  /** Reference ranges in the order of the catalogue; `text` and `criticalText` as on a report, empty when there is no limit. Ages in days, [low, high). */
  ranges: {
    sex: 'male' | 'female' | 'any';
    ageLowDays: number;
    ageHighDays: number;
    specimenType: string;
    text: string;
    /** `< 2.8, > 6.2`: beyond these a value is critical. */
    criticalText: string;
  }[];
  /** Outside these a value is held as not plausible; empty when there are none. */
  plausibleText: string;
  delta: DeltaRule | null;
  autoverify: boolean;
  handling: string;
  /** Place in the order of draw; 0 when it has none. */
  drawOrder: number;
  /** Ids of this bench's instruments that measure it. */
  instruments: string[];
  active: boolean;
  /** Instant of the last change here. */
  changedAt: string;
  syncState: SyncState;
}

export interface TaskRow {
  id: string;
  kind: string;
  status: 'open' | 'done' | 'rejected';
  reason: string;
  summary: string;
  patientName: string;
  transliteration: string;
  accessionDisplay: string;
  createdAt: string;
  /** How it ended, in words; empty while open. */
  resolution: string;
  /** Name of the person. */
  resolvedBy: string;
  resolvedAt: string;
  resultId: string;
  reportId: string;
  instrumentId: string;
  syncState: SyncState;
}

export interface AuditRow {
  id: string;
  at: string;
  actor: string;
  command: string;
  collection: string;
  docId: string;
  op: string;
  changes: { field: string; before: string; after: string }[];
  reason: string;
}

/** One row, id `health`. Sizes in bytes, times in seconds. */
export interface HealthRow {
  id: string;
  version: string;
  node: string;
  startedAt: string;
  databaseBytes: number;
  memoryBytes: number;
  documents: Record<string, number>;
  auditRows: number;
  journalRows: number;
  apiUrl: string;
}

export const adminCommands = {
  /** Walks the audit chain and compares it with every document. */
  'audit.verify': command<{ ok: boolean; rows: number; problems: string[] }>()(z.object({}), [
    'supervisor',
    'admin',
  ]),
  /**
   * Name and address of the laboratory, as they stand on every report from then on; signed ones keep theirs. `callWithin`: minutes within which a
   * critical value has to be called, by which the indicator counts (C6); not given, it stays.
   */
  'admin.laboratory': command<null>()(
    z.object({
      name: z.string().trim().min(1).max(120),
      address: z.string().trim().max(300),
      callWithin: CallWithin.optional(),
    }),
    ['admin'],
  ),
} as const;

export const adminQueries = {
  'catalog.list': query<CatalogRow>()(
    z.object({ kind: z.enum(['test', 'panel', 'specimenType', 'all']) }),
    'signedIn',
  ),
  'tasks.list': query<TaskRow>()(z.object({ status: z.enum(['open', 'ended']) }), 'signedIn'),
  'audit.list': query<AuditRow>()(z.object({ docId: z.string().default('') }), [
    'supervisor',
    'admin',
    'pathologist',
  ]),
  health: query<HealthRow>()(z.object({}), 'signedIn'),
} as const;
