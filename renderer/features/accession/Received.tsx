import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ReceivedRow } from '../../../shared/ipc/accession.ts';
import { useLive } from '../../data/hooks.ts';
import { formatTime } from '../../i18n/format.ts';
import { whoText } from '../../i18n/who.ts';
import { Button } from '../../ui/Button.tsx';
import { Grid, type GridColumn } from '../../ui/Grid.tsx';
import { EmptyState, SectionBar } from '../../ui/Layout.tsx';
import { State } from '../../ui/State.tsx';
import { panelsColumn, patientColumn, specimenColumn } from '../../ui/workColumns.tsx';

const rowId = (row: ReceivedRow): string => row.id;

/** Today's tubes, newest first; Enter shows the requisition again. */
export function Received({
  onOpen,
  undo,
}: {
  onOpen: (row: ReceivedRow) => void;
  undo: { run: () => void; disabledReason?: string | undefined };
}) {
  const { t } = useTranslation('accession');
  const { rows, state } = useLive('accession.received', {});
  const [cursor, setCursor] = useState<string | null>(null);
  const columns = useColumns();
  const rejected = rows.filter((row) => row.status === 'rejected').length;
  const detail = [
    t('received.detail', { count: rows.length }),
    ...(rejected > 0 ? [t('received.rejected', { count: rejected })] : []),
  ].join(', ');
  return (
    <section className="lv-acc-received" aria-label={t('received.title')}>
      <SectionBar
        title={t('received.title')}
        detail={detail}
        right={
          <Button size="bar" keyName="Ctrl+Z" onClick={undo.run} disabledReason={undo.disabledReason}>
            {t('received.undo')}
          </Button>
        }
      />
      <Grid
        label={t('received.label')}
        rows={rows}
        rowId={rowId}
        columns={columns}
        cursor={cursor}
        onCursor={setCursor}
        onEnter={onOpen}
        main={false}
        empty={
          state === 'live' ? (
            <EmptyState title={t('received.empty')} next={t('received.emptyNext')} />
          ) : undefined
        }
      />
    </section>
  );
}

function useColumns(): readonly GridColumn<ReceivedRow>[] {
  const { t } = useTranslation('accession');
  const { t: ui } = useTranslation('ui');
  return useMemo(
    () => [
      {
        id: 'time',
        title: t('received.time'),
        width: 76,
        padLeft: 16,
        render: (row) => formatTime(row.receivedTime),
      },
      specimenColumn({ title: t('received.specimen'), width: 112 }, ui),
      patientColumn({ title: t('received.patient'), width: 160 }),
      { id: 'age', title: t('received.age'), width: 74, render: (row) => whoText(t, row) },
      panelsColumn({ title: t('received.panels'), width: 150 }),
      {
        id: 'state',
        title: t('received.state'),
        width: 170,
        render: (row) =>
          row.status === 'rejected' ? (
            <State kind="rejected" reason={row.conditionText} />
          ) : (
            <State kind="received" />
          ),
      },
      {
        id: 'record',
        title: t('received.record'),
        width: 100,
        render: (row) => <State kind={row.syncState} small />,
      },
    ],
    [t, ui],
  );
}
