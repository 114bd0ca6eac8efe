/** Instrument profiles: what is known about a device, as data. The JSON files stand in `data/`; `builtin.ts` lists them. */
import { z } from 'zod';
import { LINK_LENIENCIES, type LinkLeniency } from '../protocols/astm/link-types.ts';

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

const code = z.string().min(1).max(64);
const oneByte = z.string().regex(/^[\x21-\x7e]$/, 'one printable ASCII character');

export const TestMapping = z.strictObject({
  /** as the instrument sends it */
  code,
  /** our test code */
  test: code,
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
});
export type TestMapping = z.infer<typeof TestMapping>;

export const FlagMeaning = z.strictObject({
  interpretation: z.enum(['', 'N', 'L', 'H', 'LL', 'HH', 'A']),
  /** a person must look before release */
  hold: z.boolean(),
  text: z.string().min(1),
});
export type FlagMeaning = z.infer<typeof FlagMeaning>;

export const Profile = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words joined by hyphens'),
  version: z.number().int().positive(),
  name: z.string().min(1),
  manufacturer: z.string(),
  model: z.string(),
  section: z.string(),
  protocol: z.literal('astm'),
  /** the document this profile was written from */
  source: z.strictObject({
    title: z.string().min(1),
    edition: z.string().default(''),
    note: z.string().default(''),
  }),
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
      charset: z.enum(['latin1', 'utf8', 'ascii']).default('latin1'),
      /** where the code stands in O-5 and R-3, from 1 */
      codeComponent: z.number().int().positive().default(4),
      /** where a dilution stands in R-3, from 1; null: nowhere */
      dilutionComponent: z.number().int().positive().nullable().default(null),
      testsPerOrder: z.enum(['repeat', 'each']).default('repeat'),
      /** what a comma in a value means (R12); absent: see parseValue */
      comma: z.enum(['decimal', 'none']).optional(),
      leniencies: z.array(z.enum(RECORD_LENIENCIES)).default([]),
    })
    .prefault({}),
  tests: z.array(TestMapping),
  /** */
  flags: z.record(z.string(), FlagMeaning),
  /** R-9; '' = none sent. A status that is not here holds the result. */
  statuses: z.record(z.string(), z.enum(['preliminary', 'final', 'corrected', 'cancelled'])),
  qc: z.strictObject({
    /** H-12 values that make the whole message QC */
    processing: z.array(z.string()),
    /** O-12 values that make a specimen a control */
    actionCodes: z.array(z.string()),
    /** specimen ids that begin so are controls */
    specimenPrefixes: z.array(z.string().min(1)),
  }),
  capabilities: z.strictObject({
    /** asks the host for orders */
    query: z.boolean(),
    /** takes orders it has not asked for */
    download: z.boolean(),
  }),
});
export type Profile = z.infer<typeof Profile>;

/**
 * Checks data against the schema.
 * @throws Error naming the path of each fault (`tests.3.factor: a plain decimal`), and instrument codes that stand twice.
 */
export function parseProfile(data: unknown): Profile {
  const parsed = Profile.safeParse(data);
  if (!parsed.success) {
    throw new Error(
      parsed.error.issues
        .map((issue) => `${issue.path.map(String).join('.') || 'profile'}: ${issue.message}`)
        .join('; '),
    );
  }
  const twice = parsed.data.tests.find(
    (test, at, all) => all.findIndex((one) => one.code === test.code) !== at,
  );
  if (twice !== undefined) throw new Error(`tests: the instrument code ${twice.code} stands twice`);
  return parsed.data;
}

/**
 * A profile with a laboratory's own additions: instrument code to our test code. Never an edit: the profile stays as it is. An
 * added code takes its unit as sent, unless the profile knows the test under another code.
 */
export function withOverlay(profile: Profile, tests: Readonly<Record<string, string>>): Profile {
  const added = Object.entries(tests).map(([instrumentCode, test]): TestMapping => {
    const known = profile.tests.find((one) => one.code === instrumentCode && one.test === test);
    return known ?? { code: instrumentCode, test, loinc: null, unit: null, sentUnits: [], factor: '1' };
  });
  const replaced = new Set(added.map((one) => one.code));
  return { ...profile, tests: [...profile.tests.filter((one) => !replaced.has(one.code)), ...added] };
}
