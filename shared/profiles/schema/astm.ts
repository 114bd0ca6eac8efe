/** Profiles of devices that speak LIS01-A2 and LIS02-A2 (ASTM). */
import { z } from 'zod';
import { LINK_LENIENCIES, type LinkLeniency } from '../../protocols/astm/link-types.ts';
import { CHARSETS, commonShape, oneByte, Place } from './common.ts';

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
      /** where else results name their specimen, `O-4.3` or `P-3`: the first place that has a value; none: O-3 at `specimenComponent` */
      specimen: z.array(Place).default([]),
      /** where the specimen stands in Q-3, from 1 (R8) */
      queryComponent: z.number().int().positive().default(2),
      /** Q-13 values that ask for orders; `A` takes a request back (R8) */
      queryStatuses: z.array(z.string()).default(['', 'O']),
      /** where a dilution stands in R-3, from 1; null: nowhere */
      dilutionComponent: z.number().int().positive().nullable().default(null),
      /** what the dilution says where nothing was diluted; read as none */
      undiluted: z.array(z.string()).default([]),
      /**
       * where the code stands in O-5 of what we send, from 1, on devices whose order codes are others than those in results: only tests with an
       * `order` are ordered then. Absent: `codeComponent`
       */
      orderComponent: z.number().int().positive().optional(),
      /** ends the code inside its component, what follows is the dilution (`10/1/not`); '' = nothing does */
      codeEnd: z.string().max(1).default(''),
      /** where the value stands in R-4, from 1: the first of these components that has text; none: the whole field */
      value: z.array(z.number().int().positive()).default([]),
      /**
       * Records of other aspects of one test (dose, index, interpretation): only those whose aspect component of R-3 has one of these values
       * are results; `*` = any value but none. A mapping `0021/I` makes a result of aspect I of code 0021 as well.
       */
      aspect: z
        .strictObject({ component: z.number().int().positive(), results: z.array(z.string()).min(1) })
        .nullable()
        .default(null),
      /**
       * Comments behind a result or its order that are alarms of the instrument, by C-5: the first component of C-4 is the alarm's code. Each is a
       * flag that holds, with the text given here; codes in `none` say that there is no alarm. LIS02-A2 has type I for flags of the instrument.
       */
      alarms: z
        .strictObject({
          types: z.array(z.string().min(1)).min(1),
          none: z.array(z.string()).default([]),
          texts: z.record(z.string(), z.string().min(1)).default({}),
        })
        .nullable()
        .prefault({ types: ['I'] }),
      testsPerOrder: z.enum(['repeat', 'each']).default('repeat'),
      /** how work is answered, where a device wants more than LIS02-A2 asks for (R9) */
      answer: z
        .strictObject({
          /** H-11, components: what cobas calls meaning and mode of a message */
          headerComment: z.array(z.string()).default([]),
          /** H-11 of work sent unasked */
          downloadComment: z.array(z.string()).default([]),
          /** where what Q-3 said of the specimen is repeated: `O-3` whole, `O-4` what stood behind the specimen */
          echo: z.enum(['none', 'O-3', 'O-4']).default('none'),
          /** O-12 */
          action: z.string().default('N'),
          /** O-16; absent: the specimen type of the order */
          descriptor: z.string().optional(),
          /** O-26 */
          reportType: z.string().default('Q'),
          /** L-3 */
          terminator: z.string().default('F'),
          /** answer to a query without work: `terminator` = H and L|1|I; else an order without tests, with this O-26 */
          nothing: z.union([z.literal('terminator'), z.string().min(1).max(1)]).default('terminator'),
        })
        .prefault({}),
      /** what a comma in a value means (R12); absent: see parseValue */
      comma: z.enum(['decimal', 'none']).optional(),
      leniencies: z.array(z.enum(RECORD_LENIENCIES)).default([]),
    })
    .prefault({}),
});
export type AstmProfile = z.infer<typeof AstmProfile>;
