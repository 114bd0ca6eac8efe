import { LeveyError } from '../../../shared/errors.ts';
import { type AnyResource, type Replicated, replicated } from '../../../shared/fhir/mapping.ts';
import { ownDocId } from '../../../shared/fhir/parts.ts';
import { type FhirClient, failsAtThis, isBundle, isResource } from './client.ts';
import { type FeedMark, feedState, readMark } from './feed.ts';
import { asNew, isKept } from './kept.ts';
import { type Followed, fetchedInOrder, typeOf } from './kinds.ts';
import { linkedOf } from './linked.ts';
import type { Links } from './links.ts';
import type { AnyDoc, ReplicationStore, ReplicationUnit } from './port.ts';
import { resourcesIn } from './pulled.ts';
import { mainTypeOf } from './read.ts';
import { isOfAnother, isSameRecord } from './same-record.ts';

/** A server that was put back to an earlier state: kept in the store until everything it lost is there again. */
export interface RestoredState {
  /** When it was noticed here. */
  at: string;
  /** `looking`: what it lost is being found out; `sending`: that is known and waits in the queue. */
  step: 'looking' | 'sending';
  /** Records it no longer has, and records it has in an earlier version. */
  gone: number;
  older: number;
  /** It has none of the records that stations had sent: it was emptied, or there is another server at its address. */
  none?: boolean;
}

export interface RestoredOptions {
  store: ReplicationStore;
  client: FhirClient;
  links: Links;
  now: () => Date;
  /** Clock of the server less that of this station, in ms. */
  skewMs: () => number;
  breathe: () => Promise<void>;
  say: (text: string) => void;
  /** What the server lost is queued. */
  queued: () => void;
  /** Puts the problem on the strip, or takes it away. */
  tell: (problem: LeveyError | null) => void;
}

const STATE = 'restored';
/** Records looked at together. */
const CHUNK = 90;
/** Requests under way at a time. */
const PARALLEL = 8;
/** Clocks of server and station are compared no closer than this, in ms. */
const SLACK_MS = 5_000;

/** What of a resource says which record it is. */
const ELEMENTS = 'id,meta,identifier,name,birthDate,requisition,accessionIdentifier,code';

/** A resource the server had. */
interface Known {
  key: string;
  type: string;
  id: string;
  versionId: string;
  since: string;
  /** False for another record under the same id. */
  isSame: (there: AnyResource) => boolean;
}

/** How the server has a record; `taken`: another record has its id. */
type Standing = 'here' | 'deleted' | 'gone' | 'taken' | { older: string } | 'changed';

/**
 * Recognises a server that was restored from a backup, and puts what it lost into the queue again. What this station holds is the proof: the
 * newest resource of each type it has seen cannot vanish without a word, nor become older than it was.
 */
export class Restored {
  private readonly options: RestoredOptions;
  private state: RestoredState | undefined;
  private loaded = false;
  /** Records of stations that the server still knows. */
  private own = 0;
  /** What is followed at the server. */
  followed: readonly Followed[] = [];

  constructor(options: RestoredOptions) {
    this.options = options;
  }

  /** The same as far as is known without looking: for what is under way. */
  get looks(): boolean {
    return this.state?.step === 'looking';
  }

  /** True while it is not known yet what the server lost: then nothing is sent. */
  async isLooking(): Promise<boolean> {
    return (await this.current())?.step === 'looking';
  }

  /** Looks whether the newest resources this station knows are still there. @returns true for a restored server @throws NoAnswer, NotAuthorised */
  async check(): Promise<boolean> {
    if (await this.isLooking()) return true;
    const { store, client, now } = this.options;
    let missing = 0;
    let proved = false;
    for (const { name, type, filter } of this.followed) {
      const mark = await readMark(store, name);
      if (mark?.last === undefined || mark.last === '') continue;
      const reply = await client.request('GET', `${type}/${mark.last}`).catch((error: unknown) => {
        // That proves nothing.
        if (failsAtThis(error)) return undefined;
        throw error;
      });
      if (reply === undefined) continue;
      if (reply.status === 200 && isResource(reply.body)) {
        proved ||= isBefore(reply.body.meta?.lastUpdated, mark.mark);
        if (!(await this.isItself(name, reply.body))) missing += 1;
      } else if (reply.status === 404) {
        missing += 1;
        proved ||= isBefore(await this.newest(type, filter), mark.mark);
      }
    }
    if (!proved && missing < 2) return false;
    await this.keep({ at: now().toISOString(), step: 'looking', gone: 0, older: 0 });
    this.options.say('The server was put back to an earlier state. What it lost is sent again.');
    return true;
  }

  /**
   * Goes through everything the server had and queues what it lost; nothing while it was not restored. Yields now and then; broken off, it
   * begins again. @throws NoAnswer, NotAuthorised
   */
  async *recover(): AsyncGenerator<number> {
    const found = await this.current();
    this.tellNow();
    if (found?.step !== 'looking') return;
    const { links, breathe } = this.options;
    links.forget();
    let { gone, older } = found;
    this.own = 0;
    for await (const { collection, docs } of this.known()) {
      const lost = await this.lookAt(collection, docs);
      gone += lost.gone;
      older += lost.older;
      if (lost.gone + lost.older > 0) await this.keep({ ...found, gone, older });
      yield 0;
      await breathe();
    }
    const none = this.own === 0 && gone > 0;
    if (none) await this.sendKept();
    await this.setMarksBack(none);
    links.forget();
    await this.keep({ ...found, step: 'sending', gone, older, none });
    this.options.say(
      `Lost at the server: ${gone} records, and the last change of ${older}. They are queued.`,
    );
    this.options.queued();
  }

  /** Everything the server has given an id, some at a time. */
  private async *known(): AsyncGenerator<{ collection: Replicated; docs: AnyDoc[] }> {
    for (const collection of replicated) {
      for (let after: string | undefined = ''; after !== undefined; ) {
        const docs = await this.options.store.knownAfter(collection, after, CHUNK);
        after = docs.at(-1)?.serverId;
        if (docs.length > 0) yield { collection, docs };
      }
    }
  }

  /** What the one server had deleted, and a person keeps here, this other one has never had. */
  private async sendKept(): Promise<void> {
    const { now, breathe } = this.options;
    for await (const { collection, docs } of this.known()) {
      const kept = docs.filter(isKept);
      if (kept.length > 0)
        await this.write(async (unit) => {
          for (const { id } of kept) {
            const doc = (await unit.byId(collection, id)) as unknown as AnyDoc | undefined;
            if (doc === undefined || !isKept(doc)) continue;
            unit.put(collection, asNew(doc, now().toISOString()) as never);
          }
        });
      await breathe();
    }
  }

  /** Everything that waited was sent: the server has again what it lost. */
  async drained(): Promise<void> {
    const state = await this.current();
    if (state?.step !== 'sending') return;
    await this.keep(undefined);
    this.options.say('The server has everything again.');
  }

  private async current(): Promise<RestoredState | undefined> {
    if (!this.loaded) {
      this.state = (await this.options.store.state<RestoredState | null>(STATE)) ?? undefined;
      this.loaded = true;
      this.tellNow();
    }
    return this.state;
  }

  private async keep(state: RestoredState | undefined): Promise<void> {
    await this.write((unit) => unit.setState(STATE, state ?? null));
    this.state = state;
    this.tellNow();
  }

  private tellNow(): void {
    this.options.tell(this.state === undefined ? null : problemOf(this.state));
  }

  private write<T>(work: (unit: ReplicationUnit) => Promise<T>): Promise<T> {
    return this.options.store.write({ command: 'sync', actor: 'server' }, work);
  }

  /** False where the newest resource known of what is followed is now another record under the same id. */
  private async isItself(name: string, there: AnyResource): Promise<boolean> {
    const collection = fetchedInOrder.find((one) => typeOf[one] === name);
    if (collection === undefined) return true;
    const doc = await this.options.store.byServerId(collection, there.id ?? '');
    return doc === undefined || isSameRecord(collection, doc, there);
  }

  /** `lastUpdated` of the newest resource of a type; empty when there is none, undefined when the server does not tell. */
  private async newest(type: string, filter: string): Promise<string | undefined> {
    const reply = await this.options.client.request('GET', `${type}?_sort=-_lastUpdated&_count=1${filter}`);
    if (reply.status !== 200 || !isBundle(reply.body)) return undefined;
    return resourcesIn(reply.body, type)[0]?.meta?.lastUpdated ?? '';
  }

  /** Compares some records with the server and queues what it lost of them. */
  private async lookAt(
    collection: Replicated,
    docs: readonly AnyDoc[],
  ): Promise<{ gone: number; older: number }> {
    const { links } = this.options;
    const known: Known[] = [];
    for (const doc of docs) {
      const { since, versionId } = doc.sync;
      const isSame = (there: AnyResource) => isSameRecord(collection, doc, there);
      known.push({
        key: doc.id,
        type: mainTypeOf(collection, doc),
        id: doc.serverId,
        versionId,
        since,
        isSame,
      });
      for (const [type, { id, versionId: version }] of Object.entries(linkedOf(doc)))
        if (id !== '') {
          const isOwn = (there: AnyResource) => !isOfAnother(there, doc.id);
          known.push({ key: `${doc.id} ${type}`, type, id, versionId: version, since, isSame: isOwn });
        }
    }
    const standings = new Map<string, Standing>();
    for (const [type, all] of Map.groupBy(known, (one) => one.type)) {
      const there = await this.versions(
        type,
        all.map((one) => one.id),
      );
      for (let at = 0; at < all.length; at += PARALLEL) {
        const some = all.slice(at, at + PARALLEL);
        const found = await Promise.all(some.map((one) => this.standing(one, there.get(one.id))));
        some.forEach((one, index) => void standings.set(one.key, found[index] ?? 'here'));
      }
    }
    const count = { gone: 0, older: 0 };
    const changed: AnyDoc[] = [];
    for (const doc of docs) {
      const next = again(doc, (key) => standings.get(key) ?? 'here', this.options.now().toISOString());
      if (next !== undefined) {
        if (next.serverId === '') count.gone += 1;
        else count.older += 1;
        changed.push(next);
        continue;
      }
      // It is there, but names a record that is not: it has to name the one that takes its place.
      const needs = await links.standings(links.dependencies(collection, doc));
      const names = [...needs.values()].some(({ at }) => at === 'queue');
      if (names && doc.syncState === 'onServer')
        changed.push(unsent(doc, doc.sync.versionId, this.options.now().toISOString()));
    }
    if (changed.length === 0) return count;
    await this.write(async (unit) => {
      for (const doc of changed) {
        const now = (await unit.byId(collection, doc.id)) as unknown as AnyDoc | undefined;
        // What is changed here at this moment is looked at the next time round.
        if (now === undefined) continue;
        unit.put(collection, {
          ...now,
          ...part(doc),
          ...(doc.extra === undefined ? {} : { extra: doc.extra }),
        } as never);
      }
    });
    return count;
  }

  /** Versions at the server by id; what it does not have is left out. */
  private async versions(type: string, ids: readonly string[]): Promise<Map<string, AnyResource>> {
    const path = `${type}?_id=${ids.join(',')}&_count=${ids.length}&_elements=${ELEMENTS}`;
    const reply = await this.options.client.request('GET', path);
    if (reply.status !== 200 || !isBundle(reply.body)) return new Map();
    return new Map(resourcesIn(reply.body, type).map((resource) => [resource.id ?? '', resource]));
  }

  private async standing(known: Known, found: AnyResource | undefined): Promise<Standing> {
    const { client, skewMs } = this.options;
    const path = `${known.type}/${known.id}`;
    let there = found;
    if (there === undefined) {
      const reply = await client.request('GET', path);
      if (reply.status === 404) return 'gone';
      if (reply.status !== 200 || !isResource(reply.body)) {
        this.own += 1;
        return 'deleted';
      }
      there = reply.body;
    }
    if (!known.isSame(there)) return 'taken';
    if (ownDocId(there as Parameters<typeof ownDocId>[0]) !== '') this.own += 1;
    const version = there.meta?.versionId ?? '';
    if (version === known.versionId || known.versionId === '') return 'here';
    const reply = await client.request('GET', `${path}/_history/${known.versionId}`);
    if (reply.status === 200) return 'here';
    const stamp = Date.parse(there.meta?.lastUpdated ?? '');
    // Later than what was known here: somebody changed it since, and the rules for conflicts decide.
    return stamp - skewMs() > Date.parse(known.since) + SLACK_MS ? 'changed' : { older: version };
  }

  /** The marks of what was fetched go back with the server's present. @param anew everything there is to be fetched as if for the first time */
  private async setMarksBack(anew: boolean): Promise<void> {
    for (const { name, type, filter, bottom } of this.followed) {
      const mark = await readMark(this.options.store, name);
      const newest = await this.newest(type, filter);
      if (mark === undefined || newest === undefined) continue;
      const back = newest === '' || isBefore(newest, mark.mark);
      const to = anew ? bottom() : back ? newest : mark.mark;
      const next: FeedMark = { ...mark, mark: to, near: '', next: '', last: '' };
      await this.write(async (unit) => {
        await unit.setState(feedState(name), next);
        const deleted = await unit.state<string>(`deleted.${name}`);
        if (deleted !== undefined && newest !== '' && isBefore(newest, deleted)) {
          await unit.setState(`deleted.${name}`, newest);
        }
      });
    }
  }
}

/** The document as it has to be sent again; undefined when the server has it. */
function again(doc: AnyDoc, of: (key: string) => Standing, at: string): AnyDoc | undefined {
  const main = of(doc.id);
  if (doc.syncState === 'local') return isKept(doc) && main === 'taken' ? asNew(doc, at) : undefined;
  if (main === 'deleted') return undefined;
  const isGone = main === 'gone' || main === 'taken';
  const { linked = {}, ...extra } = (doc.extra ?? {}) as Record<string, unknown> & { linked?: object };
  const kept = Object.fromEntries(
    Object.entries(linked).filter(([type]) => {
      const standing = of(`${doc.id} ${type}`);
      return !isGone && (standing === 'here' || standing === 'deleted');
    }),
  );
  const less = Object.keys(kept).length < Object.keys(linked).length;
  const rest = less ? { extra: { ...extra, linked: kept } } : {};
  if (isGone) return { ...unsent(doc, '', at), ...rest, serverId: '' };
  if (main === 'changed') return { ...unsent(doc, doc.sync.versionId, at), ...rest };
  if (typeof main === 'object') return { ...unsent(doc, main.older, at), ...rest };
  return less ? { ...doc, ...rest, syncState: waits(doc), sync: { ...doc.sync, since: at } } : undefined;
}

/** A document none of whose content counts as sent. */
function unsent(doc: AnyDoc, versionId: string, at: string): AnyDoc {
  return { ...doc, syncState: waits(doc), sync: { ...doc.sync, versionId, sentChange: 0, since: at } };
}

/** Refusals and conflicts stay for a person. */
function waits(doc: AnyDoc): AnyDoc['syncState'] {
  return doc.syncState === 'onServer' ? 'queued' : doc.syncState;
}

function part({ serverId, syncState, sync }: AnyDoc): Pick<AnyDoc, 'serverId' | 'syncState' | 'sync'> {
  return { serverId, syncState, sync };
}

/** True when an instant is known and before the other. An empty one, of a server without any, is before all. */
function isBefore(stamp: string | undefined, mark: string): boolean {
  if (stamp === undefined) return false;
  return stamp === '' || Date.parse(stamp) < Date.parse(mark);
}

function problemOf({ step, gone, older, none }: RestoredState): LeveyError {
  const counted = `${gone} records are gone there, ${older} are older than they were`;
  const restored = `The central server was put back to an earlier state, as from a backup: ${step === 'looking' ? 'what it lost is being found out' : counted}.`;
  const another = `At the address of the central server there is another one, or it was emptied: none of the ${gone} records sent there is known.`;
  return new LeveyError({
    code: 'server.restored',
    what: none === true ? another : restored,
    safe: 'Everything is stored here. What the server lost is sent again by itself, each record once; nothing signed is changed.',
    todo: 'Let the server’s administrator know. Results other systems had sent there since the backup are not in this station: they have to send them again.',
  });
}
