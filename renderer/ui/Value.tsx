import { useTranslation } from 'react-i18next';
import { formatUnit, formatValueText } from '../i18n/format.ts';

/** The flag that colours a value. */
export type ValueFlag = 'HH' | 'LL' | 'H' | 'L' | 'A' | 'N' | undefined;

export interface ValueProps {
  /** The text exactly as it was sent. Missing or blank is shown as `empty`, never as 0. */
  text: string | null | undefined;
  /** When it is kept apart from the text. */
  comparator?: string;
  flag?: ValueFlag;
  unit?: string;
  /** `grid` 13.5 px, `focus` 30 px, `text` inherits. */
  size?: 'grid' | 'focus' | 'text';
  /** A withdrawn value of an earlier version. */
  struck?: boolean;
}

/** The tone of a value: critical red, abnormal amber, else plain. */
export function flagTone(flag: ValueFlag): 'crit' | 'abn' | 'text' {
  if (flag === 'HH' || flag === 'LL') return 'crit';
  return flag === 'H' || flag === 'L' || flag === 'A' ? 'abn' : 'text';
}

/** A result value: the original text, never rounded (R12), in the colour of its flag, the unit beside it. */
export function Value({ text, comparator, flag, unit, size = 'grid', struck }: ValueProps) {
  const { t } = useTranslation('ui');
  const shown = formatValueText(text ?? '', comparator);
  const unitText = formatUnit(unit);
  return (
    <span className={`lv-value lv-value-${size}`}>
      {shown === '' ? (
        <em className="lv-value-empty">{t('empty')}</em>
      ) : (
        <span className={`lv-value-number lv-tone-${flagTone(flag)}${struck ? ' lv-struck' : ''}`}>
          {shown}
        </span>
      )}
      {unitText === '' ? null : <span className="lv-unit">{unitText}</span>}
    </span>
  );
}

/** A unit alone, 12 px, for its own column. */
export function Unit({ unit }: { unit: string | undefined }) {
  return <span className="lv-unit">{formatUnit(unit)}</span>;
}
