import { builtinProfile } from '../../../../../shared/profiles/builtin.ts';
import type { Profile } from '../../../../../shared/profiles/profile.ts';
import type { Bench } from '../../../bench.ts';
import { refuse } from '../../../faults.ts';

/** The profile a self-test is made with: the instrument's with today's mapping, or a built-in one. Refuses `profile.unknown`, `instrument.unknown`. */
export async function probedProfile(
  bench: Bench,
  instrumentId: string,
  profileId: string | undefined,
): Promise<Profile> {
  const own = bench.instruments.profileWith(instrumentId, await bench.store.get('instruments', instrumentId));
  if (profileId === undefined || profileId === own.id) return own;
  const other = builtinProfile(profileId);
  if (other === undefined)
    throw refuse('profile.unknown', `There is no profile ${profileId}.`, 'Choose one of the list.');
  return other;
}
