import { z } from 'zod';
import { base, Instant, MaybeInstant, Reason } from './common.ts';
import { ResultValue } from './result.ts';

/** What a person said or did about a control. Appended, never changed. */
export const QcReview = z.object({
  id: z.string(),
  kind: z.enum(['comment', 'action', 'reviewed']),
  /** coded corrective action: `repeat`, `recalibrate`, `newVial`, `newReagent`, `maintenance`, `service`, `other`; '' for a comment */
  code: z.string().max(24),
  text: z.string(),
  by: z.string(),
  at: Instant,
});
export type QcReview = z.infer<typeof QcReview>;

/** A QC result: Observation with a Device as subject, never a Patient. */
export const ControlDoc = z.object({
  ...base,
  instrumentId: z.string().max(24),
  testCode: z.string().max(16),
  /** Material and level as sent by the instrument. */
  material: z.string(),
  lot: z.string(),
  level: z.string(),
  /** The lot of the `lots` collection it was recognised as; '' = none. */
  lotId: z.string().max(36),
  /** Points of one run belong together whatever the clock says (W11). */
  runId: z.string().max(64),
  value: ResultValue,
  /** The target it was judged by; null: none (W10). Stored, never looked up again for display. */
  target: z.object({ id: z.string(), mean: z.string(), sd: z.string() }).nullable(),
  z: z.number().nullable(),
  state: z.enum(['inControl', 'warning', 'rejected', 'notEvaluated', 'excluded']),
  /** Rules that fired, with the points that made them fire, oldest first. */
  hits: z.array(
    z.object({
      rule: z.string(),
      action: z.enum(['warn', 'reject']),
      where: z.enum(['within', 'across']),
      points: z.array(z.object({ id: z.string(), level: z.string(), z: z.number() })),
    }),
  ),
  because: z.array(Reason),
  /** Out of the rule windows, on the chart and in the record (W12); null: in. */
  excluded: z.object({ reason: z.string().min(1), by: z.string(), at: Instant }).nullable(),
  reviews: z.array(QcReview),
  measuredTime: MaybeInstant,
  /** when it was measured as far as that can be believed: the order of points on the chart and for the rules (`orderTime`) */
  effectiveTime: z.string().max(24),
  postedTime: z.string().max(24),
  operator: z.string(),
  sourceKey: z.string().max(64),
  messageId: z.string().max(36),
});
export type ControlDoc = z.infer<typeof ControlDoc>;
