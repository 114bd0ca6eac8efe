import type { Task } from 'fhir/r4';
import { newSync } from '../../../shared/documents/common.ts';
import { type CollectionName, type DocOf, documentShapes } from '../../../shared/documents/index.ts';
import { sameJson } from '../../../shared/fhir/json.ts';
import {
  type AnyResource,
  type Local,
  localOf,
  type Replicated,
  stationOf,
  withFilled,
} from '../../../shared/fhir/mapping.ts';
import { instantOf, ownDocId } from '../../../shared/fhir/parts.ts';
import type { Attempts } from './attempts.ts';
import { calledObservation, isCallTask } from './call-rules.ts';
import type { FhirClient } from './client.ts';
import { keepDispute, raise } from './conflicts.ts';
import { Incomplete } from './incomplete.ts';
import { type Fetched, typeOf } from './kinds.ts';
import { keepPdf, land } from './landing.ts';
import { withMadeAt } from './linked.ts';
import type { Links } from './links.ts';
import type { AnyDoc, ReplicationReader, ReplicationStore, ReplicationUnit } from './port.ts';
import { freshLocal, hasMore, keyOf, requestsOf } from './pulled.ts';
import { readResource } from './read.ts';
import { readMany } from './read-many.ts';
import { isSignedReport, reconcile, sameContent, type Verdict } from './reconcile.ts';
import { isSameRecord } from './same-record.ts';
import { inSections, isOurTest, withTests } from './scope.ts';
import { absentOf, readSpecimen, type SpecimenRules, specimenVerdict } from './specimens.ts';

type Specimens = DocOf<'specimens'>;

export interface TakeOptions {
  store: ReplicationStore;
  client: FhirClient;
  links: Links;
  attempts: Attempts;
  now: () => Date;
  newId: () => string;
  rules: SpecimenRules;
  /** Codes of the catalogue's sections whose orders and results are taken; empty: all. */
  sections: readonly string[];
  /** Looks whether the server was put back to an earlier state. */
  isRestored: () => Promise<boolean>;
  /** Clock of the server less that of this station, in ms. */
  skewMs: () => number;
  /** Lets everything else have its turn. */
  breathe: () => Promise<void>;
  say: (text: string) => void;
}

/** One resource ready to be written: what it means for the document here. */
interface Prepared {
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

/** How resources are taken. */
export interface Taking {
  /** Run in the last transaction: a checkpoint is stored together with what it stands for, or alone when there is nothing to write. */
  last?: (unit: ReplicationUnit) => Promise<void>;
  /** Looks at them although they are known in this version. */
  again?: boolean;
}

/** What preparing a chunk shares: what is known here, and the catalogue, read once. */
interface Chunk {
  reader: ReplicationReader;
  known: ReadonlyMap<string, AnyDoc>;
  absent: Map<string, string[]>;
  again: boolean;
}

/** Resources written in one transaction: few enough that the bench does not wait for it. */
const CHUNK = 200;
/** Resources looked at before everything else has its turn. */
const LOOKED_AT = 40;
/** Clocks of server and station are compared no closer than this, in ms. */
const BACK_MS = 2_000;
/** Orders of other sections that are remembered. */
const MOST_OUTSIDE = 50_000;

/** Takes resources over: asks the server what has to be asked first, then writes them by rules, in small transactions. */
export class Take {
  readonly incomplete: Incomplete;
  /** Resources to be looked at once more although they were seen: changed here while the server was asked. */
  readonly again = new Set<string>();
  private readonly options: TakeOptions;
  /** Server ids of orders of other sections. */
  private readonly outside = new Set<string>();

  constructor(options: TakeOptions) {
    this.options = options;
    this.incomplete = new Incomplete(options.store);
  }

  /** Takes resources of one kind. @returns documents written @throws NoAnswer */
  async resources(
    collection: Fetched,
    resources: readonly AnyResource[],
    { last, again = false }: Taking,
  ): Promise<number> {
    let count = 0;
    let stored = last === undefined;
    for (let at = 0; at < resources.length; at += CHUNK) {
      const chunk = resources.slice(at, at + CHUNK);
      const finish = at + CHUNK >= resources.length ? last : undefined;
      const taken = await this.chunk(collection, chunk, { again, ...(finish ? { last: finish } : {}) });
      count += taken.count;
      stored ||= finish !== undefined && taken.wrote;
      await this.options.breathe();
    }
    if (!stored && last !== undefined) await this.write(last);
    return count;
  }

  private write<T>(work: (unit: ReplicationUnit) => Promise<T>): Promise<T> {
    return this.options.store.write({ command: 'sync', actor: 'server' }, work);
  }

  private async chunk(
    collection: Fetched,
    resources: readonly AnyResource[],
    { last, again = false }: Taking,
  ): Promise<{ count: number; wrote: boolean }> {
    const { store } = this.options;
    if (collection === 'specimens') await this.bring('orders', resources.flatMap(requestsOf));
    if (collection !== 'patients') await this.bring('patients', resources.flatMap(patientOf));
    if (collection === 'tasks') await this.bring('results', resources.flatMap(calledObservation));
    const ids = resources.map((resource) => resource.id ?? '');
    const known = (await store.byServerIds(collection, ids)) as ReadonlyMap<
      string,
      unknown
    > as Chunk['known'];
    const shared: Chunk = { reader: withCatalogOnce(store), known, absent: new Map(), again };
    const prepared: Prepared[] = [];
    for (const [index, resource] of resources.entries()) {
      if (index % LOOKED_AT === LOOKED_AT - 1) await this.options.breathe();
      const item = await this.prepare(collection, resource, shared);
      if (item !== undefined) prepared.push(item);
    }
    if (prepared.length === 0 && shared.absent.size === 0) return { count: 0, wrote: false };
    const learned: [string, string][] = [];
    const count = await this.write(async (unit) => {
      learned.length = 0;
      let done = 0;
      for (const item of prepared) done += await this.put(unit, item, learned);
      if (shared.absent.size > 0) await this.incomplete.note(unit, shared.absent);
      await last?.(unit);
      return done;
    });
    for (const [id, serverId] of learned) this.options.links.learn(collection, id, serverId);
    return { count, wrote: true };
  }

  /** Patients, orders or results that others refer to and that are not known yet. */
  private async bring(
    collection: 'patients' | 'orders' | 'results',
    references: readonly string[],
  ): Promise<void> {
    const { client, store, links } = this.options;
    const type = typeOf[collection];
    const named = new Set<string>();
    for (const reference of references) {
      const id = new RegExp(`${type}/([A-Za-z0-9.-]{1,64})(?=/_history|$)`).exec(reference)?.[1];
      if (id === undefined || this.outside.has(id) || links.docIdOf(collection, id) !== undefined) continue;
      named.add(id);
    }
    if (named.size === 0) return;
    const known = await store.byServerIds(collection, [...named]);
    for (const [serverId, doc] of known) links.learn(collection, doc.id, serverId);
    const missing = [...named].filter((id) => !known.has(id));
    if (missing.length > 0) await this.resources(collection, await readMany(client, type, missing), {});
  }

  /** What a resource means here; undefined when there is nothing to do. */
  private async prepare(
    collection: Fetched,
    resource: AnyResource,
    chunk: Chunk,
  ): Promise<Prepared | undefined> {
    const { client, links, rules, attempts } = this.options;
    if (collection === 'tasks' && !isCallTask(resource)) return undefined;
    const here = chunk.known.get(resource.id ?? '') ?? (await this.findHere(collection, resource));
    if (here === 'ours') return undefined;
    if (here === undefined && collection === 'specimens' && this.isOutside(resource)) return undefined;
    const version = resource.meta?.versionId ?? '';
    const isKnown = here !== undefined && here.serverId === resource.id && here.sync.versionId === version;
    if (isKnown && !chunk.again) return undefined;
    if (here !== undefined && (await this.wentBack(collection, here, resource))) {
      this.again.add(keyOf(resource));
      return undefined;
    }
    // Ours, but the answer was lost: sending again settles it.
    const waits = here?.syncState === 'conflict' && here.serverId === '';
    if (here !== undefined && !waits && (await attempts.isOurs(here.id, resource))) return undefined;
    const local = here === undefined ? await this.newLocal(collection, resource) : localOf(here);
    const there = await this.read(collection, resource, local, here, chunk.reader);
    if (collection === 'specimens' && !(await this.isUsable(resource, there, chunk.absent))) return undefined;
    if (here === undefined && !(await this.isOfUse(collection, resource, there, chunk.reader)))
      return undefined;
    const problem = documentShapes[collection].safeParse(there).error?.issues[0];
    if (problem !== undefined) {
      const at = `${resource.resourceType}/${resource.id ?? ''}`;
      this.options.say(`1 cannot be used here: ${at}, ${problem.path.join('.')}: ${problem.message}`);
      return undefined;
    }
    if (here === undefined) {
      const elsewhere = stationOf(resource) ?? '';
      const doc = collection === 'results' && elsewhere !== '' ? withMadeAt(there, elsewhere) : there;
      return { collection, resource, here, there: doc, verdict: { kind: 'new' } };
    }
    const unsent = here.change !== here.sync.sentChange;
    const base = unsent || isSignedReport(collection, here) ? here.sync.versionId : '';
    const original =
      base === '' ? undefined : await client.read(`${resource.resourceType}/${resource.id}/_history/${base}`);
    if (collection === 'specimens') {
      const [mine, read] = [here, there] as unknown as [Specimens, Specimens];
      const verdict = await specimenVerdict(chunk.reader, links, mine, read, original, rules);
      return { collection, resource, here, there, verdict };
    }
    const before =
      original === undefined
        ? undefined
        : readResource(collection, original, await links.reading(chunk.reader, original), local);
    const verdict = reconcile(collection, here, there, before);
    return { collection, resource, here, there, verdict, base: before };
  }

  /** True when the version known here vanished from a server that was put back: what it has now is older, or is another record. */
  private async wentBack(collection: Fetched, here: AnyDoc, resource: AnyResource): Promise<boolean> {
    const { client, skewMs, isRestored } = this.options;
    if (here.serverId === resource.id && !isSameRecord(collection, here, resource) && (await isRestored()))
      return true;
    const { versionId, since } = here.sync;
    const stamp = Date.parse(resource.meta?.lastUpdated ?? '') - skewMs();
    // What is younger than what was known here is a change like any other.
    if (versionId === '' || stamp > Date.parse(since) + BACK_MS) return false;
    const known = await client.read(`${resource.resourceType}/${resource.id}/_history/${versionId}`);
    return known === undefined && (await isRestored());
  }

  private async read(
    collection: Fetched,
    resource: AnyResource,
    local: Local,
    here: AnyDoc | undefined,
    reader: ReplicationReader,
  ): Promise<AnyDoc> {
    const { links, rules } = this.options;
    if (collection === 'specimens') {
      const mine = here as unknown as Specimens | undefined;
      return (await readSpecimen(reader, links, resource, local, mine, rules)) as unknown as AnyDoc;
    }
    const read = readResource(collection, resource, await links.reading(reader, resource), local);
    return withFilled(read, await withTests(collection, read, reader), resource);
  }

  /** False for what is not this laboratory's: reports made elsewhere, other sections, results without a patient or test of ours. */
  private async isOfUse(
    collection: Fetched,
    resource: AnyResource,
    there: AnyDoc,
    reader: ReplicationReader,
  ): Promise<boolean> {
    if (collection === 'reports') {
      // Of other stations: those of orders this bench knows.
      const orders = (there as unknown as DocOf<'reports'>).orderIds;
      return stationOf(resource) !== undefined && orders.length > 0;
    }
    if (collection === 'tasks') {
      // Of results this bench knows.
      const { resultId } = there as unknown as DocOf<'tasks'>;
      return (await reader.byId('results', resultId)) !== undefined;
    }
    if (collection === 'results') {
      const result = there as unknown as DocOf<'results'>;
      const ours = stationOf(resource) !== undefined;
      // Of other systems only what is final is history; what they still work on is not this bench's.
      if (result.patientId === '' || result.testCode === '') return false;
      if (!ours && (result.verdict !== 'released' || !(await isOurTest(result.testCode, reader))))
        return false;
    }
    if (await inSections(collection, there, this.options.sections, reader)) return true;
    if (collection === 'orders') {
      if (this.outside.size >= MOST_OUTSIDE) this.outside.clear();
      this.outside.add(resource.id ?? '');
    }
    return false;
  }

  /** True for a specimen all of whose orders are of other sections. */
  private isOutside(resource: AnyResource): boolean {
    const orders = requestsOf(resource).map((reference) => reference.split('/').pop() ?? '');
    return orders.length > 0 && orders.every((id) => this.outside.has(id));
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

  /** The document of a resource that no server id names: by our identifier, or for a patient by record number. */
  private async findHere(collection: Fetched, resource: AnyResource): Promise<AnyDoc | 'ours' | undefined> {
    const { store } = this.options;
    const own = ownDocId(resource as Parameters<typeof ownDocId>[0]);
    const ours = own === '' ? undefined : await store.byId(collection, own);
    // Ours, but the answer was lost: sending it again finds it and settles everything. What waits for a person is not sent: it is known from here on.
    if (ours !== undefined) return ours.serverId === '' && ours.syncState !== 'conflict' ? 'ours' : ours;
    if (collection !== 'patients') return undefined;
    const context = { docId: () => undefined };
    const local = freshLocal('', '', this.options.now());
    const read = readResource('patients', resource, context, local) as AnyDoc & DocOf<'patients'>;
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
    const local = freshLocal(free ? wanted : newId(), serverId, now());
    // A call is due since the value was found, not since it was heard of here.
    const due = collection === 'tasks' ? instantOf((resource as Task).authoredOn) : '';
    return due === '' ? local : { ...local, createdAt: due };
  }

  private async put(unit: ReplicationUnit, item: Prepared, learned: [string, string][]): Promise<number> {
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
    keepPdf(unit, collection, resource, doc);
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

/** Reference to the patient of a resource. */
function patientOf(resource: AnyResource): string[] {
  const { subject, for: patient } = resource as Partial<Record<'subject' | 'for', { reference?: string }>>;
  const reference = (subject ?? patient)?.reference;
  return reference === undefined ? [] : [reference];
}

/** The same reader, which reads the catalogue once. */
function withCatalogOnce(store: ReplicationStore): ReplicationReader {
  let catalog: ReturnType<ReplicationReader['catalog']> | undefined;
  return {
    byId: (collection, id) => store.byId(collection, id),
    byServerId: (collection, id) => store.byServerId(collection, id),
    byServerIds: (collection, ids) => store.byServerIds(collection, ids),
    patientByNumber: (system, value) => store.patientByNumber(system, value),
    catalog: () => {
      catalog ??= store.catalog();
      return catalog;
    },
    specimensByNumber: (number) => store.specimensByNumber(number),
    specimensOf: (requisition) => store.specimensOf(requisition),
    reportsOf: (requisition) => store.reportsOf(requisition),
    resultsOf: (number) => store.resultsOf(number),
    openTask: (sourceKey) => store.openTask(sourceKey),
    state: (name) => store.state(name),
  };
}
