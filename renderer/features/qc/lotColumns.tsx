import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { QcLotRow } from '../../../shared/ipc/qc.ts';
import { useNow } from '../../app/useNow.ts';
import { formatUnit, formatValueText } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import type { GridColumn } from '../../ui/Grid.tsx';
import { State } from '../../ui/State.tsx';
import type { TargetRow } from './lotRows.ts';

/** How a lot stands: in use, beside the lot in use, ended, or over its time. */
export function LotState({ lot }: { lot: QcLotRow }) {
  const { t } = useTranslation('qc');
  if (lot.state !== 'ended' && lot.expired) return <State kind="overdue" word={t('lots.states.expired')} />;
  const kind = lot.state === 'current' ? 'passed' : lot.state === 'parallel' ? 'waiting' : 'off';
  return <State kind={kind} word={t(`lots.states.${lot.state}`)} />;
}

/** Columns of lots and targets: the lot once, then what its points are judged by. */
export function useLotColumns(): readonly GridColumn<TargetRow>[] {
  const { t } = useTranslation('qc');
  const format = useFormat();
  const now = useNow();
  return useMemo(
    (): readonly GridColumn<TargetRow>[] => [
      {
        id: 'material',
        title: t('lots.columns.material'),
        width: 120,
        grow: 1,
        padLeft: 16,
        identity: true,
        render: ({ lot }) => (
          <span className="lv-medium lv-ellipsis">
            {lot.material} {lot.level}
          </span>
        ),
      },
      {
        id: 'lot',
        title: t('lots.columns.lot'),
        width: 88,
        identity: true,
        render: ({ lot }) => <span className="lv-mono">{lot.lot}</span>,
      },
      {
        id: 'state',
        title: t('lots.columns.state'),
        width: 96,
        identity: true,
        render: ({ lot }) => <LotState lot={lot} />,
      },
      {
        id: 'until',
        title: t('lots.columns.until'),
        width: 104,
        identity: true,
        render: ({ lot }) => (
          <span className={lot.expired ? 'lv-tone-abn lv-strong' : 'lv-text-2'}>
            {lot.usableUntil === '' ? '–' : format.day(lot.usableUntil, now)}
          </span>
        ),
      },
      {
        id: 'test',
        title: t('columns.test'),
        width: 110,
        grow: 1,
        render: ({ target }) =>
          target === null ? (
            <span className="lv-text-3">{t('lots.noTargets')}</span>
          ) : (
            <span className="lv-ellipsis">{target.testName}</span>
          ),
      },
      {
        id: 'instrument',
        title: t('columns.instrument'),
        width: 92,
        render: ({ target }) => (
          <span className="lv-text-2 lv-ellipsis">
            {target === null ? '' : target.instrumentId === '' ? t('lots.every') : target.instrumentName}
          </span>
        ),
      },
      {
        id: 'mean',
        title: t('lots.columns.mean'),
        width: 70,
        align: 'right',
        render: ({ target }) => <span className="lv-strong">{formatValueText(target?.mean ?? '')}</span>,
      },
      {
        id: 'sd',
        title: t('lots.columns.sd'),
        width: 62,
        align: 'right',
        render: ({ target }) => <span>{formatValueText(target?.sd ?? '')}</span>,
      },
      {
        id: 'unit',
        title: '',
        width: 66,
        render: ({ target }) => <span className="lv-unit">{formatUnit(target?.unit)}</span>,
      },
      {
        id: 'kind',
        title: t('lots.columns.kind'),
        width: 108,
        render: ({ target }) => (
          <span className="lv-text-2">{target === null ? '' : t(`lots.kinds.${target.kind}`)}</span>
        ),
      },
      {
        id: 'approved',
        title: t('lots.columns.approved'),
        width: 128,
        render: ({ target, inForce }) =>
          target === null ? null : target.approvedBy === '' ? (
            <State kind="held" word={t('lots.toApproveOne')} small />
          ) : inForce ? (
            <State kind="passed" word={format.day(target.approvedTime, now)} small />
          ) : (
            <span className="lv-text-3">{t('lots.earlier')}</span>
          ),
      },
    ],
    [t, format, now],
  );
}
