import { useTranslation } from 'react-i18next';
import { Field } from '../../../ui/Field.tsx';

/** The reason a dialog asks for. @param asked it was tried to go on: from then on an empty one is said to be needed */
export function ReasonField({
  reason,
  onReason,
  asked,
}: {
  reason: string;
  onReason: (reason: string) => void;
  asked: boolean;
}) {
  const { t } = useTranslation('instruments');
  return (
    <Field
      label={t('reject.reason')}
      value={reason}
      width="100%"
      data-autofocus
      error={asked && reason.trim() === '' ? t('reject.needed') : undefined}
      onChange={(event) => onReason(event.currentTarget.value)}
    />
  );
}
