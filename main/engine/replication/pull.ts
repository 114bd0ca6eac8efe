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
import { type Fetched, fetchedInOrder, filterOf, typeOf } from './kinds.ts';
import { holdResultsOf } from './landing.ts';
import type { AnyDoc } from './port.ts';
import { isTombstone, keyOf, later, resourcesIn } from './pulled.ts';
import type { Restored } from './restored.ts';
import { SetAside } from './set-aside.ts';
import { Take, type TakeOptions } from './take.ts';

export interface PullOptions extends TakeOptions {
  /** How far below the newest mark each poll starts, in ms: longer than the longest transaction at the server. */
  overlapMs: number;
  /** Resources of a page when changes are followed; the first load asks for more. */
  pageSize: number;
  /** How far back the first load goes, in days; undefined for everything. The catalogue comes whole. */
  historyDays: number | undefined;
  /** The server's present, by what is known of its clock. */
  serverNow: () => Date;
  /** Recognises a server that was put back to an earlier state. */
  restored: Restored;
  /** Told which types the server does not let this station read (403), with its words; none when it does. */
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
  private readonly feeds = new Map<string, Feed>();
  private readonly seen = new Map<string, string>();
  private readonly withoutDeleted = new Set<string>();
  /** Types that cannot be fetched, with the server's words, and those of them it does not let this station read. */
  private readonly refused = new Map<string, string>();
  private readonly unread = new Map<string, string>();
  private readonly aside: SetAside;

  constructor(options: PullOptions) {
    this.options = options;
    this.aside = new SetAside(() => options.now().getTime());
    this.catalog = new CatalogPull(options);
    this.take = new Take(options);
    options.restored.bottom = () => this.bottom();
    this.join = new Join(options.store, options.client, this.take);
    this.progress = new FirstLoadProgress(options.store, options.client, options.loading);
    for (const type of catalogTypes)
      this.feeds.set(
        type,
        this.feed(type, '', () => ''),
      );
    for (const collection of fetchedInOrder) {
      const filter = filterOf(collection);
      this.feeds.set(
        typeOf[collection],
        this.feed(typeOf[collection], filter, () => this.bottom()),
      );
    }
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
    if (this.wasSeen(resource)) return true;
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
      const count = await this.unlessFailing(CATALOG_DUE, 'catalogue', () => this.catalog.all());
      if (count !== undefined) {
        yield count;
        await this.setState(CATALOG_DUE, false);
      }
    }
    for (const collection of fetchedInOrder) {
      const type = typeOf[collection];
      yield* this.follow(type, ({ resources, checkpoint }) =>
        this.take.resources(
          collection,
          resources,
          checkpoint === undefined ? {} : { last: (unit) => unit.setState(feedState(type), checkpoint) },
        ),
      );
    }
    for (const id of await this.take.incomplete.arrived()) {
      const name = `Specimen/${id}`;
      const complete = async (): Promise<number> => {
        const specimen = await client.read(name);
        return specimen === undefined ? 0 : this.take.resources('specimens', [specimen], { again: true });
      };
      const count = await this.unlessFailing(name, name, complete);
      if (count !== undefined) yield count;
    }
    // A call that was recorded stays recorded: what is deleted of tasks changes nothing here.
    for (const type of this.feeds.keys()) {
      if (type === typeOf.tasks) continue;
      const name = `deleted ${type}`;
      const count = await this.unlessFailing(name, name, () => this.deleted(type));
      if (count !== undefined) yield count;
    }
    const lacks = [...this.feeds.values()].some((feed) => feed.lacksItsMark);
    if ((await restored.isLooking()) || (lacks && (await restored.check()))) {
      this.seen.clear();
      yield* restored.recover();
      return;
    }
    this.aside.end();
    if (!this.aside.isAny) await this.ended();
  }

  /** Undefined for what the server does not carry out, or fails at while it answers other searches. */
  private async unlessFailing(
    name: string,
    what: string,
    work: () => Promise<number | undefined>,
  ): Promise<number | undefined> {
    if (this.aside.has(name)) return undefined;
    try {
      const count = await work();
      this.aside.worked(name);
      return count;
    } catch (error) {
      if (!this.aside.failed(name, error) && !(error instanceof SearchRefused)) throw error;
      this.sayUnfetched(what, error);
      return undefined;
    }
  }

  private sayUnfetched(what: string, error: unknown): void {
    const words = error instanceof Error ? error.message : String(error);
    if (this.refused.get(what) !== words) this.options.say(`${what} cannot be fetched: ${words}`);
    this.refused.set(what, words);
  }

  private feed(type: string, filter: string, bottom: () => string): Feed {
    const { client, store, overlapMs, pageSize, serverNow } = this.options;
    return new Feed({
      client,
      reader: store,
      type,
      filter,
      overlapMs,
      pageSizes: { first: Math.max(pageSize, Math.min(FIRST_PAGE, pageSize * 5)), later: pageSize },
      serverNow,
      bottom,
      wasSeen: (resource) => this.wasSeen(resource),
    });
  }

  /** Where the first load begins, as the server would stamp it; empty for the beginning. */
  private bottom(): string {
    const { historyDays, serverNow } = this.options;
    if (historyDays === undefined) return '';
    return new Date(serverNow().getTime() - historyDays * DAY_MS).toISOString();
  }

  /** Before the very first page: what is deleted while the first load runs is to be noticed after it. */
  private async begin(): Promise<void> {
    const { store, serverNow } = this.options;
    if (await this.progress.isDone()) return;
    const present = serverNow().toISOString();
    for (const type of this.feeds.keys()) {
      const isNew = (await readMark(store, type)) === undefined;
      if (isNew && (await store.state(`deleted.${type}`)) === undefined) {
        await this.setState(`deleted.${type}`, present);
      }
    }
    await this.progress.begin(this.loaded());
  }

  private loaded(): Loaded[] {
    const bottom = this.bottom();
    const since = bottom === '' ? '' : `&_lastUpdated=ge${bottom}`;
    return [
      ...catalogTypes.map((type) => ({ type, search: '' })),
      ...fetchedInOrder.map((one) => ({ type: typeOf[one], search: `${since}${filterOf(one)}` })),
    ];
  }

  private async ended(): Promise<void> {
    const loaded = await this.progress.end();
    if (loaded > 0) this.options.say(`First load: ${loaded} records read`);
  }

  /** Follows the changes of a type. A type the server does not search is said and left out. */
  private async *follow(type: string, take: (page: FeedPage) => Promise<number>): AsyncGenerator<number> {
    const feed = this.feeds.get(type);
    if (feed === undefined || this.aside.has(type)) return;
    try {
      for await (const page of feed.sweep()) {
        this.aside.reached();
        if (await this.options.restored.isLooking()) return;
        const count = await take(page);
        this.markSeen(page.resources);
        if (page.checkpoint !== undefined) {
          this.progress.read(type, page.checkpoint.fetched);
          this.aside.worked(type);
        }
        yield count;
        await this.options.breathe();
      }
      this.aside.worked(type);
      this.refused.delete(type);
      if (this.unread.delete(type)) this.options.unread(this.unread);
    } catch (error) {
      const isAside = this.aside.failed(type, error);
      if (!isAside && !(error instanceof SearchRefused)) throw error;
      this.sayUnfetched(type, error);
      if (isAside || !(error instanceof SearchRefused)) return;
      this.aside.reached();
      if (error.status === 403) this.unread.set(type, error.message);
      if (error.status === 403) this.options.unread(this.unread);
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
          if (!this.wasSeen(resource)) count += await this.bury(type, resource);
          this.markSeen([resource]);
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

  private wasSeen(resource: AnyResource): boolean {
    const version = resource.meta?.versionId;
    return version !== undefined && this.seen.get(keyOf(resource)) === version;
  }

  private markSeen(resources: readonly AnyResource[]): void {
    if (this.seen.size > SEEN) this.seen.clear();
    for (const resource of resources) {
      if (this.take.again.delete(keyOf(resource))) continue;
      this.seen.set(keyOf(resource), resource.meta?.versionId ?? '');
    }
  }
}
