import type { DocOf } from '../../../shared/documents/index.ts';
import { sameJson } from '../../../shared/fhir/json.ts';
import {
  type AnyResource,
  identitySearch,
  localOf,
  type Replicated,
  resourceTypes,
  withoutServerPart,
} from '../../../shared/fhir/mapping.ts';
import type { Attempts } from './attempts.ts';
import { type FhirClient, isBundle, NoAnswer } from './client.ts';
import { type Dispute, raise } from './conflicts.ts';
import { withLinked } from './linked.ts';
import type { Links } from './links.ts';
import type { Item, Outbox } from './outbox.ts';
import type { Pacer } from './pace.ts';
import type { AnyDoc, ReplicationStore, ReplicationUnit } from './port.ts';
import { readCatalogEntry, readResource } from './read.ts';
import { isSignedReport, reconcile, type Verdict } from './reconcile.ts';
import { type Bundling, type Outcome, send } from './send.ts';
import { landSpecimen } from './specimen-landing.ts';
import { readSpecimen, type SpecimenRules, specimenVerdict } from './specimens.ts';

/** Attempts without an answer that are remembered for a record. */
const MOST_ATTEMPTS = 5;

/** What an outcome comes to after the server was asked whatever had to be asked. */
type Settled =
  | { kind: 'done'; id: string; versionId: string }
  /** Known at the server, but what is here has still to be sent. */
  | { kind: 'linked'; id: string; versionId: string }
  | { kind: 'verdict'; id: string; versionId: string; verdict: Verdict; there: AnyDoc }
  | { kind: 'gone' }
  | { kind: 'refused'; why: string }
  | { kind: 'again'; status: number };

/** What one slice did. */
export interface Slice {
  /** Records that are at the server now as a whole. */
  sent: number;
  refused: number;
  conflicts: number;
  /** Nothing can be sent for so long, in ms; 0 to go on at once. */
  waitMs: number;
  /** Nothing is left that could be sent now. */
  idle: boolean;
}

export interface PushOptions {
  store: ReplicationStore;
  client: FhirClient;
  links: Links;
  attempts: Attempts;
  outbox: Outbox;
  pacer: Pacer;
  now: () => Date;
  random: () => number;
  newId: () => string;
  rules: SpecimenRules;
  /** Entries and bytes of one request. */
  limits: { entries: number; bytes: number };
  /** Says what a person should read. */
  say: (text: string) => void;
}

/** Sends what waits, slice by slice, each in one request and one transaction afterwards. Repeating any part of it does no harm. */
export class Push {
  private readonly options: PushOptions;
  /** Resources sent without a word back: what to recognise them by when they turn up. */
  private readonly attempted = new Map<string, AnyResource[]>();
  private readonly failures = new Map<string, number>();

  constructor(options: PushOptions) {
    this.options = options;
  }

  /** Sends one slice. @throws NoAnswer, NotAuthorised; then nothing is changed here */
  async slice(bundling: Bundling): Promise<Slice> {
    const { outbox, pacer, limits, client, store } = this.options;
    const most = bundling === 'transaction' ? Math.min(8, limits.entries) : limits.entries;
    const { waitMs, writes } = pacer.allowance(most);
    const nothing = { sent: 0, refused: 0, conflicts: 0, waitMs, idle: false };
    if (waitMs > 0) return nothing;
    const { items, settled } = await outbox.next({ entries: writes, bytes: limits.bytes });
    if (settled.length > 0) await this.finish(settled);
    if (items.length === 0) return { ...nothing, sent: settled.length, idle: settled.length === 0 };
    await this.options.attempts.sending(items);
    const outcomes = await this.send(client, items, bundling);
    const results: { item: Item; settled: Settled }[] = [];
    for (const [index, item] of items.entries()) {
      const outcome = outcomes[index] ?? { kind: 'again', status: 0, why: '' };
      results.push({ item, settled: await this.settle(item, outcome) });
    }
    const answered = results.filter(({ settled: { kind } }) => kind !== 'again').map(({ item }) => item);
    const slice = await store.write({ command: 'sync', actor: 'server' }, async (unit) => {
      await this.options.attempts.answered(unit, answered);
      return this.record(unit, results);
    });
    for (const { item, settled: result } of results) this.afterwards(item, result);
    if (results.some(({ settled: result }) => result.kind === 'again' && result.status === 429))
      pacer.refused();
    return { ...nothing, ...slice, sent: slice.sent + settled.length };
  }

  /** Sends; when no answer comes, remembers what was on its way. */
  private async send(client: FhirClient, items: Item[], bundling: Bundling): Promise<Outcome[]> {
    try {
      return await send(client, items, bundling);
    } catch (error) {
      if (error instanceof NoAnswer) for (const item of items) this.remember(item);
      throw error;
    }
  }

  private settle(item: Item, outcome: Outcome): Promise<Settled> | Settled {
    switch (outcome.kind) {
      case 'sent':
        return { ...outcome, kind: 'done' };
      case 'again':
        return { kind: 'again', status: outcome.status };
      case 'refused':
        return outcome;
      case 'gone':
        return outcome;
      case 'exists':
        return this.settleExisting(item, outcome.id, outcome.versionId, outcome.resource);
      case 'stale':
        return this.settleStale(item);
      case 'several':
        return this.settleSeveral(item, outcome.why);
    }
  }

  /** One with our identifier was there: ours from an attempt whose answer was lost, or changed since. */
  private async settleExisting(
    item: Item,
    id: string,
    versionId: string,
    known: AnyResource | undefined,
  ): Promise<Settled> {
    const { client } = this.options;
    const { resourceType } = item.resource;
    const there = known ?? (await client.read(`${resourceType}/${id}`));
    if (there === undefined) return { kind: 'again', status: 404 };
    const version = there.meta?.versionId ?? versionId;
    if (sameContent(there, item.resource) || resourceType === 'Provenance')
      return { kind: 'done', id, versionId: version };
    const untouched =
      (await this.wasOurs(item, there)) || (await this.hasOneVersion(`${resourceType}/${id}`));
    if (untouched || !item.main) return { kind: 'linked', id, versionId: version };
    return this.compare(item, there, id);
  }

  /** The version we know is not the newest: our own change whose answer was lost, or somebody else's. */
  private async settleStale(item: Item): Promise<Settled> {
    const there = await this.options.client.read(`${item.resource.resourceType}/${item.serverId}`);
    if (there === undefined) return { kind: 'gone' };
    const versionId = there.meta?.versionId ?? '';
    if (versionId === item.versionId) return { kind: 'again', status: 412 };
    if (sameContent(there, item.resource)) return { kind: 'done', id: item.serverId, versionId };
    if (!item.main || (await this.wasOurs(item, there)))
      return { kind: 'linked', id: item.serverId, versionId };
    return this.compare(item, there, item.serverId);
  }

  private async settleSeveral(item: Item, why: string): Promise<Settled> {
    const { resourceType } = item.resource;
    const reply = await this.options.client.request(
      'GET',
      `${resourceType}?${identitySearch(resourceType, item.doc.id)}&_count=3`,
    );
    const found = isBundle(reply.body)
      ? (reply.body.entry ?? []).flatMap((entry) => entry.resource ?? [])
      : [];
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
    const thereDoc = await this.read(collection, there, doc);
    if (thereDoc === undefined) return { kind: 'refused', why: 'What the server has cannot be read' };
    const verdict = await this.judge(collection, doc, thereDoc, base);
    return { kind: 'verdict', id, versionId, verdict, there: thereDoc };
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
    return readResource(collection, resource, await links.reading(store, resource), localOf(doc));
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

  private remember(item: Item): void {
    const earlier = this.attempted.get(keyOf(item)) ?? [];
    this.attempted.set(keyOf(item), [...earlier.slice(1 - MOST_ATTEMPTS), item.resource]);
  }

  /** Writes down what happened, in one transaction; records that changed meanwhile stay queued. */
  private async record(
    unit: ReplicationUnit,
    results: { item: Item; settled: Settled }[],
  ): Promise<Pick<Slice, 'sent' | 'refused' | 'conflicts'>> {
    const count = { sent: 0, refused: 0, conflicts: 0 };
    const byDoc = Map.groupBy(results, ({ item }) => `${item.collection} ${item.doc.id}`);
    for (const group of byDoc.values()) {
      const first = group[0];
      if (first === undefined) continue;
      const { collection, doc: read } = first.item;
      let doc = (await unit.byId(collection, read.id)) as unknown as AnyDoc | undefined;
      if (doc === undefined) continue;
      const before = doc;
      const moved = doc.change !== read.change;
      let whole = true;
      let dispute: Dispute | undefined;
      for (const { item, settled } of group) {
        if (settled.kind === 'done') {
          doc = known(doc, item, settled.id, settled.versionId, item.doc.change);
          whole &&= item.completes;
          continue;
        }
        whole = false;
        if (settled.kind === 'linked') doc = known(doc, item, settled.id, settled.versionId, 0);
        else if (settled.kind === 'again' || moved) continue;
        else if (settled.kind === 'refused') doc = this.marked(doc, 'refused', settled.why);
        else if (settled.kind === 'verdict') {
          const decided = this.apply(doc, collection, settled);
          doc = decided.doc;
          dispute = decided.dispute;
          whole = decided.whole;
        } else if (item.main) {
          dispute = {
            reason: 'deletedAtServer',
            why: 'Deleted at the server',
            there: undefined,
            versionId: '',
          };
        } else doc = withLinked(doc, item.resource.resourceType, { id: '', versionId: '', change: 0 });
      }
      if (whole && !moved) {
        doc = this.marked(doc, 'onServer', '');
        count.sent += 1;
      }
      if (doc.syncState === 'refused') {
        count.refused += 1;
        this.options.say(`1 refused: ${doc.sync.why}`);
      }
      if (dispute !== undefined) {
        count.conflicts += 1;
        await raise(unit, collection, doc, dispute, this.at(), this.options.newId);
        this.options.say(`1 waits for a person: ${dispute.why}`);
      } else if (doc !== before) {
        unit.put(collection, doc as unknown as DocOf<typeof collection>);
        if (collection === 'specimens' && group.some(({ settled }) => settled.kind === 'verdict')) {
          const [was, now] = [before, doc] as unknown as [DocOf<'specimens'>, DocOf<'specimens'>];
          const why = await landSpecimen(unit, was, now, this.at(), this.options.newId);
          if (why !== '') this.options.say(`1 waits for a person: ${why}`);
        }
      }
    }
    return count;
  }

  private apply(
    doc: AnyDoc,
    collection: Replicated,
    settled: Extract<Settled, { kind: 'verdict' }>,
  ): { doc: AnyDoc; dispute: Dispute | undefined; whole: boolean } {
    const { verdict, id, versionId, there } = settled;
    if (verdict.kind === 'conflict') {
      const reason = isSignedReport(collection, doc) ? 'signedChanged' : 'bothChanged';
      const linked = { ...doc, serverId: id };
      return { doc: linked, dispute: { reason, why: verdict.why, there, versionId }, whole: false };
    }
    const sentChange = verdict.kind === 'take' ? doc.change : doc.sync.sentChange;
    const merged = { ...verdict.doc, serverId: id, sync: { ...doc.sync, versionId, sentChange } };
    // What belongs to it besides may still have to go: the next slice looks.
    const whole = verdict.kind === 'take' && resourceTypes[collection].length === 1;
    return { doc: merged, dispute: undefined, whole };
  }

  private marked(doc: AnyDoc, syncState: 'onServer' | 'refused', why: string): AnyDoc {
    const attempts = syncState === 'onServer' ? 0 : doc.sync.attempts + 1;
    return { ...doc, syncState, sync: { ...doc.sync, why, since: this.at(), attempts } };
  }

  /** Documents that turned out to have nothing left to send. */
  private async finish(settled: { collection: Replicated; doc: AnyDoc }[]): Promise<void> {
    await this.options.store.write({ command: 'sync', actor: 'server' }, async (unit) => {
      for (const { collection, doc } of settled) {
        const now = (await unit.byId(collection, doc.id)) as unknown as AnyDoc | undefined;
        if (now === undefined || now.change !== doc.change) continue;
        unit.put(collection, this.marked(now, 'onServer', '') as unknown as DocOf<typeof collection>);
      }
    });
  }

  /** After the transaction: what only this run has to remember. */
  private afterwards(item: Item, settled: Settled): void {
    const { links, outbox, pacer, random } = this.options;
    const key = keyOf(item);
    if (settled.kind !== 'again') {
      this.attempted.delete(key);
      this.failures.delete(key);
      if (item.main && 'id' in settled) links.learn(item.collection, item.doc.id, settled.id);
      if (settled.kind === 'done') pacer.accepted();
      return;
    }
    if (settled.status === 0) this.remember(item);
    if (settled.status === 429) return;
    const failures = (this.failures.get(key) ?? 0) + 1;
    this.failures.set(key, failures);
    const conflict = settled.status === 409 || settled.status === 412;
    const base = conflict ? 50 : 1_000;
    const wait = Math.min(60_000, base * 2 ** Math.min(failures - 1, 10)) * (0.5 + random() / 2);
    outbox.rest(item.collection, item.doc.id, Math.round(wait));
  }

  private at(): string {
    return this.options.now().toISOString();
  }
}

function keyOf(item: Item): string {
  return `${item.resource.resourceType} ${item.doc.id}`;
}

/** Equal but for what the server adds by itself. */
function sameContent(there: AnyResource, ours: AnyResource): boolean {
  return sameJson(withoutServerPart(there), withoutServerPart(ours));
}

/** The document with a resource of it known at the server. @param change the document's `change` that was sent; 0 for none */
function known(doc: AnyDoc, item: Item, id: string, versionId: string, change: number): AnyDoc {
  if (!item.main) return withLinked(doc, item.resource.resourceType, { id, versionId, change });
  return { ...doc, serverId: id, sync: { ...doc.sync, versionId, sentChange: change } };
}
