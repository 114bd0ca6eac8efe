import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { formatBirthDate, formatDay, formatWhen } from './format.ts';

/** The formatters that depend on the language, bound to the one chosen. */
export function useFormat() {
  const { i18n } = useTranslation();
  const language = i18n.language;
  return useMemo(
    () => ({
      language,
      day: (when: string | Date, now?: Date) => formatDay(when, language, now),
      when: (when: string | Date, now: Date) => formatWhen(when, now, language),
      birthDate: (birthDate: string) => formatBirthDate(birthDate, language),
      longDay: (when: Date) =>
        new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
          weekday: 'long',
          day: 'numeric',
          month: 'long',
          year: 'numeric',
        })
          .format(when)
          .replace(',', ''),
    }),
    [language],
  );
}
