import type { Reason } from '../../../shared/documents/common.ts';
import type { InstrumentDoc } from '../../../shared/documents/instrument.ts';
import { reason } from '../../../shared/domain/reason.ts';
import type { Profile } from '../../../shared/profiles/profile.ts';
import type { Bench } from '../bench.ts';
import { instrumentId as idOf } from '../instruments/instrument-id.ts';
import { verificationStates } from '../instruments/tools/verification.ts';
import type { Reader } from '../store/store.ts';

type States = ReturnType<typeof verificationStates>;

/** States by profile as it works now; the line keeps one profile object per version of its mapping. */
const known = new WeakMap<Profile, { signed: string; states: States }>();

function statesOf(doc: InstrumentDoc, profile: Profile): States {
  const signed = doc.verifications.map((record) => record.contentHash).join();
  const before = known.get(profile);
  if (before?.signed === signed) return before.states;
  const states = verificationStates(doc, profile);
  known.set(profile, { signed, states });
  return states;
}

/**
 * V2: whether somebody has signed that the mapping of this test on this instrument was verified, and it is still the same. If not, the remark keeps a
 * result from being released by itself; a person may release it and sees the remark. Nothing is said of values entered by hand, of tests that
 * are never released by themselves, and of instruments of other stations.
 */
export async function mappingReasons(
  bench: Pick<Bench, 'station' | 'instruments'>,
  reader: Pick<Reader, 'get'>,
  instrumentId: string,
  test: { code: string; name: string; autoverify: boolean },
): Promise<Reason[]> {
  const config = bench.station.instruments.find((one) => idOf(bench.station.code, one.id) === instrumentId);
  if (config === undefined || !test.autoverify) return [];
  const doc = await reader.get('instruments', instrumentId);
  if (doc === undefined) return [];
  const verified = statesOf(doc, bench.instruments.profileWith(instrumentId, doc)).get(test.code);
  const inputs = { instrument: config.id, test: test.code, by: verified?.by ?? '', at: verified?.at ?? '' };
  if (verified?.state === 'verified')
    return [reason('mapping', 'pass', `${verified.by} verified the mapping of ${test.name}.`, inputs)];
  const text =
    verified?.state === 'changed'
      ? `The mapping of ${test.name} on ${config.id} was changed since ${verified.by} verified it: not released without a person.`
      : `Nobody has verified the mapping of ${test.name} on ${config.id}: not released without a person.`;
  return [reason('mapping', 'warn', text, inputs)];
}
