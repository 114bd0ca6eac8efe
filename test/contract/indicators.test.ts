/** C6 (CAP GEN.20316): indicators of a period from what is stored, each with the cases behind it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newBase } from '../../shared/documents/common.ts';
import type { IndicatorRow } from '../../shared/ipc/indicators.ts';
import { LABORATORY, laboratory } from '../sim/laboratory/index.ts';
import { EngineClient } from './engine-client.ts';
import { PIN } from './people.ts';
import { type QcStation, qcStation } from './qc-station.ts';

const DAY = '2026-07-10';
const july = { from: '2026-07-01', to: '2026-07-31' };
const at = (time: string): string => `${DAY}T${time}:00.000Z`;
let station: QcStation;
let rows: IndicatorRow[];
const named = (name: string, detail = '') => rows.find((one) => one.name === name && one.detail === detail)!;

beforeAll(async () => {
  station = await qcStation();
  const { store } = station.engine.bench;
  const lab = laboratory({ day: '2026-07-29', patients: 5 });
  const past = lab.history(40).next().value!;
  const [order, specimen, result] = [past.orders[0]!, past.specimens[0]!, past.results[0]!];
  const task = {
    ...newBase('c', at('08:00'), 'local'),
    ...{ kind: 'criticalCall' as const, status: 'done' as const },
    ...{ reason: 'criticalValue', summary: 'Potassium 6.9 HH', instrumentId: '', messageId: '' },
    ...{ sentTest: '', sentSpecimen: specimen.accessionIdentifier, sentValue: '6.9', sentUnit: 'mmol/L' },
    ...{ patientId: specimen.patientId, specimenId: specimen.id, resultId: result.id, reportId: '' },
    ...{
      payload: {},
      sourceKey: '',
      resolution: 'Called Sr Byrne, read back.',
      resolvedBy: 'p',
      resolvedAt: '',
    },
  };
  const context = { actor: 'test', command: 'seed', station: 'T1', at: new Date().toISOString() };
  await store.write(context, async (unit) => {
    for (const doc of lab.patients) unit.put('patients', doc, { sync: true });
    // Ten tubes came in; one was clotted, one had another name on it. One of last month does not count.
    for (let n = 0; n < 11; n += 1) {
      const refused = n === 0 ? ['RC', 'Clotting'] : n === 1 ? ['RI', 'Another name on the tube'] : ['', ''];
      unit.put(
        'specimens',
        {
          ...specimen,
          ...{ id: `s${n}`, accessionIdentifier: `T10000${n}`, requisition: `REQ-${n}`, orderIds: [`o${n}`] },
          status: refused[0] === '' ? 'received' : 'rejected',
          ...{ conditionCode: refused[0]!, conditionText: refused[1]! },
          collectedTime: n === 5 ? '' : at('07:00'),
          receivedTime: n === 10 ? '2026-06-30T10:00:00.000Z' : at('07:30'),
        },
        { sync: true },
      );
      // One order was cancelled after its tube had come, one before: its tube is another's.
      unit.put(
        'orders',
        {
          ...order,
          ...{ id: `o${n}`, requisition: `REQ-${n}`, authoredOn: at('06:00') },
          status: n === 2 || n === 10 ? 'revoked' : 'completed',
          note: n === 2 ? 'Ordered for another patient' : '',
        },
        { sync: true },
      );
    }
    unit.put(
      'orders',
      { ...order, id: 'o-early', requisition: 'REQ-X', authoredOn: at('06:00'), status: 'revoked' },
      { sync: true },
    );
    // Five first versions, 30 to 150 minutes after receipt, and one correction.
    for (let n = 3; n < 8; n += 1)
      unit.put(
        'reports',
        {
          ...past.report,
          ...{ id: `r${n}`, requisition: `REQ-${n}`, specimenIds: [`s${n}`], version: 1, state: 'signed' },
          priority: n === 3 ? 'stat' : 'routine',
          issuedTime: new Date(Date.parse(at('07:30')) + (n - 2) * 30 * 60_000).toISOString(),
        },
        { sync: true },
      );
    unit.put(
      'reports',
      {
        ...past.report,
        ...{ id: 'r3b', requisition: 'REQ-3', specimenIds: ['s3'], version: 2, state: 'signed' },
        ...{ replacesId: 'r3', status: 'corrected', correctionReason: 'Wrong unit', issuedTime: at('12:00') },
      },
      { sync: true },
    );
    unit.put('tasks', { ...task, id: 'c1', createdAt: at('08:00'), resolvedAt: at('08:30') }, { sync: true });
    unit.put('tasks', { ...task, id: 'c2', createdAt: at('08:00'), resolvedAt: at('08:31') }, { sync: true });
    unit.put('tasks', { ...task, id: 'c3', status: 'open', createdAt: at('08:00') }, { sync: true });
    unit.put('tasks', { ...task, id: 'c4', status: 'rejected', createdAt: at('08:00') }, { sync: true });
  });
  rows = await station.tech.rows('indicators', july);
}, 60_000);

afterAll(() => station?.stop());

const cases = (name: IndicatorRow['name'], detail = '') =>
  station.tech.rows('indicators.cases', { ...july, name, detail });

test('C6 rejected specimens by reason, and those that say the wrong patient, of all that came in', async () => {
  expect(named('rejected')).toMatchObject({ count: 2, all: 10, rate: 0.2 });
  expect(named('rejectedFor', 'RC')).toMatchObject({ count: 1, all: 10 });
  expect(named('rejectedFor', 'RI')).toMatchObject({ count: 1, all: 10 });
  expect(named('mislabelled')).toMatchObject({ count: 1, all: 10 });
  expect(await cases('mislabelled')).toMatchObject([
    { id: 's1', text: 'RI Another name on the tube', go: { screen: 'accession', target: 'REQ-1' } },
  ]);
  expect((await cases('rejected'))[0]?.patientName).not.toBe('');
});

test('C6 an order counts as cancelled late once a specimen of it had come in', async () => {
  expect(named('cancelled')).toMatchObject({ count: 2, all: 12 });
  expect((await cases('cancelled')).map((one) => one.id).sort()).toEqual(['o10', 'o2']);
});

test('C6 turnaround to the first issue with percentiles, by priority, and what lacks a time is told', async () => {
  expect(named('receivedToIssued')).toMatchObject({
    ...{ count: 5, unknown: 0 },
    spread: { n: 5, median: 90, p90: 150, p95: 150, longest: 150 },
  });
  expect(named('receivedToIssued', 'stat')).toMatchObject({ spread: { n: 1, median: 30 } });
  expect(named('collectedToIssued')).toMatchObject({ count: 4, unknown: 1, spread: { median: 90 } });
  const [slowest] = await cases('receivedToIssued');
  expect(slowest).toMatchObject({
    minutes: 150,
    text: 'routine',
    go: { screen: 'signout', target: 'T100007' },
  });
});

test('C6 V3 calls in time, late and still open; a withdrawn one is none', async () => {
  expect(named('callsInTime')).toMatchObject({ count: 1, all: 3 });
  expect(named('callsLate')).toMatchObject({ count: 1, all: 3 });
  expect(named('callsOpen')).toMatchObject({ count: 1, all: 3 });
  expect(await cases('callsLate')).toMatchObject([{ id: 'c2', minutes: 31 }]);
  const hour = await station.tech.rows('indicators', { ...july, callWithin: 60 });
  expect(hour.find((one) => one.name === 'callsInTime')).toMatchObject({ count: 2 });
});

test('C6 V3 the laboratory sets its own limit of a critical call: the figures, their cases and the sheet go by it', async () => {
  const { name, address } = LABORATORY;
  const set = (callWithin: number) => ({ name, address, callWithin });
  expect((await station.lead.refusal('admin.laboratory', set(60))).code).toBe('access.notAllowed');
  const admin = new EngineClient(station.engine, 'administrator');
  await admin.command('access.signIn', { username: 'doyle', secret: 'correct horse battery' });
  expect((await admin.refusal('admin.laboratory', set(0))).code).toBe('contract.arguments');
  await admin.command('admin.laboratory', set(60));
  const [session] = await station.tech.rows('session', {}, ([row]) => row?.callWithinMinutes === 60);
  expect(session?.laboratory).toBe(name);
  const of = await station.tech.rows('indicators', { ...july, asked: 2 });
  expect(of.find((one) => one.name === 'callsInTime')).toMatchObject({ count: 2, all: 3 });
  expect(of.find((one) => one.name === 'callsLate')).toMatchObject({ count: 0 });
  const late = { ...july, asked: 2, name: 'callsLate' as const, detail: '' };
  expect(await station.tech.rows('indicators.cases', late)).toEqual([]);
  // Without a limit it stays as it was set.
  await admin.command('admin.laboratory', { name, address });
  expect((await station.tech.rows('session', {}))[0]?.callWithinMinutes).toBe(60);
  await admin.command('admin.laboratory', set(30));
});

test('C6 corrected reports of all that were issued', async () => {
  expect(named('corrected')).toMatchObject({ count: 1, all: 6 });
  expect(await cases('corrected')).toMatchObject([{ text: 'Wrong unit', go: { target: 'REQ-3' } }]);
});

test('C6 W13 rejected controls and releases in spite of one; what is not measured here says so', async () => {
  await station.lot({ level: '1', mean: '140', sd: '2' });
  await station.arrive({ level: '1', text: '140.4', ago: 20 });
  await station.arrive({ level: '1', text: '150' });
  await station.supervisor.command('qc.override', {
    ...{ instrumentId: 'T1.CHEM1', testCode: 'NA', reason: 'Confirmed elsewhere.', hours: 1, pin: PIN },
  });
  const today = new Date().toISOString().slice(0, 10);
  const now = { from: today, to: today };
  const of = await station.tech.rows('indicators', now);
  const one = (name: string) => of.find((row) => row.name === name);
  expect(one('qcRejected')).toMatchObject({ count: 1, all: 2, rate: 0.5 });
  expect(one('qcOverridden')).toMatchObject({ count: 1 });
  expect(one('contaminated')).toMatchObject({ measured: false });
  const [reject] = await station.tech.rows('indicators.cases', { ...now, name: 'qcRejected', detail: '' });
  expect(reject).toMatchObject({ what: 'Sodium, CHEM1', go: { screen: 'qc', target: 'T1.CHEM1 NA' } });
  const [override] = await station.tech.rows('indicators.cases', {
    ...now,
    name: 'qcOverridden',
    detail: '',
  });
  expect(override).toMatchObject({ text: 'T. adeyemi: Confirmed elsewhere.' });
});

test('C6 documents of one instant, more than a piece holds, are each counted once', async () => {
  const { store } = station.engine.bench;
  const [template] = await store.find('specimens', {
    selector: { receivedTime: { $eq: at('07:30') } },
    limit: 1,
  });
  const context = { actor: 'test', command: 'seed', station: 'T1', at: new Date().toISOString() };
  await store.write(context, async (unit) => {
    for (let n = 0; n < 2_300; n += 1) {
      const receivedTime = n < 2_100 ? '2026-05-04T09:00:00.000Z' : '2026-05-05T09:00:00.000Z';
      unit.put(
        'specimens',
        { ...template!, id: `many-${n}`, accessionIdentifier: `M${n}`, status: 'received', receivedTime },
        { sync: true },
      );
    }
  });
  const may = await station.tech.rows('indicators', { from: '2026-05-01', to: '2026-05-31' });
  expect(may.find((row) => row.name === 'rejected')).toMatchObject({ count: 0, all: 2_300 });
});

test('C6 the figures of a period are a sheet of text that names no patient', async () => {
  const { pdf, name } = await station.tech.command('indicators.pdf', july);
  expect(name).toBe('indicators-2026-07-01-2026-07-31.pdf');
  expect(Buffer.from(pdf, 'base64').subarray(0, 5).toString()).toBe('%PDF-');
  expect(
    await station.tech.refusal('indicators.pdf', { from: '2026-07-31', to: '2026-07-01' }),
  ).toBeDefined();
});
