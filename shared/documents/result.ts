import { z } from 'zod';
import { ACCESSION_LENGTH, base, Instant, MaybeInstant, Reasons } from './common.ts';

/** A measured value as sent (R12): the text is the truth; number and comparator are what could be read from it. */
export const ResultValue = z.object({
  text: z.string(),
  kind: z.enum(['quantity', 'string', 'empty']),
  number: z.number().optional(),
  comparator: z.enum(['<', '<=', '>', '>=']).optional(),
  /** UCUM code, e.g. `mmol/L`, `10*9/L`. */
  unit: z.string(),
});
export type ResultValue = z.infer<typeof ResultValue>;

/** The range that was used (V4), stored with the result and never recomputed for display. Bounds in the result's unit. */
export const UsedRange = z.object({
  low: z.number().optional(),
  high: z.number().optional(),
  /** As shown: `3.5–5.1`, `< 32`. */
  text: z.string(),
  /** Whom it is for: `female, 18 to 120 y`. */
  appliesTo: z.string(),
  criticalLow: z.number().optional(),
  criticalHigh: z.number().optional(),
});
export type UsedRange = z.infer<typeof UsedRange>;

export const Interpretation = z.enum(['', 'N', 'L', 'H', 'LL', 'HH', 'A']);
export type Interpretation = z.infer<typeof Interpretation>;

/** FHIR Observation. A version is appended for every correction; the value of a version never changes. */
export const ResultDoc = z.object({
  ...base,
  patientId: z.string().max(36),
  specimenId: z.string().max(36),
  accessionIdentifier: z.string().max(ACCESSION_LENGTH),
  orderId: z.string().max(36),
  requisition: z.string().max(32),
  testCode: z.string().max(16),
  testName: z.string(),
  loinc: z.string(),
  /** 1 for the first, one more for each correction or rerun. */
  version: z.number().int(),
  /** Id of the version this one replaces; empty for the first. */
  replacesId: z.string(),
  /** False once a later version replaced this one. */
  current: z.boolean(),
  status: z.enum(['preliminary', 'final', 'corrected', 'cancelled', 'entered-in-error']),
  value: ResultValue,
  interpretation: Interpretation,
  range: UsedRange.nullable(),
  /** What the rules say: held (waits for a person), ready, blocked (may not be released), released. Indexed. */
  verdict: z.enum(['held', 'ready', 'blocked', 'released', 'rejected']),
  because: Reasons,
  ruleSetVersion: z.number().int(),
  /** Flags as the instrument sent them. */
  flags: z.array(z.string()),
  previous: z
    .object({
      resultId: z.string(),
      text: z.string(),
      number: z.number().optional(),
      at: Instant,
      delta: z.string(),
    })
    .nullable(),
  instrumentId: z.string(),
  operator: z.string(),
  /** Collection time of the specimen: effectiveDateTime. */
  effectiveTime: MaybeInstant,
  measuredTime: MaybeInstant,
  /** When it was posted here. Indexed: "today". */
  postedTime: z.string().max(24),
  enteredBy: z.string(),
  verifiedBy: z.string(),
  verifiedTime: MaybeInstant,
  comment: z.string(),
  /** Same for the same measurement however often it is sent: posting is idempotent on it. */
  sourceKey: z.string().max(64),
  /** Journal message it came from; empty when entered by hand. */
  messageId: z.string().max(36),
});
export type ResultDoc = z.infer<typeof ResultDoc>;
