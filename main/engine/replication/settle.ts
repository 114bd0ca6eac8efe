import type { DocOf } from '../../../shared/documents/index.ts';
import { sameJson } from '../../../shared/fhir/json.ts';
import {
  type AnyResource,
  identitySearch,
  localOf,
  type Replicated,
  stationOf,
  withFilled,
  withoutServerPart,
} from '../../../shared/fhir/mapping.ts';
import { carries } from './answer-order.ts';
import type { Attempts } from './attempts.ts';
import { saysTheSame, withResult } from './call-rules.ts';
import { type FhirClient, isBundle, isResource, wordsOf } from './client.ts';
import type { Item } from './item.ts';
import type { Links } from './links.ts';
import type { AnyDoc, ReplicationStore } from './port.ts';
import { isMalformed } from './pulled.ts';
import { readCatalogEntry, readResource } from './read.ts';
import { reconcile, type Verdict } from './reconcile.ts';
import type { Outcome } from './send.ts';
import { readSpecimen, type SpecimenRules, specimenVerdict } from './specimens.ts';

/** Attempts without an answer that are remembered for a record. */
const MOST_ATTEMPTS = 5;

/** What an outcome comes to after the server was asked whatever had to be asked. */
export type Settled =
  | { kind: 'done'; id: string; versionId: string }
  /** Known at the server, but what is here has still to be sent. */
  | { kind: 'linked'; id: string; versionId: string }
  | { kind: 'verdict'; id: string; versionId: string; verdict: Verdict; there: AnyDoc; resource: AnyResource }
  | { kind: 'gone' }
  | { kind: 'refused'; why: string }
  /** This station may not write records of that kind. */
  | { kind: 'forbidden'; why: string }
  /** Tried again: after a while, or at once when the request was only too large. `why`: the server's words, where there are any. */
  | { kind: 'again'; status: number; why?: string };

/** What the server has is not shaped as its type is: somebody has to look at it there, and others go on. */
const UNREADABLE: Settled = { kind: 'refused', why: 'What the server has cannot be read' };

/** One item and what it came to. */
export interface Result {
  item: Item;
  settled: Settled;
}

export interface SettlerOptions {
  store: ReplicationStore;
  client: FhirClient;
  links: Links;
  attempts: Attempts;
  rules: SpecimenRules;
  /** True when the server was put back to an earlier state: what it does not have then was not deleted. */
  isRestored: () => Promise<boolean>;
}

/** Finds out what the server's answer about an item means: its own from an attempt whose answer was lost, or somebody else's change. */
export class Settler {
  private readonly options: SettlerOptions;
  /** Resources sent without a word back: what to recognise them by when they turn up. */
  private readonly attempted = new Map<string, AnyResource[]>();

  constructor(options: SettlerOptions) {
    this.options = options;
  }

  /** @throws NoAnswer, NotAuthorised */
  settle(item: Item, outcome: Outcome): Promise<Settled> | Settled {
    switch (outcome.kind) {
      case 'sent':
        return { ...outcome, kind: 'done' };
      case 'again':
        return { kind: 'again', status: outcome.status, why: outcome.why };
      case 'smaller':
        return { kind: 'again', status: SMALLER };
      case 'gone':
        return this.settleGone();
      case 'refused':
        return outcome;
      case 'forbidden':
        return outcome;
      case 'exists':
        return this.settleExisting(item, outcome.id, outcome.versionId, outcome.resource);
      case 'stale':
        return this.settleStale(item);
      case 'several':
        return this.settleSeveral(item, outcome.why);
    }
  }

  /** Deleted by somebody, unless the server forgot more than that. */
  private async settleGone(): Promise<Settled> {
    return (await this.options.isRestored()) ? { kind: 'again', status: 404 } : { kind: 'gone' };
  }

  /** One with our identifier was there: ours from an attempt whose answer was lost, or changed since. */
  private async settleExisting(
    item: Item,
    id: string,
    versionId: string,
    known: AnyResource | undefined,
  ): Promise<Settled> {
    const { client } = this.options;
    const { resourceType } = item;
    const there = known ?? (await client.read(`${resourceType}/${id}`));
    if (there === undefined) return { kind: 'again', status: 404 };
    // The id of another record: the answer was not about this one.
    if (!carries(there, item.doc.id)) return { kind: 'again', status: 0 };
    const version = there.meta?.versionId ?? versionId;
    if (sameContent(there, item.resource) || resourceType === 'Provenance')
      return { kind: 'done', id, versionId: version };
    if (!item.main) return this.settleBeside(item, id, version);
    // Several stations make the report of one requisition: one version there may be another station's.
    const elsewhere = (stationOf(there) ?? this.options.rules.station) !== this.options.rules.station;
    const untouched =
      (await this.wasOurs(item, there)) ||
      (!elsewhere && (await this.hasOneVersion(`${resourceType}/${id}`)));
    if (untouched) return { kind: 'linked', id, versionId: version };
    return this.compare(item, there, id);
  }

  /**
   * A second resource that somebody wrote meanwhile: ours goes over it. The Communication of a call only when the call is known here as the server
   * has it; else what another station recorded would go from it (V3).
   */
  private async settleBeside(item: Item, id: string, versionId: string): Promise<Settled> {
    const { serverId, sync } = item.doc;
    if (item.resourceType === 'Communication' && serverId !== '') {
      const call = await this.options.client.read(`Task/${serverId}`);
      if (call !== undefined && (call.meta?.versionId ?? '') !== sync.versionId)
        return this.compare(item, call, serverId);
    }
    return { kind: 'linked', id, versionId };
  }

  /** The version we know is not the newest: our own change whose answer was lost, or somebody else's. */
  private async settleStale(item: Item): Promise<Settled> {
    const { status, body } = await this.options.client.request(
      'GET',
      `${item.resourceType}/${item.serverId}`,
    );
    if (status === 404 || status === 410) return this.settleGone();
    if (status === 403) return { kind: 'forbidden', why: wordsOf(body) || 'It may not be read' };
    if (status !== 200 || !isResource(body)) return { kind: 'again', status };
    const there = body;
    const versionId = there.meta?.versionId ?? '';
    if (versionId === item.versionId) return { kind: 'again', status: 412 };
    if (sameContent(there, item.resource)) return { kind: 'done', id: item.serverId, versionId };
    if (!item.main) return this.settleBeside(item, item.serverId, versionId);
    if (await this.wasOurs(item, there)) return { kind: 'linked', id: item.serverId, versionId };
    return this.compare(item, there, item.serverId);
  }

  private async settleSeveral(item: Item, why: string): Promise<Settled> {
    const { resourceType } = item;
    const reply = await this.options.client.request(
      'GET',
      `${resourceType}?${identitySearch(resourceType, item.doc.id)}&_count=3`,
    );
    const all = isBundle(reply.body) ? (reply.body.entry ?? []).flatMap((entry) => entry.resource ?? []) : [];
    const found = (all as AnyResource[]).filter((one) => carries(one, item.doc.id));
    if (found.length < all.length) return { kind: 'refused', why };
    const [only, second] = found;
    if (second !== undefined) {
      return { kind: 'refused', why: `The server has ${found.length} records with this identifier. ${why}` };
    }
    if (only?.id === undefined) return { kind: 'again', status: 412 };
    return this.settleExisting(item, only.id, only.meta?.versionId ?? '', only);
  }

  /** Compares both sides, with what both started from where the server still knows it. */
  private async compare(item: Item, there: AnyResource, id: string): Promise<Settled> {
    const { client } = this.options;
    const { collection, doc } = item;
    const versionId = there.meta?.versionId ?? '';
    const base =
      doc.sync.versionId === '' || doc.serverId === ''
        ? undefined
        : await client.read(`${there.resourceType}/${id}/_history/${doc.sync.versionId}`);
    try {
      const thereDoc = await this.read(collection, there, doc);
      if (thereDoc === undefined) return UNREADABLE;
      const verdict = await this.judge(collection, doc, thereDoc, base);
      return { kind: 'verdict', id, versionId, verdict, there: thereDoc, resource: there };
    } catch (error) {
      if (!isMalformed(error)) throw error;
      return UNREADABLE;
    }
  }

  private async judge(
    collection: Replicated,
    doc: AnyDoc,
    there: AnyDoc,
    base: AnyResource | undefined,
  ): Promise<Verdict> {
    const { store, links, rules } = this.options;
    if (collection === 'specimens') {
      const [here, read] = [doc, there] as unknown as [DocOf<'specimens'>, DocOf<'specimens'>];
      return specimenVerdict(store, links, here, read, base, rules);
    }
    const baseDoc = base === undefined ? undefined : await this.read(collection, base, doc);
    return reconcile(collection, doc, there, baseDoc);
  }

  private async read(
    collection: Replicated,
    resource: AnyResource,
    doc: AnyDoc,
  ): Promise<AnyDoc | undefined> {
    const { client, links, store, rules } = this.options;
    if (collection === 'catalog') return readCatalogEntry(client, resource, doc);
    if (collection === 'specimens') {
      const here = doc as unknown as DocOf<'specimens'>;
      return (await readSpecimen(store, links, resource, localOf(doc), here, rules)) as unknown as AnyDoc;
    }
    const read = readResource(collection, resource, await links.reading(store, resource), localOf(doc));
    if (collection !== 'tasks') return read;
    return withFilled(read, await withResult(read as AnyDoc & DocOf<'tasks'>, store), resource);
  }

  private async hasOneVersion(path: string): Promise<boolean> {
    const reply = await this.options.client.request('GET', `${path}/_history?_count=2`);
    return reply.status === 200 && isBundle(reply.body) && reply.body.entry?.length === 1;
  }

  private async wasOurs(item: Item, there: AnyResource): Promise<boolean> {
    const attempted = this.attempted.get(keyOf(item)) ?? [];
    if (attempted.some((attempt) => sameContent(there, attempt))) return true;
    return this.options.attempts.isOurs(item.doc.id, there);
  }

  /** Remembers what was on its way when no answer came. */
  remember(item: Item): void {
    const earlier = this.attempted.get(keyOf(item)) ?? [];
    this.attempted.set(keyOf(item), [...earlier.slice(1 - MOST_ATTEMPTS), item.resource]);
  }

  /** There was an answer about it. */
  forget(item: Item): void {
    if (this.attempted.size > 0) this.attempted.delete(keyOf(item));
  }
}

/** True for an outcome about which the server has to be asked more. */
export function asks({ kind }: Outcome): boolean {
  return kind === 'gone' || kind === 'exists' || kind === 'stale' || kind === 'several';
}

/** In place of a status: the request was too large, the item goes again at once. */
export const SMALLER = 413;

/** Resource type and document of an item. */
export function keyOf(item: Item): string {
  return `${item.resourceType} ${item.doc.id}`;
}

/** Equal but for what the server adds by itself. */
function sameContent(there: AnyResource, ours: AnyResource): boolean {
  if (ours.resourceType === 'Communication') return saysTheSame(there, ours);
  return sameJson(withoutServerPart(there), withoutServerPart(ours));
}
