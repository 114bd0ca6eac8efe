import { z } from 'zod';
import type { Reason, SyncState } from '../documents/common.ts';
import type { Priority } from '../documents/order.ts';
import type { Interpretation, UsedRange } from '../documents/result.ts';
import type { GateState } from '../domain/qc/gate.ts';
import type { PatientRow } from './accession.ts';
import { command, query } from './spec.ts';

/** A row of the worklist: one specimen on the bench with what is still to be measured. */
export interface WorklistRow {
  id: string;
  accessionIdentifier: string;
  accessionDisplay: string;
  cap: string;
  typeDisplay: string;
  priority: Priority;
  patientName: string;
  transliteration: string;
  sex: string;
  age: string;
  /** Null when the patient's record is not on this station. */
  patient: PatientRow | null;
  requisition: string;
  collector: string;
  /** Tests and where each stands. */
  tests: {
    code: string;
    name: string;
    /** UCUM; the catalogue's while nothing is measured. */
    unit: string;
    state: 'waiting' | 'measured' | 'released' | 'rerun';
    instrumentId: string;
    /** The present value as it was sent or typed; empty while nothing is measured. */
    valueText: string;
    interpretation: Interpretation;
    /** While it waits: names of the analysers that measure it and cannot be told, where no other can; empty: it can be ordered. */
    unordered: string[];
  }[];
  waiting: number;
  measured: number;
  released: number;
  receivedTime: string;
  collectedTime: string;
  /** Instruments which can measure what waits. */
  instruments: string[];
  conditionText: string;
  syncState: SyncState;
}

export interface ResultRow {
  id: string;
  specimenId: string;
  accessionIdentifier: string;
  accessionDisplay: string;
  cap: string;
  priority: Priority;
  patientId: string;
  patientName: string;
  transliteration: string;
  sex: string;
  age: string;
  testCode: string;
  testName: string;
  valueText: string;
  valueKind: 'quantity' | 'string' | 'empty';
  unit: string;
  interpretation: Interpretation;
  rangeText: string;
  previousText: string;
  delta: string;
  deltaHeld: boolean;
  /** Earlier numbers, oldest first, the present one last; at most 8. */
  trend: number[];
  rangeLow: number | null;
  rangeHigh: number | null;
  /** State of the controls of this test on this instrument when the result was judged (W13). */
  qc: GateState;
  /** Rules that fired: `1-3s`; empty when none. */
  qcText: string;
  verdict: 'held' | 'ready' | 'blocked' | 'released' | 'rejected';
  /** The short reason beside the state: `delta`, `critical`, `3 rules`, `QC`, `auto`, initials. */
  verdictReason: string;
  version: number;
  status: string;
  flags: string[];
  instrumentId: string;
  postedTime: string;
  syncState: SyncState;
  /** True while a rerun is asked for and has not arrived. */
  rerunAsked: boolean;
  /** True while the call of this critical value is not recorded (V3). */
  callDue: boolean;
}

/** Everything about one result for the right panel; one row. */
export interface ResultDetailRow extends ResultRow {
  patient: PatientRow;
  because: Reason[];
  ruleSetVersion: number;
  range: UsedRange | null;
  history: {
    id: string;
    at: string;
    text: string;
    number: number | null;
    status: string;
    withdrawn: boolean;
  }[];
  operator: string;
  measuredTime: string;
  collectedTime: string;
  receivedTime: string;
  typeDisplay: string;
  enteredBy: string;
  verifiedBy: string;
  verifiedTime: string;
  comment: string;
  loinc: string;
  messageId: string;
  versions: { id: string; version: number; text: string; at: string; by: string; status: string }[];
  /**
   * The call of a critical value (V3), wherever it was recorded. `since` is when it became due; the rest is empty until it is recorded.
   * `station`: code of the other station it was recorded at, empty for this one. `also`: calls recorded elsewhere at the same time.
   */
  call: {
    state: 'none' | 'due' | 'done';
    since: string;
    to: string;
    by: string;
    at: string;
    note: string;
    station: string;
    also: { to: string; by: string; at: string; note: string; station: string }[];
  };
  /** The rerun that is asked for; null when none is. */
  rerun: { by: string; at: string } | null;
}

/** What a release by the signed-in person would do with one result, decided by the rule the command itself uses. */
export interface ReleasePlanRow {
  id: string;
  /** `now`: goes out as it is. `comment`: goes out with a comment. `stays`: not released, `why` says all that stands against it. */
  outcome: 'now' | 'comment' | 'stays';
  why: string;
  /** Codes of the rules against it, e.g. `rerun`, `duties`, `blocked`; empty when it can go out. */
  rules: string[];
  /** True when a critical value would go out before its call is recorded (V3). */
  callPending: boolean;
}

export const resultFilters = ['toDecide', 'held', 'ready', 'blocked', 'released', 'all'] as const;

/** Counts by filter; one row, id `counts`. */
export interface ResultCountsRow {
  id: string;
  toDecide: number;
  held: number;
  ready: number;
  blocked: number;
  released: number;
  all: number;
}

const bench = ['technician', 'lead', 'supervisor', 'pathologist'] as const;

export const resultsCommands = {
  /** A result measured by hand. The text is kept as typed. It becomes a result like any other: ranges, rules, verdict. */
  'result.enter': command<{ resultId: string }>()(
    z.object({
      accessionIdentifier: z.string(),
      testCode: z.string(),
      valueText: z.string(),
      comment: z.string().default(''),
    }),
    bench,
  ),
  /**
   * Releases results: all that may be are, the others stay and are named with the reason. A held one needs a comment; a blocked one
   * is never released; who entered it may not release it where the laboratory says so (V5). Those of a tube worked on at another station
   * stay; `claim.held` where that is so of all.
   */
  'result.release': command<{ released: string[]; stayed: { resultId: string; why: string }[] }>()(
    z.object({ resultIds: z.array(z.string()).min(1), comment: z.string().default('') }),
    bench,
  ),
  'result.comment': command<null>()(z.object({ resultId: z.string(), comment: z.string() }), bench),
  /** Asks for a new measurement of the same specimen; the present version stays, not releasable, until the new one arrives. */
  'result.rerun': command<{ taskId: string }>()(z.object({ resultIds: z.array(z.string()).min(1) }), bench),
  'result.undoRerun': command<null>()(z.object({ resultIds: z.array(z.string()).min(1) }), bench),
  /** Rejects a result for good, with reason; it is kept and shown as rejected. */
  'result.reject': command<null>()(z.object({ resultId: z.string(), reason: z.string().min(1) }), bench),
  /** Corrects a released result: appends a version; a signed report becomes an amendment. */
  'result.correct': command<{ resultId: string }>()(
    z.object({ resultId: z.string(), valueText: z.string(), reason: z.string().min(1) }),
    bench,
  ),
  /** V3: records the call of a critical value. */
  'result.recordCall': command<null>()(
    z.object({
      resultId: z.string(),
      to: z.string().min(1),
      readBack: z.literal(true),
      note: z.string().default(''),
    }),
    bench,
  ),
} as const;

export const resultsQueries = {
  'worklist.list': query<WorklistRow>()(
    z.object({ filter: z.enum(['waiting', 'measured', 'all']), instrumentId: z.string().default('') }),
    'signedIn',
  ),
  'results.list': query<ResultRow>()(z.object({ filter: z.enum(resultFilters) }), 'signedIn'),
  'results.counts': query<ResultCountsRow>()(z.object({}), 'signedIn'),
  'results.detail': query<ResultDetailRow>()(z.object({ resultId: z.string() }), 'signedIn'),
  /** One row per result that exists, in the order asked. At most 1000. */
  'results.plan': query<ReleasePlanRow>()(z.object({ resultIds: z.array(z.string()).max(1000) }), 'signedIn'),
} as const;
