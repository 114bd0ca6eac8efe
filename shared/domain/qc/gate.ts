/** Whether patient results of a test on an instrument may go out, from the state of its controls (W13). Pure. */
import type { Reason } from '../../documents/common.ts';
import { reason } from '../reason.ts';

/** What the last control of a required level says. Instants are ISO 8601 UTC. */
export interface LevelState {
  /** as a person reads it: `Lyphochek 1 · lot 4711` */
  name: string;
  /** null: never measured with this lot */
  last: {
    state: 'inControl' | 'warning' | 'rejected' | 'notEvaluable' | 'notEvaluated';
    at: string;
    /** rules that fired: `1-3s`; empty when none */
    rules: readonly string[];
    /** why it proves nothing although it was judged, a sentence: `The lot 4711 may not be used after 2026-07-31.`; empty: fit for use */
    unfit?: string;
  } | null;
  /** when it has to be measured again; empty: no schedule */
  dueTime: string;
}

/** A supervisor's documented decision to release in spite of a control. */
export interface GateOverride {
  by: string;
  at: string;
  /** instant it ends by itself */
  until: string;
  reason: string;
}

export interface GateInput {
  now: string;
  /** Required levels of this test on this instrument; empty: the laboratory runs no control for it here. */
  levels: readonly LevelState[];
  override: GateOverride | null;
}

export type GateState = 'in' | 'warning' | 'rejected' | 'overdue' | 'notEvaluable' | 'none';

export interface GateOutcome {
  state: GateState;
  /** patient results of this test on this instrument may not be released */
  blocks: boolean;
  /** beside the state, in words: `1-3s at level Lyphochek 1`; empty when there is nothing to say */
  text: string;
  because: Reason[];
}

const gravest: readonly GateState[] = ['rejected', 'overdue', 'notEvaluable', 'warning', 'in'];

/**
 * W13: a rejected, overdue or unevaluable control blocks; it opens again only by an acceptable control of that level, or by a supervisor's
 * documented override until it ends. W10: a control that cannot be evaluated is never in control. A test without required levels is not blocked,
 * and says so: nothing proves it in control, so nothing is released by rules alone.
 */
export function judgeGate({ now, levels, override }: GateInput): GateOutcome {
  if (levels.length === 0) {
    const text = 'No control is set up for this test on this instrument.';
    return { state: 'none', blocks: false, text: '', because: [reason('qc', 'note', text)] };
  }
  const found = levels.map((level) => ({ level, ...stateOf(level, now) }));
  const state = gravest.find((one) => found.some((level) => level.state === one)) ?? 'in';
  const deciding = found.filter((one) => one.state === state);
  const text = state === 'in' ? '' : deciding.map((one) => one.text).join('; ');
  const stops = state === 'rejected' || state === 'overdue' || state === 'notEvaluable';
  const overridden = stops && override !== null && override.at <= now && now < override.until;
  const because: Reason[] = found.map((one) =>
    reason('qc', one.outcome, one.sentence, {
      level: one.level.name,
      state: one.state,
      rules: one.state === 'in' ? undefined : one.level.last?.rules.join(', ') || undefined,
      at: one.level.last?.at,
      due: one.level.dueTime,
    }),
  );
  if (!overridden) return { state, blocks: stops, text, because };
  return {
    state,
    blocks: false,
    text,
    because: [
      ...because.map((one) => (one.outcome === 'block' ? { ...one, outcome: 'warn' as const } : one)),
      reason('qc.override', 'warn', `Released on a supervisor’s decision: ${override.reason}`, {
        by: override.by,
        at: override.at,
        until: override.until,
      }),
    ],
  };
}

/** What the reasons of a result say of its controls when it was judged: the gravest level, and the rules that made it so. */
export function gateIn(because: readonly Reason[]): { state: GateState; text: string } {
  const found = because.filter((one) => one.rule === 'qc');
  const state = gravest.find((word) => found.some((one) => one.inputs.state === word));
  if (state === undefined) return { state: 'none', text: '' };
  const deciding = found.filter((one) => one.inputs.state === state);
  const text = [...new Set(deciding.map((one) => one.inputs.rules ?? ''))]
    .filter((one) => one !== '')
    .join(', ');
  return { state, text };
}

interface Level {
  state: Exclude<GateState, 'none'>;
  text: string;
  sentence: string;
  outcome: Reason['outcome'];
}

function stateOf({ name, last, dueTime }: LevelState, now: string): Level {
  const rules = last?.rules.join(', ') ?? '';
  if (last?.state === 'rejected') {
    return {
      state: 'rejected',
      text: `${rules} at ${name}`,
      sentence: `The control ${name} was rejected: ${rules}. An acceptable control opens it again.`,
      outcome: 'block',
    };
  }
  if (last === null || (dueTime !== '' && dueTime <= now)) {
    const what = last === null ? 'was never measured with this lot' : 'is overdue';
    return {
      state: 'overdue',
      text: `${name} ${last === null ? 'not measured' : 'overdue'}`,
      sentence: `The control ${name} ${what}. Measure it.`,
      outcome: 'block',
    };
  }
  if (last.unfit !== undefined && last.unfit !== '') {
    return {
      state: 'notEvaluable',
      text: `${name} measured past its date`,
      sentence: `${last.unfit} The control ${name} proves nothing: measure one that may be used.`,
      outcome: 'block',
    };
  }
  if (last.state === 'notEvaluable' || last.state === 'notEvaluated') {
    return {
      state: 'notEvaluable',
      text: `${name} cannot be evaluated`,
      sentence: `The control ${name} has no mean and SD to be judged by: set its target (W10).`,
      outcome: 'block',
    };
  }
  if (last.state === 'warning') {
    return {
      state: 'warning',
      text: `${rules} at ${name}`,
      sentence: `The control ${name} is in control with a warning: ${rules}.`,
      outcome: 'pass',
    };
  }
  return { state: 'in', text: '', sentence: `The control ${name} is in control.`, outcome: 'pass' };
}
