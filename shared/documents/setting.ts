import { z } from 'zod';
import { base } from './common.ts';

/** A named value of this station: laboratory name and address, accession counters, rule-set version, replication watermarks. */
export const SettingDoc = z.object({
  ...base,
  value: z.unknown(),
});
export type SettingDoc = z.infer<typeof SettingDoc>;
