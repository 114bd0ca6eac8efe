import { parseSearch, type SearchRequest } from './criteria.ts';
import { FhirError } from './outcome.ts';
import { indexKeys } from './parameters.ts';
import { applyPatch } from './patch.ts';
import { resolveReferences } from './references.ts';
import { toR5 } from './release.ts';
import { isResource, type Resource } from './resource.ts';
import { findRows, search } from './search.ts';
import type { Store } from './store.ts';
import type { Switches } from './switches.ts';
import { current, type Row, resourceOf, type Version } from './table.ts';
import { RESOURCE_TYPES, validateResource } from './validate.ts';

/** One interaction: an HTTP request or an entry of a bundle, with its path relative to the base. */
export interface Interaction {
  method: string;
  /** Path segments: `['Patient', id, '_history']`. */
  path: string[];
  query: URLSearchParams;
  ifMatch?: string | undefined;
  ifNoneExist?: string | undefined;
  body?: unknown;
  /** What lastUpdated becomes, in ms since the epoch. */
  stamp: number;
  /** The id a created resource gets, planned by a transaction whose entries refer to one another. */
  plannedId?: string;
}

/** The answer; `text` is JSON. */
export interface Answer {
  status: number;
  text?: string | undefined;
  etag?: string;
  lastModified?: string;
  location?: string;
}

/** What the interactions need to know of the server. */
export interface Context {
  store: Store;
  /** Base address without a slash at the end. */
  base: string;
  switches: Switches;
  /** Ids that a transaction under way is going to create, as `Type/id`. */
  planned: ReadonlySet<string>;
  /**
   * Sees every resource before it is stored, with the one it replaces.
   * @throws FhirError 422 to refuse it
   */
  check(resource: Resource, before: Resource | undefined, planned: ReadonlySet<string>): void;
}

/** Is the interaction conditional, so that a transaction with it counts as isolated? */
export function isConditional(item: Pick<Interaction, 'method' | 'path' | 'query' | 'ifNoneExist'>): boolean {
  if (item.method === 'POST') return item.ifNoneExist !== undefined;
  return (item.method === 'PUT' || item.method === 'DELETE') && item.path.length === 1;
}

/** What kind of interaction this is, for the statistics. */
export function kindOf(item: Pick<Interaction, 'method' | 'path' | 'query' | 'ifNoneExist'>): string {
  const { method, path } = item;
  if (method === 'GET') {
    if (path[0] === 'metadata') return 'metadata';
    if (path.includes('_history')) return path.length === 4 ? 'vread' : 'history';
    return path.length === 1 ? 'search' : 'read';
  }
  if (method === 'POST' && path[1] === '_search') return 'search';
  const verb = { POST: 'create', PUT: 'update', DELETE: 'delete', PATCH: 'patch' }[method] ?? 'other';
  return isConditional(item) ? `conditional-${verb}` : verb;
}

/**
 * Carries out one interaction.
 * @throws FhirError with the status a real server would answer
 */
export function interact(context: Context, item: Interaction): Answer {
  const [type = '', id, special, versionId] = item.path;
  if (!RESOURCE_TYPES.includes(type))
    throw new FhirError(404, 'not-supported', `Unknown resource type ${type}`);
  const { method } = item;
  if (method === 'GET') {
    if (id === undefined) return searchAnswer(context, type, item.query);
    if (special === undefined) return versionAnswer(context, type, 200, context.store.read(type, id));
    if (special === '_history')
      return versionId === undefined ? history(context, type, id) : vread(context, type, id, versionId);
  }
  if (method === 'POST' && id === '_search') return searchAnswer(context, type, item.query);
  if (method === 'POST' && id === undefined) return create(context, type, item);
  if (method === 'PUT' && special === undefined) {
    return id === undefined ? conditionalUpdate(context, type, item) : update(context, type, id, item);
  }
  if (method === 'PATCH' && id !== undefined && special === undefined) return patch(context, type, id, item);
  if (method === 'DELETE' && special === undefined) return remove(context, type, id, item);
  throw new FhirError(405, 'not-supported', `${method} is not supported here`);
}

function create(context: Context, type: string, item: Interaction): Answer {
  const resource = bodyOf(context, item, type);
  const { conditionalCreate, uniqueIdentifiers } = context.switches;
  if (item.ifNoneExist !== undefined && conditionalCreate === 'refused')
    throw new FhirError(400, 'not-supported', 'Conditional create is not supported');
  if (item.ifNoneExist !== undefined && conditionalCreate === 'yes') {
    const existing = onlyMatch(context, type, new URLSearchParams(item.ifNoneExist.replace(/^\?/, '')));
    if (existing !== undefined) return versionAnswer(context, type, 200, current(existing));
  }
  if (uniqueIdentifiers) requireNewIdentifiers(context, resource);
  return save(context, resource, item.stamp, item.plannedId);
}

/** @throws FhirError 422 when another resource has one of the identifiers */
function requireNewIdentifiers({ store }: Context, resource: Resource): void {
  for (const key of indexKeys(resource)) {
    if (!/^identifier\n[^|]+\|./.test(key) || store.table(resource.resourceType).withKey(key) === undefined)
      continue;
    throw new FhirError(422, 'duplicate', `There is a resource with the identifier ${key.slice(11)} already`);
  }
}

function update(context: Context, type: string, id: string, item: Interaction): Answer {
  const resource = bodyOf(context, item, type);
  if (resource.id !== id) throw new FhirError(400, 'invalid', `The id in the body must be ${id}`);
  const { newIds, looseIfMatch } = context.switches;
  const known = context.store.row(type, id);
  if (newIds === 'client' && (known === undefined || current(known).text === undefined))
    return save(context, resource, item.stamp, id);
  // Only a quoted ETag guards; anything else is ignored, as servers do that look for the quotes.
  guard(item, context.store.read(type, id), looseIfMatch === 'checked');
  return save(context, resource, item.stamp, id);
}

/** @throws FhirError 412 when If-Match names another version; `loose` takes one without quotes too */
function guard(item: Interaction, existing: Version, loose: boolean): void {
  const { ifMatch = '' } = item;
  const expected = /"([^"]+)"/.exec(ifMatch)?.[1] ?? (loose && ifMatch !== '' ? ifMatch : undefined);
  if (expected !== undefined && expected !== existing.versionId)
    throw new FhirError(412, 'conflict', `The current version of ${existing.id} is not ${expected}`);
}

function conditionalUpdate(context: Context, type: string, item: Interaction): Answer {
  const existing = onlyMatch(context, type, item.query);
  if (existing !== undefined && context.switches.looseIfMatch === 'checked')
    guard(item, current(existing), true);
  const resource = bodyOf(context, item, type);
  return save(context, resource, item.stamp, existing?.id ?? item.plannedId);
}

function patch(context: Context, type: string, id: string, item: Interaction): Answer {
  const existing = context.store.read(type, id);
  if (context.switches.looseIfMatch === 'checked') guard(item, existing, true);
  const patched = applyPatch(existing.resource, item.body);
  if (patched.id !== id || patched.resourceType !== type)
    throw new FhirError(400, 'invalid', 'A patch must not change the id');
  return save(context, patched, item.stamp, id);
}

function remove(context: Context, type: string, id: string | undefined, item: Interaction): Answer {
  const target = id ?? onlyMatch(context, type, item.query)?.id;
  if (target !== undefined) context.store.transaction(() => context.store.remove(type, target, item.stamp));
  return { status: 204 };
}

function save(context: Context, resource: Resource, stamp: number, id?: string): Answer {
  const { store, base, planned } = context;
  const { validation, release } = context.switches;
  validateResource(resource, validation, release);
  return store.transaction(() => {
    resolveReferences(store, resource, base, { strict: validation === 'strict', planned });
    const row = id === undefined ? undefined : store.row(resource.resourceType, id);
    context.check(resource, row === undefined ? undefined : resourceOf(current(row)), planned);
    const { version, created } = store.write(resource, stamp, id);
    return versionAnswer(context, resource.resourceType, created ? 201 : 200, version);
  });
}

function bodyOf(context: Context, item: Interaction, type: string): Resource {
  if (!isResource(item.body)) throw new FhirError(400, 'structure', 'The body is not a FHIR resource');
  if (item.body.resourceType !== type) {
    throw new FhirError(
      400,
      'invalid',
      `The resource is a ${item.body.resourceType}, the address says ${type}`,
    );
  }
  const { maxResourceBytes } = context.switches;
  const bytes = maxResourceBytes === null ? 0 : Buffer.byteLength(JSON.stringify(item.body));
  if (maxResourceBytes !== null && bytes > maxResourceBytes)
    throw new FhirError(413, 'too-long', `The resource has ${bytes} bytes, the limit is ${maxResourceBytes}`);
  return item.body;
}

/** A stored version as this server shows it. */
function textOf(context: Context, version: Version): string | undefined {
  if (context.switches.release === 'R4') return version.text;
  const resource = resourceOf(version);
  return resource === undefined ? undefined : JSON.stringify(toR5(resource));
}

/** The one resource a condition matches. @throws FhirError 412 when several do, 400 without a condition */
function onlyMatch(context: Context, type: string, query: URLSearchParams): Row | undefined {
  const request = parseSearch(type, query, context.base, context.switches);
  if (request.criteria.length === 0)
    throw new FhirError(400, 'invalid', 'A conditional interaction needs a condition');
  const [row, second] = findRows(context.store, request, 2);
  if (second !== undefined)
    throw new FhirError(412, 'multiple-matches', 'Multiple resources match the condition');
  return row;
}

function versionAnswer(context: Context, type: string, status: number, version: Version): Answer {
  return {
    status,
    text: textOf(context, version),
    etag: `W/"${version.versionId}"`,
    lastModified: new Date(version.stamp).toUTCString(),
    location: `${context.base}/${type}/${version.id}/_history/${version.versionId}`,
  };
}

function vread(context: Context, type: string, id: string, versionId: string): Answer {
  const version = context.store.row(type, id)?.versions.find((item) => item.versionId === versionId);
  if (version === undefined)
    throw new FhirError(404, 'not-found', `${type}/${id} has no version ${versionId}`);
  if (version.text === undefined)
    throw new FhirError(410, 'deleted', `${type}/${id} was deleted in this version`);
  return versionAnswer(context, type, 200, version);
}

function history(context: Context, type: string, id: string): Answer {
  const row = context.store.row(type, id);
  if (row === undefined) throw new FhirError(404, 'not-found', `${type}/${id} is not known`);
  const entries = row.versions.toReversed().map((version, at, all) => {
    const method = version.text === undefined ? 'DELETE' : at === all.length - 1 ? 'POST' : 'PUT';
    const head = { fullUrl: `${context.base}/${type}/${id}` };
    const request = { method, url: method === 'POST' ? type : `${type}/${id}` };
    const response = {
      status: { POST: '201', PUT: '200', DELETE: '204' }[method],
      etag: `W/"${version.versionId}"`,
      lastModified: new Date(version.stamp).toISOString(),
    };
    return entryText(head, textOf(context, version), { request, response });
  });
  const links = [{ relation: 'self', url: `${context.base}/${type}/${id}/_history` }];
  return { status: 200, text: bundleText('history', { total: entries.length, link: links }, entries) };
}

function searchAnswer(context: Context, type: string, query: URLSearchParams): Answer {
  const request = parseSearch(type, query, context.base, context.switches);
  const page = search(context.store, request);
  const link = [{ relation: 'self', url: searchUrl(context, request, query, {}) }];
  if (page.next !== undefined)
    link.push({ relation: 'next', url: searchUrl(context, request, query, page.next) });
  const entry = (row: Row, mode: string): string => {
    const version = current(row);
    const meta = { versionId: version.versionId, lastUpdated: new Date(version.stamp).toISOString() };
    const shown = textOf(context, version) ?? JSON.stringify({ resourceType: row.type, id: row.id, meta });
    return entryText({ fullUrl: `${context.base}/${row.type}/${row.id}` }, shown, { search: { mode } });
  };
  const entries = [
    ...page.rows.map((row) => entry(row, 'match')),
    ...page.included.map((row) => entry(row, 'include')),
  ];
  const head = { ...(page.total === undefined ? {} : { total: page.total }), link };
  return { status: 200, text: bundleText('searchset', head, entries) };
}

function searchUrl(
  context: Context,
  request: SearchRequest,
  query: URLSearchParams,
  change: Record<string, string>,
): string {
  const parameters = new URLSearchParams(query);
  if (query.has('_count')) parameters.set('_count', String(request.count));
  for (const [name, value] of Object.entries(change)) parameters.set(name, value);
  return `${context.base}/${request.type}?${parameters.toString()}`;
}

/** A bundle around entries that are JSON already. */
export function bundleText(type: string, head: Record<string, unknown>, entries: string[]): string {
  const start = JSON.stringify({ resourceType: 'Bundle', type, ...head }).slice(0, -1);
  return `${start}${entries.length === 0 ? '' : `,"entry":[${entries.join(',')}]`}}`;
}

/** One bundle entry around a resource that is JSON already. */
export function entryText(
  head: Record<string, unknown>,
  resource: string | undefined,
  tail: Record<string, unknown>,
): string {
  const parts = [inner(head), resource === undefined ? '' : `"resource":${resource}`, inner(tail)];
  return `{${parts.filter((part) => part !== '').join(',')}}`;
}

function inner(value: Record<string, unknown>): string {
  return JSON.stringify(value).slice(1, -1);
}
