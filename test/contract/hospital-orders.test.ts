import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../until.ts';
import {
  type HospitalBench,
  hospitalThatOrders,
  newOrder,
  ORDERS,
  order,
  receivedTube,
  SUSAN,
  startHospitalBench,
} from './hospital-fixture.ts';
import { fieldOf, MllpPeer } from './mllp-peer.ts';

/** The hospital's orders over a real socket, from node-hl7-client to the requisition at the bench. */

let bench: HospitalBench;
let hospital: Awaited<ReturnType<typeof hospitalThatOrders>>;

beforeEach(async () => {
  bench = await startHospitalBench();
  hospital = await hospitalThatOrders(bench);
});

afterEach(async () => {
  await hospital?.close();
  await bench?.stop();
});

const store = () => bench.engine.bench.store;
const orders = (requisition: string) =>
  store().find('orders', { selector: { requisition: { $eq: requisition } } });
const patients = (identifier = '44102387') =>
  store().find('patients', { selector: { identifier: { $eq: identifier } } });
const held = (n: number) =>
  bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === n);

test('M3 M7 an ORM^O01 of several orders is placed under its group and answered AA; the patient is new', async () => {
  const message = order([
    SUSAN,
    'PV1|1|I|6B^12^1',
    'ORC|NW|P-1||G-1|||^^^^^S||20260729064000+0100|||331^Walsh^Aoife',
    'OBR|1|P-1||LYTES^Electrolytes|||||||||Vomiting since Monday',
    'NTE|1||Please call',
    'ORC|NW|P-2||G-1|||^^^^^R||20260729064000+0100|||331^Walsh^Aoife',
    'OBR|2|P-2||14682-9^Creatinine^LN',
  ]);
  expect(await hospital.send(message)).toMatchObject({ code: 'AA' });
  expect(await patients()).toMatchObject([
    { familyName: 'Byrne', givenName: 'Susan', birthDate: '1965-03-14', sex: 'female', ward: '6B' },
  ]);
  const placed = await orders('G-1');
  expect(placed.map((one) => [one.catalogCode, one.priority, one.requester, one.ward, one.status])).toEqual(
    expect.arrayContaining([
      ['LYTES', 'stat', 'Aoife Walsh', '6B', 'active'],
      ['CREA', 'routine', 'Aoife Walsh', '6B', 'active'],
    ]),
  );
  expect(placed[0]).toMatchObject({ authoredOn: '2026-07-29T05:40:00.000Z' });
  expect(placed.find((one) => one.catalogCode === 'LYTES')?.note).toBe('Vomiting since Monday · Please call');
  const [line] = (await bench.tech.rows('instruments.lines', {})).filter((one) => one.id === ORDERS);
  expect(line).toMatchObject({ name: 'HIS orders', analyser: 'HIS', orders: 'hospital', framesToday: 1 });
  const trace = await bench.tech.rows('instruments.trace', { instrumentId: ORDERS });
  expect(trace.map((row) => row.mark)).toEqual(expect.arrayContaining(['block', 'message', 'send']));
  await held(0);
});

test('M4 the same message twice, the same order in another message, and both after a restart place it once', async () => {
  const message = newOrder('P-1', 'ELEC');
  expect(await hospital.send(message)).toMatchObject({ code: 'AA' });
  expect(await hospital.send(message)).toMatchObject({ code: 'AA' });
  expect(await hospital.send(newOrder('P-1', 'ELEC'))).toMatchObject({ code: 'AA' });
  await hospital.close();
  await bench.restart();
  hospital = await hospitalThatOrders(bench);
  expect(await hospital.send(message)).toMatchObject({ code: 'AA' });
  expect(await hospital.send(newOrder('P-1', 'ELEC'))).toMatchObject({ code: 'AA' });
  expect(await orders('P-1')).toMatchObject([{ catalogCode: 'LYTES' }]);
  expect(await patients()).toHaveLength(1);
  await held(0);
});

test('M4 the number of an order again with another test is held, and the order stays as it is', async () => {
  await hospital.send(newOrder('P-1', 'ELEC'));
  const answer = await hospital.send(newOrder('P-1', 'CREA'));
  expect(answer).toMatchObject({ code: 'AE' });
  expect(answer.text).toContain('P-1 is here already with other content');
  expect(await orders('P-1')).toMatchObject([{ catalogCode: 'LYTES' }]);
  // What was placed first, sent once more, does not settle it.
  expect(await hospital.send(newOrder('P-1', 'ELEC'))).toMatchObject({ code: 'AA' });
  const [row] = await held(1);
  expect(row).toMatchObject({ reason: 'hospitalOtherContent' });
  const [detail] = await bench.tech.rows('exceptions.detail', { taskId: row!.id });
  expect(detail!.fields.map(({ name, value, ok }) => [name, value, ok])).toEqual([
    ['Asked for', 'NW', true],
    ['Order', 'P-1', false],
    ['Test', 'CREA', true],
    ['Patient', '44102387', true],
  ]);
});

test('a known patient is updated; another name or birth date changes nothing and waits for a person', async () => {
  await hospital.send(newOrder('P-1', 'ELEC', { pid: 'PID|1||44102387^^^STB^MR||BYRNE^SUSAN||1965' }));
  expect(await hospital.send(newOrder('P-2', 'ELEC'))).toMatchObject({ code: 'AA' });
  expect(await patients()).toMatchObject([{ birthDate: '1965-03-14', sex: 'female', familyName: 'BYRNE' }]);
  const other = await hospital.send(
    newOrder('P-3', 'ELEC', { pid: SUSAN.replace('Byrne^Susan', 'Byrne^Sean') }),
  );
  expect(other).toMatchObject({ code: 'AE' });
  expect(other.text).toContain('another name');
  expect(other.text).not.toContain('Byrne');
  const birth = await hospital.send(newOrder('P-4', 'ELEC', { pid: SUSAN.replace('19650314', '19650315') }));
  expect(birth.text).toContain('another birth date');
  expect((await patients())[0]).toMatchObject({ identifierSystem: 'urn:test:mrn' });
  const context = { actor: 'test', command: 'seed', station: 'T1', at: new Date().toISOString() };
  const [known] = await patients();
  const merged = { ...known!, id: 'merged', identifier: '7001', mergedInto: known!.id };
  const foreign = { ...known!, id: 'foreign', identifier: '7002', identifierSystem: 'urn:other' };
  await store().write(context, async (unit) => {
    unit.put('patients', merged);
    unit.put('patients', foreign);
  });
  const numbered = (placer: string, id: string) =>
    hospital.send(newOrder(placer, 'ELEC', { pid: SUSAN.replace('44102387', id) }));
  expect((await numbered('P-5', '7001')).text).toContain('merged into another');
  expect((await numbered('P-6', '7002')).text).toContain('number of another system');
  expect(await orders('P-3')).toEqual([]);
  expect(await patients()).toMatchObject([{ givenName: 'SUSAN', birthDate: '1965-03-14' }]);
  const [row] = await held(4);
  expect(row).toMatchObject({ reason: 'hospitalPatient' });
  const [detail] = await bench.tech.rows('exceptions.detail', { taskId: row!.id });
  expect(detail!.raw).toContain('\rORC|NW|P-');
  expect(detail!.told).toBe('error');
});

test('an unknown test holds its whole group; what stands alone is placed; tried again when the catalogue has it', async () => {
  const message = order([
    SUSAN,
    'ORC|NW|P-1||G-1',
    'OBR|1|P-1||ELEC',
    'ORC|NW|P-2||G-1',
    'OBR|2|P-2||ZINC^Zinc',
    'ORC|NW|P-3',
    'OBR|3|P-3||CREA',
  ]);
  const answer = await hospital.send(message);
  expect(answer).toMatchObject({ code: 'AE' });
  expect(answer.text).toContain('no test or panel ZINC');
  expect(await orders('G-1')).toEqual([]);
  expect(await orders('P-3')).toHaveLength(1);
  const [row] = await held(1);
  expect(row).toMatchObject({ reason: 'hospitalUnknownTest', sentSpecimen: 'G-1', sentTest: 'ELEC ZINC' });
  // Again: the same exception, the same answer.
  expect(await hospital.send(message)).toMatchObject({ code: 'AE' });
  await held(1);
  expect(await bench.lead.command('exception.reprocess', { taskId: row!.id })).toEqual({
    posted: 0,
    held: 1,
  });
  const [crea] = bench.engine.bench.catalog.all().filter((one) => one.code === 'CREA');
  const { context } = {
    context: { actor: 'test', command: 'seed', station: 'T1', at: new Date().toISOString() },
  };
  await store().write(context, async (unit) => {
    unit.put('catalog', { ...crea!, id: 'test-ZINC', code: 'ZINC', name: 'Zinc', loinc: '' });
  });
  await until(() => expect(bench.engine.bench.catalog.test('ZINC')).toBeDefined());
  expect(await bench.lead.command('exception.reprocess', { taskId: row!.id })).toEqual({
    posted: 1,
    held: 0,
  });
  expect((await orders('G-1')).map((one) => one.catalogCode).sort()).toEqual(['LYTES', 'ZINC']);
  await held(0);
  expect(await hospital.send(message)).toMatchObject({ code: 'AA' });
  expect(await orders('G-1')).toHaveLength(2);
});

test('a cancel before measurement is carried out, also of an order that is held; after it, a person is shown', async () => {
  await hospital.send(newOrder('P-1', 'CREA'));
  await hospital.send(newOrder('P-2', 'CREA'));
  expect(await hospital.send(newOrder('P-1', 'CREA', { control: 'CA' }))).toMatchObject({ code: 'AA' });
  expect(await orders('P-1')).toMatchObject([{ status: 'revoked' }]);
  await hospital.send(newOrder('P-9', 'ZINC'));
  await held(1);
  expect(await hospital.send(newOrder('P-9', 'ZINC', { control: 'CA' }))).toMatchObject({ code: 'AA' });
  await held(0);

  const tube = await receivedTube(bench, 'P-2');
  await bench.tech.command('result.enter', { accessionIdentifier: tube, testCode: 'CREA', valueText: '80' });
  const late = await hospital.send(newOrder('P-2', 'CREA', { control: 'DC' }));
  expect(late).toMatchObject({ code: 'AE' });
  expect(late.text).toContain('Measured already: CREA');
  expect(await orders('P-2')).toMatchObject([{ status: 'active' }]);
  expect(await held(1)).toMatchObject([{ reason: 'hospitalMeasured', sentSpecimen: 'P-2' }]);
  const unknown = await hospital.send(newOrder('P-7', 'CREA', { control: 'CA' }));
  expect(unknown.text).toContain('P-7 is not here');
  await held(2);
});

test('section 4: XO changes test and urgency before the draw, HD holds, RL resumes, an unknown control is held', async () => {
  const changed = (control: string, code: string, urgency = '') =>
    order([SUSAN, `ORC|${control}|P-1|||||^^^^^${urgency}`, `OBR|1|P-1||${code}`]);
  await hospital.send(newOrder('P-1', 'CREA'));
  expect(await hospital.send(changed('XO', 'ELEC', 'S'))).toMatchObject({ code: 'AA' });
  expect(await orders('P-1')).toMatchObject([{ catalogCode: 'LYTES', priority: 'stat' }]);
  expect(await hospital.send(changed('HD', 'ELEC'))).toMatchObject({ code: 'AA' });
  expect(await orders('P-1')).toMatchObject([{ status: 'on-hold' }]);
  expect(await hospital.send(changed('RL', 'ELEC'))).toMatchObject({ code: 'AA' });
  await receivedTube(bench, 'P-1');
  expect(await hospital.send(changed('RP', 'ELEC', 'A'))).toMatchObject({ code: 'AA' });
  const [specimen] = await store().find('specimens', { selector: { requisition: { $eq: 'P-1' } } });
  expect(specimen).toMatchObject({ priority: 'asap' });
  expect((await hospital.send(changed('XO', 'CREA'))).text).toContain('drawn already');
  expect((await hospital.send(changed('ZZ', 'ELEC'))).text).toContain('ORC-1 ZZ');
  expect(await orders('P-1')).toMatchObject([{ catalogCode: 'LYTES', status: 'active' }]);
  await held(1);
});

test('M3 M7 an OML^O21 in enhanced mode gets CA and AA; its specimen is expected under the hospital’s number', async () => {
  await hospital.close();
  // One peer per port: the next one comes when this one has gone.
  await until(() => expect(bench.engine.bench.hospital.lines()[0]?.state).toBe('noAnswer'));
  const peer = await MllpPeer.connect(bench.ordersPort);
  const segments = [
    SUSAN,
    'ORC|NW|P-1',
    'TQ1|1||||||||S',
    'OBR|1|P-1||CREA',
    'SPM|1|W-7781||SER^Serum|||||||||||||20260729063000+0100',
  ];
  peer.send('OML^O21^OML_O21', segments, 'P|2.5.1|||AL|AL', 'E1');
  for (const code of ['CA', 'AA']) {
    const answer = await peer.next('ACK');
    expect([fieldOf(answer, 'MSA', 1), fieldOf(answer, 'MSA', 2)]).toEqual([code, 'E1']);
  }
  peer.close();
  expect(await orders('P-1')).toMatchObject([{ priority: 'stat' }]);
  const [specimen] = await store().find('specimens', { selector: { requisition: { $eq: 'P-1' } } });
  expect(specimen).toMatchObject({
    accessionIdentifier: 'W-7781',
    typeCode: 'SER',
    testCodes: ['CREA'],
    status: 'expected',
    collectedTime: '2026-07-29T05:30:00.000Z',
  });
  await bench.tech.command('accession.receive', { accessionIdentifier: 'W-7781' });
});

test('M4 what is for training, of another type or not readable is refused or held, and never placed', async () => {
  const training = order([SUSAN, 'ORC|NW|P-1', 'OBR|1|P-1||CREA'], 'ORM^O01', 'T1', 'T|2.5.1');
  expect(await hospital.send(training)).toMatchObject({ code: 'AR', names: 'T1' });
  expect(await hospital.send(order([SUSAN], 'ADT^A01'))).toMatchObject({ code: 'AR' });
  expect(await hospital.send(order([SUSAN], 'ORM^O01'))).toMatchObject({ code: 'AE' });
  const twoIds = SUSAN.replace('^MR', '^MR~99999^^^STB^MR');
  expect((await hospital.send(newOrder('P-1', 'CREA', { pid: twoIds }))).text).toContain(
    'several different numbers',
  );
  const noNumber = order([SUSAN, 'ORC|NW', 'OBR|1|||CREA']);
  expect((await hospital.send(noNumber)).text).toContain('placer number');
  expect(await orders('P-1')).toEqual([]);
  expect(await patients()).toEqual([]);
  await held(5);
});
