import type { TFunction } from 'i18next';
import { type QcTestPlan, ruleWords } from '../../../../shared/domain/qc/plan.ts';
import type { QcPlanRow } from '../../../../shared/ipc/qc-plan.ts';

type T = TFunction<'qc-plan'>;

/** What a plan is for, in words: `All tests`, `Sodium, every instrument`, `Sodium on CHEM1`. */
export function placeName(
  t: T,
  row: Pick<QcPlanRow, 'testCode' | 'testName' | 'instrumentId' | 'instrumentName'>,
): string {
  if (row.testCode === '') return t('all');
  if (row.instrumentId === '') return t('everywhere', { test: row.testName });
  return t('on', { test: row.testName, instrument: row.instrumentName });
}

/** When controls are due, in words. */
export function scheduleWords(t: T, plan: QcTestPlan): string {
  const parts = [
    ...(plan.everyHours === null ? [] : [t('every.hours', { count: plan.everyHours })]),
    ...(plan.shifts.length === 0 ? [] : [t('every.shifts', { at: plan.shifts.join(', ') })]),
    ...(plan.everyPatients === null ? [] : [t('every.patients', { count: plan.everyPatients })]),
  ];
  return parts.length === 0 ? t('every.never') : parts.join('; ');
}

/** Total error allowed with its source. */
export function totalErrorWords(plan: QcTestPlan): string {
  if (plan.totalErrorAllowed === null) return '–';
  const source = plan.totalErrorSource === '' ? '' : `, ${plan.totalErrorSource}`;
  return `${plan.totalErrorAllowed} %${source}`;
}

/** Rules in short. */
export function rulesWords(t: T, plan: QcTestPlan): string {
  return ruleWords(plan, t('warns')).join('  ');
}
