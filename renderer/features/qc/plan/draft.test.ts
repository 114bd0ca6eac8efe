import { expect, test } from 'vitest';
import { DEFAULT_PLAN } from '../../../../shared/domain/qc/plan.ts';
import { draftOf, planOfDraft, reachOf, ruleUse, sigmaOf } from './draft.ts';

test('W13 a plan is typed and read back as it was, a decimal comma and 6:00 as people write them', () => {
  const plan = { ...DEFAULT_PLAN.all, shifts: ['06:00', '14:00'], everyPatients: 50, totalErrorAllowed: 7.5 };
  expect(planOfDraft(draftOf(plan))).toEqual({ plan, wrong: {} });
  const typed = { ...draftOf(plan), totalErrorAllowed: '7,5', shifts: '14:00; 6:00', bias: '−0.4' };
  expect(planOfDraft(typed).plan).toEqual({ ...plan, bias: -0.4 });
});

test('W13 what is no number, no time or not above zero is named by its field', () => {
  const draft = {
    ...draftOf(DEFAULT_PLAN.all),
    everyHours: '0',
    shifts: '25:00',
    everyPatients: '2.5',
    cv: 'x',
  };
  expect(planOfDraft(draft)).toEqual({
    plan: null,
    wrong: { everyHours: true, shifts: true, everyPatients: true, cv: true },
  });
});

test('W1 W4 1-2s only warns, R-4s looks only across', () => {
  expect(ruleUse('1-2s', 'reject')).toEqual({ action: 'warn', within: true, across: false });
  expect(reachOf('R-4s')).toEqual({ within: false, across: true });
});

test('W14 sigma takes the figures of the plan before those of the points, and is unknown without one', () => {
  const plan = { ...DEFAULT_PLAN.all, totalErrorAllowed: 6 };
  const found = { n: 30, bias: -1, cv: 1, lot: '' };
  expect(sigmaOf(plan, found)).toBeCloseTo(5);
  expect(sigmaOf({ ...plan, cv: 2, bias: 0 }, found)).toBeCloseTo(3);
  expect(sigmaOf(plan, null)).toBeNull();
});
