/** Proficiency testing (EQA): events with their survey specimens, what was measured and submitted, and how it came out. */
import { z } from 'zod';
import type { EqaGrade, EqaTarget } from '../domain/qc/eqa.ts';
import { Pin } from './access.ts';
import { command, query } from './spec.ts';

/** One test on one survey specimen. */
export interface EqaItemRow {
  specimen: string;
  testCode: string;
  testName: string;
  unit: string;
  /** result as it is, or will be, submitted; empty: none yet */
  text: string;
  /** from a result measured here, or typed by a person; empty without a result */
  source: 'measured' | 'typed' | '';
  /** who typed it; empty when it was measured */
  by: string;
  at: string;
  target: EqaTarget | null;
  /** percent; used where the scheme gives no limits */
  totalErrorAllowed: number | null;
  /** null before the outcome is known */
  grade: EqaGrade | null;
}

/** How a test came out in an event. */
export interface EqaScoreRow {
  testCode: string;
  testName: string;
  /** share of acceptable results; null: nothing was graded */
  score: number | null;
  outcome: 'satisfactory' | 'unsatisfactory' | 'ungraded';
  /** two unsatisfactory of this and the two events of the scheme before it (CLIA 493.803) */
  unsuccessful: boolean;
}

/** An event of a scheme; the one due first stands first, ended ones newest first. */
export interface EqaEventRow {
  id: string;
  scheme: string;
  name: string;
  /** last day for results, `YYYY-MM-DD` */
  dueOn: string;
  state: 'open' | 'dueSoon' | 'overdue' | 'submitted' | 'graded';
  specimens: string[];
  tests: string[];
  items: EqaItemRow[];
  /** results that are still missing */
  missing: number;
  submitted: { by: string; at: string; meaning: string; hash: string; holds: boolean } | null;
  /** by whom and when the outcome came in; empty before */
  outcomeBy: string;
  outcomeTime: string;
  scores: EqaScoreRow[];
}

const decimal = z.string().regex(/^-?(\d+\.?\d*|\.\d+)$/, 'a plain decimal');
const leads = ['lead', 'supervisor'] as const;
const bench = ['technician', 'lead', 'supervisor'] as const;
const item = {
  eventId: z.string(),
  specimen: z.string().min(1).max(32),
  testCode: z.string().min(1).max(16),
};

export const eqaCommands = {
  /** A new event, or what is known of one until it is submitted. */
  'eqa.save': command<{ eventId: string }>()(
    z.object({
      eventId: z.string().nullable(),
      scheme: z.string().trim().min(1).max(60),
      name: z.string().trim().min(1).max(60),
      dueOn: z.iso.date(),
      specimens: z.array(z.string().trim().min(1).max(32)).min(1).max(40),
      tests: z.array(z.string().min(1).max(16)).min(1).max(60),
    }),
    leads,
  ),
  /** Takes the results that were measured from the survey specimens; typed ones stay. */
  'eqa.collect': command<{ taken: number }>()(z.object({ eventId: z.string() }), bench),
  /** A result typed by a person; empty takes it back. */
  'eqa.result': command<null>()(z.object({ ...item, text: z.string().trim().max(24) }), bench),
  /** C4: the results are submitted to the scheme, signed with the PIN and bound to what they are. After that they stay. */
  'eqa.submit': command<{ hash: string }>()(z.object({ eventId: z.string(), pin: Pin }), leads),
  /** What the scheme says of one result. */
  'eqa.outcome': command<null>()(
    z.object({
      ...item,
      mean: decimal,
      sd: z.union([decimal, z.literal('')]),
      low: z.union([decimal, z.literal('')]),
      high: z.union([decimal, z.literal('')]),
    }),
    leads,
  ),
} as const;

export const eqaQueries = {
  'eqa.events': query<EqaEventRow>()(z.object({}), 'signedIn'),
} as const;
