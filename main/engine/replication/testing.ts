import { newBase } from '../../../shared/documents/common.ts';
import type { DocOf } from '../../../shared/documents/index.ts';
import { newMapping } from '../../../shared/documents/instrument.ts';
import { nameKeyOf } from '../../../shared/fhir/patient.ts';
import { realTimers } from '../timers.ts';
import type { Replication, ReplicationConfig, ReplicationOptions } from './contract.ts';
import type { MemoryStore } from './memory-store.ts';
import type { ReplicationStore } from './port.ts';
import { startReplication } from './replication.ts';

const T0 = Date.parse('2026-07-29T06:00:00.000Z');

/** Base fields of a queued document; `n` orders them. */
function base(id: string, n: number) {
  return newBase(id, new Date(T0 + n).toISOString(), 'queued');
}

export function patientDoc(n: number, more: Partial<DocOf<'patients'>> = {}): DocOf<'patients'> {
  const name = {
    identifier: `MRN-${n}`,
    familyName: `ΠΑΠΑΔΟΠΟΥΛΟΥ ${n}`,
    givenName: 'Ελένη',
    transliteration: '',
  };
  return {
    ...base(`pat-${n}`, n),
    ...name,
    identifierSystem: 'urn:mrn',
    sex: 'female',
    birthDate: '1988-04-12',
    ward: '3C',
    mergedInto: '',
    nameKey: nameKeyOf(name),
    ...more,
  };
}

export function orderDoc(n: number, more: Partial<DocOf<'orders'>> = {}): DocOf<'orders'> {
  return {
    ...base(`ord-${n}`, n),
    requisition: `REQ-${n}`,
    patientId: `pat-${n}`,
    catalogCode: 'GLU',
    display: 'Glucose',
    testCodes: ['GLU'],
    priority: 'routine',
    status: 'active',
    authoredOn: '2026-07-29T05:00:00.000Z',
    requester: 'Dr A. Brannigan',
    ward: '3C',
    note: '',
    origin: 'station',
    ...more,
  };
}

export function specimenDoc(n: number, more: Partial<DocOf<'specimens'>> = {}): DocOf<'specimens'> {
  return {
    ...base(`spe-${n}`, n),
    accessionIdentifier: `B2A${String(n).padStart(8, '0')}X`,
    requisition: `REQ-${n}`,
    patientId: `pat-${n}`,
    orderIds: [`ord-${n}`],
    testCodes: ['GLU'],
    priority: 'routine',
    typeCode: 'SER',
    typeDisplay: 'Serum',
    container: 'SST',
    cap: 'gold',
    tubeIndex: 1,
    tubeCount: 1,
    status: 'received',
    collectedTime: '2026-07-29T05:30:00.000Z',
    collector: 'N. Okafor',
    receivedTime: '2026-07-29T06:00:00.000Z',
    receivedBy: 'M. Lindqvist',
    labelState: 'none',
    label: { printer: '', queuedAt: '', printedAt: '', attempts: 0, why: '', maybePrinted: false, copies: 0 },
    conditionCode: '',
    conditionText: '',
    ...more,
  };
}

/** Result `i` of specimen `n`. */
export function resultDoc(n: number, i = 0, more: Partial<DocOf<'results'>> = {}): DocOf<'results'> {
  return {
    ...base(`res-${n}-${i}`, n),
    patientId: `pat-${n}`,
    specimenId: `spe-${n}`,
    accessionIdentifier: `B2A${String(n).padStart(8, '0')}X`,
    orderId: `ord-${n}`,
    requisition: `REQ-${n}`,
    testCode: 'GLU',
    testName: 'Glucose',
    loinc: '2345-7',
    version: 1,
    replacesId: '',
    current: true,
    status: 'final',
    value: { text: '5.40', kind: 'quantity', number: 5.4, unit: 'mmol/L' },
    interpretation: 'N',
    range: { low: 3.9, high: 5.8, text: '3.9–5.8', appliesTo: 'adult' },
    verdict: 'released',
    because: [],
    ruleSetVersion: 1,
    flags: [],
    previous: null,
    instrumentId: 'CHEM1',
    operator: '',
    effectiveTime: '2026-07-29T05:30:00.000Z',
    measuredTime: '2026-07-29T06:10:00.000Z',
    postedTime: '2026-07-29T06:11:00.000Z',
    enteredBy: '',
    verifiedBy: 'ml',
    verifiedTime: '2026-07-29T06:12:00.000Z',
    comment: '',
    sourceKey: `key-${n}-${i}`,
    messageId: '',
    ...more,
  };
}

export function reportDoc(n: number, more: Partial<DocOf<'reports'>> = {}): DocOf<'reports'> {
  return {
    ...base(`rep-${n}`, n),
    requisition: `REQ-${n}`,
    patientId: `pat-${n}`,
    title: 'Laboratory report',
    version: 1,
    replacesId: '',
    current: true,
    state: 'signed',
    status: 'final',
    priority: 'routine',
    orderIds: [`ord-${n}`],
    specimenIds: [`spe-${n}`],
    resultIds: [`res-${n}-0`],
    conclusion: '',
    sendBackReason: '',
    correctionReason: '',
    signature: {
      personId: 'person-1',
      name: 'Dr R. Adeyemi',
      at: '2026-07-29T06:31:00.000Z',
      meaning: 'Approved',
      contentHash: 'ab'.repeat(32),
    },
    issuedTime: '2026-07-29T06:31:00.000Z',
    readyTime: '2026-07-29T06:20:00.000Z',
    ...more,
  };
}

export function instrumentDoc(): DocOf<'instruments'> {
  return {
    ...base('CHEM1', 0),
    name: 'CHEM1',
    profileId: 'generic-astm',
    manufacturer: 'Example',
    model: 'X100',
    serialNumber: '1',
    active: true,
    ...newMapping(),
  };
}

/** A patient with an order and its specimen. */
export function putSpecimen(store: MemoryStore, n: number): void {
  store.change('patients', patientDoc(n));
  store.change('orders', orderDoc(n));
  store.change('specimens', specimenDoc(n));
}

/** One whole case: patient, order, specimen, results, signed report. */
export function putCase(store: MemoryStore, n: number, results = 1): void {
  putSpecimen(store, n);
  for (let i = 0; i < results; i += 1) store.change('results', resultDoc(n, i));
  store.change('reports', reportDoc(n));
  store.pdfs.set(`rep-${n}`, new TextEncoder().encode(`%PDF-1.7 report ${n}`));
}

/** What a scene needs of a server; the tests give the simulated central one. */
export interface AnyServer {
  url: string;
  stop(): Promise<void>;
}

/** A server, a store and replication between them. */
export interface Scene<V extends AnyServer, S extends ReplicationStore = MemoryStore> {
  server: V;
  store: S;
  replication: Replication;
  /** Starts again with the same store, as after a restart of the engine. */
  restart(config?: Partial<ReplicationConfig>): Promise<void>;
  /** Resolves when the condition holds; looks again and again. Fails with what the window would show when it takes too long. */
  until(condition: () => boolean | Promise<boolean>, withinMs?: number): Promise<void>;
  end(): Promise<void>;
}

/** Starts replication between a store and a server; waits are short, so that faults pass quickly. */
export function begin<V extends AnyServer, S extends ReplicationStore>(
  server: V,
  store: S,
  options: {
    config?: Partial<ReplicationConfig>;
    seed?: number;
    /** Code of the station; B2 when nothing else is said. */
    station?: string;
    receive?: 'scan' | 'onArrival';
    beside?: NonNullable<ReplicationOptions['beside']>;
    onNotice?: NonNullable<ReplicationOptions['onNotice']>;
    onProblem?: NonNullable<ReplicationOptions['onProblem']>;
  } = {},
): Scene<V, S> {
  let ids = 0;
  const station = options.station ?? 'B2';
  const start = (config: Partial<ReplicationConfig> = {}) =>
    startReplication({
      store: self.store,
      config: {
        url: server.url,
        auth: { kind: 'none' },
        pullEveryMs: 100,
        timeoutMs: 2_000,
        overlapMs: 2_000,
        backoffMs: { first: 20, most: 100 },
        seed: options.seed ?? 1,
        ...options.config,
        ...config,
      },
      clock: { now: () => new Date() },
      timers: realTimers,
      stationCode: station,
      receive: options.receive ?? 'scan',
      beside: options.beside ?? [],
      ...(options.onNotice === undefined ? {} : { onNotice: options.onNotice }),
      ...(options.onProblem === undefined ? {} : { onProblem: options.onProblem }),
      newId: () => {
        ids += 1;
        return station === 'B2' ? `new-${ids}` : `new-${station}-${ids}`;
      },
    });
  const self: Omit<Scene<V, S>, 'replication'> = {
    server,
    store,
    async restart(config) {
      await scene.replication.stop();
      scene.replication = start(config);
    },
    async until(condition, withinMs = 25_000) {
      const end = Date.now() + withinMs;
      while (!(await condition())) {
        if (Date.now() > end) {
          const events = scene.replication.events().map((event) => event.text);
          throw new Error(
            `It did not come to that. ${JSON.stringify(scene.replication.status())} ${events.join(' | ')}`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async end() {
      await scene.replication.stop();
      await server.stop();
    },
  };
  const scene: Scene<V, S> = Object.assign(self, { replication: start() });
  return scene;
}
