/** Instrument profiles: what is known about a device, as data. The JSON files stand in `data/`; `builtin.ts` lists them. */
import { z } from 'zod';
import { AstmProfile } from './schema/astm.ts';
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
