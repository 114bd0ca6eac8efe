import { describe, expect, it } from 'vitest';
import { collectTexts, languages } from './index.ts';

type Texts = { readonly [key: string]: string | Texts };

/** Every text of a namespace by its full key, as i18next is asked for it. */
function flat(texts: Texts, before = ''): [key: string, text: string][] {
  return Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [[before + key, value]] : flat(value, `${before}${key}.`),
  );
}

/** What is filled in, with how it is written: `{{count, grouped}}`. */
function filledIn(text: string): string[] {
  return (text.match(/\{\{.*?\}\}/g) ?? []).map((one) => one.replace(/\s/g, '')).sort();
}

const texts = collectTexts();
const textsOf = (language: string) =>
  new Map(
    Object.entries(texts[language] ?? {}).flatMap(([namespace, of]) =>
      flat(of).map(([key, text]) => [`${namespace}:${key}`, text] as const),
    ),
  );
const english = textsOf('en');
const others = languages.filter((language) => language !== 'en');

describe.each(others)('the texts in %s', (language) => {
  const translated = textsOf(language);

  it('are the same ones as in English, none missing and none too many', () => {
    expect(english.size).toBeGreaterThan(1_000);
    expect([...english.keys()].filter((key) => !translated.has(key))).toEqual([]);
    expect([...translated.keys()].filter((key) => !english.has(key))).toEqual([]);
  });

  it('have the same things filled in', () => {
    const differ = [...english].filter(
      ([key, text]) => filledIn(text).join() !== filledIn(translated.get(key) ?? '').join(),
    );
    expect(differ.map(([key, text]) => [key, text, translated.get(key)])).toEqual([]);
  });

  it('say something, and no sentence was left in English', () => {
    expect([...translated].filter(([, text]) => text.trim() === '')).toEqual([]);
    const sentence = /\p{L}{2,}(?: \p{L}{2,}){2}/u;
    expect([...english].filter(([key, text]) => sentence.test(text) && translated.get(key) === text)).toEqual(
      [],
    );
  });
});
