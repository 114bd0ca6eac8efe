import type { DocOf } from '../../../shared/documents/index.ts';
import { type Replicated, resourceTypes } from '../../../shared/fhir/mapping.ts';
import { type Dispute, keepDispute, raise } from './conflicts.ts';
import type { Item } from './item.ts';
import { keepPdf, land } from './landing.ts';
import { withLinked } from './linked.ts';
import type { AnyDoc, ReplicationStore, ReplicationUnit } from './port.ts';
import { isSignedReport, sameContent } from './reconcile.ts';
import type { Result, Settled } from './settle.ts';

/** Records of one request by what became of them. */
export interface Count {
  /** Records that are at the server now as a whole. */
  sent: number;
  refused: number;
  conflicts: number;
}

export interface RecorderOptions {
  store: ReplicationStore;
  now: () => Date;
  newId: () => string;
  /** Says what a person should read. */
  say: (text: string) => void;
}

/** Writes down what became of records that were sent. */
export class Recorder {
  private readonly options: RecorderOptions;

  constructor(options: RecorderOptions) {
    this.options = options;
  }

  /** Writes down what happened, in one transaction; records that changed meanwhile stay queued. */
  async record(unit: ReplicationUnit, results: readonly Result[]): Promise<Count> {
    const count = { sent: 0, refused: 0, conflicts: 0 };
    const since = this.at();
    for (const group of byDocument(results)) {
      const first = group[0];
      if (first === undefined) continue;
      const { collection, doc: read } = first.item;
      if (this.stored(unit, group, count, since)) continue;
      let doc = (await unit.byId(collection, read.id)) as unknown as AnyDoc | undefined;
      if (doc === undefined) continue;
      const before = doc;
      const moved = doc.change !== read.change;
      // What came of other records changed it without being sent itself: a merge of what it was before would undo that.
      const merges = !moved && sameContent(doc, read);
      let whole = true;
      let dispute: Dispute | undefined;
      // What was read from the store is in shape, and so is what a success adds to it.
      const checked = group.every(({ settled }) => settled.kind === 'done');
      for (const { item, settled } of group) {
        if (settled.kind === 'done') {
          doc = known(doc, item, settled.id, settled.versionId, item.doc.change);
          whole &&= item.completes;
          continue;
        }
        whole = false;
        if (settled.kind === 'linked') doc = known(doc, item, settled.id, settled.versionId, 0);
        else if (settled.kind === 'again' || settled.kind === 'forbidden' || moved) continue;
        else if (settled.kind === 'verdict' && !merges) continue;
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
        } else doc = withLinked(doc, item.resourceType, { id: '', versionId: '', change: 0 });
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
        // A person was asked while it was on its way: that stays open.
        if (before.syncState === 'conflict') doc = await keepDispute(unit, collection, before, doc, since);
        unit.put(collection, doc as unknown as DocOf<typeof collection>, { checked });
        for (const { settled } of group) {
          if (settled.kind !== 'verdict') continue;
          if (settled.verdict.kind === 'take') keepPdf(unit, collection, settled.resource, doc);
          const why = await land(unit, collection, before, doc, this.at(), this.options.newId);
          if (why !== '') this.options.say(`1 waits for a person: ${why}`);
        }
      }
    }
    return count;
  }

  /** Writes down that all of a document was stored there, where nothing happened to it meanwhile; false when it has to be looked at. */
  private stored(unit: ReplicationUnit, group: readonly Result[], count: Count, since: string): boolean {
    const first = group[0];
    if (first === undefined) return false;
    const { collection, doc: read } = first.item;
    let { serverId, sync, extra } = read;
    let whole = true;
    for (const { item, settled } of group) {
      if (settled.kind !== 'done') return false;
      const { id, versionId } = settled;
      const { change } = item.doc;
      if (item.main) {
        serverId = id;
        sync = { ...sync, versionId, sentChange: change };
      } else extra = withLinked({ ...read, extra }, item.resourceType, { id, versionId, change }).extra;
      whole &&= item.completes;
    }
    if (whole) sync = { ...sync, why: '', since, attempts: 0 };
    const syncState = whole ? 'onServer' : read.syncState;
    const fields = { serverId, sync, syncState, ...(extra === read.extra ? {} : { extra }) };
    const before = read as unknown as DocOf<typeof collection>;
    if (!unit.amend(collection, before, fields as Partial<DocOf<typeof collection>>)) return false;
    if (whole) count.sent += 1;
    return true;
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
    const sentChange = verdict.kind === 'take' ? verdict.doc.change : doc.sync.sentChange;
    const merged = { ...verdict.doc, serverId: id, sync: { ...doc.sync, versionId, sentChange } };
    // What belongs to it besides may still have to go: the next slice looks.
    const whole = verdict.kind === 'take' && resourceTypes[collection].length === 1;
    return { doc: merged, dispute: undefined, whole };
  }

  private marked(doc: AnyDoc, syncState: 'onServer' | 'refused', why: string): AnyDoc {
    const since = this.at();
    const attempts = syncState === 'onServer' ? 0 : doc.sync.attempts + 1;
    return { ...doc, syncState, sync: { ...doc.sync, why, since, attempts } };
  }

  /** Says on records that go on waiting why they do, in the server's words; on those that say so already it stays as it is. */
  async waiting(found: readonly { item: Item; words: string }[]): Promise<void> {
    await this.options.store.write({ command: 'sync', actor: 'server' }, async (unit) => {
      for (const { item, words } of found) {
        const { collection, doc } = item;
        const now = (await unit.byId(collection, doc.id)) as unknown as AnyDoc | undefined;
        if (now === undefined || now.change !== doc.change) continue;
        if (now.syncState !== 'queued' || now.sync.why !== '') continue;
        const why = `Tried several times in vain: ${words}. It is tried again every minute, and others go on. Correct the record, or let the server’s administrator find out why.`;
        const said = { ...now, sync: { ...now.sync, why } } as unknown as DocOf<typeof collection>;
        unit.put(collection, said, { checked: true });
      }
    });
  }

  /** Documents that turned out to have nothing left to send. */
  async finish(settled: { collection: Replicated; doc: AnyDoc }[]): Promise<void> {
    await this.options.store.write({ command: 'sync', actor: 'server' }, async (unit) => {
      for (const { collection, doc } of settled) {
        const now = (await unit.byId(collection, doc.id)) as unknown as AnyDoc | undefined;
        if (now === undefined || now.change !== doc.change) continue;
        // A person was asked about it meanwhile: that stays open.
        if (now.syncState !== 'queued') continue;
        const done = this.marked(now, 'onServer', '') as unknown as DocOf<typeof collection>;
        unit.put(collection, done, { checked: true });
      }
    });
  }

  private at(): string {
    return this.options.now().toISOString();
  }
}

/** Results by document, in their order; those of one document stand together nearly always. */
function byDocument(results: readonly Result[]): Iterable<readonly Result[]> {
  const byId = new Map<string, Result[]>();
  for (const result of results) {
    const { id } = result.item.doc;
    const group = byId.get(id);
    if (group === undefined) byId.set(id, [result]);
    else if (group[0]?.item.collection === result.item.collection) group.push(result);
    // Two documents of one id in two collections: never seen, and written down all the same.
    else return Map.groupBy(results, ({ item }) => `${item.collection} ${item.doc.id}`).values();
  }
  return byId.values();
}

/** The document with a resource of it known at the server. @param change the document's `change` that was sent; 0 for none */
function known(doc: AnyDoc, item: Item, id: string, versionId: string, change: number): AnyDoc {
  if (!item.main) return withLinked(doc, item.resourceType, { id, versionId, change });
  return { ...doc, serverId: id, sync: { ...doc.sync, versionId, sentChange: change } };
}
