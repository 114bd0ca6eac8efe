import { type DocOf, documentShapes } from '../../../shared/documents/index.ts';
import { catalogFromFhir } from '../../../shared/fhir/catalog.ts';
import { type CatalogResource, type Gathered, gather } from '../../../shared/fhir/catalog-sets.ts';
import { type AnyResource, type Local, localOf, resourceTypes } from '../../../shared/fhir/mapping.ts';
import { ownDocId } from '../../../shared/fhir/parts.ts';
import { raise } from './conflicts.ts';
import { type Linked, linkedOf } from './linked.ts';
import type { AnyDoc, ReplicationUnit } from './port.ts';
import type { PullOptions } from './pull.ts';
import { freshLocal, isMalformed, keyOf } from './pulled.ts';
import { reconcile } from './reconcile.ts';

/** Resource types the catalogue is made of. */
export const catalogTypes = resourceTypes.catalog;

type Entry = DocOf<'catalog'>;

/**
 * Reads the whole catalogue when any of it changed: entries are made of several definitions that refer to one another. Where one of them cannot
 * be read none is taken: without it others would say something else.
 */
export class CatalogPull {
  private readonly options: PullOptions;

  constructor(options: PullOptions) {
    this.options = options;
  }

  /** True when any of the definitions is in a version no entry here was made of. */
  async isNews(resources: readonly AnyResource[]): Promise<boolean> {
    if (resources.length === 0) return false;
    const known = new Set<string>();
    for (const entry of await this.options.store.catalog()) {
      known.add(`${entry.serverId} ${entry.sync.versionId}`);
      for (const { id, versionId } of Object.values(linkedOf(entry))) known.add(`${id} ${versionId}`);
    }
    return resources.some((item) => !known.has(`${item.id ?? ''} ${item.meta?.versionId ?? ''}`));
  }

  /** Fetches all definitions and takes over what differs. @returns entries taken over @throws NoAnswer, SearchRefused */
  async all(): Promise<number> {
    const { say, breathe } = this.options;
    const resources = await this.fetched();
    try {
      return await this.takeAll(resources);
    } catch (error) {
      const odd = isMalformed(error) ? await firstOdd(resources, breathe) : undefined;
      if (odd === undefined) throw error;
      say(`1 cannot be used here: ${keyOf(odd.resource)}, ${odd.why}. The catalogue stays as it is`);
      return 0;
    }
  }

  private async fetched(): Promise<CatalogResource[]> {
    const { client, pageSize, breathe } = this.options;
    const resources: CatalogResource[] = [];
    for (const type of catalogTypes) {
      for await (const page of client.pages(`${type}?_sort=_lastUpdated&_count=${pageSize}`)) {
        for (const { resource } of page.entry ?? []) {
          if (resource?.resourceType === type) resources.push(resource as CatalogResource);
        }
        await breathe();
      }
    }
    return resources;
  }

  private async takeAll(resources: readonly CatalogResource[]): Promise<number> {
    const sets = new Map(gather(resources).map((set) => [`${set.kind} ${set.code}`, set]));
    return this.options.store.write({ command: 'sync', actor: 'server' }, async (unit) => {
      const here = await unit.catalog();
      const matched = new Map<string, Entry | undefined>();
      const read = catalogFromFhir(resources, ({ kind, code, main }) => {
        const entry =
          here.find((item) => item.serverId !== '' && item.serverId === main.id) ??
          here.find((item) => item.kind === kind && item.code === code);
        matched.set(`${kind} ${code}`, entry);
        return entry === undefined ? this.newLocal(main, here) : localOf(entry);
      });
      let count = 0;
      for (const doc of read) {
        const key = `${doc.kind} ${doc.code}`;
        const set = sets.get(key);
        if (set !== undefined) count += await this.take(unit, doc, matched.get(key), set);
      }
      return count;
    });
  }

  private newLocal(main: Gathered['main'], here: Entry[]): Local {
    const { now, newId } = this.options;
    const wanted = ownDocId(main) || (main.id ?? '');
    const free = wanted !== '' && wanted.length <= 36 && !here.some((item) => item.id === wanted);
    return freshLocal(free ? wanted : newId(), '', now());
  }

  private async take(
    unit: ReplicationUnit,
    read: Entry,
    here: Entry | undefined,
    set: Gathered,
  ): Promise<number> {
    const { now, newId, say } = this.options;
    const at = now().toISOString();
    const versionId = set.main.meta?.versionId ?? '';
    const serverId = set.main.id ?? '';
    const problem = documentShapes.catalog.safeParse(read).error?.issues[0];
    if (problem !== undefined || read.code === '') {
      const why = problem === undefined ? 'it has no code' : `${problem.path.join('.')}: ${problem.message}`;
      say(`1 cannot be used here: ${set.main.resourceType}/${serverId}, ${why}`);
      return 0;
    }
    if (here !== undefined && isKnown(here, set)) return 0;
    const base: AnyDoc = here ?? read;
    const verdict =
      here === undefined ? { kind: 'take' as const, doc: read } : reconcile('catalog', here, read, undefined);
    if (verdict.kind === 'conflict') {
      const marked = { ...base, serverId, extra: withSet(base.extra, set, base.change) };
      await raise(
        unit,
        'catalog',
        marked,
        { reason: 'bothChanged', why: verdict.why, there: read, versionId },
        at,
        newId,
      );
      say(`1 waits for a person: ${verdict.why}`);
      return 1;
    }
    unit.put('catalog', {
      ...(verdict.doc as AnyDoc & Entry),
      serverId,
      // Of what was on its way here the server may have a part only: the next slice of sending looks.
      syncState: here?.syncState === 'queued' ? 'queued' : 'onServer',
      sync: { ...base.sync, versionId, sentChange: base.change, why: '', since: at },
      extra: withSet(verdict.doc.extra, set, base.change),
    });
    return 1;
  }
}

/** The first definition that cannot be read together with those before it, and why; undefined where all can be read. */
async function firstOdd(
  resources: readonly CatalogResource[],
  breathe: () => Promise<void>,
): Promise<{ resource: CatalogResource; why: string } | undefined> {
  const whyNot = (count: number): string | undefined => {
    try {
      catalogFromFhir(resources.slice(0, count), () => freshLocal('', '', new Date(0)));
      return undefined;
    } catch (error) {
      if (!isMalformed(error)) throw error;
      return error.message;
    }
  };
  let [whole, odd] = [0, resources.length];
  let why = whyNot(odd);
  while (why !== undefined && odd - whole > 1) {
    await breathe();
    const middle = (whole + odd) >> 1;
    const found = whyNot(middle);
    if (found === undefined) whole = middle;
    else [odd, why] = [middle, found];
  }
  const resource = resources[odd - 1];
  return why === undefined || resource === undefined ? undefined : { resource, why };
}

function others(set: Gathered): CatalogResource[] {
  return set.all.filter((item) => item !== set.main);
}

function isKnown(here: AnyDoc, set: Gathered): boolean {
  const linked = linkedOf(here);
  return (
    here.serverId === set.main.id &&
    here.sync.versionId === set.main.meta?.versionId &&
    others(set).every((item) => linked[item.resourceType]?.versionId === item.meta?.versionId)
  );
}

function withSet(
  extra: Record<string, unknown> | undefined,
  set: Gathered,
  change: number,
): Record<string, unknown> | undefined {
  const linked: Record<string, Linked> = {};
  for (const item of others(set)) {
    linked[item.resourceType] = { id: item.id ?? '', versionId: item.meta?.versionId ?? '', change };
  }
  return Object.keys(linked).length === 0 ? extra : { ...extra, linked };
}
