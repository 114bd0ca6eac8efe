import { MantineProvider } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { EngineState, ShellBridge, ShellState } from '../../shared/ipc/envelope.ts';
import { command, engineClient, useLive, useLiveOne } from '../data/hooks.ts';
import { engineText } from '../i18n/engine.ts';
import { showLanguage } from '../i18n/index.ts';
import { announce } from '../ui/announce.ts';
import { styleNonce } from '../ui/nonce.ts';
import { withdrawUndo } from '../ui/undo.ts';
import { EngineBanner, EnginePage } from './EngineGate.tsx';
import { LockScreen } from './LockScreen.tsx';
import { goTo, placeStore } from './navigation.ts';
import { SetUp } from './SetUp.tsx';
import { Shell } from './Shell.tsx';
import type { ScreenDefinition } from './screen.ts';
import { mantineTheme, themeStore, useTheme } from './theme.ts';

/** The whole window. `bridge` is missing on the preview page, where the engine always runs. */
export function App({
  screens,
  bridge,
}: {
  screens: readonly ScreenDefinition[];
  bridge?: ShellBridge | undefined;
}) {
  const { shown } = useTheme();
  return (
    <MantineProvider
      theme={mantineTheme}
      forceColorScheme={shown}
      getStyleNonce={styleNonce}
      deduplicateCssVariables
    >
      <Gate screens={screens} bridge={bridge} />
    </MantineProvider>
  );
}

const previewEngine: EngineState = {
  phase: 'running',
  station: { code: '', name: '' },
  version: '',
  silentForSeconds: null,
};
const noActs = { restartEngine: () => Promise.resolve(), givePassphrase: () => Promise.resolve() };

function useShellState(bridge: ShellBridge | undefined): ShellState | undefined {
  const [state, setState] = useState<ShellState>();
  useEffect(
    () =>
      bridge?.onState((next) => {
        setState(next);
        themeStore.setState({ theme: next.theme });
        void showLanguage(next.language);
      }),
    [bridge],
  );
  return state;
}

function Gate({
  screens,
  bridge,
}: {
  screens: readonly ScreenDefinition[];
  bridge: ShellBridge | undefined;
}) {
  const shell = useShellState(bridge);
  const engine: EngineState = bridge === undefined ? previewEngine : (shell?.engine ?? { phase: 'starting' });
  const acts = bridge ?? noActs;
  const session = useLiveOne('session', {});
  const strip = useLiveOne('strip', {});
  const outside = session !== undefined && session.state !== 'in' && session.state !== 'firstRun';
  const people = useLive('access.lockPeople', outside ? {} : null).rows;
  const [lockedAt, setLockedAt] = useState<Date | null>(null);

  const state = session?.state;
  useEffect(() => {
    setLockedAt(state === 'locked' ? new Date() : null);
    if (state === 'in') engineClient()?.retryFailed();
  }, [state]);
  const who = session?.person?.id;
  useEffect(() => {
    // What one person was told and could take back is not the next one's.
    if (who !== undefined || state === 'out') withdrawUndo();
    announce('');
  }, [who, state]);
  useEffect(() => {
    if (screens.length > 0 && !screens.some((screen) => screen.id === placeStore.getState().screen)) {
      goTo(screens[0]!.id);
    }
  }, [screens]);

  if (session === undefined) return <EnginePage engine={engine} acts={acts} />;
  if (session.state === 'firstRun') {
    return (
      <SetUp
        onSetUp={async (answers) => {
          const outcome = await command('access.setUp', answers);
          return outcome.ok ? undefined : outcome.error;
        }}
      />
    );
  }
  const lock = async (): Promise<void> => {
    const outcome = await command('access.lock', {});
    if (!outcome.ok) announce(engineText('errors', outcome.error.what));
  };
  const person = session.person;
  const notice =
    engine.phase === 'running' && engine.silentForSeconds === null ? null : (
      <EngineBanner engine={engine} acts={acts} />
    );
  return (
    <>
      {person === null ? null : (
        // Locked, the screens stay as they were, unseen; for another person they begin anew.
        <div
          key={person.id}
          className="lv-shell-place"
          hidden={session.state !== 'in'}
          inert={session.state !== 'in'}
        >
          <Shell
            screens={screens}
            session={session}
            strip={strip}
            onLock={() => void lock()}
            notice={notice}
          />
          <div id="lv-portals" />
        </div>
      )}
      {session.state === 'in' ? null : (
        <>
          {notice}
          <LockScreen
            session={session}
            people={people}
            strip={strip}
            lockedAt={lockedAt}
            onSignIn={async (attempt) => {
              const outcome = await command('access.signIn', attempt);
              return outcome.ok ? undefined : outcome.error;
            }}
          />
        </>
      )}
    </>
  );
}
