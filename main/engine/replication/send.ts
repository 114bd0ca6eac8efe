import type { Bundle, BundleEntryResponse } from 'fhir/r4';
import type { AnyResource } from '../../../shared/fhir/mapping.ts';
import { type FhirClient, isBundle, isResource, NoAnswer, versionOf, wordsOf } from './client.ts';
import { type Item, requestOf } from './outbox.ts';

/** What the server did with one item. */
export type Outcome =
  /** Stored: created or updated. */
  | { kind: 'sent'; id: string; versionId: string }
  /** There was one with our identifier already. */
  | { kind: 'exists'; id: string; versionId: string; resource: AnyResource | undefined }
  /** Not now: 409, 429, 5xx, or no word about it. */
  | { kind: 'again'; status: number; why: string }
  /** The version we know is no longer the newest. */
  | { kind: 'stale' }
  /** Several at the server have our identifier. */
  | { kind: 'several'; why: string }
  /** It was deleted at the server. */
  | { kind: 'gone' }
  | { kind: 'refused'; why: string };

/** How items travel. */
export type Bundling = 'batch' | 'transaction' | 'single';

/**
 * Sends items in one request and reads what happened to each, one by one. A transaction that fails as a whole is sent again item by item,
 * so that one bad record does not hold up the others.
 * @throws NoAnswer, NotAuthorised
 */
export async function send(
  client: FhirClient,
  items: readonly Item[],
  bundling: Bundling,
): Promise<Outcome[]> {
  if (bundling === 'single') return oneByOne(client, items);
  const bundle = {
    resourceType: 'Bundle',
    type: bundling,
    entry: items.map((item) => ({ resource: item.resource, request: requestOf(item) })),
  };
  const reply = await client.request('POST', '', bundle, { prefer: 'return=representation' });
  if (reply.status === 200 && isBundle(reply.body)) return entriesOf(reply.body, items);
  if (reply.status === 429 || (reply.status === 409 && bundling === 'transaction')) {
    return items.map(() => ({ kind: 'again', status: reply.status, why: wordsOf(reply.body) }));
  }
  return oneByOne(client, items);
}

async function oneByOne(client: FhirClient, items: readonly Item[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const item of items) {
    if (outcomes.at(-1)?.kind === 'again' && lastStatus(outcomes) === 429) {
      outcomes.push({ kind: 'again', status: 429, why: '' });
      continue;
    }
    try {
      outcomes.push(await single(client, item));
    } catch (error) {
      // What was stored before stays known; the rest is asked again.
      if (!(error instanceof NoAnswer) || outcomes.length === 0) throw error;
      while (outcomes.length < items.length) outcomes.push({ kind: 'again', status: 0, why: error.message });
    }
    if (outcomes.length >= items.length) break;
  }
  return outcomes;
}

function lastStatus(outcomes: Outcome[]): number {
  const last = outcomes.at(-1);
  return last?.kind === 'again' ? last.status : 0;
}

async function single(client: FhirClient, item: Item): Promise<Outcome> {
  const { method, url, ifMatch, ifNoneExist } = requestOf(item);
  const reply = await client.request(method, url, item.resource, {
    ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    ...(ifNoneExist === undefined ? {} : { 'if-none-exist': ifNoneExist }),
    prefer: 'return=representation',
  });
  const location = reply.headers.get('location') ?? undefined;
  const etag = reply.headers.get('etag') ?? undefined;
  return outcomeOf(item, reply.status, { location, etag }, reply.body);
}

function entriesOf(bundle: Bundle, items: readonly Item[]): Outcome[] {
  return items.map((item, index) => {
    const entry = bundle.entry?.[index];
    if (entry?.response === undefined)
      return { kind: 'again', status: 0, why: 'The answer has no word about it' };
    const status = Number.parseInt(entry.response.status, 10);
    const body: unknown = status >= 400 ? entry.response.outcome : entry.resource;
    return outcomeOf(item, status, entry.response, body);
  });
}

function outcomeOf(
  item: Item,
  status: number,
  response: Pick<BundleEntryResponse, 'location' | 'etag'>,
  body: unknown,
): Outcome {
  const why = wordsOf(body) || `The server answered ${status}`;
  if (status === 200 || status === 201) {
    const resource = isResource(body) && body.resourceType === item.resource.resourceType ? body : undefined;
    const [, id = '', version = ''] =
      new RegExp(`${item.resource.resourceType}/([A-Za-z0-9.-]{1,64})(?:/_history/([^/]+))?$`).exec(
        response.location ?? '',
      ) ?? [];
    const found = {
      id: resource?.id ?? (id || item.serverId),
      versionId: versionOf(response.etag) || resource?.meta?.versionId || version,
    };
    if (found.id === '') return { kind: 'again', status, why: 'The answer names no id' };
    if (status === 200 && item.serverId === '') return { kind: 'exists', ...found, resource };
    return { kind: 'sent', ...found };
  }
  if (status === 409 || status === 429 || status >= 500 || Number.isNaN(status)) {
    return { kind: 'again', status, why };
  }
  if (status === 412) return item.serverId === '' ? { kind: 'several', why } : { kind: 'stale' };
  if ((status === 404 || status === 410) && item.serverId !== '') return { kind: 'gone' };
  return { kind: 'refused', why };
}
