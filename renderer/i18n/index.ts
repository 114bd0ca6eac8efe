import i18next, { type i18n } from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { Language } from '../../shared/ipc/envelope.ts';
import { formatCount } from './format.ts';

/** The languages of the window. A feature adds `en/<feature>.ts` (and others when translated); it is found by its name. */
export const languages: readonly Language[] = ['en', 'de'];

type Texts = { readonly [key: string]: string | Texts };
const files = import.meta.glob<{ default: Texts }>('./*/*.ts', { eager: true });

/** Collects `./<language>/<namespace>.ts` into i18next resources. */
export function collectTexts(): Record<string, Record<string, Texts>> {
  const resources: Record<string, Record<string, Texts>> = {};
  for (const [path, module] of Object.entries(files)) {
    const [, language, namespace] = /^\.\/([a-z]{2})\/(.+)\.ts$/.exec(path) ?? [];
    if (language === undefined || namespace === undefined) continue;
    resources[language] ??= {};
    resources[language][namespace] = module.default;
  }
  return resources;
}

/** Starts i18next with every text file; English is what remains when a translation is missing. */
export function startI18n(language: Language = 'en'): i18n {
  if (!i18next.isInitialized) {
    void i18next.use(initReactI18next).init({
      lng: language,
      fallbackLng: 'en',
      defaultNS: 'app',
      resources: collectTexts(),
      interpolation: { escapeValue: false },
      returnNull: false,
      initAsync: false,
    });
  }
  // `{{count, grouped}}` writes 1 182.
  i18next.services.formatter?.add('grouped', (value) => formatCount(Number(value)));
  document.documentElement.lang = i18next.language;
  return i18next;
}

/** Switches the language of the whole window at once and marks the page with it. */
export async function showLanguage(language: Language): Promise<void> {
  if (language === i18next.language) return;
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}

/** Chooses the language; the shell remembers it when there is one. */
export async function setLanguage(language: Language): Promise<void> {
  // The shell first: what it tells meanwhile has the language chosen.
  try {
    await window.levey?.shell.setLanguage(language);
  } finally {
    await showLanguage(language);
  }
}

export { i18next };
