import { z } from 'zod';
import type { SyncState } from '../documents/common.ts';
import type { Signature } from '../documents/report.ts';
import type { Interpretation } from '../documents/result.ts';
import type { PatientRow } from './accession.ts';
import type { ResultRow } from './results.ts';
import { command, query } from './spec.ts';

export interface CaseRow {
  id: string;
  requisition: string;
  title: string;
  patientName: string;
  transliteration: string;
  sex: string;
  age: string;
  priority: string;
  state: 'incomplete' | 'waiting' | 'sentBack' | 'signed';
  version: number;
  readyTime: string;
  issuedTime: string;
  syncState: SyncState;
}

export interface CaseDetailRow extends CaseRow {
  patient: PatientRow;
  requester: string;
  ward: string;
  laboratory: string;
  address: string;
  specimens: {
    id: string;
    accessionDisplay: string;
    typeDisplay: string;
    collectedTime: string;
    receivedTime: string;
    conditionText: string;
  }[];
  results: (ResultRow & {
    verifiedBy: string;
    verifiedTime: string;
    comment: string;
    measuredTime: string;
    /** Name of the order it belongs to: the heading it stands under on the report. */
    group: string;
    /** The call of a critical value (V3). */
    call: 'none' | 'due' | 'done';
    /** The released value it corrects (C1 k): both are shown. `at` and `by`: its release. `reason`: why it was corrected. */
    replaces: { text: string; interpretation: Interpretation; at: string; by: string; reason: string } | null;
  })[];
  conclusion: string;
  sendBackReason: string;
  correctionReason: string;
  /** Checks before signing, each with its outcome. */
  checks: { rule: string; outcome: 'pass' | 'hold' | 'block' | 'note'; text: string }[];
  /** The SHA-256 the signature will be bound to, 64 hexadecimal digits; 12 of them are shown. */
  contentHash: string;
  signature: Signature | null;
  /** Newest first. `reason`: why it corrects the one before. */
  versions: {
    id: string;
    version: number;
    state: CaseRow['state'];
    at: string;
    by: string;
    reason: string;
    syncState: SyncState;
  }[];
  trends: {
    testCode: string;
    testName: string;
    unit: string;
    rangeLow: number | null;
    rangeHigh: number | null;
    points: { at: string; number: number; text: string; withdrawn: boolean }[];
  }[];
}

/** Head of the screen; one row, id `counts`. Times in minutes. */
export interface SignoutCountsRow {
  id: string;
  waiting: number;
  signedToday: number;
  sentBack: number;
  corrected: number;
  medianMinutes: number | null;
  p90Minutes: number | null;
}

export const signoutFilters = ['waiting', 'signed', 'sentBack', 'corrected'] as const;

export const signoutCommands = {
  /**
   * Signs with re-authentication (C4). `contentHash` is what the signer saw: if the content changed meanwhile the engine refuses
   * with `report.changed`. Other errors: `access.denied`, `report.notReady`.
   */
  'report.sign': command<{ issuedTime: string }>()(
    z.object({ reportId: z.string(), pin: z.string(), meaning: z.string().min(1), contentHash: z.string() }),
    ['pathologist'],
  ),
  'report.conclude': command<null>()(z.object({ reportId: z.string(), conclusion: z.string() }), [
    'pathologist',
  ]),
  'report.sendBack': command<null>()(z.object({ reportId: z.string(), reason: z.string().min(1) }), [
    'pathologist',
  ]),
  /** Opens the next version of a signed report. */
  'report.amend': command<{ reportId: string }>()(
    z.object({ reportId: z.string(), reason: z.string().min(1) }),
    ['pathologist'],
  ),
  /** The report as PDF, base64: the stored one when signed, else a preview marked as such. */
  'report.pdf': command<{ pdf: string; name: string }>()(z.object({ reportId: z.string() }), 'signedIn'),
} as const;

export const signoutQueries = {
  'signout.cases': query<CaseRow>()(z.object({ filter: z.enum(signoutFilters) }), 'signedIn'),
  'signout.counts': query<SignoutCountsRow>()(z.object({}), 'signedIn'),
  /** The standing report of what was scanned or typed: accession number, requisition or report id. No row when there is none. */
  'signout.find': query<CaseRow>()(z.object({ scanned: z.string().min(1).max(80) }), 'signedIn'),
  'signout.case': query<CaseDetailRow>()(z.object({ reportId: z.string() }), 'signedIn'),
} as const;
