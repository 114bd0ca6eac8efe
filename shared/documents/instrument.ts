import { z } from 'zod';
import { Overlay } from '../profiles/overlay.ts';
import { base, MaybeInstant } from './common.ts';

/**
 * A signed record that the mapping of tests was verified (C4): who, when, what it means, what was looked at, and a digest of each test's mapping
 * as it was then. It counts as long as the mapping has that digest; it is never changed or removed.
 */
export const MappingVerification = z.object({
  id: z.string().min(1).max(36),
  tests: z.array(z.object({ testCode: z.string(), digest: z.string() })),
  profileId: z.string(),
  profileVersion: z.number().int(),
  overlayVersion: z.number().int(),
  /** Messages that were looked at: number in the wire journal, when it came, how many results it had, SHA-256 of its bytes. */
  cases: z.array(
    z.object({ messageNumber: z.string(), at: z.string(), results: z.number().int(), digest: z.string() }),
  ),
  /** Summary of a replay, in words; empty when none. */
  replay: z.string(),
  statement: z.string(),
  personId: z.string(),
  name: z.string(),
  role: z.string(),
  at: z.string(),
  /** SHA-256 over everything above, hex. */
  contentHash: z.string(),
});
export type MappingVerification = z.infer<typeof MappingVerification>;

/** FHIR Device: an analyser on this bench. Its link settings come from the station file; lights and counters live in memory. */
export const InstrumentDoc = z.object({
  ...base,
  name: z.string(),
  profileId: z.string(),
  manufacturer: z.string(),
  model: z.string(),
  serialNumber: z.string(),
  active: z.boolean(),
  /** The laboratory's own additions to the profile, as people saved them here. */
  overlay: Overlay,
  /** One more at every change of the overlay; 0: never changed. */
  overlayVersion: z.number().int(),
  /** Person's id, and when; empty when never changed. */
  overlayBy: z.string(),
  overlayAt: MaybeInstant,
  /** Oldest first. */
  verifications: z.array(MappingVerification),
});
export type InstrumentDoc = z.infer<typeof InstrumentDoc>;

/** What the document of an instrument says of its mapping before anyone changed anything. */
export function newMapping(): Pick<
  InstrumentDoc,
  'overlay' | 'overlayVersion' | 'overlayBy' | 'overlayAt' | 'verifications'
> {
  return { overlay: Overlay.parse({}), overlayVersion: 0, overlayBy: '', overlayAt: '', verifications: [] };
}
