import { builtinProfile } from '../../../shared/profiles/builtin.ts';
import { type ReportedResult, resultMessage } from '../../sim/analyser/messages.ts';

/** A result message that something is wrong with: codes the profile does not map, specimens nobody knows, odd flags. */
export function oddMessage(input: {
  profile: string;
  /** H-3; unique per message. */
  id: string;
  specimenId: string;
  results: readonly ReportedResult[];
  /** Marked as a control. */
  qc?: boolean;
}): Uint8Array {
  const profile = builtinProfile(input.profile);
  if (profile?.protocol !== 'astm') throw new Error(`there is no ASTM profile ${input.profile}`);
  const at = new Date();
  return resultMessage(
    { profile, serial: `${profile.model}-1`, operator: 'ML' },
    {
      id: input.id,
      specimenId: input.specimenId,
      instrumentSpecimenId: '',
      results: input.results,
      startedAt: new Date(at.getTime() - 60_000),
      completedAt: at,
      qc: input.qc ?? false,
    },
  );
}
