import type { DiagnosticReport } from 'fhir/r4';
import type { DocOf } from '../../../shared/documents/index.ts';
import type { ReportDoc } from '../../../shared/documents/report.ts';
import { resourcesOf } from '../../../shared/fhir/index.ts';
import {
  type AnyResource,
  identitySearch,
  type Replicated,
  replicated,
} from '../../../shared/fhir/mapping.ts';
import { readJson } from '../../../shared/fhir/numbers.ts';
import { withPdf } from '../../../shared/fhir/report.ts';
import type { Courtesy } from './courtesy.ts';
import type { Flying } from './flights.ts';
import { linkedOf } from './linked.ts';
import type { Dependency, Links, Standing } from './links.ts';
import type { AnyDoc, ReplicationStore } from './port.ts';
import { type Page, ReadAhead } from './read-ahead.ts';
import { isSignedReport } from './reconcile.ts';
import type { RequestSize } from './sizing.ts';
import { Slab } from './slab.ts';
import { faultOf } from './valid.ts';

/** What a bundle has around each resource, in bytes. */
const AROUND = 300;

/** One resource to be sent. */
export class Item {
  readonly collection: Replicated;
  /** The document as it was read: its `change` is what is sent. */
  readonly doc: AnyDoc;
  /** False for a second resource of the document: Provenance, ActivityDefinition … */
  readonly main: boolean;
  /** True when the document is at the server as a whole once this and the items beside it are. */
  readonly completes: boolean;
  readonly resourceType: string;
  /** The resource as JSON in UTF-8. */
  readonly json: Buffer;
  /** What is not valid FHIR in it; undefined when nothing is. */
  readonly fault: string | undefined;
  /** Server id to update; empty to create. */
  readonly serverId: string;
  /** Version the update is guarded by; empty for none. */
  readonly versionId: string;
  /** Created without a condition: the server refuses conditions, and was asked whether it is there already. */
  plain = false;

  /** @param server id and version there, as far as it is known @param rest false for what is not so */
  constructor(
    collection: Replicated,
    doc: AnyDoc,
    resource: AnyResource,
    server: { id: string; versionId: string },
    { main, completes }: { main: boolean; completes: boolean },
  ) {
    const { resourceType } = resource;
    const sent = server.id === '' ? resource : { ...resource, id: server.id };
    this.collection = collection;
    this.doc = doc;
    this.main = main;
    this.completes = completes;
    this.resourceType = resourceType;
    this.json = slab.write(JSON.stringify(sent));
    this.fault = faultOf(sent, doc.extra?.[resourceType]);
    this.serverId = server.id;
    this.versionId = server.versionId;
  }

  /** Length in a bundle, about. */
  get bytes(): number {
    return this.json.length + AROUND;
  }

  /** The resource, read from its JSON anew: few need it, and hundreds on their way as objects would be much to carry along. */
  get resource(): AnyResource {
    return readJson(this.json.toString('utf8')) as AnyResource;
  }
}

/** What goes next. */
export interface Load {
  items: Item[];
  /** Documents that have nothing left to send. */
  settled: { collection: Replicated; doc: AnyDoc }[];
}

/** Documents read from the queue at a time, and while the bench is at work. */
const PAGE = 200;
const PAGE_AT_WORK = 100;
/** Documents looked at in one slice once there is something to send: the bench is not to notice. */
const MOST_LOOKED_AT = 2_000;
/** Documents made ready at a stretch. */
const CHUNK = 20;
/** A signed report waits so long for its PDF, then goes without, in ms. */
const PDF_WAIT_MS = 60_000;

/** Holds the JSON of what goes. */
const slab = new Slab();

/** Chooses what goes next: records whose references are at the server already, in dependency order. */
export class Outbox {
  private readonly store: ReplicationStore;
  private readonly links: Links;
  private readonly now: () => number;
  private readonly courtesy: Courtesy;
  private readonly ahead: ReadAhead;
  /** Records that failed for the moment, and when they may be tried again. */
  private readonly resting = new Map<string, number>();
  /** Specimen types that wait to be sent, as far as they were looked up for what goes next. */
  private unsentTypes: ReadonlySet<string> | undefined;
  /** Collections the server does not let this station write, and when that is tried again. */
  private readonly closed = new Map<Replicated, number>();

  constructor(store: ReplicationStore, links: Links, now: () => number, courtesy: Courtesy) {
    this.store = store;
    this.links = links;
    this.now = now;
    this.courtesy = courtesy;
    this.ahead = new ReadAhead(now, courtesy);
  }

  /** Others may have changed the queue: it is read again. */
  begin(): void {
    this.ahead.forget();
  }

  /** Leaves a record alone for a while. */
  rest(collection: Replicated, id: string, ms: number): void {
    this.resting.set(`${collection} ${id}`, this.now() + ms);
  }

  /** Leaves a whole collection alone for a while. */
  close(collection: Replicated, ms: number): void {
    this.closed.set(collection, this.now() + ms);
  }

  /** Lets a record go at once, or all. */
  wake(collection?: Replicated, id?: string): void {
    this.ahead.forget();
    if (collection === undefined) {
      this.resting.clear();
      this.closed.clear();
    } else this.resting.delete(`${collection} ${id ?? ''}`);
  }

  /** When the next resting record may be tried, ms since the epoch; undefined when none rests. */
  nextAt(): number | undefined {
    let next: number | undefined;
    for (const until of [...this.resting.values(), ...this.closed.values()]) {
      if (next === undefined || until < next) next = until;
    }
    return next;
  }

  /**
   * The next items, within the size; a single one may be larger.
   * @param flying documents under way: neither they nor what needs them goes
   */
  async next(size: RequestSize, flying: Flying): Promise<Load> {
    const remembered = this.ahead.isUsed;
    const load = await this.look(size, flying);
    if (load.items.length > 0 || !remembered) return load;
    // Nothing more by what was read before: that is not the last word.
    this.ahead.forget();
    return this.look(size, flying);
  }

  private async look(size: RequestSize, flying: Flying): Promise<Load> {
    const now = this.now();
    this.unsentTypes = undefined;
    for (const [key, until] of this.resting) if (until <= now) this.resting.delete(key);
    const load: Load = { items: [], settled: [] };
    const filled = { bytes: 0, creates: false };
    let looked = 0;
    let startedAt = now;
    for (const collection of replicated) {
      if ((this.closed.get(collection) ?? 0) > now) continue;
      // What is under way stands first in the queue. What waited before it is looked at when nothing is under way.
      let skip = flying.count(collection);
      let page = this.ahead.take(collection);
      const seen = new Set<string>();
      while (looked < MOST_LOOKED_AT || load.items.length === 0) {
        page ??= await this.read(collection, skip, size.entries - load.items.length);
        const read = page;
        const { docs } = read;
        page = undefined;
        looked += docs.length;
        skip += docs.length;
        const waiting = docs.filter(({ id }) => !flying.has(collection, id) && !seen.has(id));
        for (let at = 0; at < waiting.length; at += CHUNK) {
          for (const { doc, resources } of await this.ready(collection, waiting.slice(at, at + CHUNK))) {
            const found = await this.itemsOf(collection, doc, resources);
            if (found === undefined) continue;
            if (found.length === 0) load.settled.push({ collection, doc });
            if (!fits(load, found, filled, size)) {
              this.ahead.keep(collection, { ...read, docs: waiting.slice(waiting.indexOf(doc, at)) });
              return load;
            }
            load.items.push(...found);
            if (load.items.length >= (filled.creates ? size.conditional : size.entries)) {
              this.ahead.keep(collection, { ...read, docs: waiting.slice(waiting.indexOf(doc, at) + 1) });
              return load;
            }
          }
          await this.courtesy.breathe(startedAt);
          startedAt = this.now();
        }
        if (read.last) {
          this.ahead.keep(collection, { ...read, docs: [] });
          break;
        }
        for (const { id } of waiting) seen.add(id);
      }
    }
    return load;
  }

  /** Reads on in the queue. @param room how many more may go */
  private async read(collection: Replicated, skip: number, room: number): Promise<Page> {
    const size = this.courtesy.isDue ? Math.min(PAGE_AT_WORK, Math.max(CHUNK, room)) : PAGE;
    const [readAt, { acts }] = [this.now(), this.courtesy];
    const docs = await this.store.queued(collection, skip, size);
    return { docs, last: docs.length < size, readAt, acts };
  }

  /** Documents that do not rest and whose references are at the server or never will be, with their resources. */
  private async ready(
    collection: Replicated,
    docs: AnyDoc[],
  ): Promise<{ doc: AnyDoc; resources: AnyResource[] }[]> {
    const { resting } = this;
    const awake = resting.size === 0 ? docs : docs.filter(({ id }) => !resting.has(`${collection} ${id}`));
    const read = awake.map((doc) => {
      const missing: Dependency[] = [];
      const resources = resourcesOf(collection, doc, this.links.remembered(collection, doc, missing));
      return { doc, missing, resources };
    });
    const standings = await this.links.standings(read.flatMap(({ missing }) => missing));
    return read.flatMap(({ doc, missing, resources }) => {
      const isAt = (need: Dependency, at: Standing['at']) =>
        standings.get(`${need.collection} ${need.id}`)?.at === at;
      // What never goes to the server is rightly left out.
      if (missing.every((need) => isAt(need, 'never'))) return [{ doc, resources }];
      const waits = missing.some((need) => {
        // Merged patients may point at one another: that link never holds anything up.
        if (collection === 'patients' && need.collection === 'patients') return false;
        // The task that asks for the decision cannot wait for it: it goes without the link, and once more with it when it is done.
        if (isAt(need, 'undecided')) return !goesUndecided(collection, doc, need);
        return isAt(need, 'queue') || isAt(need, 'refused');
      });
      if (waits) return [];
      // Some are at the server, which was not remembered: written again with what is known now.
      const again: Dependency[] = [];
      return [
        { doc, resources: resourcesOf(collection, doc, this.links.remembered(collection, doc, again)) },
      ];
    });
  }

  /** What is left to send of a document; undefined while it has to wait. */
  private async itemsOf(
    collection: Replicated,
    doc: AnyDoc,
    [main, ...others]: AnyResource[],
  ): Promise<Item[] | undefined> {
    if (main === undefined) return [];
    const linked = linkedOf(doc);
    const waiting = others.filter((item) => isDue(item, linked[item.resourceType], doc));
    if (doc.serverId === '' || doc.sync.sentChange !== doc.change) {
      const resource = isSignedReport(collection, doc) ? await this.complete(main, doc) : main;
      if (resource === undefined) return undefined;
      const completes = others.length === 0 || (doc.serverId !== '' && waiting.length === 0);
      const there = { id: doc.serverId, versionId: doc.sync.versionId };
      return [new Item(collection, doc, resource, there, { main: true, completes })];
    }
    if (collection === 'catalog' && waiting.length > 0 && (await this.lacksSpecimenType(doc)))
      return undefined;
    return waiting.map((resource) => {
      const there = linked[resource.resourceType] ?? { id: '', versionId: '' };
      return new Item(collection, doc, resource, there, { main: false, completes: true });
    });
  }

  /** True while the specimen type that a test names waits to be sent: the test's definitions name it at the server. */
  private async lacksSpecimenType(doc: AnyDoc): Promise<boolean> {
    const { kind, specimenType } = doc as unknown as DocOf<'catalog'>;
    if (kind !== 'test' || specimenType === '') return false;
    if (this.unsentTypes === undefined) {
      const isUnsent = (one: DocOf<'catalog'>) => one.syncState === 'queued' && one.serverId === '';
      const types = (await this.store.catalog()).filter(
        (one) => one.kind === 'specimenType' && isUnsent(one),
      );
      this.unsentTypes = new Set(types.map(({ code }) => code));
    }
    return this.unsentTypes.has(specimenType);
  }

  /** A signed report with its PDF; undefined while the PDF is still being made. */
  private async complete(report: AnyResource, doc: AnyDoc): Promise<AnyResource | undefined> {
    const pdf = await this.store.readPdf(doc.id);
    if (pdf === undefined) {
      const since = Date.parse((doc as unknown as ReportDoc).issuedTime || doc.updatedAt);
      const wait = since + PDF_WAIT_MS - this.now();
      if (wait <= 0) return report;
      this.rest('reports', doc.id, Math.min(wait, 1_000));
      return undefined;
    }
    const { title } = doc as unknown as ReportDoc;
    return withPdf(report as DiagnosticReport, { base64: Buffer.from(pdf).toString('base64'), title });
  }
}

/**
 * What goes although a record it names waits for a person and was never sent: the task that asks, and the unsigned report of a result. What
 * is signed goes whole or not at all (C4): it waits for the decision.
 */
function goesUndecided(collection: Replicated, doc: AnyDoc, need: Dependency): boolean {
  if (collection === 'tasks') return true;
  return collection === 'reports' && need.collection === 'results' && !isSignedReport(collection, doc);
}

/** Whether more items fit beside those there are; counts them when they do. The first always fit. */
function fits(
  load: Load,
  more: readonly Item[],
  filled: { bytes: number; creates: boolean },
  size: RequestSize,
): boolean {
  const bytes = more.reduce((sum, one) => sum + one.bytes, filled.bytes);
  const creates = filled.creates || more.some((one) => one.serverId === '');
  const most = creates ? size.conditional : size.entries;
  const full = load.items.length + more.length > most || bytes > size.bytes;
  if (full && load.items.length > 0) return false;
  filled.bytes = bytes;
  filled.creates = creates;
  return true;
}

function isDue(
  resource: AnyResource,
  linked: { id: string; change: number } | undefined,
  doc: AnyDoc,
): boolean {
  if (linked === undefined || linked.id === '') return true;
  return resource.resourceType !== 'Provenance' && linked.change !== doc.change;
}

/** The HTTP request an item is, as a bundle entry has it. */
export function requestOf(of: Item): {
  method: 'POST' | 'PUT';
  url: string;
  ifNoneExist?: string;
  ifMatch?: string;
} {
  const { resourceType } = of;
  if (of.serverId === '') {
    if (of.plain) return { method: 'POST', url: resourceType };
    return { method: 'POST', url: resourceType, ifNoneExist: identitySearch(resourceType, of.doc.id) };
  }
  const guard = of.versionId === '' ? {} : { ifMatch: `W/"${of.versionId}"` };
  return { method: 'PUT', url: `${resourceType}/${of.serverId}`, ...guard };
}
