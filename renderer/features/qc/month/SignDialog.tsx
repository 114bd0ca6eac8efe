import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { command } from '../../../data/hooks.ts';
import { announce } from '../../../ui/announce.ts';
import { Field } from '../../../ui/Field.tsx';
import { FormDialog } from '../../../ui/FormDialog.tsx';

/** F8: the supervisor's signature under the controls of an instrument in a month or week, with PIN (C4). */
export function SignDialog({
  instrumentId,
  instrumentName,
  period,
  facts,
  onClose,
}: {
  instrumentId: string;
  instrumentName: string;
  period: string;
  facts: readonly { label: string; value: string }[];
  onClose: () => void;
}) {
  const { t } = useTranslation('qc-month');
  const [comment, setComment] = useState('');
  const [pin, setPin] = useState('');
  const [tried, setTried] = useState(false);
  const pinWrong = !/^\d{4,8}$/.test(pin);
  return (
    <FormDialog
      title={t('sign.title', { period, instrument: instrumentName })}
      text={t('sign.text')}
      facts={facts}
      confirm={t('sign.do')}
      onConfirm={async () => {
        setTried(true);
        if (pinWrong) return 'stay';
        const outcome = await command('qc.signOff', { instrumentId, period, comment: comment.trim(), pin });
        if (!outcome.ok) setPin('');
        return outcome.ok ? undefined : outcome.error;
      }}
      onClose={(done) => {
        if (done) announce(t('sign.done', { period, instrument: instrumentName }));
        onClose();
      }}
    >
      <Field
        label={t('sign.comment')}
        value={comment}
        width="100%"
        maxLength={400}
        onChange={(event) => setComment(event.currentTarget.value)}
      />
      <Field
        label={t('qc:override.pin')}
        value={pin}
        width={160}
        type="password"
        inputMode="numeric"
        data-autofocus
        error={tried && pinWrong ? t('qc:override.pinWrong') : undefined}
        onChange={(event) => setPin(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
