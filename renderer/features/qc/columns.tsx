import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { QcLevelCell, QcStateRow } from '../../../shared/ipc/qc.ts';
import { useNow } from '../../app/useNow.ts';
import { formatUnit, formatValueText } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import type { GridColumn } from '../../ui/Grid.tsx';
import { State } from '../../ui/State.tsx';
import { dueOf, whyOf } from './rows.ts';
import { gateKinds, gateText, pointKinds, signedZ } from './words.ts';

/** One level in a row: shape, z, and the value as measured. */
function Cell({ level, due }: { level: QcLevelCell | undefined; due: string }) {
  if (level === undefined) return <span className="lv-text-3">·</span>;
  if (level.controlId === '') return <State kind="overdue" word={due} small />;
  const [value = ''] = level.text.split(' ');
  return (
    <span className="qc-cell" title={`${level.level}: ${level.text}`}>
      <State
        kind={pointKinds[level.state]}
        word={level.z === null ? '–' : signedZ(level.z)}
        strong={level.state === 'rejected' || level.state === 'warning'}
      />
      <span className="lv-text-2">{formatValueText(value)}</span>
    </span>
  );
}

/** Columns of today's list: what, where, state and rule, the levels, when due, what waits, the override. */
export function useTodayColumns(rows: readonly QcStateRow[]): readonly GridColumn<QcStateRow>[] {
  const { t } = useTranslation('qc');
  const format = useFormat();
  const now = useNow();
  const most = Math.max(2, ...rows.map((row) => row.levels.length));
  return useMemo((): readonly GridColumn<QcStateRow>[] => {
    const nowText = now.toISOString();
    const levelsOf = (row: QcStateRow) => [...row.levels].sort((a, b) => a.level.localeCompare(b.level));
    return [
      {
        id: 'state',
        title: t('columns.state'),
        width: 118,
        padLeft: 16,
        render: (row) => <State kind={gateKinds[row.state]} word={t(`gate.${row.state}`)} />,
      },
      {
        id: 'test',
        title: t('columns.test'),
        width: 128,
        grow: 1,
        render: (row) => <span className="lv-medium lv-ellipsis">{row.testName}</span>,
      },
      {
        id: 'instrument',
        title: t('columns.instrument'),
        width: 78,
        render: (row) => <span className="lv-text-2 lv-ellipsis">{row.instrumentName}</span>,
      },
      {
        id: 'rule',
        title: t('columns.rule'),
        width: 104,
        grow: 1,
        render: (row) => (
          <span
            className={row.blocks ? 'lv-tone-crit lv-ellipsis' : 'lv-text-2 lv-ellipsis'}
            title={gateText(row.text)}
          >
            {whyOf(row, nowText)}
          </span>
        ),
      },
      ...Array.from({ length: most }, (_, index) => ({
        id: `level${index}`,
        title: t('columns.level', { number: index + 1 }),
        width: 130,
        render: (row: QcStateRow) => <Cell level={levelsOf(row)[index]} due={t('due')} />,
      })),
      {
        id: 'unit',
        title: '',
        width: 62,
        render: (row) => <span className="lv-unit">{formatUnit(row.unit)}</span>,
      },
      {
        id: 'due',
        title: t('columns.due'),
        width: 112,
        render: (row) => {
          const due = dueOf(row);
          if (due === '') return <span className="lv-text-3">–</span>;
          return due <= nowText ? (
            <State kind="overdue" word={format.when(due, now)} small />
          ) : (
            <span className="lv-text-2">{format.when(due, now)}</span>
          );
        },
      },
      {
        id: 'waiting',
        title: t('columns.waiting'),
        width: 62,
        align: 'right',
        render: (row) =>
          row.waiting === 0 ? null : <span className="lv-strong lv-tone-crit">{row.waiting}</span>,
      },
      {
        id: 'note',
        title: t('columns.note'),
        width: 126,
        render: (row) =>
          row.override !== null ? (
            <State
              kind="held"
              word={t('overriddenUntil', { until: format.when(row.override.until, now) })}
              small
            />
          ) : row.needsAction ? (
            <State kind="held" word={t('actionMissing')} small />
          ) : null,
      },
    ];
  }, [t, format, now, most]);
}
