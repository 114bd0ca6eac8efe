import type { OrderDoc } from '../../../shared/documents/index.ts';
import type { AnyResource } from '../../../shared/fhir/mapping.ts';
import type { FirstLoad } from '../../../shared/ipc/sync.ts';
import { CatalogPull, catalogTypes } from './catalog-pull.ts';
import { SearchRefused } from './client.ts';
import { raise } from './conflicts.ts';
import { Feed, type FeedPage, feedState, readMark } from './feed.ts';
import { FirstLoadProgress, type Loaded } from './first-load.ts';
import { Join } from './join.ts';
import { isKept } from './kept.ts';
import { type Beside, type Fetched, type Followed, fetchedInOrder, filterOf, typeOf } from './kinds.ts';
import { holdResultsOf } from './landing.ts';
import type { AnyDoc } from './port.ts';
import { isTombstone, keyOf, later, resourcesIn } from './pulled.ts';
import type { Restored } from './restored.ts';
import { SetAside } from './set-aside.ts';
import { isWithin } from './spell.ts';
import { Take, type TakeOptions } from './take.ts';

export interface PullOptions extends TakeOptions {
  /** How far below the newest mark each poll starts, in ms: longer than the longest transaction at the server. */
  overlapMs: number;
  /** Resources of a page when changes are followed; the first load asks for more. */
  pageSize: number;
  /** How far back the first load goes, in days; undefined for everything. The catalogue comes whole. */
  historyDays: number | undefined;
  /** What other parts of the engine take over, and how often it is looked for in a round that is longer, in ms. */
  beside: readonly Beside[];
  pullEveryMs: number;
  /** The server's present, by what is known of its clock. */
  serverNow: () => Date;
  /** Recognises a server that was put back to an earlier state. */
  restored: Restored;
  /** Told what the server does not let this station read (403), with its words; none when it does. */
  unread: (types: ReadonlyMap<string, string>) => void;
  /** Told how far the first load is; null when there is none. */
  loading: (progress: FirstLoad | null) => void;
}

/** The most resources servers give in one page; they silently give fewer. */
const FIRST_PAGE = 1_000;
const SEEN = 20_000;
/** Name of the state that says the catalogue has to be read. */
const CATALOG_DUE = 'catalogDue';
const DAY_MS = 86_400_000;

/**
 * Fetches what changed at the server by `_lastUpdated`, with an overlap and the deleted ones, each version once. What this station sent itself
 * is recognised by its version.
 */
export class Pull {
  private readonly options: PullOptions;
  private readonly catalog: CatalogPull;
  private readonly take: Take;
  private readonly join: Join;
  private readonly progress: FirstLoadProgress;
  private readonly followed: readonly Followed[];
  /** By the name of what is followed. */
  private readonly feeds: ReadonlyMap<string, Feed>;
  /** Versions by what is followed and resource: one may be of interest in more than one way. */
  private readonly seen = new Map<string, string>();
  private readonly withoutDeleted = new Set<string>();
  /** When what other parts take over was looked for last, ms since the epoch. */
  private besideAt = 0;
  /** What cannot be fetched, with the server's words, and what of that it does not let this station read. */
  private readonly refused = new Map<string, string>();
  private readonly unread = new Map<string, string>();
  private readonly aside: SetAside;
  /** The last round was carried out whole: what others changed until then is here, as far as it may be read. */
  isInStep = false;

  constructor(options: PullOptions) {
    this.options = options;
    this.aside = new SetAside(() => options.now().getTime());
    this.catalog = new CatalogPull(options);
    this.take = new Take(options);
    this.join = new Join(options.store, options.client, this.take);
    this.progress = new FirstLoadProgress(options.store, options.client, options.loading);
    const ofType = (type: string, filter: string, bottom: () => string): Followed => ({
      ...{ name: type, what: type, type, filter, bottom },
    });
    this.followed = [
      ...catalogTypes.map((type) => ofType(type, '', () => '')),
      ...options.beside.map((one) => ({ ...one, bottom: () => this.back(one.days) })),
      ...fetchedInOrder.map((one) =>
        ofType(typeOf[one], filterOf(one), () => this.back(options.historyDays)),
      ),
    ];
    this.feeds = new Map(this.followed.map((one) => [one.name, this.feed(one)]));
    options.restored.followed = this.followed;
  }

  /** What is set aside is asked for again. */
  wake(): void {
    this.aside.clear();
  }

  /** Something was sent: what was fetched ahead may be older than that. */
  sent(): void {
    for (const feed of this.feeds.values()) feed.forgetAhead();
  }

  /** Looks for patients that wait to be sent by their record number. @returns how many were found @throws NoAnswer, NotAuthorised */
  joinPatients(): Promise<number> {
    return this.join.patients();
  }

  /** True for a resource that is here in that version: an echo of what was sent, or taken before. */
  async isKnown(resource: AnyResource): Promise<boolean> {
    if (this.followed.some(({ name }) => this.wasSeen(name, resource))) return true;
    for (const collection of fetchedInOrder) {
      if (typeOf[collection] !== resource.resourceType) continue;
      const doc = await this.options.store.byServerId(collection, resource.id ?? '');
      if (doc !== undefined && doc.sync.versionId === resource.meta?.versionId) return true;
    }
    return false;
  }

  /**
   * One round over everything, a page at a time: between two pages others may send. Yields how many records each page brought.
   * @throws NoAnswer, NotAuthorised; then the next round goes on where this one was
   */
  async *round(): AsyncGenerator<number> {
    const { store, client, restored } = this.options;
    if (await restored.isLooking()) this.seen.clear();
    yield* restored.recover();
    this.aside.begin();
    await this.begin();
    for (const type of catalogTypes) {
      yield* this.follow(type, async ({ resources, checkpoint }) => {
        // Written down before the mark moves: the whole catalogue is read later, and may get no answer.
        if ((await this.catalog.isNews(resources)) && (await store.state(CATALOG_DUE)) !== true) {
          await this.setState(CATALOG_DUE, true);
        }
        if (checkpoint !== undefined) await this.setState(feedState(type), checkpoint);
        return 0;
      });
    }
    if ((await store.state(CATALOG_DUE)) === true) {
      const count = await this.unlessFailing('catalogue', () => this.catalog.all());
      if (count !== undefined) {
        yield count;
        await this.setState(CATALOG_DUE, false);
      }
    }
    yield* this.followBeside();
    for (const collection of fetchedInOrder) {
      const type = typeOf[collection];
      const counts = this.follow(type, ({ resources, checkpoint }) =>
        this.take.resources(
          collection,
          resources,
          checkpoint === undefined ? {} : { last: (unit) => unit.setState(feedState(type), checkpoint) },
        ),
      );
      for await (const count of counts) {
        yield count;
        if (!isWithin(this.options.pullEveryMs, this.besideAt, this.options.now().getTime()))
          yield* this.followBeside();
      }
    }
    for (const id of await this.take.incomplete.arrived()) {
      const name = `Specimen/${id}`;
      const complete = async (): Promise<number> => {
        const specimen = await client.read(name);
        return specimen === undefined ? 0 : this.take.resources('specimens', [specimen], { again: true });
      };
      const count = await this.unlessFailing(name, complete);
      if (count !== undefined) yield count;
    }
    for (const type of this.buried()) {
      const count = await this.unlessFailing(`deleted ${type}`, () => this.deleted(type));
      if (count !== undefined) yield count;
    }
    const lacks = [...this.feeds.values()].some((feed) => feed.lacksItsMark);
    if ((await restored.isLooking()) || (lacks && (await restored.check()))) {
      this.seen.clear();
      yield* restored.recover();
      return;
    }
    this.aside.end();
    this.isInStep = this.aside.isWhole;
    if (this.isInStep) await this.ended();
  }

  /** What other parts take over: little, and soon, for what one station measured of a control blocks results at another. A first load may take hours. */
  private async *followBeside(): AsyncGenerator<number> {
    for (const { name, take } of this.options.beside) {
      yield* this.follow(name, async ({ resources, checkpoint }) => {
        const count = resources.length === 0 ? 0 : await take(resources, this.options.say);
        if (checkpoint !== undefined) await this.setState(feedState(name), checkpoint);
        return count;
      });
    }
    this.besideAt = this.options.now().getTime();
  }

  /** Undefined for what the server does not carry out, or fails at while it answers other searches. @param what as people are told of it */
  private async unlessFailing(
    what: string,
    work: () => Promise<number | undefined>,
  ): Promise<number | undefined> {
    if (this.aside.has(what)) return undefined;
    try {
      const count = await work();
      this.worked(what);
      return count;
    } catch (error) {
      if (!this.aside.failed(what, error) && !(error instanceof SearchRefused)) throw error;
      this.sayUnfetched(what, error);
      return undefined;
    }
  }

  private worked(what: string): void {
    this.aside.worked(what);
    this.refused.delete(what);
  }

  private sayUnfetched(what: string, error: unknown): void {
    const words = error instanceof Error ? error.message : String(error);
    if (this.refused.get(what) !== words) this.options.say(`${what} cannot be fetched: ${words}`);
    this.refused.set(what, words);
  }

  private feed(followed: Followed): Feed {
    const { client, store, overlapMs, pageSize, serverNow, beside } = this.options;
    const isBeside = beside.some(({ name }) => name === followed.name);
    const first = isBeside ? pageSize : Math.max(pageSize, Math.min(FIRST_PAGE, pageSize * 5));
    return new Feed({
      client,
      reader: store,
      followed,
      overlapMs,
      pageSizes: { first, later: pageSize },
      serverNow,
      wasSeen: (resource) => this.wasSeen(followed.name, resource),
    });
  }

  /** So many days ago, as the server would stamp it; empty for the beginning. */
  private back(days: number | undefined): string {
    if (days === undefined) return '';
    return new Date(this.options.serverNow().getTime() - days * DAY_MS).toISOString();
  }

  /** Types of which it is asked what was deleted. A call that was recorded stays recorded: what is deleted of tasks changes nothing here. */
  private buried(): string[] {
    const fetched = fetchedInOrder.filter((one) => one !== 'tasks').map((one) => typeOf[one]);
    return [...catalogTypes, ...fetched];
  }

  /** Before the very first page: what is deleted while the first load runs is to be noticed after it. */
  private async begin(): Promise<void> {
    const { store, serverNow } = this.options;
    if (await this.progress.isDone()) return;
    const present = serverNow().toISOString();
    for (const type of this.buried()) {
      const isNew = (await readMark(store, type)) === undefined;
      if (isNew && (await store.state(`deleted.${type}`)) === undefined) {
        await this.setState(`deleted.${type}`, present);
      }
    }
    await this.progress.begin(this.loaded());
  }

  private loaded(): Loaded[] {
    return this.followed.map(({ name, type, filter, bottom }) => {
      const since = bottom();
      return { name, type, search: `${since === '' ? '' : `&_lastUpdated=ge${since}`}${filter}` };
    });
  }

  private async ended(): Promise<void> {
    const loaded = await this.progress.end();
    if (loaded > 0) this.options.say(`First load: ${loaded} records read`);
  }

  /** Follows the changes of what is followed under a name. What the server does not search is said and left out. */
  private async *follow(name: string, take: (page: FeedPage) => Promise<number>): AsyncGenerator<number> {
    const feed = this.feeds.get(name);
    const what = this.followed.find((one) => one.name === name)?.what ?? name;
    if (feed === undefined || this.aside.has(what)) return;
    try {
      for await (const page of feed.sweep()) {
        this.aside.reached();
        if (await this.options.restored.isLooking()) return;
        const count = await take(page);
        this.markSeen(name, page.resources);
        if (page.checkpoint !== undefined) {
          this.progress.read(name, page.checkpoint.fetched);
          this.aside.worked(what);
        }
        yield count;
        await this.options.breathe();
      }
      this.worked(what);
      if (this.unread.delete(what)) this.options.unread(this.unread);
    } catch (error) {
      const isAside = this.aside.failed(what, error);
      if (!isAside && !(error instanceof SearchRefused)) throw error;
      this.sayUnfetched(what, error);
      if (isAside || !(error instanceof SearchRefused)) return;
      this.aside.reached();
      if (error.status !== 403) return;
      this.unread.set(what, error.message);
      this.options.unread(this.unread);
    }
  }

  /** What was deleted at the server: never deleted here, but marked and put before a person. Undefined where nothing was asked for. */
  private async deleted(type: string): Promise<number | undefined> {
    const { client, store, pageSize, overlapMs, breathe } = this.options;
    if (this.withoutDeleted.has(type)) return undefined;
    const name = `deleted.${type}`;
    const mark = (await store.state<string>(name)) ?? (await readMark(store, type))?.mark ?? '';
    if (mark === '') return undefined;
    const since = new Date(Date.parse(mark) - overlapMs).toISOString();
    let count = 0;
    let pages = 0;
    let newest = mark;
    try {
      for await (const page of client.pages(
        `${type}?_deleted=true&_count=${pageSize}&_lastUpdated=ge${since}`,
      )) {
        pages += 1;
        for (const resource of resourcesIn(page, type)) {
          newest = later(newest, resource.meta?.lastUpdated ?? '');
          // A server that does not know the parameter gives what is there: that is taken when its changes are followed, and only then counts as seen.
          if (!isTombstone(resource)) continue;
          if (!this.wasSeen(type, resource)) count += await this.bury(type, resource);
          this.markSeen(type, [resource]);
        }
        await breathe();
      }
    } catch (error) {
      if (!(error instanceof SearchRefused)) throw error;
      // A search that broke off on a further page begins again the next time: what stands on the pages after it is not known yet.
      if (pages > 0) return count;
      this.withoutDeleted.add(type);
    }
    if (newest !== (await store.state<string>(name))) await this.setState(name, newest);
    return count;
  }

  private async bury(type: string, resource: AnyResource): Promise<number> {
    const { store, now, newId } = this.options;
    const collection: Fetched | 'catalog' = fetchedInOrder.find((name) => typeOf[name] === type) ?? 'catalog';
    const versionId = resource.meta?.versionId ?? resource.meta?.lastUpdated ?? 'deleted';
    const why = 'Deleted at the server';
    return store.write({ command: 'sync', actor: 'server' }, async (unit) => {
      const doc = await unit.byServerId(collection, resource.id ?? '');
      if (doc === undefined || doc.sync.versionId === versionId) return 0;
      if (isKept(doc)) {
        // A person has decided already that it stays here.
        unit.put(collection, { ...doc, sync: { ...doc.sync, versionId } } as never);
        return 0;
      }
      const off =
        collection === 'orders' ? { status: 'revoked' } : collection === 'catalog' ? { active: false } : {};
      const marked = { ...doc, ...off, sync: { ...doc.sync, versionId } } as AnyDoc;
      const dispute = { reason: 'deletedAtServer' as const, why, there: undefined, versionId };
      await raise(unit, collection, marked, dispute, now().toISOString(), newId);
      if (collection === 'orders') {
        await holdResultsOf(unit, marked as unknown as OrderDoc, 'Its order was deleted at the server.');
        await unit.refreshReport((doc as OrderDoc).requisition);
      }
      this.options.say(`1 deleted at the server, kept here: ${type}`);
      return 1;
    });
  }

  private setState(name: string, value: unknown): Promise<void> {
    return this.options.store.write({ command: 'sync', actor: 'server' }, (unit) =>
      unit.setState(name, value),
    );
  }

  private wasSeen(name: string, resource: AnyResource): boolean {
    const version = resource.meta?.versionId;
    return version !== undefined && this.seen.get(`${name} ${keyOf(resource)}`) === version;
  }

  private markSeen(name: string, resources: readonly AnyResource[]): void {
    if (this.seen.size > SEEN) this.seen.clear();
    for (const resource of resources) {
      if (this.take.again.delete(keyOf(resource))) continue;
      this.seen.set(`${name} ${keyOf(resource)}`, resource.meta?.versionId ?? '');
    }
  }
}
