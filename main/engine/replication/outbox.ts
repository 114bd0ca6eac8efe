import type { DiagnosticReport } from 'fhir/r4';
import type { DocOf } from '../../../shared/documents/index.ts';
import type { ReportDoc } from '../../../shared/documents/report.ts';
import { resourcesOf } from '../../../shared/fhir/index.ts';
import { type AnyResource, type Replicated, replicated } from '../../../shared/fhir/mapping.ts';
import { withPdf } from '../../../shared/fhir/report.ts';
import type { Courtesy } from './courtesy.ts';
import type { Flying } from './flights.ts';
import { Item, type Sending, sendingOf, withId } from './item.ts';
import { linkedOf } from './linked.ts';
import type { Dependency, Links, Standing } from './links.ts';
import type { AnyDoc, ReplicationStore } from './port.ts';
import { type Page, ReadAhead } from './read-ahead.ts';
import { isSignedReport } from './reconcile.ts';
import type { RequestSize } from './sizing.ts';
import { Spells } from './spell.ts';
import { utf8Of } from './texts.ts';

/** A document that may go, with its resources. */
interface Ready {
  doc: AnyDoc;
  resources: AnyResource[];
}

/** What goes next. */
export interface Load {
  items: Item[];
  /** Documents that have nothing left to send. */
  settled: { collection: Replicated; doc: AnyDoc }[];
  /** Resolves when all of it is on the disk: before that nobody is told of it. */
  onDisk: Promise<void>;
}

/** Documents read from the queue at a time, and while the bench is at work. */
const PAGE = 200;
const PAGE_AT_WORK = 100;
/** Documents looked at in one slice once there is something to send: the bench is not to notice. */
const MOST_LOOKED_AT = 2_000;
/** Documents made ready at a stretch. */
const CHUNK = 20;
/** From so many characters of JSON on, what was made ready is not added to. */
const TOGETHER = 30_000;
/** A signed report waits so long for its PDF, then goes without, in ms. */
const PDF_WAIT_MS = 60_000;

/** Chooses what goes next: records whose references are at the server already, in dependency order. */
export class Outbox {
  private readonly store: ReplicationStore;
  private readonly links: Links;
  private readonly now: () => number;
  private readonly courtesy: Courtesy;
  private readonly ahead: ReadAhead;
  /** Records that failed for the moment, and when they may be tried again. */
  private readonly resting: Spells<string>;
  /** Specimen types that wait to be sent, as far as they were looked up for what goes next. */
  private unsentTypes: ReadonlySet<string> | undefined;
  /** Collections the server does not let this station write, and when that is tried again. */
  private readonly closed: Spells<Replicated>;
  /** What goes next has something besides the pages of the queue in it that may not be on the disk. */
  private hasMore = false;

  constructor(store: ReplicationStore, links: Links, now: () => number, courtesy: Courtesy) {
    this.store = store;
    this.links = links;
    this.now = now;
    this.courtesy = courtesy;
    this.ahead = new ReadAhead(now, courtesy);
    this.resting = new Spells(now);
    this.closed = new Spells(now);
  }

  /** Others may have changed the queue: it is read again. */
  begin(): void {
    this.ahead.forget();
  }

  /** Leaves a record alone for a while. */
  rest(collection: Replicated, id: string, ms: number): void {
    this.resting.begin(`${collection} ${id}`, ms);
  }

  /** Leaves a whole collection alone for a while. */
  close(collection: Replicated, ms: number): void {
    this.closed.begin(collection, ms);
  }

  /** Lets a record go at once, or all. */
  wake(collection?: Replicated, id?: string): void {
    this.ahead.forget();
    if (collection === undefined) {
      this.resting.clear();
      this.closed.clear();
    } else this.resting.end(`${collection} ${id ?? ''}`);
  }

  /** When the next resting record may be tried, ms since the epoch; undefined when none rests. */
  nextAt(): number | undefined {
    const [one, other] = [this.resting.nextEnd(), this.closed.nextEnd()];
    return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
  }

  /**
   * The next items, within the size; a single one may be larger.
   * @param flying documents under way: neither they nor what needs them goes
   */
  async next(size: RequestSize, flying: Flying): Promise<Load> {
    const remembered = this.ahead.isUsed;
    let load = await this.look(size, flying);
    if (load.items.length === 0 && remembered) {
      // Nothing more by what was read before: that is not the last word.
      this.ahead.forget();
      load = await this.look(size, flying);
    }
    return load;
  }

  private async look(size: RequestSize, flying: Flying): Promise<Load> {
    const now = this.now();
    this.unsentTypes = undefined;
    this.resting.tidy();
    this.closed.tidy();
    this.hasMore = false;
    const disk = new Set<Promise<void>>();
    const load: Load = { items: [], settled: [], onDisk: Promise.resolve() };
    const whole = (): Load => {
      if (this.hasMore) disk.add(this.store.settled());
      load.onDisk = Promise.all(disk).then(() => undefined);
      return heardOf(load);
    };
    const filled = { bytes: 0, creates: false };
    let looked = 0;
    let startedAt = now;
    for (const collection of replicated) {
      if (this.closed.has(collection)) continue;
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
        for (let at = 0; at < waiting.length; ) {
          const most = Math.min(CHUNK, Math.max(1, size.entries - load.items.length));
          const chunk = waiting.slice(at, at + most);
          const ready = await this.ready(collection, chunk);
          while (ready.length > 0) {
            for (const { doc, items } of await this.made(collection, ready)) {
              if (items.length === 0) load.settled.push({ collection, doc });
              const fit = fits(load, items, filled, size);
              if (fit) load.items.push(...items);
              if (fit && items.length > 0) disk.add(read.onDisk);
              if (fit && load.items.length < (filled.creates ? size.conditional : size.entries)) continue;
              const left = waiting.slice(waiting.indexOf(doc, at) + (fit ? 1 : 0));
              this.ahead.keep(collection, { ...read, docs: left });
              return whole();
            }
          }
          at += chunk.length;
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
    return whole();
  }

  /** Reads on in the queue. @param room how many more may go */
  private async read(collection: Replicated, skip: number, room: number): Promise<Page> {
    const size = this.courtesy.isDue ? Math.min(PAGE_AT_WORK, Math.max(CHUNK, room)) : PAGE;
    const [readAt, { acts }] = [this.now(), this.courtesy];
    const docs = await this.store.queued(collection, skip, size);
    return heardOf({ docs, last: docs.length < size, onDisk: this.store.settled(), readAt, acts });
  }

  /** Documents that do not rest and whose references are at the server or never will be, with their resources. */
  private async ready(collection: Replicated, docs: AnyDoc[]): Promise<Ready[]> {
    const { resting } = this;
    const awake = resting.isEmpty ? docs : docs.filter(({ id }) => !resting.has(`${collection} ${id}`));
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

  /** Takes the first of those that are ready, and gives what is left to send of each that need not wait. Their JSON is encoded together. */
  private async made(collection: Replicated, ready: Ready[]): Promise<{ doc: AnyDoc; items: Item[] }[]> {
    const made: { doc: AnyDoc; sendings: Sending[] }[] = [];
    const texts: string[] = [];
    let length = 0;
    while (length < TOGETHER) {
      const next = ready.shift();
      if (next === undefined) break;
      const { doc, resources } = next;
      const found = this.sendingsOf(collection, doc, resources);
      const sendings = found instanceof Promise ? await found : found;
      if (sendings === undefined) continue;
      made.push({ doc, sendings });
      for (const { resource } of sendings) {
        const text = JSON.stringify(resource);
        texts.push(text);
        length += text.length;
      }
    }
    const bytes = utf8Of(texts).values();
    return made.map(({ doc, sendings }) => ({
      doc,
      items: sendings.map((sending) => new Item(sending, bytes.next().value as Buffer)),
    }));
  }

  /** What is left to send of a document; undefined while it has to wait. */
  private sendingsOf(
    collection: Replicated,
    doc: AnyDoc,
    [main, ...others]: AnyResource[],
  ): Promise<Sending[] | undefined> | Sending[] | undefined {
    if (main === undefined) return [];
    const linked = linkedOf(doc);
    const waiting = others.filter((item) => isDue(item, linked[item.resourceType], doc));
    if (doc.serverId === '' || doc.sync.sentChange !== doc.change) {
      const completes = others.length === 0 || (doc.serverId !== '' && waiting.length === 0);
      if (isSignedReport(collection, doc)) return this.signed(main, doc, completes);
      return [sendingOf(collection, doc, main, completes)];
    }
    const beside = waiting.map((resource): Sending => {
      const { id, versionId } = linked[resource.resourceType] ?? { id: '', versionId: '' };
      const sent = withId(resource, id);
      return { collection, doc, resource: sent, serverId: id, versionId, main: false, completes: true };
    });
    return collection === 'catalog' && beside.length > 0 ? this.definitions(doc, beside) : beside;
  }

  /** A signed report; undefined while its PDF is still being made. */
  private async signed(report: AnyResource, doc: AnyDoc, completes: boolean): Promise<Sending[] | undefined> {
    const whole = await this.complete(report, doc);
    return whole === undefined ? undefined : [sendingOf('reports', doc, whole, completes)];
  }

  /** The definitions of a test; undefined while they wait for its specimen type. */
  private async definitions(doc: AnyDoc, beside: Sending[]): Promise<Sending[] | undefined> {
    return (await this.lacksSpecimenType(doc)) ? undefined : beside;
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
    this.hasMore = true;
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

/** The same; whoever sends it hears of a disk that failed, and it may never be sent. */
function heardOf<T extends { onDisk: Promise<void> }>(of: T): T {
  of.onDisk.catch(() => undefined);
  return of;
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
