import type { Reason } from '../documents/common.ts';
import type { Interpretation, ResultValue, UsedRange } from '../documents/result.ts';
import { reason } from './reason.ts';

export interface Interpreted {
  interpretation: Interpretation;
  because: Reason[];
}

type Class = 'LL' | 'L' | 'N' | 'H' | 'HH' | '';
type Limits = Pick<UsedRange, 'low' | 'high' | 'criticalLow' | 'criticalHigh'>;

/**
 * Interprets a value against the range chosen for it. Both limits of a closed range belong to it; a one-sided range is shown as
 * `< 32` or `> 60` and its limit does not belong to it. Critical (LL, HH) is strictly beyond the critical limit.
 * A comparator stands for all the numbers it allows: `< 5` against a lower limit of 15 is L; when they fall into different classes
 * the interpretation is '' and the reason says so. A value that is low or high for certain but critical only perhaps stays L or H, with a hold.
 * @param expectedUnit UCUM code of the range; another unit is never interpreted. Default: the value's own.
 */
export function interpret(
  value: ResultValue,
  range: UsedRange | null,
  expectedUnit: string = value.unit,
): Interpreted {
  const shown = value.text.trim();
  const inputs = { value: shown, unit: value.unit, range: range?.text };
  if (value.kind === 'empty') return { interpretation: '', because: [] };
  if (range === null) return { interpretation: '', because: [] };
  if (value.kind === 'string' || value.number === undefined || !Number.isFinite(value.number)) {
    return {
      interpretation: '',
      because: [
        reason(
          'interpretation',
          'hold',
          `${shown} is not a number: it cannot be set against the range.`,
          inputs,
        ),
      ],
    };
  }
  if (value.unit !== expectedUnit) {
    return {
      interpretation: '',
      because: [
        reason(
          'unit',
          'hold',
          `Sent in ${value.unit || 'no unit'}, expected in ${expectedUnit || 'no unit'}: not interpreted.`,
          {
            ...inputs,
            expected: expectedUnit,
          },
        ),
      ],
    };
  }
  if (value.comparator === undefined) return decided(classOf(value.number, range), range, shown, inputs);
  const classes = classesOf(value.number, value.comparator, range);
  const only = classes.size === 1 ? ([...classes][0] ?? '') : undefined;
  if (only !== undefined) return decided(only, range, shown, inputs);
  const side = allOf(classes, ['LL', 'L']) ? 'L' : allOf(classes, ['H', 'HH']) ? 'H' : '';
  if (side !== '') {
    const limit = side === 'L' ? range.criticalLow : range.criticalHigh;
    return {
      interpretation: side,
      because: [
        reason('critical', 'hold', `${shown} may be beyond the critical limit ${limit}.`, {
          ...inputs,
          limit,
        }),
      ],
    };
  }
  return {
    interpretation: '',
    because: [
      reason(
        'interpretation',
        'hold',
        `${shown} cannot be decided against the range ${range.text || 'with critical limits'}.`,
        inputs,
      ),
    ],
  };
}

function allOf(classes: ReadonlySet<Class>, allowed: Class[]): boolean {
  return [...classes].every((one) => allowed.includes(one));
}

function decided(
  only: Class,
  range: UsedRange,
  shown: string,
  inputs: Record<string, string | undefined>,
): Interpreted {
  if (only === 'LL' || only === 'HH') {
    const limit = only === 'LL' ? range.criticalLow : range.criticalHigh;
    const text = `Critical: ${shown} is ${only === 'LL' ? 'below' : 'above'} ${limit}.`;
    return { interpretation: only, because: [reason('critical', 'hold', text, { ...inputs, limit })] };
  }
  const words = {
    L: 'below the range',
    H: 'above the range',
    N: 'within the range',
    '': 'without limits to compare with',
  };
  return {
    interpretation: only,
    because: [
      reason(
        'interpretation',
        'pass',
        `${shown} is ${words[only]}${range.text === '' ? '' : ` ${range.text}`}.`,
        inputs,
      ),
    ],
  };
}

/** Class of one exact number. */
function classOf(x: number, limits: Limits): Class {
  const { low, high, criticalLow, criticalHigh } = limits;
  if (criticalLow !== undefined && x < criticalLow) return 'LL';
  if (criticalHigh !== undefined && x > criticalHigh) return 'HH';
  const closed = low !== undefined && high !== undefined;
  if (low !== undefined && (closed ? x < low : x <= low)) return 'L';
  if (high !== undefined && (closed ? x > high : x >= high)) return 'H';
  return low === undefined && high === undefined ? '' : 'N';
}

/** Classes of all the numbers a value with a comparator may stand for. */
function classesOf(
  n: number,
  comparator: NonNullable<ResultValue['comparator']>,
  limits: Limits,
): Set<Class> {
  const below = comparator === '<' || comparator === '<=';
  const cuts = [limits.low, limits.high, limits.criticalLow, limits.criticalHigh]
    .filter((cut): cut is number => cut !== undefined && (below ? cut < n : cut > n))
    .sort((a, b) => a - b);
  const edges = below ? [...cuts, n] : [n, ...cuts];
  const points = [...cuts];
  for (let i = 0; i + 1 < edges.length; i++) points.push(((edges[i] ?? 0) + (edges[i + 1] ?? 0)) / 2);
  if (comparator === '<=' || comparator === '>=') points.push(n);
  // Beyond the last limit nothing changes any more: one point stands for all.
  points.push(below ? (edges[0] ?? n) - 1 : (edges.at(-1) ?? n) + 1);
  return new Set(points.map((point) => classOf(point, limits)));
}
