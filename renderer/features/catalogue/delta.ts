import type { TFunction } from 'i18next';
import { displayUnit } from '../../../shared/domain/units.ts';
import type { CatalogRow } from '../../../shared/ipc/admin.ts';
import { hoursText } from './say.ts';

/** The delta check in one line: `± 1.0 mmol/L in 24 h`, `± 20 % in 3 d`, `± 5 U/L per day`. A dash when there is none. */
export function deltaText(row: Pick<CatalogRow, 'delta' | 'unit'>, t: TFunction): string {
  const { delta } = row;
  if (delta === null) return '–';
  const window = hoursText(delta.windowHours);
  if (delta.kind === 'percent') return t('delta.percent', { limit: delta.limit, window });
  const limit = `${delta.limit} ${displayUnit(row.unit)}`.trim();
  return delta.kind === 'rate' ? t('delta.rate', { limit }) : t('delta.absolute', { limit, window });
}
