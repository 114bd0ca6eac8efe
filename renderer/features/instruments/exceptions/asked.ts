import type { TFunction } from 'i18next';
import type { ExceptionRow } from '../../../../shared/ipc/instruments.ts';
import { formatUnit, formatValueText } from '../../../i18n/format.ts';

/** What a dialog about one exception is given. */
export interface Asked<Row extends ExceptionRow = ExceptionRow> {
  exception: Row;
  /** Name of the analyser's line. */
  line: string;
  onClose: () => void;
}

/** What was sent, in words: `Potassium code K 4.1 mmol/L`. */
export function sentText(exception: ExceptionRow): string {
  return [exception.sentTest, formatValueText(exception.sentValue), formatUnit(exception.sentUnit)]
    .filter((part) => part !== '')
    .join(' ');
}

/** The words of a dialog that asks whose a measurement is: what was sent, by which line, and the specimen it named. */
export function sentWords(
  { exception, line }: Pick<Asked, 'exception' | 'line'>,
  t: TFunction<'instruments'>,
) {
  return { what: sentText(exception), name: line, sent: exception.sentSpecimen || t('match.nothing') };
}
