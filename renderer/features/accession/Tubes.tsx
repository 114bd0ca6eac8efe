import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { RequisitionRow, TubeRow } from '../../../shared/ipc/accession.ts';
import { formatTime } from '../../i18n/format.ts';
import { Grid, type GridColumn } from '../../ui/Grid.tsx';
import { EmptyState } from '../../ui/Layout.tsx';
import { State } from '../../ui/State.tsx';
import { TubeCap } from '../../ui/TubeCap.tsx';
import { LabelState } from './LabelState.tsx';

const tubeId = (tube: TubeRow): string => tube.id;
const ROW = 36;

/** The tubes of the requisition in draw order; one row is handled at a time. */
export function Tubes({
  row,
  cursor,
  onCursor,
}: {
  row: RequisitionRow;
  cursor: string | null;
  onCursor: (id: string) => void;
}) {
  const { t } = useTranslation('accession');
  const columns = useColumns(cursor);
  if (row.tubes.length === 0) return <EmptyState title={t('tubes.none')} next={t('tubes.noneNext')} />;
  const shown = Math.min(row.tubes.length, 6);
  return (
    <div className="lv-acc-tubes" style={{ height: 28 + shown * ROW }}>
      <Grid
        label={t('tubes.label')}
        rows={row.tubes}
        rowId={tubeId}
        columns={columns}
        scope={row.requisition}
        cursor={cursor}
        onCursor={onCursor}
        rowHeight={ROW}
        enterLabel={t('tubes.next')}
      />
    </div>
  );
}

function useColumns(cursor: string | null): readonly GridColumn<TubeRow>[] {
  const { t } = useTranslation('accession');
  return useMemo(
    () => [
      {
        id: 'draw',
        title: t('tubes.draw'),
        width: 58,
        padLeft: 16,
        render: (tube) => <span className="lv-acc-round">{tube.tubeIndex}</span>,
      },
      {
        id: 'cap',
        title: t('tubes.cap'),
        width: 112,
        render: (tube) => <TubeCap cap={tube.cap} named size={20} />,
      },
      {
        id: 'tube',
        title: t('tubes.tube'),
        width: 116,
        render: (tube) => <span className="lv-ellipsis">{tube.container}</span>,
      },
      {
        id: 'tests',
        title: t('tubes.tests'),
        width: 130,
        grow: 1,
        render: (tube) => (
          <span className="lv-ellipsis" title={tube.testCodes.join(', ')}>
            <span className="lv-medium">{tube.panels.join(', ')}</span>{' '}
            <span className="lv-caption">{tube.testCodes.join(', ')}</span>
          </span>
        ),
      },
      {
        id: 'specimen',
        title: t('tubes.specimen'),
        width: 142,
        render: (tube) =>
          tube.accessionDisplay === '' ? (
            <span className="lv-text-3">{t('tubes.noNumber')}</span>
          ) : (
            <span className="lv-mono">{tube.accessionDisplay}</span>
          ),
      },
      {
        id: 'label',
        title: t('tubes.labelColumn'),
        width: 122,
        render: (tube) => <LabelState tube={tube} />,
      },
      {
        id: 'scan',
        title: t('tubes.scan'),
        width: 120,
        render: (tube) => <ScanState tube={tube} here={tube.id === cursor} />,
      },
      {
        id: 'record',
        title: t('tubes.record'),
        width: 100,
        spare: true,
        render: (tube) => (tube.syncState === null ? null : <State kind={tube.syncState} small />),
      },
    ],
    [t, cursor],
  );
}

function ScanState({ tube, here }: { tube: TubeRow; here: boolean }) {
  const { t } = useTranslation('accession');
  if (tube.status === 'rejected') return <State kind="rejected" reason={tube.conditionText} />;
  if (tube.status === 'received') return <State kind="received" detail={formatTime(tube.receivedTime)} />;
  if (tube.status === 'disposed') return <State kind="excluded" word={t('tubes.disposed')} />;
  return <State kind={here && tube.status === 'expected' ? 'scanNow' : 'notScanned'} />;
}
