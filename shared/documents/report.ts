import { z } from 'zod';
import { base, Instant, MaybeInstant } from './common.ts';

/** Electronic signature (C4): who, when, meaning, bound to the SHA-256 of the report's content. */
export const Signature = z.object({
  personId: z.string(),
  name: z.string(),
  at: Instant,
  meaning: z.string(),
  contentHash: z.string(),
});
export type Signature = z.infer<typeof Signature>;

/** FHIR DiagnosticReport of one requisition. A signed version is never changed: an amendment is a new document with the next version. */
export const ReportDoc = z.object({
  ...base,
  requisition: z.string().max(32),
  patientId: z.string().max(36),
  title: z.string(),
  version: z.number().int(),
  replacesId: z.string(),
  current: z.boolean(),
  /** waiting: all results released, waits for signature; sentBack: returned to the bench; signed: final. Indexed. */
  state: z.enum(['incomplete', 'waiting', 'sentBack', 'signed']),
  status: z.enum(['registered', 'partial', 'final', 'corrected']),
  priority: z.string(),
  orderIds: z.array(z.string()),
  specimenIds: z.array(z.string()),
  resultIds: z.array(z.string()),
  conclusion: z.string(),
  sendBackReason: z.string(),
  /** Why this version corrects the one before; empty for version 1. */
  correctionReason: z.string(),
  signature: Signature.nullable(),
  /** Instant of signing; empty before. Indexed. */
  issuedTime: z.string().max(24),
  readyTime: MaybeInstant,
});
export type ReportDoc = z.infer<typeof ReportDoc>;
