import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import type { SessionRow } from '../../shared/ipc/access.ts';
import type { FoundRow, StripRow } from '../../shared/ipc/strip.ts';
import { i18next, languages, setLanguage } from '../i18n/index.ts';
import { announce } from '../ui/announce.ts';
import { ConfirmHost } from '../ui/ConfirmDialog.tsx';
import { ErrorBanner } from '../ui/ErrorBanner.tsx';
import { UndoBar } from '../ui/UndoBar.tsx';
import { undoLast } from '../ui/undo.ts';
import { BottomStrip } from './BottomStrip.tsx';
import { useCommands } from './commands.ts';
import { KeySheet } from './KeySheet.tsx';
import { useBaseKeys } from './keys.ts';
import { goTo, placeStore } from './navigation.ts';
import { Palette } from './Palette.tsx';
import { toldOnce } from './problems.ts';
import { Rail } from './Rail.tsx';
import { ScreenOutlet } from './router.tsx';
import { useScan } from './scan.ts';
import { type ScreenDefinition, type ScreenId, screenDigits } from './screen.ts';
import { TopStrip } from './TopStrip.tsx';
import { setTheme, useTheme } from './theme.ts';

export interface ShellProps {
  screens: readonly ScreenDefinition[];
  session: SessionRow;
  strip: StripRow | undefined;
  onLock: () => void;
  /** Engine banner, when there is something to say. */
  notice?: ReactNode;
}

/** The frame of every screen: rail, strips, palette, undo, questions. */
export function Shell({ screens, session, strip, onLock, notice }: ShellProps) {
  const { t } = useTranslation();
  const { theme } = useTheme();
  const [open, setOpen] = useState<'palette' | 'keys' | null>(null);
  const here = useStore(placeStore, (place) => place.screen);
  const close = (): void => setOpen(null);
  const inRail = screens.filter((screen) => screen.under === undefined);
  const has = (id: ScreenId): boolean => screens.some((screen) => screen.id === id);

  useBaseKeys([
    ...inRail.map(({ id }) => ({
      key: screenDigits[id],
      label: t('keys.goTo', { screen: t(`screens.${id}`) }),
      run: () => goTo(id),
      icon: 'go' as const,
      strip: false,
      palette: id !== here,
    })),
    { key: 'F1', label: t('keys.keys'), run: () => setOpen('keys'), icon: 'why', strip: false },
    { key: 'F12', label: t('keys.lock'), run: onLock, icon: 'lock', strip: false },
    { key: 'Ctrl+K', label: t('keys.commands'), run: () => setOpen('palette'), strip: false, palette: false },
    {
      key: 'Ctrl+Z',
      label: t('keys.undo'),
      run: () => {
        if (!undoLast()) announce(t('keys.nothingToUndo'));
      },
      strip: false,
    },
  ]);
  useCommands('anywhere', [
    ...screens
      .filter((screen) => screen.under !== undefined && screen.id !== here)
      .map(({ id }) => ({
        id: `go-${id}`,
        label: t('keys.goTo', { screen: t(`screens.${id}`) }),
        icon: 'go' as const,
        run: () => goTo(id),
      })),
    ...(['light', 'dark', 'system'] as const)
      .filter((choice) => choice !== theme)
      .map((choice) => ({
        id: `theme-${choice}`,
        label: t(`theme.${choice}`),
        icon: 'setting' as const,
        run: () => setTheme(choice),
      })),
    ...languages
      .filter((language) => language !== i18next.language)
      .map((language) => ({
        id: `language-${language}`,
        label: t(`language.${language}`),
        icon: 'setting' as const,
        run: () => void setLanguage(language),
      })),
  ]);
  useScan((code) => {
    if (open === 'palette' && has('results')) {
      close();
      goTo('results', code);
      return true;
    }
    announce(t('scanUnknown', { code }));
    return true;
  });

  const showFound = (row: FoundRow): void => {
    const wanted: ScreenId = row.kind === 'requisition' ? 'accession' : 'results';
    goTo(has(wanted) ? wanted : here, row.target);
  };
  // The instruments screen tells a line's problem beside its line.
  const problems = toldOnce(
    (strip?.problems ?? []).filter((problem) => here !== 'instruments' || !problem.id.startsWith('line:')),
  );
  return (
    <div className="lv-shell">
      <Rail screens={screens} strip={strip} />
      <div className="lv-main">
        <TopStrip
          station={session.station}
          strip={strip}
          person={session.person}
          demo={session.demo}
          onLock={onLock}
        />
        {notice}
        {problems.slice(0, 2).map((problem) => (
          <ErrorBanner key={problem.id} error={problem} />
        ))}
        <main className="lv-screen">
          <ScreenOutlet screens={screens} />
          <div className="lv-undo-place">
            <UndoBar />
          </div>
        </main>
        <BottomStrip />
      </div>
      {open === 'palette' ? <Palette onClose={close} onFound={showFound} /> : null}
      {open === 'keys' ? <KeySheet onClose={close} /> : null}
      <ConfirmHost />
    </div>
  );
}
