import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { IndicatorRow } from '../../../../shared/ipc/indicators.ts';
import { formatCount } from '../../../i18n/format.ts';
import type { GridColumn } from '../../../ui/Grid.tsx';
import { useIndicatorWords } from './words.ts';

/** Columns of the indicators: shares as cases of all, durations by their percentiles. */
export function useIndicatorColumns(): readonly GridColumn<IndicatorRow>[] {
  const { t } = useTranslation('qc-indicators');
  const words = useIndicatorWords();
  return useMemo((): readonly GridColumn<IndicatorRow>[] => {
    const number = (
      id: 'count' | 'all' | 'rate' | 'median' | 'p90' | 'p95' | 'longest',
      width: number,
      of: (row: IndicatorRow) => string,
      strong = false,
    ): GridColumn<IndicatorRow> => ({
      id,
      title: t(`columns.${id}`),
      width,
      align: 'right',
      render: (row) => <span className={strong ? 'lv-strong' : undefined}>{of(row)}</span>,
    });
    const spread = (id: 'median' | 'p90' | 'p95' | 'longest'): GridColumn<IndicatorRow> =>
      number(id, 84, (row) => (row.spread === null ? '' : words.minutesOf(row.spread[id])), id === 'median');
    return [
      {
        id: 'figure',
        title: t('columns.figure'),
        width: 240,
        grow: 1,
        padLeft: 16,
        render: (row) => (
          <span className={row.detail === '' ? 'lv-medium' : 'qc-indicator-part'}>
            {row.measured ? words.nameOf(row) : `${words.nameOf(row)}: ${t('notMeasured')}`}
          </span>
        ),
      },
      number('count', 70, (row) => (row.measured ? formatCount(row.count) : '–'), true),
      number('all', 80, (row) => (row.all === 0 ? '' : formatCount(row.all))),
      number('rate', 60, (row) => (row.rate === null ? '' : (row.rate * 100).toFixed(1))),
      spread('median'),
      spread('p90'),
      spread('p95'),
      spread('longest'),
    ];
  }, [t, words]);
}
