import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { GridColumn } from '../../../ui/Grid.tsx';
import { State } from '../../../ui/State.tsx';
import { digitsOf, type LotRow, numberText } from './rows.ts';

/** Columns of a month: the test once, then the figures of each of its lots; what was rejected and excluded at the test's first line. */
export function useMonthColumns(): readonly GridColumn<LotRow>[] {
  const { t } = useTranslation('qc-month');
  return useMemo((): readonly GridColumn<LotRow>[] => {
    const figure = (
      id: string,
      title: string,
      width: number,
      of: (row: LotRow) => string,
      strong = false,
    ): GridColumn<LotRow> => ({
      id,
      title,
      width,
      align: 'right',
      render: (row) => <span className={strong ? 'lv-strong' : undefined}>{of(row)}</span>,
    });
    return [
      {
        id: 'test',
        title: t('columns.test'),
        width: 110,
        grow: 1,
        padLeft: 16,
        identity: true,
        render: ({ test }) => <span className="lv-medium lv-ellipsis">{test.testName}</span>,
      },
      {
        id: 'level',
        title: t('columns.level'),
        width: 72,
        render: ({ lot }) => <span className="lv-ellipsis">{lot?.level ?? ''}</span>,
      },
      {
        id: 'lot',
        title: t('columns.lot'),
        width: 70,
        render: ({ lot }) => <span className="lv-mono">{lot?.lot ?? ''}</span>,
      },
      figure('n', 'n', 36, ({ lot }) => (lot === null ? '' : String(lot.n))),
      figure(
        'mean',
        t('columns.mean'),
        62,
        ({ lot }) => numberText(lot?.mean, digitsOf(lot?.target?.mean)),
        true,
      ),
      figure('sd', t('columns.sd'), 60, ({ lot }) => numberText(lot?.sd, digitsOf(lot?.target?.mean) + 1)),
      figure('cv', t('columns.cv'), 50, ({ lot }) => numberText(lot?.cv, 2)),
      figure('target', t('columns.target'), 62, ({ lot }) => lot?.target?.mean ?? '–'),
      figure('bias', t('columns.bias'), 62, ({ lot }) => numberText(lot?.bias, 2)),
      figure('sigma', t('columns.sigma'), 50, ({ lot }) => numberText(lot?.sigma, 1)),
      {
        ...figure('sdi', 'SDI', 46, ({ peer }) => (peer === undefined ? '' : numberText(peer.sdi, 2))),
        spare: true,
      },
      {
        ...figure('cvi', 'CVI', 46, ({ peer }) => (peer === undefined ? '' : numberText(peer.cvi, 2))),
        spare: true,
      },
      {
        id: 'rejected',
        title: t('columns.rejected'),
        width: 74,
        render: ({ test, first }) =>
          !first || test.rejected.length === 0 ? null : (
            <State kind="rejected" word={String(test.rejected.length)} small />
          ),
      },
      {
        id: 'excluded',
        title: t('columns.excluded'),
        width: 86,
        render: ({ test, first }) =>
          !first || test.excluded.length === 0 ? null : (
            <State kind="excluded" word={String(test.excluded.length)} small />
          ),
      },
      {
        id: 'action',
        title: t('columns.action'),
        width: 84,
        render: ({ test, first }) => {
          const open = test.rejected.filter((one) => one.open).length;
          if (!first || test.rejected.length === 0) return null;
          return open === 0 ? (
            <State kind="passed" word={t('actionsDone')} small />
          ) : (
            <State kind="held" word={t('actionsOpen', { count: open })} small />
          );
        },
      },
    ];
  }, [t]);
}
