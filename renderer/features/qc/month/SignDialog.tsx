import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { command } from '../../../data/hooks.ts';
import { announce } from '../../../ui/announce.ts';
import { Field } from '../../../ui/Field.tsx';
import { FormDialog } from '../../../ui/FormDialog.tsx';
import { usePin } from '../../../ui/pin.tsx';

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
  const pin = usePin(true);
  return (
    <FormDialog
      title={t('sign.title', { period, instrument: instrumentName })}
      text={t('sign.text')}
      facts={facts}
      confirm={t('sign.do')}
      onConfirm={() =>
        pin.sign((typed) =>
          command('qc.signOff', { instrumentId, period, comment: comment.trim(), pin: typed }),
        )
      }
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
      {pin.field}
    </FormDialog>
  );
}
