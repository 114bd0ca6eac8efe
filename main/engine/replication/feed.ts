import type { Bundle } from 'fhir/r4';
import type { AnyResource } from '../../../shared/fhir/mapping.ts';
import { type FhirClient, isBundle, type Reply, SAME_PAGE, SearchRefused, wordsOf } from './client.ts';
import type { Followed } from './kinds.ts';
import type { ReplicationReader } from './port.ts';
import { later, resourcesIn } from './pulled.ts';

/** How far the changes of what is followed were taken; kept in the store. Instants are the server's own. */
export interface FeedMark {
  /** Everything up to this `lastUpdated` was taken; empty before the first resource. */
  mark: string;
  /** Where the last sweep came close to the server's present: what was committed late lies above. Empty: the mark itself. */
  near: string;
  /** `near` is where rows were counted among resources of one instant: some may have been passed over, and are looked at once more. */
  again?: boolean;
  /** Address of the page a broken sweep goes on with; empty when none is under way. */
  next: string;
  /** False until a sweep came to its end for the first time. */
  whole: boolean;
  /** Resources read until then. */
  fetched: number;
  /** Id of the resource the mark is of; empty when it is not known. */
  last: string;
}

/** One page of changes, ready to be taken. */
export interface FeedPage {
  resources: AnyResource[];
  /** To be stored in the transaction that takes the page; undefined when it says nothing new. */
  checkpoint: FeedMark | undefined;
}

/** Where marks are kept. */
export type MarkReader = Pick<ReplicationReader, 'state'>;

export interface FeedOptions {
  client: FhirClient;
  reader: MarkReader;
  followed: Followed;
  /** How far below the mark a sweep starts, in ms: longer than the longest transaction at the server. */
  overlapMs: number;
  /** Resources of a page: of the first sweep, and of later ones. */
  pageSizes: { first: number; later: number };
  /** The server's present, by what is known of its clock. */
  serverNow: () => Date;
  /** True for a resource that was taken in this version already. */
  wasSeen: (resource: AnyResource) => boolean;
}

const NONE: FeedMark = { mark: '', near: '', next: '', whole: false, fetched: 0, last: '' };

/** Name of the state that holds the mark of what is followed under a name. */
export function feedState(name: string): string {
  return `pull.${name}`;
}

/** A mark as it is stored; undefined before the first page. */
export async function readMark(reader: MarkReader, name: string): Promise<FeedMark | undefined> {
  const stored = await reader.state<FeedMark | string>(feedState(name));
  return typeof stored === 'string' ? { ...NONE, mark: stored, whole: true } : stored;
}

/**
 * The changes of what is followed, oldest first, page by page. Each page carries the checkpoint to store with it, so that a sweep that was
 * broken off goes on with the page after the last one stored. The next page is fetched while one is being taken.
 */
export class Feed {
  private readonly options: FeedOptions;
  /** The last sweep did not find the resource its mark is of, nor anything later: was it deleted, or the server restored? */
  lacksItsMark = false;
  private ahead: { path: string; reply: Promise<Reply> } | undefined;

  constructor(options: FeedOptions) {
    this.options = options;
  }

  /** Drops the page fetched ahead: what this station has sent since is not in it. */
  forgetAhead(): void {
    this.ahead = undefined;
  }

  /** One sweep from below the mark to the present. @throws NoAnswer, NotAuthorised, SearchRefused */
  async *sweep(): AsyncGenerator<FeedPage> {
    const { reader, followed, wasSeen } = this.options;
    const { type } = followed;
    const stored = (await readMark(reader, followed.name)) ?? { ...NONE, mark: followed.bottom() };
    let state: FeedMark = { ...stored };
    let written = stored;
    let newest = stored.mark;
    let last = stored.last;
    let reached = stored.mark === '';
    let near = stored.next === '' ? '' : stored.near;
    const repeats = stored.next === '' && stored.again === true && stored.near !== '';
    let again = stored.next !== '' && stored.again === true;
    let ordered = true;
    let at = '';
    let path = stored.next === '' ? this.start(stored) : stored.next;
    const read = new Set<string>();
    while (path !== '') {
      if (read.has(path)) throw new SearchRefused(200, SAME_PAGE);
      read.add(path);
      const reply = await this.fetch(path);
      if (reply.status >= 400 && reply.status < 500 && path === stored.next) {
        // The server has forgotten that page: the sweep begins again at the mark.
        path = this.start(stored);
        read.clear();
        state = { ...stored, next: '' };
        continue;
      }
      if (reply.status !== 200 || !isBundle(reply.body)) {
        throw new SearchRefused(reply.status, wordsOf(reply.body));
      }
      const resources = resourcesIn(reply.body, type);
      const before = at;
      for (const { id, meta } of resources) {
        const stamp = meta?.lastUpdated ?? '';
        if (at !== '' && stamp !== '' && Date.parse(stamp) < Date.parse(at)) ordered = false;
        at = stamp === '' ? at : stamp;
        reached ||= Date.parse(stamp) >= Date.parse(stored.mark);
        const before = newest;
        newest = later(newest, stamp);
        if (newest !== before) last = id ?? '';
      }
      if (near === '' && this.isNear(at)) near = before === '' ? stored.mark : before;
      const next = this.nextOf(reply.body, path, before, ordered);
      if (next !== '' && !read.has(next)) this.fetchAhead(next);
      const done = next === '';
      const fresh = resources.filter((item) => !wasSeen(item));
      const first = resources[0]?.meta?.lastUpdated ?? '';
      if (isCounted(next) && fresh.length > 0 && first !== '' && !again && !repeats) {
        again = true;
        near = near === '' || Date.parse(first) < Date.parse(near) ? first : near;
      }
      state = {
        mark: ordered || done ? newest : stored.mark,
        near: done || near !== '' ? near : stored.near,
        again,
        next,
        whole: state.whole || done,
        fetched: state.whole ? state.fetched : state.fetched + resources.length,
        last: ordered || done ? last : stored.last,
      };
      if (done) this.lacksItsMark = !reached && stored.whole && stored.next === '';
      const checkpoint = isNews(written, state, fresh.length) ? state : undefined;
      written = checkpoint ?? written;
      yield { resources: fresh, checkpoint };
      path = next;
    }
  }

  private start({ mark, near, whole }: FeedMark): string {
    const from = near !== '' && Date.parse(near) < Date.parse(mark) ? near : mark;
    const { first, later: small } = this.options.pageSizes;
    const since = from === '' ? '' : new Date(Date.parse(from) - this.options.overlapMs).toISOString();
    return this.search(since, whole ? small : first);
  }

  private search(since: string, count: number): string {
    const { type, filter } = this.options.followed;
    const bound = since === '' ? '' : `&_lastUpdated=ge${since}`;
    return `${type}?_sort=_lastUpdated&_count=${count}${bound}${filter}`;
  }

  /** True for a stamp so young that transactions begun before it may still be open. */
  private isNear(stamp: string): boolean {
    return (
      stamp !== '' && this.options.serverNow().getTime() - Date.parse(stamp) < 2 * this.options.overlapMs
    );
  }

  /**
   * The page that comes next. A link that counts rows from the start skips some when others change meanwhile: instead the search goes on from the
   * last stamp, as long as that leads further. Where it does not, more than a page having one stamp, the next sweep looks at them once more.
   */
  private nextOf(page: Bundle, path: string, before: string, ordered: boolean): string {
    const link = page.link?.find((item) => item.relation === 'next')?.url ?? '';
    if (!isCounted(link) || !ordered) return link;
    const last = resourcesIn(page, this.options.followed.type).at(-1)?.meta?.lastUpdated ?? '';
    const first = /_lastUpdated=ge([^&]+)/.exec(path)?.[1] ?? '';
    const start = before === '' ? first : before;
    if (last === '' || (start !== '' && Date.parse(last) <= Date.parse(start))) return link;
    return this.search(new Date(last).toISOString(), this.options.pageSizes.first);
  }

  private fetchAhead(path: string): void {
    const reply = this.options.client.request('GET', path);
    // Whoever takes it is told; nobody may.
    reply.catch(() => undefined);
    this.ahead = { path, reply };
  }

  private fetch(path: string): Promise<Reply> {
    const { ahead } = this;
    this.ahead = undefined;
    return ahead?.path === path ? ahead.reply : this.options.client.request('GET', path);
  }
}

/** True for the address of a page that counts rows from the start. */
function isCounted(link: string): boolean {
  return /[?&](_offset|offset|_page|page)=\d+/.test(link);
}

/** True when a checkpoint says what the one written last does not: a mark, an end, or in a first load a page. */
function isNews(written: FeedMark, state: FeedMark, fresh: number): boolean {
  if (state.mark !== written.mark || state.whole !== written.whole) return true;
  if (state.next === '') return written.next !== '' || state.again !== (written.again ?? false);
  return !state.whole && fresh > 0;
}
