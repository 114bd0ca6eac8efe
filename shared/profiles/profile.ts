/** Instrument profiles: what is known about a device, as data. The JSON files stand in `data/`; `builtin.ts` lists them. */
import { z } from 'zod';
import { AstmProfile } from './schema/astm.ts';
import type { TestMapping } from './schema/common.ts';
import { FileProfile } from './schema/file.ts';
import { Hl7Profile } from './schema/hl7.ts';
import { StreamProfile } from './schema/stream.ts';

export type { AstmProfile, FileProfile, Hl7Profile, StreamProfile };

/** A profile of any protocol; `protocol` tells which. */
export const Profile = z.discriminatedUnion('protocol', [
  AstmProfile,
  Hl7Profile,
  FileProfile,
  StreamProfile,
]);
export type Profile = z.infer<typeof Profile>;
export type Protocol = Profile['protocol'];

/**
 * Checks data against the schema.
 * @throws Error naming the path of each fault (`tests.3.factor: a plain decimal`), and instrument codes that stand twice.
 */
export function parseProfile(data: unknown): Profile {
  const parsed = Profile.safeParse(data);
  if (!parsed.success) {
    throw new Error(
      parsed.error.issues
        .map((issue) => `${issue.path.map(String).join('.') || 'profile'}: ${issue.message}`)
        .join('; '),
    );
  }
  const twice = parsed.data.tests.find(
    (test, at, all) => all.findIndex((one) => one.code === test.code) !== at,
  );
  if (twice !== undefined) throw new Error(`tests: the instrument code ${twice.code} stands twice`);
  return parsed.data;
}

/**
 * A profile with a laboratory's own additions: instrument code to our test code. Never an edit: the profile stays as it is. An
 * added code takes its unit as sent, unless the profile knows the test under another code.
 */
export function withOverlay<P extends Profile>(profile: P, tests: Readonly<Record<string, string>>): P {
  const added = Object.entries(tests).map(([instrumentCode, test]): TestMapping => {
    const known = profile.tests.find((one) => one.code === instrumentCode && one.test === test);
    return known ?? { code: instrumentCode, test, loinc: null, unit: null, sentUnits: [], factor: '1' };
  });
  const replaced = new Set(added.map((one) => one.code));
  return { ...profile, tests: [...profile.tests.filter((one) => !replaced.has(one.code)), ...added] };
}
