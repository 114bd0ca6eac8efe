import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layoutLabel } from '../../../shared/labels/layout.ts';
import type { ReadyLabel } from '../../../shared/labels/model.ts';
import { labelPdf } from './label-pdf.ts';
import { rasteriseText } from './label-raster.ts';

const run = promisify(execFile);
let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'levey-label-pdf-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function label(patientName: string): ReadyLabel {
  const model = {
    patientName,
    patientId: '3381 0457',
    birthDate: '03-Feb-1960',
    sex: 'F',
    collected: '29-Jul-2026 06:25',
    collector: 'K. Obi',
    accession: '26210B20432K',
    stat: true,
  };
  const layout = layoutLabel(model, 203, rasteriseText);
  if (layout.verdict !== 'ready') throw new Error('blocked');
  return layout;
}

describe('labels as PDF', () => {
  it('B1 B2 has one page of 50.8 x 25.4 mm per label, vectors only, with a barcode that is read back', async () => {
    const file = path.join(directory, 'labels.pdf');
    await writeFile(
      file,
      labelPdf([label('KOWALSKI Jan'), label('منصور فاطمة')], '2026-07-29T08:52:00.000Z'),
    );
    const { stdout: info } = await run('pdfinfo', [file]);
    expect(info).toMatch(/Pages:\s+2/);
    expect(info).toMatch(/Page size:\s+144 x 72 pts/);
    const { stdout: images } = await run('pdfimages', ['-list', file]);
    expect(images.trim().split('\n')).toHaveLength(2);
    await run('pdftoppm', ['-r', '406', '-gray', '-png', file, path.join(directory, 'page')]);
    for (const page of ['page-1.png', 'page-2.png']) {
      const { stdout } = await run('zbarimg', [
        '-q',
        '--raw',
        '-Sdisable',
        '-Scode128.enable',
        path.join(directory, page),
      ]);
      expect(stdout.trim()).toBe('26210B20432K');
    }
    const { stdout: text } = await run('pdftotext', [file, '-']);
    expect(text).toContain('KOWALSKI Jan');
    expect(text).toContain('03-Feb-1960 F');
  });

  it('gives the same bytes for the same labels', () => {
    const make = (): Buffer => Buffer.from(labelPdf([label('KOWALSKI Jan')], '2026-07-29T08:52:00.000Z'));
    expect(make().equals(make())).toBe(true);
  });

  it('refuses to make an empty file', () => {
    expect(() => labelPdf([], '2026-07-29T08:52:00.000Z')).toThrow(RangeError);
  });
});
