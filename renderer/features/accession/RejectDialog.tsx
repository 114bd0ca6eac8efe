import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type RequisitionRow, rejectReasons, type TubeRow } from '../../../shared/ipc/accession.ts';
import { command } from '../../data/hooks.ts';
import { Field } from '../../ui/Field.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { nameText } from '../../ui/PatientName.tsx';

type ReasonCode = (typeof rejectReasons)[number];

/** Rejects a tube for good: reason by the arrows (HL7 table 0490), in words below, Enter. */
export function RejectDialog({
  row,
  tube,
  onClose,
}: {
  row: RequisitionRow;
  tube: TubeRow;
  onClose: () => void;
}) {
  const { t } = useTranslation('accession');
  const [code, setCode] = useState<ReasonCode>('RH');
  const [words, setWords] = useState<string | null>(null);
  const [wrong, setWrong] = useState<string>();
  const text = words ?? t(`reject.${code}`);
  return (
    <FormDialog
      title={t('reject.title', { display: tube.accessionDisplay })}
      text={t('reject.text', {
        name: nameText({ family: row.patient.familyName, given: row.patient.givenName }),
      })}
      confirm={t('reject.confirm')}
      width={560}
      onClose={onClose}
      onConfirm={async () => {
        if (text.trim() === '') {
          setWrong(t('reject.wordsMissing'));
          return 'stay';
        }
        const done = await command('accession.reject', {
          specimenId: tube.specimenId,
          conditionCode: code,
          text: text.trim(),
        });
        return done.ok ? undefined : done.error;
      }}
    >
      <fieldset className="lv-acc-reasons">
        <legend className="lv-field-label">{t('reject.reasons')}</legend>
        {rejectReasons.map((reason) => (
          <label key={reason} className="lv-acc-reason">
            <input
              type="radio"
              name="reason"
              checked={reason === code}
              data-autofocus={reason === code || undefined}
              onChange={() => setCode(reason)}
            />
            <span className="lv-mono">{reason}</span>
            <span>{t(`reject.${reason}`)}</span>
          </label>
        ))}
      </fieldset>
      <div className="lv-acc-words">
        <Field
          label={t('reject.words')}
          value={text}
          error={wrong}
          onChange={(event) => {
            setWords(event.currentTarget.value);
            setWrong(undefined);
          }}
        />
      </div>
    </FormDialog>
  );
}
