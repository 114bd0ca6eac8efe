import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ExceptionDetailRow } from '../../../../shared/ipc/instruments.ts';
import { STATUS_MEANINGS, type StatusMeaning } from '../../../../shared/profiles/overlay.ts';
import type { FlagMeaning } from '../../../../shared/profiles/schema/common.ts';
import { command } from '../../../data/hooks.ts';
import { announce } from '../../../ui/announce.ts';
import { CheckBox, Choice, Field } from '../../../ui/Field.tsx';
import { FormDialog } from '../../../ui/FormDialog.tsx';
import { interpretations } from '../mapping/read.ts';
import { type Asked as AskedOf, sentText } from './asked.ts';

type Asked = AskedOf<ExceptionDetailRow>;

/** What the exception's record has in a field. */
const fieldOf = (exception: ExceptionDetailRow, name: string): string =>
  exception.fields.find((field) => field.name === name)?.value ?? '';

/** The flags an exception was sent with. */
export const flagsOf = (exception: ExceptionDetailRow): string[] =>
  fieldOf(exception, 'Flag')
    .split(' ')
    .filter((flag) => flag !== '');

/** Says what a status means; nothing is chosen beforehand, so that Enter alone never decides. */
export function StatusDialog({ exception, line, onClose }: Asked) {
  const { t } = useTranslation('instruments');
  const [meaning, setMeaning] = useState<StatusMeaning | ''>('');
  const [tried, setTried] = useState(false);
  const sent = fieldOf(exception, 'Status') || t('statusMap.none');
  return (
    <FormDialog
      title={t('statusMap.title', { sent })}
      text={t('statusMap.text', { name: line, what: sentText(exception) })}
      confirm={t('statusMap.confirm')}
      onClose={onClose}
      onConfirm={async () => {
        setTried(true);
        if (meaning === '') return 'stay';
        const outcome = await command('exception.mapStatus', { taskId: exception.id, meaning });
        if (!outcome.ok) return outcome.error;
        announce(t('mapped', { ...outcome.value }));
        return undefined;
      }}
    >
      <Choice
        label={t('statusMap.means')}
        width="100%"
        value={meaning}
        unchosen={t('choose')}
        options={STATUS_MEANINGS.map((id) => ({ id, label: t(`mapping:statuses.${id}`) }))}
        error={tried && meaning === '' ? t('choose') : undefined}
        onChange={setMeaning}
      />
    </FormDialog>
  );
}

/** Says what a flag means: its mark, and whether a person has to look. */
export function FlagDialog({ exception, line, onClose }: Asked) {
  const { t } = useTranslation('instruments');
  const flags = flagsOf(exception);
  const [flag, setFlag] = useState(flags.at(-1) ?? '');
  const [text, setText] = useState('');
  const [mark, setMark] = useState<FlagMeaning['interpretation']>('');
  const [hold, setHold] = useState(true);
  const [tried, setTried] = useState(false);
  return (
    <FormDialog
      title={t('flagMap.title', { flag })}
      text={t('flagMap.text', { name: line })}
      confirm={t('flagMap.confirm')}
      onClose={onClose}
      onConfirm={async () => {
        setTried(true);
        if (text.trim() === '') return 'stay';
        const outcome = await command('exception.mapFlag', {
          taskId: exception.id,
          flag,
          meaning: { interpretation: mark, hold, text: text.trim() },
        });
        if (!outcome.ok) return outcome.error;
        announce(t('mapped', { ...outcome.value }));
        return undefined;
      }}
    >
      {flags.length > 1 ? (
        <Choice
          label={t('flagMap.which')}
          width="100%"
          value={flag}
          options={flags.map((id) => ({ id, label: id }))}
          onChange={setFlag}
        />
      ) : null}
      <Field
        label={t('flagMap.means')}
        width="100%"
        data-autofocus
        value={text}
        error={tried && text.trim() === '' ? t('flagMap.needed') : undefined}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Choice
        label={t('flagMap.mark')}
        width="100%"
        value={mark}
        options={interpretations.map((id) => ({ id, label: t(`mapping:marks.${id || 'none'}`) }))}
        onChange={setMark}
      />
      <CheckBox label={t('flagMap.hold')} checked={hold} onChange={setHold} />
    </FormDialog>
  );
}

/** Says that a code is no result: what is held for it ends, and it is never held again. */
export function NotResultDialog({ exception, line, onClose }: Asked) {
  const { t } = useTranslation('instruments');
  const [text, setText] = useState('');
  const [tried, setTried] = useState(false);
  return (
    <FormDialog
      title={t('notResult.title', { code: exception.sentTest })}
      text={t('notResult.text', { name: line, count: exception.alike + 1 })}
      confirm={t('notResult.confirm')}
      onClose={onClose}
      onConfirm={async () => {
        setTried(true);
        if (text.trim() === '') return 'stay';
        const outcome = await command('exception.notResult', { taskId: exception.id, text: text.trim() });
        if (!outcome.ok) return outcome.error;
        announce(t('notResult.done', { code: exception.sentTest }));
        return undefined;
      }}
    >
      <Field
        label={t('notResult.what')}
        width="100%"
        data-autofocus
        value={text}
        error={tried && text.trim() === '' ? t('notResult.needed') : undefined}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

/** Says that specimens whose number begins so are controls. */
export function ControlDialog({ exception, line, onClose }: Asked) {
  const { t } = useTranslation('instruments');
  const sent = exception.sentSpecimen;
  const [prefix, setPrefix] = useState(() => /^\D+/.exec(sent)?.[0] ?? sent);
  const [tried, setTried] = useState(false);
  const fits = prefix.trim() !== '' && sent.startsWith(prefix.trim());
  return (
    <FormDialog
      title={t('isControl.title', { sent })}
      text={t('isControl.text', { name: line })}
      confirm={t('isControl.confirm')}
      onClose={onClose}
      onConfirm={async () => {
        setTried(true);
        if (!fits) return 'stay';
        const outcome = await command('exception.isControl', { taskId: exception.id, prefix: prefix.trim() });
        if (!outcome.ok) return outcome.error;
        announce(t('mapped', { ...outcome.value }));
        return undefined;
      }}
    >
      <Field
        label={t('isControl.prefix')}
        width="100%"
        mono
        data-autofocus
        value={prefix}
        error={tried && !fits ? t('isControl.wrong', { sent }) : undefined}
        onChange={(event) => setPrefix(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
