import { z } from 'zod';
import { base, MaybeInstant, Reason } from './common.ts';
import { ResultValue } from './result.ts';

/** A QC result: Observation with a Device as subject, never a Patient. */
export const ControlDoc = z.object({
  ...base,
  instrumentId: z.string().max(24),
  testCode: z.string().max(16),
  /** Material and level as sent by the instrument. */
  material: z.string(),
  lot: z.string(),
  level: z.string(),
  value: ResultValue,
  z: z.number().nullable(),
  state: z.enum(['inControl', 'warning', 'rejected', 'notEvaluated', 'excluded']),
  because: z.array(Reason),
  measuredTime: MaybeInstant,
  postedTime: z.string().max(24),
  operator: z.string(),
  sourceKey: z.string().max(64),
  messageId: z.string().max(36),
});
export type ControlDoc = z.infer<typeof ControlDoc>;
