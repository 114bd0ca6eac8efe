import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { command } from '../../../data/hooks.ts';
import { announce } from '../../../ui/announce.ts';
import { FormDialog } from '../../../ui/FormDialog.tsx';
import { heldWhy } from '../columns.tsx';
import { ReasonField } from '../parts/ReasonField.tsx';
import { type Asked, sentText } from './asked.ts';

/** Ends an exception without posting it, with the reason. */
export function RejectDialog({ exception, line, onClose }: Asked) {
  const { t } = useTranslation('instruments');
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const reject = async () => {
    setTried(true);
    if (reason.trim() === '') return 'stay';
    const outcome = await command('exception.reject', { taskId: exception.id, reason: reason.trim() });
    if (!outcome.ok) return outcome.error;
    announce(t('reject.done'));
    return undefined;
  };
  return (
    <FormDialog
      title={t('reject.title')}
      text={t('reject.text', { what: sentText(exception) || heldWhy(exception, t), name: line })}
      confirm={t('reject.confirm')}
      onConfirm={reject}
      onClose={onClose}
    >
      <ReasonField reason={reason} onReason={setReason} asked={tried} />
    </FormDialog>
  );
}
