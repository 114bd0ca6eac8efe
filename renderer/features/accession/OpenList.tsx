import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { QueryRow } from '../../../shared/ipc/contract.ts';
import { useNow } from '../../app/useNow.ts';
import { useLive } from '../../data/hooks.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { whoText } from '../../i18n/who.ts';
import { Button } from '../../ui/Button.tsx';
import { ErrorBanner } from '../../ui/ErrorBanner.tsx';
import { Grid, type GridColumn } from '../../ui/Grid.tsx';
import { EmptyState, SectionBar, Tag } from '../../ui/Layout.tsx';
import { State } from '../../ui/State.tsx';
import { panelsColumn, patientColumn } from '../../ui/workColumns.tsx';

type OpenRow = QueryRow<'accession.open'>;
const rowId = (row: OpenRow): string => row.id;

/** What is ordered and not yet here, STAT first: stands there while nothing is scanned. Enter opens one. */
export function OpenList({ onOpen, onNew }: { onOpen: (row: OpenRow) => void; onNew: () => void }) {
  const { t } = useTranslation('accession');
  const { rows, state, error } = useLive('accession.open', {});
  const [cursor, setCursor] = useState<string | null>(null);
  const columns = useColumns();
  const stat = rows.filter((row) => row.priority === 'stat').length;
  const detail = [
    t('open.detail', { count: rows.length }),
    ...(stat > 0 ? [t('open.stat', { count: stat })] : []),
  ].join(', ');
  return (
    <section className="lv-acc-open" aria-label={t('open.title')}>
      <SectionBar title={t('open.title')} detail={detail} />
      <ErrorBanner error={error} />
      <Grid
        label={t('open.label')}
        rows={rows}
        rowId={rowId}
        columns={columns}
        cursor={cursor}
        onCursor={setCursor}
        onEnter={onOpen}
        enterLabel={t('open.enter')}
        empty={
          state === 'live' ? (
            <EmptyState
              title={t('open.empty')}
              next={t('open.emptyNext')}
              action={
                <Button keyName="Ctrl+N" onClick={onNew}>
                  {t('newRequisition')}
                </Button>
              }
            />
          ) : undefined
        }
      />
    </section>
  );
}

function useColumns(): readonly GridColumn<OpenRow>[] {
  const { t } = useTranslation('accession');
  const { t: ui } = useTranslation('ui');
  const format = useFormat();
  const now = useNow();
  return useMemo(
    () => [
      {
        id: 'requisition',
        title: t('open.requisition'),
        width: 164,
        padLeft: 16,
        render: (row) => (
          <>
            <span className="lv-mono">{row.requisition}</span>
            {row.priority === 'stat' ? <Tag>{ui('stat')}</Tag> : null}
          </>
        ),
      },
      patientColumn({ title: t('open.patient'), width: 170 }),
      { id: 'age', title: t('open.age'), width: 74, render: (row) => whoText(t, row) },
      panelsColumn({ title: t('open.panels'), width: 180, grow: 1.4 }),
      { id: 'at', title: t('open.ordered'), width: 96, render: (row) => format.when(row.authoredOn, now) },
      {
        id: 'origin',
        title: t('open.origin'),
        width: 64,
        render: (row) => <span className="lv-text-2">{t(`open.${row.origin}`)}</span>,
      },
      {
        id: 'state',
        title: t('open.state'),
        width: 116,
        render: (row) =>
          row.state === 'ordered' ? (
            <State kind="notScanned" word={t('open.toLabel')} />
          ) : (
            <State kind="printed" word={t('open.labelled')} />
          ),
      },
    ],
    [t, ui, format, now],
  );
}
