import { z } from 'zod';
import { QC_RULES, type RuleSet } from '../../../shared/domain/qc/westgard.ts';
import { readSetting } from '../settings.ts';
import type { Reader } from '../store/store.ts';

const Use = z.object({ action: z.enum(['warn', 'reject']), within: z.boolean(), across: z.boolean() });

/** How a test's controls are judged and how often they are due. */
export const QcTestPlan = z.object({
  levels: z.number().int().min(1).max(3),
  rules: z.partialRecord(z.enum(QC_RULES), Use),
  /** a control is due again so many hours after it was measured; null: no schedule */
  everyHours: z.number().positive().nullable(),
  /** and when a shift begins, local times of day `06:00`; a control up to an hour before counts for it */
  shifts: z.array(z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/)).default([]),
  /** and after so many patient results of the test on the instrument; null: not counted */
  everyPatients: z.number().int().positive().nullable().default(null),
  /** percent of the target, for the sigma metric (W14); null: not set */
  totalErrorAllowed: z.number().positive().nullable(),
});
export type QcTestPlan = z.infer<typeof QcTestPlan>;

/** The laboratory's plan: one for all tests, and what differs by test code. */
export const QcPlan = z.object({ all: QcTestPlan, tests: z.record(z.string(), QcTestPlan) });
export type QcPlan = z.infer<typeof QcPlan>;

const reject = { action: 'reject', within: true, across: true } as const;

/** Until the laboratory sets its own: two levels each day (W13), the rules of a method of four to five sigma, 1-2s as a warning (W1). */
export const DEFAULT_PLAN: QcPlan = {
  all: {
    levels: 2,
    rules: {
      '1-2s': { action: 'warn', within: true, across: false },
      '1-3s': reject,
      '2-2s': reject,
      'R-4s': reject,
      '4-1s': reject,
      '10x': { action: 'warn', within: true, across: true },
    },
    everyHours: 24,
    shifts: [],
    everyPatients: null,
    totalErrorAllowed: null,
  },
  tests: {},
};

/** The plan in force. */
export async function qcPlan(reader: Reader): Promise<QcPlan> {
  const stored = QcPlan.safeParse(await readSetting(reader, 'qc.plan'));
  return stored.success ? stored.data : DEFAULT_PLAN;
}

/** A test's part of the plan. */
export function planOf(plan: QcPlan, testCode: string): QcTestPlan {
  return plan.tests[testCode] ?? plan.all;
}

/** The rules of a test, as the evaluation takes them. */
export function rulesOf(plan: QcTestPlan): RuleSet {
  return { levels: plan.levels, rules: plan.rules };
}
