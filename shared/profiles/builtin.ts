import chemistry from './data/demo-chemistry.json' with { type: 'json' };
import coagulation from './data/demo-coagulation.json' with { type: 'json' };
import haematology from './data/demo-haematology.json' with { type: 'json' };
import generic from './data/generic-astm.json' with { type: 'json' };
import { type Profile, parseProfile } from './profile.ts';

/** The profiles that come with Levey, checked when first loaded. */
export const BUILTIN_PROFILES: readonly Profile[] = [chemistry, haematology, coagulation, generic].map(
  parseProfile,
);

/** A built-in profile by id, or undefined. */
export function builtinProfile(id: string): Profile | undefined {
  return BUILTIN_PROFILES.find((profile) => profile.id === id);
}
