import type { TFunction } from 'i18next';
import { useCallback, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { TaskRow } from '../../../shared/ipc/admin.ts';
import { useNow } from '../../app/useNow.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { Glyph } from '../../ui/Glyph.tsx';
import type { GridColumn } from '../../ui/Grid.tsx';
import { PatientName } from '../../ui/PatientName.tsx';
import { State } from '../../ui/State.tsx';
import { lookOf, waited } from './kinds.ts';

/** The kind of a task: its shape, then its word. */
export function Kind({ row }: { row: TaskRow }) {
  const { t, i18n } = useTranslation('tasks');
  const { glyph, tone } = lookOf(row.kind);
  return (
    <span className={`lv-state ${row.status === 'open' ? `lv-tone-${tone}` : 'lv-tone-quiet'}`}>
      <Glyph name={glyph} />
      <span className="lv-state-word">
        {i18n.exists(`tasks:kinds.${row.kind}`) ? t(`kinds.${row.kind}`) : row.kind}
      </span>
    </span>
  );
}

/** How long it waits, in words: `12 min`. */
export function useWaited(): (since: string) => string {
  const { t } = useTranslation('tasks');
  const now = useNow();
  return useCallback(
    (since) => {
      const { unit, count } = waited(since, now);
      return t(`waited.${unit}`, { count });
    },
    [t, now],
  );
}

/** How a task ended: in its own words, or that it was taken back. */
export function howEnded(row: TaskRow, t: TFunction<'tasks'>): string {
  return row.status === 'done' && row.resolution !== '' ? row.resolution : t(`status.${row.status}`);
}

/** Open: what, whose, since when. Ended: what, how it ended, by whom. */
export function useColumns(filter: 'open' | 'ended'): readonly GridColumn<TaskRow>[] {
  const { t } = useTranslation('tasks');
  const format = useFormat();
  const now = useNow();
  const age = useWaited();
  return useMemo((): readonly GridColumn<TaskRow>[] => {
    const who: GridColumn<TaskRow>[] = [
      { id: 'kind', title: t('columns.kind'), width: 138, padLeft: 16, render: (row) => <Kind row={row} /> },
      {
        id: 'what',
        title: t('columns.what'),
        width: 150,
        grow: 2,
        render: (row) => (
          <span className="lv-medium lv-ellipsis" title={row.summary}>
            {row.summary}
          </span>
        ),
      },
      {
        id: 'patient',
        title: t('columns.patient'),
        width: 150,
        grow: 2,
        render: (row) => (
          <PatientName name={{ text: row.patientName, transliteration: row.transliteration || undefined }} />
        ),
      },
      {
        id: 'specimen',
        title: t('columns.specimen'),
        width: 142,
        render: (row) => <span className="lv-mono">{row.accessionDisplay}</span>,
      },
    ];
    const record: GridColumn<TaskRow> = {
      id: 'record',
      title: t('columns.record'),
      width: 96,
      render: (row) => <State kind={row.syncState} small />,
    };
    if (filter === 'open') {
      return [
        ...who,
        {
          id: 'since',
          title: t('columns.since'),
          width: 96,
          render: (row) => <span className="lv-text-2">{format.when(row.createdAt, now)}</span>,
        },
        {
          id: 'age',
          title: t('columns.age'),
          width: 80,
          align: 'right',
          render: (row) => (
            <span className={row.kind === 'criticalCall' ? 'lv-tone-crit lv-strong' : 'lv-text-2'}>
              {age(row.createdAt)}
            </span>
          ),
        },
        { id: 'gap', title: '', width: 12, render: () => null },
        record,
      ];
    }
    return [
      ...who,
      {
        id: 'how',
        title: t('columns.how'),
        width: 170,
        grow: 3,
        render: (row) => (
          <span className="lv-text-2 lv-ellipsis" title={howEnded(row, t)}>
            {howEnded(row, t)}
          </span>
        ),
      },
      {
        id: 'by',
        title: t('columns.by'),
        width: 110,
        render: (row) => <span className="lv-text-2 lv-ellipsis">{row.resolvedBy}</span>,
      },
      {
        id: 'at',
        title: t('columns.at'),
        width: 96,
        render: (row) => <span className="lv-text-2">{format.when(row.resolvedAt, now)}</span>,
      },
      record,
    ];
  }, [filter, t, format, now, age]);
}
