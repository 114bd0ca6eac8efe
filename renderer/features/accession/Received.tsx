import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { shortAccession } from '../../../shared/domain/accession-number.ts';
import type { ReceivedRow } from '../../../shared/ipc/accession.ts';
import { useLive } from '../../data/hooks.ts';
import { formatTime } from '../../i18n/format.ts';
import { Button } from '../../ui/Button.tsx';
import { Grid, type GridColumn } from '../../ui/Grid.tsx';
import { EmptyState, SectionBar, Tag } from '../../ui/Layout.tsx';
import { PatientName } from '../../ui/PatientName.tsx';
import { State } from '../../ui/State.tsx';
import { TubeCap } from '../../ui/TubeCap.tsx';

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
      {
        id: 'specimen',
        title: t('received.specimen'),
        width: 112,
        render: (row) => (
          <>
            <TubeCap cap={row.cap} />
            <span className="lv-mono" title={row.accessionDisplay}>
              {shortAccession(row.accessionIdentifier)}
            </span>
            {row.priority === 'stat' ? <Tag>{ui('stat')}</Tag> : null}
          </>
        ),
      },
      {
        id: 'patient',
        title: t('received.patient'),
        width: 160,
        grow: 1,
        render: (row) => (
          <PatientName name={{ text: row.patientName, transliteration: row.transliteration || undefined }} />
        ),
      },
      { id: 'age', title: t('received.age'), width: 74, render: (row) => `${row.sex || '–'} ${row.age}` },
      {
        id: 'panels',
        title: t('received.panels'),
        width: 150,
        grow: 1,
        render: (row) => (
          <span className="lv-ellipsis" title={row.panels}>
            {row.panels}
          </span>
        ),
      },
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
