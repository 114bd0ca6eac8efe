/** Lots, breaks and controls by hand on the real engine: W11, W13 and W14. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHEM1, type QcStation, qcStation } from './qc-station.ts';

let station: QcStation;
const place = { testCode: 'NA', instrumentId: CHEM1 };
let first: string;

beforeAll(async () => {
  station = await qcStation();
  first = await station.lot({ level: '1', testCode: 'NA', mean: '140', sd: '2' });
  await station.backdate(60);
});
afterAll(() => station?.stop());

const chart = async () => (await station.lead.rows('qc.chart', { ...place, limit: 200 }))[0]!;
const points = async () => (await chart()).points;
const gate = async () =>
  (await station.lead.rows('qc.state', {})).find(
    (one) => one.testCode === 'NA' && one.instrumentId === CHEM1,
  )!;
const hoursAgo = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();

test('W11 a calibration that is marked as a break ends the window of a rule; one that is not does not', async () => {
  await station.arrive({ level: '1', text: '144.5', ago: 300 });
  const event = { instrumentId: CHEM1, kind: 'calibration' as const, text: '' };
  await station.lead.command('qc.event', { ...event, breaksWindow: true });
  // Arrives after the break, measured after it: 2-2s would fire with the one before.
  const [after] = await station.arrive({ level: '1', text: '144.6' });
  expect(after).toMatchObject({ state: 'warning' });
  await station.lead.command('qc.event', { ...event, kind: 'maintenance', breaksWindow: false });
  const [again] = await station.arrive({ level: '1', text: '144.7' });
  expect(again?.hits.map((hit) => hit.rule)).toContain('2-2s');
  await station.arrive({ level: '1', text: '140' });
});

test('W14 a parallel lot is recognised by its lot number, gets its own points, and neither opens nor closes the gate', async () => {
  const { lotId } = await station.lead.command('qc.lot.save', {
    ...{ lotId: null, material: 'Level', manufacturer: 'Example Controls', lot: 'LOT1B', level: '1' },
    ...{ expiresOn: '2099-12-31', opened: true, openStabilityHours: null, sentAs: ['QC-1'] },
    state: 'parallel',
  });
  await station.supervisor.command('qc.target.set', {
    ...{ lotId, testCode: 'NA', instrumentId: '', kind: 'manufacturer', mean: '150', sd: '2' },
  });
  const before = await gate();
  expect(before).toMatchObject({ state: 'in', blocks: false });
  expect(before.levels.map((one) => one.lotId)).toEqual([first]);
  const [far] = await station.arrive({ level: '1', text: '160', lot: 'LOT1B' });
  expect(far).toMatchObject({ lotId, state: 'rejected', target: { mean: '150' } });
  expect(await gate()).toMatchObject({ state: 'in', blocks: false });
  // Without a number the lot in use is meant.
  const [plain] = await station.arrive({ level: '1', text: '140.2' });
  expect(plain).toMatchObject({ lotId: first, state: 'inControl' });
  expect(await gate()).toMatchObject({ state: 'in' });
});

test('W11 a control typed later with the time it was measured stands in its place, and a time to come is refused', async () => {
  const late = { ...place, lotId: first, valueText: '139,4' };
  const measuredTime = hoursAgo(3);
  const { state } = await station.tech.command('qc.enter', { ...late, measuredTime });
  expect(state).toBe('inControl');
  const all = await points();
  const found = all.find((one) => one.text === '139,4')!;
  expect(found.at).toBe(measuredTime);
  expect(all.indexOf(found)).toBeLessThan(all.length - 1);
  const twice = { ...late, measuredTime: new Date(Date.parse(measuredTime) + 30_000).toISOString() };
  expect((await station.tech.refusal('qc.enter', twice)).code).toBe('qc.duplicate');
  // The same value hours later is another control.
  await station.tech.command('qc.enter', { ...late, measuredTime: hoursAgo(1) });
  const ahead = { ...late, measuredTime: new Date(Date.now() + 600_000).toISOString() };
  expect((await station.tech.refusal('qc.enter', ahead)).code).toBe('qc.wrongTime');
  const old = { ...late, measuredTime: hoursAgo(8 * 24) };
  expect((await station.tech.refusal('qc.enter', old)).code).toBe('qc.wrongTime');
});

test('W13 the chart tells the size of the shift at a reject: SD, amount and percent against the points before', async () => {
  for (const text of ['140.0', '140.2', '139.8', '140.0']) await station.arrive({ level: '1', text });
  await station.arrive({ level: '1', text: '150.0' });
  const { lookBack } = await chart();
  const [shift] = lookBack!.shifts;
  expect(shift).toMatchObject({ level: 'Level 1' });
  expect(shift!.sd).toBeGreaterThan(4);
  expect(shift!.amount).toBeCloseTo(shift!.sd * 2);
  expect(shift!.percent).toBeCloseTo((shift!.amount / 140) * 100);
});
