/** What every profile has, whatever its protocol. */
import { z } from 'zod';

export const code = z.string().min(1).max(64);
export const oneByte = z.string().regex(/^[\x21-\x7e]$/, 'one printable ASCII character');

export const TestMapping = z.strictObject({
  /** as the instrument sends it */
  code,
  /** our test code */
  test: code,
  /** how orders name it, where that is another: an assay of several results, a panel, a number */
  order: code.optional(),
  loinc: z
    .string()
    .regex(/^\d{1,7}-\d$/, 'a LOINC code')
    .nullable(),
  /** UCUM; null: taken as sent, for mappings a laboratory added */
  unit: z.string().nullable(),
  /** spellings of the unit this instrument prints, besides the UCUM code itself; '' = prints none */
  sentUnits: z.array(z.string()).default([]),
  /** canonical value = sent value x factor, exact decimal arithmetic, nothing rounded */
  factor: z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'a plain decimal')
    .default('1'),
  /** further units the instrument may send, each with its own factor; one that is here wins over `sentUnits` */
  otherUnits: z
    .array(
      z.strictObject({
        sent: z.string().max(40),
        factor: z.string().regex(/^\d+(\.\d+)?$/, 'a plain decimal'),
        /**
         * UCUM; the value is of this unit and not of the mapping's: another kind of quantity (mg/dL beside mmol/L), which no power of ten
         * joins. The value is posted in it; verification holds it unless the laboratory's catalogue has that unit.
         */
        unit: z.string().min(1).optional(),
      }),
    )
    .optional(),
  /** coded answers and what they say (`-1` = `non-reactive`): the text is the value, the code stays beside it as sent */
  answers: z.record(z.string(), z.string().min(1)).optional(),
});
export type TestMapping = z.infer<typeof TestMapping>;

export const FlagMeaning = z.strictObject({
  interpretation: z.enum(['', 'N', 'L', 'H', 'LL', 'HH', 'A']),
  /** a person must look before release */
  hold: z.boolean(),
  text: z.string().min(1),
});
export type FlagMeaning = z.infer<typeof FlagMeaning>;

/** Where something stands: `SPM-2.1` in HL7 (segment-field.component.subcomponent), a field's name in a file or stream. */
export const Place = z.string().min(1).max(40);

export const CHARSETS = ['latin1', 'utf8', 'ascii'] as const;

export const QcRecognition = z.strictObject({
  /** H-12 or MSH-11 values that make the whole message QC */
  processing: z.array(z.string()),
  /** O-12 values that make a specimen a control */
  actionCodes: z.array(z.string()),
  /** specimen ids that begin so are controls */
  specimenPrefixes: z.array(z.string().min(1)),
  /** other places that say so, with the values that do: `SPM-11.1` = `Q`; `*` = any value but none */
  places: z.array(z.strictObject({ place: Place, values: z.array(z.string().min(1)).min(1) })).default([]),
  /**
   * where a control's lot number stands, `O-4.2` or `INV-16.1`; '' = it is not sent. Absent: O-4 where that is one plain word beside the specimen
   * (ASTM), INV-16.1 (HL7)
   */
  lot: Place.or(z.literal('')).optional(),
});
export type QcRecognition = z.infer<typeof QcRecognition>;

/** Fields of every profile. */
export const commonShape = {
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words joined by hyphens'),
  version: z.number().int().positive(),
  name: z.string().min(1),
  manufacturer: z.string(),
  model: z.string(),
  section: z.string(),
  /** the document this profile was written from */
  source: z.strictObject({
    title: z.string().min(1),
    edition: z.string().default(''),
    note: z.string().default(''),
  }),
  tests: z.array(TestMapping),
  /**
   * codes an instrument sends among its results that are none: settings, modes, reagent data; kept with the message, never posted. A code
   * that ends in `*` stands for all that begin so.
   */
  notResults: z.array(z.strictObject({ code, text: z.string().min(1) })).default([]),
  /**
   * Codes an instrument sends among its results that are remarks on the whole specimen (suspect messages of haematology lines): never
   * posted, but a flag of every result of the same order, so that release waits where `hold` is set. A code that ends in `*` stands for all
   * that begin so. `unless`: values (R-4, OBX-5) and flags (R-7, OBX-8) with which the remark is not raised.
   */
  remarks: z
    .array(
      z.strictObject({
        code,
        text: z.string().min(1),
        interpretation: z.enum(['', 'A']).default('A'),
        hold: z.boolean().default(true),
        unless: z.array(z.string()).default([]),
      }),
    )
    .default([]),
  /** R-7, OBX-8 … */
  flags: z.record(z.string(), FlagMeaning),
  /** R-9, OBX-11 …; '' = none sent. A status that is not here holds the result. */
  statuses: z.record(z.string(), z.enum(['preliminary', 'final', 'corrected', 'cancelled'])),
  qc: QcRecognition,
  capabilities: z.strictObject({
    /** asks the host for orders */
    query: z.boolean(),
    /** takes orders it has not asked for */
    download: z.boolean(),
  }),
};
