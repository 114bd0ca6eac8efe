import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../shared/errors.ts';
import type { PatientRow } from '../../../shared/ipc/accession.ts';
import { useScan } from '../../app/scan.ts';
import { command } from '../../data/hooks.ts';
import { formatAge } from '../../i18n/format.ts';
import { Button } from '../../ui/Button.tsx';
import { ErrorBanner } from '../../ui/ErrorBanner.tsx';
import { Choice, Field } from '../../ui/Field.tsx';

const sexes = ['female', 'male', 'other', 'unknown'] as const;
const birthForm = /^(\d{4}(-\d{2}(-\d{2})?)?)?$/;

/** A patient who is not on this station. Enter goes to the next field, in the last one it registers. */
export function RegisterPatient({ onDone }: { onDone: (patient: PatientRow) => void }) {
  const { t } = useTranslation('accession');
  const [text, setText] = useState({
    identifier: '',
    familyName: '',
    givenName: '',
    transliteration: '',
    birthDate: '',
    ward: '',
  });
  const [sex, setSex] = useState<(typeof sexes)[number]>('unknown');
  const [asked, setAsked] = useState(false);
  const [error, setError] = useState<PlainError>();
  const form = useRef<HTMLFormElement>(null);
  const busy = useRef(false);
  useEffect(() => form.current?.querySelector('input')?.focus(), []);
  // A new patient's wristband: its number.
  useScan((code) => {
    setText((before) => ({ ...before, identifier: code }));
    return true;
  });

  const wrong = {
    identifier: text.identifier.trim() === '' ? t('fresh.idMissing') : undefined,
    familyName: text.familyName.trim() === '' ? t('fresh.familyMissing') : undefined,
    birthDate: birthForm.test(text.birthDate.trim()) ? undefined : t('fresh.birthWrong'),
  };
  const register = async (): Promise<void> => {
    setAsked(true);
    if (busy.current || Object.values(wrong).some((one) => one !== undefined)) return;
    busy.current = true;
    const written = Object.fromEntries(
      Object.entries(text).map(([id, value]) => [id, value.trim()]),
    ) as typeof text;
    // Spaces in a number are for reading only.
    const identifier = written.identifier.replace(/\s/g, '');
    const done = await command('patient.register', { ...written, identifier, sex });
    busy.current = false;
    if (!done.ok) {
      setError(done.error);
      return;
    }
    const age = formatAge(written.birthDate, new Date());
    onDone({ ...written, identifier, sex, age, id: done.value.patientId, syncState: 'queued' });
  };
  const field = (id: keyof typeof text, label: string, suffix?: string) => (
    <Field
      label={label}
      value={text[id]}
      suffix={suffix}
      mono={id === 'identifier'}
      error={
        asked || (id === 'birthDate' && text.birthDate.length >= 10)
          ? wrong[id as keyof typeof wrong]
          : undefined
      }
      onChange={(event) => {
        setText({ ...text, [id]: event.currentTarget.value });
        setError(undefined);
      }}
    />
  );
  return (
    <form
      ref={form}
      className="lv-acc-form lv-acc-register"
      aria-label={t('fresh.register')}
      onSubmit={(event) => {
        event.preventDefault();
        const fields = [...(form.current?.querySelectorAll<HTMLElement>('input, select') ?? [])];
        const at = fields.findIndex((one) => one.matches(':focus'));
        const next = at < 0 ? undefined : fields[at + 1];
        if (next === undefined) void register();
        else next.focus();
      }}
    >
      <ErrorBanner error={error} />
      {field('identifier', t('fresh.id'))}
      {field('familyName', t('fresh.family'))}
      {field('givenName', t('fresh.given'))}
      {field('transliteration', t('fresh.latin'), t('fresh.latinHint'))}
      {field('birthDate', t('fresh.birth'), t('fresh.birthHint'))}
      <Choice
        label={t('fresh.sex')}
        options={sexes.map((id) => ({ id, label: t(`patient.sex.${id}`) }))}
        value={sex}
        onChange={setSex}
      />
      {field('ward', t('fresh.ward'))}
      <div>
        <Button type="submit" keyName="Enter">
          {t('fresh.doRegister')}
        </Button>
      </div>
    </form>
  );
}
