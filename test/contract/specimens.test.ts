import type { Observation, Specimen } from 'fhir/r4';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../main/engine/engine.ts';
import { tcpClient } from '../../main/engine/instruments/transports/tcp-client.ts';
import { realTimers } from '../../main/engine/timers.ts';
import type { SpecimenDoc } from '../../shared/documents/index.ts';
import { builtinProfile } from '../../shared/profiles/builtin.ts';
import { type Analyser, createAnalyser } from '../sim/analyser/analyser.ts';
import type { Resource } from '../sim/fhir/resource.ts';
import { createFhirServer, type FhirServer } from '../sim/fhir/server.ts';
import { LABORATORY, laboratory, resourcesFrom } from '../sim/laboratory/index.ts';
import { EngineClient, startTestEngine, testStation } from './engine-client.ts';
import { freePort } from './free-port.ts';
import { type HeadlessStation, startHeadless } from './headless-process.ts';

/**
 * Specimens that were made elsewhere: labelled by the hospital's system, or drawn at another station. Station A1 has a window, station B1
 * stands in the back room, receives on arrival and has the analyser; both share one central server.
 */

const NUMBER = 'WARD-26-000123456/A';
const profile = builtinProfile('demo-chemistry')!;
let server: FhirServer;
let bench: Engine;
let backRoom: HeadlessStation;
let analyser: Analyser;
let tech: EngineClient;

const order = (id: string, requisition: string): Resource =>
  ({
    resourceType: 'ServiceRequest',
    id,
    status: 'active',
    intent: 'order',
    priority: 'stat',
    requisition: { system: 'urn:ward:order', value: requisition },
    code: { coding: [{ system: 'urn:levey:catalog', code: 'LYTES' }], text: 'Electrolytes' },
    subject: { reference: 'Patient/jane' },
    authoredOn: '2026-07-29T06:00:00Z',
  }) as Resource;

const labelled = {
  resourceType: 'Specimen',
  id: 'ward-1',
  accessionIdentifier: { system: 'urn:ward:tube', value: NUMBER },
  status: 'available',
  type: { coding: [{ system: 'urn:levey:specimen-type', code: 'SER' }], text: 'Serum' },
  subject: { reference: 'Patient/jane' },
  request: [{ reference: 'ServiceRequest/ward-order' }],
  collection: { collectedDateTime: '2026-07-29T06:05:00Z', collector: { display: 'K. Obi' } },
  note: [{ text: 'difficult draw' }],
} satisfies Specimen;

beforeAll(async () => {
  server = await createFhirServer({ seed: 3 });
  server.control.load(resourcesFrom({ catalog: laboratory({ day: '2026-07-29' }).catalog }));
  server.control.load([
    {
      resourceType: 'Patient',
      id: 'jane',
      identifier: [{ system: 'urn:example:mrn', value: '44102387' }],
      name: [{ family: 'Doe', given: ['Jane'] }],
      gender: 'female',
      birthDate: '1965-03-14',
    } as Resource,
    order('ward-order', 'REQ-WARD-1'),
    order('bench-order', 'REQ-BENCH-1'),
    labelled as unknown as Resource,
  ]);
  const port = await freePort();
  const central = { url: server.url, pullSeconds: 1 };
  bench = await startTestEngine(
    testStation({ code: 'A1', name: 'Accession', laboratory: { ...LABORATORY }, server: central }),
  );
  backRoom = await startHeadless(
    testStation({
      code: 'B1',
      name: 'Back room',
      instruments: [{ id: 'CHEM1', profile: 'demo-chemistry', transport: { kind: 'tcpServer', port } }],
      specimens: { receive: 'onArrival' },
      api: { enabled: true, tokenFile: 'api.token' },
      server: central,
    }),
  );
  tech = new EngineClient(bench, 'window');
  await tech.command('access.setUp', {
    laboratory: LABORATORY.name,
    address: LABORATORY.address,
    name: 'Maja Lindqvist',
    username: 'lindqvist',
    secret: 'correct horse battery',
    pin: '2580',
  });
  analyser = createAnalyser({
    profile,
    transport: tcpClient({ host: '127.0.0.1', port, timers: realTimers }),
    seed: 7,
  });
  analyser.start();
}, 60_000);

afterAll(async () => {
  await analyser?.stop();
  await bench?.stop();
  await backRoom?.stop();
  await server?.stop();
});

/** Waits for a state of the world, looking again and again. */
async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`It did not come to that: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The specimen of a number in the back room; never more than one. */
async function inBackRoom(number: string): Promise<Specimen | undefined> {
  const found = await backRoom.search<Specimen>(`Specimen?accession=${encodeURIComponent(number)}`);
  expect(found.length).toBeLessThan(2);
  return found[0];
}

async function onBench(number: string): Promise<SpecimenDoc | undefined> {
  const selector = { accessionIdentifier: { $eq: number } };
  const found = await bench.bench.store.find('specimens', { selector });
  expect(found.length).toBeLessThan(2);
  return found[0];
}

let marks = 0;

/** Waits until both stations have looked at the server twice, so that a whole round began and ended after this call. */
async function settled(): Promise<void> {
  for (let n = 0; n < 2; n += 1) {
    marks += 1;
    const requisition = `MARK-${marks}`;
    server.control.put(order(`mark-${marks}`, requisition));
    await tech.rows('accession.requisition', { scanned: requisition }, (rows) => rows.length === 1, 20_000);
    await until(
      async () => (await backRoom.search(`ServiceRequest?requisition=${requisition}`)).length === 1,
      `${requisition} in the back room`,
    );
  }
}

/** Every version of the specimens and results at the server. */
const versions = () =>
  ['Specimen', 'Observation'].flatMap((type) =>
    server.control.all(type).map((one) => `${type}/${one.id}/${one.meta?.versionId}`),
  );
const testsOf = (of: Specimen | undefined) =>
  (of?.extension ?? []).filter((one) => one.url.endsWith('/test-code')).map((one) => one.valueString);

const observationsOf = (specimenId: string): Observation[] =>
  (server.control.all('Observation') as unknown as Observation[]).filter(
    (one) => one.specimen?.reference === `Specimen/${specimenId}`,
  );
const specimens = () => server.control.all('Specimen') as unknown as Specimen[];

test('a tube labelled by another system is measured in the back room; its results are at the server once', async () => {
  await until(async () => (await inBackRoom(NUMBER))?.receivedTime !== undefined, 'received on arrival');
  expect(testsOf(await inBackRoom(NUMBER))).toEqual(['NA', 'K', 'CL']);
  const run = await analyser.run(NUMBER);
  expect(run.outcome).toBe('acknowledged');
  expect(run.results.map((one) => one.code)).toEqual(
    ['NA', 'K', 'CL'].map((code) => profile.tests.find((one) => one.test === code)!.code),
  );
  await until(() => observationsOf('ward-1').length === 3, 'three Observations');
  await settled();
  expect(observationsOf('ward-1')).toHaveLength(3);
  expect(server.control.all('Observation')).toHaveLength(3);
  expect(
    observationsOf('ward-1').every((one) => one.basedOn?.[0]?.reference === 'ServiceRequest/ward-order'),
  ).toBe(true);
  expect(specimens()).toHaveLength(1);
  expect(specimens()[0]).toMatchObject(labelled);
  expect(server.stats().duplicates).toEqual([]);
  expect(await backRoom.search('DetectedIssue?status=preliminary')).toEqual([]);
  const before = versions();
  const here = await inBackRoom(NUMBER);
  await settled();
  expect(versions()).toEqual(before);
  expect(await inBackRoom(NUMBER)).toEqual(here);
}, 60_000);

test('at a station that receives by scan the same tube is on its requisition and is received by its number', async () => {
  const expected = (rows: { tubes: { status: string }[] }[]) => rows[0]?.tubes[0]?.status === 'expected';
  const [row] = await tech.rows('accession.requisition', { scanned: 'REQ-WARD-1' }, expected, 30_000);
  expect(row!.tubes).toMatchObject([
    { accessionIdentifier: NUMBER, accessionDisplay: NUMBER, labelState: 'none', tubeIndex: 1, tubeCount: 1 },
  ]);
  expect((await tech.rows('accession.requisition', { scanned: NUMBER }))[0]?.requisition).toBe('REQ-WARD-1');
  for (const wrong of [NUMBER.slice(0, -1), NUMBER.toLowerCase(), `${NUMBER}0`]) {
    expect(await tech.refusal('accession.receive', { accessionIdentifier: wrong })).toMatchObject({
      code: 'accession.checkCharacter',
    });
  }
  await tech.command('accession.receive', { accessionIdentifier: ` ${NUMBER} ` });
  expect(await tech.refusal('accession.receive', { accessionIdentifier: NUMBER })).toMatchObject({
    code: 'specimen.alreadyReceived',
  });
  await until(() => specimens()[0]?.receivedTime !== undefined, 'the receipt at the server');
  await settled();
  expect(specimens()).toHaveLength(1);
  expect(specimens()[0]).toMatchObject({ note: labelled.note, request: labelled.request });
  expect((await inBackRoom(NUMBER))?.receivedTime).toBe((await onBench(NUMBER))?.receivedTime);
  expect(await backRoom.search('Task?status=requested')).toEqual([]);
  expect(await bench.bench.store.find('tasks', { selector: {} })).toEqual([]);
}, 60_000);

test('a tube drawn and received at one station is measured at the other; its results are at the server once', async () => {
  const before = server.control.all('Observation').length;
  await tech.command('accession.draw', {
    requisition: 'REQ-BENCH-1',
    collector: 'K. Obi',
    collectedTime: new Date().toISOString(),
  });
  const [drawn] = await tech.rows('accession.requisition', { scanned: 'REQ-BENCH-1' });
  const number = drawn!.tubes[0]!.accessionIdentifier;
  expect(drawn!.tubes).toHaveLength(1);
  await tech.command('accession.receive', { accessionIdentifier: number });
  const mine = await onBench(number);
  await until(
    async () => (await inBackRoom(number))?.receivedTime === mine?.receivedTime,
    'the receipt in the back room',
  );
  expect((await inBackRoom(number))?.id).toBe(mine?.id);
  expect(testsOf(await inBackRoom(number))).toEqual(mine?.testCodes);
  const run = await analyser.run(number);
  expect(run.results).toHaveLength(3);
  await until(() => server.control.all('Observation').length === before + 3, 'three more Observations');
  await settled();
  const at = specimens().find((one) => one.accessionIdentifier?.value === number);
  expect(specimens()).toHaveLength(2);
  expect(observationsOf(at?.id ?? '')).toHaveLength(3);
  expect(server.control.all('Observation')).toHaveLength(before + 3);
  expect(server.stats().duplicates).toEqual([]);
  expect(await onBench(number)).toMatchObject({ status: 'received', serverId: at?.id });

  // Rejected at the bench: the back room holds what it measured.
  await tech.command('accession.reject', {
    specimenId: mine!.id,
    conditionCode: 'RH',
    text: 'Hemolysed',
  });
  await until(async () => (await inBackRoom(number))?.status === 'unsatisfactory', 'the rejection');
  const held = await backRoom.search<Observation>(`Observation?specimen=${mine!.id}`);
  expect(held).toHaveLength(3);
  for (const one of held) expect(JSON.stringify(one)).toContain('The specimen was rejected: Hemolysed.');
  expect((await analyser.run(number)).outcome).toBe('nothingToDo');
}, 60_000);
