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
  /** All fields of the index, the leading ones first. */
  index: readonly string[];
  /** The index's key column, quoted. */
  column: string;
  bounds: [SqlValue, SqlValue];
}

interface Leading {
  column: IndexColumn;
  fields: readonly string[];
  lengths: readonly number[];
}

/** Indexes by the set of their leading fields. */
const known = new WeakMap<readonly IndexColumn[], Map<string, Leading | null>>();

/** The plan of a query of this kind; undefined for every other query. */
export function equalPlan<T>(target: QueryTarget<T>, query: EqualQuery): EqualPlan | undefined {
  if (query.sort !== undefined || query.index !== undefined || query.selector === undefined) return undefined;
  const texts = new Map<string, string>();
  for (const [field, matcher] of Object.entries(query.selector)) {
    if (typeof matcher !== 'object' || matcher === null) return undefined;
    const [[operator, value] = [], ...more] = Object.entries(matcher);
    if (operator !== '$eq' || typeof value !== 'string' || more.length > 0) return undefined;
    texts.set(field, value);
  }
  if (texts.size === 0) return undefined;
  const leading = leadingIndex(target, [...texts.keys()]);
  if (leading === null) return undefined;
  const values = leading.fields.map((field) => texts.get(field) as string);
  let prefix = '0';
  for (const [at, value] of values.entries()) {
    const length = leading.lengths[at] as number;
    if (value.length > length) return undefined;
    prefix += value.padEnd(length, ' ');
  }
  const { column } = leading.column;
  return {
    fields: leading.fields,
    values,
    index: leading.column.fields.slice(1),
    column,
    bounds: [encodeKey(prefix), encodeKey(`${prefix}\uffff`)],
  };
}

/** The first index that begins with `_deleted` and these fields, in any order, all of them texts. */
function leadingIndex<T>(target: QueryTarget<T>, fields: readonly string[]): Leading | null {
  let bySet = known.get(target.columns);
  if (bySet === undefined) {
    bySet = new Map();
    known.set(target.columns, bySet);
  }
  const name = [...fields].sort().join();
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
        };
  bySet.set(name, found);
  return found;
}

/** Whether a document has the texts: the padding of the index cannot tell a blank at the end. */
export function hasValues(document: Record<string, unknown>, plan: EqualPlan): boolean {
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
  for (const data of target.driver
    .prepare(`SELECT data FROM ${target.tableName} WHERE ${plan.column} >= ? AND ${plan.column} <= ?`)
    .pluck()
    .all(...plan.bounds)) {
    const document = JSON.parse(data as string) as RxDocumentData<T>;
    if (hasValues(document as Record<string, unknown>, plan)) found.push(document);
  }
  return found;
}

/** Matching documents by the index's next fields from the highest down, read a few at a time, `expected` at first: whoever stops early has read little. */
export function* backwards<T>(
  target: QueryTarget<T>,
  plan: EqualPlan,
  expected = 1,
): Generator<RxDocumentData<T>> {
  const { column } = plan;
  const [lower] = plan.bounds;
  let [, upper] = plan.bounds;
  for (let size = expected; ; size *= 4) {
    const rows = target.driver
      .prepare(
        `SELECT data, ${column} AS k FROM ${target.tableName} WHERE ${column} >= ? AND ${column} < ? ORDER BY ${column} DESC LIMIT ?`,
      )
      .all(lower, upper, size) as { data: string; k: Uint8Array }[];
    for (const { data, k } of rows) {
      upper = k;
      const document = JSON.parse(data) as RxDocumentData<T>;
      if (hasValues(document as Record<string, unknown>, plan)) yield document;
    }
    if (rows.length < size) return;
  }
}
