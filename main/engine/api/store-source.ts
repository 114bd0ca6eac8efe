import type { Clock } from '../../../shared/domain/clock.ts';
import type { AnyResource, Replicated, ToContext } from '../../../shared/fhir/mapping.ts';
import type { Store } from '../store/store.ts';
import { matches } from './match.ts';
import { fetchNarrowed, narrow, openExceptions } from './narrow.ts';
import type { ApiType, Criterion } from './parameters.ts';
import { apiContext, collectionsOf, resourceOf } from './resources.ts';
import type { FhirSource, Found, Mark, Page } from './source.ts';
import { isBefore, type Placed, walk } from './walk.ts';

/** Comparisons that an arbitrarily early, or late, change can meet. */
const OPEN_BELOW = ['lt', 'le', 'ne'];
const OPEN_ABOVE = ['gt', 'ge', 'ne'];

/** Documents one request looks at, at most; a search that needs more goes on behind its next link. */
const MAX_LOOKED_AT = 3_000;
/** Candidates an index may give before the search walks instead. */
const MAX_CANDIDATES = 5_000;

/** What the source needs of the store. */
export type Documents = Pick<Store, 'get' | 'getMany' | 'find' | 'count'>;

export interface StoreSourceOptions {
  store: Documents;
  clock: Clock;
  /** Station code and program version, for the CapabilityStatement and our tag. */
  station: string;
  version: string;
}

/** The station's documents as FHIR resources. Resource ids are document ids; the order of a search is the last change. */
export function storeSource(options: StoreSourceOptions): FhirSource {
  const { store } = options;
  const context = apiContext(options.station);
  return {
    async read(type, id) {
      for (const collection of collectionsOf[type]) {
        const doc = await store.get(collection, id);
        const resource = doc === undefined ? undefined : resourceOf(type, collection, doc, context);
        if (resource !== undefined) return resource;
      }
      return undefined;
    },
    async search(type, criteria, page) {
      const candidates = await candidatesOf(store, type, criteria);
      if (candidates !== undefined) return pageOf(candidates, type, criteria, page, context);
      return walkPage(store, type, criteria, page, context);
    },
    capability: () => ({
      station: options.station,
      version: options.version,
      date: options.clock.now().toISOString(),
    }),
  };
}

/** All documents that can match, when indexes give them; `undefined` when there are none or too many of them. */
async function candidatesOf(
  store: Documents,
  type: ApiType,
  criteria: readonly Criterion[],
): Promise<Placed[] | undefined> {
  const found = new Map<string, Placed>();
  for (const collection of collectionsOf[type]) {
    const narrowed = await narrow(store, type, collection, criteria);
    if (narrowed === undefined) return undefined;
    for (const item of narrowed) {
      const docs = await fetchNarrowed(store, collection, item, MAX_CANDIDATES + 1);
      if (docs.length > MAX_CANDIDATES) return undefined;
      for (const doc of docs) found.set(`${collection}/${doc.id}`, { collection, doc });
    }
  }
  return [...found.values()];
}

function pageOf(
  candidates: Placed[],
  type: ApiType,
  criteria: readonly Criterion[],
  page: Page,
  context: ToContext,
): Found {
  const all = candidates
    .map((placed) => ({ doc: placed.doc, resource: matching(placed, type, criteria, context) }))
    .filter((item) => item.resource !== undefined)
    .sort((a, b) => (isBefore(a.doc, b.doc) ? -1 : 1));
  const { after } = page;
  const rest = after === undefined ? all : all.filter((item) => isBefore(after, item.doc));
  const shown = rest.slice(0, page.count);
  const last = shown.at(-1);
  const more = rest.length > shown.length && last !== undefined;
  return {
    resources: shown.flatMap((item) => item.resource ?? []),
    total: all.length,
    next: more ? markOf(last.doc) : undefined,
  };
}

/**
 * Walks the collections and fills the page. All of a type are counted by the store; with criteria the first page goes on counting as far
 * as a request may.
 */
async function walkPage(
  store: Documents,
  type: ApiType,
  criteria: readonly Criterion[],
  page: Page,
  context: ToContext,
): Promise<Found> {
  const resources: AnyResource[] = [];
  let end: Mark | undefined;
  let more = false;
  let count = 0;
  let seen = 0;
  const counting = page.after === undefined && criteria.length > 0;
  const total = page.after === undefined && !counting ? await countAll(store, type, context) : undefined;
  const { from, until } = changedWithin(criteria);
  const start =
    page.after !== undefined && (from === undefined || isBefore(from, page.after)) ? page.after : from;
  for await (const placed of walk(store, collectionsOf[type], start)) {
    if (until !== undefined && placed.doc.updatedAt >= until) break;
    if (seen === MAX_LOOKED_AT) return { resources, next: end, total };
    seen += 1;
    const resource = matching(placed, type, criteria, context);
    if (resource !== undefined) {
      count += 1;
      if (resources.length < page.count) resources.push(resource);
      else more = true;
      if (more && !counting) break;
    }
    if (!more) end = markOf(placed.doc);
  }
  return { resources, total: counting ? count : total, next: more ? end : undefined };
}

/** What `_lastUpdated` leaves of the order: the mark before its first document, and the instant from which on there is none. */
function changedWithin(criteria: readonly Criterion[]): {
  from: Mark | undefined;
  until: string | undefined;
} {
  let from = Number.NEGATIVE_INFINITY;
  let until = Number.POSITIVE_INFINITY;
  for (const criterion of criteria) {
    if (criterion.kind !== 'date' || criterion.parameter.name !== '_lastUpdated') continue;
    const lows = criterion.values.map(({ prefix, start }) =>
      OPEN_BELOW.includes(prefix) ? Number.NEGATIVE_INFINITY : start,
    );
    const highs = criterion.values.map(({ prefix, end }) =>
      OPEN_ABOVE.includes(prefix) ? Number.POSITIVE_INFINITY : end,
    );
    from = Math.max(from, Math.min(...lows));
    until = Math.min(until, Math.max(...highs));
  }
  return {
    from: Number.isFinite(from) ? { updatedAt: new Date(from).toISOString(), id: '' } : undefined,
    until: Number.isFinite(until) ? new Date(until).toISOString() : undefined,
  };
}

/** The number of all resources of a type, without reading them. */
async function countAll(store: Documents, type: ApiType, context: ToContext): Promise<number> {
  const count = (collection: Replicated, ...selectors: Record<string, unknown>[]): Promise<number[]> =>
    Promise.all(selectors.map((selector) => store.count(collection, { selector })));
  const sum = (counts: number[]): number => counts.reduce((total, item) => total + item, 0);
  switch (type) {
    case 'Observation': {
      const held = (await store.find('tasks', openExceptions)).filter(
        (doc) => resourceOf('Observation', 'tasks', doc, context) !== undefined,
      );
      return held.length + sum(await count('results', {})) + sum(await count('controls', {}));
    }
    case 'DetectedIssue': {
      const kinds = ['exception', 'conflict'];
      const states = ['open', 'done', 'rejected'];
      return sum(
        await count('tasks', ...states.flatMap((status) => kinds.map((kind) => ({ status, kind })))),
      );
    }
    case 'PlanDefinition':
      return sum(await count('catalog', { kind: 'test' }, { kind: 'panel' }));
    default:
      return sum(await count(mainCollection(type), {}));
  }
}

function mainCollection(type: ApiType): Replicated {
  const [collection] = collectionsOf[type];
  if (collection === undefined) throw new Error(`${type} has no collection`);
  return collection;
}

function matching(
  { collection, doc }: Placed,
  type: ApiType,
  criteria: readonly Criterion[],
  context: ToContext,
): AnyResource | undefined {
  const resource = resourceOf(type, collection, doc, context);
  return resource !== undefined && matches(resource, criteria) ? resource : undefined;
}

function markOf(doc: Mark): Mark {
  return { updatedAt: doc.updatedAt, id: doc.id };
}
