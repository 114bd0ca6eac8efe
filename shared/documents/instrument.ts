import { z } from 'zod';
import { base } from './common.ts';

/** FHIR Device: an analyser on this bench. Its link settings come from the station file; lights and counters live in memory. */
export const InstrumentDoc = z.object({
  ...base,
  name: z.string(),
  profileId: z.string(),
  manufacturer: z.string(),
  model: z.string(),
  serialNumber: z.string(),
  active: z.boolean(),
  /** The laboratory's own additions to the profile's test map: instrument code -> catalogue test code. */
  overlay: z.record(z.string(), z.object({ testCode: z.string(), by: z.string(), at: z.string() })),
});
export type InstrumentDoc = z.infer<typeof InstrumentDoc>;
