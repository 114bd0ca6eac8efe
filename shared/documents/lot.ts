import { z } from 'zod';
import { base, Instant, MaybeInstant } from './common.ts';

/** A plain decimal, kept as text so that limits are compared exactly (W10). */
const DecimalText = z.string().regex(/^-?(\d+\.?\d*|\.\d+)$/, 'a plain decimal');

/** Mean and SD of one test in one lot and level, valid from a time on (W14). A later target never changes an earlier one. */
export const QcTarget = z.object({
  id: z.string(),
  testCode: z.string().max(16),
  /** '' = every instrument */
  instrumentId: z.string().max(24),
  /** `manufacturer`: from the insert; `fixed`: set by the laboratory; `established`: from at least 20 own points; `rolling`: as established, renewed with approval */
  kind: z.enum(['manufacturer', 'fixed', 'established', 'rolling']),
  mean: DecimalText,
  /** '' = none known: such points cannot be evaluated (W10) */
  sd: z.union([DecimalText, z.literal('')]),
  /** UCUM */
  unit: z.string(),
  /** points it was established from; 0 for others */
  points: z.number().int(),
  /** first and last of these points, and the window they were looked for in: `the newest 60 points`; of targets from points since this is kept */
  basis: z.object({ from: Instant, to: Instant, window: z.string() }).optional(),
  fromTime: Instant,
  setBy: z.string(),
  setTime: Instant,
  /** supervisor who approved it; empty: proposed, not used yet */
  approvedBy: z.string(),
  approvedTime: MaybeInstant,
});
export type QcTarget = z.infer<typeof QcTarget>;

/** One level of one lot of a control material. Parallel lots are several documents that are `current` or `parallel` at once. */
export const LotDoc = z.object({
  ...base,
  material: z.string(),
  manufacturer: z.string(),
  lot: z.string(),
  /** `1`, `2`, `3` */
  level: z.string().max(8),
  /** last day of use, `YYYY-MM-DD`; '' = not known */
  expiresOn: z.string(),
  /** when the vial in use was opened */
  openedTime: MaybeInstant,
  /** null: no limit */
  openStabilityHours: z.number().positive().nullable(),
  /** specimen ids or control names by which instruments send it, exactly as sent */
  sentAs: z.array(z.string().min(1)),
  /** `parallel`: measured beside the current lot, to establish its targets; does not open or close the gate */
  state: z.enum(['parallel', 'current', 'ended']),
  targets: z.array(QcTarget),
});
export type LotDoc = z.infer<typeof LotDoc>;
