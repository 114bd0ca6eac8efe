import type { QcTestPlan } from '../../../../shared/domain/qc/plan.ts';
import { sigmaMetric } from '../../../../shared/domain/qc/sigma.ts';
import { LEAST_POINTS, type RollingWindow } from '../../../../shared/domain/qc/target.ts';
import type { QcRule, RuleUse } from '../../../../shared/domain/qc/westgard.ts';
import type { QcPlanRow } from '../../../../shared/ipc/qc-plan.ts';

/** A plan while it is typed: numbers as texts. */
export interface Draft {
  levels: string;
  rules: QcTestPlan['rules'];
  everyHours: string;
  shifts: string;
  everyPatients: string;
  totalErrorAllowed: string;
  totalErrorSource: string;
  bias: string;
  cv: string;
  rollingBy: RollingWindow['by'];
  rollingCount: string;
}

const text = (value: number | null): string => (value === null ? '' : String(value));

/** What is typed of a plan that is stored. */
export function draftOf(plan: QcTestPlan): Draft {
  return {
    levels: String(plan.levels),
    rules: plan.rules,
    everyHours: text(plan.everyHours),
    shifts: plan.shifts.join(', '),
    everyPatients: text(plan.everyPatients),
    totalErrorAllowed: text(plan.totalErrorAllowed),
    totalErrorSource: plan.totalErrorSource,
    bias: text(plan.bias),
    cv: text(plan.cv),
    rollingBy: plan.rolling.by,
    rollingCount: String(plan.rolling.count),
  };
}

/** A number as people type it, with a point or a comma; null when nothing is there; NaN when it is none. */
function numberOf(typed: string): number | null {
  const plain = typed.trim().replace(',', '.').replace('−', '-');
  if (plain === '') return null;
  return /^-?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : Number.NaN;
}

/** Fields that are wrong, by name. */
export type Wrong = Partial<
  Record<
    'everyHours' | 'shifts' | 'everyPatients' | 'totalErrorAllowed' | 'bias' | 'cv' | 'rollingCount',
    true
  >
>;

/** The plan that is typed, and what is wrong with it. */
export function planOfDraft(draft: Draft): { plan: QcTestPlan | null; wrong: Wrong } {
  const wrong: Wrong = {};
  const positive = (name: keyof Wrong & keyof Draft, whole = false): number | null => {
    const value = numberOf(draft[name]);
    if (value !== null && (!(value > 0) || (whole && !Number.isInteger(value)))) wrong[name] = true;
    return value;
  };
  const shifts = draft.shifts
    .split(/[,; ]+/)
    .filter(Boolean)
    .map((one) => (/^\d:\d\d$/.test(one) ? `0${one}` : one));
  if (shifts.some((one) => !/^([01]\d|2[0-3]):[0-5]\d$/.test(one))) wrong.shifts = true;
  const bias = numberOf(draft.bias);
  if (Number.isNaN(bias)) wrong.bias = true;
  const rolling = { by: draft.rollingBy, count: numberOf(draft.rollingCount) ?? 0 };
  const [least, most] = rolling.by === 'points' ? [LEAST_POINTS, 1_000] : [1, 36];
  if (!(Number.isInteger(rolling.count) && rolling.count >= least && rolling.count <= most))
    wrong.rollingCount = true;
  const plan: QcTestPlan = {
    levels: Number(draft.levels),
    rules: draft.rules,
    everyHours: positive('everyHours'),
    shifts: [...new Set(shifts)].sort(),
    everyPatients: positive('everyPatients', true),
    totalErrorAllowed: positive('totalErrorAllowed'),
    totalErrorSource: draft.totalErrorSource.trim(),
    bias,
    cv: positive('cv'),
    rolling,
  };
  return { plan: Object.keys(wrong).length === 0 ? plan : null, wrong };
}

/** Where a rule can look: within a level, across the levels of a run. */
export function reachOf(rule: QcRule): { within: boolean; across: boolean } {
  if (rule === 'R-4s') return { within: false, across: true };
  return { within: true, across: !['1-2s', '1-3s', '7T'].includes(rule) };
}

/** A rule as it is first chosen: wherever it can look. 1-2s only warns (W1). */
export function ruleUse(rule: QcRule, action: RuleUse['action']): RuleUse {
  return { action: rule === '1-2s' ? 'warn' : action, ...reachOf(rule) };
}

/** Sigma by the plan's figures, and by those found from the points where it has none; null where one is missing. */
export function sigmaOf(plan: QcTestPlan, found: QcPlanRow['found']): number | null {
  const { totalErrorAllowed } = plan;
  const bias = plan.bias ?? found?.bias ?? null;
  const cv = plan.cv ?? found?.cv ?? null;
  if (totalErrorAllowed === null || bias === null || cv === null) return null;
  return sigmaMetric({ totalErrorAllowed, bias, cv });
}
