import type { CollectionName } from '../../../shared/documents/index.ts';
import { resourcesOf } from '../../../shared/fhir/index.ts';
import {
  type AnyResource,
  type FromContext,
  isReplicated,
  type Replicated,
  resourceTypes,
  type ToContext,
} from '../../../shared/fhir/mapping.ts';
import type { AnyDoc, ReplicationReader, ReplicationStore } from './port.ts';

/** Another record a document refers to. */
export interface Dependency {
  collection: CollectionName;
  id: string;
}

/** Where a record that others refer to stands. */
export type Standing =
  | { at: 'server'; serverId: string }
  | { at: 'queue' }
  | { at: 'refused' }
  /** It waits for a person and was never at the server. */
  | { at: 'undecided' }
  | { at: 'never' };

const MOST_KNOWN = 100_000;

/** Ids by ids, by collection. */
type ByCollection = Map<CollectionName, Map<string, string>>;

function of(ids: ByCollection, collection: CollectionName): Map<string, string> {
  let found = ids.get(collection);
  if (found === undefined) {
    found = new Map();
    ids.set(collection, found);
  }
  return found;
}

/** Remembers which record has which id at the server: server ids never change, unless the server was restored ({@link Links.forget}). */
export class Links {
  private readonly store: ReplicationStore;
  private readonly station: string;
  private readonly known: ByCollection = new Map();
  /** The same the other way round: document ids by server id. */
  private readonly docs: ByCollection = new Map();
  private count = 0;

  constructor(store: ReplicationStore, station: string) {
    this.store = store;
    this.station = station;
  }

  /** Remembers the server id of a record. */
  learn(collection: CollectionName, id: string, serverId: string): void {
    if (serverId === '') return;
    if (this.count >= MOST_KNOWN) this.forget();
    const known = of(this.known, collection);
    if (known.get(id) === serverId) return;
    if (!known.has(id)) this.count += 1;
    known.set(id, serverId);
    of(this.docs, collection).set(serverId, id);
  }

  /** Forgets everything: after the server was put back to an earlier state ids are no longer what they were. */
  forget(): void {
    this.known.clear();
    this.docs.clear();
    this.count = 0;
  }

  /** Document id behind a server id, as far as it is remembered. */
  docIdOf(collection: CollectionName, serverId: string): string | undefined {
    return this.docs.get(collection)?.get(serverId);
  }

  /** Every record the resources of a document refer to. */
  dependencies(collection: Replicated, doc: AnyDoc): Dependency[] {
    const found = new Map<string, Dependency>();
    resourcesOf(collection, doc, {
      station: this.station,
      reference: (to, id) => {
        if (to !== collection || id !== doc.id) found.set(`${to} ${id}`, { collection: to, id });
        return '';
      },
    });
    return [...found.values()];
  }

  /** Context to write the resources of a document by what is remembered. What is not known yet is added to `missing` and left out. */
  remembered(collection: Replicated, doc: AnyDoc, missing: Dependency[]): ToContext {
    return {
      station: this.station,
      reference: (to, id, type) => {
        if (!isReplicated(to)) return '';
        const own = to === collection && id === doc.id;
        const serverId = own ? doc.serverId : this.known.get(to)?.get(id);
        if (serverId === undefined) missing.push({ collection: to, id });
        return serverId === undefined || serverId === '' ? '' : `${type ?? resourceTypes[to][0]}/${serverId}`;
      },
    };
  }

  /** Where the given records stand, by `collection id`. */
  async standings(dependencies: readonly Dependency[]): Promise<Map<string, Standing>> {
    const standings = new Map<string, Standing>();
    const open = new Map<Replicated, Set<string>>();
    for (const { collection, id } of dependencies) {
      const key = `${collection} ${id}`;
      const serverId = this.known.get(collection)?.get(id);
      if (serverId !== undefined) standings.set(key, { at: 'server', serverId });
      else if (!isReplicated(collection)) standings.set(key, { at: 'never' });
      else open.set(collection, (open.get(collection) ?? new Set()).add(id));
    }
    for (const [collection, ids] of open) {
      for (const id of ids) standings.set(`${collection} ${id}`, { at: 'never' });
      for (const doc of await this.store.getMany(collection, [...ids])) {
        this.learn(collection, doc.id, doc.serverId);
        standings.set(`${collection} ${doc.id}`, standingOf(doc));
      }
    }
    return standings;
  }

  /** Context to read a resource: looks up every record it refers to. */
  async reading(reader: ReplicationReader, resource: AnyResource): Promise<FromContext> {
    const found = new Map<string, string>();
    for (const reference of referencesIn(resource)) {
      const [type = '', serverId = ''] = reference.split('/').slice(-2);
      for (const collection of collectionsOf(type)) {
        const known = this.docIdOf(collection, serverId);
        const id = known ?? (await reader.byServerId(collection, serverId))?.id;
        if (id === undefined) continue;
        if (known === undefined) this.learn(collection, id, serverId);
        found.set(`${collection} ${type}/${serverId}`, id);
      }
    }
    return { docId: (collection, reference) => found.get(`${collection} ${reference}`) };
  }
}

function standingOf(doc: AnyDoc): Standing {
  if (doc.serverId !== '') return { at: 'server', serverId: doc.serverId };
  if (doc.syncState === 'queued') return { at: 'queue' };
  if (doc.syncState === 'conflict') return { at: 'undecided' };
  return { at: doc.syncState === 'refused' ? 'refused' : 'never' };
}

function collectionsOf(type: string): Replicated[] {
  return (Object.keys(resourceTypes) as Replicated[]).filter((name) => resourceTypes[name][0] === type);
}

/** Every literal reference to a resource of the server in a resource. */
function referencesIn(value: unknown, found: Set<string> = new Set()): Set<string> {
  if (Array.isArray(value)) for (const item of value) referencesIn(item, found);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (key === 'reference' && typeof item === 'string') {
        const relative = /[A-Z]\w+\/[A-Za-z0-9.-]{1,64}(?=\/_history|$)/.exec(item)?.[0];
        if (relative !== undefined) found.add(relative);
      } else referencesIn(item, found);
    }
  }
  return found;
}
