import type { TFunction } from 'i18next';
import type { SyncRecordRow } from '../../../shared/ipc/sync.ts';
import { engineText } from '../../i18n/engine.ts';
import type { GridColumn } from '../../ui/Grid.tsx';
import { PatientName } from '../../ui/PatientName.tsx';
import { State } from '../../ui/State.tsx';
import { kindWord, recordKinds, titleWord } from './words.ts';

/** Columns of the records that the server has not got. */
export function recordColumns(
  t: TFunction<'sync'>,
  when: (at: string) => string,
): GridColumn<SyncRecordRow>[] {
  return [
    {
      id: 'specimen',
      title: t('records.specimen'),
      width: 144,
      padLeft: 16,
      spare: true,
      render: (row) => <span className="lv-mono">{row.accessionDisplay || t('records.dash')}</span>,
    },
    {
      id: 'record',
      title: t('records.record'),
      width: 170,
      grow: 1,
      render: (row) => <span className="lv-medium lv-ellipsis">{titleWord(t, row)}</span>,
    },
    {
      id: 'patient',
      title: t('records.patient'),
      width: 150,
      grow: 1,
      render: (row) => <PatientName name={{ text: row.patientName || t('records.dash') }} />,
    },
    {
      id: 'kind',
      title: t('records.kind'),
      width: 84,
      spare: true,
      render: (row) => <span className="lv-text-2">{kindWord(t, row.kind)}</span>,
    },
    {
      id: 'changed',
      title: t('records.changed'),
      width: 90,
      render: (row) => <span className="lv-text-2">{when(row.changedAt)}</span>,
    },
    {
      id: 'state',
      title: t('records.state'),
      width: 108,
      render: (row) => <State kind={recordKinds[row.state]} />,
    },
    {
      id: 'why',
      title: t('records.why'),
      width: 130,
      grow: 3,
      render: (row) => (
        <span className="lv-caption lv-ellipsis">
          {row.state === 'conflict'
            ? t('records.decide')
            : row.state === 'refused' || row.state === 'local'
              ? engineText('sync', row.why)
              : ''}
        </span>
      ),
    },
  ];
}
