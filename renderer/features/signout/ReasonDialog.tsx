import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../shared/errors.ts';
import { Field } from '../../ui/Field.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';

/** Asks for the reason of sending back or of a correction; both need words. */
export function ReasonDialog({
  kind,
  subject,
  act,
  onClose,
}: {
  kind: 'sendBack' | 'amend';
  /** Whose report and which. */
  subject: string;
  act: (reason: string) => Promise<PlainError | undefined>;
  onClose: (done: boolean) => void;
}) {
  const { t } = useTranslation('signout');
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  return (
    <FormDialog
      title={t(`${kind}.title`)}
      text={
        <>
          <bdi className="lv-strong">{subject}</bdi>. {t(`${kind}.text`)}
        </>
      }
      confirm={t(`${kind}.confirm`)}
      onClose={onClose}
      onConfirm={async () => {
        setTried(true);
        return reason.trim() === '' ? 'stay' : act(reason.trim());
      }}
    >
      <Field
        label={t(`${kind}.reason`)}
        value={reason}
        width="100%"
        data-autofocus
        error={tried && reason.trim() === '' ? t('reasonMissing') : undefined}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
