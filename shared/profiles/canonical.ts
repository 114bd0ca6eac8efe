/**
 * What a message of any protocol says, in one form: results, queries, images, and what is wrong with them. Nothing is dropped and nothing is
 * guessed: whatever does not fit comes as a problem beside it.
 */
import type { ParsedValue } from '../domain/value.ts';
import type { LocalTime } from '../protocols/astm/records.ts';
import type { DecodePort } from '../protocols/hl7/charset.ts';
import type { FlagMeaning } from './schema/common.ts';

/** A value in our unit, in the shape results are stored in. */
export type CanonicalValue = ParsedValue & { unit: string };

export type ProblemCode =
  | 'unknownTest'
  | 'noSpecimen'
  | 'unmappedStatus'
  | 'unmappedFlag'
  | 'unitMismatch'
  | 'emptyValue'
  | 'notConvertible'
  | 'badTime'
  | 'clockChange'
  | 'severalValues'
  | 'notProduction'
  | 'incomplete'
  | 'unparsable'
  | 'structure'
  | 'unsupportedQuery';

export interface InterpretProblem {
  code: ProblemCode;
  /** `hold`: must not be posted, an exception for a person. `notice`: post, but verification must hold. */
  severity: 'hold' | 'notice';
  /** for a person; contains no patient data */
  text: string;
  /** index of the record, null for the message */
  record: number | null;
}

/** A flag of R-7; `meaning` is null when the profile does not know it. */
export interface CanonicalFlag {
  code: string;
  meaning: FlagMeaning | null;
}

export interface CanonicalComment {
  source: string;
  text: string;
  type: string;
  record: number;
}

/** A time of the instrument; `instant` (ISO 8601 UTC) only when {@link InterpretOptions.toInstant} was given and could tell. */
export type InstrumentTime = LocalTime & { instant: string | null };

/** Who a message says a specimen is from, as sent; only what it gives. */
export interface SentPatient {
  /** P-3 and P-4, or PID-2 to PID-4: every identifier */
  ids: string[];
  family: string;
  given: string;
}

export interface CanonicalResult {
  /** null: the result has no order record, or its id is empty */
  specimenId: string | null;
  /** O-4, whole field as sent */
  instrumentSpecimenId: string;
  /** our code; null: unknown to the profile */
  testCode: string | null;
  /** as sent */
  instrumentCode: string;
  loinc: string | null;
  /** in our unit; text exactly as sent unless the profile has a factor */
  value: CanonicalValue;
  /** as sent; `specimen` is the whole O-3 when it does not name one specimen */
  sent: { text: string; unit: string; specimen?: string };
  flags: CanonicalFlag[];
  /** null: the profile does not map `sentStatus` */
  status: 'preliminary' | 'final' | 'corrected' | 'cancelled' | null;
  sentStatus: string;
  operator: string;
  startedAt: InstrumentTime;
  completedAt: InstrumentTime;
  /** R-14, else the third component of H-5, else '' */
  instrumentSerial: string;
  /** absent: the message says nothing of a patient */
  patient?: SentPatient;
  isQc: boolean;
  /** the lot number of a control's material, where the message gives one */
  controlLot?: string;
  /** as sent, '' = none */
  dilution: string;
  /** 1 for the first result of this code in its order, 2 for the next … */
  replicate: number;
  comments: CanonicalComment[];
  /** places in the message, from 0: records (ASTM), segments (HL7), lines (files and streams) */
  records: { header: number | null; patient: number | null; order: number | null; result: number };
  /** what concerns this result; the whole message's problems are beside the results */
  problems: InterpretProblem[];
}

/** A picture a device sent: histogram, scattergram, photograph. Kept as sent, base64. */
export interface CanonicalImage {
  /** null: the message names no specimen for it */
  specimenId: string | null;
  /** as sent, names the picture */
  code: string;
  title: string;
  /** `image/png`, `image/bmp`, `image/jpeg` … */
  contentType: string;
  /** base64 as sent, without white space */
  data: string;
  record: number;
}

/** What a device said about orders it was given (ORL^O34, ORR): taken, or refused with its words. */
export interface OrderOutcome {
  specimenId: string;
  /** the placer number we gave; '' = the whole specimen */
  placer: string;
  taken: boolean;
  text: string;
  /** MSA-2: the control id of our message */
  inReplyTo?: string;
}

/** A request for orders (R8, QBP^Q11 …). */
export interface CanonicalQuery {
  specimenIds: string[];
  /** asks for every specimen that has work */
  all: boolean;
  /** takes an earlier request back (Q-13 A) */
  cancel: boolean;
  /** our codes where known, else the instrument's; empty = all tests */
  tests: string[];
  /** what the answer must repeat, in the words of its protocol (MSH-10, QPD-1, QPD-2, trigger …); absent in ASTM */
  echo?: Readonly<Record<string, string>>;
  record: number;
  problems: InterpretProblem[];
}

export interface Interpretation {
  /** H-5 components */
  sender: { name: string; version: string; serial: string };
  /** H-12: P, T, D, Q or '' */
  processing: string;
  sentAt: InstrumentTime;
  results: CanonicalResult[];
  queries: CanonicalQuery[];
  images: CanonicalImage[];
  /** answers to orders we sent */
  orderOutcomes: OrderOutcome[];
  /** how many observations the profile's `notResults` left out */
  leftOut?: number;
  /** comments that belong to no result */
  comments: CanonicalComment[];
  /** problems of the message; a `hold` here holds all its results */
  problems: InterpretProblem[];
}

export interface InterpretOptions {
  /** The instrument's local time (`2026-07-29T06:42:05`) as an instant; null when it cannot be told. */
  toInstant?(local: string): string | null;
  /** Character sets of HL7 that are not built in (M6). */
  decode?: DecodePort;
}
