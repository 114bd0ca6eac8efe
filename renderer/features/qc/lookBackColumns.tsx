import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { QcLookBackRow } from '../../../shared/ipc/qc.ts';
import { useNow } from '../../app/useNow.ts';
import { formatUnit, formatValueText } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { ageText, whoText } from '../../i18n/who.ts';
import type { GridColumn } from '../../ui/Grid.tsx';
import { PatientName } from '../../ui/PatientName.tsx';
import { State, type StateKind } from '../../ui/State.tsx';
import { Value } from '../../ui/Value.tsx';
import { differenceText } from './RepeatDialog.tsx';

const flags: Partial<Record<QcLookBackRow['interpretation'], StateKind>> = {
  H: 'high',
  L: 'low',
  HH: 'criticalHigh',
  LL: 'criticalLow',
};

/** Columns of the look-back: whose, which value, when, where it is now, what to do. @param repeats a repeat has arrived */
export function useLookBackColumns(testName: string, repeats: boolean): readonly GridColumn<QcLookBackRow>[] {
  const { t } = useTranslation('qc');
  const format = useFormat();
  const now = useNow();
  return useMemo((): readonly GridColumn<QcLookBackRow>[] => {
    const todo = (row: QcLookBackRow): string => {
      if (row.repeat != null) return t('lookBack.todo.decide');
      if (row.rerun) return t('lookBack.todo.asked');
      if (row.decided !== '') return row.decided;
      if (row.verdict === 'released') return t('lookBack.todo.released');
      return t(row.verdict === 'rejected' ? 'lookBack.todo.rejected' : 'lookBack.todo.waits');
    };
    const repeated: GridColumn<QcLookBackRow> = {
      id: 'repeat',
      title: t('lookBack.columns.repeat'),
      width: 150,
      render: ({ repeat }) =>
        repeat == null ? null : (
          <span className={repeat.exceeds === true ? 'lv-tone-abn lv-strong' : 'lv-ellipsis'}>
            {[`${formatValueText(repeat.text)} ${formatUnit(repeat.unit)}`, differenceText(repeat)]
              .filter(Boolean)
              .join(', ')}
          </span>
        ),
    };
    return [
      {
        id: 'specimen',
        title: t('lookBack.columns.specimen'),
        width: 132,
        render: (row) => <span className="lv-mono">{row.accessionDisplay}</span>,
      },
      {
        id: 'patient',
        title: t('lookBack.columns.patient'),
        width: 150,
        grow: 2,
        render: (row) => <PatientName name={{ text: row.patientName }} />,
      },
      {
        id: 'age',
        title: t('lookBack.columns.age'),
        width: 68,
        render: (row) => (
          <span className="lv-text-2">{row.sex === '' ? ageText(t, row.age) : whoText(t, row)}</span>
        ),
      },
      {
        id: 'value',
        title: testName,
        width: 108,
        align: 'right',
        render: (row) => <Value text={row.text} unit={row.unit} flag={row.interpretation || undefined} />,
      },
      {
        id: 'flag',
        title: t('lookBack.columns.flag'),
        width: 60,
        render: (row) => {
          const kind = flags[row.interpretation];
          return kind === undefined ? null : <State kind={kind} plain />;
        },
      },
      {
        id: 'posted',
        title: t('lookBack.columns.posted'),
        width: 92,
        render: (row) => <span className="lv-text-2">{format.when(row.postedTime, now)}</span>,
      },
      ...(repeats ? [repeated] : []),
      {
        id: 'state',
        title: t('lookBack.columns.state'),
        width: 112,
        render: (row) => <State kind={row.verdict} />,
      },
      {
        id: 'todo',
        title: t('lookBack.columns.todo'),
        width: 208,
        grow: 1,
        render: (row) => (
          <span className={row.rerun ? 'lv-text-2 lv-ellipsis' : 'lv-ellipsis'}>{todo(row)}</span>
        ),
      },
    ];
  }, [t, format, now, testName, repeats]);
}
