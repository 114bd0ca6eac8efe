/** How controls are judged and how often they are due: one plan for all tests, and what differs by test or by test on one instrument. Pure. */
import { z } from 'zod';
import { DEFAULT_ROLLING, LEAST_POINTS } from './target.ts';
import { QC_RULES, type QcRule, type RuleSet } from './westgard.ts';

const Use = z.object({ action: z.enum(['warn', 'reject']), within: z.boolean(), across: z.boolean() });

/** How a test's controls are judged and how often they are due. */
export const QcTestPlan = z.object({
  levels: z.number().int().min(1).max(3),
  rules: z.partialRecord(z.enum(QC_RULES), Use),
  /** a control is due again so many hours after it was measured; null: no schedule */
  everyHours: z.number().positive().max(8_760).nullable(),
  /** and when a shift begins, local times of day `06:00`; a control up to an hour before counts for it */
  shifts: z
    .array(z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/))
    .max(12)
    .default([]),
  /** and after so many patient results of the test on the instrument; null: not counted */
  everyPatients: z.number().int().positive().nullable().default(null),
  /** percent of the target, for the sigma metric (W14); null: not set */
  totalErrorAllowed: z.number().positive().nullable(),
  /** what a rolling target is made from: the newest so many points, or those of so many months (W14) */
  rolling: z
    .object({ by: z.enum(['points', 'months']), count: z.number().int() })
    .refine(({ by, count }) =>
      by === 'points' ? count >= LEAST_POINTS && count <= 1_000 : count >= 1 && count <= 36,
    )
    .default(DEFAULT_ROLLING),
  /** where the total error allowed is from: `CLIA`, `RiliBÄK`, biological variation … */
  totalErrorSource: z.string().max(120).default(''),
  /** bias in percent as the laboratory found it; null: from the own points */
  bias: z.number().nullable().default(null),
  /** CV in percent as the laboratory found it; null: from the own points */
  cv: z.number().positive().nullable().default(null),
});
export type QcTestPlan = z.infer<typeof QcTestPlan>;

/** What a plan is for: a test on an instrument (its method), a test on every instrument (`instrumentId` ''), or every test (both ''). */
export interface PlanPlace {
  testCode: string;
  instrumentId: string;
}

/** One change of the plan. Appended, never changed. */
export const PlanChange = z.object({
  id: z.string(),
  at: z.string(),
  by: z.string(),
  byName: z.string(),
  testCode: z.string(),
  instrumentId: z.string(),
  /** what was set at this place before; null: nothing of its own */
  before: QcTestPlan.nullable(),
  /** null: from now on the wider plan holds here */
  after: QcTestPlan.nullable(),
  reason: z.string(),
});
export type PlanChange = z.infer<typeof PlanChange>;

/** The laboratory's plan. Keys: test code; instrument id, a space and test code. */
export const QcPlan = z.object({
  all: QcTestPlan,
  tests: z.record(z.string(), QcTestPlan),
  places: z.record(z.string(), QcTestPlan).default({}),
});
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
    totalErrorSource: '',
    bias: null,
    cv: null,
    rolling: DEFAULT_ROLLING,
  },
  tests: {},
  places: {},
};

/** What is set at exactly this place; null: nothing of its own. */
export function ownPlan(plan: QcPlan, { testCode, instrumentId }: PlanPlace): QcTestPlan | null {
  if (testCode === '') return plan.all;
  if (instrumentId === '') return plan.tests[testCode] ?? null;
  return plan.places[`${instrumentId} ${testCode}`] ?? null;
}

/** The part of the plan that holds for a test on an instrument: its own, else the test's, else that of all. */
export function planOf(plan: QcPlan, testCode: string, instrumentId = ''): QcTestPlan {
  return plan.places[`${instrumentId} ${testCode}`] ?? plan.tests[testCode] ?? plan.all;
}

/** The plan with a change carried out. */
export function changedPlan(plan: QcPlan, change: PlanPlace & { after: QcTestPlan | null }): QcPlan {
  const { testCode, instrumentId, after } = change;
  if (testCode === '') return { ...plan, all: after ?? DEFAULT_PLAN.all };
  const name = instrumentId === '' ? 'tests' : 'places';
  const key = instrumentId === '' ? testCode : `${instrumentId} ${testCode}`;
  const rest = Object.fromEntries(Object.entries(plan[name]).filter(([one]) => one !== key));
  return { ...plan, [name]: after === null ? rest : { ...rest, [key]: after } };
}

/**
 * The plan as it was at an instant: a control is judged by the rules that held when it came, also when it is judged again later. Changes in the
 * order of their time.
 */
export function planAt(plan: QcPlan, changes: readonly PlanChange[], at: string): QcPlan {
  return changes
    .filter((one) => one.at > at)
    .toReversed()
    .reduce((known, one) => changedPlan(known, { ...one, after: one.before }), plan);
}

/** The rules of a test, as the evaluation takes them. */
export function rulesOf(plan: Pick<QcTestPlan, 'levels' | 'rules'>): RuleSet {
  return { levels: plan.levels, rules: plan.rules };
}

/** Rules of a plan in words, in the order of {@link QC_RULES}: `1-2s (warns)`, `1-3s`. */
export function ruleWords(plan: Pick<QcTestPlan, 'rules'>, warns: string): string[] {
  return QC_RULES.flatMap((rule: QcRule) => {
    const use = plan.rules[rule];
    if (use === undefined) return [];
    return [use.action === 'warn' || rule === '1-2s' ? `${rule} ${warns}` : rule];
  });
}
