import { parseSpan, type Span } from './dates.ts';
import { FhirError } from './outcome.ts';
import { type Parameter, parametersOf } from './parameters.ts';
import { DEFAULT_SWITCHES, type Switches } from './switches.ts';
import type { Mark } from './table.ts';

/** One search criterion; several values of one are alternatives. */
export type Criterion =
  | { kind: 'id'; ids: string[] }
  | { kind: 'keys'; keys: string[]; negate: boolean }
  | { kind: 'missing'; key: string; missing: boolean }
  | { kind: 'updated'; comparisons: Comparison[] }
  | { kind: 'date'; parameter: Parameter; comparisons: Comparison[] }
  | { kind: 'string'; parameter: Parameter; texts: string[]; mode: 'starts' | 'contains' | 'exact' };

/** A date with its prefix: `ge2026-11-22`. */
export interface Comparison {
  prefix: string;
  span: Span;
}

/** A parsed search. */
export interface SearchRequest {
  type: string;
  criteria: Criterion[];
  sort: { name: string; descending: boolean }[];
  count: number;
  offset: number;
  cursor: Mark | undefined;
  /** Pages by a cursor where the sort allows it. */
  byCursor: boolean;
  deleted: boolean;
  total: boolean;
  countOnly: boolean;
  includes: { type: string; parameter: string }[];
}

/** What the server allows and does differently; see `Switches`. */
export type SearchRules = Pick<Switches, 'maxCount' | 'maxOffset' | 'paging' | 'deletedSearch'>;

const DEFAULT_COUNT = 20;
const IGNORED = new Set(['_format', '_pretty', '_elements', '_summary', '_total', '_fields']);

/**
 * Reads search parameters. `_count` above the greatest is silently lowered.
 * @throws FhirError 400 for an unknown parameter, a bad value or an offset above the greatest
 */
export function parseSearch(
  type: string,
  query: URLSearchParams,
  base: string,
  rules: SearchRules = DEFAULT_SWITCHES,
): SearchRequest {
  const deleted = query.get('_deleted') === 'true';
  if (deleted && rules.deletedSearch === 'refused') throw bad('Unknown search parameter: _deleted');
  const request: SearchRequest = {
    type,
    criteria: [],
    sort: [],
    count: Math.min(wholeNumber(query, '_count', DEFAULT_COUNT), rules.maxCount),
    offset: wholeNumber(query, '_offset', 0),
    cursor: parseCursor(query.get('_cursor')),
    byCursor: rules.paging === 'cursor',
    deleted: deleted && rules.deletedSearch === 'yes',
    total: ['accurate', 'estimate'].includes(query.get('_total') ?? ''),
    countOnly: query.get('_summary') === 'count',
    includes: [],
  };
  if (request.offset > rules.maxOffset)
    throw bad(`Search offset exceeds maximum (got ${request.offset}, max ${rules.maxOffset})`);
  for (const [name, value] of query) addParameter(request, name, value, base);
  return request;
}

function addParameter(request: SearchRequest, name: string, value: string, base: string): void {
  if (['_count', '_offset', '_cursor', '_deleted'].includes(name) || IGNORED.has(name)) return;
  if (name === '_sort') {
    for (const part of value.split(',')) request.sort.push(sortRule(request.type, part));
  } else if (name === '_include') {
    const [type = '', parameter = ''] = value.split(':');
    if (!parametersOf(type).has(parameter)) throw bad(`Unknown _include ${value}`);
    request.includes.push({ type, parameter });
  } else if (value === '') {
    throw bad(`Search parameter ${name} has no value`);
  } else {
    request.criteria.push(criterion(request.type, name, value, base));
  }
}

function sortRule(type: string, text: string): { name: string; descending: boolean } {
  const descending = text.startsWith('-');
  const name = descending ? text.slice(1) : text;
  if (name !== '_lastUpdated' && name !== '_id' && !parametersOf(type).has(name))
    throw bad(`Unknown sort ${name}`);
  return { name, descending };
}

function criterion(type: string, nameAndModifier: string, value: string, base: string): Criterion {
  const [name = '', modifier] = nameAndModifier.split(':', 2);
  if (name === '_id') return { kind: 'id', ids: alternatives(value) };
  if (name === '_lastUpdated') return { kind: 'updated', comparisons: comparisons(name, value) };
  const parameter = parametersOf(type).get(name);
  if (parameter === undefined) throw bad(`Unknown search parameter: ${name} (resource type ${type})`);
  if (modifier === 'missing') return { kind: 'missing', key: `${name}\n`, missing: value === 'true' };
  if (parameter.kind === 'date') return { kind: 'date', parameter, comparisons: comparisons(name, value) };
  if (parameter.kind === 'string') {
    const mode = modifier === 'exact' ? 'exact' : modifier === 'contains' ? 'contains' : 'starts';
    if (modifier !== undefined && mode === 'starts') throw bad(`Unsupported modifier ${nameAndModifier}`);
    return { kind: 'string', parameter, texts: alternatives(value), mode };
  }
  return keyCriterion(parameter, modifier, value, base);
}

function keyCriterion(
  parameter: Parameter,
  modifier: string | undefined,
  value: string,
  base: string,
): Criterion {
  const { name, kind } = parameter;
  const values = alternatives(value);
  if (kind === 'reference') {
    if (modifier === 'identifier') {
      return { kind: 'keys', keys: values.map((item) => `${name}:identifier\n${item}`), negate: false };
    }
    const prefix = modifier !== undefined && /^[A-Z]/.test(modifier) ? `${modifier}/` : '';
    if (modifier !== undefined && prefix === '') throw bad(`Unsupported modifier ${name}:${modifier}`);
    const local = values.map((item) => (item.startsWith(`${base}/`) ? item.slice(base.length + 1) : item));
    return { kind: 'keys', keys: local.map((item) => `${name}\n${prefix}${item}`), negate: false };
  }
  if (modifier !== undefined && modifier !== 'not') throw bad(`Unsupported modifier ${name}:${modifier}`);
  return { kind: 'keys', keys: values.map((item) => `${name}\n${item}`), negate: modifier === 'not' };
}

/** Splits at commas that are not escaped. */
function alternatives(value: string): string[] {
  return value.split(/(?<!\\),/).map((item) => item.replaceAll('\\,', ','));
}

function comparisons(name: string, value: string): Comparison[] {
  return alternatives(value).map((item) => {
    const [, prefix = '', date = ''] = /^(eq|ne|gt|ge|lt|le|sa|eb|ap)?(.*)$/.exec(item) ?? [];
    const span = parseSpan(date);
    if (span === undefined) throw bad(`Invalid date for ${name}: ${item}`);
    return { prefix, span };
  });
}

function parseCursor(text: string | null): Mark | undefined {
  if (text === null) return undefined;
  const match = /^(\d+)-([\w-]+)$/.exec(text);
  if (match === null) throw bad(`Invalid _cursor ${text}`);
  return { stamp: Number(match[1]), id: match[2] ?? '' };
}

function wholeNumber(query: URLSearchParams, name: string, missing: number): number {
  const text = query.get(name);
  if (text === null) return missing;
  if (!/^\d+$/.test(text)) throw bad(`${name} must be a whole number, not ${text}`);
  return Number(text);
}

function bad(diagnostics: string): FhirError {
  return new FhirError(400, 'invalid', diagnostics);
}
