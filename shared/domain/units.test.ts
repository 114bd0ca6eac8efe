import { describe, expect, it } from 'vitest';
import { displayUnit, sameUnit } from './units.ts';

describe('units', () => {
  it('shows UCUM codes as a laboratory writes them', () => {
    const shown: [string, string][] = [
      ['10*9/L', '10⁹/L'],
      ['10*12/L', '10¹²/L'],
      ['umol/L', 'µmol/L'],
      ['ug/L', 'µg/L'],
      ['mmol/L', 'mmol/L'],
      ['m[IU]/L', 'mIU/L'],
      ['[IU]/L', 'IU/L'],
      ['U/L', 'U/L'],
      ['fL', 'fL'],
      ['%', '%'],
      ['{ratio}', ''],
      ['{cells}/uL', '/µL'],
      ['1', ''],
      ['mL/min/{1.73_m2}', 'mL/min/1.73 m²'],
    ];
    for (const [code, text] of shown) expect(displayUnit(code)).toBe(text);
  });

  it('holds only the very same code for the same unit', () => {
    expect(sameUnit('mmol/L', 'mmol/L')).toBe(true);
    expect(sameUnit('mmol/L', 'mmol/l')).toBe(false);
    expect(sameUnit('mg/dL', 'mg/L')).toBe(false);
  });
});
