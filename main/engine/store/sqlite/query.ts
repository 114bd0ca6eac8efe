import {
  type FilledMangoQuery,
  getIndexableStringMonad,
  getQueryMatcher,
  getQueryPlan,
  getSchemaByObjectPath,
  getSortComparator,
  getStartIndexStringFromLowerBound,
  getStartIndexStringFromUpperBound,
  type PreparedQuery,
  type RxDocumentData,
  type RxJsonSchema,
  type RxStorageDefaultCheckpoint,
} from 'rxdb';
import type { SqliteDriver } from './driver.ts';
import { CHANGED_AT, encodeKey, type IndexColumn } from './keys.ts';
import type { SqlValue } from './raw.ts';

/** What queries need to know of a collection. */
export interface QueryTarget<T> {
  driver: SqliteDriver;
  tableName: string;
  columns: IndexColumn[];
  primaryPath: string;
  /** With those of its indexes for which the table has a column. */
  schema: RxJsonSchema<RxDocumentData<T>>;
}

/**
 * How a query is run.
 * `forward`: the index gives the wanted order. `backward`: the index read from its end gives it; when the sort ends with the
 * primary key ascending (what RxDB appends to a descending sort) only equal neighbours are put in order (`resortTies`).
 * `sort`: the order has to be made by comparing.
 */
export interface ScanPlan {
  order: 'forward' | 'backward' | 'sort';
  resortTies: boolean;
  filter: boolean;
  /** Range over the index column, with its parameters. */
  table: string;
  column: string;
  where: string;
  params: SqlValue[];
}

type Plan = PreparedQuery<unknown>['queryPlan'];

function sortParts(query: FilledMangoQuery<unknown>): [string, 'asc' | 'desc'][] {
  return query.sort.map((part) => Object.entries(part)[0] as [string, 'asc' | 'desc']);
}

/** A field whose index order is the order of its values: always present, and no fraction that the index would cut off. */
function orderedByIndex<T>(
  schema: RxJsonSchema<RxDocumentData<T>>,
  field: string,
  primaryPath: string,
): boolean {
  if (field === primaryPath || field === CHANGED_AT || field === '_deleted') return true;
  if (!((schema.required ?? []) as readonly string[]).includes(field)) return false;
  const part = getSchemaByObjectPath(schema, field);
  return (
    part.type === 'string' || part.type === 'boolean' || (part.type === 'integer' && part.multipleOf === 1)
  );
}

/**
 * Finds the plan that serves a descending sort from the end of an index. RxDB's planner never uses an index for one, so it is asked
 * for the mirrored, ascending query.
 */
function backwardPlan<T>(
  target: QueryTarget<T>,
  query: FilledMangoQuery<T>,
): { plan: Plan; resortTies: boolean } | undefined {
  const parts = sortParts(query as FilledMangoQuery<unknown>);
  const last = parts.at(-1);
  if (last === undefined || parts[0]?.[1] !== 'desc') return undefined;
  const resortTies = last[0] === target.primaryPath && last[1] === 'asc';
  const descending = resortTies ? parts.slice(0, -1) : parts;
  if (descending.some(([, direction]) => direction !== 'desc')) return undefined;
  if (!descending.every(([field]) => orderedByIndex(target.schema, field, target.primaryPath)))
    return undefined;
  const mirrored = {
    ...query,
    sort: parts.map(([field]) => ({ [field]: 'asc' })),
  } as unknown as FilledMangoQuery<T>;
  const plan = getQueryPlan(target.schema as never, mirrored) as Plan;
  return plan.sortSatisfiedByIndex ? { plan, resortTies } : undefined;
}

function columnOf<T>(target: QueryTarget<T>, plan: Plan): IndexColumn | undefined {
  return target.columns.find((candidate) => candidate.name === plan.index.join(','));
}

/** The plan of a query that RxDB would run over an index that the table does not have. */
function planAnew<T>(target: QueryTarget<T>, { query }: PreparedQuery<T>): Plan {
  const { index: _index, ...free } = query;
  return getQueryPlan(target.schema as never, free as FilledMangoQuery<T>) as Plan;
}

const plans = new WeakMap<object, ScanPlan>();

/** The scan of a prepared query; remembered with the query object. */
export function scanPlan<T>(target: QueryTarget<T>, prepared: PreparedQuery<T>): ScanPlan {
  const known = plans.get(prepared);
  if (known !== undefined && known.table === target.tableName) return known;
  const asked =
    columnOf(target, prepared.queryPlan) === undefined ? planAnew(target, prepared) : prepared.queryPlan;
  const backward = asked.sortSatisfiedByIndex ? undefined : backwardPlan(target, prepared.query);
  const plan = backward?.plan ?? asked;
  const column = columnOf(target, plan);
  if (column === undefined) throw new Error(`no index ${plan.index.join(',')} on ${target.tableName}`);
  const lower = getStartIndexStringFromLowerBound(target.schema, plan.index, plan.startKeys as string[]);
  const upper = getStartIndexStringFromUpperBound(target.schema, plan.index, plan.endKeys as string[]);
  const scan: ScanPlan = {
    order: backward !== undefined ? 'backward' : plan.sortSatisfiedByIndex ? 'forward' : 'sort',
    resortTies: backward?.resortTies ?? false,
    filter: !plan.selectorSatisfiedByIndex,
    table: target.tableName,
    column: column.column,
    where: `${column.column} ${plan.inclusiveStart ? '>=' : '>'} ? AND ${column.column} ${plan.inclusiveEnd ? '<=' : '<'} ?`,
    params: [encodeKey(lower), encodeKey(upper)],
  };
  plans.set(prepared, scan);
  return scan;
}

/** The SQL of a scan, without LIMIT. */
export function scanSql(scan: ScanPlan): string {
  const order =
    scan.order === 'sort' ? '' : ` ORDER BY ${scan.column}${scan.order === 'backward' ? ' DESC' : ''}`;
  return `SELECT data FROM ${scan.table} WHERE ${scan.where}${order}`;
}

/** Runs a query: documents in order, skip and limit applied. */
export function runQuery<T>(target: QueryTarget<T>, prepared: PreparedQuery<T>): RxDocumentData<T>[] {
  const scan = scanPlan(target, prepared);
  const query = prepared.query;
  const skip = query.skip ?? 0;
  const limit = typeof query.limit === 'number' ? query.limit : Number.POSITIVE_INFINITY;
  const end = skip + limit;
  if (limit === 0) return [];
  const { driver } = target;
  const sql = scanSql(scan);
  const parse = (data: unknown) => JSON.parse(data as string) as RxDocumentData<T>;
  if (!scan.filter && scan.order !== 'sort' && !scan.resortTies) {
    const rows = driver
      .prepare(`${sql} LIMIT ? OFFSET ?`)
      .pluck()
      .all(...scan.params, limit === Number.POSITIVE_INFINITY ? -1 : limit, skip);
    return rows.map(parse);
  }
  const matches = scan.filter ? getQueryMatcher(target.schema, query as never) : () => true;
  const compare = getSortComparator(target.schema, query) as unknown as (
    a: RxDocumentData<T>,
    b: RxDocumentData<T>,
  ) => number;
  if (end === Number.POSITIVE_INFINITY || scan.order === 'sort') {
    const documents: RxDocumentData<T>[] = [];
    for (const data of driver
      .prepare(sql)
      .pluck()
      .all(...scan.params)) {
      const document = parse(data);
      if (matches(document as never)) documents.push(document);
    }
    if (scan.order === 'sort' || scan.resortTies) documents.sort(compare);
    return skip === 0 && limit === Number.POSITIVE_INFINITY ? documents : documents.slice(skip, end);
  }
  const tied = scan.resortTies ? tieTest<T>(query) : undefined;
  const documents: RxDocumentData<T>[] = [];
  for (const data of driver
    .prepare(sql)
    .pluck()
    .iterate(...scan.params)) {
    const document = parse(data);
    if (documents.length >= end) {
      const previous = documents.at(-1);
      if (tied === undefined || previous === undefined || !tied(previous, document)) break;
    }
    if (matches(document as never)) documents.push(document);
  }
  if (scan.resortTies) documents.sort(compare);
  return documents.slice(skip, end);
}

/** Tells whether two documents are equal in every sort field but the last one, the primary key. */
function tieTest<T>(query: FilledMangoQuery<T>): (a: RxDocumentData<T>, b: RxDocumentData<T>) => boolean {
  const compare = getSortComparator({} as never, { ...query, sort: query.sort.slice(0, -1) }) as unknown as (
    a: RxDocumentData<T>,
    b: RxDocumentData<T>,
  ) => number | undefined;
  return (a, b) => !compare(a, b);
}

/**
 * Documents changed after `checkpoint`, deleted ones too, in the order of RxDB's index by time of change, at most `limit`. Looks at every row:
 * only replication from RxDB to RxDB asks for it, so no key is kept for it.
 */
export function changedSince<T>(
  target: QueryTarget<T>,
  limit: number,
  checkpoint: RxStorageDefaultCheckpoint = { lwt: 1, id: '' },
): RxDocumentData<T>[] {
  const { driver, tableName, primaryPath } = target;
  const fields = [CHANGED_AT, primaryPath];
  const keyOf = getIndexableStringMonad(target.schema, fields) as (document: unknown) => string;
  const since = getStartIndexStringFromLowerBound(target.schema, fields, [checkpoint.lwt, checkpoint.id]);
  const found: { n: number; key: string }[] = [];
  let newest = 0;
  const heads = driver.prepare(`SELECT n, id, lwt FROM ${tableName} WHERE lwt >= ? ORDER BY lwt`);
  for (const head of heads.iterate(checkpoint.lwt)) {
    const { n, id, lwt } = head as { n: number; id: string; lwt: number };
    if (found.length >= limit && lwt > newest) break;
    newest = lwt;
    const key = keyOf({ [primaryPath]: id, _meta: { lwt } });
    if (key > since) found.push({ n, key });
  }
  found.sort((a, b) => (a.key < b.key ? -1 : 1));
  const data = driver.column(`SELECT data FROM ${tableName} WHERE n = ?`);
  return found.slice(0, limit).map(({ n }) => JSON.parse(data.get(n) as string) as RxDocumentData<T>);
}

/** Counts the documents of a query; by the index alone when the selector allows. */
export function runCount<T>(target: QueryTarget<T>, prepared: PreparedQuery<T>): number {
  const scan = scanPlan(target, prepared);
  if (!scan.filter) {
    const sql = `SELECT count(*) FROM ${scan.table} WHERE ${scan.where}`;
    return Number(
      target.driver
        .prepare(sql)
        .pluck()
        .get(...scan.params),
    );
  }
  const matches = getQueryMatcher(target.schema, prepared.query as never);
  let count = 0;
  const sql = `SELECT data FROM ${scan.table} WHERE ${scan.where}`;
  for (const data of target.driver
    .prepare(sql)
    .pluck()
    .iterate(...scan.params)) {
    if (matches(JSON.parse(data as string) as never)) count++;
  }
  return count;
}
