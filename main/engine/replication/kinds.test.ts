import { afterEach, expect, it } from 'vitest';
import { newBase } from '../../../shared/documents/common.ts';
import type { DocOf } from '../../../shared/documents/index.ts';
import { newTask } from '../../../shared/documents/task.ts';
import { resourcesOf } from '../../../shared/fhir/index.ts';
import type { Resource } from '../../../test/sim/fhir/resource.ts';
import { createFhirServer, type FhirServer } from '../../../test/sim/fhir/server.ts';
import { catalog as demoCatalog } from '../../../test/sim/laboratory/catalog.ts';
import { MemoryStore } from './memory-store.ts';
import {
  type Scene as AnyScene,
  begin,
  instrumentDoc,
  patientDoc,
  reportDoc,
  resultDoc,
  specimenDoc,
} from './testing.ts';

type Scene = AnyScene<FhirServer>;

let current: Scene | undefined;
afterEach(async () => {
  await current?.end();
  current = undefined;
});

const drained = (of: Scene) => async () => (await of.store.countQueued()) === 0;
const at = '2026-07-29T06:00:00.000Z';

function taskDoc(kind: DocOf<'tasks'>['kind'], more: Partial<DocOf<'tasks'>> = {}): DocOf<'tasks'> {
  return newTask(`task-${kind}`, at, kind, {
    reason: 'unknownTest',
    summary: 'XYZ is not in the catalogue',
    instrumentId: 'CHEM1',
    messageId: 'm-1',
    sentTest: 'XYZ',
    sentSpecimen: 'B2A0000438X7',
    sentValue: '5.40',
    sentUnit: 'mmol/L',
    ...more,
  });
}

it('sends a catalogue made here as its definitions, and changes of it, without fetching them back as new', async () => {
  current = begin(
    await createFhirServer({
      switches: { validation: 'structure', lostAnswer: { probability: 0.3, count: 3 } },
    }),
    new MemoryStore(),
  );
  const of = current;
  const docs = demoCatalog(at)
    .slice(0, 12)
    .concat(
      demoCatalog(at)
        .filter((item) => item.kind !== 'test')
        .slice(0, 4),
    );
  for (const doc of new Map(docs.map((item) => [item.id, item])).values()) {
    of.store.change('catalog', { ...doc, ...newBase(doc.id, at, 'queued') });
  }
  const here = of.store.all('catalog');
  of.replication.wake();
  await of.until(drained(of));
  const tests = here.filter((item) => item.kind === 'test').length;
  const panels = here.filter((item) => item.kind === 'panel').length;
  const counted = of.server.stats().resources;
  expect(counted).toMatchObject({ ObservationDefinition: tests, ActivityDefinition: tests });
  expect(counted.PlanDefinition ?? 0).toBe(tests + panels);
  expect(of.server.stats().duplicates.filter((item) => item.identifier.startsWith('urn:levey:id'))).toEqual(
    [],
  );
  const test = of.store.all('catalog').find((item) => item.kind === 'test')!;
  of.store.change('catalog', { ...test, active: false, decimals: 4 });
  of.replication.wake();
  await of.until(drained(of));
  expect(of.server.control.read('ObservationDefinition', test.serverId)).toMatchObject({
    quantitativeDetails: { decimalPrecision: 4 },
  });
  const plans = of.server.control.all('PlanDefinition');
  expect(plans.filter((item) => item.status === 'retired')).toHaveLength(1);
  const before = of.replication.status().lastSyncAt;
  of.replication.now();
  await of.until(() => of.replication.status().lastSyncAt > before);
  expect(of.store.all('catalog')).toHaveLength(here.length);
  expect(of.store.all('catalog').every((item) => item.syncState === 'onServer')).toBe(true);
  expect(of.store.all('tasks')).toEqual([]);
});

it('sends an exception with its DetectedIssue and a critical call with its Communication, and what became of them', async () => {
  current = begin(await createFhirServer(), new MemoryStore());
  const of = current;
  of.store.change('instruments', instrumentDoc());
  of.store.change('patients', patientDoc(1));
  of.store.change('tasks', taskDoc('exception'));
  of.store.change('tasks', taskDoc('criticalCall', { patientId: 'pat-1', reason: 'criticalValue' }));
  of.replication.wake();
  await of.until(drained(of));
  expect(of.server.control.all('DetectedIssue')).toMatchObject([
    { status: 'preliminary', detail: 'XYZ is not in the catalogue' },
  ]);
  expect(of.server.control.all('Communication')).toMatchObject([{ status: 'in-progress' }]);
  for (const task of of.store.all('tasks')) {
    of.store.change('tasks', {
      ...task,
      status: 'done',
      resolution: 'told the ward',
      resolvedBy: 'ml',
      resolvedAt: at,
    });
  }
  of.replication.wake();
  await of.until(drained(of));
  expect(of.server.control.all('Task').map((task) => task.status)).toEqual(['completed', 'completed']);
  expect(of.server.control.all('DetectedIssue')).toMatchObject([{ status: 'final' }]);
  expect(of.server.control.all('Communication')).toMatchObject([
    { status: 'completed', sender: { display: 'ml' } },
  ]);
  expect(of.server.stats().resources).toMatchObject({ Task: 2, DetectedIssue: 1, Communication: 1 });
});

it('sends the signature also when the answer to the signed report was lost', async () => {
  current = begin(await createFhirServer(), new MemoryStore());
  const of = current;
  of.store.change('patients', patientDoc(1));
  of.store.change('specimens', specimenDoc(1, { orderIds: [] }));
  of.store.change('results', resultDoc(1, 0, { orderId: '', instrumentId: '' }));
  const unsigned = reportDoc(1, {
    orderIds: [],
    state: 'waiting',
    status: 'partial',
    signature: null,
    issuedTime: '',
  });
  of.store.change('reports', unsigned);
  of.replication.wake();
  await of.until(drained(of));
  expect(of.server.control.all('DiagnosticReport')).toMatchObject([{ status: 'partial' }]);
  await of.server.control.set({ lostAnswer: { count: 1, methods: ['POST'] } });
  of.store.pdfs.set('rep-1', new TextEncoder().encode('%PDF'));
  const { signature, issuedTime } = reportDoc(1);
  of.store.change('reports', {
    ...of.store.all('reports')[0]!,
    state: 'signed',
    status: 'final',
    signature,
    issuedTime,
  });
  of.replication.wake();
  await of.until(drained(of));
  expect(of.server.stats()).toMatchObject({
    faults: { lostAnswer: 1 },
    resources: { DiagnosticReport: 1, Provenance: 1 },
  });
  expect(of.server.control.all('DiagnosticReport')).toMatchObject([{ status: 'final' }]);
  expect(of.store.all('reports')[0]).toMatchObject({ syncState: 'onServer' });
  expect(of.store.all('tasks')).toEqual([]);
});

it('sends the rest of a test whose first definition came back before its answer did, and after its specimen type', async () => {
  const server = await createFhirServer({});
  const store = new MemoryStore();
  const entries = demoCatalog(at);
  const test = entries.find((item) => item.kind === 'test')!;
  const type = entries.find((item) => item.kind === 'specimenType' && item.code === test.specimenType)!;
  const doc = { ...test, ...newBase(test.id, at, 'queued') };
  const [first] = resourcesOf('catalog', doc, { station: 'B2', reference: () => '' });
  server.control.put({ ...first, id: 'lost' } as unknown as Resource);
  store.change('catalog', doc);
  store.change('catalog', { ...type, ...newBase(type.id, at, 'queued') });
  // The catalogue is read before anything is sent; then each goes alone.
  current = begin(server, store, { config: { entries: 1 } });
  await current.until(drained(current));
  expect(server.stats().resources).toMatchObject({
    ...{ ObservationDefinition: 1, ActivityDefinition: 1, PlanDefinition: 1, SpecimenDefinition: 1 },
  });
  const sent = (id: string) => store.all('catalog').find((item) => item.id === id);
  expect(sent(test.id)).toMatchObject({ serverId: 'lost', syncState: 'onServer' });
  expect(sent(type.id)).toMatchObject({ syncState: 'onServer' });
});
