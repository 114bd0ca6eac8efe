import {
  type ApiType,
  type Criterion,
  type DateValue,
  type Parameter,
  parametersOf,
  type TokenValue,
} from './parameters.ts';
import type { Mark, Page } from './source.ts';

/** Matches on one page unless `_count` says otherwise, and at most. */
export const DEFAULT_COUNT = 50;
export const MAX_COUNT = 500;
/** At most so many conditions, and alternatives in one of them. */
const MAX_CONDITIONS = 20;
const MAX_ALTERNATIVES = 100;

/** An answer other than success: HTTP status, code from issue-type, and what a client's author needs to know. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;

  constructor(status: number, code: string, diagnostics: string, headers: Record<string, string> = {}) {
    super(diagnostics);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** A search as understood. `total` is carried along the pages, because it is counted on the first one only. */
export interface Query {
  criteria: Criterion[];
  page: Page;
  total: number | undefined;
}

/**
 * Reads the parameters of a search. `_count` above {@link MAX_COUNT} is lowered. `base` is the API's own address, so that absolute
 * references to it are understood.
 * @throws ApiError 400 that names the parameter which is unknown or has a bad value
 */
export function parseQuery(type: ApiType, query: URLSearchParams, base: string): Query {
  const criteria: Criterion[] = [];
  const page: Page = { count: DEFAULT_COUNT };
  let total: number | undefined;
  for (const [name, value] of query) {
    switch (name) {
      case '_count':
        page.count = Math.min(countOf(value), MAX_COUNT);
        break;
      case '_cursor':
        ({ after: page.after, total } = cursorOf(value));
        break;
      case '_sort':
        if (value !== '_lastUpdated') throw bad('_sort', value, 'the only order is _lastUpdated');
        break;
      case '_format':
        if (!/^(application\/fhir\+json|application\/json|json)$/.test(value.replace(' ', '+'))) {
          throw bad('_format', value, 'only json is served');
        }
        break;
      default:
        criteria.push(criterionOf(type, name, value, base));
    }
  }
  if (criteria.length > MAX_CONDITIONS)
    throw new ApiError(400, 'too-costly', `More than ${MAX_CONDITIONS} conditions.`);
  return { criteria, page, total };
}

function criterionOf(type: ApiType, name: string, text: string, base: string): Criterion {
  const parameter = parametersOf(type).find((item) => item.name === name);
  if (parameter === undefined) {
    const known = parametersOf(type).map((item) => item.name);
    const names = [...known, '_count', '_sort', '_format'].join(', ');
    throw new ApiError(400, 'not-supported', `Unknown parameter ${name} for ${type}; known are ${names}.`);
  }
  const values = text.split(/(?<!\\),/).map((item) => item.replaceAll('\\,', ','));
  if (values.includes('')) throw bad(name, text, 'it is empty');
  if (values.length > MAX_ALTERNATIVES)
    throw new ApiError(400, 'too-costly', `${name} has more than ${MAX_ALTERNATIVES} values.`);
  switch (parameter.kind) {
    case 'token':
      return { kind: 'token', parameter, values: values.map((value) => tokenOf(name, value)) };
    case 'reference':
      return {
        kind: 'reference',
        parameter,
        values: values.map((value) => referenceOf(parameter, value, base)),
      };
    case 'date':
      return { kind: 'date', parameter, values: values.map((value) => dateOf(name, value)) };
  }
}

function tokenOf(name: string, text: string): TokenValue {
  const bar = text.indexOf('|');
  if (bar < 0) return { system: undefined, code: text };
  if (text === '|') throw bad(name, text, 'it has neither system nor code');
  return { system: text.slice(0, bar), code: text.slice(bar + 1) };
}

function referenceOf(parameter: Parameter, text: string, base: string): string {
  const local = text.startsWith(`${base}/`) ? text.slice(base.length + 1) : text;
  if (!/^([A-Z][A-Za-z]+\/)?[A-Za-z0-9\-.]{1,64}$/.test(local))
    throw bad(parameter.name, text, 'it must be Type/id or an id');
  return parameter.target !== undefined && !local.includes('/') ? `${parameter.target}/${local}` : local;
}

const DATE =
  /^(eq|ne|gt|ge|lt|le)?(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/** The span a date covers at its own precision; without a zone it is UTC. */
function dateOf(name: string, text: string): DateValue {
  const match = DATE.exec(text.replace(' ', '+'));
  if (match === null)
    throw bad(name, text, 'it must be a date or an instant, with eq, ne, gt, ge, lt or le before it');
  const [, prefix, year, month, day, hour, minute, second, fraction, zone = 'Z'] = match;
  const clock = `${hour ?? '00'}:${minute ?? '00'}:${second ?? '00'}.${(fraction ?? '').padEnd(3, '0').slice(0, 3)}`;
  const start = Date.parse(`${year}-${month ?? '01'}-${day ?? '01'}T${clock}${zone}`);
  if (Number.isNaN(start)) throw bad(name, text, 'there is no such date');
  let end = start + 1;
  if (month === undefined) end = Date.UTC(Number(year) + 1, 0, 1);
  else if (day === undefined) end = Date.UTC(Number(year), Number(month), 1);
  else if (hour === undefined) end = start + 86_400_000;
  else if (second === undefined) end = start + 60_000;
  else if (fraction === undefined) end = start + 1000;
  return { prefix: (prefix ?? 'eq') as DateValue['prefix'], start, end };
}

function countOf(text: string): number {
  if (!/^\d{1,6}$/.test(text) || Number(text) === 0)
    throw bad('_count', text, 'it must be a whole number above zero');
  return Number(text);
}

/** The opaque text of a next link. */
export function cursorText(mark: Mark, total: number | undefined): string {
  return Buffer.from(JSON.stringify([mark.updatedAt, mark.id, total ?? null])).toString('base64url');
}

function cursorOf(text: string): { after: Mark; total: number | undefined } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    parsed = undefined;
  }
  const [updatedAt, id, total] = Array.isArray(parsed) ? (parsed as unknown[]) : [];
  if (typeof updatedAt !== 'string' || typeof id !== 'string')
    throw bad('_cursor', text, 'follow the next link as it is');
  return { after: { updatedAt, id }, total: typeof total === 'number' ? total : undefined };
}

function bad(name: string, value: string, why: string): ApiError {
  return new ApiError(400, 'value', `Bad value for ${name}: ${value.slice(0, 80)}; ${why}.`);
}
