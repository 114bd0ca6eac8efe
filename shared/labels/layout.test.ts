import { describe, expect, it } from 'vitest';
import { groupAccession, labelDate, labelTime } from './format.ts';
import { layoutLabel } from './layout.ts';
import type { LabelElement, LabelModel, ReadyLabel, RequiredElement } from './model.ts';
import { labelSvg } from './svg.ts';

const model: LabelModel = {
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
};

function ready(change: Partial<LabelModel> = {}, dpi = 203): ReadyLabel {
  const label = layoutLabel({ ...model, ...change }, dpi);
  if (label.verdict !== 'ready') throw new Error(JSON.stringify(label.because));
  return label;
}

function overlaps(a: LabelElement, b: LabelElement): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

describe('specimen label', () => {
  it.each<[keyof LabelModel, RequiredElement]>([
    ['patientName', 'patient name'],
    ['patientId', 'patient id'],
    ['birthDate', 'birth date'],
    ['collected', 'collection time'],
    ['collector', 'collector'],
    ['accession', 'accession number'],
  ])('B1 without %s the label is blocked and says so', (key, element) => {
    for (const empty of ['', '   ']) {
      const label = layoutLabel({ ...model, [key]: empty }, 203);
      expect(label).toMatchObject({ verdict: 'blocked', missing: [element] });
      expect(label).not.toHaveProperty('zpl');
    }
  });

  it('B1 names every missing element', () => {
    const label = layoutLabel({ ...model, collector: '', birthDate: '' }, 203);
    expect(label).toMatchObject({ verdict: 'blocked', missing: ['birth date', 'collector'] });
  });

  it.each([203, 300, 600])('B1 B2 at %i dpi everything lies on the label and nothing overlaps', (dpi) => {
    const hostile = 'WOLFESCHLEGELSTEINHAUSENBERGERDORFF-MONTGOMERY Hubertus Maximilian';
    for (const patientName of ['Ng Li', model.patientName, hostile]) {
      const label = ready(
        { patientName, collector: 'Bartholomew Featherstonehaugh-Cholmondeley', tube: 'Light blue citrate' },
        dpi,
      );
      expect(label.width).toBe(Math.round(2 * dpi));
      expect(label.height).toBe(dpi);
      const visible = label.elements.filter((one) => !(one.kind === 'text' && one.role === 'stat'));
      for (const one of visible) {
        expect(
          one.x >= 0 && one.y >= 0 && one.x + one.w <= label.width && one.y + one.h <= label.height,
        ).toBe(true);
        for (const other of visible)
          if (one !== other) expect(overlaps(one, other), `${one.role}/${other.role}`).toBe(false);
      }
    }
  });

  it.each([
    [203, 2],
    [300, 3],
    [600, 6],
  ])('B2 at %i dpi a module is %i whole dots with ten modules of quiet', (dpi, module) => {
    const label = ready({}, dpi);
    const barcode = label.elements.find((one) => one.kind === 'barcode');
    if (barcode?.kind !== 'barcode') throw new Error('no barcode');
    expect(barcode.module).toBe(module);
    expect(barcode.quiet).toBe(10 * module);
    expect(barcode.x).toBeGreaterThanOrEqual(barcode.quiet);
    const right = barcode.x + barcode.w + barcode.quiet;
    expect(right).toBeLessThanOrEqual(label.width);
    for (const one of label.elements) {
      if (one === barcode || one.y + one.h <= barcode.y || one.y >= barcode.y + barcode.h) continue;
      expect(one.x >= right).toBe(true);
    }
  });

  it('B2 blocks a number the barcode cannot carry or the label cannot hold', () => {
    for (const accession of ['26210b20432k', '26210^XZ', '26210B20432K26210B20432K']) {
      expect(layoutLabel({ ...model, accession }, 203)).toMatchObject({
        verdict: 'blocked',
        because: [{ rule: 'B2' }],
      });
    }
  });

  it('B1 shortens a long name with dots but never the patient id', () => {
    const name = ready({
      patientName: 'WOLFESCHLEGELSTEINHAUSENBERGERDORFF-MONTGOMERY Hubertus Maximilian Alexander',
    });
    const shown = name.elements.find((one) => one.role === 'name');
    expect(shown?.kind === 'text' && shown.text).toMatch(/^WOLFESCHLEGELSTEINHAUSEN.*\.\.\.$/);
    const label = layoutLabel({ ...model, patientId: '1234567890 1234567890 1234567890 1234567890' }, 203);
    expect(label).toMatchObject({
      verdict: 'blocked',
      because: [{ rule: 'B1', inputs: { element: 'patient-id' } }],
    });
  });

  it('shows the number grouped, the tube, its place and STAT only when urgent', () => {
    const texts = (label: ReadyLabel): string[] =>
      label.elements.flatMap((one) => (one.kind === 'text' ? [one.text] : []));
    expect(texts(ready())).toEqual(expect.arrayContaining(['26-210-B2-0432-K', 'SST', '2 of 4', 'STAT']));
    expect(texts(ready({ stat: false }))).not.toContain('STAT');
  });

  it('is inert against a name made of printer commands', () => {
    const { zpl } = ready({ patientName: 'X ^FS~JA^XZ', collector: '^XA~JR' });
    expect(zpl.match(/\^XA/g)).toHaveLength(1);
    expect(zpl.match(/\^XZ/g)).toHaveLength(1);
    expect(zpl).not.toContain('~');
  });

  it('B1 never prints a script nobody can draw', () => {
    expect(layoutLabel({ ...model, patientName: '田中 由美子' }, 203)).toMatchObject({ verdict: 'blocked' });
  });

  it('draws the same geometry as SVG, with the name escaped', () => {
    const svg = labelSvg(ready({ patientName: '<b>"X"&' }));
    expect(svg).toContain('viewBox="0 0 406 203"');
    expect(svg).toContain('&#60;b&#62;&#34;X&#34;&#38;');
    expect(svg).not.toContain('<b>');
  });
});

describe('texts of labels', () => {
  it('writes the month in letters', () => {
    expect(labelDate('1960-02-03')).toBe('03-Feb-1960');
    expect(labelDate('1960-02')).toBe('Feb-1960');
    expect(labelDate('1960')).toBe('1960');
    expect(labelDate('03.02.1960')).toBe('');
  });

  it('writes an instant in the time of the place', () => {
    expect(labelTime('2026-07-29T04:25:00.000Z', 'Europe/Berlin')).toBe('29-Jul-2026 06:25');
    expect(labelTime('2026-07-28T22:00:00.000Z', 'Europe/Berlin')).toBe('29-Jul-2026 00:00');
    expect(labelTime('never', 'Europe/Berlin')).toBe('');
  });

  it('groups an accession number and leaves others alone', () => {
    expect(groupAccession('26210B20432K')).toBe('26-210-B2-0432-K');
    expect(groupAccession('OLD-17')).toBe('OLD-17');
  });
});
