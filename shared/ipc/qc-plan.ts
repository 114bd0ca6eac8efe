/** Quality control: the plan of rules and schedules, the month of a laboratory's controls, and the chart on paper. */
import { z } from 'zod';
import { QcTestPlan } from '../domain/qc/plan.ts';
import type { QcGateWord, QcPointRow } from './qc.ts';
import { command, query } from './spec.ts';

/** A month `2026-07` or an ISO week `2026-W31`. */
export const QcPeriod = z
  .string()
  .regex(/^\d{4}-((0[1-9]|1[0-2])|W(0[1-9]|[1-4]\d|5[0-3]))$/, 'a month or a week');

/** One change of the plan at a place, with who and why. */
export interface QcPlanChange {
  id: string;
  at: string;
  by: string;
  reason: string;
  /** null: nothing of its own */
  before: QcTestPlan | null;
  after: QcTestPlan | null;
}

/** What holds for all tests, for a test, or for a test on one instrument; id = `testCode instrumentId`, each empty for every. */
export interface QcPlanRow {
  id: string;
  testCode: string;
  testName: string;
  instrumentId: string;
  instrumentName: string;
  /** model of the analyser, which is the method; empty for every instrument */
  method: string;
  plan: QcTestPlan;
  /** set at this place; false: the wider plan holds here */
  own: boolean;
  /** from the newest lot's own points, percent; null below 20 points, or for every instrument */
  found: { n: number; bias: number | null; cv: number | null; lot: string } | null;
  /** newest first */
  changes: QcPlanChange[];
}

/** What an edited plan would have made of points that are stored. Nothing is changed by asking. */
export interface QcPlanTrial {
  /** points looked at, the newest of each test and instrument */
  points: number;
  rejectedMore: number;
  rejectedLess: number;
  /** points whose state or rules would have been others, newest first, at most 60 */
  changes: {
    id: string;
    at: string;
    testName: string;
    instrumentName: string;
    level: string;
    text: string;
    z: number | null;
    before: QcPointRow['state'];
    beforeRules: string[];
    after: QcPointRow['state'];
    afterRules: string[];
  }[];
  changed: number;
  /** gates that become others at once: the schedule and the levels count from now */
  gates: { id: string; testName: string; instrumentName: string; before: QcGateWord; after: QcGateWord }[];
}

const place = {
  /** empty: every test */
  testCode: z.string().max(16),
  /** empty: every instrument */
  instrumentId: z.string().max(24),
  /** null: nothing of its own, the wider plan holds */
  plan: QcTestPlan.nullable(),
};

/** A control of a month as its review shows it. People by name. */
export interface QcMonthPoint {
  id: string;
  at: string;
  level: string;
  text: string;
  z: number | null;
  rules: string[];
  /** why it proves nothing although it was judged */
  marks: string[];
  excluded: { reason: string; by: string; at: string } | null;
  actions: {
    id: string;
    kind: 'comment' | 'action' | 'reviewed';
    code: string;
    text: string;
    by: string;
    at: string;
  }[];
  /** a rejected control whose run has no corrective action: it cannot be signed */
  open: boolean;
}

/** A test on an instrument in a month or week; id = test code. */
export interface QcMonthRow {
  id: string;
  testCode: string;
  testName: string;
  unit: string;
  points: number;
  totalErrorAllowed: number | null;
  lots: {
    lotId: string;
    level: string;
    lot: string;
    target: { mean: string; sd: string } | null;
    n: number;
    mean: number | null;
    sd: number | null;
    cv: number | null;
    bias: number | null;
    sigma: number | null;
  }[];
  rejected: QcMonthPoint[];
  excluded: QcMonthPoint[];
  warnings: number;
  overrides: { by: string; at: string; until: string; reason: string }[];
}

export const qcPlanCommands = {
  /** Another plan from now on: the next control is judged by it, due times count at once, and nothing that was judged is judged again. */
  'qc.plan.set': command<{ changeId: string }>()(
    z.object({ ...place, reason: z.string().trim().min(3).max(400) }),
    ['lead', 'supervisor'],
  ),
  /** What a plan would have made of the points that are stored, and of the gates now. Changes nothing. */
  'qc.plan.try': command<QcPlanTrial>()(z.object(place), 'signedIn'),
  /** The chart of the last days of a test on an instrument as PDF in base64; days null: every point. */
  'qc.chart.pdf': command<{ pdf: string; name: string }>()(
    z.object({
      instrumentId: z.string(),
      testCode: z.string(),
      days: z.number().int().min(1).max(3_660).nullable(),
    }),
    'signedIn',
  ),
  /** Drift, Youden plot or histogram of the last days as PDF in base64, as the window shows them; `levels`: the two a Youden plot compares, null: the first two. */
  'qc.plot.pdf': command<{ pdf: string; name: string }>()(
    z.object({
      instrumentId: z.string(),
      testCode: z.string(),
      view: z.enum(['drift', 'youden', 'histogram']),
      days: z.number().int().min(1).max(3_660).nullable(),
      levels: z.tuple([z.string(), z.string()]).nullable(),
    }),
    'signedIn',
  ),
} as const;

export const qcPlanQueries = {
  'qc.plan': query<QcPlanRow>()(z.object({}), 'signedIn'),
  'qc.month': query<QcMonthRow>()(z.object({ instrumentId: z.string(), period: QcPeriod }), 'signedIn'),
} as const;
