import { createTheme, type MantineThemeOverride } from '@mantine/core';
import { useEffect, useSyncExternalStore } from 'react';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { Theme } from '../../shared/ipc/envelope.ts';

/** Mantine in the window's type and radii; its colours come from tokens.css. */
export const mantineTheme: MantineThemeOverride = createTheme({
  fontFamily: 'var(--font-sans)',
  fontFamilyMonospace: 'var(--font-mono)',
  defaultRadius: 4,
  fontSizes: { xs: '11px', sm: '12px', md: '13px', lg: '15px', xl: '16px' },
  cursorType: 'default',
  components: {
    // Dialogs live inside the shell, so that locking the screen hides them with it.
    Portal: { defaultProps: { target: '#lv-portals' } },
    Modal: { defaultProps: { lockScroll: false, transitionProps: { duration: 0 } } },
  },
});

export const themeStore = createStore<{ theme: Theme }>(() => ({ theme: 'system' }));

const dark = window.matchMedia('(prefers-color-scheme: dark)');

/** The theme as chosen, and what it comes to now. Marks the page with `data-theme`; `system` follows the operating system. */
export function useTheme(): { theme: Theme; shown: 'light' | 'dark' } {
  const theme = useStore(themeStore, (state) => state.theme);
  const systemDark = useSyncExternalStore(
    (told) => {
      dark.addEventListener('change', told);
      return () => dark.removeEventListener('change', told);
    },
    () => dark.matches,
  );
  const shown = theme === 'system' ? (systemDark ? 'dark' : 'light') : theme;
  useEffect(() => {
    document.documentElement.dataset.theme = shown;
  }, [shown]);
  return { theme, shown };
}

/** Chooses the theme; the shell remembers it when there is one. */
export function setTheme(theme: Theme): void {
  themeStore.setState({ theme });
  void window.levey?.shell.setTheme(theme);
}
