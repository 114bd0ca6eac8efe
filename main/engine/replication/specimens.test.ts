import type { Patient, ServiceRequest, Specimen } from 'fhir/r4';
import { afterEach, describe, expect, it } from 'vitest';
import type { SpecimenDoc } from '../../../shared/documents/index.ts';
import type { Resource } from '../../../test/sim/fhir/resource.ts';
import { createFhirServer, type FhirServer } from '../../../test/sim/fhir/server.ts';
import { catalog as demoCatalog } from '../../../test/sim/laboratory/catalog.ts';
import { resourcesFrom } from '../../../test/sim/laboratory/fhir.ts';
import { MemoryStore } from './memory-store.ts';
import { reconcileSpecimen } from './specimens.ts';
import { type Scene as AnyScene, begin, orderDoc, patientDoc, resultDoc, specimenDoc } from './testing.ts';

type Scene = AnyScene<FhirServer>;
type Given = Patient | ServiceRequest | Specimen;

let current: Scene | undefined;
afterEach(async () => {
  await current?.end();
  current = undefined;
});

const patient: Patient = {
  resourceType: 'Patient',
  id: 'adm-1',
  identifier: [{ system: 'urn:mrn', value: '5120 9934' }],
  name: [{ family: 'Şahin', given: ['Ayşe'] }],
  gender: 'female',
  birthDate: '1988-04-21',
};
const order: ServiceRequest = {
  resourceType: 'ServiceRequest',
  id: 'req-1',
  status: 'active',
  intent: 'order',
  priority: 'stat',
  requisition: { value: 'REQ-1' },
  code: { coding: [{ code: 'LYTES' }] },
  subject: { reference: 'Patient/adm-1' },
  authoredOn: '2026-07-29T06:00:00Z',
};
const blood: ServiceRequest = { ...order, id: 'req-2', code: { coding: [{ code: 'HGB' }] } };
const ward: Specimen = {
  resourceType: 'Specimen',
  id: 'tube-1',
  identifier: [{ system: 'urn:ward:tube', value: 'T-1' }],
  accessionIdentifier: { system: 'urn:ward:accession', value: ' WARD-2026-0000123456 ' },
  status: 'available',
  type: {
    coding: [
      { system: 'http://snomed.info/sct', code: '119364003' },
      { system: 'urn:ward:type', code: 'SER' },
    ],
    text: 'Serum specimen',
  },
  subject: { reference: 'Patient/adm-1' },
  request: [{ reference: 'ServiceRequest/req-1' }, { reference: 'ServiceRequest/req-2' }],
  collection: {
    collectedDateTime: '2026-07-29T08:05:00+02:00',
    collector: { display: 'N. Okafor' },
    bodySite: { text: 'left arm' },
  },
  note: [{ text: 'difficult draw' }],
};

async function scene(receive: 'scan' | 'onArrival' = 'scan'): Promise<Scene> {
  const server = await createFhirServer({ seed: 1 });
  server.control.load(resourcesFrom({ catalog: demoCatalog('2026-07-29T05:00:00.000Z') }));
  current = begin(server, new MemoryStore(), { receive });
  return current;
}

const give = (of: Scene, ...resources: Given[]) => {
  for (const one of resources) of.server.control.put(one as unknown as Resource);
};
const there = (of: Scene) => of.server.control.read('Specimen', 'tube-1') as unknown as Specimen;
const tube = (of: Scene, id = 'tube-1') => of.store.all('specimens').find((one) => one.id === id);
const drained = (of: Scene) => of.until(async () => (await of.store.countQueued()) === 0);

/** Waits for a whole round that began after this call. */
async function round(of: Scene): Promise<void> {
  for (let n = 0; n < 2; n += 1) {
    const before = of.replication.status().lastSyncAt;
    of.replication.now();
    await of.until(() => of.replication.status().lastSyncAt > before);
  }
}

async function arrived(receive?: 'scan' | 'onArrival', specimen: Specimen = ward): Promise<Scene> {
  const of = await scene(receive);
  give(of, patient, order, blood, specimen);
  of.replication.now();
  await of.until(() => of.store.all('specimens').length === 1);
  return of;
}

describe('a specimen of another system', () => {
  it('has its number, its patient, and the tests of its orders that its type is for; no label', async () => {
    const of = await arrived();
    expect(tube(of)).toMatchObject({
      accessionIdentifier: 'WARD-2026-0000123456',
      requisition: 'REQ-1',
      patientId: 'adm-1',
      orderIds: ['req-1', 'req-2'],
      testCodes: ['NA', 'K', 'CL'],
      priority: 'stat',
      typeCode: 'SER',
      typeDisplay: 'Serum specimen',
      cap: 'gold',
      tubeIndex: 1,
      tubeCount: 1,
      status: 'expected',
      collectedTime: '2026-07-29T06:05:00.000Z',
      collector: 'N. Okafor',
      labelState: 'none',
      syncState: 'onServer',
      serverId: 'tube-1',
    });
    expect(tube(of)?.container).not.toBe('');
    await round(of);
    const { versions } = of.server.stats();
    const { writes } = of.store;
    await round(of);
    expect(of.server.stats().versions).toBe(versions);
    expect(of.store.writes).toBe(writes);
  });

  it('takes the first identifier where there is no accession number, and refuses one without any, aloud', async () => {
    const { accessionIdentifier: _none, ...bare } = ward;
    const of = await arrived('scan', bare);
    expect(tube(of)?.accessionIdentifier).toBe('T-1');
    give(
      of,
      { ...bare, id: 'tube-2', identifier: [] },
      { ...ward, id: 'tube-3', identifier: [], accessionIdentifier: { value: 'x'.repeat(33) } },
    );
    await round(of);
    expect(of.store.all('specimens')).toHaveLength(1);
    const said = of.replication.events().map((event) => event.text);
    expect(said).toContain('1 cannot be used here: Specimen/tube-2, it has no number');
    expect(said.join()).toMatch(/Specimen\/tube-3, accessionIdentifier/);
  });

  it('keeps everything it does not model when its receipt is sent', async () => {
    const of = await arrived();
    const before = there(of);
    const receivedTime = '2026-07-29T07:00:00.000Z';
    of.store.change('specimens', { ...tube(of)!, status: 'received', receivedTime, receivedBy: 'ml' });
    of.replication.wake();
    await drained(of);
    const after = there(of);
    expect(after).toMatchObject({
      receivedTime,
      identifier: before.identifier,
      accessionIdentifier: before.accessionIdentifier,
      request: before.request,
      collection: before.collection,
      note: before.note,
      type: before.type,
    });
    expect(of.server.stats()).toMatchObject({ duplicates: [], resources: { Specimen: 1 } });
    await round(of);
    expect(tube(of)).toMatchObject({ status: 'received', receivedTime, testCodes: ['NA', 'K', 'CL'] });
  });

  it.each([
    ['received', { receivedTime: '2026-07-29T06:30:00Z' }],
    ['expected', {}],
    ['rejected', { status: 'unsatisfactory', condition: [{ text: 'Clotted' }] }],
    ['rejected', { status: 'entered-in-error' }],
    ['disposed', { status: 'unavailable' }],
  ] as const)('is %s when the server says %j', async (status, more) => {
    const of = await arrived('scan', { ...ward, ...(more as Partial<Specimen>) });
    expect(tube(of)?.status).toBe(status);
    if (status === 'rejected') expect(tube(of)?.conditionText).toMatch(/Clotted|Entered in error/);
  });

  it('is received on arrival where the station says so, and the server is not told', async () => {
    const of = await arrived('onArrival');
    const first = tube(of);
    expect(first).toMatchObject({ status: 'received', receivedBy: 'B2', syncState: 'onServer' });
    give(of, { ...ward, note: [{ text: 'another note' }] });
    await round(of);
    expect(tube(of)).toMatchObject({ status: 'received', receivedTime: first?.receivedTime });
    expect(there(of).receivedTime).toBeUndefined();
  });

  it('is completed when its orders and its patient arrive after it', async () => {
    const of = await scene();
    give(
      of,
      patient,
      { ...ward, request: [{ reference: 'ServiceRequest/req-1' }] },
      {
        ...ward,
        id: 'tube-2',
        accessionIdentifier: { value: 'W2' },
        subject: { reference: 'Patient/late' },
        request: [],
      },
    );
    of.replication.now();
    await of.until(() => of.store.all('specimens').length === 1);
    expect(tube(of)).toMatchObject({ orderIds: ['ServiceRequest/req-1'], testCodes: [], requisition: '' });
    // What is changed meanwhile does not lose the reference to the order.
    const receivedTime = '2026-07-29T07:00:00.000Z';
    of.store.change('specimens', { ...tube(of)!, status: 'received', receivedTime });
    of.replication.wake();
    await drained(of);
    expect(there(of).request).toEqual([{ reference: 'ServiceRequest/req-1' }]);
    await of.restart();
    give(of, order, { ...patient, id: 'late', identifier: [{ value: 'late' }] });
    await of.until(() => tube(of)?.requisition === 'REQ-1' && tube(of, 'tube-2') !== undefined);
    expect(tube(of)).toMatchObject({
      status: 'received',
      receivedTime,
      orderIds: ['req-1'],
      testCodes: ['NA', 'K', 'CL'],
    });
    await round(of);
    const { writes } = of.store;
    await round(of);
    expect(of.store.writes).toBe(writes);
  });

  it('counts the tubes of its requisition', async () => {
    const of = await arrived();
    const lavender = { coding: [{ code: 'EDTA' }] };
    give(of, { ...ward, id: 'tube-2', type: lavender, accessionIdentifier: { value: 'WARD-2' } });
    await of.until(() => of.store.all('specimens').length === 2);
    expect(tube(of, 'tube-2')).toMatchObject({ testCodes: ['HGB'], cap: 'lavender' });
    expect(tube(of)).toMatchObject({ tubeIndex: 2, tubeCount: 2 });
    expect(tube(of, 'tube-2')).toMatchObject({ tubeIndex: 1, tubeCount: 2 });
  });

  it('is put before a person when its number is taken, or an order is of another patient', async () => {
    const of = await arrived();
    const other: Patient = { ...patient, id: 'adm-2', identifier: [{ value: 'other' }] };
    give(of, other, { ...ward, id: 'tube-2', subject: { reference: 'Patient/adm-2' }, request: [] });
    await of.until(() => of.store.all('tasks').length === 1);
    expect(of.store.all('tasks')[0]).toMatchObject({ kind: 'conflict', reason: 'numberTwice' });
    expect(tube(of, 'tube-2')?.syncState).toBe('conflict');
    give(of, {
      ...ward,
      id: 'tube-3',
      subject: { reference: 'Patient/adm-2' },
      accessionIdentifier: { value: 'W3' },
    });
    await of.until(() => of.store.all('tasks').length === 2);
    expect(of.store.all('tasks')[1]).toMatchObject({ kind: 'conflict', reason: 'otherPatient' });
    expect(tube(of, 'tube-3')).toMatchObject({ patientId: 'adm-2', testCodes: [] });
    await of.replication.decide('specimens', 'tube-2', [], { actor: 'ml', command: 'sync.decide' });
    await drained(of);
    expect(tube(of, 'tube-2')).toMatchObject({
      accessionIdentifier: 'WARD-2026-0000123456',
      patientId: 'adm-2',
    });
  });
});

describe('a specimen on both sides', () => {
  async function sent(): Promise<Scene> {
    const of = await scene();
    of.store.change('patients', patientDoc(1));
    of.store.change('orders', orderDoc(1));
    of.store.change('specimens', specimenDoc(1));
    of.store.change('results', resultDoc(1, 0, { verdict: 'ready', status: 'preliminary' }));
    of.replication.wake();
    await drained(of);
    return of;
  }
  const mine = (of: Scene) => of.store.all('specimens')[0]!;
  const theirs = (of: Scene) => of.server.control.read('Specimen', mine(of).serverId) as unknown as Specimen;

  it('is not fetched back as news', async () => {
    const of = await sent();
    await round(of);
    const { writes } = of.store;
    await round(of);
    expect(of.store.writes).toBe(writes);
    expect(of.store.all('specimens')).toHaveLength(1);
  });

  it.each([false, true])(
    'rejected at the server is rejected here and its results are held (released: %s)',
    async (released) => {
      const of = await sent();
      if (released) of.store.change('results', resultDoc(1, 1, { testCode: 'K' }));
      give(of, {
        ...theirs(of),
        status: 'unsatisfactory',
        condition: [{ coding: [{ code: 'RH' }], text: 'Hemolysed' }],
      });
      await of.until(() => mine(of).status === 'rejected');
      expect(mine(of)).toMatchObject({ conditionCode: 'RH', conditionText: 'Hemolysed' });
      const result = of.store.all('results').find((one) => one.id === 'res-1-0');
      expect(result).toMatchObject({ verdict: 'held' });
      expect(result?.because[0]).toMatchObject({
        rule: 'specimen',
        text: 'The specimen was rejected: Hemolysed.',
      });
      expect(of.store.all('tasks').map((task) => task.reason)).toEqual(
        released ? ['rejectedAfterRelease'] : [],
      );
    },
  );

  it('received at two stations stays one, with the first receipt', async () => {
    const of = await arrived();
    await of.server.control.set({ down: 'refuse' });
    const receivedTime = '2026-07-29T07:05:00.000Z';
    of.store.change('specimens', { ...tube(of)!, status: 'received', receivedTime, receivedBy: 'ml' });
    give(of, { ...ward, receivedTime: '2026-07-29T07:00:00.000Z' });
    await of.server.control.set({ down: 'no' });
    of.replication.now();
    await drained(of);
    expect(tube(of)).toMatchObject({ status: 'received', receivedTime: '2026-07-29T07:00:00.000Z' });
    expect(of.store.all('specimens')).toHaveLength(1);
    expect(of.server.stats().resources.Specimen).toBe(1);
    expect(of.store.all('tasks')).toEqual([]);
  });
});

describe('reconcileSpecimen', () => {
  const sync = (sentChange: number) => ({ ...specimenDoc(1).sync, sentChange, versionId: '1' });
  const here = (more: Partial<SpecimenDoc>, unsent = true): SpecimenDoc =>
    specimenDoc(1, { change: 2, sync: sync(unsent ? 1 : 2), ...more });
  const expected = { status: 'expected', receivedTime: '', receivedBy: '' } as const;
  const rejected = { status: 'rejected', conditionCode: 'RH', conditionText: 'Hemolysed' } as const;
  const there = (more: Partial<SpecimenDoc> = {}): SpecimenDoc => specimenDoc(1, more);
  const outcome = (...of: Parameters<typeof reconcileSpecimen>) => {
    const verdict = reconcileSpecimen(...of);
    return verdict.kind === 'conflict'
      ? verdict.why
      : `${verdict.kind} ${(verdict.doc as unknown as SpecimenDoc).status}`;
  };

  it('lets receipt and rejection here win over expected, and a rejection win on either side', () => {
    const base = there(expected);
    const changed = there({ ...expected, typeDisplay: 'changed' });
    expect(outcome(here({}), changed, base, false)).toBe('send received');
    expect(outcome(here({}), changed, undefined, false)).toBe('send received');
    expect(outcome(here(rejected), there(), base, false)).toBe('send rejected');
    expect(outcome(here({}), there(rejected), base, false)).toBe('take rejected');
    expect(outcome(here(expected), there({ typeDisplay: 'changed' }), there(), false)).toBe('send expected');
    expect(outcome(here({}, false), there(rejected), there(), true)).toBe('take rejected');
    expect(outcome(here({}, false), there({ status: 'disposed' }), there(), false)).toBe('take disposed');
  });

  it('keeps what was measured here from being taken away', () => {
    expect(outcome(here({}, false), there(expected), there(), true)).toBe('take received');
    expect(outcome(here({}, false), there(expected), there(), false)).toBe('take expected');
    expect(outcome(here(rejected, false), there(), there(rejected), false)).toMatch(/available again/);
    expect(outcome(here({}, false), there({ patientId: 'pat-2' }), there(), true)).toMatch(/another patient/);
    expect(outcome(here({}, false), there({ accessionIdentifier: 'X' }), there(), true)).toMatch(
      /another number/,
    );
    expect(outcome(here({}, false), there({ patientId: 'pat-2' }), there(), false)).toBe('take received');
  });
});
