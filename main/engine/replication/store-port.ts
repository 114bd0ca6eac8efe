import type { CollectionName, DocOf } from '../../../shared/documents/index.ts';
import type { Clock } from '../../../shared/domain/clock.ts';
import { type Replicated, replicated } from '../../../shared/fhir/mapping.ts';
import { putSetting, readSetting } from '../settings.ts';
import type { Reader, Store, Writer } from '../store/store.ts';
import type { Questions } from './conflicts.ts';
import type { AnyDoc, Cause, ReplicationReader, ReplicationStore, ReplicationUnit } from './port.ts';

/** Most specimens of one number or one requisition that are looked at. */
const MOST_OF_ONE = 200;

/** What the port needs to know besides the store. */
export interface StorePortOptions {
  clock: Clock;
  stationCode: string;
  /** Attachment name of a report's PDF. */
  pdfName: string;
  /** Brings the report of a requisition up to date within a unit of work, if there is one. */
  refreshReport: (unit: Writer, requisition: string, at: string) => Promise<void>;
}

/** Replication's view of the station's store. */
export function storePort(store: Store, options: StorePortOptions): ReplicationStore {
  return {
    ...readerOf(store),
    async queued(collection, skip, limit) {
      const selector = { syncState: { $eq: 'queued' } };
      const sort: Record<string, 'asc'>[] = [{ syncState: 'asc' }, { updatedAt: 'asc' }];
      const found = await store.find(collection, { ...{ selector, sort, skip, limit }, keep: true });
      return found as unknown as AnyDoc[];
    },
    settled: () => store.settled(),
    async countQueued(collection) {
      let count = 0;
      for (const name of collection === undefined ? replicated : [collection])
        count += await store.count(name, { selector: { syncState: { $eq: 'queued' } } });
      return count;
    },
    async getMany(collection, ids) {
      return (await store.getMany(collection, ids)) as unknown as AnyDoc[];
    },
    async knownAfter(collection, serverId, limit) {
      const selector = { serverId: { $gt: serverId } };
      return (await store.find(collection, {
        selector,
        sort: [{ serverId: 'asc' }],
        limit,
      })) as unknown as AnyDoc[];
    },
    readPdf: (reportId) => store.readAttachment('reports', reportId, options.pdfName),
    write<T>(cause: Cause, work: (unit: ReplicationUnit) => Promise<T>): Promise<T> {
      const at = options.clock.now().toISOString();
      const context = { ...cause, station: options.stationCode, at };
      return store.write(context, (unit) => work(unitOf(unit, at, options)));
    },
  };
}

function readerOf(reader: Reader): ReplicationReader {
  return {
    byId: (collection, id) => reader.get(collection, id),
    async byServerId<C extends Replicated>(collection: C, serverId: string) {
      return serverId === '' ? undefined : first(reader, collection, { serverId: { $eq: serverId } });
    },
    async byServerIds<C extends Replicated>(collection: C, serverIds: readonly string[]) {
      const found = new Map<string, DocOf<C>>();
      for (const serverId of new Set(serverIds)) {
        const doc =
          serverId === '' ? undefined : await first(reader, collection, { serverId: { $eq: serverId } });
        if (doc !== undefined) found.set(serverId, doc);
      }
      return found;
    },
    async patientByNumber(system, value) {
      const all = await reader.find('patients', {
        selector: { identifier: { $eq: value } },
        limit: MOST_OF_ONE,
      });
      return all.find((patient) => patient.identifierSystem === system);
    },
    catalog: () => reader.find('catalog', { selector: {} }),
    specimensByNumber: (number) =>
      reader.find('specimens', { selector: { accessionIdentifier: { $eq: number } }, limit: MOST_OF_ONE }),
    specimensOf: (requisition) =>
      reader.find('specimens', { selector: { requisition: { $eq: requisition } }, limit: MOST_OF_ONE }),
    reportsOf: (requisition) =>
      reader.find('reports', { selector: { requisition: { $eq: requisition } }, limit: MOST_OF_ONE }),
    resultsOf: (number) =>
      // History of other systems has no number: all of it would be found.
      number === ''
        ? Promise.resolve([])
        : reader.find('results', { selector: { accessionIdentifier: { $eq: number } } }),
    async openTask(sourceKey) {
      return first(reader, 'tasks', { sourceKey: { $eq: sourceKey }, status: { $eq: 'open' } });
    },
    state: (name) => readSetting(reader, settingOf(name)),
  };
}

/** Questions to people within a unit of work of the store that is not replication's. */
export function questionsOf(unit: Writer): Questions {
  const { openTask } = readerOf(unit);
  return { openTask, putChanged: (collection, doc) => unit.put(collection, doc) };
}

function unitOf(unit: Writer, at: string, options: StorePortOptions): ReplicationUnit {
  return {
    ...readerOf(unit),
    ...questionsOf(unit),
    put: (collection, doc, { checked = false } = {}) => unit.put(collection, doc, { sync: true, checked }),
    amend: (collection, read, fields) => unit.amend(collection, read, fields),
    keepPdf: (id, pdf) => unit.attach('reports', id, options.pdfName, 'application/pdf', pdf),
    taskOf: (sourceKey) => first(unit, 'tasks', { sourceKey: { $eq: sourceKey } }),
    setState: (name, value) => putSetting(unit, at, settingOf(name), value),
    refreshReport: (requisition) => options.refreshReport(unit, requisition, at),
  };
}

async function first<C extends CollectionName>(
  reader: Reader,
  collection: C,
  selector: Record<string, unknown>,
): Promise<DocOf<C> | undefined> {
  return (await reader.find(collection, { selector, limit: 1 }))[0];
}

function settingOf(name: string): string {
  return `sync.${name}`;
}
