import type { Comparison, Criterion, SearchRequest } from './criteria.ts';
import { spanMatches } from './dates.ts';
import { fold, parametersOf, spansOf, textsOf, valuesOf } from './parameters.ts';
import type { Resource } from './resource.ts';
import type { Store } from './store.ts';
import { current, type Mark, type Row, resourceOf, type Table, type Version } from './table.ts';

/** One page of matches. */
export interface SearchPage {
  rows: Row[];
  included: Row[];
  total: number | undefined;
  /** Query parameters that lead to the next page, or undefined on the last one. */
  next: Record<string, string> | undefined;
}

/** A small posting set is fetched and sorted; a larger one is met by walking the order of lastUpdated. */
const SMALL_SET = 2000;

/** Runs a search. Pages by cursor when sorted by ascending `_lastUpdated` alone, else by offset. */
export function search(store: Store, request: SearchRequest): SearchPage {
  const table = store.table(request.type);
  const total = request.total || request.countOnly ? countAll(table, request) : undefined;
  if (request.countOnly || request.count === 0)
    return { rows: [], included: [], total: total ?? 0, next: undefined };
  const byCursor = request.byCursor && isCursorSort(request) && request.offset === 0;
  const rows = firstOf(matches(table, request), request.offset, request.count + 1);
  const more = rows.length > request.count;
  if (more) rows.pop();
  const last = rows.at(-1);
  let next: Record<string, string> | undefined;
  if (more && last !== undefined) {
    if (byCursor) next = { _cursor: `${current(last).stamp}-${last.id}` };
    else next = { _offset: String(request.offset + request.count) };
  }
  return { rows, included: includedRows(store, request, rows), total, next };
}

/** The rows a query without paging matches, at most `limit`; for conditional interactions. */
export function findRows(store: Store, request: SearchRequest, limit: number): Row[] {
  return firstOf(matches(store.table(request.type), request), 0, limit);
}

/** Does a row match the criteria of a search? */
export function rowMatches(store: Store, request: SearchRequest, row: Row): boolean {
  return accepts(store.table(request.type), request, row);
}

function isCursorSort(request: SearchRequest): boolean {
  const [only] = request.sort;
  return request.sort.length === 1 && only?.name === '_lastUpdated' && !only.descending;
}

function* matches(table: Table, request: SearchRequest): Generator<Row> {
  const after = isCursorSort(request) ? request.cursor : undefined;
  const candidates = smallest(table, request);
  const lowest = lowestStamp(request.criteria);
  if (candidates !== undefined && candidates.size <= Math.max(SMALL_SET, table.countFrom(lowest) / 50)) {
    const found = [...candidates].filter((row) => accepts(table, request, row));
    yield* sorted(found, request, after);
    return;
  }
  const [first] = request.sort;
  if (first === undefined || (first.name === '_lastUpdated' && request.sort.length === 1)) {
    const walk = first?.descending ? table.descending() : table.ascending(lowest, after);
    for (const row of walk) {
      if (first?.descending && current(row).stamp < lowest) return;
      if (accepts(table, request, row)) yield row;
    }
    return;
  }
  const found: Row[] = [];
  for (const row of table.ascending(lowest)) if (accepts(table, request, row)) found.push(row);
  yield* sorted(found, request, undefined);
}

function sorted(rows: Row[], request: SearchRequest, after: Mark | undefined): Row[] {
  const rules = request.sort.length === 0 ? [{ name: '_lastUpdated', descending: false }] : request.sort;
  const keyed = rows.map((row) => ({ row, keys: rules.map((rule) => sortKey(row, rule.name)) }));
  keyed.sort((a, b) => {
    for (const [at, rule] of rules.entries()) {
      const left = a.keys[at] ?? '';
      const right = b.keys[at] ?? '';
      if (left !== right) return left < right !== rule.descending ? -1 : 1;
    }
    return a.row.id < b.row.id ? -1 : 1;
  });
  const ordered = keyed.map((item) => item.row);
  if (after === undefined) return ordered;
  return ordered.filter((row) => {
    const { stamp } = current(row);
    return stamp > after.stamp || (stamp === after.stamp && row.id > after.id);
  });
}

function sortKey(row: Row, name: string): string {
  const version = current(row);
  if (name === '_lastUpdated') return new Date(version.stamp).toISOString();
  const resource = name === '_id' ? undefined : resourceOf(version);
  if (resource === undefined) return row.id;
  const parameter = parametersOf(row.type).get(name);
  if (parameter === undefined) return '';
  if (parameter.kind === 'string') return fold(textsOf(parameter, resource)[0] ?? '');
  const [value] = valuesOf(parameter, resource);
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** The smallest set of rows that one of the criteria allows, or undefined when none is indexed. */
function smallest(table: Table, request: SearchRequest): ReadonlySet<Row> | undefined {
  if (request.deleted) return undefined;
  let best: ReadonlySet<Row> | undefined;
  for (const item of request.criteria) {
    let rows: ReadonlySet<Row> | undefined;
    if (item.kind === 'id')
      rows = union(item.ids.map((id) => new Set([table.rows.get(id)].filter((row) => row !== undefined))));
    if (item.kind === 'keys' && !item.negate)
      rows = union(item.keys.map((key) => table.withKey(key) ?? new Set()));
    if (rows !== undefined && (best === undefined || rows.size < best.size)) best = rows;
  }
  return best;
}

function union(sets: ReadonlySet<Row>[]): ReadonlySet<Row> {
  const [only] = sets;
  if (sets.length === 1 && only !== undefined) return only;
  return new Set(sets.flatMap((set) => [...set]));
}

function accepts(table: Table, request: SearchRequest, row: Row): boolean {
  const version = current(row);
  const { stamp } = version;
  if ((version.text === undefined) !== request.deleted) return false;
  return request.criteria.every((item) => {
    if (item.kind === 'id') return item.ids.includes(row.id);
    if (item.kind === 'updated') return anyMatches([{ start: stamp, end: stamp + 1 }], item.comparisons);
    return version.text !== undefined && resourceMatches(table, row, version, item);
  });
}

function resourceMatches(table: Table, row: Row, version: Version, item: Criterion): boolean {
  switch (item.kind) {
    case 'keys':
      return item.keys.some((key) => table.hasKey(key, row)) !== item.negate;
    case 'missing':
      return table.hasKey(item.key, row) !== item.missing;
    case 'date':
      return anyMatches(
        of(version, (resource) => spansOf(item.parameter, resource)),
        item.comparisons,
      );
    case 'string':
      return of(version, (resource) => textsOf(item.parameter, resource)).some((text) =>
        item.texts.some((wanted) => textMatches(text, wanted, item.mode)),
      );
    default:
      return true;
  }
}

/** What `read` takes out of the resource of a version; nothing of a deletion. */
function of<T>(version: Version, read: (resource: Resource) => T[]): T[] {
  const resource = resourceOf(version);
  return resource === undefined ? [] : read(resource);
}

function anyMatches(spans: { start: number; end: number }[], comparisons: Comparison[]): boolean {
  return spans.some((span) => comparisons.some((item) => spanMatches(span, item.prefix, item.span)));
}

function textMatches(text: string, wanted: string, mode: 'starts' | 'contains' | 'exact'): boolean {
  if (mode === 'exact') return text === wanted;
  return mode === 'contains' ? fold(text).includes(fold(wanted)) : fold(text).startsWith(fold(wanted));
}

/** The lowest lastUpdated the criteria allow, in ms; where a scan may start. */
function lowestStamp(criteria: Criterion[]): number {
  let lowest = 0;
  for (const item of criteria) {
    if (item.kind !== 'updated') continue;
    const starts = item.comparisons.map(({ prefix, span }) =>
      ['lt', 'le', 'eb', 'ne'].includes(prefix) ? 0 : span.start,
    );
    lowest = Math.max(lowest, Math.min(...starts));
  }
  return lowest;
}

function countAll(table: Table, request: SearchRequest): number {
  let total = 0;
  for (const _row of matches(table, { ...request, cursor: undefined, sort: [] })) total += 1;
  return total;
}

function firstOf(rows: Iterable<Row>, skip: number, limit: number): Row[] {
  const found: Row[] = [];
  let at = 0;
  for (const row of rows) {
    at += 1;
    if (at <= skip) continue;
    found.push(row);
    if (found.length === limit) break;
  }
  return found;
}

function includedRows(store: Store, request: SearchRequest, rows: Row[]): Row[] {
  const found = new Set<Row>();
  for (const { type, parameter: name } of request.includes) {
    const parameter = parametersOf(type).get(name);
    if (type !== request.type || parameter === undefined) continue;
    for (const row of rows) {
      for (const value of of(current(row), (resource) => valuesOf(parameter, resource))) {
        const [targetType = '', id = ''] = String((value as { reference?: unknown }).reference ?? '').split(
          '/',
        );
        const target = store.row(targetType, id);
        if (target !== undefined && current(target).text !== undefined) found.add(target);
      }
    }
  }
  return [...found].filter((row) => !rows.includes(row));
}
