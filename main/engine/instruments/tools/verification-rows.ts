import type { InstrumentDoc } from '../../../../shared/documents/instrument.ts';
import type { VerificationRow } from '../../../../shared/ipc/tools.ts';
import { applyOverlay } from '../../../../shared/profiles/overlay.ts';
import type { Bench } from '../../bench.ts';
import { isIntact, mappingDigest } from './verification.ts';

/** The signed verifications of an instrument, newest first, each test with whether its mapping is still the one signed for. */
export function verificationRows(bench: Bench, doc: InstrumentDoc): VerificationRow[] {
  const profile = applyOverlay(bench.instruments.layers(doc.id).station, doc.overlay);
  return doc.verifications
    .map((record): VerificationRow => {
      const intact = isIntact(record);
      return {
        id: record.id,
        instrumentId: doc.id,
        tests: record.tests.map(({ testCode, digest }) => ({
          testCode,
          testName: bench.catalog.test(testCode)?.name ?? '',
          digest,
          standing: intact && mappingDigest(profile, testCode) === digest,
        })),
        profileId: record.profileId,
        profileVersion: record.profileVersion,
        overlayVersion: record.overlayVersion,
        cases: record.cases.map(({ messageNumber, at, results }) => ({ messageNumber, at, results })),
        replay: record.replay,
        statement: record.statement,
        by: record.name,
        role: record.role,
        at: record.at,
        contentHash: record.contentHash,
        intact,
      };
    })
    .reverse();
}
