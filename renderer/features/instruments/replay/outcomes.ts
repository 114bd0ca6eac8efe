import type { ReplayOutcome } from '../../../../shared/ipc/tools.ts';
import type { StateKind } from '../../../ui/State.tsx';

/** The shape of each outcome of a replay. */
export const outcomeKinds: Record<ReplayOutcome, StateKind> = {
  same: 'notEvaluated',
  changed: 'corrected',
  wouldPost: 'passed',
  wouldHold: 'held',
  lost: 'refused',
  new: 'warning',
};
