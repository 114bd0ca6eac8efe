import { LeveyError } from '../../../shared/errors.ts';
import { builtinProfile } from '../../../shared/profiles/builtin.ts';
import { applyOverlay } from '../../../shared/profiles/overlay.ts';
import type { Profile } from '../../../shared/profiles/profile.ts';
import type { Bench } from '../bench.ts';

/**
 * The profile an instrument works with, also of one that is in the station file no longer: what it sent is still looked at. Undefined when
 * nothing is known of it.
 */
export async function profileOf(bench: Bench, instrumentId: string): Promise<Profile | undefined> {
  const doc = await bench.store.get('instruments', instrumentId);
  try {
    return bench.instruments.profileWith(instrumentId, doc);
  } catch (error) {
    if (!(error instanceof LeveyError) || error.code !== 'instrument.unknown') throw error;
    const builtIn = doc === undefined ? undefined : builtinProfile(doc.profileId);
    return doc === undefined || builtIn === undefined ? undefined : applyOverlay(builtIn, doc.overlay);
  }
}
