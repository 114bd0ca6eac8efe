import { newSync } from '../../../shared/documents/common.ts';
import type { CollectionName, DocOf } from '../../../shared/documents/index.ts';
import type { AnyResource, Replicated } from '../../../shared/fhir/mapping.ts';
import { keepDispute, raise } from './conflicts.ts';
import type { Fetched } from './kinds.ts';
import { keepPdf, land } from './landing.ts';
import type { AnyDoc, ReplicationUnit } from './port.ts';
import { hasMore, keyOf } from './pulled.ts';
import { isSignedReport, reconcile, sameContent, type Verdict } from './reconcile.ts';

/** One resource ready to be written: what it means for the document here. */
export interface Prepared {
  collection: Fetched;
  resource: AnyResource;
  /** The document here when it was prepared; undefined for a new one. */
  here: AnyDoc | undefined;
  /** Its shape is checked. */
  there: AnyDoc;
  verdict: Verdict | { kind: 'new' };
  /** What both sides started from, where the server still knows it. */
  base?: AnyDoc | undefined;
}

export interface TakeoverOptions {
  now: () => Date;
  newId: () => string;
  say: (text: string) => void;
}

/** Writes what a resource means for the document here, by rules. */
export class Takeover {
  private readonly options: TakeoverOptions;
  private readonly again: Set<string>;

  /** @param again takes the keys of what changed here since it was prepared */
  constructor(options: TakeoverOptions, again: Set<string>) {
    this.options = options;
    this.again = again;
  }

  /** Writes one. @param learned takes its id here and at the server @returns documents written */
  async put(unit: ReplicationUnit, item: Prepared, learned: [string, string][]): Promise<number> {
    const { collection, resource, here, there } = item;
    let { verdict } = item;
    const { now, newId } = this.options;
    const serverId = resource.id ?? '';
    const versionId = resource.meta?.versionId ?? '';
    const at = now().toISOString();
    if (verdict.kind === 'new') {
      const sync = { ...newSync(at), versionId, sentChange: there.change };
      const doc = { ...there, serverId, syncState: 'onServer' as const, sync };
      unit.put(collection as CollectionName, doc as never, { checked: true });
      learned.push([there.id, serverId]);
      keepPdf(unit, collection, resource, doc);
      await this.land(unit, collection, undefined, doc);
      return 1;
    }
    const current = (await unit.byId(collection as Replicated, there.id)) as unknown as AnyDoc | undefined;
    if (current === undefined || here === undefined || current.change !== here.change) {
      // Changed while the server was asked: the next poll looks at it again.
      this.again.add(keyOf(resource));
      return 0;
    }
    // What came of others in this transaction is no change to be sent, but the rules have to see it.
    if (collection !== 'specimens' && !sameContent(current, here))
      verdict = reconcile(collection, current, there, item.base);
    if (verdict.kind === 'conflict') {
      const reason = isSignedReport(collection, current) ? 'signedChanged' : 'bothChanged';
      const dispute = { reason, why: verdict.why, there, versionId } as const;
      await raise(unit, collection, { ...current, serverId }, dispute, at, newId);
      this.options.say(`1 waits for a person: ${verdict.why}`);
      return 1;
    }
    const taken = verdict.kind === 'take';
    const sync = {
      ...current.sync,
      versionId,
      why: '',
      since: at,
      sentChange: taken ? verdict.doc.change : current.sync.sentChange,
    };
    const rests = taken && !hasMore(collection, current, verdict.doc);
    const syncState: AnyDoc['syncState'] = rests ? 'onServer' : 'queued';
    const settled = { ...verdict.doc, serverId, syncState, sync };
    const doc = await keepDispute(unit, collection, current, settled, at);
    unit.put(collection as CollectionName, doc as never);
    learned.push([doc.id, serverId]);
    if (taken) keepPdf(unit, collection, resource, doc);
    await this.land(unit, collection, current, doc);
    if (collection === 'orders') this.sayRevoked(current, verdict.doc);
    return 1;
  }

  private async land(
    unit: ReplicationUnit,
    collection: Fetched,
    before: AnyDoc | undefined,
    after: AnyDoc,
  ): Promise<void> {
    const { now, newId } = this.options;
    const why = await land(unit, collection, before, after, now().toISOString(), newId);
    if (why !== '') this.options.say(`1 waits for a person: ${why}`);
  }

  private sayRevoked(before: AnyDoc, after: AnyDoc): void {
    const order = after as AnyDoc & DocOf<'orders'>;
    if (order.status === 'revoked' && (before as AnyDoc & DocOf<'orders'>).status !== 'revoked') {
      this.options.say(`Order cancelled at the server: ${order.requisition} ${order.catalogCode}`);
    }
  }
}
