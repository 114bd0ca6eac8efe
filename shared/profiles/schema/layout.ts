/** How a line of a file, or a block of a stream, is laid out: shared by the folder and the line protocols. */
import { z } from 'zod';
import { CHARSETS, code, Place } from './common.ts';

/** Meaning a field has for us. What has none stays with the message, in the journal. */
export const FIELD_ROLES = [
  'specimen',
  /** names the control material: stands for the specimen when the line is of a control, and never otherwise */
  'control',
  'test',
  /** of several fields with this role the first that is not empty is the value; the others become comments of the result */
  'value',
  /** value and unit in one field: `140 mmol/L`, `28,94mUI/ml` */
  'valueWithUnit',
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
  /** delimited: column from 1, or the title of the column in the header line (in any case of letters) */
  column: z.union([z.number().int().positive(), z.string().min(1)]).optional(),
  /** fixed: first byte from 1 and length */
  at: z.number().int().positive().optional(),
  length: z.number().int().positive().optional(),
  /** tagged: the mark before the value; '' = what stands before the first mark */
  tag: z.string().optional(),
  /** wide: the field is the value of this test, as the instrument calls it */
  test: code.optional(),
  /** what the field can say; a line that says anything else there is laid out otherwise, and is held */
  only: z.array(z.string()).min(1).optional(),
  /** may be missing: a column the header does not have, bytes behind the end of the line. Anything else that is missing holds the line. */
  optional: z.boolean().default(false),
});
export type Field = z.infer<typeof Field>;

/** A group of fields that stands several times in one line: one per test, behind the fixed fields. */
const Repeat = z.strictObject({
  /** fixed: first byte from 1; delimited: first column from 1 */
  at: z.number().int().positive(),
  /** bytes or columns of one group */
  size: z.number().int().positive(),
  /** `at` and `column` count within the group, from 1 */
  fields: z.array(Field).min(1),
});

export const Layout = z
  .strictObject({
    /** `delimited`: fields between separators. `fixed`: fields at byte positions. `tagged`: fields behind marks, each ended by the separator. */
    form: z.enum(['delimited', 'fixed', 'tagged']),
    /** `line`: every line is a record. `block`: the whole block, or file, is one: its line breaks are space. */
    record: z.enum(['line', 'block']).default('line'),
    /** of files without byte order mark, and of streams */
    charset: z.enum(CHARSETS).default('latin1'),
    /**
     * delimited: what stands between fields. tagged: each of these characters ends a field, and the field begins with its mark; a single space
     * says that marks and values are words with any white space between them.
     */
    separator: z.string().min(1).max(4).default(','),
    /** delimited: the quoting character, doubled inside a quoted field (RFC 4180); '' = none */
    quote: z.string().max(1).default('"'),
    /** delimited: the first line names the columns */
    header: z.boolean().default(false),
    /** delimited without header: how many columns a line has; a line with another number is held, since its columns may be shifted */
    columns: z.number().int().positive().optional(),
    /** lines that begin so are no results */
    skip: z.array(z.string().min(1)).default([]),
    /** only lines whose `kind` field has one of these values are results … */
    kinds: z.array(z.string()).default([]),
    /** … these are known not to be, and stay with the message. A line of any other kind is held: nothing is dropped unseen. */
    otherKinds: z.array(z.string()).default([]),
    /** `long`: one result per line, or per group of `repeat`. `wide`: one column (or field) per test; in a file with a header every column that
     * is no field of its own is one, named by its title, with its unit in brackets if it has any. An empty one was not measured. */
    shape: z.enum(['long', 'wide']).default('long'),
    fields: z.array(Field).min(1),
    repeat: Repeat.nullable().default(null),
    /** several flags in one field: separate `words` (by space, comma, semicolon), or every character is one (`characters`) */
    flags: z.enum(['words', 'characters']).default('words'),
    /** how `measured`, or `date`, a space, and `time`, are written: YYYY YY MM DD HH mm ss (M D H: one or two digits; hh A: 12 hours); `|` between
     * spellings that may all occur */
    timeFormat: z.string().min(1).default('YYYYMMDDHHmmss'),
    comma: z.enum(['decimal', 'none']).optional(),
  })
  .superRefine((layout, context) => {
    const fault = (message: string): void => context.addIssue({ code: 'custom', message });
    const groups = layout.repeat?.fields ?? [];
    const all = [...layout.fields, ...groups];
    for (const field of all) {
      if (layout.form === 'delimited' && field.column === undefined) fault(`${field.name}: no column`);
      if (layout.form === 'fixed' && (field.at === undefined || field.length === undefined))
        fault(`${field.name}: no place and length`);
      if (layout.form === 'tagged' && field.tag === undefined) fault(`${field.name}: no tag`);
      if (typeof field.column === 'string' && !layout.header) fault(`${field.name}: there is no header`);
    }
    for (const field of groups) {
      if (typeof field.column === 'string') fault(`${field.name}: columns of a group are numbers`);
      if (Number(field.column ?? (field.at ?? 1) + (field.length ?? 1) - 1) > (layout.repeat?.size ?? 0))
        fault(`${field.name}: behind the end of its group`);
    }
    if (new Set(all.map((field) => field.name)).size !== all.length) fault('two fields have the same name');
    const has = (...roles: FieldRole[]): boolean =>
      all.some((field) => field.role !== undefined && roles.includes(field.role));
    if (!has('specimen')) fault('no field is the specimen');
    if (layout.shape === 'long' && !(has('test') && has('value', 'valueWithUnit')))
      fault('no field is the test, or none is the value');
    if (layout.shape === 'wide' && !layout.header && !all.some((field) => field.test !== undefined))
      fault('no field is a test');
    if (layout.repeat !== null && layout.form === 'tagged') fault('tagged fields do not repeat');
    if (layout.header && layout.form !== 'delimited') fault('only delimited files have a header');
    if (layout.kinds.length + layout.otherKinds.length > 0 && !has('kind')) fault('no field is the kind');
  });
export type Layout = z.infer<typeof Layout>;
