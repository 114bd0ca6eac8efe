import { expect, it } from 'vitest';
import { collectTexts } from '../../i18n/index.ts';

/** Every text of one namespace by its key, with the names of what is put into it. */
function said(texts: object, prefix = ''): string[] {
  return Object.entries(texts).flatMap(([key, text]) =>
    typeof text === 'string'
      ? [`${prefix}${key} ${[...text.matchAll(/\{\{(\w+)/g)].map(([, name]) => name).sort()}`]
      : said(text as object, `${prefix}${key}.`),
  );
}

it.each(['instruments', 'decoder', 'mapping', 'replay', 'selftest', 'verification'])(
  'says everything of %s in German too, with the same facts in it',
  (namespace) => {
    const { en, de } = collectTexts();
    const english = said(en?.[namespace] ?? {});
    expect(english.length).toBeGreaterThan(20);
    expect(said(de?.[namespace] ?? {}).sort()).toEqual(english.sort());
  },
);
