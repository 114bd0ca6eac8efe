import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { EqaEventRow } from '../../../../shared/ipc/eqa.ts';
import { command } from '../../../data/hooks.ts';
import { formatUnit } from '../../../i18n/format.ts';
import { announce } from '../../../ui/announce.ts';
import { Field } from '../../../ui/Field.tsx';
import { FormDialog } from '../../../ui/FormDialog.tsx';
import { usePin } from '../../../ui/pin.tsx';
import type { EqaLine } from './EqaView.tsx';
import { eventName } from './words.ts';

const listOf = (text: string): string[] =>
  text
    .split(/[,;\s]+/)
    .map((one) => one.trim())
    .filter(Boolean);

/** A new event (Ctrl+N), or what is known of one until it is submitted (F4). */
export function EventDialog({ event, onClose }: { event: EqaEventRow | null; onClose: () => void }) {
  const { t } = useTranslation('qc-eqa');
  const [given, setGiven] = useState({
    scheme: event?.scheme ?? '',
    name: event?.name ?? '',
    dueOn: event?.dueOn ?? '',
    specimens: event?.specimens.join(', ') ?? '',
    tests: event?.tests.join(', ') ?? '',
  });
  const [tried, setTried] = useState(false);
  const missing = (text: string): string | undefined => (text.trim() === '' ? t('edit.missing') : undefined);
  const wrong = {
    scheme: missing(given.scheme),
    name: missing(given.name),
    dueOn: /^\d{4}-\d\d-\d\d$/.test(given.dueOn.trim()) ? undefined : t('edit.date'),
    specimens: missing(given.specimens),
    tests: missing(given.tests),
  };
  const field = (part: keyof typeof given, first = false) => (
    <Field
      {...(first ? { 'data-autofocus': true } : {})}
      label={t(`edit.${part}`)}
      value={given[part]}
      width="100%"
      mono={part === 'specimens' || part === 'tests'}
      error={tried ? wrong[part] : undefined}
      placeholder={part === 'dueOn' ? '2026-12-31' : undefined}
      onChange={(changed) => {
        const { value } = changed.currentTarget;
        setGiven((before) => ({ ...before, [part]: value }));
      }}
    />
  );
  return (
    <FormDialog
      title={event === null ? t('edit.fresh') : t('edit.title', { event: eventName(event) })}
      text={t('edit.text')}
      confirm={t('edit.do')}
      onConfirm={async () => {
        setTried(true);
        if (Object.values(wrong).some((one) => one !== undefined)) return 'stay';
        const outcome = await command('eqa.save', {
          eventId: event?.id ?? null,
          scheme: given.scheme.trim(),
          name: given.name.trim(),
          dueOn: given.dueOn.trim(),
          specimens: listOf(given.specimens),
          tests: listOf(given.tests).map((one) => one.toUpperCase()),
        });
        return outcome.ok ? undefined : outcome.error;
      }}
      onClose={(done) => {
        if (done) announce(t('edit.done', { event: eventName(given) }));
        onClose();
      }}
    >
      <div className="qc-fields">
        {field('scheme', true)}
        {field('name')}
        {field('dueOn')}
      </div>
      {field('specimens')}
      {field('tests')}
    </FormDialog>
  );
}

/** F2: a result typed by a person, or taken back. */
export function ResultDialog({ line: { event, item }, onClose }: { line: EqaLine; onClose: () => void }) {
  const { t } = useTranslation('qc-eqa');
  const [text, setText] = useState(item.text);
  const { specimen, testCode, testName } = item;
  return (
    <FormDialog
      title={t('result.title', { test: testName, specimen })}
      text={t('result.text')}
      confirm={t('result.do')}
      onConfirm={async () => {
        const outcome = await command('eqa.result', {
          eventId: event.id,
          specimen,
          testCode,
          text: text.trim(),
        });
        return outcome.ok ? undefined : outcome.error;
      }}
      onClose={onClose}
    >
      <Field
        label={t('result.value')}
        data-autofocus
        value={text}
        width={180}
        maxLength={24}
        suffix={formatUnit(item.unit)}
        onChange={(changed) => setText(changed.currentTarget.value)}
      />
    </FormDialog>
  );
}

const plain = (text: string): string => text.trim().replace(',', '.').replace('\u2212', '-');
const isNumber = (text: string): boolean => /^-?(\d+\.?\d*|\.\d+)$/.test(plain(text));

/** F6: what the scheme says of one result. */
export function OutcomeDialog({ line: { event, item }, onClose }: { line: EqaLine; onClose: () => void }) {
  const { t } = useTranslation('qc-eqa');
  const shown = (value: number | null | undefined): string => (value == null ? '' : String(value));
  const { target } = item;
  const [given, setGiven] = useState({
    ...{
      mean: shown(target?.mean),
      sd: shown(target?.sd),
      low: shown(target?.low),
      high: shown(target?.high),
    },
  });
  const [tried, setTried] = useState(false);
  const { specimen, testCode, testName } = item;
  const wrong = (part: keyof typeof given): boolean =>
    part === 'mean' || given[part].trim() !== ''
      ? !isNumber(given[part])
      : (part === 'low' && given.high.trim() !== '') || (part === 'high' && given.low.trim() !== '');
  const parts = ['mean', 'sd', 'low', 'high'] as const;
  return (
    <FormDialog
      title={t('target.title', { test: testName, specimen })}
      text={t('target.text')}
      confirm={t('target.do')}
      onConfirm={async () => {
        setTried(true);
        if (parts.some(wrong)) return 'stay';
        const outcome = await command('eqa.outcome', {
          ...{ eventId: event.id, specimen, testCode },
          ...{ mean: plain(given.mean), sd: plain(given.sd), low: plain(given.low), high: plain(given.high) },
        });
        return outcome.ok ? undefined : outcome.error;
      }}
      onClose={onClose}
    >
      <div className="qc-fields">
        {parts.map((part) => (
          <Field
            key={part}
            {...(part === 'mean' ? { 'data-autofocus': true } : {})}
            label={t(`target.${part}`)}
            value={given[part]}
            width="100%"
            inputMode="decimal"
            error={tried && wrong(part) ? t('target.number') : undefined}
            onChange={(changed) => {
              const { value } = changed.currentTarget;
              setGiven((before) => ({ ...before, [part]: value }));
            }}
          />
        ))}
      </div>
    </FormDialog>
  );
}

/** F8: the results go to the scheme, signed with the PIN (C4). */
export function SubmitDialog({ event, onClose }: { event: EqaEventRow; onClose: () => void }) {
  const { t } = useTranslation('qc-eqa');
  const pin = usePin(true);
  return (
    <FormDialog
      title={t('submit.title', { event: eventName(event) })}
      text={t('submit.text')}
      facts={[
        { label: t('submit.given'), value: String(event.items.length - event.missing) },
        { label: t('facts.missing'), value: String(event.missing) },
      ]}
      confirm={t('submit.do')}
      onConfirm={() => pin.sign((typed) => command('eqa.submit', { eventId: event.id, pin: typed }))}
      onClose={(done) => {
        if (done) announce(t('submit.done', { event: eventName(event) }));
        onClose();
      }}
    >
      {pin.field}
    </FormDialog>
  );
}
