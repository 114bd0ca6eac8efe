import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ResultDetailRow } from '../../shared/ipc/results.ts';
import { command } from '../data/hooks.ts';
import { whoText } from '../i18n/who.ts';
import { CheckBox, Field, FieldError } from './Field.tsx';
import { FormDialog } from './FormDialog.tsx';
import { PatientName } from './PatientName.tsx';
import { State } from './State.tsx';
import { Value, type ValueFlag } from './Value.tsx';

/** Records the call of a critical value (V3): who was told, and that it was read back. Who calls is who is signed in; when is now. */
export function CallDialog({
  result,
  onClose,
}: {
  result: Pick<
    ResultDetailRow,
    | 'id'
    | 'testName'
    | 'valueText'
    | 'unit'
    | 'interpretation'
    | 'patientName'
    | 'accessionDisplay'
    | 'sex'
    | 'age'
  > & {
    patient?: ResultDetailRow['patient'] | undefined;
  };
  onClose: (done: boolean) => void;
}) {
  const { t } = useTranslation('ui');
  const [to, setTo] = useState('');
  const [note, setNote] = useState('');
  const [readBack, setReadBack] = useState(false);
  const [tried, setTried] = useState(false);
  const flag = (result.interpretation || undefined) as ValueFlag;
  const record = async () => {
    setTried(true);
    if (to.trim() === '' || !readBack) return 'stay';
    const outcome = await command('result.recordCall', {
      resultId: result.id,
      to: to.trim(),
      readBack: true,
      note: note.trim(),
    });
    return outcome.ok ? undefined : outcome.error;
  };
  return (
    <FormDialog
      title={t('call.title')}
      text={t('call.text')}
      facts={[
        {
          label: t('call.patient'),
          value: (
            <span className="lv-row">
              <PatientName name={{ text: result.patientName }} />
              <span>{whoText(t, result, ' · ')}</span>
            </span>
          ),
        },
        {
          label: t('call.identity'),
          value: (
            <span className="lv-mono">
              {[result.patient?.identifier, result.accessionDisplay].filter(Boolean).join(' · ')}
            </span>
          ),
        },
        ...(result.patient?.ward ? [{ label: t('call.ward'), value: result.patient.ward }] : []),
        {
          label: result.testName,
          value: (
            <span className="lv-row">
              <Value text={result.valueText} unit={result.unit} flag={flag} />
              <State kind={flag === 'LL' ? 'criticalLow' : 'criticalHigh'} />
            </span>
          ),
        },
      ]}
      confirm={t('call.confirm')}
      onConfirm={record}
      onClose={onClose}
    >
      <Field
        label={t('call.to')}
        placeholder={t('call.toExample')}
        value={to}
        data-autofocus
        error={tried && to.trim() === '' ? t('call.toMissing') : undefined}
        onChange={(event) => setTo(event.currentTarget.value)}
        width="100%"
      />
      <div className="lv-row">
        <CheckBox label={t('call.readBack')} checked={readBack} onChange={setReadBack} />
        {tried && !readBack ? <FieldError>{t('call.readBackMissing')}</FieldError> : null}
      </div>
      <Field
        label={t('call.note')}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
        width="100%"
      />
    </FormDialog>
  );
}
