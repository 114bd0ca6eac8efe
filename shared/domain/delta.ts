import type { DeltaRule } from '../documents/catalog.ts';
import type { Reason } from '../documents/common.ts';
import type { ResultDoc, ResultValue } from '../documents/result.ts';
import { reason } from './reason.ts';
import { displayUnit, sameUnit } from './units.ts';

/** A result as the delta check needs it: a value and when its specimen was collected (instant; empty when unknown). */
export interface DeltaPoint {
  value: ResultValue;
  at: string;
}

export interface DeltaInput {
  /** Rule of the catalogue; null = nothing is checked, the difference is only shown. */
  rule: DeltaRule | null;
  current: DeltaPoint;
  /** From {@link previousResult}; null when there is none here. */
  previous: (DeltaPoint & { resultId: string }) | null;
  /** False when results of this patient may be missing on this station: the check says so. */
  historyComplete: boolean;
}

export interface DeltaOutcome {
  /** As shown: `+2.7`, `−26`, `+119 %`, `+0.5/d`; empty when there is nothing to compare. */
  delta: string;
  held: boolean;
  because: Reason[];
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * The result to compare with (V1): the latest by collection time before this one, of the same patient, test and unit, that was final
 * (final or corrected, released, still current). Null when there is none. The window is judged by {@link deltaCheck}.
 */
export function previousResult<
  R extends Pick<
    ResultDoc,
    'id' | 'patientId' | 'testCode' | 'effectiveTime' | 'status' | 'verdict' | 'current' | 'value'
  >,
>(
  history: readonly R[],
  now: Pick<R, 'id' | 'patientId' | 'testCode' | 'effectiveTime' | 'value'>,
): R | null {
  let best: R | null = null;
  for (const one of history) {
    if (one.id === now.id || one.patientId !== now.patientId || one.testCode !== now.testCode) continue;
    if (one.status !== 'final' && one.status !== 'corrected') continue;
    if (!one.current || one.verdict !== 'released' || one.value.kind === 'empty') continue;
    if (!sameUnit(one.value.unit, now.value.unit)) continue;
    const at = Date.parse(one.effectiveTime);
    if (!(at < Date.parse(now.effectiveTime))) continue;
    if (
      best === null ||
      at > Date.parse(best.effectiveTime) ||
      (at === Date.parse(best.effectiveTime) && one.id > best.id)
    ) {
      best = one;
    }
  }
  return best;
}

/**
 * Delta check (V1) of a result against the previous final one by collection time: `absolute` in the result's unit, `percent` of the
 * previous value, `rate` in units per day. It holds when the change is greater than the limit, both taken inside the window. Not
 * compared, and said so: another unit, a comparator or text on either side, a previous value of zero for percent, a previous result
 * outside the window.
 */
export function deltaCheck(input: DeltaInput): DeltaOutcome {
  const { rule, current, previous } = input;
  const because: Reason[] = [];
  if (rule !== null && !input.historyComplete) {
    because.push(reason('delta.history', 'note', 'Earlier results may be missing on this station.'));
  }
  const say = (
    outcome: Reason['outcome'],
    text: string,
    inputs: Parameters<typeof reason>[3],
    delta = '',
  ) => {
    if (rule !== null) because.push(reason('delta', outcome, text, inputs));
    return { delta, held: outcome === 'hold' && rule !== null, because };
  };
  if (previous === null) return say('pass', 'First result of this test here: no delta.', {});
  const inputs = {
    current: current.value.text.trim(),
    previous: previous.value.text.trim(),
    previousAt: previous.at,
    ...(rule === null ? {} : { kind: rule.kind, limit: rule.limit, windowHours: rule.windowHours }),
  };
  if (!sameUnit(current.value.unit, previous.value.unit)) {
    return say(
      'note',
      `Not compared: the previous result is in ${previous.value.unit || 'no unit'}.`,
      inputs,
    );
  }
  if (current.value.comparator !== undefined || previous.value.comparator !== undefined) {
    return say('note', 'Not compared: a value with a comparator is no exact number.', inputs);
  }
  const now = current.value.number;
  const before = previous.value.number;
  if (now === undefined || before === undefined || !Number.isFinite(now) || !Number.isFinite(before)) {
    return say('note', 'Not compared: a value is not a number.', inputs);
  }
  const elapsed = Date.parse(current.at) - Date.parse(previous.at);
  if (Number.isNaN(elapsed)) return say('note', 'Not compared: a collection time is not known.', inputs);

  const decimals = Math.max(decimalsOf(current.value.text), decimalsOf(previous.value.text));
  const change = Number((now - before).toFixed(Math.max(decimals, 6)));
  const absolute = signed(change, decimals);
  if (rule === null) return say('pass', '', inputs, absolute);

  const unit = displayUnit(current.value.unit);
  let amount: number;
  let shown: string;
  if (rule.kind === 'absolute') {
    amount = change;
    shown = absolute;
  } else if (rule.kind === 'percent') {
    if (before === 0) {
      return say(
        'note',
        'Not compared: the previous value is zero, so there is no percent delta.',
        inputs,
        absolute,
      );
    }
    amount = (change / Math.abs(before)) * 100;
    shown = `${signed(amount, 0)} %`;
  } else {
    if (elapsed <= 0)
      return say('note', 'Not compared: no time between the two collections.', inputs, absolute);
    amount = change / (elapsed / DAY);
    shown = `${signed(amount, decimals + 1)}/d`;
  }
  const limit = {
    absolute: `±${rule.limit} ${unit}`,
    percent: `±${rule.limit} %`,
    rate: `±${rule.limit} ${unit}/d`,
  }[rule.kind];
  const span = `${(elapsed / HOUR).toFixed(elapsed < 48 * HOUR ? 1 : 0)} h`;
  const measured = { ...inputs, delta: shown, hours: (elapsed / HOUR).toFixed(2) };
  if (elapsed < 0 || elapsed > rule.windowHours * HOUR) {
    return say(
      'pass',
      `${shown} in ${span}: the previous result is outside the window of ${rule.windowHours} h.`,
      measured,
      shown,
    );
  }
  // Differences of decimal texts carry binary noise; a change of exactly the limit does not exceed it.
  const exceeds = Math.abs(amount) > rule.limit + 1e-9 * Math.max(1, rule.limit);
  const text = `${shown} in ${span}, from ${inputs.previous}. Limit ${limit.trim()} in ${rule.windowHours} h.`;
  return say(exceeds ? 'hold' : 'pass', text, measured, shown);
}

/** Number with its sign, U+2212 for minus: `+2.7`, `−26`, `0`. */
export function signed(n: number, decimals: number): string {
  const text = Math.abs(n).toFixed(decimals);
  if (Number(text) === 0) return text;
  return `${n < 0 ? '−' : '+'}${text}`;
}

/** Decimals of a number as it was sent. A decimal comma counts as well. */
function decimalsOf(text: string): number {
  return /[.,](\d+)\s*$/.exec(text.trim())?.[1]?.length ?? 0;
}
