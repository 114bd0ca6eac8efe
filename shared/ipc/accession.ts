import { z } from 'zod';
import type { SyncState } from '../documents/common.ts';
import { Priority } from '../documents/order.ts';
import type { LabelLayout } from '../labels/model.ts';
import { command, query } from './spec.ts';

export interface PatientRow {
  id: string;
  identifier: string;
  familyName: string;
  givenName: string;
  transliteration: string;
  sex: 'male' | 'female' | 'other' | 'unknown';
  birthDate: string;
  /** `61 y`, `2 d`, or empty when the birth date is unknown. */
  age: string;
  ward: string;
  syncState: SyncState;
}

export interface TubeRow {
  id: string;
  /** Empty until drawn: then it has its accession number and a label. */
  specimenId: string;
  accessionIdentifier: string;
  /** `26-210-B2-0432-K`. */
  accessionDisplay: string;
  tubeIndex: number;
  tubeCount: number;
  typeCode: string;
  typeDisplay: string;
  container: string;
  cap: string;
  handling: string;
  testCodes: string[];
  panels: string[];
  status: 'planned' | 'expected' | 'received' | 'rejected' | 'disposed';
  labelState: 'none' | 'queued' | 'printing' | 'printed' | 'failed' | 'blocked';
  labelWhy: string;
  labelAt: string;
  receivedTime: string;
  collectedTime: string;
  collector: string;
  conditionText: string;
  /** Where the specimen's record is; null until it has one. */
  syncState: SyncState | null;
}

/** One row per requisition; the query gives the one that was scanned (also by accession number or by patient id: newest open one). */
export interface RequisitionRow {
  id: string;
  requisition: string;
  patient: PatientRow;
  priority: Priority;
  requester: string;
  ward: string;
  note: string;
  authoredOn: string;
  origin: 'server' | 'station';
  orders: { id: string; code: string; display: string; status: string; testCodes: string[] }[];
  tubes: TubeRow[];
}

export interface ReceivedRow {
  id: string;
  accessionIdentifier: string;
  accessionDisplay: string;
  cap: string;
  patientName: string;
  transliteration: string;
  sex: string;
  age: string;
  panels: string;
  priority: Priority;
  status: 'received' | 'rejected';
  conditionText: string;
  receivedTime: string;
  syncState: SyncState;
}

export interface LabelJobRow {
  id: string;
  specimenId: string;
  accessionDisplay: string;
  cap: string;
  state: 'queued' | 'printing' | 'printed' | 'failed' | 'blocked';
  why: string;
  at: string;
}

/**
 * The label as it is printed, for the preview: laid out by the engine, which can draw names of every script. Draw a ready one with
 * `labelSvg` of shared/labels/svg.ts; a blocked one says what is missing (B1).
 */
export interface LabelPreviewRow {
  id: string;
  specimenId: string;
  layout: LabelLayout;
}

/** Head of the accession screen; one row, id `summary`. */
export interface AccessionSummaryRow {
  id: string;
  receivedToday: number;
  nextNumber: string;
  printer: { name: string; state: 'none' | 'ready' | 'failed'; why: string };
}

/** Reasons for rejecting a specimen: HL7 table 0490. */
export const rejectReasons = [
  'EX',
  'QS',
  'RA',
  'RB',
  'RC',
  'RD',
  'RE',
  'RH',
  'RI',
  'RM',
  'RN',
  'RP',
  'RR',
  'RS',
] as const;

export const accessionCommands = {
  /** Registers a patient by hand. Error `patient.exists` when the identifier is known, with its name. */
  'patient.register': command<{ patientId: string }>()(
    z.object({
      identifier: z.string().min(1).max(32),
      familyName: z.string().min(1),
      givenName: z.string(),
      transliteration: z.string().default(''),
      sex: z.enum(['male', 'female', 'other', 'unknown']),
      birthDate: z.string(),
      ward: z.string().default(''),
    }),
    'signedIn',
  ),
  /** Enters an order by hand: one order document per panel or test. Without `requisition` a number is made. */
  'order.enter': command<{ requisition: string; orderIds: string[] }>()(
    z.object({
      patientId: z.string(),
      requisition: z.string().max(32).optional(),
      catalogCodes: z.array(z.string()).min(1),
      priority: Priority,
      requester: z.string().default(''),
      ward: z.string().default(''),
      note: z.string().default(''),
    }),
    'signedIn',
  ),
  'order.cancel': command<null>()(z.object({ orderId: z.string(), reason: z.string().min(1) }), 'signedIn'),
  /**
   * Gives every planned tube of a requisition its accession number and puts its label into the print queue.
   * A label with a missing element (B1) is blocked and says which. Idempotent per requisition.
   */
  'accession.draw': command<{ specimenIds: string[] }>()(
    z.object({ requisition: z.string(), collector: z.string(), collectedTime: z.string() }),
    'signedIn',
  ),
  /** Marks a tube as received at the bench, by its scanned number. Errors: `specimen.unknown`, `specimen.alreadyReceived`, `accession.checkCharacter`. */
  'accession.receive': command<{ specimenId: string; requisition: string }>()(
    z.object({ accessionIdentifier: z.string(), comment: z.string().default('') }),
    'signedIn',
  ),
  /** Takes a receipt back while nothing was measured. */
  'accession.undoReceive': command<null>()(z.object({ specimenId: z.string() }), 'signedIn'),
  'accession.reject': command<null>()(
    z.object({ specimenId: z.string(), conditionCode: z.enum(rejectReasons), text: z.string().min(1) }),
    'signedIn',
  ),
  /** Completes what a blocked label lacks. */
  'accession.collected': command<null>()(
    z.object({ specimenId: z.string(), collector: z.string().min(1), collectedTime: z.string() }),
    'signedIn',
  ),
  'label.print': command<null>()(z.object({ specimenIds: z.array(z.string()).min(1) }), 'signedIn'),
  /** The label as PDF, base64. */
  'label.pdf': command<{ pdf: string; name: string }>()(z.object({ specimenId: z.string() }), 'signedIn'),
} as const;

export const accessionQueries = {
  'accession.requisition': query<RequisitionRow>()(z.object({ scanned: z.string() }), 'signedIn'),
  'accession.summary': query<AccessionSummaryRow>()(z.object({}), 'signedIn'),
  'accession.open': query<{
    id: string;
    requisition: string;
    patientName: string;
    transliteration: string;
    sex: string;
    age: string;
    priority: Priority;
    panels: string;
    authoredOn: string;
    origin: 'server' | 'station';
    state: 'ordered' | 'labelled';
  }>()(z.object({}), 'signedIn'),
  'accession.received': query<ReceivedRow>()(z.object({}), 'signedIn'),
  'accession.printQueue': query<LabelJobRow>()(z.object({}), 'signedIn'),
  'accession.labelPreview': query<LabelPreviewRow>()(z.object({ specimenId: z.string() }), 'signedIn'),
  'patient.search': query<PatientRow>()(z.object({ text: z.string().min(1).max(80) }), 'signedIn'),
} as const;
