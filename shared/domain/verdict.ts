import type { CatalogDoc } from '../documents/catalog.ts';
import type { Reason } from '../documents/common.ts';
import type { PatientDoc } from '../documents/patient.ts';
import type { Interpretation, ResultDoc, ResultValue } from '../documents/result.ts';
import type { SpecimenDoc } from '../documents/specimen.ts';
import type { DeltaOutcome } from './delta.ts';
import type { Interpreted } from './interpret.ts';
import type { RangeChoice } from './range.ts';
import { has, reason, sortReasons } from './reason.ts';
import { displayUnit } from './units.ts';

/** Version of the rules in this folder, stored with every decision (V2). Raise it with every change of what they decide. */
export const RULE_SET_VERSION = 1;

export interface VerdictInput {
  value: ResultValue;
  status: ResultDoc['status'];
  test: Pick<
    CatalogDoc,
    'code' | 'name' | 'unit' | 'active' | 'autoverify' | 'plausibleLow' | 'plausibleHigh'
  >;
  /** From `chooseRange`. */
  rangeChoice: RangeChoice;
  /** From `interpret`. */
  interpreted: Interpreted;
  /** From `deltaCheck`. */
  delta: DeltaOutcome;
  /** Flags as the instrument sent them. */
  flags: readonly string[];
  /** Null when the specimen is not known. */
  specimen: Pick<SpecimenDoc, 'status' | 'conditionCode' | 'conditionText'> | null;
  /** Null when the patient is not known. */
  patient: Pick<PatientDoc, 'id' | 'mergedInto'> | null;
  /** What the gate of this test on this instrument says, from `judgeGate` (W13). */
  qc: readonly Reason[];
  /** Whether the mapping of the test on its instrument is verified (V2); nothing for a value entered by hand. */
  mapping?: readonly Reason[];
  /** One switch suspends autoverification at once: false = nothing is released by itself. */
  autoverification: boolean;
  /** True while record and server disagree about this result, its specimen or its patient. */
  syncConflict?: boolean;
  /** True when a person entered the value: it is never released by itself (V5). */
  enteredByHand?: boolean;
}

export interface VerdictOutcome {
  /** `released` exactly when `autorelease` is true. */
  verdict: 'held' | 'ready' | 'blocked' | 'released';
  because: Reason[];
  /** The rules release it without a person: the test allows it, autoverification is on, and every rule passed without a remark. */
  autorelease: boolean;
  ruleSetVersion: number;
}

type Rule = (input: VerdictInput) => Reason[];

/** The rules that look at one result. Each sees only the input, none another's outcome; so their order cannot matter (V2). */
export const verdictRules: Readonly<Record<string, Rule>> = {
  value: ({ value }) => {
    if (value.kind === 'empty') return [reason('empty', 'hold', 'The instrument sent no value.')];
    if (value.kind === 'string') {
      return [
        reason('value', 'warn', `${value.text.trim()} is a text: a person reads it.`, { value: value.text }),
      ];
    }
    if (value.number === undefined || !Number.isFinite(value.number)) {
      return [
        reason('value', 'hold', `${value.text.trim()} was not read as a number.`, { value: value.text }),
      ];
    }
    if (value.comparator !== undefined) {
      const text = `${value.text.trim()} lies outside the measuring range: not released without a person.`;
      return [reason('measuringRange', 'warn', text, { value: value.text })];
    }
    return [reason('value', 'pass', 'The value is a number.', { value: value.text })];
  },
  unit: ({ value, test }) => {
    if (value.kind !== 'quantity') return [];
    const inputs = { unit: value.unit, expected: test.unit };
    if (value.unit === test.unit) return [reason('unit', 'pass', 'The unit is the test’s.', inputs)];
    const sent = displayUnit(value.unit) || 'no unit';
    return [
      reason(
        'unit',
        'hold',
        `Sent in ${sent}; ${test.name} is reported in ${displayUnit(test.unit) || 'no unit'}.`,
        inputs,
      ),
    ];
  },
  status: ({ status }) =>
    status === 'final' || status === 'corrected'
      ? [reason('status', 'pass', 'The instrument calls it final.', { status })]
      : [reason('status', 'hold', `The status is ${status}, not final.`, { status })],
  test: ({ test }) =>
    test.active
      ? [reason('test', 'pass', 'The test is in use.', { test: test.code })]
      : [reason('test', 'hold', `${test.name} is no longer in use.`, { test: test.code })],
  flags: flagReasons,
  plausibility: ({ value, test }) => {
    const n = value.number;
    const { plausibleLow: low, plausibleHigh: high } = test;
    if (value.kind !== 'quantity' || n === undefined || (low === undefined && high === undefined)) return [];
    const inputs = { value: value.text, low, high };
    if (low !== undefined && n < low) {
      return [reason('plausibility', 'hold', `${value.text.trim()} is below ${low}: not plausible.`, inputs)];
    }
    if (high !== undefined && n > high) {
      return [
        reason('plausibility', 'hold', `${value.text.trim()} is above ${high}: not plausible.`, inputs),
      ];
    }
    return [reason('plausibility', 'pass', 'The value is plausible.', inputs)];
  },
  range: ({ rangeChoice }) => [...rangeChoice.because],
  interpretation: ({ interpreted }) => {
    const { interpretation: flag, because } = interpreted;
    const critical = flag === 'LL' || flag === 'HH';
    if (!critical || because.some((one) => one.rule === 'critical')) return [...because];
    return [...because, reason('critical', 'hold', `Critical: ${flag}.`, { interpretation: flag })];
  },
  delta: ({ delta }) => [...delta.because],
  specimen: ({ specimen }) => {
    if (specimen === null) return [reason('specimen', 'hold', 'The specimen is not known.')];
    const inputs = { status: specimen.status, condition: specimen.conditionCode };
    if (specimen.status === 'rejected') {
      return [
        reason(
          'specimen',
          'hold',
          `The specimen was rejected: ${specimen.conditionText || 'no reason given'}.`,
          inputs,
        ),
      ];
    }
    if (specimen.status === 'expected') {
      return [reason('specimen', 'hold', 'The specimen was never received.', inputs)];
    }
    if (specimen.conditionCode !== '') {
      return [
        reason(
          'specimen',
          'hold',
          `Condition of the specimen: ${specimen.conditionText || specimen.conditionCode}.`,
          inputs,
        ),
      ];
    }
    return [reason('specimen', 'pass', 'The specimen was received and accepted.', inputs)];
  },
  patient: ({ patient }) => {
    if (patient === null) return [reason('patient', 'hold', 'The patient is not known.')];
    return [reason('patient', 'pass', 'The patient is known.')];
  },
  qc: ({ qc }) => [...qc],
  mapping: ({ mapping }) => [...(mapping ?? [])],
  conflict: ({ syncConflict }) =>
    syncConflict === true
      ? [reason('conflict', 'hold', 'This record and the central server disagree: decide under Sync first.')]
      : [],
};

const allRules = Object.values(verdictRules);

/** Flags that only repeat where the instrument saw the value; they hold when we see it elsewhere. */
const sides: Record<string, readonly Interpretation[]> = {
  L: ['L', 'LL'],
  LL: ['LL'],
  H: ['H', 'HH'],
  HH: ['HH'],
  '<': ['L', 'LL'],
  '>': ['H', 'HH'],
};

function flagReasons({ flags, interpreted }: VerdictInput): Reason[] {
  if (flags.length === 0) return [reason('flag', 'pass', 'No instrument flag.')];
  const sent = [...new Set(flags.map((flag) => flag.trim()).filter((flag) => flag !== '' && flag !== 'N'))];
  if (sent.length === 0) return [reason('flag', 'pass', 'No instrument flag.')];
  return sent.sort().map((flag) => {
    const inputs = { flag, interpretation: interpreted.interpretation };
    if (sides[flag]?.includes(interpreted.interpretation)) {
      return reason('flag', 'pass', `The instrument’s flag ${flag} says what the range says.`, inputs);
    }
    return flagged(flag, inputs);
  });
}

/** A flag of the instrument that is for a person, on a result or a control. */
export function flagged(flag: string, inputs: Reason['inputs'] = { flag }): Reason {
  return reason('flag', 'hold', `The instrument flagged it: ${flag}.`, inputs);
}

/**
 * Draws the verdict from the reasons alone (V2): one block blocks, else one hold holds, else it is ready; without any pass it is held,
 * because the default is hold. Depends on the set of reasons, never on their order.
 */
export function drawVerdict(reasons: readonly Reason[]): 'held' | 'ready' | 'blocked' {
  if (has(reasons, 'block')) return 'blocked';
  if (has(reasons, 'hold') || !has(reasons, 'pass')) return 'held';
  return 'ready';
}

/** Rules whose reasons come from the controls. */
const gateRules = new Set(['qc', 'qc.override']);

/**
 * A decided result under a gate that changed (W13): the reasons of the controls are replaced, all others stand, and the verdict is drawn
 * again. Never `released`: what waited for a control is looked at by a person.
 */
export function regated(
  because: readonly Reason[],
  gate: readonly Reason[],
): { verdict: 'held' | 'ready' | 'blocked'; because: Reason[] } {
  const reasons = [...because.filter((one) => !gateRules.has(one.rule)), ...gate];
  return { verdict: drawVerdict(reasons), because: sortReasons(reasons) };
}

/**
 * Decides one result (V2). The default is hold; `ready` needs every rule to pass; `blocked` while QC is rejected. QC that was not
 * evaluated does not block, but the remark keeps the result from being released by itself, as does a comparator or a text.
 * @returns all rules that ran with their inputs, in an order that does not depend on the order of evaluation.
 */
export function decideVerdict(input: VerdictInput): VerdictOutcome {
  const reasons: Reason[] = [];
  for (const rule of allRules) reasons.push(...rule(input));
  const verdict = drawVerdict(reasons);
  const clean = reasons.every((one) => one.outcome === 'pass');
  const autorelease =
    verdict === 'ready' &&
    clean &&
    input.test.autoverify &&
    input.autoverification &&
    input.enteredByHand !== true;
  const because = sortReasons([
    ...reasons,
    ...(autorelease ? [reason('autoverify', 'pass', 'Every rule passed: released by the rules.')] : []),
  ]);
  return {
    verdict: autorelease ? 'released' : verdict,
    because,
    autorelease,
    ruleSetVersion: RULE_SET_VERSION,
  };
}

const words: Record<string, string> = {
  qc: 'QC',
  'range.sex': 'no sex',
  'range.age': 'no age',
  range: 'no range',
  specimen: 'specimen',
  patient: 'no patient',
  measuringRange: 'off scale',
  plausibility: 'implausible',
  interpretation: 'undecided',
  'delta.history': 'history',
};

/**
 * The short word beside a verdict in the grid: the rule that decides it (`delta`, `critical`, `no sex`, `QC`, the flag's own name), or
 * `3 rules` when several do; empty when nothing holds.
 */
export function verdictReason(because: readonly Reason[]): string {
  const blocking = because.filter((one) => one.outcome === 'block');
  const deciding = blocking.length > 0 ? blocking : because.filter((one) => one.outcome === 'hold');
  const found = [...new Set(deciding.map(wordOf))];
  if (found.length > 1) return `${found.length} rules`;
  if (found.length === 0) return because.some((one) => one.rule === 'autoverify') ? 'auto' : '';
  return found[0] ?? '';
}

function wordOf(one: Reason): string {
  if (one.rule === 'flag') {
    const flag = one.inputs.flag ?? '';
    // A letter alone would read as our own flag.
    return flag.length < 3 ? `flag ${flag}`.trim() : flag;
  }
  return words[one.rule] ?? one.rule;
}
