import { describe, expect, it } from 'vitest';
import { barsOf, encodeCode128, widthWithQuietZones } from './code128.ts';

/** What a reader does: follows starts, switches and shifts. */
function decode(data: ReturnType<typeof encodeCode128>): string {
  let set = 'B';
  let shifted: string | undefined;
  let text = '';
  for (const { value } of data.steps.slice(0, -2)) {
    const now = shifted ?? set;
    shifted = undefined;
    if (value >= 103) set = 'ABC'[value - 103] ?? 'B';
    else if (value === 99 && now !== 'C') set = 'C';
    else if (value === 100 && now !== 'B') set = 'B';
    else if (value === 101 && now !== 'A') set = 'A';
    else if (value === 98 && now !== 'C') shifted = now === 'A' ? 'B' : 'A';
    else if (now === 'C') text += String(value).padStart(2, '0');
    else if (now === 'A' && value >= 64) text += String.fromCharCode(value - 64);
    else text += String.fromCharCode(value + 32);
  }
  return text;
}

describe('Code 128 (B2)', () => {
  it('B2 has the check character of the published example PJJ123C', () => {
    const symbol = encodeCode128('PJJ123C');
    // Start A 103 or B 104 with the same data values: (104 + 1*48 + 2*42 + 3*42 + 4*17 + 5*18 + 6*19 + 7*35) mod 103 = 55.
    expect(symbol.steps[0]?.value).toBe(104);
    expect(symbol.check).toBe(55);
  });

  it('B2 packs digit pairs in set C and starts there for a run of four', () => {
    expect(encodeCode128('123456').steps.map((step) => step.value)).toEqual([105, 12, 34, 56, 44, 106]);
    expect(
      encodeCode128('12')
        .steps.map((step) => step.value)
        .slice(0, 2),
    ).toEqual([105, 12]);
  });

  it('B2 takes the shortest way for an accession number: 13 symbols and the stop are 156 modules', () => {
    const symbol = encodeCode128('26210B20432K');
    expect(symbol.modules).toBe(13 * 11 + 13);
    expect(widthWithQuietZones(symbol)).toBe(176);
    expect(symbol.steps.some((step) => step.set === 'A')).toBe(false);
  });

  it('shifts for one control character, changes set for more', () => {
    const values = (text: string): number[] => encodeCode128(text).steps.map((step) => step.value);
    expect(values('ab\tcd')).toContain(98);
    expect(values('ab\t\t\tCD')).toContain(101);
    expect(values('ab\t\t\tCD')).not.toContain(98);
  });

  it('is read back as written, whatever the mixture of digits, letters and controls', () => {
    let seed = 20260729;
    const next = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return Math.floor((seed / 2147483648) * below);
    };
    for (let round = 0; round < 400; round++) {
      const pool = ['0123456789', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789', 'abcXYZ019 \t\r~'][round % 3] ?? '';
      const text = Array.from({ length: 1 + next(18) }, () => pool[next(pool.length)]).join('');
      const symbol = encodeCode128(text);
      expect(decode(symbol), `seed 20260729 round ${round}`).toBe(text);
      expect(symbol.modules).toBe((symbol.steps.length - 1) * 11 + 13);
      const sum = symbol.steps
        .slice(0, -2)
        .reduce((total, step, at) => total + step.value * (at === 0 ? 1 : at), 0);
      expect(symbol.check).toBe(sum % 103);
    }
  });

  it('gives bars that alternate with spaces and end where the symbol ends', () => {
    const symbol = encodeCode128('26210B20432K');
    const bars = barsOf(symbol);
    const [start, width] = bars[bars.length - 1] ?? [0, 0];
    expect(start + width).toBe(symbol.modules);
    for (let at = 1; at < bars.length; at++) {
      expect((bars[at]?.[0] ?? 0) - (bars[at - 1]?.[0] ?? 0)).toBeGreaterThan(bars[at - 1]?.[1] ?? 0);
    }
  });

  it('refuses what it cannot carry', () => {
    expect(() => encodeCode128('')).toThrow(RangeError);
    expect(() => encodeCode128('Ä')).toThrow(RangeError);
  });
});
