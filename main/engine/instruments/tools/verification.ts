/** Signed verification of mappings (V2, C4): what a signature is bound to, and whether it still stands. */
import { createHash } from 'node:crypto';
import type { InstrumentDoc, MappingVerification } from '../../../../shared/documents/instrument.ts';
import type { MappingVerificationState } from '../../../../shared/ipc/tools.ts';
import type { Profile } from '../../../../shared/profiles/profile.ts';

/**
 * Digest of everything that decides what a result of one test becomes: its codes with units and factors, the statuses, the flags, what is a control, and how
 * the message is read. Same digest = same mapping, whatever version of the profile it is in. SHA-256, hex.
 */
export function mappingDigest(profile: Profile, testCode: string): string {
  const tests = profile.tests
    .filter((test) => test.test === testCode)
    .sort((a, b) => (a.code < b.code ? -1 : 1));
  const { statuses, flags, qc, protocol, dialect } = profile;
  return sha256({ id: profile.id, protocol, tests, statuses, flags, qc, dialect });
}

/** SHA-256 of data with the keys of every object in order, hex. */
function sha256(data: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(data)))
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}

/** The hash a record of verification is signed with: over everything in it but the hash itself. */
export function verificationHash(record: Omit<MappingVerification, 'contentHash'>): string {
  const { contentHash: _, ...content } = record as MappingVerification;
  return sha256(content);
}

/** A record that was not changed since it was signed. One that was counts for nothing. */
export function isIntact(record: MappingVerification): boolean {
  return verificationHash(record) === record.contentHash;
}

/** Per test of the profile: whether its mapping is verified, and who signed last. */
export function verificationStates(
  doc: Pick<InstrumentDoc, 'verifications'>,
  profile: Profile,
): Map<string, MappingVerificationState> {
  const states = new Map<string, MappingVerificationState>();
  const intact = doc.verifications.filter(isIntact);
  for (const test of new Set(profile.tests.map((one) => one.test))) {
    const digest = mappingDigest(profile, test);
    const signed = intact.flatMap((record) =>
      record.tests.filter((one) => one.testCode === test).map((one) => ({ ...one, record })),
    );
    const standing = signed.findLast((one) => one.digest === digest);
    const last = standing ?? signed.at(-1);
    states.set(test, {
      state: standing !== undefined ? 'verified' : last !== undefined ? 'changed' : 'none',
      by: last?.record.name ?? '',
      at: last?.record.at ?? '',
    });
  }
  return states;
}

/** Whether the mapping of one test is verified and unchanged since (V2). */
export function verificationOf(
  doc: Pick<InstrumentDoc, 'verifications'>,
  profile: Profile,
  testCode: string,
): MappingVerificationState['state'] {
  const tests = profile.tests.filter((one) => one.test === testCode);
  return verificationStates(doc, { ...profile, tests }).get(testCode)?.state ?? 'none';
}
