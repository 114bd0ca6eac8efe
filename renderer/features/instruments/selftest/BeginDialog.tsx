import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LineRow } from '../../../../shared/ipc/instruments.ts';
import { command, useLive, useLiveOne } from '../../../data/hooks.ts';
import { engineText } from '../../../i18n/engine.ts';
import { announce } from '../../../ui/announce.ts';
import { CheckBox, Choice, Field } from '../../../ui/Field.tsx';
import { FormDialog } from '../../../ui/FormDialog.tsx';
import { emptyTarget, type TargetDraft, targetKinds, targetOf } from './target.ts';

/** To whom the test is played, and what the other side will see of it: read and confirmed before it begins. */
export function BeginDialog({ line, onClose }: { line: LineRow; onClose: (done: boolean) => void }) {
  const { t } = useTranslation('selftest');
  const [draft, setDraft] = useState<TargetDraft>(emptyTarget);
  const [profileId, setProfileId] = useState(line.profileId);
  const [quick, setQuick] = useState(false);
  const [read, setRead] = useState(false);
  const [tried, setTried] = useState(false);
  const profiles = useLive('profile.list', {});
  const simulator = draft.kind !== 'line';
  const plan = useLiveOne('selftest.plan', {
    instrumentId: line.id,
    simulator,
    quick,
    ...(simulator ? { profileId } : {}),
  });
  const target = targetOf(draft);
  const set = (change: Partial<TargetDraft>): void => {
    setDraft({ ...draft, ...change });
    setRead(false);
  };
  const begin = async () => {
    setTried(true);
    if (typeof target === 'string' || !read) return 'stay';
    const outcome = await command('selftest.begin', {
      instrumentId: line.id,
      target,
      ...(simulator ? { profileId } : {}),
      quick,
      confirmed: true,
    });
    if (!outcome.ok) return outcome.error;
    announce(t('begin.begun'));
    return undefined;
  };
  const field = (name: 'host' | 'port' | 'peer' | 'path' | 'baudRate', width: number | string) => (
    <Field
      label={t(`begin.${name}`)}
      value={draft[name]}
      width={width}
      placeholder={t(`begin.example.${name}`)}
      error={tried && target === name ? t(`begin.wrong.${name}`) : undefined}
      onChange={(event) => set({ [name]: event.currentTarget.value })}
    />
  );
  return (
    <FormDialog
      title={t('begin.title', { name: line.name })}
      confirm={t('begin.confirm')}
      width={620}
      onConfirm={begin}
      onClose={onClose}
    >
      <div className="ins-begin">
        <Choice
          label={t('begin.target')}
          width={simulator ? 268 : '100%'}
          value={draft.kind}
          options={targetKinds.map((id) => ({ id, label: t(`begin.kinds.${id}`, { link: line.link }) }))}
          onChange={(kind) => set({ kind })}
        />
        {simulator ? (
          <Choice
            label={t('begin.profile')}
            width={288}
            value={profileId}
            options={profiles.rows
              .filter((row) => row.protocol !== 'file')
              .map((row) => ({ id: row.id, label: row.name }))}
            onChange={(id) => {
              setProfileId(id);
              setRead(false);
            }}
          />
        ) : null}
      </div>
      {draft.kind === 'line' ? null : (
        <div className="ins-begin">
          {draft.kind === 'connect' ? field('host', 268) : null}
          {draft.kind === 'connect' || draft.kind === 'listen' ? field('port', 96) : null}
          {draft.kind === 'listen' ? field('peer', 268) : null}
          {draft.kind === 'serial' ? field('path', 268) : null}
          {draft.kind === 'serial' ? field('baudRate', 96) : null}
        </div>
      )}
      <h3 className="ins-sees-title">{t('begin.sees')}</h3>
      <ul className="ins-sees">
        {(plan?.sees ?? []).map((text) => (
          <li key={text}>{engineText('probe', text)}</li>
        ))}
      </ul>
      <CheckBox
        label={t('begin.quick')}
        checked={quick}
        onChange={(on) => {
          setQuick(on);
          setRead(false);
        }}
      />
      <CheckBox label={t('begin.read')} checked={read} onChange={setRead} />
      {tried && !read && typeof target !== 'string' ? (
        <p className="ins-sees-wrong" role="alert">
          {t('begin.readFirst')}
        </p>
      ) : null}
    </FormDialog>
  );
}
