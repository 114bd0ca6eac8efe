import { describe, expect, it } from 'vitest';
import {
  formatAge,
  formatBirthDate,
  formatCount,
  formatDay,
  formatRange,
  formatSigned,
  formatTime,
  formatUnit,
  formatValueText,
  formatWhen,
} from './format.ts';

const now = new Date(2026, 6, 29, 6, 42, 5);

describe('values keep the text that was sent (R12)', () => {
  it.each([
    ['5.40', '5.40'],
    ['5,40', '5,40'],
    ['0.0', '0.0'],
    ['000123', '000123'],
    ['1e-3', '1e-3'],
    ['-----', '-----'],
    ['***.**', '***.**'],
    ['POS', 'POS'],
    ['1:160', '1:160'],
    ['99999999999999999.10', '99999999999999999.10'],
  ])('%s is shown as it is', (sent, shown) => {
    expect(formatValueText(sent)).toBe(shown);
  });

  it('spaces comparators and writes a true minus', () => {
    expect(formatValueText('<5')).toBe('<\u00a05');
    expect(formatValueText('<= 0.10')).toBe('\u2264\u00a00.10');
    expect(formatValueText('5', '>')).toBe('>\u00a05');
    expect(formatValueText('-0.4')).toBe('\u22120.4');
    expect(formatValueText('>-3')).toBe('>\u00a0\u22123');
  });

  it('an empty value is the empty text, never 0', () => {
    expect(formatValueText('')).toBe('');
    expect(formatValueText('   ', '<')).toBe('');
  });
});

describe('units', () => {
  it.each([
    ['10^9/L', '10⁹/L'],
    ['10*9/L', '10⁹/L'],
    ['10*12/L', '10¹²/L'],
    ['10*-3', '10⁻³'],
    ['umol/L', 'µmol/L'],
    ['ug/dL', 'µg/dL'],
    ['m[iU]/L', 'mIU/L'],
    ['u[IU]/mL', 'µIU/mL'],
    ['mL/min/{1.73_m2}', 'mL/min/1.73\u00a0m²'],
    ['{INR}', 'INR'],
    ['U/L', 'U/L'],
    ['mmol/L', 'mmol/L'],
    ['%', '%'],
  ])('%s', (unit, shown) => {
    expect(formatUnit(unit)).toBe(shown);
  });
});

describe('times, dates, ages, counts', () => {
  it('shows the time alone today, otherwise day and month, and the year when it is another', () => {
    expect(formatWhen(new Date(2026, 6, 29, 5, 5), now)).toBe('05:05');
    expect(formatWhen(new Date(2026, 6, 28, 21, 40), now)).toBe('28 Jul 21:40');
    expect(formatWhen(new Date(2025, 8, 3, 9, 0), now)).toBe('3 Sep 2025 09:00');
    expect(formatWhen('nonsense', now)).toBe('');
    expect(formatTime(now, true)).toBe('06:42:05');
    expect(formatDay(now, 'de')).toMatch(/29\. Juli?/);
  });

  it('writes partial birth dates and half-open ages', () => {
    expect(formatBirthDate('1965-03-14')).toBe('14 Mar 1965');
    expect(formatBirthDate('1965-03')).toBe('Mar 1965');
    expect(formatBirthDate('1965')).toBe('1965');
    expect(formatAge('2026-07-27', now)).toBe('2 d');
    expect(formatAge('2025-01-29', now)).toBe('18 m');
    expect(formatAge('2024-07-29', now)).toBe('2 y');
    expect(formatAge('1965-07-30', now)).toBe('60 y');
    expect(formatAge('', now)).toBe('');
    expect(formatAge('2030-01-01', now)).toBe('');
  });

  it('groups counts and writes ranges and signs', () => {
    expect(formatCount(1182)).toBe('1\u202f182');
    expect(formatCount(12)).toBe('12');
    expect(formatRange('3.5', '5.10')).toBe('3.5\u20135.10');
    expect(formatRange(undefined, 32)).toBe('<\u00a032');
    expect(formatRange(10, undefined)).toBe('>\u00a010');
    expect(formatRange(undefined, undefined)).toBe('');
    expect(formatSigned('2.7')).toBe('+2.7');
    expect(formatSigned('-26')).toBe('\u221226');
    expect(formatSigned('0.0')).toBe('0.0');
  });
});
