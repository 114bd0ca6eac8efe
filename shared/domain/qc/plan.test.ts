import { expect, test } from 'vitest';
import { changedPlan, DEFAULT_PLAN, ownPlan, type PlanChange, planAt, planOf, ruleWords } from './plan.ts';

const strict = {
  ...DEFAULT_PLAN.all,
  rules: { '1-3s': { action: 'reject', within: true, across: false } },
} as const;
const loose = { ...DEFAULT_PLAN.all, everyHours: null };

const change = (
  at: string,
  testCode: string,
  instrumentId: string,
  before: PlanChange['before'],
  after: PlanChange['after'],
) => ({
  ...{ id: at, at, by: 'p', byName: 'P', testCode, instrumentId, before, after, reason: 'why' },
});

test('W1-W9 a test on an instrument has its own plan, else the test’s, else that of all', () => {
  const plan = changedPlan(changedPlan(DEFAULT_PLAN, { testCode: 'NA', instrumentId: '', after: loose }), {
    ...{ testCode: 'NA', instrumentId: 'C1', after: strict },
  });
  expect(planOf(plan, 'NA', 'C1')).toEqual(strict);
  expect(planOf(plan, 'NA', 'C2')).toEqual(loose);
  expect(planOf(plan, 'K', 'C1')).toEqual(DEFAULT_PLAN.all);
  expect(ownPlan(plan, { testCode: 'K', instrumentId: 'C1' })).toBeNull();
  expect(planOf(changedPlan(plan, { testCode: 'NA', instrumentId: 'C1', after: null }), 'NA', 'C1')).toEqual(
    loose,
  );
});

test('W11 the plan of an earlier instant is found again from its changes', () => {
  const changes = [
    change('2026-01-02', 'NA', '', null, loose),
    change('2026-01-04', 'NA', '', loose, strict),
  ];
  const now = { ...DEFAULT_PLAN, tests: { NA: strict } };
  expect(planOf(planAt(now, changes, '2026-01-05'), 'NA')).toEqual(strict);
  expect(planOf(planAt(now, changes, '2026-01-04'), 'NA')).toEqual(strict);
  expect(planOf(planAt(now, changes, '2026-01-03'), 'NA')).toEqual(loose);
  expect(planOf(planAt(now, changes, '2026-01-01'), 'NA')).toEqual(DEFAULT_PLAN.all);
});

test('W1 1-2s warns whatever is set', () => {
  const reject = { action: 'reject', within: true, across: true } as const;
  expect(
    ruleWords({ rules: { '1-2s': reject, '1-3s': reject, '10x': { ...reject, action: 'warn' } } }, '(warns)'),
  ).toEqual(['1-2s (warns)', '1-3s', '10x (warns)']);
});
