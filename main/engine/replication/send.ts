import type { Bundle, BundleEntryResponse } from 'fhir/r4';
import { objectsIn } from '../../../shared/fhir/json.ts';
import { type AnyResource, identitySearch } from '../../../shared/fhir/mapping.ts';
import { carries, fitsInOrder } from './answer-order.ts';
import { type FhirClient, isBundle, isResource, NoAnswer, type Reply, versionOf, wordsOf } from './client.ts';
import { type Item, requestOf } from './item.ts';

/** What the server did with one item. */
export type Outcome =
  /** Stored: created or updated. */
  | { kind: 'sent'; id: string; versionId: string }
  /** There was one with our identifier already. */
  | { kind: 'exists'; id: string; versionId: string; resource: AnyResource | undefined }
  /** Not now: 409, 429, 5xx, or no word about it. */
  | { kind: 'again'; status: number; why: string }
  /** The request was too large for the server: it goes again in a smaller one. */
  | { kind: 'smaller' }
  /** The version we know is no longer the newest. */
  | { kind: 'stale' }
  /** Several at the server have our identifier. */
  | { kind: 'several'; why: string }
  /** It was deleted at the server. */
  | { kind: 'gone' }
  /** 403: this station may not. */
  | { kind: 'forbidden'; why: string }
  | { kind: 'refused'; why: string };

/** How items travel. */
export type Bundling = 'batch' | 'transaction' | 'single';

/** What one request came to. */
export interface Sent {
  outcomes: Outcome[];
  /** The server took the request for too large: by its bytes, or by its entries. */
  over?: 'bytes' | 'entries';
  /** It does not take bundles of this kind at all, or answers them in a way that cannot be read, whatever it says of itself. */
  noBundles?: boolean;
}

/** What is known of items when an answer does not say which is which. */
export function untold(items: readonly Item[]): Outcome[] {
  return items.map(() => ({ kind: 'again', status: 0, why: 'The answer does not fit the request' }));
}

/**
 * Sends items in one request and reads what happened to each, one by one. A transaction that fails as a whole is sent again item by item,
 * so that one bad record does not hold up the others. An item that is not valid R4 is refused here and does not travel.
 * @throws NoAnswer, NotAuthorised
 */
export async function send(client: FhirClient, items: readonly Item[], bundling: Bundling): Promise<Sent> {
  const valid = items.filter(({ fault }) => fault === undefined);
  if (valid.length === items.length) return sendValid(client, items, bundling);
  const sent = valid.length === 0 ? { outcomes: [] } : await sendValid(client, valid, bundling);
  const answers = sent.outcomes.values();
  const outcomes = items.map(({ fault }): Outcome => {
    if (fault !== undefined) return { kind: 'refused', why: `Not sent, it is not valid FHIR: ${fault}` };
    return answers.next().value ?? { kind: 'again', status: 0, why: 'The answer has no word about it' };
  });
  return { ...sent, outcomes };
}

async function sendValid(client: FhirClient, items: readonly Item[], bundling: Bundling): Promise<Sent> {
  if (bundling === 'single') return oneByOne(client, items);
  let reply: Reply;
  try {
    reply = await client.request('POST', '', bundleOf(items, bundling), PREFER);
  } catch (error) {
    if (!(error instanceof NoAnswer) || error.status !== 501) throw error;
    return { ...(await oneByOne(client, items)), noBundles: true };
  }
  const { status, body } = reply;
  if (status === 200 && isBundle(body)) {
    if (!fitsInOrder(body, items)) return { outcomes: untold(items), noBundles: true };
    return { outcomes: entriesOf(body, items) };
  }
  if (status === 429 || (status === 409 && bundling === 'transaction')) {
    return { outcomes: items.map(() => ({ kind: 'again', status, why: wordsOf(body) })) };
  }
  if (status === 413 && items.length > 1) return { outcomes: smaller(items), over: 'bytes' };
  if (isTooCostly(reply) && items.length > 1) return { outcomes: smaller(items), over: 'entries' };
  const alone = await oneByOne(client, items);
  return status === 404 || status === 405 ? { ...alone, noBundles: true } : alone;
}

/** Whether items are at the server already, asked for by identifier. Undefined for those that are not. @throws NoAnswer, NotAuthorised */
export async function find(
  client: FhirClient,
  items: readonly Item[],
  bundling: Bundling,
): Promise<(Outcome | undefined)[]> {
  const searches = items.map((item) => `${searchOf(item)}&_count=3`);
  if (bundling !== 'batch' || items.length === 1) {
    const outcomes: (Outcome | undefined)[] = [];
    for (const [index, search] of searches.entries())
      outcomes.push(foundIn(await client.request('GET', search), items[index]?.doc.id ?? ''));
    return outcomes;
  }
  const entry = searches.map((url) => ({ request: { method: 'GET', url } }));
  const reply = await client.request('POST', '', { resourceType: 'Bundle', type: 'batch', entry });
  if (reply.status !== 200 || !isBundle(reply.body)) return find(client, items, 'single');
  const { body } = reply;
  const found = items.map(({ doc }, index) => {
    const answer = body.entry?.[index];
    const status = Number.parseInt(answer?.response?.status ?? '', 10);
    return foundIn({ status, body: answer?.resource }, doc.id);
  });
  // One by one there is no doubt which answer is whose.
  const odd = body.entry?.length !== items.length || found.some((one) => one === OTHERS);
  return odd ? find(client, items, 'single') : found;
}

const PREFER = { prefer: 'return=minimal' };
/** What is wrong with the moment, not with the record: a token that ended (401), time, an overlap, a quota. */
const LATER: ReadonlySet<number> = new Set([401, 408, 409, 423, 424, 425, 429]);

function searchOf(item: Item): string {
  const { resourceType } = item;
  return `${resourceType}?${identitySearch(resourceType, item.doc.id)}`;
}

/** What was found carries other identifiers than the one asked for. */
const OTHERS: Outcome = {
  kind: 'several',
  why: 'The server gives other records than the one asked for by its identifier',
};

/** @param docId what is found has to carry it */
function foundIn({ status, body }: { status: number; body: unknown }, docId: string): Outcome | undefined {
  if (status === 429 || !isBundle(body) || status !== 200) {
    return { kind: 'again', status: Number.isNaN(status) ? 0 : status, why: wordsOf(body) };
  }
  const found = (body.entry ?? []).flatMap(({ resource, search }) =>
    resource === undefined || search?.mode === 'outcome' ? [] : [resource as AnyResource],
  );
  const [only, second] = found;
  if (only?.id === undefined) return undefined;
  if (!found.every((one) => carries(one, docId))) return OTHERS;
  if (second !== undefined) return { kind: 'several', why: `There are ${found.length}` };
  return { kind: 'exists', id: only.id, versionId: only.meta?.versionId ?? '', resource: only };
}

/** A bundle of items whose JSON is there already. */
export function bundleOf(items: readonly Item[], bundling: 'batch' | 'transaction'): Buffer {
  const texts = [`{"resourceType":"Bundle","type":"${bundling}","entry":[{"resource":`];
  for (const item of items) texts.push(`,"request":${JSON.stringify(requestOf(item))}},{"resource":`);
  const last = texts.pop() ?? '';
  texts.push(`${last.slice(0, -',{"resource":'.length)}]}`);
  const most = items.reduce((sum, { json }) => sum + json.length, 0);
  const bytes = Buffer.allocUnsafeSlow(texts.reduce((sum, text) => sum + text.length * 3, most));
  let end = 0;
  for (const [index, text] of texts.entries()) {
    end += bytes.write(text, end);
    end += items[index]?.json.copy(bytes, end) ?? 0;
  }
  return bytes.subarray(0, end);
}

function smaller(items: readonly Item[]): Outcome[] {
  return items.map(() => ({ kind: 'smaller' }));
}

/** A bundle that asks more than the server does in one go: said by the code of the issue, or in words. */
function isTooCostly({ status, body }: Reply): boolean {
  if (status !== 400 && status !== 422 && status !== 403) return false;
  if (!isResource(body) || body.resourceType !== 'OperationOutcome') return false;
  const { issue } = body as unknown as { issue?: unknown };
  const codes = objectsIn(issue).map(({ code }) => code);
  if (codes.includes('too-costly') || codes.includes('too-long')) return true;
  return status !== 403 && /too many|too large|more .* than allowed|exceed|maximum/i.test(wordsOf(body));
}

async function oneByOne(client: FhirClient, items: readonly Item[]): Promise<Sent> {
  const outcomes: Outcome[] = [];
  for (const item of items) {
    if (outcomes.at(-1)?.kind === 'again' && lastStatus(outcomes) === 429) {
      outcomes.push({ kind: 'again', status: 429, why: '' });
      continue;
    }
    try {
      outcomes.push(await single(client, item));
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      // One that breaks the server is left alone for a while; others may go.
      if (error.status === 500 && items.length === 1) {
        return { outcomes: [{ kind: 'again', status: 500, why: error.message }] };
      }
      // What was stored before stays known; the rest is asked again.
      if (outcomes.length === 0) throw error;
      while (outcomes.length < items.length) outcomes.push({ kind: 'again', status: 0, why: error.message });
    }
    if (outcomes.length >= items.length) break;
  }
  return { outcomes };
}

function lastStatus(outcomes: Outcome[]): number {
  const last = outcomes.at(-1);
  return last?.kind === 'again' ? last.status : 0;
}

async function single(client: FhirClient, item: Item): Promise<Outcome> {
  const { method, url, ifMatch, ifNoneExist } = requestOf(item);
  const reply = await client.request(method, url, item.json, {
    ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    ...(ifNoneExist === undefined ? {} : { 'if-none-exist': ifNoneExist }),
    ...PREFER,
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
  if (status === 200 || status === 201) {
    const resource = isResource(body) && body.resourceType === item.resourceType ? body : undefined;
    const [, id = '', version = ''] = locationOf(item.resourceType).exec(response.location ?? '') ?? [];
    const found = {
      id: resource?.id ?? (id || item.serverId),
      versionId: versionOf(response.etag) || resource?.meta?.versionId || version,
    };
    if (found.id === '' || (found.id !== id && !/^[A-Za-z0-9.-]{1,64}$/.test(found.id)))
      return { kind: 'again', status, why: 'The answer names no id' };
    if (status === 200 && item.serverId === '') return { kind: 'exists', ...found, resource };
    return { kind: 'sent', ...found };
  }
  const why = wordsOf(body) || `The server answered ${status}`;
  if (LATER.has(status) || status >= 500 || Number.isNaN(status)) return { kind: 'again', status, why };
  if (status === 412) return item.serverId === '' ? { kind: 'several', why } : { kind: 'stale' };
  if ((status === 404 || status === 410) && item.serverId !== '') return { kind: 'gone' };
  if (status === 413) return { kind: 'refused', why: tooLargeWords(item, why) };
  if (status === 403) return { kind: 'forbidden', why };
  return { kind: 'refused', why };
}

const locations = new Map<string, RegExp>();

/** Finds id and version in a Location of that resource type. */
function locationOf(type: string): RegExp {
  let location = locations.get(type);
  if (location === undefined) {
    location = new RegExp(`${type}/([A-Za-z0-9.-]{1,64})(?:/_history/([^/]+))?$`);
    locations.set(type, location);
  }
  return location;
}

/** Why one record by itself is too large, and what helps. */
export function tooLargeWords(item: Item, words: string): string {
  const kilobytes = Math.ceil(item.bytes / 1024);
  return `The server does not take a record as large as this one (${kilobytes} kB): ${words}. It stays here whole; let the server’s limit be raised, then try again.`;
}
