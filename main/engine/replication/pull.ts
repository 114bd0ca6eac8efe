import { newSync } from '../../../shared/documents/common.ts';
import { type CollectionName, type DocOf, documentShapes } from '../../../shared/documents/index.ts';
import { sameJson } from '../../../shared/fhir/json.ts';
import {
  type AnyResource,
  type Local,
  localOf,
  type Replicated,
  resourceTypes,
} from '../../../shared/fhir/mapping.ts';
import { ownDocId } from '../../../shared/fhir/parts.ts';
import { SYSTEM } from '../../../shared/fhir/systems.ts';
import type { Attempts } from './attempts.ts';
import { CatalogPull, catalogTypes } from './catalog-pull.ts';
import { type FhirClient, SearchRefused } from './client.ts';
import { raise } from './conflicts.ts';
import { Incomplete } from './incomplete.ts';
import type { Links } from './links.ts';
import type { AnyDoc, ReplicationStore, ReplicationUnit } from './port.ts';
import { freshLocal, isTombstone, keyOf, later, requestsOf, resourcesIn, subjectOf } from './pulled.ts';
import { readResource } from './read.ts';
import { isSignedReport, reconcile, type Verdict } from './reconcile.ts';
import { landSpecimen } from './specimen-landing.ts';
import { absentOf, readSpecimen, type SpecimenRules, specimenVerdict } from './specimens.ts';

type Specimens = DocOf<'specimens'>;

/** Collections whose changes at the server are fetched one resource at a time. */
type Fetched = 'patients' | 'orders' | 'specimens' | 'reports';

const typeOf = {
  patients: 'Patient',
  orders: 'ServiceRequest',
  specimens: 'Specimen',
  reports: 'DiagnosticReport',
} as const;

export interface PullOptions {
  store: ReplicationStore;
  client: FhirClient;
  links: Links;
  attempts: Attempts;
  station: string;
  now: () => Date;
  newId: () => string;
  rules: SpecimenRules;
  /** How far below the newest mark each poll starts, in ms: longer than the longest transaction at the server. */
  overlapMs: number;
  pageSize: number;
  /** Lets everything else have its turn between two pages. */
  breathe: () => Promise<void>;
  say: (text: string) => void;
}

/** One resource ready to be written: what it means for the document here. */
interface Prepared {
  collection: Fetched;
  resource: AnyResource;
  /** The document here when it was prepared; undefined for a new one. */
  here: AnyDoc | undefined;
  there: AnyDoc;
  verdict: Verdict | { kind: 'new' };
}

const SEEN = 20_000;
/** Name of the state that says the catalogue has to be read. */
const CATALOG_DUE = 'catalogDue';

/**
 * Fetches what changed at the server by `_lastUpdated`, with an overlap and the deleted ones, each version once. What this station sent itself
 * is recognised by its version.
 */
export class Pull {
  private readonly options: PullOptions;
  private readonly catalog: CatalogPull;
  private readonly incomplete: Incomplete;
  private readonly seen = new Map<string, string>();
  /** Resources to be looked at once more although they were seen. */
  private readonly again = new Set<string>();
  private readonly withoutDeleted = new Set<string>();

  constructor(options: PullOptions) {
    this.options = options;
    this.catalog = new CatalogPull(options);
    this.incomplete = new Incomplete(options.store);
  }

  /** One round over everything. @returns records taken over @throws NoAnswer, NotAuthorised */
  async round(): Promise<number> {
    const { store } = this.options;
    let fetched = 0;
    for (const type of catalogTypes) {
      await this.poll(type, '', async (resources) => {
        // Written down before the mark moves: the whole catalogue is read later, and may get no answer.
        if ((await this.catalog.isNews(resources)) && (await store.state(CATALOG_DUE)) !== true) {
          await this.setState(CATALOG_DUE, true);
        }
        this.markSeen(resources);
      });
    }
    if ((await store.state(CATALOG_DUE)) === true) {
      fetched += await this.catalog.all();
      await this.setState(CATALOG_DUE, false);
    }
    for (const collection of ['patients', 'orders', 'specimens', 'reports'] as const) {
      const tag = encodeURIComponent(`${SYSTEM.station}|${this.options.station}`);
      const filter = collection === 'reports' ? `&_tag=${tag}` : '';
      await this.poll(typeOf[collection], filter, async (resources) => {
        fetched += await this.take(collection, resources);
        this.markSeen(resources);
      });
    }
    for (const id of await this.incomplete.arrived()) {
      const specimen = await this.options.client.read(`Specimen/${id}`);
      if (specimen !== undefined) fetched += await this.take('specimens', [specimen], true);
    }
    for (const type of [...catalogTypes, ...Object.values(typeOf)]) fetched += await this.deleted(type);
    return fetched;
  }

  /** Reads the pages above the mark, oldest first, and moves the mark page by page. */
  private async poll(
    type: string,
    filter: string,
    take: (resources: AnyResource[]) => Promise<void>,
  ): Promise<void> {
    const { client, store, pageSize, breathe } = this.options;
    const name = `pull.${type}`;
    const mark = await store.state<string>(name);
    let newest = mark ?? '';
    const path = `${type}?_sort=_lastUpdated&_count=${pageSize}${this.since(mark)}${filter}`;
    try {
      for await (const page of client.pages(path)) {
        const resources = resourcesIn(page, type);
        await take(resources.filter((item) => !this.wasSeen(item)));
        const last = resources.reduce((max, item) => later(max, item.meta?.lastUpdated ?? ''), newest);
        if (last !== newest) {
          newest = last;
          await this.setState(name, newest);
        }
        await breathe();
      }
    } catch (error) {
      if (!(error instanceof SearchRefused)) throw error;
      this.options.say(`${type} cannot be fetched: ${error.message}`);
    }
  }

  /** What was deleted at the server: never deleted here, but marked and put before a person. */
  private async deleted(type: string): Promise<number> {
    const { client, store, pageSize, breathe } = this.options;
    if (this.withoutDeleted.has(type)) return 0;
    const name = `deleted.${type}`;
    const mark = (await store.state<string>(name)) ?? (await store.state<string>(`pull.${type}`));
    if (mark === undefined) return 0;
    let count = 0;
    let newest = mark;
    try {
      for await (const page of client.pages(`${type}?_deleted=true&_count=${pageSize}${this.since(mark)}`)) {
        for (const resource of resourcesIn(page, type)) {
          newest = later(newest, resource.meta?.lastUpdated ?? '');
          if (isTombstone(resource) && !this.wasSeen(resource)) count += await this.bury(type, resource);
          this.markSeen([resource]);
        }
        await breathe();
      }
    } catch (error) {
      if (!(error instanceof SearchRefused)) throw error;
      this.withoutDeleted.add(type);
    }
    if (newest !== (await store.state<string>(name))) await this.setState(name, newest);
    return count;
  }

  private async bury(type: string, resource: AnyResource): Promise<number> {
    const { store, now, newId } = this.options;
    const collection: Fetched | 'catalog' =
      (Object.keys(typeOf) as Fetched[]).find((name) => typeOf[name] === type) ?? 'catalog';
    const versionId = resource.meta?.versionId ?? resource.meta?.lastUpdated ?? 'deleted';
    const why = 'Deleted at the server';
    return store.write({ command: 'sync', actor: 'server' }, async (unit) => {
      const doc = await unit.byServerId(collection, resource.id ?? '');
      if (doc === undefined || doc.sync.versionId === versionId) return 0;
      const off =
        collection === 'orders' ? { status: 'revoked' } : collection === 'catalog' ? { active: false } : {};
      const marked = { ...doc, ...off, sync: { ...doc.sync, versionId } } as AnyDoc;
      const dispute = { reason: 'deletedAtServer' as const, why, there: undefined, versionId };
      await raise(unit, collection, marked, dispute, now().toISOString(), newId);
      this.options.say(`1 deleted at the server, kept here: ${type}`);
      return 1;
    });
  }

  private since(mark: string | undefined): string {
    if (mark === undefined || mark === '') return '';
    return `&_lastUpdated=ge${new Date(Date.parse(mark) - this.options.overlapMs).toISOString()}`;
  }

  private setState(name: string, value: unknown): Promise<void> {
    return this.options.store.write({ command: 'sync', actor: 'server' }, (unit) =>
      unit.setState(name, value),
    );
  }

  /** Takes a page over: asks the server what has to be asked first, then writes in one transaction. */
  private async take(collection: Fetched, resources: AnyResource[], again = false): Promise<number> {
    if (resources.length === 0) return 0;
    if (collection === 'specimens') await this.bring('orders', resources.flatMap(requestsOf));
    if (collection === 'orders' || collection === 'specimens')
      await this.bring('patients', resources.flatMap(subjectOf));
    const prepared: Prepared[] = [];
    const absent = new Map<string, string[]>();
    for (const resource of resources) {
      const item = await this.prepare(collection, resource, again, absent);
      if (item !== undefined) prepared.push(item);
    }
    if (prepared.length === 0 && absent.size === 0) return 0;
    return this.options.store.write({ command: 'sync', actor: 'server' }, async (unit) => {
      let count = 0;
      for (const item of prepared) count += await this.write(unit, item);
      if (absent.size > 0) await this.incomplete.note(unit, absent);
      return count;
    });
  }

  /** Patients or orders that others refer to and that are not known yet. */
  private async bring(collection: 'patients' | 'orders', references: string[]): Promise<void> {
    const { client, store } = this.options;
    const type = typeOf[collection];
    const missing = new Set<string>();
    for (const reference of references) {
      const id = new RegExp(`${type}/([A-Za-z0-9.-]{1,64})(?=/_history|$)`).exec(reference)?.[1];
      if (id !== undefined && (await store.byServerId(collection, id)) === undefined) missing.add(id);
    }
    const found: AnyResource[] = [];
    for (const id of missing) {
      const resource = await client.read(`${type}/${id}`);
      if (resource?.resourceType === type) found.push(resource);
    }
    await this.take(collection, found);
  }

  /** What a resource means here; undefined when there is nothing to do. */
  private async prepare(
    collection: Fetched,
    resource: AnyResource,
    again: boolean,
    absent: Map<string, string[]>,
  ): Promise<Prepared | undefined> {
    const { store, client, links, rules } = this.options;
    const here = await this.findHere(collection, resource);
    if (here === 'ours') return undefined;
    const version = resource.meta?.versionId ?? '';
    const isKnown = here !== undefined && here.serverId === resource.id && here.sync.versionId === version;
    if (isKnown && !again) return undefined;
    // Ours, but the answer was lost: sending again settles it.
    if (here !== undefined && (await this.options.attempts.isOurs(here.id, resource))) return undefined;
    const local = here === undefined ? await this.newLocal(collection, resource) : localOf(here);
    const there = await this.read(collection, resource, local, here);
    if (collection === 'specimens' && !(await this.isUsable(resource, there, absent))) return undefined;
    const problem = documentShapes[collection].safeParse(there).error?.issues[0];
    if (problem !== undefined) {
      const at = `${resource.resourceType}/${resource.id ?? ''}`;
      this.options.say(`1 cannot be used here: ${at}, ${problem.path.join('.')}: ${problem.message}`);
      return undefined;
    }
    if (here === undefined) {
      return collection === 'reports'
        ? undefined
        : { collection, resource, here, there, verdict: { kind: 'new' } };
    }
    const unsent = here.change !== here.sync.sentChange;
    const known = unsent || isSignedReport(collection, here) ? here.sync.versionId : '';
    const base =
      known === ''
        ? undefined
        : await client.read(`${resource.resourceType}/${resource.id}/_history/${known}`);
    if (collection === 'specimens') {
      const [mine, read] = [here, there] as unknown as [Specimens, Specimens];
      const verdict = await specimenVerdict(store, links, mine, read, base, rules);
      return { collection, resource, here, there, verdict };
    }
    const baseDoc =
      base === undefined
        ? undefined
        : readResource(collection, base, await links.reading(store, base), local);
    return { collection, resource, here, there, verdict: reconcile(collection, here, there, baseDoc) };
  }

  private async read(
    collection: Fetched,
    resource: AnyResource,
    local: Local,
    here: AnyDoc | undefined,
  ): Promise<AnyDoc> {
    const { store, links, rules } = this.options;
    if (collection === 'specimens') {
      const mine = here as unknown as Specimens | undefined;
      return (await readSpecimen(store, links, resource, local, mine, rules)) as unknown as AnyDoc;
    }
    const context = await links.reading(store, resource);
    return this.completed(collection, readResource(collection, resource, context, local));
  }

  /** False for a specimen without number or patient; what it waits for is noted in `absent` when that is news. */
  private async isUsable(
    resource: AnyResource,
    there: AnyDoc,
    absent: Map<string, string[]>,
  ): Promise<boolean> {
    const specimen = there as unknown as Specimens;
    const id = resource.id ?? '';
    const waits = absentOf(resource, specimen);
    if (!sameJson(waits, await this.incomplete.of(id))) absent.set(id, waits);
    if (specimen.patientId !== '' && specimen.accessionIdentifier !== '') return true;
    const lack = specimen.patientId === '' ? 'its patient is not here' : 'it has no number';
    this.options.say(`1 cannot be used here: Specimen/${id}, ${lack}`);
    return false;
  }

  /** The document of a resource: by server id, by our identifier, or for a patient by record number. */
  private async findHere(collection: Fetched, resource: AnyResource): Promise<AnyDoc | 'ours' | undefined> {
    const { store } = this.options;
    const linked = await store.byServerId(collection, resource.id ?? '');
    if (linked !== undefined) return linked;
    const own = ownDocId(resource as Parameters<typeof ownDocId>[0]);
    const ours = own === '' ? undefined : await store.byId(collection, own);
    // Ours, but the answer was lost: sending it again finds it and settles everything.
    if (ours !== undefined) return ours.serverId === '' ? 'ours' : ours;
    if (collection !== 'patients') return undefined;
    const context = { docId: () => undefined };
    const read = readResource(
      'patients',
      resource,
      context,
      freshLocal('', '', this.options.now()),
    ) as AnyDoc & DocOf<'patients'>;
    if (read.identifier === '') return undefined;
    const same = await store.patientByNumber(read.identifierSystem, read.identifier);
    return same?.serverId === '' ? same : undefined;
  }

  private async newLocal(collection: Fetched, resource: AnyResource): Promise<Local> {
    const { store, newId, now } = this.options;
    const serverId = resource.id ?? '';
    const own = ownDocId(resource as Parameters<typeof ownDocId>[0]);
    const wanted = own !== '' && own.length <= 36 ? own : serverId;
    const free = wanted !== '' && wanted.length <= 36 && (await store.byId(collection, wanted)) === undefined;
    return freshLocal(free ? wanted : newId(), serverId, now());
  }

  /** An order of another system names only its code: the tests it stands for are in the catalogue. */
  private async completed(collection: Fetched, doc: AnyDoc): Promise<AnyDoc> {
    if (collection !== 'orders') return doc;
    const order = doc as AnyDoc & DocOf<'orders'>;
    if (order.testCodes.length > 0) return doc;
    const entries = await this.options.store.catalog();
    const entry =
      entries.find((item) => item.code === order.catalogCode && item.kind === 'panel') ??
      entries.find((item) => item.code === order.catalogCode && item.kind === 'test');
    if (entry === undefined) return doc;
    const testCodes = entry.kind === 'panel' ? entry.members : [entry.code];
    return { ...order, testCodes, display: order.display === '' ? entry.name : order.display } as AnyDoc;
  }

  private async write(unit: ReplicationUnit, item: Prepared): Promise<number> {
    const { collection, resource, here, there, verdict } = item;
    const { now, newId, links } = this.options;
    const serverId = resource.id ?? '';
    const versionId = resource.meta?.versionId ?? '';
    const at = now().toISOString();
    const put = (doc: AnyDoc) => unit.put(collection as CollectionName, doc as never);
    if (verdict.kind === 'new') {
      const sync = { ...newSync(at), versionId, sentChange: there.change };
      const doc = { ...there, serverId, syncState: 'onServer' as const, sync };
      put(doc);
      links.learn(collection, there.id, serverId);
      if (collection === 'specimens') await this.land(unit, undefined, doc);
      return 1;
    }
    const current = (await unit.byId(collection as Replicated, there.id)) as unknown as AnyDoc | undefined;
    if (current === undefined || here === undefined || current.change !== here.change) {
      // Changed while the server was asked: the next poll looks at it again.
      this.again.add(keyOf(resource));
      return 0;
    }
    if (verdict.kind === 'conflict') {
      const reason = isSignedReport(collection, current) ? 'signedChanged' : 'bothChanged';
      await raise(
        unit,
        collection,
        { ...current, serverId },
        { reason, why: verdict.why, there, versionId },
        at,
        newId,
      );
      this.options.say(`1 waits for a person: ${verdict.why}`);
      return 1;
    }
    const taken = verdict.kind === 'take';
    const sync = {
      ...current.sync,
      versionId,
      why: '',
      since: at,
      sentChange: taken ? current.change : current.sync.sentChange,
    };
    // Queued with nothing left of its own: what belongs to it besides may still have to go.
    const unsent = current.change !== current.sync.sentChange && resourceTypes[collection].length > 1;
    const state = taken && !unsent ? ('onServer' as const) : ('queued' as const);
    const doc = { ...verdict.doc, serverId, syncState: state, sync };
    put(doc);
    if (collection === 'specimens') await this.land(unit, current, doc);
    if (collection === 'orders') this.sayRevoked(current, verdict.doc);
    return 1;
  }

  private async land(unit: ReplicationUnit, before: AnyDoc | undefined, after: AnyDoc): Promise<void> {
    const [was, now] = [before, after] as unknown as [Specimens | undefined, Specimens];
    const why = await landSpecimen(unit, was, now, this.options.now().toISOString(), this.options.newId);
    if (why !== '') this.options.say(`1 waits for a person: ${why}`);
  }

  private sayRevoked(before: AnyDoc, after: AnyDoc): void {
    const order = after as AnyDoc & DocOf<'orders'>;
    if (order.status === 'revoked' && (before as AnyDoc & DocOf<'orders'>).status !== 'revoked') {
      this.options.say(`Order cancelled at the server: ${order.requisition} ${order.catalogCode}`);
    }
  }

  private wasSeen(resource: AnyResource): boolean {
    const version = resource.meta?.versionId;
    return version !== undefined && this.seen.get(keyOf(resource)) === version;
  }

  private markSeen(resources: AnyResource[]): void {
    if (this.seen.size > SEEN) this.seen.clear();
    for (const resource of resources) {
      if (this.again.delete(keyOf(resource))) continue;
      this.seen.set(keyOf(resource), resource.meta?.versionId ?? '');
    }
  }
}
