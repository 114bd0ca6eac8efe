import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { readDelivery } from '../../main/engine/hospital/outbox.ts';
import { block, blocksIn } from '../../main/engine/instruments/link/mllp-fixture.ts';
import { until } from '../until.ts';
import {
  correct,
  hospitalForEach,
  hospitalThatHears,
  hospitalThatOrders,
  newOrder,
  ORDERS,
  order,
  RESULTS,
  receivedTube,
  release,
  SUSAN,
  signReport,
  startHospitalBench,
} from './hospital-fixture.ts';

/** Signed reports on their way to node-hl7-server: in order, once, and shown when they are refused. */

const lab = hospitalForEach();
const { cleanups } = lab;

/** An order of the hospital, measured and released. */
async function released(placer: string, value = '80'): Promise<string> {
  const his = await hospitalThatOrders(lab.bench);
  expect(await his.send(newOrder(placer, 'KREA^Kreatinin^99HIS^14682-9^Creatinine^LN'))).toMatchObject({
    code: 'AA',
  });
  await his.close();
  const tube = await receivedTube(lab.bench, placer);
  await release(lab.bench, tube, 'CREA', value);
  return tube;
}

function hears() {
  const hospital = hospitalThatHears(lab.bench.resultsPort);
  cleanups.push(() => hospital.close());
  return hospital;
}

const segment = (text: string, name: string) =>
  text
    .split('\r')
    .find((one) => one.startsWith(`${name}|`))
    ?.split('|') ?? [];
const exceptions = (n: number) =>
  lab.bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === n);

test('M7 M8 a signed report goes out as ORU^R01 with the hospital’s own numbers and code, and its correction as C', async () => {
  const hospital = hears();
  const tube = await released('P-1');
  await signReport(lab.bench, 'P-1');
  await until(() => expect(hospital.heard).toHaveLength(1));
  const [text = ''] = hospital.heard;
  expect(segment(text, 'PID').slice(3, 9)).toEqual([
    '44102387^^^^MR',
    '',
    'Byrne^Susan^^^^^L',
    '',
    '19650314',
    'F',
  ]);
  expect(segment(text, 'ORC').slice(1, 6)).toEqual(['RE', 'P-1', 'P-1.CREA', '', 'CM']);
  expect(segment(text, 'OBR')[4]).toBe('KREA^Kreatinin^99HIS^14682-9^Creatinine^LN');
  expect(segment(text, 'OBR')[25]).toBe('F');
  const obx = segment(text, 'OBX');
  expect(obx.slice(2, 7)).toEqual([
    'NM',
    'CREA^Creatinine^L^14682-9^Creatinine^LN',
    '',
    '80',
    'umol/L^umol/L^UCUM',
  ]);
  expect(obx[7]).toMatch(/^\d+-\d+$/);
  expect(obx[11]).toBe('F');
  expect(obx[14]).toMatch(/^\d{14}[+-]\d{4}$/);
  expect(obx[16]).toBe('okafor^T. okafor~lindqvist');
  expect(segment(text, 'SPM')[2]).toBe(`^${tube}`);
  expect(text).not.toContain('|ED|');

  await correct(lab.bench, tube, '95');
  await signReport(lab.bench, 'P-1');
  await until(() => expect(hospital.heard).toHaveLength(2));
  const [, again = ''] = hospital.heard;
  expect(segment(again, 'OBR')[25]).toBe('C');
  expect(segment(again, 'OBX').slice(5, 12)).toEqual(expect.arrayContaining(['95', 'C']));
  expect(again).toContain('Corrected: 80 umol/L before');
  expect(new Set(hospital.controlIds()).size).toBe(2);
  const lines = await lab.bench.tech.rows('instruments.lines', {}, (rows) =>
    rows.some((one) => one.id === RESULTS && one.resultsToday === 2),
  );
  expect(lines.find((one) => one.id === RESULTS)).toMatchObject({ name: 'HIS results', state: 'ready' });
});

test('M4 a report signed while nobody listens survives the end of the engine, and is delivered once, in order', async () => {
  await released('P-1');
  await released('P-2', '70');
  await signReport(lab.bench, 'P-1');
  await signReport(lab.bench, 'P-2');
  await lab.bench.restart();
  const hospital = hears();
  await until(() => expect(hospital.heard).toHaveLength(2));
  expect(hospital.heard.map((text) => segment(text, 'ORC')[2])).toEqual(['P-1', 'P-2']);
  await until(async () => expect(await outcomes()).toEqual(['delivered', 'delivered']));
  await lab.bench.restart();
  const counted = (await lab.bench.tech.rows('instruments.lines', {})).map((one) => [
    one.name,
    one.resultsToday,
  ]);
  expect(counted).toEqual([
    ['HIS orders', 2],
    ['HIS results', 2],
  ]);
  await released('P-3');
  await signReport(lab.bench, 'P-3');
  await until(() => expect(hospital.heard).toHaveLength(3));
  expect(segment(hospital.heard[2] ?? '', 'ORC')[2]).toBe('P-3');
});

test('M4 a report that is not answered is sent again with the same MSH-10, after a restart too', async () => {
  const hospital = hears();
  hospital.answer = 'none';
  await released('P-1');
  await signReport(lab.bench, 'P-1');
  await until(() => expect(hospital.heard).toHaveLength(2));
  await lab.bench.restart();
  await until(() => expect(hospital.heard).toHaveLength(3));
  hospital.answer = 'AA';
  await until(async () => expect(await outcomes()).toEqual(['delivered']));
  expect(new Set(hospital.controlIds()).size).toBe(1);
  expect(new Set(hospital.heard).size).toBe(1);
});

test('M4 a refused report is shown with the bytes that were sent, the next one goes on, and it can be sent again', async () => {
  const hospital = hears();
  hospital.answer = 'AE';
  await released('P-1');
  await signReport(lab.bench, 'P-1');
  const [row] = await exceptions(1);
  expect(row).toMatchObject({
    instrumentId: RESULTS,
    reason: 'hospitalRefused',
    sentSpecimen: 'P-1',
  });
  const [detail] = await lab.bench.tech.rows('exceptions.detail', { taskId: row!.id });
  expect(detail!.raw).toContain('\rORC|RE|P-1|');
  hospital.answer = 'AA';
  await released('P-2');
  await signReport(lab.bench, 'P-2');
  await until(() => expect(hospital.heard).toHaveLength(2));
  await lab.bench.tech.command('exception.reprocess', { taskId: row!.id });
  await until(() => expect(hospital.heard).toHaveLength(3));
  await exceptions(0);
  const [first, , third] = hospital.heard.map((text) => text.split('\r').slice(1).join('\r'));
  expect(third).toBe(first);
  expect(new Set(hospital.controlIds()).size).toBe(3);
});

test('what the hospital ordered in one group comes back as one report with an ORC and OBR for each order', async () => {
  const hospital = hears();
  const his = await hospitalThatOrders(lab.bench);
  cleanups.push(() => his.close());
  const answer = await his.send(
    order([SUSAN, 'ORC|NW|P-1||G-1', 'OBR|1|P-1||CREA', 'ORC|NW|P-2||G-1', 'OBR|2|P-2||UREA']),
  );
  expect(answer).toMatchObject({ code: 'AA' });
  const tube = await receivedTube(lab.bench, 'G-1');
  await release(lab.bench, tube, 'CREA', '<5');
  await release(lab.bench, tube, 'UREA', '5.1');
  await signReport(lab.bench, 'G-1');
  await until(() => expect(hospital.heard).toHaveLength(1));
  const segments = (hospital.heard[0] ?? '').split('\r').map((one) => one.split('|'));
  const orcs = segments.filter(([name]) => name === 'ORC').map((one) => [one[2], one[4]]);
  expect(orcs).toEqual([
    ['P-1', 'G-1'],
    ['P-2', 'G-1'],
  ]);
  const obxs = segments.filter(([name]) => name === 'OBX').map((one) => [one[2], one[5]]);
  expect(obxs).toEqual([
    ['SN', '<^5'],
    ['NM', '5.1'],
  ]);
});

test('a line is switched off and on from the window; what was signed meanwhile goes out, and its health is counted', async () => {
  const hospital = hears();
  await lab.bench.tech.command('instrument.switch', { instrumentId: RESULTS, on: false });
  await lab.bench.tech.command('instrument.switch', { instrumentId: ORDERS, on: false });
  const off = (await lab.bench.tech.rows('instruments.lines', {})).map((one) => one.state);
  expect(off).toEqual(['off', 'off']);
  await lab.bench.tech.command('instrument.switch', { instrumentId: ORDERS, on: true });
  await released('P-1');
  await signReport(lab.bench, 'P-1');
  expect(await outcomes()).toEqual(['queued']);
  await lab.bench.tech.command('instrument.switch', { instrumentId: RESULTS, on: true });
  await until(async () => expect(await outcomes()).toEqual(['delivered']));
  expect(hospital.heard).toHaveLength(1);
  const [strip] = await lab.bench.tech.rows('strip', {});
  expect(strip!.lines.map((one) => one.id)).toEqual([ORDERS, RESULTS]);
  const health = await lab.bench.tech.rows('trace.health', { instrumentId: ORDERS, days: 1 });
  expect(JSON.stringify(health)).toContain('"frames"');
});

test('M3 in enhanced mode CA is enough; the PDF goes along where the station says so', async () => {
  await lab.bench.stop();
  lab.bench = await startHospitalBench({ results: { acknowledge: 'enhanced', pdf: true } });
  const peer = createServer((socket) => {
    socket.on('data', (part: Buffer) => {
      parts.push(new Uint8Array(part));
      const [text] = blocksIn(parts);
      if (text === undefined || text === 'partial') return;
      const id = text.split('|')[9];
      socket.write(block(`MSH|^~\\&|HIS|STB|LEVEY||20260729||ACK^R01^ACK|A1|P|2.5.1\rMSA|CA|${id}\r`));
    });
  });
  const parts: Uint8Array[] = [];
  peer.listen(lab.bench.resultsPort, '127.0.0.1');
  cleanups.push(() => peer.close());
  await released('P-1');
  await signReport(lab.bench, 'P-1');
  await until(async () => expect(await outcomes()).toEqual(['delivered']));
  const [text = ''] = blocksIn(parts);
  expect(text.split('\r')[0]?.split('|').slice(14, 18)).toEqual(['AL', 'NE', '', 'UNICODE UTF-8']);
  const pdf =
    text
      .split('\r')
      .find((one) => one.includes('|ED|'))
      ?.split('|')[5]
      ?.split('^') ?? [];
  expect(pdf.slice(0, 4)).toEqual(['', 'application', 'pdf', 'Base64']);
  expect(
    Buffer.from(pdf[4] ?? '', 'base64')
      .subarray(0, 5)
      .toString(),
  ).toBe('%PDF-');
});

test('M6 a name that the character set of the line cannot write is not sent, and a person is shown', async () => {
  await lab.bench.stop();
  lab.bench = await startHospitalBench({ charset: '8859/1' });
  const hospital = hears();
  const his = await hospitalThatOrders(lab.bench);
  cleanups.push(() => his.close());
  const wong = 'PID|1||881^^^STB^MR||\u9ec3^\u5c0f\u660e||19650314|F';
  const utf8 = order(
    [wong, 'ORC|NW|P-1', 'OBR|1|P-1||CREA'],
    'ORM^O01',
    undefined,
    'P|2.5.1||||||UNICODE UTF-8',
  );
  expect(await his.send(utf8)).toMatchObject({ code: 'AA' });
  await release(lab.bench, await receivedTube(lab.bench, 'P-1'), 'CREA', '80');
  await signReport(lab.bench, 'P-1');
  const [row] = await exceptions(1);
  expect(row).toMatchObject({ reason: 'hospitalRefused' });
  expect(row!.sentValue).toContain('8859/1 of this line cannot write');
  expect(hospital.heard).toEqual([]);
});

async function outcomes(): Promise<string[]> {
  const { store } = lab.bench.engine.bench;
  const reports = await store.find('reports', { selector: { issuedTime: { $gt: '0' } } });
  const all = await Promise.all(reports.map((one) => readDelivery(store, one.id)));
  return all.map((one) => one?.state ?? 'none');
}
