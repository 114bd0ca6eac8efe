import type { TFunction } from 'i18next';
import type { QcGateWord, QcLevelCell, QcPointRow } from '../../../shared/ipc/qc.ts';
import { engineText } from '../../i18n/engine.ts';
import { formatUnit, formatValueText } from '../../i18n/format.ts';
import type { StateKind } from '../../ui/State.tsx';
import { gravestRules } from './rows.ts';

/** The shape of a gate's state. */
export const gateKinds: Record<QcGateWord, StateKind> = {
  rejected: 'rejected',
  overdue: 'overdue',
  notEvaluable: 'notEvaluated',
  warning: 'warning',
  in: 'inControl',
  none: 'notEvaluated',
};

/** The shape of one level or point. */
export const pointKinds: Record<QcPointRow['state'] | QcLevelCell['state'], StateKind> = {
  inControl: 'inControl',
  warning: 'warning',
  rejected: 'rejected',
  notEvaluated: 'notEvaluated',
  excluded: 'excluded',
  none: 'notEvaluated',
};

/** A deviation as a person reads it: `+3.42`, `−0.30`, `0.00`; empty when there is none. */
export function signedZ(z: number | null): string {
  if (z === null) return '';
  const text = Math.abs(z).toFixed(2);
  if (Number(text) === 0) return text;
  return z < 0 ? `\u2212${text}` : `+${text}`;
}

/** A number with its sign and so many digits. */
export function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return value < 0 ? `\u2212${text}` : `+${text}`;
}

/** Value and unit of a point. */
export function valueText(point: Pick<QcPointRow, 'text'>, unit: string): string {
  return [formatValueText(point.text), formatUnit(unit)].filter(Boolean).join(' ');
}

/** Rules of a point, without doubles, and without the warning that a graver one includes. */
export function rulesOf(point: Pick<QcPointRow, 'hits'>): readonly string[] {
  return gravestRules([...new Set(point.hits.map((hit) => hit.rule))]);
}

/** Which error a rule finds: `1-3s` and `R-4s` find random ones, runs of points systematic ones (W1 to W9). */
export function errorKind(rule: string): 'random' | 'systematic' | '' {
  if (rule === '1-2s') return '';
  return rule === '1-3s' || rule === 'R-4s' ? 'random' : 'systematic';
}

/** One sentence for the ear: which point, its numbers, its state. */
export function spokenPoint(
  t: TFunction<'qc'>,
  point: QcPointRow,
  unit: string,
  when: (at: string) => string,
): string {
  const rules = rulesOf(point);
  return [
    t('spoken.point', { level: point.level, at: when(point.at), value: valueText(point, unit) }),
    point.z === null ? t('spoken.noZ') : t('spoken.z', { z: signedZ(point.z) }),
    rules.length > 0
      ? t('spoken.rules', { state: t(`point.${point.state}`), rules: rules.join(', ') })
      : t(`point.${point.state}`),
    point.excluded === null ? '' : point.excluded.reason,
  ]
    .filter(Boolean)
    .join(', ');
}

/** What is said of a point beside the rules that fired, in the language of the window; without one, all there is. */
export function saidOf({ hits, because }: Pick<QcPointRow, 'hits' | 'because'>): string[] {
  return because
    .filter(({ outcome }) => hits.length === 0 || outcome === 'hold')
    .map(({ text }) => engineText('verdict', text));
}

/** What the controls of a test say beside its state: `1-3s at Level 2; Level 1 overdue`, in the language of the window. */
export function gateText(text: string): string {
  return text
    .split('; ')
    .map((one) => engineText('gate', one))
    .join('; ');
}
