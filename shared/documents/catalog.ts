import { z } from 'zod';
import { base } from './common.ts';

/** A reference range with its conditions (V4). Ages in days at collection, half-open [ageLow, ageHigh). */
export const RangeRule = z.object({
  sex: z.enum(['male', 'female', 'any']),
  ageLowDays: z.number(),
  ageHighDays: z.number(),
  specimenType: z.string(),
  low: z.number().optional(),
  high: z.number().optional(),
  criticalLow: z.number().optional(),
  criticalHigh: z.number().optional(),
});
export type RangeRule = z.infer<typeof RangeRule>;

/** Delta check (V1). `limit` in the result's unit (absolute), percent, or units per day. */
export const DeltaRule = z.object({
  kind: z.enum(['absolute', 'percent', 'rate']),
  limit: z.number(),
  windowHours: z.number(),
});
export type DeltaRule = z.infer<typeof DeltaRule>;

/** One entry of the catalogue: an orderable test, a panel, or a specimen type. */
export const CatalogDoc = z.object({
  ...base,
  kind: z.enum(['test', 'panel', 'specimenType']),
  code: z.string().max(24),
  name: z.string(),
  active: z.boolean(),
  /** Tests only. */
  loinc: z.string(),
  unit: z.string(),
  /** Decimals for display of calculated values only; sent texts are shown as sent. */
  decimals: z.number().int(),
  section: z.string(),
  order: z.number().int(),
  specimenType: z.string(),
  ranges: z.array(RangeRule),
  /** Plausibility (absolute) limits: outside is held. */
  plausibleLow: z.number().optional(),
  plausibleHigh: z.number().optional(),
  delta: DeltaRule.nullable(),
  autoverify: z.boolean(),
  /** Panels only: codes of the tests, in report order. */
  members: z.array(z.string()),
  /** Specimen types only. */
  container: z.string(),
  cap: z.string(),
  handling: z.string(),
  drawOrder: z.number().int(),
});
export type CatalogDoc = z.infer<typeof CatalogDoc>;
