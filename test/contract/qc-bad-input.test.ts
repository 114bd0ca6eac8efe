/** Bad input of quality control on the real engine: expired, without target, late, swapped, twice, and two analysers with one number. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gateOf } from '../../main/engine/qc/gate.ts';
import { noteSerial } from '../../main/engine/qc/serials.ts';
import { CHEM1, CHEM2, type QcStation, qcStation } from './qc-station.ts';

let station: QcStation;
const gate = (testCode: string, instrumentId = CHEM1) => {
  const { bench } = station.engine;
  return gateOf(bench.store, bench.qcLots, instrumentId, testCode, bench.clock.now().toISOString());
};
const control = (id: string) => station.engine.bench.store.get('controls', id);

beforeAll(async () => {
  station = await qcStation();
});
afterAll(() => station?.stop());

test('W13 a control of an expired lot is judged and marked, and does not open the gate', async () => {
  await station.lot({ level: 'E1', testCode: 'GLU', mean: '5.0', sd: '0.2', expiresOn: '2020-01-31' });
  const [one] = await station.arrive({ level: 'E1', text: '5.1', testCode: 'GLU' });
  expect(one).toMatchObject({ state: 'inControl', z: 0.5 });
  expect(one?.because.find((reason) => reason.rule === 'qc.expired')).toMatchObject({
    outcome: 'hold',
    text: 'The lot LOTE1 may not be used after 2020-01-31.',
  });
  expect(await gate('GLU')).toMatchObject({ state: 'notEvaluable', blocks: true });
  expect((await gate('GLU')).because[0]?.text).toContain('may not be used after 2020-01-31');
  const [row] = (await station.lead.rows('qc.state', {})).filter((state) => state.id === `${CHEM1} GLU`);
  expect(row).toMatchObject({ blocks: true, levels: [{ state: 'notEvaluated' }] });
});

test('W13 a control from a vial open too long does not open the gate; a new vial does, and the old point stays marked', async () => {
  const lotId = await station.lot({
    level: 'V1',
    testCode: 'UREA',
    mean: '5.0',
    sd: '0.2',
    openStabilityHours: 1,
  });
  const { bench } = station.engine;
  const lot = await bench.store.get('lots', lotId);
  const opened = new Date(bench.clock.now().getTime() - 7_200_000).toISOString();
  const context = { actor: 'test', command: 'test.open', station: 'T1', at: opened };
  await bench.store.write(context, async (unit) => unit.put('lots', { ...lot!, openedTime: opened }));
  await bench.qcLots.load(bench.store);
  const [old] = await station.arrive({ level: 'V1', text: '5.0', testCode: 'UREA' });
  expect(await gate('UREA')).toMatchObject({ state: 'notEvaluable', blocks: true });
  await station.tech.command('qc.lot.openVial', { lotId });
  await bench.qcLots.load(bench.store);
  await station.arrive({ level: 'V1', text: '5.05', testCode: 'UREA' });
  expect(await gate('UREA')).toMatchObject({ state: 'in', blocks: false });
  // Judged again with the new vial known, the old point keeps its mark.
  await station.lead.command('qc.exclude', { controlId: old!.id, reason: 'Vial was open too long.' });
  expect((await control(old!.id))?.because.map((one) => one.rule)).toContain('qc.expired');
});

test('W10 a lot in use that is measured without a target closes the gate instead of falling out of it', async () => {
  await station.lot({ level: 'T1', testCode: 'CREA', mean: '80', sd: '4' });
  await station.arrive({ level: 'T1', text: '81', testCode: 'CREA' });
  expect(await gate('CREA')).toMatchObject({ state: 'in' });
  await station.lot({ level: 'T2' });
  const [one] = await station.arrive({ level: 'T2', text: '300', testCode: 'CREA' });
  expect(one).toMatchObject({ state: 'notEvaluated', target: null });
  expect(await gate('CREA')).toMatchObject({
    state: 'notEvaluable',
    blocks: true,
    text: 'Level T2 cannot be evaluated',
  });
});

test('W11 a control that arrives late is put into its run, and what followed is judged again', async () => {
  await station.lot({ level: 'L1', testCode: 'K', mean: '4.0', sd: '0.1' });
  await station.lot({ level: 'L2', testCode: 'K', mean: '6.0', sd: '0.2' });
  // Targets hold from now on: what was measured minutes ago came in time for them.
  const [first, second] = await station.arrive(
    { level: 'L1', text: '4.25', testCode: 'K', ago: 30 },
    { level: 'L1', text: '4.05', testCode: 'K', ago: 10 },
  );
  expect([first?.state, second?.state]).toEqual(['warning', 'inControl']);
  const [late] = await station.arrive({ level: 'L2', text: '5.5', testCode: 'K', ago: 28 });
  // R-4s in the run of the first, though another run has come since.
  expect(late).toMatchObject({ runId: first?.runId, state: 'rejected', level: 'Level L2' });
  expect(late?.hits.map((hit) => hit.rule)).toContain('R-4s');
  expect((await gate('K')).state).toBe('rejected');
});

test('W3 a late control between two others changes what the later one is judged by', async () => {
  await station.lot({ level: 'M1', testCode: 'CL', mean: '100', sd: '2' });
  const [, after] = await station.arrive(
    { level: 'M1', text: '100', testCode: 'CL', ago: 40 },
    { level: 'M1', text: '105', testCode: 'CL', ago: 20 },
  );
  expect(after?.state).toBe('warning');
  await station.arrive({ level: 'M1', text: '104.5', testCode: 'CL', ago: 30 });
  const judged = await control(after!.id);
  expect(judged).toMatchObject({ state: 'rejected' });
  expect(judged?.hits.map((hit) => hit.rule)).toContain('2-2s');
  const [chart] = await station.lead.rows('qc.chart', { instrumentId: CHEM1, testCode: 'CL', limit: 10 });
  expect(chart?.points.map((point) => point.text)).toEqual(['100', '104.5', '105']);
});

test('R12 a decimal comma is a decimal comma', async () => {
  const lotId = await station.lot({ level: 'D1', testCode: 'CA', mean: '2.40', sd: '0.05' });
  const typed = { instrumentId: CHEM1, testCode: 'CA', lotId };
  const { controlId } = await station.tech.command('qc.enter', { ...typed, valueText: '2,45' });
  expect(await control(controlId)).toMatchObject({ z: 1, value: { text: '2,45', number: 2.45 } });
  expect(await station.tech.refusal('qc.enter', { ...typed, valueText: '2,4,5' })).toMatchObject({
    code: 'qc.notANumber',
  });
});

test('a control typed twice is stored once', async () => {
  const lotId = await station.lot({ level: 'U1', testCode: 'ALT', mean: '0.90', sd: '0.05' });
  const typed = { instrumentId: CHEM1, testCode: 'ALT', lotId, valueText: '0.91' };
  await station.tech.command('qc.enter', typed);
  expect(await station.tech.refusal('qc.enter', typed)).toMatchObject({ code: 'qc.duplicate' });
  await station.tech.command('qc.enter', { ...typed, instrumentId: CHEM2 });
  await station.tech.command('qc.enter', { ...typed, valueText: '0.92' });
});

test('swapped levels are recognised and said, never re-assigned', async () => {
  await station.lot({ level: 'S1', testCode: 'ALB', mean: '25', sd: '1' });
  await station.lot({ level: 'S2', testCode: 'ALB', mean: '45', sd: '1.5' });
  const [one, two] = await station.arrive(
    { level: 'S1', text: '44.2', testCode: 'ALB' },
    { level: 'S2', text: '25.3', testCode: 'ALB' },
  );
  expect(one).toMatchObject({ level: 'Level S1', state: 'rejected' });
  expect(one?.because.find((reason) => reason.rule === 'qc.swapped')).toMatchObject({
    inputs: { level: 'Level S2' },
  });
  expect(two?.because.map((reason) => reason.rule)).toContain('qc.swapped');
  const [plain] = await station.arrive({ level: 'S1', text: '31', testCode: 'ALB' });
  expect(plain?.because.map((reason) => reason.rule)).not.toContain('qc.swapped');
});

test('two lines that send one serial number are a problem on the strip until they do not', () => {
  const { bench } = station.engine;
  const sends = (line: string, serial: string) =>
    noteSerial(bench, line, { sender: { name: '', version: '', serial }, results: [] });
  const problems = () => [...bench.problems.values()].filter((one) => one.code === 'qc.sameSerial');
  sends(CHEM1, 'SN20931');
  sends(CHEM2, '1');
  expect(problems()).toEqual([]);
  sends(CHEM2, 'SN20931');
  expect(problems()).toHaveLength(1);
  expect(problems()[0]?.what).toContain('SN20931');
  sends(CHEM2, 'SN20932');
  expect(problems()).toEqual([]);
});
