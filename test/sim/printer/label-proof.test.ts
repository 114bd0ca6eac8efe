import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rasteriseText } from '../../../main/engine/output/label-raster.ts';
import { layoutLabel } from '../../../shared/labels/layout.ts';
import type { LabelModel, ReadyLabel } from '../../../shared/labels/model.ts';
import { darkBounds, readPng } from './png.ts';
import { renderLabel } from './render.ts';

const run = promisify(execFile);
const names: Record<string, string> = {
  latin: 'KOWALSKI Jan',
  polish: 'KOWALCZYK Łukasz',
  greek: 'ΠΑΠΑΔΟΠΟΥΛΟΥ Ελένη',
  cyrillic: 'ИВАНОВА Мария',
  vietnamese: 'NGUYỄN Thị Ánh Tuyết',
  arabic: 'منصور فاطمة الزهراء',
  hebrew: 'כהן יעל',
  devanagari: 'शर्मा प्रिया',
  japanese: '田中 由美子',
  thai: 'สมชาย ใจดี',
  chinese: '张伟 刘洋',
  korean: '김민준',
  long: 'WOLFESCHLEGELSTEINHAUSENBERGERDORFF-MONTGOMERY Hubertus Maximilian Alexander',
  longGreek: 'ΠΑΠΑΔΟΠΟΥΛΟΥ-ΧΑΤΖΗΚΩΝΣΤΑΝΤΙΝΟΠΟΥΛΟΥ Ελένη Μαρία Αλεξάνδρα',
  hostile: 'X ^FS~JA ^XZ_5E',
  accents: 'ÅÉÕ Ÿgj ÇÑÜ Ólafur',
};

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'levey-labels-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function label(change: Partial<LabelModel>, dpi: number): ReadyLabel {
  const layout = layoutLabel(
    {
      patientName: 'KOWALSKI Jan',
      patientId: '3381 0457',
      birthDate: '03-Feb-1960',
      sex: 'F',
      collected: '29-Jul-2026 06:25',
      collector: 'K. Obi',
      accession: '26210B20432K',
      tube: 'SST',
      position: { index: 2, of: 4 },
      tests: ['CREA', 'NA', 'K', 'CL', 'GLU', 'ALT', 'TSH', 'FT4'],
      stat: true,
      ...change,
    },
    dpi,
    rasteriseText,
  );
  if (layout.verdict !== 'ready') throw new Error(JSON.stringify(layout.because));
  return layout;
}

/** Reads a picture with zbar, a reader that shares nothing with the writer. */
async function readBarcode(file: string): Promise<string> {
  const { stdout } = await run('zbarimg', ['-q', '--raw', '-Sdisable', '-Scode128.enable', file]);
  return stdout.trim();
}

describe.each([203, 300])('printed at %i dpi', (dpi) => {
  it.each(Object.entries(names))(
    'B2 the barcode of a label for a %s name is read back',
    async (script, patientName) => {
      const layout = label({ patientName }, dpi);
      const file = path.join(directory, `${script}-${dpi}.png`);
      await writeFile(file, await renderLabel(layout.zpl, dpi));
      expect(await readBarcode(file)).toBe('26210B20432K');
    },
  );

  it.each(['26001A10001A', '99366ZZ9999Z', '26210000000', 'ABCDEFGHJKLM', '123456789012'])(
    'B2 the number %s is read back',
    async (accession) => {
      const file = path.join(directory, `${accession}-${dpi}.png`);
      await writeFile(file, await renderLabel(label({ accession, stat: false }, dpi).zpl, dpi));
      expect(await readBarcode(file)).toBe(accession);
    },
  );

  it('draws exactly the bars the layout computed, and white where the quiet zones are', async () => {
    const layout = label({}, dpi);
    const picture = readPng(await renderLabel(layout.zpl, dpi));
    const barcode = layout.elements.find((one) => one.kind === 'barcode');
    if (barcode?.kind !== 'barcode') throw new Error('no barcode');
    const row = barcode.y + Math.floor(barcode.h / 2);
    const dark = new Set<number>();
    for (const [start, width] of barcode.bars) {
      for (let dot = 0; dot < width * barcode.module; dot++)
        dark.add(barcode.x + start * barcode.module + dot);
    }
    for (let x = barcode.x - barcode.quiet; x < barcode.x + barcode.w + barcode.quiet; x++) {
      expect((picture.pixels[row * picture.width + x] ?? 0) < 128, `dot ${x}`).toBe(dark.has(x));
    }
  });

  it.each(Object.entries(names))(
    'B1 every text of a label for a %s name stays in the room it was given',
    async (_, patientName) => {
      const layout = label({ patientName, collector: 'Wm. WHITTINGHAM', tube: 'Light blue' }, dpi);
      // Each element alone on the label, so that ink tells whose it is.
      for (const element of layout.elements) {
        if (element.kind !== 'text' || element.reverse) continue;
        const field = layout.zpl
          .split('\n')
          .find((line) => line.startsWith(`^FO${element.x},${element.y}^A0`));
        const head = layout.zpl.split('\n')[0];
        const ink = darkBounds(readPng(await renderLabel(`${head}\n${field}\n^XZ`, dpi)));
        if (ink === undefined) throw new Error(`${element.role} is white`);
        expect(ink.left, element.role).toBeGreaterThanOrEqual(element.x - 1);
        expect(ink.right, element.role).toBeLessThanOrEqual(element.x + element.w + 1);
        expect(ink.bottom, element.role).toBeLessThanOrEqual(element.y + element.h);
      }
    },
  );
});

describe('pictures of names', () => {
  it.each(Object.entries(names))('prints a %s name as the dots the preview shows', async (_, patientName) => {
    const layout = label({ patientName }, 203);
    const name = layout.elements.find((one) => one.role === 'name');
    if (name?.kind !== 'graphic') {
      expect(name?.kind).toBe('text');
      return;
    }
    const picture = readPng(await renderLabel(layout.zpl, 203));
    name.picture.rows.forEach((row, y) => {
      const bits = [...row].map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0')).join('');
      const printed = Array.from({ length: name.w }, (_unused, x) =>
        (picture.pixels[(name.y + y) * picture.width + name.x + x] ?? 255) < 128 ? '1' : '0',
      ).join('');
      expect(printed).toBe(bits.slice(0, name.w));
    });
  });

  it('joins Arabic letters: the word is narrower than its letters apart', () => {
    const width = (text: string): number =>
      rasteriseText(text, { maxWidth: 4000, maxHeight: 60, size: 40, ellipsis: false }).width;
    expect(width('فاطمة')).toBeLessThan([...'فاطمة'].reduce((sum, letter) => sum + width(letter), 0));
  });

  it('writes Hebrew from right to left: the mirror word has another picture, in mirrored order', () => {
    const box = { maxWidth: 4000, maxHeight: 60, size: 40, ellipsis: false };
    const both = rasteriseText('אל', box);
    const alef = rasteriseText('א', box);
    // Alef, the first letter, stands at the right end.
    const firstColumnsOf = (rows: string[]): string[] => rows.map((row) => row.slice(0, 2));
    expect(firstColumnsOf(both.rows)).not.toEqual(firstColumnsOf(alef.rows));
    expect(both.width).toBeGreaterThan(alef.width);
  });

  it('says which characters no font has, and falls back to the Latin form', () => {
    const tibetan = 'བཀྲ་ཤིས';
    const picture = rasteriseText(tibetan, { maxWidth: 300, maxHeight: 32, size: 32, ellipsis: true });
    expect(picture.missing.length).toBeGreaterThan(0);
    const layout = label({ patientName: tibetan, patientNameLatin: 'TASHI' }, 203);
    expect(layout.zpl).toContain('^FDTASHI^FS');
    const model = {
      patientName: tibetan,
      patientId: '1',
      birthDate: '1960',
      collected: 'x',
      collector: 'y',
      accession: 'A1',
    };
    expect(layoutLabel(model, 203, rasteriseText)).toMatchObject({ verdict: 'blocked' });
  });
});

describe('renderer', () => {
  it('gives one pixel per dot', async () => {
    for (const dpi of [203, 300]) {
      const picture = readPng(await renderLabel(label({}, dpi).zpl, dpi));
      expect([picture.width, picture.height]).toEqual([2 * dpi, dpi]);
    }
    await expect(readFile(path.join(directory, 'latin-203.png'))).resolves.toBeInstanceOf(Buffer);
  });
});
