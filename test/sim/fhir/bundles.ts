import { randomUUID } from 'node:crypto';
import {
  type Answer,
  bundleText,
  type Context,
  entryText,
  type Interaction,
  interact,
  isConditional,
  kindOf,
} from './interactions.ts';
import { FhirError, outcomeOf, toFhirError } from './outcome.ts';
import { rewriteNames } from './references.ts';
import { isObject, isResource, type Resource } from './resource.ts';
import type { Switches } from './switches.ts';

/** What the bundle processor asks of the server around it. */
export interface BundleHooks {
  switches: Switches;
  /** What was written is not sent back. */
  minimal: boolean;
  /** Called before an entry of a batch; throws when a fault or the quota meets it. */
  beforeEntry(item: Interaction, index: number): void;
  /** Called for each entry; throws when the token does not allow it. */
  allow(item: Interaction): void;
  /** Called for each entry carried out. */
  count(kind: string): void;
}

interface Entry {
  item: Interaction;
  fullUrl: string | undefined;
}

/** Order of processing within a transaction. */
const ORDER = ['DELETE', 'POST', 'PUT', 'PATCH', 'GET'];

/**
 * Carries out a batch or a transaction.
 * @throws FhirError 400 for a malformed or over-sized bundle; for a transaction the error of the entry that failed, after
 *   which nothing of it is stored
 */
export function processBundle(context: Context, bundle: unknown, stamp: number, hooks: BundleHooks): Answer {
  if (!isResource(bundle) || bundle.resourceType !== 'Bundle')
    throw new FhirError(400, 'invalid', 'Not a bundle');
  const entries = entriesOf(bundle, context.base, stamp);
  const { batches, transactions } = hooks.switches;
  if ((bundle.type === 'batch' && !batches) || (bundle.type === 'transaction' && !transactions))
    throw new FhirError(400, 'not-supported', `Bundles of type ${bundle.type} are not supported`);
  if (bundle.type === 'batch')
    return answer(
      'batch-response',
      entries.map((entry, index) => attempt(context, entry, hooks, index)),
    );
  if (bundle.type !== 'transaction')
    throw new FhirError(400, 'invalid', `Unrecognized bundle type ${String(bundle.type)}`);
  checkLimits(entries, hooks.switches);
  const names = nameEntries(context, entries);
  const named = entries.map((entry) => ({
    ...entry,
    item: { ...entry.item, body: rewriteNames(entry.item.body, names) },
  }));
  const within = { ...context, planned: new Set(names.values()) };
  if (hooks.switches.nonAtomicTransactions) {
    return answer(
      'transaction-response',
      named.map((entry, index) => attempt(within, entry, hooks, index)),
    );
  }
  return answer(
    'transaction-response',
    context.store.transaction(() => processAll(within, named, hooks)),
  );
}

function entriesOf(bundle: Resource, base: string, stamp: number): Entry[] {
  const list = bundle.entry ?? [];
  if (!Array.isArray(list)) throw new FhirError(400, 'structure', 'Bundle.entry must be an array');
  return list.map((entry: unknown, at) => {
    const request = isObject(entry) ? entry.request : undefined;
    if (
      !isObject(entry) ||
      !isObject(request) ||
      typeof request.method !== 'string' ||
      typeof request.url !== 'string'
    ) {
      throw new FhirError(400, 'required', `Bundle.entry[${at}].request needs method and url`);
    }
    const url = request.url.startsWith(`${base}/`) ? request.url.slice(base.length + 1) : request.url;
    const [path = '', query = ''] = url.split('?', 2);
    const item: Interaction = {
      method: request.method,
      path: path.split('/').filter((step) => step !== ''),
      query: new URLSearchParams(query),
      body: entry.resource,
      stamp,
    };
    if (typeof request.ifMatch === 'string') item.ifMatch = request.ifMatch;
    if (typeof request.ifNoneExist === 'string') item.ifNoneExist = request.ifNoneExist;
    return { item, fullUrl: typeof entry.fullUrl === 'string' ? entry.fullUrl : undefined };
  });
}

function checkLimits(entries: Entry[], switches: Switches): void {
  const puts = entries.filter(({ item }) => item.method === 'PUT').length;
  if (puts > switches.maxTransactionPuts) {
    throw new FhirError(
      400,
      'too-costly',
      `Transaction contains more update operations than allowed (${puts} > ${switches.maxTransactionPuts})`,
    );
  }
  if (entries.length > switches.maxConditionalEntries && entries.some(({ item }) => isConditional(item))) {
    throw new FhirError(
      400,
      'too-costly',
      `Transaction requires strict isolation but has too many entries (${entries.length} > ${switches.maxConditionalEntries})`,
    );
  }
}

/** Gives created entries their ids beforehand, so that references among them can be rewritten in any direction. */
function nameEntries(context: Context, entries: Entry[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { item, fullUrl } of entries) {
    if (fullUrl?.startsWith('urn:') !== true) continue;
    const [type = '', id] = item.path;
    if (names.has(fullUrl)) throw new FhirError(400, 'duplicate', `Two entries have the fullUrl ${fullUrl}`);
    const existing = isConditional(item) ? existingId(context, item) : id;
    names.set(fullUrl, `${type}/${existing ?? planId(item)}`);
  }
  return names;
}

function existingId(context: Context, item: Interaction): string | undefined {
  const query =
    item.method === 'POST' ? new URLSearchParams(item.ifNoneExist?.replace(/^\?/, '')) : item.query;
  const found = interact(context, { ...item, method: 'GET', query });
  const bundle = JSON.parse(found.text ?? '{}') as { entry?: { resource: { id: string } }[] };
  return bundle.entry?.[0]?.resource.id;
}

function planId(item: Interaction): string {
  item.plannedId = randomUUID();
  return item.plannedId;
}

function processAll(context: Context, entries: Entry[], hooks: BundleHooks): string[] {
  const results = new Map<Entry, string>();
  const ordered = ORDER.flatMap((method) => entries.filter(({ item }) => item.method === method));
  for (const entry of ordered) {
    try {
      results.set(entry, carryOut(context, entry, hooks));
    } catch (error) {
      const fault = toFhirError(error);
      const where = `Bundle.entry[${entries.indexOf(entry)}]`;
      throw new FhirError(fault.status, fault.code, `${where}: ${fault.message}`, { expression: where });
    }
  }
  return entries.map((entry) => results.get(entry) ?? '');
}

function attempt(context: Context, entry: Entry, hooks: BundleHooks, index: number): string {
  try {
    hooks.beforeEntry(entry.item, index);
    return carryOut(context, entry, hooks);
  } catch (error) {
    const fault = toFhirError(error);
    return entryText({}, undefined, {
      response: { status: String(fault.status), outcome: outcomeOf(fault) },
    });
  }
}

function carryOut(context: Context, entry: Entry, hooks: BundleHooks): string {
  hooks.allow(entry.item);
  const done = interact(context, entry.item);
  hooks.count(kindOf(entry.item));
  const response = {
    status: String(done.status),
    ...(done.location === undefined ? {} : { location: done.location, etag: done.etag }),
    ...(done.lastModified === undefined ? {} : { lastModified: new Date(done.lastModified).toISOString() }),
  };
  const text = hooks.minimal && entry.item.method !== 'GET' ? undefined : done.text;
  return entryText({}, text, { response });
}

function answer(type: string, entries: string[]): Answer {
  return { status: 200, text: bundleText(type, {}, entries) };
}
