import { z } from 'zod';
import { base } from './common.ts';

/** A run (worksheet): specimens loaded on one instrument together. */
export const RunDoc = z.object({
  ...base,
  name: z.string(),
  instrumentId: z.string(),
  specimenIds: z.array(z.string()),
  state: z.enum(['open', 'running', 'done']),
  createdBy: z.string(),
  /** Day of the run, `YYYY-MM-DD` local to the station. Indexed. */
  day: z.string().max(10),
});
export type RunDoc = z.infer<typeof RunDoc>;
