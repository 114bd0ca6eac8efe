import { type DocOf, documentShapes } from '../../../shared/documents/index.ts';
import { sameJson } from '../../../shared/fhir/json.ts';
import {
  type AnyResource,
  type Local,
  localOf,
  stationOf,
  withFilled,
} from '../../../shared/fhir/mapping.ts';
import type { Attempts } from './attempts.ts';
import { calledObservation, isCallTask } from './call-rules.ts';
import { withCatalogOnce } from './catalog-once.ts';
import type { FhirClient } from './client.ts';
import { Here } from './here.ts';
import { Incomplete } from './incomplete.ts';
import { type Fetched, typeOf } from './kinds.ts';
import { withMadeAt } from './linked.ts';
import type { Links } from './links.ts';
import { OfUse } from './of-use.ts';
import type { AnyDoc, ReplicationReader, ReplicationStore, ReplicationUnit } from './port.ts';
import { isMalformed, keyOf, requestsOf } from './pulled.ts';
import { readResource } from './read.ts';
import { readMany } from './read-many.ts';
import { isSignedReport, reconcile } from './reconcile.ts';
import { isSameRecord } from './same-record.ts';
import { withTests } from './scope.ts';
import { absentOf, readSpecimen, type SpecimenRules, specimenVerdict } from './specimens.ts';
import { type Prepared, Takeover } from './takeover.ts';

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

/** Takes resources over: asks the server what has to be asked first, then writes them by rules, in small transactions. */
export class Take {
  readonly incomplete: Incomplete;
  /** Resources to be looked at once more although they were seen: changed here while the server was asked. */
  readonly again = new Set<string>();
  private readonly options: TakeOptions;
  private readonly ofUse: OfUse;
  private readonly here: Here;
  private readonly takeover: Takeover;

  constructor(options: TakeOptions) {
    this.options = options;
    this.incomplete = new Incomplete(options.store);
    this.ofUse = new OfUse(options.sections);
    this.here = new Here(options);
    this.takeover = new Takeover(options, this.again);
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
    if (collection === 'specimens') await this.bring('orders', namedIn(resources, requestsOf));
    if (collection !== 'patients') await this.bring('patients', namedIn(resources, patientOf));
    if (collection === 'tasks') await this.bring('results', namedIn(resources, calledObservation));
    const ids = resources.map((resource) => resource.id ?? '');
    const known = (await store.byServerIds(collection, ids)) as ReadonlyMap<
      string,
      unknown
    > as Chunk['known'];
    const shared: Chunk = { reader: withCatalogOnce(store), known, absent: new Map(), again };
    const prepared: Prepared[] = [];
    for (const [index, resource] of resources.entries()) {
      if (index % LOOKED_AT === LOOKED_AT - 1) await this.options.breathe();
      const item = await this.prepare(collection, resource, shared).catch((error: unknown) => {
        // It holds up no other.
        if (!isMalformed(error)) throw error;
        return this.unusable(resource, error.message);
      });
      if (item !== undefined) prepared.push(item);
    }
    if (prepared.length === 0 && shared.absent.size === 0) return { count: 0, wrote: false };
    const learned: [string, string][] = [];
    const count = await this.write(async (unit) => {
      learned.length = 0;
      let done = 0;
      for (const item of prepared) done += await this.takeover.put(unit, item, learned);
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
      if (id === undefined || this.ofUse.isOrderOutside(id) || links.docIdOf(collection, id) !== undefined)
        continue;
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
    const here = chunk.known.get(resource.id ?? '') ?? (await this.here.find(collection, resource));
    if (here === 'ours') return undefined;
    if (here === undefined && collection === 'specimens' && this.ofUse.isOutside(resource)) return undefined;
    const version = resource.meta?.versionId ?? '';
    const isKnown = here !== undefined && here.serverId === resource.id && here.sync.versionId === version;
    if (isKnown && !chunk.again) return undefined;
    if (here !== undefined && (await this.wentBack(collection, here, resource))) {
      this.again.add(keyOf(resource));
      return undefined;
    }
    // Ours, but the answer was lost: sending again settles it, where there is anything left to send.
    const rests = here?.syncState === 'onServer' || (here?.syncState === 'conflict' && here.serverId === '');
    if (here !== undefined && !rests && (await attempts.isOurs(here.id, resource))) return undefined;
    const local = here === undefined ? await this.here.newLocal(collection, resource) : localOf(here);
    const there = await this.read(collection, resource, local, here, chunk.reader);
    if (collection === 'specimens' && !(await this.isUsable(resource, there, chunk.absent))) return undefined;
    if (here === undefined && !(await this.ofUse.includes(collection, resource, there, chunk.reader)))
      return undefined;
    const problem = documentShapes[collection].safeParse(there).error?.issues[0];
    if (problem !== undefined)
      return this.unusable(resource, `${problem.path.join('.')}: ${problem.message}`);
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
    this.unusable(resource, specimen.patientId === '' ? 'its patient is not here' : 'it has no number');
    return false;
  }

  private unusable(resource: AnyResource, why: string): undefined {
    this.options.say(`1 cannot be used here: ${keyOf(resource)}, ${why}`);
  }
}

/** What some resources refer to; one that cannot be read names nothing, and what becomes of it is said where it is prepared. */
function namedIn(
  resources: readonly AnyResource[],
  references: (resource: AnyResource) => string[],
): string[] {
  return resources.flatMap((resource) => {
    try {
      return references(resource);
    } catch (error) {
      if (isMalformed(error)) return [];
      throw error;
    }
  });
}

/** Reference to the patient of a resource. */
function patientOf(resource: AnyResource): string[] {
  const { subject, for: patient } = resource as Partial<Record<'subject' | 'for', { reference?: string }>>;
  const reference = (subject ?? patient)?.reference;
  return reference === undefined ? [] : [reference];
}
