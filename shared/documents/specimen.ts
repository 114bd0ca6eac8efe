import { z } from 'zod';
import { ACCESSION_LENGTH, base, MaybeInstant } from './common.ts';
import { Priority } from './order.ts';

/** Where a specimen's label is on its way to paper. */
export const LabelPlace = z.enum(['none', 'queued', 'printing', 'printed', 'failed', 'blocked']);
export type LabelPlace = z.infer<typeof LabelPlace>;

/** The label of a specimen: its print job. Bookkeeping of this station, it does not go to the server. */
export const Label = z.object({
  printer: z.string(),
  queuedAt: MaybeInstant,
  printedAt: MaybeInstant,
  attempts: z.number().int(),
  /** Why it failed or is blocked; empty when it did not. */
  why: z.string(),
  /** It may be on paper although nobody knows: never printed again by itself. */
  maybePrinted: z.boolean(),
  /** Times it was asked for. */
  copies: z.number().int(),
});
export type Label = z.infer<typeof Label>;

/** FHIR Specimen: one tube. */
export const SpecimenDoc = z.object({
  ...base,
  /**
   * The number on the tube. Ours: unique on every station of the laboratory, 12 characters with check character, without hyphens. Of another
   * system: exactly as that system gave it.
   */
  accessionIdentifier: z.string().max(ACCESSION_LENGTH),
  requisition: z.string().max(32),
  patientId: z.string().max(36),
  /** Ids of orders; `ServiceRequest/…` for one at the server that is not here yet. */
  orderIds: z.array(z.string()),
  testCodes: z.array(z.string()),
  priority: Priority,
  /** Code of the specimen type in the catalogue, e.g. `SER`. */
  typeCode: z.string(),
  typeDisplay: z.string(),
  container: z.string(),
  /** Cap colour token: lightBlue, gold, green, lavender, grey, red, none. */
  cap: z.string(),
  /** `1 of n` tubes of this requisition. */
  tubeIndex: z.number().int(),
  tubeCount: z.number().int(),
  status: z.enum(['expected', 'received', 'rejected', 'disposed']),
  collectedTime: MaybeInstant,
  collector: z.string(),
  /** Instant of arrival at the bench; empty before. Indexed for "received today". */
  receivedTime: z.string().max(24),
  receivedBy: z.string(),
  /** Indexed: what still has to be printed. */
  labelState: LabelPlace,
  label: Label,
  /** v2-0490 code and text when not acceptable. */
  conditionCode: z.string(),
  conditionText: z.string(),
});
export type SpecimenDoc = z.infer<typeof SpecimenDoc>;
