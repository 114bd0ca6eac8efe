import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../shared/errors.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { goTo, useTarget } from '../../app/navigation.ts';
import { command, useLive, useLiveOne } from '../../data/hooks.ts';
import { Button } from '../../ui/Button.tsx';
import { ErrorBanner } from '../../ui/ErrorBanner.tsx';
import { CheckBox } from '../../ui/Field.tsx';
import { EmptyState, ScreenHead, SectionBar } from '../../ui/Layout.tsx';
import { State, type StateKind } from '../../ui/State.tsx';
import { type Draft, draftOf, faultsOf, inputOf, isChanged } from './draft.ts';
import { SaveDialog } from './SaveDialog.tsx';
import { ServerForm } from './ServerForm.tsx';
import { Steps } from './Steps.tsx';
import { verdictOf } from './words.ts';

const verdictKinds: Record<'passed' | 'noted' | 'failed' | 'running', StateKind> = {
  passed: 'passed',
  noted: 'warning',
  failed: 'refused',
  running: 'scanNow',
};

/** The central server: where it is, how this station signs in, and a test that explains each step that fails. */
export function ServerScreen() {
  const { t } = useTranslation('server');
  const { target } = useTarget();
  const roles = useLiveOne('session', {})?.person?.roles ?? [];
  const isAdmin = roles.includes('admin');
  const maySee = isAdmin || roles.includes('supervisor') || roles.includes('lead');
  const row = useLiveOne('server.settings', maySee ? {} : null);
  const steps = useLive('server.steps', isAdmin ? {} : null).rows;
  const [typed, setTyped] = useState<Partial<Draft>>({});
  const [write, setWrite] = useState(false);
  const [tried, setTried] = useState(false);
  /** The form as it was tested. */
  const [tested, setTested] = useState('');
  const [asking, setAsking] = useState<'use' | 'remove'>();
  const [error, setError] = useState<PlainError>();

  const back = target === 'admin' ? 'admin' : 'sync';
  const draft = row === undefined ? undefined : { ...draftOf(row), ...typed };
  const faults = row === undefined || draft === undefined ? {} : faultsOf(draft, row);
  const isWrong = Object.keys(faults).length > 0;
  const changed = row !== undefined && draft !== undefined && isChanged(draft, row);
  const asTested = draft !== undefined && tested === JSON.stringify(draft);
  const verdict = verdictOf(steps);
  const running = verdict.state === 'running';

  const test = async (): Promise<void> => {
    setTried(true);
    if (row === undefined || draft === undefined || isWrong) return;
    const outcome = await command('server.test', { settings: inputOf(draft, row), write });
    setError(outcome.ok ? undefined : outcome.error);
    if (outcome.ok) setTested(JSON.stringify(draft));
  };
  const stop = async (): Promise<void> => void (await command('server.stopTest', {}));
  const use = (): void => {
    setTried(true);
    if (!isWrong) setAsking('use');
  };
  const who = isAdmin ? undefined : t('why.admin');
  const mend = tried && isWrong ? t('why.wrong') : undefined;
  const useWhy = who ?? mend ?? (changed ? undefined : t('why.noChange'));
  const removeWhy = who ?? (row?.url === '' ? t('why.noServer') : undefined);
  useScreenKeys([
    running
      ? { key: 'F5', label: t('keys.stop'), run: () => void stop() }
      : { key: 'F5', label: t('keys.test'), run: () => void test(), disabledReason: who ?? mend },
    { key: 'F7', label: t('keys.remove'), run: () => setAsking('remove'), disabledReason: removeWhy },
    { key: 'F8', label: t('keys.save'), run: use, primary: true, disabledReason: useWhy },
    {
      key: 'Ctrl+Z',
      label: t('keys.undo'),
      run: () => setTyped({}),
      disabledReason: changed ? undefined : t('why.noDraft'),
    },
    { key: 'Escape', label: t('back'), run: () => goTo(back), group: 0 },
  ]);

  if (!maySee)
    return (
      <>
        <ScreenHead title={t('title')} />
        <div className="lv-screen-body">
          <EmptyState
            title={t('why.admin')}
            action={
              <Button keyName="Escape" onClick={() => goTo(back)}>
                {t('back')}
              </Button>
            }
          />
        </div>
      </>
    );
  return (
    <>
      <ScreenHead
        title={t('title')}
        right={
          row === undefined ? null : (
            <span className="lv-text-2 lv-ellipsis" title={row.file}>
              {t('file')} <span className="lv-mono">{row.file}</span>
            </span>
          )
        }
      />
      <ErrorBanner error={error} />
      <div className="lv-screen-body">
        <div className="srv-left">
          <div className="srv-scroll">
            {row === undefined || draft === undefined ? null : (
              <ServerForm
                draft={draft}
                row={row}
                faults={tried ? faults : {}}
                readOnly={!isAdmin}
                onChange={(changes) => setTyped((before) => ({ ...before, ...changes }))}
              />
            )}
          </div>
          <div className="lv-panel-foot srv-foot">
            <Button primary size="final" wide keyName="F8" onClick={use} disabledReason={useWhy}>
              {t('keys.save')}
            </Button>
          </div>
        </div>
        <div className="lv-pane srv-pane">
          <SectionBar
            title={t('test.title')}
            detail={
              verdict.state === 'none' ? undefined : (
                <>
                  <State
                    kind={verdictKinds[verdict.state]}
                    word={t(`test.${verdict.state}`, {
                      step: verdict.at === undefined ? '' : t(`steps.${verdict.at.id}.title`),
                    })}
                    strong
                  />{' '}
                  <span className={asTested ? 'lv-caption srv-as-typed' : 'lv-caption'}>
                    {t(asTested ? 'test.asTyped' : 'test.changed')}
                  </span>
                </>
              )
            }
            right={
              <>
                <CheckBox label={t('form.write')} checked={write} disabledReason={who} onChange={setWrite} />
                <Button
                  size="bar"
                  keyName="F5"
                  disabledReason={running ? undefined : (who ?? mend)}
                  onClick={() => void (running ? stop() : test())}
                >
                  {t(running ? 'keys.stop' : 'keys.test')}
                </Button>
              </>
            }
          />
          <div className="srv-scroll">
            <Steps steps={steps} />
          </div>
        </div>
      </div>
      {asking === undefined || row === undefined || draft === undefined ? null : (
        <SaveDialog
          draft={asking === 'use' ? draft : null}
          row={row}
          steps={asTested ? steps : []}
          onClose={(done) => {
            setAsking(undefined);
            if (!done) return;
            setTyped({});
            setTried(false);
            setTested('');
          }}
        />
      )}
    </>
  );
}
