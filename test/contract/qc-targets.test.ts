/** W14 on the real engine: targets from the lot's own points, the window of rolling ones by the plan, and a supervisor's approval before they hold. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_PLAN } from '../../shared/domain/qc/plan.ts';
import { type Arriving, CHEM1, CHEM2, type QcStation, qcStation } from './qc-station.ts';

let station: QcStation;
let lotId: string;
const place = { testCode: 'NA', instrumentId: CHEM1 };
const DAY = 24 * 60;

beforeAll(async () => {
  station = await qcStation();
  lotId = await station.lot({ level: '1', testCode: 'NA', mean: '140', sd: '5' });
  const daily = (from: number, to: number, mean: number): Arriving[] =>
    Array.from({ length: from - to + 1 }, (_, at) => ({
      level: '1',
      text: (mean + ((at % 5) - 2) / 2).toFixed(1),
      ago: (from - at) * DAY,
    }));
  // Thirty days at 138, then thirty at 141: the newest ones rise.
  await station.arrive(...daily(59, 30, 138), ...daily(29, 0, 141));
});
afterAll(() => station?.stop());

const points = async () =>
  (await station.lead.rows('qc.chart', { ...place, limit: 200 })).flatMap((row) => row.points);
const targets = async () => (await station.lead.rows('qc.lots', {})).find((lot) => lot.id === lotId)!.targets;
const setPlan = (rolling: { by: 'points' | 'months'; count: number }) =>
  station.lead.command('qc.plan.set', {
    ...{ testCode: 'NA', instrumentId: '', reason: 'Window of rolling targets' },
    plan: { ...DEFAULT_PLAN.all, rolling },
  });
const roll = () => station.lead.command('qc.target.establish', { lotId, ...place, kind: 'rolling' });

test('W14 a rolling target comes from the window of the plan, in points or months, with what it was made from', async () => {
  expect(await roll()).toMatchObject({ points: 60, mean: '139.500' });
  await setPlan({ by: 'points', count: 25 });
  expect(await roll()).toMatchObject({ points: 25, mean: '141.000' });
  await setPlan({ by: 'months', count: 12 });
  expect(await roll()).toMatchObject({ points: 60 });
  const made = (await targets()).at(-1)!;
  expect(made).toMatchObject({ kind: 'rolling', approvedBy: '', basis: { window: '12 months' } });
  const all = await points();
  expect([made.basis?.from, made.basis?.to]).toEqual([all[0]?.at, all.at(-1)?.at]);
  const few = { ...DEFAULT_PLAN.all, rolling: { by: 'points' as const, count: 19 } };
  const wrong = station.lead.refusal('qc.plan.set', { ...place, plan: few, reason: 'too few' });
  expect((await wrong).code).toBe('contract.arguments');
});

test('W12 W11 excluded points and those before a break are not used, and fewer than twenty make no target', async () => {
  await setPlan({ by: 'points', count: 25 });
  const newest = (await points()).at(-1)!;
  await station.lead.command('qc.exclude', { controlId: newest.id, reason: 'wrong vial' });
  // The excluded one gives its place to the next older.
  const made = await roll();
  expect(made.points).toBe(25);
  expect((await targets()).at(-1)?.basis?.to).toBe((await points()).at(-2)?.at);
  await station.lead.command('qc.event', {
    ...{ instrumentId: CHEM1, kind: 'calibration', text: '', breaksWindow: true },
  });
  const after = await station.lead.refusal('qc.target.establish', { lotId, ...place, kind: 'rolling' });
  expect(after).toMatchObject({ code: 'qc.noTarget', what: expect.stringContaining('since the last break') });
  // All points of the lot still make one that is established once.
  const whole = { lotId, ...place, kind: 'established' as const };
  expect(await station.lead.command('qc.target.establish', whole)).toMatchObject({ points: 59 });
});

test('W14 the new target judges nothing until a supervisor approves it, and then only what comes from there on', async () => {
  const judgedBy = async () => (await points()).filter((one) => one.state !== 'excluded').at(-1)?.mean;
  const made = (await targets()).find((one) => one.kind === 'rolling')!;
  expect(made.mean).not.toBe('140');
  await station.arrive({ level: '1', text: '141.0' });
  expect(await judgedBy()).toBe('140');
  const approve = { lotId, targetId: made.id };
  expect((await station.lead.refusal('qc.target.approve', approve)).code).toBe('access.notAllowed');
  await station.supervisor.command('qc.target.approve', approve);
  expect(await judgedBy()).toBe('140');
  const stands = (await targets()).find((one) => one.id === made.id)!;
  expect(stands).toMatchObject({ approvedBy: 'T. adeyemi', fromTime: stands.approvedTime });
  await station.arrive({ level: '1', text: '139.5' });
  expect(await judgedBy()).toBe(made.mean);
  expect((await points()).filter((one) => one.mean === made.mean)).toHaveLength(1);
});

test('W14 a target is for one test on one instrument, another analyser has its own', async () => {
  await station.supervisor.command('qc.target.set', {
    ...{ lotId, testCode: 'NA', instrumentId: CHEM2, kind: 'fixed', mean: '150', sd: '1' },
  });
  await station.arrive({ level: '1', text: '150', instrumentId: CHEM2 });
  const [row] = await station.lead.rows('qc.chart', { testCode: 'NA', instrumentId: CHEM2, limit: 20 });
  expect(row?.points.at(-1)).toMatchObject({ mean: '150', state: 'inControl' });
});
