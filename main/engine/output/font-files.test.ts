import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Blob, Face, Font } from 'harfbuzzjs';
import { describe, expect, it } from 'vitest';
import { unpackFont } from './font-files.ts';
import { fontFor } from './fonts.ts';
import { shapeText } from './shaper.ts';

const require = createRequire(import.meta.url);
const file = (name: string): Buffer => readFileSync(require.resolve(`@fontsource/${name}`));
const open = (bytes: Uint8Array): Font => new Font(new Face(new Blob(unpackFont(bytes))));

describe('web fonts', () => {
  it.each([
    'ibm-plex-sans-arabic/files/ibm-plex-sans-arabic-arabic-600-normal',
    'ibm-plex-sans-devanagari/files/ibm-plex-sans-devanagari-devanagari-400-normal',
    'ibm-plex-sans-hebrew/files/ibm-plex-sans-hebrew-hebrew-600-normal',
    'ibm-plex-sans-thai/files/ibm-plex-sans-thai-thai-400-normal',
    'ibm-plex-sans-jp/files/ibm-plex-sans-jp-100-600-normal',
  ])('WOFF2 and WOFF of %s hold the same characters, outlines and widths', (name) => {
    const [one, two] = [open(file(`${name}.woff`)), open(file(`${name}.woff2`))];
    const characters = [...one.face.collectUnicodes()];
    expect([...two.face.collectUnicodes()]).toEqual(characters);
    expect(characters.length).toBeGreaterThan(5);
    for (const character of characters) {
      const [left, right] = [one.nominalGlyph(character) ?? 0, two.nominalGlyph(character) ?? 0];
      expect(two.glyphHAdvance(right)).toBe(one.glyphHAdvance(left));
      expect(two.glyphToPath(right), `U+${character.toString(16)}`).toBe(one.glyphToPath(left));
    }
  });

  it('refuses a damaged file', () => {
    const bytes = file('ibm-plex-sans-hebrew/files/ibm-plex-sans-hebrew-hebrew-600-normal.woff2');
    expect(() => unpackFont(bytes.subarray(0, 400))).toThrow();
    expect(() => unpackFont(bytes.subarray(0, 40))).toThrow();
  });
});

describe('fonts', () => {
  const names = {
    simplified: '张伟 刘洋',
    traditional: '陳怡君 鄭',
    korean: '김민준',
    bengali: 'রহিমা খাতুন',
    tamil: 'முருகன்',
    telugu: 'వెంకటేశ్వర',
    kannada: 'ಕೃಷ್ಣ',
    sinhala: 'නිමල්',
    khmer: 'សុខា',
    armenian: 'Արամ',
    georgian: 'ნინო',
    ethiopic: 'አበበ',
    urdu: 'ٹیپو سلطان',
    persian: 'پژمان گل‌محمدی',
    ukrainian: 'Їжакевич Ґалаґан',
    turkish: 'ŞAHİN Ayşe Çağrı',
  };

  it.each(Object.entries(names))('have a %s name, with ink for every visible character', (_, name) => {
    for (const weight of [400, 600] as const) {
      const shaped = shapeText(name, weight);
      expect(shaped.missing).toEqual([]);
      expect(shaped.ink.right - shaped.ink.left).toBeGreaterThan(1);
      expect(shaped.spans.map((span) => span.text).join('').length).toBe(name.length);
    }
  });

  it('are bolder in the bold weight, in families that keep all weights in one file', () => {
    const stem = (weight: 400 | 600): number => {
      const font = fontFor('김'.codePointAt(0) ?? 0, weight);
      return font?.font.glyphExtents(font.font.nominalGlyph('김'.codePointAt(0) ?? 0) ?? 0)?.width ?? 0;
    };
    expect(stem(600)).not.toBe(stem(400));
  });

  it('put the first letter of a right-to-left name at the right, and keep a Latin part readable', () => {
    const spans = shapeText('כהן A1', 400).spans;
    const visual = [...spans]
      .sort((a, b) => a.x - b.x)
      .map((span) => span.text)
      .join('');
    expect(visual).toBe('A1 ןהכ');
  });

  it('reorder a Devanagari vowel sign before its consonant', () => {
    // KA + SIGN I: the sign is drawn left of the letter it follows.
    const [ka, sign] = [shapeText('क', 400), shapeText('कि', 400)];
    expect(sign.width).toBeGreaterThan(ka.width);
    expect(sign.path.slice(0, 3)).not.toEqual(ka.path.slice(0, 3));
  });
});
