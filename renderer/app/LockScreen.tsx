import { IconLock } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../shared/errors.ts';
import type { LockPersonRow, SessionRow } from '../../shared/ipc/access.ts';
import type { StripRow } from '../../shared/ipc/strip.ts';
import { engineText } from '../i18n/engine.ts';
import { formatTime } from '../i18n/format.ts';
import { useFormat } from '../i18n/useFormat.ts';
import { announce } from '../ui/announce.ts';
import { Button } from '../ui/Button.tsx';
import { Field, FieldError } from '../ui/Field.tsx';
import { Keycap } from '../ui/Keycap.tsx';
import { Initials } from '../ui/Layout.tsx';
import { useOverlayKeys } from './keys.ts';
import { LockFrame } from './LockFrame.tsx';
import { LockStatus } from './LockStatus.tsx';
import { useScan } from './scan.ts';
import { useNow } from './useNow.ts';

export interface LockScreenProps {
  session: SessionRow;
  people: readonly LockPersonRow[];
  strip: StripRow | undefined;
  /** When this screen was locked; null at sign-in. */
  lockedAt: Date | null;
  /** Returns the error of a refused attempt. */
  onSignIn: (attempt: { username: string; secret?: string; pin?: string }) => Promise<PlainError | undefined>;
}

/** People shown with a digit; the others come in by `Someone else`. */
const MOST_PEOPLE = 5;
const someone = 'someone';

/** Lock, sign-in and quick switch. Shows the bench at work and no patient data. */
export function LockScreen({ session, people, strip, lockedAt, onSignIn }: LockScreenProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  const locked = session.state === 'locked' ? session.person : null;
  const order = [...people]
    .sort((a, b) => Number(b.id === locked?.id) - Number(a.id === locked?.id))
    .slice(0, MOST_PEOPLE);
  const [chosen, setChosen] = useState<string | null>(null);
  const open = chosen ?? order[0]?.id ?? someone;
  const choices = [...order.map((person) => person.id), someone];
  const step = (by: number): void =>
    setChosen(choices[(choices.indexOf(open) + by + choices.length) % choices.length] ?? someone);

  useOverlayKeys([
    // With Alt they act while the PIN is being typed, too.
    ...['', 'Alt+'].flatMap((alt) => [
      ...order.map((person, index) => ({
        key: `${alt}${index + 1}`,
        label: person.name,
        run: () => setChosen(person.id),
      })),
      { key: `${alt}0`, label: t('lock.someoneElse'), run: () => setChosen(someone) },
    ]),
    { key: 'F1', label: t('lock.help'), run: () => announce(t('lock.howPin')) },
  ]);
  // A badge carries the name for signing in.
  useScan((code) => {
    const person = order.find((candidate) => candidate.username === code);
    if (person !== undefined) setChosen(person.id);
    return true;
  });

  return (
    <LockFrame
      foot={
        <footer className="lv-bottom-strip">
          {order.length > 0 ? (
            <span className="lv-key-hint">
              <Keycap keyName="Alt+1" />
              {order.length > 1 ? (
                <>
                  <span>{t('lock.to')}</span>
                  <Keycap keyName={String(order.length)} />
                </>
              ) : null}
              <span>{t('lock.choose')}</span>
            </span>
          ) : null}
          <span className="lv-key-hint">
            <Keycap keyName="Enter" />
            <span>{t(locked ? 'lock.unlock' : 'lock.enter')}</span>
          </span>
          <span className="lv-grow" />
          <span className="lv-text-2">{t('lock.noPatientData')}</span>
        </footer>
      }
    >
      <div className="lv-lock-time">
        <span className="lv-lock-clock">{formatTime(now)}</span>
        <span>
          <strong>{format.longDay(now)}</strong>
          <span className="lv-text-2">
            {[session.laboratory, session.station].filter((part) => part !== '').join(', ')}
          </span>
        </span>
      </div>
      <div className="lv-lock-columns">
        <section
          className="lv-lock-box lv-lock-people"
          aria-label={t(locked ? 'lock.locked' : 'lock.signIn')}
        >
          <div className="lv-lock-head">
            <IconLock size={16} stroke={1.6} aria-hidden="true" />
            <strong>{t(locked ? 'lock.locked' : 'lock.signIn')}</strong>
            <span className="lv-text-2">{t(order.length > 0 ? 'lock.howPin' : 'lock.howFirst')}</span>
          </div>
          {order.map((person, index) => (
            <PersonLine
              key={person.id}
              digit={String(index + 1)}
              person={person}
              open={open === person.id}
              note={
                person.id === locked?.id && lockedAt !== null
                  ? t('lock.lockedAt', { time: formatTime(lockedAt) })
                  : person.lastSignIn === ''
                    ? t('lock.never')
                    : t('lock.lastIn', { when: format.when(person.lastSignIn, now) })
              }
              under={underLine(person, locked, t)}
              onChoose={() => setChosen(person.id)}
              onStep={step}
              onSignIn={onSignIn}
              unlocks={person.id === locked?.id}
            />
          ))}
          <PersonLine
            digit="0"
            person={null}
            open={open === someone}
            note={t('lock.firstTime')}
            under={locked === null ? '' : t('lock.elsesWork', { name: locked.name })}
            onChoose={() => setChosen(someone)}
            onStep={step}
            onSignIn={onSignIn}
            unlocks={false}
          />
        </section>
        <LockStatus strip={strip} />
      </div>
    </LockFrame>
  );
}

function underLine(
  person: LockPersonRow,
  locked: SessionRow['person'],
  t: (key: string, values?: Record<string, string>) => string,
): string {
  if (!person.pin) return t('lock.passwordOnce');
  if (locked === null) return '';
  return person.id === locked.id ? t('lock.kept') : t('lock.elsesWork', { name: locked.name });
}

interface PersonLineProps {
  digit: string;
  /** Null: someone else, who types a name. */
  person: LockPersonRow | null;
  open: boolean;
  note: string;
  under: string;
  unlocks: boolean;
  onChoose: () => void;
  onStep: (by: number) => void;
  onSignIn: LockScreenProps['onSignIn'];
}

function PersonLine({
  digit,
  person,
  open,
  note,
  under,
  unlocks,
  onChoose,
  onStep,
  onSignIn,
}: PersonLineProps) {
  const { t } = useTranslation();
  const [username, setUsername] = useState('');
  const [secret, setSecret] = useState('');
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => {
    setSecret('');
    setError(undefined);
    if (open) first.current?.focus();
  }, [open]);

  const byPin = person?.pin === true;
  const what = byPin ? t('lock.pin') : t('lock.password');
  const enter = async (): Promise<void> => {
    const name = person?.username ?? username.trim();
    if (name === '' || secret === '') {
      setError(t('lock.wrong', { what: name === '' ? t('lock.username') : what }));
      return;
    }
    setBusy(true);
    const refused = await onSignIn({ username: name, ...(byPin ? { pin: secret } : { secret }) });
    setBusy(false);
    setSecret('');
    if (refused !== undefined) {
      setError(`${engineText('errors', refused.what)} ${engineText('errors', refused.todo)}`);
      first.current?.focus();
    }
  };

  return (
    <div className={`lv-lock-person${open ? ' lv-lock-open' : ''}`}>
      <button
        type="button"
        className="lv-lock-line"
        onClick={onChoose}
        aria-expanded={open}
        tabIndex={open ? -1 : 0}
      >
        <Keycap keyName={digit} />
        {person === null ? (
          <span className="lv-initials-none" />
        ) : (
          <Initials text={person.initials} solid={open} />
        )}
        <span className="lv-lock-name">
          {person === null ? (
            <span className="lv-text-2">{t('lock.someoneElse')}</span>
          ) : (
            <strong>{person.name}</strong>
          )}
          {person === null ? null : (
            <span className="lv-text-2"> {person.roles.map((role) => t(`roles.${role}`)).join(', ')}</span>
          )}
        </span>
        <span className="lv-caption">{note}</span>
      </button>
      {open ? (
        <form
          className="lv-lock-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (!busy) void enter();
          }}
          onKeyDown={(event) => {
            if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
            event.preventDefault();
            onStep(event.key === 'ArrowDown' ? 1 : -1);
          }}
        >
          {person === null ? (
            <Field
              ref={first}
              label={t('lock.username')}
              labelAt="hidden"
              size="final"
              value={username}
              suffix={t('lock.username')}
              onChange={(event) => setUsername(event.currentTarget.value)}
            />
          ) : null}
          <Field
            ref={person === null ? undefined : first}
            label={what}
            labelAt="hidden"
            size="final"
            type="password"
            inputMode={byPin ? 'numeric' : 'text'}
            value={secret}
            suffix={what}
            onChange={(event) => {
              setSecret(event.currentTarget.value);
              setError(undefined);
            }}
          />
          <Button primary type="submit" size="final" keyName="Enter">
            {t(unlocks ? 'lock.unlock' : 'lock.enter')}
          </Button>
          {error === undefined ? null : <FieldError>{error}</FieldError>}
          {error === undefined && under !== '' ? (
            <span className="lv-caption lv-lock-under">{under}</span>
          ) : null}
        </form>
      ) : null}
    </div>
  );
}
