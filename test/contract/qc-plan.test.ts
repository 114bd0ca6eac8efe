/** The plan of controls: who may change it, what changes at once, and what never changes backwards. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_PLAN } from '../../shared/domain/qc/plan.ts';
import { CHEM1, type QcStation, qcStation } from './qc-station.ts';

let station: QcStation;
const place = { testCode: 'NA', instrumentId: CHEM1 };
const reject = { action: 'reject', within: true, across: true } as const;
const only = (rules: object) => ({ ...DEFAULT_PLAN.all, rules });

beforeAll(async () => {
  station = await qcStation();
  await station.lot({ level: '1', testCode: 'NA', mean: '140', sd: '2' });
  await station.lot({ level: '2', testCode: 'NA', mean: '120', sd: '2' });
});
afterAll(() => station.stop());

const stateOf = async () =>
  (await station.lead.rows('qc.state', {}, (rows) => rows.some((one) => one.testCode === 'NA'))).find(
    (one) => one.testCode === 'NA' && one.instrumentId === CHEM1,
  )!;
const points = async () =>
  (await station.lead.rows('qc.chart', { ...place, limit: 100 })).flatMap((one) => one.points);

test('W1-W9 a plan says beforehand what it would have changed, holds for the next control and judges none again', async () => {
  await station.arrive({ level: '1', text: '147', ago: 50 }, { level: '2', text: '120', ago: 50 });
  expect((await stateOf()).state).toBe('rejected');
  const plan = only({ '1-2s': { action: 'warn', within: true, across: false } });
  const trial = await station.tech.command('qc.plan.try', { ...place, plan });
  expect(trial).toMatchObject({ points: 2, changed: 1, rejectedLess: 1, rejectedMore: 0, gates: [] });
  expect(trial.changes[0]).toMatchObject({
    text: '147',
    before: 'rejected',
    after: 'warning',
    afterRules: ['1-2s?'],
  });
  expect(await station.tech.refusal('qc.plan.set', { ...place, plan, reason: 'looser' })).toMatchObject({
    code: 'access.notAllowed',
  });
  await station.lead.command('qc.plan.set', { ...place, plan, reason: 'Sigma 6.4 over three months' });
  expect((await points()).map((one) => one.state)).toEqual(['rejected', 'inControl']);
  expect((await stateOf()).state).toBe('rejected');
  await station.arrive({ level: '1', text: '147' });
  expect((await points()).map((one) => one.state)).toEqual(['rejected', 'inControl', 'warning']);
  expect((await stateOf()).state).toBe('warning');
});

test('W12 what came before a change is judged by the earlier rules, also when an exclusion has it judged again', async () => {
  const [, second] = await points();
  await station.lead.command('qc.exclude', { controlId: second!.id, reason: 'wrong cup' });
  expect((await points()).map((one) => one.state)).toEqual(['rejected', 'excluded', 'warning']);
  await station.lead.command('qc.include', { controlId: second!.id, reason: 'it was right' });
  expect((await points()).map((one) => one.state)).toEqual(['rejected', 'inControl', 'warning']);
});

test('W13 another schedule counts on the gate at once, and the change stands with who and why', async () => {
  await station.arrive({ level: '2', text: '120', ago: 40 }, { level: '1', text: '140', ago: 40 });
  const plan = { ...only({ '1-3s': reject }), everyHours: 0.1 };
  const trial = await station.lead.command('qc.plan.try', { ...place, plan });
  expect(trial.gates).toMatchObject([{ after: 'overdue' }]);
  await station.supervisor.command('qc.plan.set', { ...place, plan, reason: 'Drift seen in June' });
  expect((await stateOf()).state).toBe('overdue');
  const row = (await station.lead.rows('qc.plan', {})).find(
    (one) => one.testCode === 'NA' && one.instrumentId === CHEM1,
  )!;
  expect(row).toMatchObject({ own: true, plan: { everyHours: 0.1 } });
  expect(row.changes.map((one) => [one.by, one.reason])).toEqual([
    ['T. adeyemi', 'Drift seen in June'],
    ['T. okafor', 'Sigma 6.4 over three months'],
  ]);
  // C3: the audit trail has who, when, before, after and why.
  const audit = await station.supervisor.rows('audit.list', {});
  const entry = audit.find((one) => one.command === 'qc.plan.set' && one.docId === 'qc.plan');
  expect(entry).toMatchObject({ collection: 'settings', reason: 'Drift seen in June' });
  expect(JSON.stringify(entry?.changes)).toContain('everyHours');
  await station.supervisor.command('qc.plan.set', { ...place, plan: null, reason: 'Back to all tests' });
  expect((await stateOf()).state).not.toBe('overdue');
  expect(
    await station.supervisor.refusal('qc.plan.set', {
      testCode: '',
      instrumentId: '',
      plan: null,
      reason: 'no plan',
    }),
  ).toMatchObject({ code: 'qc.noPlan' });
});

test('C3 F9 the chart comes as a PDF of vectors, and the month says what was rejected and excluded', async () => {
  const { pdf, name } = await station.tech.command('qc.chart.pdf', { ...place, days: 30 });
  const bytes = Buffer.from(pdf, 'base64');
  expect(bytes.subarray(0, 5).toString()).toBe('%PDF-');
  expect(bytes.includes('/Subtype /Image')).toBe(false);
  expect(name).toMatch(/^chart-T1\.CHEM1-NA-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.pdf$/);
  for (const view of ['drift', 'youden', 'histogram'] as const) {
    const plot = await station.tech.command('qc.plot.pdf', { ...place, view, days: 30, levels: null });
    const drawn = Buffer.from(plot.pdf, 'base64');
    expect(drawn.subarray(0, 5).toString()).toBe('%PDF-');
    expect(drawn.includes('/Subtype /Image')).toBe(false);
    expect(plot.name).toMatch(new RegExp(`^${view}-T1\\.CHEM1-NA-\\d{4}-\\d\\d-\\d\\d-`));
  }
  const period = new Date().toISOString().slice(0, 7);
  const [row] = await station.tech.rows('qc.month', { instrumentId: CHEM1, period });
  expect(row).toMatchObject({ testCode: 'NA', warnings: 1 });
  expect(row!.rejected).toMatchObject([{ text: '147', open: true, rules: ['1-2s', '1-3s'] }]);
  expect(row!.lots).toHaveLength(2);
});
