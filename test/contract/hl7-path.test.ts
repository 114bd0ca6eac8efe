import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../main/engine/engine.ts';
import { LABORATORY } from '../sim/laboratory/index.ts';
import { type EngineClient, startTestEngine, type TestStation, testStation } from './engine-client.ts';
import { freePort } from './free-port.ts';
import { fieldOf, MllpPeer } from './mllp-peer.ts';
import { joined, openLaboratory, signedIn } from './people.ts';

/** One patient's tube on an analyser that speaks IHE LAW: query, work, answer to the work, results, acknowledgement. */

let at: TestStation;
let engine: Engine;
let tech: EngineClient;
let analyser: MllpPeer;

beforeAll(async () => {
  const port = await freePort();
  at = testStation({
    code: 'T1',
    name: 'Bench 1',
    timeZone: 'Europe/Dublin',
    laboratory: { ...LABORATORY },
    instruments: [{ id: 'LAW1', profile: 'generic-law', transport: { kind: 'tcpServer', port } }],
  });
  engine = await startTestEngine(at);
  tech = await joined(engine, await openLaboratory(engine), 'lindqvist', 'technician');
  analyser = await MllpPeer.connect(port);
});

afterAll(async () => {
  analyser?.close();
  await engine?.stop();
});

let patients = 0;

/** A tube with the tests of these catalogue codes, not received yet. */
async function tube(catalogCodes: string[]): Promise<{ specimen: string; display: string; orderId: string }> {
  patients += 1;
  const { patientId } = await tech.command('patient.register', {
    identifier: `4410238${patients}`,
    familyName: 'Byrne',
    givenName: 'Anna',
    sex: 'female',
    birthDate: '1965-03-14',
  });
  const { requisition, orderIds } = await tech.command('order.enter', {
    patientId,
    catalogCodes,
    priority: 'stat',
  });
  await tech.command('accession.draw', {
    requisition,
    collector: 'K. Obi',
    collectedTime: new Date().toISOString(),
  });
  const [row] = await tech.rows('accession.requisition', { scanned: requisition });
  const { accessionIdentifier, accessionDisplay } = row!.tubes[0]!;
  return { specimen: accessionIdentifier, display: accessionDisplay, orderId: orderIds[0]! };
}

const received = async (catalogCodes: string[]) => {
  const one = await tube(catalogCodes);
  await tech.command('accession.receive', { accessionIdentifier: one.display });
  return one.specimen;
};

const resultsOf = (specimen: string, count: number) =>
  tech
    .rows(
      'results.list',
      { filter: 'all' },
      (rows) => rows.filter((row) => row.accessionIdentifier === specimen).length === count,
    )
    .then((rows) => rows.filter((row) => row.accessionIdentifier === specimen));

const ask = (specimen: string) =>
  analyser.send('QBP^Q11^QBP_Q11', [
    `QPD|WOS^Work Order Step^IHE_LABTF|TAG1|${specimen}`,
    'RCP|I||R^^HL70394',
  ]);

const obx = (code: string, value: string, unit = 'mmol/L') =>
  `OBX|1|NM|${code}||${value}|${unit}|||||F|||||tech||SN4^ANA|20260729064000`;

test('LAW a tube that was not received gets the negative response: ORC-1 DC in MSH, SPM, SAC, ORC', async () => {
  const { specimen } = await tube(['NA']);
  const asked = ask(specimen);
  const response = await analyser.next('RSP^K11');
  expect([fieldOf(response, 'MSA', 1), fieldOf(response, 'MSA', 2)]).toEqual(['AA', asked]);
  expect([fieldOf(response, 'QAK', 1), fieldOf(response, 'QAK', 2)]).toEqual(['TAG1', 'OK']);
  const order = await analyser.next('OML^O33');
  expect(order.map((segment) => segment.slice(0, 3))).toEqual(['MSH', 'SPM', 'SAC', 'ORC']);
  expect([fieldOf(order, 'ORC', 1), fieldOf(order, 'SAC', 3)]).toEqual(['DC', specimen]);
  analyser.send('ORL^O34^ORL_O42', [`MSA|AA|${fieldOf(order, 'MSH', 10)}`]);
});

test('LAW query, RSP^K11, OML^O33, ORL^O34, OUL^R22, ACK^R22: posted once, however often it is sent', async () => {
  const specimen = await received(['NA', 'K', 'CL']);
  ask(specimen);
  await analyser.next('RSP^K11');
  const order = await analyser.next('OML^O33');
  const placers = order.filter((one) => one.startsWith('OBR|')).map((one) => one.split('|')[2]);
  expect(placers).toEqual(['NA', 'K', 'CL'].map((code) => `${specimen}.${code}`));
  expect([fieldOf(order, 'SPM', 2), fieldOf(order, 'PID', 5)]).toEqual([specimen, 'Byrne^Anna']);
  const about = [`SPM|1|${specimen}||SER|||||||P`, `SAC|||${specimen}`];
  analyser.send('ORL^O34^ORL_O42', [
    `MSA|AA|${fieldOf(order, 'MSH', 10)}`,
    ...about,
    `ORC|OK|${placers[0]}|||SC`,
    `ORC|OK|${placers[1]}|||SC`,
    `ORC|UA|${placers[2]}|||CA|||||||||||RGT^No reagent on board`,
  ]);
  const refused = await tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === 1);
  expect(refused[0]).toMatchObject({
    reason: 'orderRefused',
    sentSpecimen: specimen,
    sentTest: 'CL',
    sentValue: 'No reagent on board',
  });
  await tech.command('exception.reject', { taskId: refused[0]!.id, reason: 'Measured elsewhere' });

  const message = [
    ...about,
    `OBR|1|${placers[0]}||NA`,
    'ORC|OK||||CM',
    obx('NA', '140'),
    'NTE|1|L|slightly haemolysed',
    `OBR|2|${placers[1]}||K`,
    'ORC|OK||||CM',
    obx('K', '4.10'),
  ];
  for (const again of [false, true]) {
    const id = analyser.send('OUL^R22^OUL_R22', message, 'P|2.5.1|||NE|AL', 'RESULT1');
    const ack = await analyser.next('ACK^R22');
    expect([fieldOf(ack, 'MSA', 1), fieldOf(ack, 'MSA', 2), again]).toEqual(['AA', id, again]);
  }
  const results = await resultsOf(specimen, 2);
  expect(results.map((row) => [row.testCode, row.valueText]).sort()).toEqual([
    ['K', '4.10'],
    ['NA', '140'],
  ]);
  const [detail] = await tech.rows('results.detail', {
    resultId: results.find((r) => r.testCode === 'NA')!.id,
  });
  expect(detail!.comment).toBe('slightly haemolysed');
  // The same under a new control id is the same measurement, too.
  analyser.send('OUL^R22^OUL_R22', message);
  await analyser.next('ACK^R22');
  await resultsOf(specimen, 2);
  expect(await tech.rows('exceptions.list', { status: 'open' })).toEqual([]);
});

test('LAW results nobody ordered from us (OBR-2 "") are taken, and posted when the test is ordered', async () => {
  const specimen = await received(['NA']);
  analyser.send('OUL^R22^OUL_R22', [
    `SPM|1|${specimen}||SER|||||||P`,
    'OBR|1|""||NA',
    obx('NA', '138'),
    'OBR|2|""||GLU',
    obx('GLU', '5.0'),
  ]);
  expect(fieldOf(await analyser.next('ACK^R22'), 'MSA', 1)).toBe('AA');
  expect((await resultsOf(specimen, 1)).map((row) => row.valueText)).toEqual(['138']);
  const open = await tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === 1);
  expect(open[0]).toMatchObject({ reason: 'notOrdered', sentTest: 'GLU' });
  const [shown] = await tech.rows('exceptions.detail', { taskId: open[0]!.id });
  expect(shown!.record).toBe('OBX 1');
  expect(shown!.raw.slice(shown!.rawFrom, shown!.rawTo)).toMatch(/^OBX\|1\|NM\|GLU\|\|5\.0\|/);
  expect(shown!.raw.slice(shown!.faultFrom, shown!.faultTo)).toBe('GLU');
  await tech.command('exception.reject', { taskId: open[0]!.id, reason: 'Not wanted' });
});

test('LAW a request we do not answer gets its reason and no work', async () => {
  analyser.send('QBP^Q11^QBP_Q11', ['QPD|WOS_BY_RACK^x^IHE_LABTF|TAG2|R7', 'RCP|I']);
  const response = await analyser.next('RSP^K11');
  expect([fieldOf(response, 'MSA', 1), fieldOf(response, 'QAK', 2), fieldOf(response, 'ERR', 8)]).toEqual([
    'AE',
    'AE',
    'The request is for a whole rack.',
  ]);
  expect(analyser.left()).toEqual([]);
});

test('R4 a message that names another patient is held, and posted when a person says whose specimen it is', async () => {
  const specimen = await received(['NA']);
  analyser.send('OUL^R22^OUL_R22', [
    'PID|1||99999^^^^MR||Zimmermann^Otto',
    `SPM|1|${specimen}||SER|||||||P`,
    'OBR|1|""||NA',
    obx('NA', '131'),
  ]);
  await analyser.next('ACK^R22');
  const [held] = await tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === 1);
  expect(held).toMatchObject({
    reason: 'otherPatient',
    sentSpecimen: specimen,
  });
  await resultsOf(specimen, 0);
  await tech.command('exception.match', { taskId: held!.id, accessionIdentifier: specimen });
  expect((await resultsOf(specimen, 1)).map((row) => row.valueText)).toEqual(['131']);
});

test('pictures stay in the journalled message and are found by result and by specimen, with or without results', async () => {
  const png = 'iVBORw0KGgoAAAANSUhEUg==';
  const picture = (title: string) => `OBX|9|ED|15008^${title}||^Image^PNG^Base64^${png}||||||F`;
  const specimen = await received(['NA']);
  const about = `SPM|1|${specimen}||SER|||||||P`;
  analyser.send('OUL^R22^OUL_R22', [about, 'OBR|1|""||NA', obx('NA', '139'), picture('WBC histogram')]);
  analyser.send('OUL^R22^OUL_R22', [about, 'OBR|1|""||PIC', picture('Smear')]);
  await analyser.next('ACK^R22');
  await analyser.next('ACK^R22');
  const [result, ...more] = await resultsOf(specimen, 1);
  expect([result!.valueText, more]).toEqual(['139', []]);
  const byResult = await tech.rows('result.images', { resultId: result!.id });
  expect(byResult.map((row) => [row.title, row.contentType, row.data, row.instrumentId])).toEqual([
    ['WBC histogram', 'image/png', png, 'T1.LAW1'],
  ]);
  const idOf = async (number: string) => {
    const found = await engine.bench.store.find('specimens', {
      selector: { accessionIdentifier: { $eq: number } },
    });
    return found[0]!.id;
  };
  const specimenId = await idOf(specimen);
  const bySpecimen = await tech.rows('specimen.images', { specimenId }, (rows) => rows.length === 2);
  expect(bySpecimen.map((row) => row.title)).toEqual(['WBC histogram', 'Smear']);
  expect(await tech.rows('exceptions.list', { status: 'open' })).toEqual([]);
  // Another tube has none of them.
  const other = await received(['NA']);
  expect(await tech.rows('specimen.images', { specimenId: await idOf(other) })).toEqual([]);
});

test('what an analyser sent is still shown when the station file names it no longer', async () => {
  const ended = await tech.rows('exceptions.list', { status: 'ended' });
  const { id: taskId } = ended.find((one) => one.reason === 'notOrdered')!;
  analyser.close();
  await engine.stop();
  const station = JSON.parse(readFileSync(at.stationFile, 'utf8')) as { instruments: unknown[] };
  writeFileSync(at.stationFile, JSON.stringify({ ...station, instruments: [] }));
  engine = await startTestEngine(at);
  tech = await signedIn(engine, 'lindqvist');
  const [shown] = await tech.rows('exceptions.detail', { taskId });
  expect(shown!.raw.slice(shown!.faultFrom, shown!.faultTo)).toBe('GLU');
});
