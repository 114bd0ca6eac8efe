/** Profiles of devices that speak LIS01-A2 and LIS02-A2 (ASTM). */
import { z } from 'zod';
import { LINK_LENIENCIES, type LinkLeniency } from '../../protocols/astm/link-types.ts';
import { CHARSETS, commonShape, oneByte } from './common.ts';

/** Deviations in the records a profile may allow by name. */
export const RECORD_LENIENCIES = [
  /** R6: the code of a result may stand in the first component of R-3 when its own is empty. */
  'R6-first-component',
  /** R6: a result may name its test by the LOINC code the profile has for it. */
  'R6-loinc',
  /** R8: the specimen of a query may stand in the first component of Q-3 when the second is empty. */
  'R8-first-component',
] as const;
export type RecordLeniency = (typeof RECORD_LENIENCIES)[number];

export const AstmProfile = z.strictObject({
  ...commonShape,
  protocol: z.literal('astm'),
  link: z
    .strictObject({
      /** L4 */
      frameText: z.number().int().min(1).max(63_993).default(240),
      frameLayout: z.enum(['record', 'message']).default('record'),
      /** L10 */
      maxFailures: z.number().int().positive().default(6),
      /** L5, L8 */
      replyMs: z.number().int().positive().default(15_000),
      /** L9 */
      receiveMs: z.number().int().positive().default(30_000),
      /** L19 */
      baudRate: z.number().int().positive().default(9600),
      leniencies: z.array(z.enum(LINK_LENIENCIES as [LinkLeniency, ...LinkLeniency[]])).default([]),
    })
    .prefault({}),
  dialect: z
    .strictObject({
      /** what we send; what we read is in the message (R1) */
      delimiters: z
        .strictObject({ field: oneByte, repeat: oneByte, component: oneByte, escape: oneByte })
        .default({ field: '|', repeat: '\\', component: '^', escape: '&' }),
      charset: z.enum(CHARSETS).default('latin1'),
      /** where the code stands in O-5 and R-3, from 1 */
      codeComponent: z.number().int().positive().default(4),
      /** where the specimen stands in O-3, from 1 */
      specimenComponent: z.number().int().positive().default(1),
      /** where the specimen stands in Q-3, from 1 (R8) */
      queryComponent: z.number().int().positive().default(2),
      /** where a dilution stands in R-3, from 1; null: nowhere */
      dilutionComponent: z.number().int().positive().nullable().default(null),
      /** R-3 repeats of other aspects of one test (dose, index, interpretation): only those whose aspect component has one of these values are results */
      aspect: z
        .strictObject({ component: z.number().int().positive(), results: z.array(z.string()).min(1) })
        .nullable()
        .default(null),
      testsPerOrder: z.enum(['repeat', 'each']).default('repeat'),
      /** what a comma in a value means (R12); absent: see parseValue */
      comma: z.enum(['decimal', 'none']).optional(),
      leniencies: z.array(z.enum(RECORD_LENIENCIES)).default([]),
    })
    .prefault({}),
});
export type AstmProfile = z.infer<typeof AstmProfile>;
