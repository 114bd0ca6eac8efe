import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { EngineState, ShellBridge } from '../../shared/ipc/envelope.ts';
import { Button } from '../ui/Button.tsx';
import { ErrorBanner } from '../ui/ErrorBanner.tsx';
import { Field } from '../ui/Field.tsx';
import { Banner } from '../ui/Layout.tsx';
import { LockFrame } from './LockFrame.tsx';

type Acts = Pick<ShellBridge, 'restartEngine' | 'givePassphrase'>;

/** A banner over the screens while the engine is away or silent; nothing while it runs. The rows stay on screen. */
export function EngineBanner({ engine, acts }: { engine: EngineState; acts: Acts }) {
  const { t } = useTranslation();
  if (engine.phase === 'running') {
    if (engine.silentForSeconds === null) return null;
    return (
      <Banner
        tone="crit"
        title={t('engine.silent', { count: engine.silentForSeconds })}
        action={<Button onClick={() => void acts.restartEngine()}>{t('engine.restart')}</Button>}
      >
        {t('engine.silentSafe')}
      </Banner>
    );
  }
  if (engine.phase === 'starting' || engine.phase === 'locked') {
    return (
      <Banner tone="quiet" glyph="clock" title={t('engine.starting')}>
        {t('engine.startingNext')}
      </Banner>
    );
  }
  return (
    <ErrorBanner
      error={engine.why}
      note={engine.phase === 'restarting' ? t('engine.restarting', { count: engine.inSeconds }) : undefined}
      action={
        <Button onClick={() => void acts.restartEngine()}>
          {t(engine.phase === 'restarting' ? 'engine.tryNow' : 'engine.restart')}
        </Button>
      }
    />
  );
}

/** The whole window while there is no session to show: starting, stopped, or waiting for the passphrase. */
export function EnginePage({ engine, acts }: { engine: EngineState; acts: Acts }) {
  return (
    <LockFrame>
      <div className="lv-engine-page">
        {engine.phase === 'locked' ? (
          <Passphrase fresh={engine.fresh} why={engine.why} acts={acts} />
        ) : engine.phase === 'running' && engine.silentForSeconds === null ? (
          <Loading />
        ) : (
          <EngineBanner engine={engine} acts={acts} />
        )}
      </div>
    </LockFrame>
  );
}

function Loading() {
  const { t } = useTranslation();
  return <p className="lv-text-2">{t('engine.loading')}</p>;
}

/** Least length of a new passphrase, characters. */
const PASSPHRASE_MIN = 12;

function Passphrase({
  fresh,
  why,
  acts,
}: {
  fresh: boolean;
  why: Extract<EngineState, { phase: 'locked' }>['why'];
  acts: Acts;
}) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [again, setAgain] = useState('');
  const [error, setError] = useState<string>();
  const open = async (): Promise<void> => {
    if (fresh && text.length < PASSPHRASE_MIN) return setError(t('engine.passphraseShort'));
    if (fresh && text !== again) return setError(t('setUp.different'));
    try {
      await acts.givePassphrase(text);
      setText('');
      setAgain('');
    } catch (refused) {
      setError(refused instanceof Error ? refused.message : String(refused));
    }
  };
  return (
    <form
      className="lv-lock-box lv-set-up"
      onSubmit={(event) => {
        event.preventDefault();
        void open();
      }}
    >
      <div className="lv-lock-head">
        <strong>{t(fresh ? 'engine.passphraseFresh' : 'engine.passphrase')}</strong>
      </div>
      <ErrorBanner error={why} />
      <div className="lv-set-up-fields lv-set-up-single">
        <p className="lv-text-2">{t('engine.passphraseWhy')}</p>
        {fresh ? <p>{t('engine.passphraseWarn')}</p> : null}
        <Field
          label={t('engine.passphrase')}
          type="password"
          width={340}
          value={text}
          autoFocus
          error={error}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setError(undefined);
          }}
        />
        {fresh ? (
          <Field
            label={t('engine.passphraseAgain')}
            type="password"
            width={340}
            value={again}
            onChange={(event) => setAgain(event.currentTarget.value)}
          />
        ) : null}
        <div className="lv-set-up-foot">
          <Button primary type="submit" size="final" keyName="Enter">
            {t('engine.open')}
          </Button>
        </div>
      </div>
    </form>
  );
}
