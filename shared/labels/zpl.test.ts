import { describe, expect, it } from 'vitest';
import { encodeCode128 } from './code128.ts';
import { code128Field, escapeField, graphicField, solidBox, textField } from './zpl.ts';

describe('ZPL writer', () => {
  it('leaves no live command in a hostile name', () => {
    const field = textField(8, 8, 30, 30, 'X ^FS~JA ^XZ_5E\\&\u0002\n');
    expect(field).toBe('^FO8,8^A0N,30,30^FH_^FDX _5EFS_7EJA _5EXZ_5F5E_5C&_02_0A^FS\n');
    const inside = field.slice(field.indexOf('^FD') + 3, field.indexOf('^FS'));
    expect(inside).not.toMatch(/[\^~\u0000-\u001f]/);
  });

  it('never lets any single character through as a command', () => {
    for (let code = 0; code < 0x3000; code++) {
      expect(escapeField(String.fromCharCode(code))).not.toMatch(
        /[\^~\u0000-\u001f\u007f-\u009f\u2028\u2029]/,
      );
    }
    expect(escapeField('_')).toBe('_5F');
    expect(escapeField('\ud800x')).toBe('\ufffdx');
    expect(escapeField('Łukasz 田中')).toBe('Łukasz 田中');
  });

  it('spells out the character sets of a barcode', () => {
    expect(code128Field(20, 64, 2, 60, encodeCode128('26210B20432K'))).toMatch(
      /^\^FO20,64\^BY2,3,60\^BCN,60,N,N,N,N\^FD>;2621>6[0-9B>K]+\^FS\n$/,
    );
    expect(() => code128Field(0, 0, 2, 60, encodeCode128('ab^XZ'))).toThrow(RangeError);
    expect(() => code128Field(0, 0, 2, 60, encodeCode128('A>B'))).toThrow(RangeError);
  });

  it('packs pictures with repeats and refuses rows that are not packed', () => {
    const row = 'FF0000000000000000F0';
    expect(graphicField(0, 0, { width: 80, height: 3, rows: [row, row, '00000000000000000000'] })).toBe(
      '^FO0,0^GFA,30,30,10,FFV0F,:,^FS\n',
    );
    expect(() => graphicField(0, 0, { width: 16, height: 1, rows: ['F^XZ'] })).toThrow(RangeError);
  });

  it('refuses sizes that are not whole dots', () => {
    expect(() => solidBox(1.5, 0, 10, 10)).toThrow(RangeError);
    expect(() => solidBox(0, 0, Number.NaN, 10)).toThrow(RangeError);
    expect(() => textField(-1, 0, 10, 10, 'x')).toThrow(RangeError);
  });
});
