import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { QcLookBackRow, QcRepeat } from '../../../shared/ipc/qc.ts';
import { command } from '../../data/hooks.ts';
import { formatUnit, formatValueText } from '../../i18n/format.ts';
import { announce } from '../../ui/announce.ts';
import { Choice, Field } from '../../ui/Field.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { signed } from './words.ts';

const decisions = ['keep', 'correct'] as const;

/** `+1.2 mmol/L (+0.9 %)`; empty where the two cannot be compared. */
export function differenceText({ difference, percent, unit }: QcRepeat): string {
  if (difference === null) return '';
  const digits = /\.(\d+)$/.exec(String(difference))?.[1]?.length ?? 0;
  const amount = [signed(difference, Math.min(digits, 4)), formatUnit(unit)].filter(Boolean).join(' ');
  return percent === null ? amount : `${amount} (${signed(percent, 1)} %)`;
}

/** F5: the repeat of a released result that has arrived: the released one stands, or it is corrected to the repeat (W13, C1). */
export function RepeatDialog({
  row,
  repeat,
  onClose,
}: {
  row: QcLookBackRow;
  repeat: QcRepeat;
  onClose: () => void;
}) {
  const { t } = useTranslation('qc');
  const [decision, setDecision] = useState<(typeof decisions)[number]>(
    repeat.exceeds === true ? 'correct' : 'keep',
  );
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const missing = reason.trim().length < 3;
  const { exceeds, totalErrorAllowed: allowed } = repeat;
  const difference = differenceText(repeat);
  const value = ({ text, unit }: { text: string; unit: string }): string =>
    [formatValueText(text), formatUnit(unit)].filter(Boolean).join(' ');
  return (
    <FormDialog
      title={t('repeat.title', { specimen: row.accessionDisplay })}
      text={t('repeat.text')}
      facts={[
        { label: t('lookBack.columns.patient'), value: row.patientName },
        { label: t('repeat.released'), value: value(row) },
        { label: t('repeat.repeat'), value: value(repeat) },
        {
          label: t('repeat.difference'),
          value:
            difference === ''
              ? t('repeat.notTold')
              : exceeds === null
                ? difference
                : t(exceeds ? 'repeat.exceeds' : 'repeat.within', { difference }),
        },
        { label: t('repeat.allowed'), value: allowed === null ? t('repeat.notSet') : `${allowed} %` },
      ]}
      confirm={t('repeat.do')}
      onConfirm={async () => {
        setTried(true);
        if (missing) return 'stay';
        const given = { taskId: repeat.taskId, reason: reason.trim() };
        const outcome =
          decision === 'keep'
            ? await command('qc.repeat.keep', given)
            : await command('qc.repeat.correct', given);
        return outcome.ok ? undefined : outcome.error;
      }}
      onClose={(done) => {
        if (done) announce(t(decision === 'keep' ? 'repeat.kept' : 'repeat.corrected'));
        onClose();
      }}
    >
      <Choice
        label={t('repeat.what')}
        width="100%"
        value={decision}
        onChange={setDecision}
        options={decisions.map((id) => ({ id, label: t(`repeat.${id}`) }))}
      />
      <Field
        label={t('repeat.reason')}
        value={reason}
        width="100%"
        maxLength={400}
        data-autofocus
        error={tried && missing ? t('review.missing') : undefined}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
