import { type ReactElement, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../shared/errors.ts';
import type { Outcome } from '../data/client.ts';
import { Field } from './Field.tsx';

/** Whether it has the form of a PIN: four to eight digits. */
export const pinIsRight = (pin: string): boolean => /^\d{4,8}$/.test(pin);

/** The PIN under a signature in a form (C4). */
export interface PinOf {
  /** Its field. */
  field: ReactElement;
  /** Says at the field what is wrong with its form. @returns true when something is */
  check: () => boolean;
  /**
   * Signs with it, for {@link FormDialog}. A PIN that is refused is typed anew, and nobody is told off for the field that is empty then.
   * @returns the error of the signature; `stay` when the PIN has not the form of one
   */
  sign: (how: (pin: string) => Promise<Outcome<unknown>>) => Promise<PlainError | 'stay' | undefined>;
}

/** @param isFirst its field takes the focus */
export function usePin(isFirst: boolean): PinOf {
  const { t } = useTranslation('ui');
  const [pin, setPin] = useState('');
  const [checked, setChecked] = useState(false);
  const isWrong = !pinIsRight(pin);
  const check = (): boolean => {
    setChecked(true);
    return isWrong;
  };
  return {
    field: (
      <Field
        label={t('pin')}
        value={pin}
        width={160}
        type="password"
        inputMode="numeric"
        {...(isFirst ? { 'data-autofocus': true } : {})}
        error={checked && isWrong ? t('pinMissing') : undefined}
        onChange={(event) => setPin(event.currentTarget.value)}
      />
    ),
    check,
    async sign(how) {
      if (check()) return 'stay';
      const outcome = await how(pin);
      if (outcome.ok) return undefined;
      setPin('');
      setChecked(false);
      return outcome.error;
    },
  };
}
