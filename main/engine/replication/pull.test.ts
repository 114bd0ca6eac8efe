import type { Patient, ServiceRequest } from 'fhir/r4';
import { afterEach, describe, expect, it } from 'vitest';
import type { Resource } from '../../../test/sim/fhir/resource.ts';
import { createFhirServer, type FhirServer, type FhirServerOptions } from '../../../test/sim/fhir/server.ts';
import { catalog as demoCatalog } from '../../../test/sim/laboratory/catalog.ts';
import { resourcesFrom } from '../../../test/sim/laboratory/fhir.ts';
import type { ReplicationConfig } from './contract.ts';
import { MemoryStore } from './memory-store.ts';
import {
  type Scene as AnyScene,
  begin as beginScene,
  orderDoc,
  patientDoc,
  putCase,
  specimenDoc,
} from './testing.ts';

type Scene = AnyScene<FhirServer>;

let current: Scene | undefined;
afterEach(async () => {
  await current?.end();
  current = undefined;
});

async function begin(
  options: { server?: FhirServerOptions; config?: Partial<ReplicationConfig> } = {},
): Promise<Scene> {
  const server = await createFhirServer({ seed: 1, ...options.server });
  current = beginScene(server, new MemoryStore(), options);
  return current;
}

const admitted: Patient = {
  resourceType: 'Patient',
  id: 'adm-1',
  identifier: [
    {
      type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] },
      system: 'urn:mrn',
      value: '5120 9934',
    },
  ],
  name: [{ use: 'official', family: 'ŞAHİN', given: ['Ayşe'], prefix: ['Ms'] }],
  telecom: [{ system: 'phone', value: '555' }],
  gender: 'female',
  birthDate: '1988-04-21',
};

const ordered: ServiceRequest = {
  resourceType: 'ServiceRequest',
  id: 'req-1',
  status: 'active',
  intent: 'order',
  priority: 'stat',
  requisition: { value: 'REQ-88120417' },
  code: { coding: [{ code: 'METAB' }], text: 'Metabolic' },
  subject: { reference: 'Patient/adm-1' },
  authoredOn: '2026-07-29T08:00:00+02:00',
  insurance: [{ display: 'kept' }],
};

const give = (of: Scene, resource: Patient | ServiceRequest) =>
  of.server.control.put(resource as unknown as Resource);
const patients = (of: Scene) => of.store.all('patients');

describe('pull', () => {
  it('brings orders with their patients and the tests the catalogue says', async () => {
    const of = await begin();
    of.server.control.load(resourcesFrom({ catalog: demoCatalog('2026-07-29T05:00:00.000Z') }));
    give(of, admitted);
    give(of, ordered);
    of.replication.now();
    await of.until(() => of.store.all('orders').length === 1);
    expect(patients(of)).toMatchObject([
      {
        id: 'adm-1',
        serverId: 'adm-1',
        syncState: 'onServer',
        identifier: '5120 9934',
        familyName: 'ŞAHİN',
        birthDate: '1988-04-21',
      },
    ]);
    const catalog = of.store.all('catalog');
    expect(new Set(catalog.map((item) => item.kind))).toEqual(new Set(['test', 'panel', 'specimenType']));
    const panel = catalog.find((item) => item.kind === 'panel' && item.code === 'METAB');
    expect(panel?.members.length).toBeGreaterThan(1);
    expect(of.store.all('orders')[0]).toMatchObject({
      patientId: 'adm-1',
      requisition: 'REQ-88120417',
      catalogCode: 'METAB',
      testCodes: panel?.members,
      authoredOn: '2026-07-29T06:00:00.000Z',
      origin: 'server',
      syncState: 'onServer',
    });
    await of.until(() => of.replication.status().lastSyncAt !== '');
    const { versions } = of.server.stats();
    const { writes } = of.store;
    const before = of.replication.status().lastSyncAt;
    of.replication.now();
    await of.until(() => of.replication.status().lastSyncAt > before);
    expect(of.server.stats().versions).toBe(versions);
    expect(of.store.writes).toBe(writes);
  });

  it('follows pages by cursor and misses nothing that appears below the mark', async () => {
    const of = await begin({ config: { pageSize: 7, pullEveryMs: 30 } });
    for (let n = 0; n < 25; n += 1) give(of, { ...admitted, id: `p-${n}`, identifier: [{ value: `m${n}` }] });
    of.replication.now();
    await of.until(() => patients(of).length === 25);
    await of.server.control.set({ lateCommit: { count: 1 }, lateCommitMs: 300 });
    const late = fetch(`${of.server.url}/Patient`, {
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify({ ...admitted, id: undefined, identifier: [{ value: 'late' }] }),
    });
    await of.until(() => of.server.stats().faults.lateCommit === 1);
    give(of, { ...admitted, id: 'p-early', identifier: [{ value: 'early' }] });
    await of.until(() => patients(of).some((item) => item.identifier === 'early'));
    await late;
    await of.until(() => patients(of).some((item) => item.identifier === 'late'));
  });

  it('takes demographics from the server and keeps what it does not model', async () => {
    const of = await begin();
    give(of, admitted);
    of.replication.now();
    await of.until(() => patients(of).length === 1);
    give(of, { ...admitted, birthDate: '1988-04-12' });
    await of.until(() => patients(of)[0]?.birthDate === '1988-04-12');
    of.store.change('patients', { ...patients(of)[0]!, ward: '3C, bed 8' });
    of.replication.wake();
    await of.until(async () => (await of.store.countQueued()) === 0);
    expect(of.server.control.read('Patient', 'adm-1')).toMatchObject({
      ...admitted,
      birthDate: '1988-04-12',
      extension: [{ valueString: '3C, bed 8' }],
    });
  });

  it('merges changes of different fields by itself', async () => {
    const of = await begin();
    give(of, admitted);
    of.replication.now();
    await of.until(() => patients(of).length === 1);
    await of.server.control.set({ down: 'refuse' });
    of.store.change('patients', { ...patients(of)[0]!, ward: 'ICU' });
    give(of, { ...admitted, birthDate: '1988-04-12' });
    await of.server.control.set({ down: 'no' });
    of.replication.now();
    await of.until(() => patients(of)[0]?.syncState === 'onServer');
    expect(patients(of)[0]).toMatchObject({ ward: 'ICU', birthDate: '1988-04-12' });
    expect(JSON.stringify(of.server.control.read('Patient', 'adm-1'))).toContain('ICU');
    expect(of.store.all('tasks')).toEqual([]);
  });

  it.each(['pull', 'push'])(
    'puts a field changed on both sides before a person, who decides (%s sees it first)',
    async (first) => {
      const of = await begin({ config: { pullEveryMs: first === 'pull' ? 50 : 600_000 } });
      give(of, admitted);
      of.replication.now();
      await of.until(() => patients(of).length === 1);
      await of.server.control.set({ down: 'refuse' });
      of.store.change('patients', { ...patients(of)[0]!, birthDate: '1988-04-12', ward: '3C' });
      give(of, { ...admitted, birthDate: '1990-01-01' });
      await of.server.control.set({ down: 'no' });
      of.replication.wake();
      await of.until(() => patients(of)[0]?.syncState === 'conflict');
      expect(patients(of)[0]).toMatchObject({
        birthDate: '1988-04-12',
        sync: { why: 'Changed here and at the server: birth date' },
      });
      const [task] = of.store.all('tasks');
      expect(task).toMatchObject({
        kind: 'conflict',
        reason: 'bothChanged',
        patientId: 'adm-1',
        payload: {
          collection: 'patients',
          docId: 'adm-1',
          here: { birthDate: '1988-04-12' },
          server: { birthDate: '1990-01-01' },
        },
      });
      expect(of.server.control.read('Patient', 'adm-1')).toMatchObject({ birthDate: '1990-01-01' });
      const cause = { actor: 'ml', command: 'sync.decide' };
      await of.replication.decide('patients', 'adm-1', ['ward'], cause);
      await of.until(() => patients(of)[0]?.syncState === 'onServer');
      expect(patients(of)[0]).toMatchObject({ birthDate: '1990-01-01', ward: '3C' });
      expect(of.server.control.read('Patient', 'adm-1')).toMatchObject({
        birthDate: '1990-01-01',
        telecom: admitted.telecom,
      });
      expect(of.store.all('tasks')[0]).toMatchObject({ status: 'done', resolvedBy: 'ml' });
      await expect(of.replication.decide('patients', 'adm-1', [], cause)).rejects.toMatchObject({
        code: 'sync.noConflict',
      });
    },
  );

  it('revokes an order cancelled at the server and keeps the results that run', async () => {
    const of = await begin();
    putCase(of.store, 1);
    of.replication.wake();
    await of.until(async () => (await of.store.countQueued()) === 0);
    const order = of.store.all('orders')[0]!;
    const there = of.server.control.read('ServiceRequest', order.serverId);
    of.server.control.put({ ...there, status: 'revoked' });
    await of.until(() => of.store.all('orders')[0]?.status === 'revoked');
    expect(of.store.all('results')[0]).toMatchObject({ status: 'final', syncState: 'onServer' });
    expect(of.replication.events().map((event) => event.text)).toContain(
      'Order cancelled at the server: REQ-1 GLU',
    );
  });

  it('never deletes what was deleted at the server: it is marked and a person is told', async () => {
    const of = await begin();
    give(of, admitted);
    give(of, ordered);
    of.replication.now();
    await of.until(() => of.store.all('orders').length === 1);
    of.server.control.remove('ServiceRequest', 'req-1');
    of.server.control.remove('Patient', 'adm-1');
    await of.until(() => of.store.all('tasks').length === 2);
    expect(of.store.all('orders')[0]).toMatchObject({
      status: 'revoked',
      syncState: 'conflict',
      sync: { why: 'Deleted at the server' },
    });
    expect(patients(of)[0]).toMatchObject({ familyName: 'ŞAHİN', syncState: 'conflict' });
    expect(of.store.all('tasks').map((task) => task.reason)).toEqual(['deletedAtServer', 'deletedAtServer']);
    await of.restart();
    await of.until(() => of.replication.status().lastSyncAt !== '');
    expect(of.store.all('tasks')).toHaveLength(2);
  });

  it('never merges a signed report: its change at the server is an amendment task', async () => {
    const of = await begin();
    putCase(of.store, 1);
    of.replication.wake();
    await of.until(async () => (await of.store.countQueued()) === 0);
    const report = of.store.all('reports')[0]!;
    const there = of.server.control.read('DiagnosticReport', report.serverId);
    of.server.control.put({ ...there, conclusion: 'altered elsewhere' });
    await of.until(() => of.store.all('tasks').length === 1);
    expect(of.store.all('tasks')[0]).toMatchObject({
      kind: 'amendment',
      reason: 'signedChanged',
      reportId: 'rep-1',
    });
    expect(of.store.all('reports')[0]).toMatchObject({
      conclusion: '',
      state: 'signed',
      syncState: 'conflict',
    });
    const cause = { actor: 'ml', command: 'sync.decide' };
    await expect(of.replication.decide('reports', 'rep-1', [], cause)).rejects.toMatchObject({
      code: 'sync.signed',
    });
    expect(of.server.control.read('DiagnosticReport', report.serverId)).toMatchObject({
      conclusion: 'altered elsewhere',
    });
  });

  it("keeps both versions of a result changed elsewhere; taking the server's makes a new, held version", async () => {
    const of = await begin();
    putCase(of.store, 1);
    of.replication.wake();
    await of.until(async () => (await of.store.countQueued()) === 0);
    const result = of.store.all('results')[0]!;
    const there = of.server.control.read('Observation', result.serverId);
    of.server.control.put({ ...there, valueQuantity: { value: 9.9, unit: 'mmol/L', code: 'mmol/L' } });
    of.store.change('results', { ...result, comment: 'slightly hemolysed' });
    of.replication.wake();
    await of.until(() => of.store.all('results')[0]?.syncState === 'conflict');
    expect(of.store.all('results')[0]?.value.text).toBe('5.40');
    const cause = { actor: 'ml', command: 'sync.decide' };
    await of.replication.decide('results', result.id, ['comment'], cause);
    await of.until(async () => (await of.store.countQueued()) === 0);
    const [old, taken] = of.store.all('results');
    expect(old).toMatchObject({ current: false, value: { text: '5.40' }, syncState: 'onServer' });
    expect(taken).toMatchObject({
      version: 2,
      replacesId: old?.id,
      verdict: 'held',
      value: { number: 9.9 },
      syncState: 'onServer',
    });
    expect(of.server.stats()).toMatchObject({ duplicates: [], resources: { Observation: 2 } });
  });

  it('joins a patient entered by hand with the one of the same record number at the server', async () => {
    const of = await begin({ server: { switches: { down: 'refuse' } } });
    const mine = patientDoc(1, {
      identifier: '5120 9934',
      familyName: 'ŞAHİN',
      givenName: 'Ayşe',
      birthDate: '1988-04-21',
      ward: '',
    });
    of.store.change('patients', mine);
    of.store.change('orders', orderDoc(1));
    of.store.change('specimens', specimenDoc(1));
    give(of, admitted);
    await of.server.control.set({ down: 'no' });
    of.replication.now();
    await of.until(async () => (await of.store.countQueued()) === 0);
    expect(patients(of)).toMatchObject([{ id: 'pat-1', serverId: 'adm-1', syncState: 'onServer' }]);
    expect(of.server.stats().resources).toEqual({ Patient: 1, ServiceRequest: 1, Specimen: 1 });
    expect(of.server.control.all('Specimen')[0]).toMatchObject({ subject: { reference: 'Patient/adm-1' } });
  });

  it('finds a patient by record number at the server who has not been there since the history that is fetched', async () => {
    let now = Date.now() - 400 * 86_400_000;
    const of = await begin({ server: { now: () => now }, config: { url: '', historyDays: 90 } });
    give(of, admitted);
    now = Date.now();
    const mine = patientDoc(1, { identifier: '5120 9934', familyName: 'ŞAHİN', givenName: 'Ayşe', ward: '' });
    await of.restart({ url: of.server.url });
    await of.until(() => of.replication.status().lastSyncAt !== '');
    expect(patients(of)).toEqual([]);
    of.store.change('patients', { ...mine, birthDate: '1988-04-21' });
    of.replication.wake();
    await of.until(async () => (await of.store.countQueued()) === 0);
    expect(patients(of)).toMatchObject([{ id: 'pat-1', serverId: 'adm-1', syncState: 'onServer' }]);
    expect(of.server.stats().resources).toEqual({ Patient: 1 });
  });

  it('takes orders of its sections only, and what the catalogue cannot tell', async () => {
    const catalog = demoCatalog('2026-07-29T05:00:00.000Z');
    const [first] = catalog.filter((entry) => entry.kind === 'test' && entry.section !== '');
    const other = catalog.find((entry) => entry.kind === 'test' && entry.section !== first?.section);
    if (first === undefined || other === undefined) throw new Error('the catalogue has one section only');
    const of = await begin({ config: { url: '', sections: [first.section] } });
    of.server.control.load(resourcesFrom({ catalog }));
    give(of, admitted);
    for (const [id, code] of [
      ['in', first.code],
      ['out', other.code],
      ['odd', 'NOT-KNOWN'],
    ] as const)
      give(of, { ...ordered, id, code: { coding: [{ code }] } });
    await of.restart({ url: of.server.url });
    await of.until(() => of.replication.status().lastSyncAt !== '');
    expect(
      of.store
        .all('orders')
        .map((order) => order.id)
        .sort(),
    ).toEqual(['in', 'odd']);
  });

  it('goes on with a broken first load where it was, also when pages are counted by offset', async () => {
    const of = await begin({ config: { url: '', pageSize: 3 } });
    await of.server.control.set({ paging: 'offset' });
    for (let n = 0; n < 90; n += 1) give(of, { ...admitted, id: `p-${n}`, identifier: [{ value: `m${n}` }] });
    await of.server.control.set({ error503: { skip: 18, methods: ['GET'] } });
    await of.restart({ url: of.server.url });
    await of.until(() => of.replication.status().state === 'offline' && patients(of).length > 0);
    expect(patients(of).length).toBeLessThan(90);
    await of.replication.stop();
    await of.server.control.set({ error503: 0 });
    await of.restart({ url: of.server.url });
    await of.until(() => patients(of).length === 90 && of.replication.status().firstLoad === null);
    expect(new Set(patients(of).map((patient) => patient.serverId)).size).toBe(90);
  });

  it('says which record cannot be used and goes on', async () => {
    const of = await begin();
    give(of, { ...admitted, id: 'odd', birthDate: '21.04.1988' } as Patient);
    give(of, { ...admitted, id: 'good', identifier: [{ value: 'x' }] });
    of.replication.now();
    await of.until(() => patients(of).length === 1);
    expect(patients(of)[0]?.id).toBe('good');
    expect(
      of.replication
        .events()
        .map((event) => event.text)
        .join(),
    ).toMatch(/Patient\/odd, birthDate/);
  });

  it('reads the catalogue again when the line broke in the middle of it, also after a restart', async () => {
    const of = await begin({ config: { url: '' } });
    of.server.control.load(resourcesFrom({ catalog: demoCatalog('2026-07-29T05:00:00.000Z') }));
    await of.server.control.set({ error503: { skip: 5, methods: ['GET'] } });
    await of.restart({ url: of.server.url });
    await of.until(
      () => of.replication.status().state === 'offline' && (of.server.stats().faults.error503 ?? 0) > 2,
    );
    expect(of.store.all('catalog')).toEqual([]);
    await of.replication.stop();
    await of.server.control.set({ error503: 0 });
    await of.restart({ url: of.server.url });
    await of.until(() => of.store.all('catalog').length > 30);
  });
});
