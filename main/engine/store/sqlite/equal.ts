import type { RxDocumentData } from 'rxdb';
import { encodeKey, type IndexColumn } from './keys.ts';
import type { QueryTarget } from './query.ts';
import type { SqlValue } from './raw.ts';

/** The part of a Mango query that is looked at here. */
export interface EqualQuery {
  selector?: Record<string, unknown>;
  sort?: unknown;
  index?: unknown;
  skip?: number;
  limit?: number;
}

/**
 * A query that asks for the documents with certain texts in the first fields of an index and for no order of its own: most of what posting
 * reads. It needs no planning: its range of the index follows from the texts.
 */
export interface EqualPlan {
  fields: readonly string[];
  values: readonly string[];
  /** True when the last value is only how the text begins. */
  begins: boolean;
  /** All fields of the index, the leading ones first. */
  index: readonly string[];
  /** The index's key column, quoted. */
  column: string;
  /** Reads the range, with the bounds as parameters. */
  select: string;
  bounds: [SqlValue, SqlValue];
}

interface Leading {
  column: IndexColumn;
  fields: readonly string[];
  lengths: readonly number[];
  select: string;
}

/** Indexes by the set of their leading fields. */
const known = new WeakMap<readonly IndexColumn[], Map<string, Leading | null>>();
/** U+FFFF as {@link encodeKey} writes it: behind a key it is above everything that begins with that key. */
const ABOVE = Uint8Array.of(0xef, 0xbf, 0xbf);

/** The plan of a query of this kind; undefined for every other query. */
export function equalPlan<T>(target: QueryTarget<T>, query: EqualQuery): EqualPlan | undefined {
  const { selector } = query;
  if (query.sort !== undefined || query.index !== undefined || selector === undefined) return undefined;
  const names = Object.keys(selector);
  for (const name of names) if (equalText(selector[name]) === undefined) return undefined;
  if (names.length === 0) return undefined;
  const leading = leadingIndex(target, names);
  if (leading === null) return undefined;
  const values = leading.fields.map((field) => equalText(selector[field]) as string);
  let prefix = '0';
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as string;
    const length = leading.lengths[at] as number;
    if (value.length > length) return undefined;
    prefix += value.padEnd(length, ' ');
  }
  return planOver(leading, values, prefix, false);
}

/** The plan for the documents whose text in an indexed field begins with `start`. @throws Error when no index begins with that field */
export function beginningPlan<T>(target: QueryTarget<T>, field: string, start: string): EqualPlan {
  const leading = leadingIndex(target, [field]);
  if (leading === null) throw new Error(`no index of ${target.tableName} for ${field}`);
  return planOver(leading, [start], `0${start}`, true);
}

function planOver(
  { column, fields, select }: Leading,
  values: readonly string[],
  prefix: string,
  begins: boolean,
): EqualPlan {
  const lower = encodeKey(prefix);
  const upper = new Uint8Array(lower.length + ABOVE.length);
  upper.set(lower);
  upper.set(ABOVE, lower.length);
  return {
    fields,
    values,
    begins,
    index: column.fields.slice(1),
    column: column.column,
    select,
    bounds: [lower, upper],
  };
}

/** The text a matcher asks for; undefined when it asks for anything else. */
function equalText(matcher: unknown): string | undefined {
  if (typeof matcher !== 'object' || matcher === null) return undefined;
  const { $eq: text } = matcher as { $eq?: unknown };
  if (typeof text !== 'string') return undefined;
  for (const operator in matcher) if (operator !== '$eq') return undefined;
  return text;
}

/** The first index that begins with `_deleted` and these fields, in any order, all of them texts. */
function leadingIndex<T>(target: QueryTarget<T>, fields: readonly string[]): Leading | null {
  let bySet = known.get(target.columns);
  if (bySet === undefined) {
    bySet = new Map();
    known.set(target.columns, bySet);
  }
  const name = fields.length === 1 ? (fields[0] as string) : [...fields].sort().join();
  const before = bySet.get(name);
  if (before !== undefined) return before;
  const properties = target.schema.properties as Record<string, { type?: unknown; maxLength?: number }>;
  const column = target.columns.find(
    (one) =>
      one.fields[0] === '_deleted' &&
      [...one.fields.slice(1, fields.length + 1)].sort().join() === name &&
      fields.every((field) => properties[field]?.type === 'string' && properties[field]?.maxLength),
  );
  const found: Leading | null =
    column === undefined
      ? null
      : {
          column,
          fields: column.fields.slice(1, fields.length + 1),
          lengths: column.fields
            .slice(1, fields.length + 1)
            .map((field) => properties[field]?.maxLength as number),
          select: `SELECT data FROM ${target.tableName} WHERE ${column.column} >= ? AND ${column.column} <= ?`,
        };
  bySet.set(name, found);
  return found;
}

/** Whether a document has the texts: the padding of the index cannot tell a blank at the end. */
export function hasValues(document: Record<string, unknown>, plan: EqualPlan): boolean {
  if (plan.begins) return (document[plan.fields[0] as string] as string).startsWith(plan.values[0] as string);
  return plan.fields.every((field, at) => document[field] === plan.values[at]);
}

/** The order RxDB gives a query without one: by the fields of the collection's first index. */
export function naturalOrder<T>(
  target: QueryTarget<T>,
): (a: Record<string, unknown>, b: Record<string, unknown>) => number {
  const first = (target.schema.indexes?.[0] ?? [target.primaryPath]) as readonly string[];
  return ascending([...first, target.primaryPath].filter((field) => field !== '_deleted'));
}

/** The order of {@link backwards}. */
export function backwardsOrder(
  plan: EqualPlan,
): (a: Record<string, unknown>, b: Record<string, unknown>) => number {
  const forwards = ascending(plan.index);
  return (a, b) => forwards(b, a);
}

function ascending(
  fields: readonly string[],
): (a: Record<string, unknown>, b: Record<string, unknown>) => number {
  return (a, b) => {
    for (const field of fields) {
      const left = a[field] as string;
      const right = b[field] as string;
      if (left < right) return -1;
      if (left > right) return 1;
    }
    return 0;
  };
}

/** Runs the plan: matching documents that are not deleted, in no order. */
export function runEqual<T>(target: QueryTarget<T>, plan: EqualPlan): RxDocumentData<T>[] {
  const found: RxDocumentData<T>[] = [];
  const rows = target.driver.column(plan.select).all(plan.bounds[0], plan.bounds[1]);
  for (const data of rows) {
    const document = JSON.parse(data as string) as RxDocumentData<T>;
    if (hasValues(document as Record<string, unknown>, plan)) found.push(document);
  }
  return found;
}

/**
 * Matching documents by the index's next fields from the highest down, read a few at a time, `expected` at first: whoever stops early has read
 * little. To be taken without a pause: nothing may be written in between.
 */
export function* backwards<T>(
  target: QueryTarget<T>,
  plan: EqualPlan,
  expected = 1,
): Generator<RxDocumentData<T>> {
  const [lower, upper] = plan.bounds;
  const ordered = `${plan.select} ORDER BY ${plan.column} DESC`;
  for (let size = expected, read = 0; ; size *= 4) {
    // Most take the first alone, and a fixed limit is read in half the time.
    const rows =
      size === 1
        ? target.driver.column(`${ordered} LIMIT 1`).all(lower, upper)
        : target.driver.column(`${ordered} LIMIT ? OFFSET ?`).all(lower, upper, size, read);
    read += rows.length;
    for (const data of rows) {
      const document = JSON.parse(data as string) as RxDocumentData<T>;
      if (hasValues(document as Record<string, unknown>, plan)) yield document;
    }
    if (rows.length < size) return;
  }
}
