import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { formatUnit, formatValueText } from '../../../i18n/format.ts';
import type { GridColumn } from '../../../ui/Grid.tsx';
import { State } from '../../../ui/State.tsx';
import { signed } from '../words.ts';
import type { EqaLine } from './EqaView.tsx';
import { eventKinds, eventName } from './words.ts';

/** Columns of proficiency testing: the event once, then each result with its target and grade. */
export function useEqaColumns(): readonly GridColumn<EqaLine>[] {
  const { t } = useTranslation('qc-eqa');
  return useMemo(
    (): readonly GridColumn<EqaLine>[] => [
      {
        id: 'event',
        title: t('columns.event'),
        width: 160,
        grow: 1,
        padLeft: 16,
        identity: true,
        render: ({ event }) => <span className="lv-medium lv-ellipsis">{eventName(event)}</span>,
      },
      {
        id: 'state',
        title: t('columns.state'),
        width: 100,
        identity: true,
        render: ({ event }) => (
          <State kind={eventKinds[event.state]} word={t(`state.${event.state}`)} small />
        ),
      },
      {
        id: 'specimen',
        title: t('columns.specimen'),
        width: 110,
        render: ({ item }) => <span className="lv-mono">{item.specimen}</span>,
      },
      {
        id: 'test',
        title: t('columns.test'),
        width: 120,
        render: ({ item }) => <span className="lv-ellipsis">{item.testName}</span>,
      },
      {
        id: 'result',
        title: t('columns.result'),
        width: 90,
        align: 'right',
        render: ({ item }) => <span className="lv-strong">{formatValueText(item.text)}</span>,
      },
      { id: 'unit', title: '', width: 70, render: ({ item }) => formatUnit(item.unit) },
      {
        id: 'source',
        title: t('columns.source'),
        width: 120,
        render: ({ item }) =>
          item.source === '' ? (
            ''
          ) : (
            <span className="lv-ellipsis">{t(`source.${item.source}`, { by: item.by })}</span>
          ),
      },
      {
        id: 'target',
        title: t('columns.target'),
        width: 70,
        align: 'right',
        render: ({ item }) => (item.target === null ? '' : String(item.target.mean)),
      },
      {
        id: 'sdi',
        title: t('columns.sdi'),
        width: 56,
        align: 'right',
        render: ({ item }) => (item.grade?.sdi == null ? '' : signed(item.grade.sdi, 2)),
      },
      {
        id: 'grade',
        title: t('columns.grade'),
        width: 120,
        render: ({ item }) =>
          item.grade === null ? null : (
            <State
              kind={
                item.grade.outcome === 'acceptable'
                  ? 'passed'
                  : item.grade.outcome === 'unacceptable'
                    ? 'rejected'
                    : 'notEvaluated'
              }
              word={t(`grade.${item.grade.outcome}`)}
              small
            />
          ),
      },
    ],
    [t],
  );
}
