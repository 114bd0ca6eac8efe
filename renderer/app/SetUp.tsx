import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../shared/errors.ts';
import { Button } from '../ui/Button.tsx';
import { ErrorBanner } from '../ui/ErrorBanner.tsx';
import { Field } from '../ui/Field.tsx';
import { pinIsRight } from '../ui/pin.tsx';
import { useOverlayKeys } from './keys.ts';
import { LockFrame } from './LockFrame.tsx';

export interface SetUpAnswers {
  laboratory: string;
  address: string;
  name: string;
  username: string;
  secret: string;
  pin: string;
}

const blank = { laboratory: '', address: '', name: '', username: '', secret: '', again: '', pin: '' };
type Form = typeof blank;

/** What is wrong with each answer, as keys of `app:setUp`; empty when all is well. */
export function setUpFaults(form: Form): Partial<Record<keyof Form, string>> {
  const faults: Partial<Record<keyof Form, string>> = {};
  for (const key of ['laboratory', 'name', 'username'] as const)
    if (form[key].trim() === '') faults[key] = 'needed';
  if (form.secret.length < 10) faults.secret = 'short';
  else if (form.again !== form.secret) faults.again = 'different';
  if (!pinIsRight(form.pin)) faults.pin = 'pinWrong';
  return faults;
}

/** First run: names the laboratory and creates its administrator. There is no default password. */
export function SetUp({ onSetUp }: { onSetUp: (answers: SetUpAnswers) => Promise<PlainError | undefined> }) {
  const { t } = useTranslation();
  const [form, setForm] = useState(blank);
  const [asked, setAsked] = useState(false);
  const [error, setError] = useState<PlainError>();
  const [busy, setBusy] = useState(false);
  useOverlayKeys([]);
  const faults = asked ? setUpFaults(form) : {};
  const field = (
    key: keyof Form,
    label: string,
    more: { type?: string; suffix?: string; first?: boolean } = {},
  ) => (
    <Field
      label={label}
      type={more.type ?? 'text'}
      suffix={more.suffix}
      width={300}
      value={form[key]}
      autoFocus={more.first}
      error={faults[key] === undefined ? undefined : t(`setUp.${faults[key]}`, { count: form.secret.length })}
      onChange={(event) => setForm({ ...form, [key]: event.currentTarget.value })}
    />
  );
  const create = async (): Promise<void> => {
    setAsked(true);
    if (busy || Object.keys(setUpFaults(form)).length > 0) return;
    setBusy(true);
    const { again: _again, ...answers } = form;
    setError(await onSetUp(answers));
    setBusy(false);
  };
  return (
    <LockFrame>
      <form
        className="lv-lock-box lv-set-up"
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <div className="lv-lock-head">
          <strong>{t('setUp.title')}</strong>
          <span className="lv-text-2">{t('setUp.intro')}</span>
        </div>
        <ErrorBanner error={error} />
        <div className="lv-set-up-fields">
          {field('laboratory', t('setUp.laboratory'), { first: true })}
          {field('address', t('setUp.address'))}
          {field('name', t('setUp.name'))}
          {field('username', t('setUp.username'))}
          {field('secret', t('setUp.secret'), { type: 'password' })}
          {field('again', t('setUp.again'), { type: 'password' })}
          {field('pin', `${t('setUp.pin')}, ${t('setUp.pinFor')}`, { type: 'password' })}
          <div className="lv-set-up-foot">
            <Button primary type="submit" size="final" keyName="Enter">
              {t('setUp.create')}
            </Button>
          </div>
        </div>
      </form>
    </LockFrame>
  );
}
