import type { Reason } from '../documents/common.ts';
import type { ResultDoc } from '../documents/result.ts';
import type { SpecimenDoc } from '../documents/specimen.ts';
import { has, reason, sortReasons } from './reason.ts';

export interface ReleaseInput {
  /** Person who releases: id or user name, the same kind as `enteredBy` holds. */
  by: string;
  /** Comment given with the release or already on the result. */
  comment: string;
  /** True when the call of a critical value is recorded for this version (V3). */
  criticalCalled: boolean;
  /** Null when the specimen is not known. */
  specimen: Pick<SpecimenDoc, 'status'> | null;
  /** The laboratory's setting: who enters or reruns may not release (V5). */
  separationOfDuties: boolean;
  /** True while a rerun of this result is asked for and has not arrived. */
  rerunOpen?: boolean;
  /** True while it waits for a person to decide between two versions. */
  inConflict?: boolean;
  /** Who asked for the rerun this result came from; empty when it is none (V5). */
  rerunBy?: string;
  /** Who works on its specimen at another station now; null when nobody does. */
  claimed?: { station: string; name: string } | null;
}

export type ReleaseDecision =
  | {
      allowed: true;
      because: Reason[];
      /** True when a critical value goes out before its call is recorded: the call's task must stay open (V3). */
      criticalCallPending: boolean;
    }
  | {
      allowed: false /** One sentence: everything that stands against it. */;
      why: string;
      because: Reason[];
    };

type Releasable = Pick<
  ResultDoc,
  'verdict' | 'status' | 'current' | 'value' | 'interpretation' | 'enteredBy' | 'testName'
>;

/**
 * Decides whether a person may release a result.
 *
 * - Blocked never; rejected, withdrawn, replaced and already released ones neither.
 * - Held needs a comment.
 * - Not while somebody at another station works on its specimen: that is taken over first.
 * - V5: who entered it, or asked for the rerun it came from, may not release it where the laboratory says so.
 * - V3: a critical value may go out before its call is recorded, because holding back a life-threatening value until a telephone
 *   is answered would harm the patient. `criticalCallPending` is then true: its call task stays open, cannot be closed without who, to
 *   whom, when and read-back, and the report cannot be signed before (see `signChecks`). As a held result it needs a comment like any other.
 */
export function decideRelease(result: Releasable, input: ReleaseInput): ReleaseDecision {
  const because: Reason[] = [];
  const against = (rule: string, text: string, inputs: Record<string, string> = {}) => {
    because.push(reason(rule, 'block', text, inputs));
  };
  const { verdict } = result;
  if (verdict === 'blocked') against('blocked', 'Quality control blocks it.', { verdict });
  if (verdict === 'released') against('released', 'It is released already.', { verdict });
  if (verdict === 'rejected') against('rejected', 'It was rejected.', { verdict });
  if (!result.current) against('replaced', 'A later version replaced it.');
  if (result.status === 'cancelled' || result.status === 'entered-in-error') {
    against('status', `Its status is ${result.status}.`, { status: result.status });
  }
  if (result.value.kind === 'empty') against('empty', 'There is no value.');
  if (input.specimen === null) against('specimen', 'The specimen is not known.');
  else if (input.specimen.status === 'rejected' && input.comment.trim() === '') {
    against('specimen', 'The specimen was rejected: a comment is needed.', { status: 'rejected' });
  }
  if (input.inConflict === true)
    against('syncConflict', 'It has two versions: decide under Sync which one stands.');
  if (input.rerunOpen === true) against('rerun', 'A rerun is asked for and has not arrived.');
  if (input.claimed) {
    const { station, name } = input.claimed;
    against('claim', `Its specimen is being worked on at ${station} by ${name}: take it over first.`, {
      station,
      name,
    });
  }
  if (verdict === 'held' && input.comment.trim() === '') {
    against('comment', 'It is held: a comment is needed.', { verdict });
  }
  if (input.by.trim() === '') against('person', 'Nobody is signed in.');
  if (input.separationOfDuties && input.by !== '') {
    if (result.enteredBy === input.by)
      against('duties', 'Who entered it may not release it.', { by: input.by });
    if (input.rerunBy === input.by)
      against('duties', 'Who asked for the rerun may not release it.', { by: input.by });
  }
  const critical = result.interpretation === 'LL' || result.interpretation === 'HH';
  if (critical) {
    because.push(
      input.criticalCalled
        ? reason('criticalCall', 'pass', 'The critical call is recorded.')
        : reason('criticalCall', 'warn', 'The critical call is not recorded yet: its task stays open.'),
    );
  }
  if (has(because, 'block')) {
    const why = sortReasons(because)
      .filter((one) => one.outcome === 'block')
      .map((one) => one.text)
      .join(' ');
    return { allowed: false, why, because: sortReasons(because) };
  }
  because.push(reason('release', 'pass', 'It may be released.', { by: input.by, verdict }));
  return {
    allowed: true,
    because: sortReasons(because),
    criticalCallPending: critical && !input.criticalCalled,
  };
}
