import i18next from 'i18next';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Language } from '../../shared/ipc/envelope.ts';
import { collectTexts } from './index.ts';
import { ageText, reasonText, sexText, whoText } from './who.ts';

const instance = i18next.createInstance();
beforeAll(() => instance.init({ lng: 'en', resources: collectTexts(), initAsync: false }));
const sayIn = (language: Language) => instance.getFixedT(language) as (key: string) => string;

describe('short words of the engine in the language of the window', () => {
  it.each([
    ['61 y', '61 y', '61 J'],
    ['5 mo', '5 mo', '5 Mon'],
    ['92–93 y', '92–93 y', '92–93 J'],
    ['2 d', '2 d', '2 T'],
    ['', '', ''],
    ['age unknown', 'age unknown', 'age unknown'],
  ])('the age %s', (age, english, german) => {
    expect(ageText(sayIn('en'), age)).toBe(english);
    expect(ageText(sayIn('de'), age)).toBe(german);
  });

  it('a sex by its letter, and a dash where it is not known', () => {
    expect(['M', 'F', 'X', ''].map((sex) => sexText(sayIn('de'), sex))).toEqual(['M', 'W', 'D', '–']);
    expect(whoText(sayIn('en'), { sex: 'F', age: '61 y' })).toBe('F 61 y');
    expect(whoText(sayIn('de'), { sex: '', age: '61 y' }, ' · ')).toBe('– · 61 J');
    expect(whoText(sayIn('de'), { sex: 'F', age: '' })).toBe('W');
  });

  it.each([
    ['QC', 'QK'],
    ['3 rules', '3 Regeln'],
    ['no sex', 'Geschlecht'],
    ['H-index', 'H-index'],
    ['ML', 'ML'],
    ['constructor', 'constructor'],
    ['', ''],
  ])('the reason %s', (reason, german) => {
    expect(reasonText(sayIn('en'), reason)).toBe(reason);
    expect(reasonText(sayIn('de'), reason)).toBe(german);
  });
});
