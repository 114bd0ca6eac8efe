import { z } from 'zod';
import { base, PartialDate } from './common.ts';

/** FHIR Patient, slim. Names keep their own script; `transliteration` is the Latin form where there is one. */
export const PatientDoc = z.object({
  ...base,
  /** Medical record number: the unique patient id on labels and reports (B1). */
  identifier: z.string().max(32),
  identifierSystem: z.string(),
  familyName: z.string(),
  givenName: z.string(),
  transliteration: z.string(),
  sex: z.enum(['male', 'female', 'other', 'unknown']),
  birthDate: PartialDate,
  ward: z.string(),
  /** Id of the patient this one was merged into; empty when not merged. */
  mergedInto: z.string(),
  /** Lower-case family, given, transliteration and identifier: what a search looks through. */
  nameKey: z.string().max(120),
});
export type PatientDoc = z.infer<typeof PatientDoc>;
