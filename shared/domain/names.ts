import type { PatientDoc } from '../documents/patient.ts';

type Named = Pick<PatientDoc, 'familyName' | 'givenName' | 'transliteration'>;

/** Longest name key the store's index takes. */
const KEY_LENGTH = 120;

/** Prefixes that keep their small letters before a family name in capitals: Irish and Scottish `nÓg`, `Mac` and `Mc`. */
const smallPrefix = /^(Mac|Mc)(?=\p{Lu})/u;

/**
 * A family name in capitals where its script has them: `NGUYỄN`, `ΠΑΠΑΔΟΠΟΥΛΟΥ`; `田中` stays as it is. Letters with no
 * capital of their own stay; `ß` becomes `ẞ`. Prefixes as in `McKENNA` keep their small letters.
 */
export function capitals(familyName: string): string {
  const name = familyName.normalize('NFC').replace(/ß/g, 'ẞ');
  const prefix = smallPrefix.exec(name)?.[0] ?? '';
  const rest = name.slice(prefix.length);
  // Greek capitals carry no accent: Παπαδοπούλου is ΠΑΠΑΔΟΠΟΥΛΟΥ.
  return prefix + (/\p{Script=Greek}/u.test(rest) ? rest.toLocaleUpperCase('el') : rest.toUpperCase());
}

/** True for scripts in which family and given name stand without a space, family name first (Han, kana, Hangul). */
function withoutSpace(text: string): boolean {
  return /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}々ー]+$/u.test(text);
}

export interface DisplayName {
  /** In the patient's own script, family name first: `NGUYỄN Thị Hương`, `田中 由美子`. To be wrapped in `<bdi>`. */
  name: string;
  /** Latin form to stand second; empty when there is none or it says the same. */
  transliteration: string;
}

/** A patient's name as shown. A name of one part shows that part; no name at all shows as `name unknown`. */
export function displayName(patient: Named): DisplayName {
  const family = capitals(patient.familyName.trim());
  const given = patient.givenName.normalize('NFC').trim();
  const name = [family, given].filter((part) => part !== '').join(' ') || 'name unknown';
  const transliteration = patient.transliteration.normalize('NFC').trim();
  if (transliteration === '') return { name, transliteration };
  return { name, transliteration: fold(transliteration) === fold(name) ? '' : transliteration };
}

/**
 * Text as the search compares it: lower case, without diacritics, Arabic and Hebrew marks and apostrophes; letters that do not decompose
 * are spelled out (`ø` o, `ł` l, `ß` ss, `æ` ae, `đ` d, `ı` i); runs of anything but letters and digits become one space.
 */
export function fold(text: string): string {
  const folded = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0640]/g, '')
    .replace(/[øœłßæđðþıς]/g, (c) => spelled[c] ?? c)
    .replace(/['’ʼ`´]/g, '')
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
    .trim();
  return folded.normalize('NFC');
}

const spelled: Record<string, string> = {
  ø: 'o',
  œ: 'oe',
  ł: 'l',
  ß: 'ss',
  æ: 'ae',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
  ς: 'σ',
};

/** `nameKey` of a patient: folded family, given name, transliteration and identifier; at most 120 characters, never half of one. */
export function nameKeyOf(patient: Named & Pick<PatientDoc, 'identifier'>): string {
  const parts = [patient.familyName, patient.givenName, patient.transliteration, patient.identifier];
  const key = parts
    .map(fold)
    .filter((part) => part !== '')
    .join(' ');
  if (key.length <= KEY_LENGTH) return key;
  let cut = '';
  for (const c of key) {
    if (cut.length + c.length > KEY_LENGTH) break;
    cut += c;
  }
  return cut.trimEnd();
}

/** Two initials of a person who works here: `Maja Lindqvist` gives `ML`; one name gives its first two letters; names without spaces their first letter. */
export function initials(name: string): string {
  const words = name
    .normalize('NFC')
    .trim()
    .split(/[\s-]+/)
    .filter((word) => /\p{L}/u.test(word));
  const first = words[0];
  if (first === undefined) return '';
  if (withoutSpace(first)) return [...first][0] ?? '';
  const letters = (word: string): string[] => [...word].filter((c) => /\p{L}/u.test(c));
  const last = words.at(-1);
  if (words.length === 1 || last === undefined) return letters(first).slice(0, 2).join('').toUpperCase();
  return ((letters(first)[0] ?? '') + (letters(last)[0] ?? '')).toUpperCase();
}
