import type {
  CollectionName,
  DocOf,
  OrderDoc,
  ResultDoc,
  SpecimenDoc,
} from '../../../shared/documents/index.ts';
import { specimenByNumber } from '../accession-search.ts';
import { orderFor, standingOf, standingResult } from '../results/find.ts';
import { ofRequisition } from '../results/report-state.ts';
import type { Find, Latest, Reader, Writer } from '../store/store.ts';
import { keyGroup } from './measurement.ts';

/**
 * Collections that posting reads again for each result and each message. No unit that posts writes any of them but for orders, see
 * {@link MessageReads.ordersChanged}, and for the lists of orders that were told, which posting does not ask for.
 */
const steady: ReadonlySet<CollectionName> = new Set([
  'patients',
  'orders',
  'specimens',
  'settings',
  'instruments',
]);

/** The key of a measurement, and the one that an earlier version gave it where there may still be any of those. */
export interface MeasurementKeys {
  key: string;
  former: string | undefined;
}

type Keyed = 'results' | 'controls' | 'tasks';

/** A message with fewer results looks for each of their keys, and for what stands for each of their tests, alone. */
const FEW = 4;

/** Reads of the units of work that post. */
const ofUnits = new WeakMap<Writer, MessageReads>();

/**
 * What the posting of messages reads, within their unit of work: specimen, patient, orders, settings and instrument once for all of them, the
 * results of a specimen once for all its tests. Everything else goes to the unit. Its documents are shared: nobody may change them.
 */
export class MessageReads implements Reader, Latest {
  readonly #unit: Writer;
  /** Documents of the steady collections, by id. */
  readonly #docs = new Map<CollectionName, Map<string, Promise<unknown>>>();
  readonly #found = new Map<string, unknown[]>();
  /** Requisitions whose orders were read. */
  readonly #requisitions = new Set<string>();
  /** The specimen of a number, by what was sent. */
  readonly #specimens = new Map<string, Promise<SpecimenDoc | undefined>>();
  /** All versions of the results of a specimen, by accession number. */
  readonly #versions = new Map<string, ResultDoc[]>();

  #results = 1;
  #appended = new Map<string, ResultDoc[]>();
  /** Documents by collection and group of keys, with those of all keys in it that were there when it was read. */
  readonly #groups = new Map<string, { sourceKey: string }[]>();
  /** Keys that something may have been written under. */
  readonly #written = new Set<string>();

  constructor(unit: Writer) {
    this.#unit = unit;
  }

  /** The reads of a unit for its next message, with what was read for those before it. @param results how many the message has */
  static next(unit: Writer, results: number): MessageReads {
    const reads = ofUnits.get(unit) ?? new MessageReads(unit);
    ofUnits.set(unit, reads);
    reads.#results = results;
    reads.#appended = new Map();
    return reads;
  }

  /** Nothing that was read so far is used any more. */
  forget(): void {
    for (const read of [this.#docs, this.#found, this.#specimens, this.#versions, this.#groups]) read.clear();
    this.#requisitions.clear();
  }

  /** Orders may have been written: they are read anew. */
  ordersChanged(): void {
    this.#docs.delete('orders');
    this.#requisitions.clear();
    for (const query of this.#found.keys()) if (query.startsWith('orders ')) this.#found.delete(query);
  }

  /** What carries the key of a measurement: posted, controls or exceptions, as they are now. */
  async measured<C extends Keyed>(collection: C, { key, former }: MeasurementKeys): Promise<DocOf<C>[]> {
    const group = this.#results < FEW || this.#written.has(key) ? undefined : keyGroup(key);
    const found =
      group === undefined
        ? await this.#unit.find(collection, { selector: { sourceKey: { $eq: key } } })
        : (await this.#group(collection, group)).filter((doc) => doc.sourceKey === key);
    if (former === undefined) return found;
    return [...(await this.#unit.find(collection, { selector: { sourceKey: { $eq: former } } })), ...found];
  }

  /** Something may have been written under a key: from now on it is looked for anew. */
  wrote(key: string): void {
    this.#written.add(key);
  }

  async #group<C extends Keyed>(collection: C, group: string): Promise<DocOf<C>[]> {
    const name = `${collection} ${group}`;
    let found = this.#groups.get(name) as DocOf<C>[] | undefined;
    if (found === undefined) {
      found = await this.#unit.beginning(collection, 'sourceKey', group);
      this.#groups.set(name, found);
    }
    return found;
  }

  get<C extends CollectionName>(collection: C, id: string): Promise<DocOf<C> | undefined> {
    if (!steady.has(collection)) return this.#unit.get(collection, id);
    const docs = this.#docsOf(collection);
    let doc = docs.get(id);
    if (doc === undefined) {
      doc = this.#unit.get(collection, id);
      docs.set(id, doc);
    }
    return doc as Promise<DocOf<C> | undefined>;
  }

  #docsOf(collection: CollectionName): Map<string, Promise<unknown>> {
    let docs = this.#docs.get(collection);
    if (docs === undefined) {
      docs = new Map();
      this.#docs.set(collection, docs);
    }
    return docs;
  }

  async getMany<C extends CollectionName>(collection: C, ids: readonly string[]): Promise<DocOf<C>[]> {
    const docs: DocOf<C>[] = [];
    for (const id of ids) {
      const doc = await this.get(collection, id);
      if (doc !== undefined) docs.push(doc);
    }
    return docs;
  }

  async find<C extends CollectionName>(collection: C, query: Find): Promise<DocOf<C>[]> {
    if (collection === 'results') {
      const number = specimenOf(query);
      if (number !== undefined) return [...(await this.#versionsOf(number))] as unknown as DocOf<C>[];
    }
    if (!steady.has(collection)) return this.#unit.find(collection, query);
    const key = `${collection} ${JSON.stringify(query)}`;
    let found = this.#found.get(key);
    if (found === undefined) {
      found = await this.#unit.find(collection, query);
      this.#found.set(key, found);
    }
    return found as DocOf<C>[];
  }

  latest<C extends CollectionName>(
    collection: C,
    selector: Record<string, { $eq: string }>,
    limit: number,
    last: (doc: DocOf<C>) => boolean,
  ): Promise<DocOf<C>[]> {
    return this.#unit.latest(collection, selector, limit, last);
  }

  /**
   * The order of a specimen that asks for a test. The orders of its requisition are read together: the report is made of them, too.
   */
  async order(specimen: SpecimenDoc, testCode: string): Promise<OrderDoc | undefined> {
    const { requisition } = specimen;
    if (requisition !== '' && !this.#requisitions.has(requisition)) {
      this.#requisitions.add(requisition);
      const docs = this.#docsOf('orders');
      for (const order of await this.find('orders', ofRequisition(requisition)))
        if (!docs.has(order.id)) docs.set(order.id, Promise.resolve(order));
    }
    return orderFor(this, specimen, testCode);
  }

  /** The one specimen with this number; undefined when there is none, or more than one. */
  specimen(number: string): Promise<SpecimenDoc | undefined> {
    let found = this.#specimens.get(number);
    if (found === undefined) {
      found = specimenByNumber(this, number);
      this.#specimens.set(number, found);
    }
    return found;
  }

  /** The standing version of a test on a specimen, as it is after what {@link posted} was told; undefined when nothing was measured yet. */
  async standing(accessionIdentifier: string, testCode: string): Promise<ResultDoc | undefined> {
    if (this.#results < FEW && !this.#versions.has(accessionIdentifier))
      return standingResult(this.#unit, accessionIdentifier, testCode);
    const versions = await this.#versionsOf(accessionIdentifier);
    return standingOf(versions.filter((one) => one.testCode === testCode));
  }

  /** Results of the message that were appended so far, by requisition. */
  get appended(): ReadonlyMap<string, readonly ResultDoc[]> {
    return this.#appended;
  }

  /** A result of the message was appended: it stands now. */
  posted(result: ResultDoc): void {
    const alike = this.#appended.get(result.requisition);
    if (alike === undefined) this.#appended.set(result.requisition, [result]);
    else alike.push(result);
    const versions = this.#versions.get(result.accessionIdentifier);
    if (versions === undefined) return;
    const replaced = versions.findIndex((one) => one.id === result.replacesId);
    if (replaced >= 0) versions[replaced] = { ...(versions[replaced] as ResultDoc), current: false };
    versions.push(result);
  }

  /** All versions of all results of a specimen. */
  async #versionsOf(accessionIdentifier: string): Promise<ResultDoc[]> {
    let versions = this.#versions.get(accessionIdentifier);
    if (versions === undefined) {
      versions = await this.#unit.find('results', {
        selector: { accessionIdentifier: { $eq: accessionIdentifier } },
      });
      this.#versions.set(accessionIdentifier, versions);
    }
    return versions;
  }
}

/** The number in a query for the results of one specimen; undefined for every other query. */
function specimenOf({ selector, ...rest }: Find): string | undefined {
  const [[field, matcher] = [], ...more] = Object.entries(selector);
  if (field !== 'accessionIdentifier' || more.length + Object.keys(rest).length > 0) return undefined;
  return (matcher as { $eq?: string }).$eq;
}
