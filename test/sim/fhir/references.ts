import { parseSearch } from './criteria.ts';
import { FhirError } from './outcome.ts';
import { isObject, type Resource, walkObjects } from './resource.ts';
import { findRows } from './search.ts';
import type { Store } from './store.ts';
import { current } from './table.ts';

/** A copy of `value` in which every string found in `names` (urn:uuid of an entry) is replaced. */
export function rewriteNames<T>(value: T, names: ReadonlyMap<string, string>): T {
  if (names.size === 0) return value;
  return rewrite(value, names) as T;
}

function rewrite(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return names.get(value) ?? value;
  if (Array.isArray(value)) return value.map((item) => rewrite(item, names));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewrite(item, names)]));
}

/** How references are looked at: `planned` are going to exist once a transaction is through. */
export interface ReferenceRules {
  strict: boolean;
  planned: ReadonlySet<string>;
}

/**
 * Replaces conditional references (`Patient?identifier=system|value`) in place and, when strict, refuses dangling ones.
 * @throws FhirError 400 none matches, 412 several match, 400 dangling
 */
export function resolveReferences(
  store: Store,
  resource: Resource,
  base: string,
  { strict, planned }: ReferenceRules,
): void {
  walkObjects(resource, (node) => {
    const reference = node.reference;
    if (typeof reference !== 'string') return;
    const conditional = /^([A-Z]\w+)\?(.+)$/.exec(reference);
    if (conditional !== null)
      node.reference = lookUp(store, conditional[1] ?? '', conditional[2] ?? '', base);
    else if (strict && !planned.has(reference)) requireTarget(store, reference, base);
  });
}

function lookUp(store: Store, type: string, query: string, base: string): string {
  const [row, second] = findRows(store, parseSearch(type, new URLSearchParams(query), base), 2);
  if (row === undefined) {
    throw new FhirError(
      400,
      'not-found',
      `Conditional reference '${type}?${query}' did not match any resources`,
    );
  }
  if (second !== undefined) {
    throw new FhirError(
      412,
      'multiple-matches',
      `Conditional reference '${type}?${query}' matched multiple resources`,
    );
  }
  return `${type}/${row.id}`;
}

function requireTarget(store: Store, reference: string, base: string): void {
  const local = reference.startsWith(`${base}/`) ? reference.slice(base.length + 1) : reference;
  if (local.startsWith('#')) return;
  const [, type, id] = /^([A-Z]\w+)\/([\w.-]+)(?:\/_history\/[\w-]+)?$/.exec(local) ?? [];
  const row = type === undefined || id === undefined ? undefined : store.row(type, id);
  const absolute = /^https?:/.test(local);
  if (!absolute && (row === undefined || current(row).text === undefined)) {
    throw new FhirError(400, 'not-found', `The reference ${reference} leads nowhere`);
  }
}
