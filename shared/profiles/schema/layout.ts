/** How a line of a file, or a block of a stream, is laid out: shared by the folder and the line protocols. */
import { z } from 'zod';
import { CHARSETS, Place } from './common.ts';

/** Meaning a field has for us; anything else keeps its name and is kept with the result. */
export const FIELD_ROLES = [
  'specimen',
  'test',
  'value',
  'unit',
  'flag',
  'status',
  'operator',
  'serial',
  'measured',
  'date',
  'time',
  'dilution',
  'sequence',
  'kind',
  'comment',
] as const;
export type FieldRole = (typeof FIELD_ROLES)[number];

const Field = z.strictObject({
  name: Place,
  role: z.enum(FIELD_ROLES).optional(),
  /** delimited: column from 1, or the title of the column in the header line */
  column: z.union([z.number().int().positive(), z.string().min(1)]).optional(),
  /** fixed: first byte from 1 and length */
  at: z.number().int().positive().optional(),
  length: z.number().int().positive().optional(),
  /** tagged: the mark before the value */
  tag: z.string().min(1).optional(),
});

/** A group of fields that stands several times in one line: one per test, behind the fixed fields. */
const Repeat = z.strictObject({
  /** fixed: first byte from 1; delimited: first column from 1 */
  at: z.number().int().positive(),
  /** bytes or columns of one group */
  size: z.number().int().positive(),
  fields: z.array(Field).min(1),
});

export const Layout = z.strictObject({
  /** `delimited`: fields between separators. `fixed`: fields at byte positions. `tagged`: fields behind marks, each ended by the separator. */
  form: z.enum(['delimited', 'fixed', 'tagged']),
  charset: z.enum(CHARSETS).default('latin1'),
  separator: z.string().min(1).max(4).default(','),
  /** delimited: the quoting character, doubled inside a quoted field; '' = none */
  quote: z.string().max(1).default('"'),
  /** the first line names the columns */
  header: z.boolean().default(false),
  /** lines that begin so are no results */
  skip: z.array(z.string().min(1)).default([]),
  /** only lines whose `kind` field has one of these values are results; others are kept with the message */
  kinds: z.array(z.string()).default([]),
  /** `long`: one result per line. `wide`: one column (or field) per test, named by its title. */
  shape: z.enum(['long', 'wide']).default('long'),
  fields: z.array(Field).min(1),
  repeat: Repeat.nullable().default(null),
  /** how `measured`, or `date` and `time`, are written, in letters YYYY YY MM DD HH mm ss: `YYYY-MM-DD HH:mm:ss` */
  timeFormat: z.string().default('YYYYMMDDHHmmss'),
  comma: z.enum(['decimal', 'none']).optional(),
});
export type Layout = z.infer<typeof Layout>;
