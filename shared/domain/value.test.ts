import { describe, expect, it } from 'vitest';
import { multiplyDecimal, parseValue } from './value.ts';

describe('R12 values', () => {
  it.each([
    ['5.40', 5.4, undefined],
    ['>500', 500, '>'],
    ['<0.1', 0.1, '<'],
    ['>= 3', 3, '>='],
    ['\u2264 7,5', 7.5, '<='],
    ['5,40', 5.4, undefined],
    ['0,123', 0.123, undefined],
    ['1234,567', 1234.567, undefined],
    ['\u22122.5', -2.5, undefined],
    ['-2.5', -2.5, undefined],
    ['.5', 0.5, undefined],
    ['1.2E+03', 1200, undefined],
    [' 140 ', 140, undefined],
    ['0', 0, undefined],
  ])('R12 %s is a quantity and keeps its text', (text, number, comparator) => {
    expect(parseValue(text)).toEqual({ text, kind: 'quantity', number, ...(comparator && { comparator }) });
  });

  it.each([
    '-----',
    '***.**',
    '+',
    '+1',
    '1:80',
    '1,234',
    '12,345',
    '1.234,5',
    '1,2,3',
    'NEG',
    '5.4 H',
    '<',
    '>-',
    'NaN',
    '0x10',
    '1e999',
    '5.4.1',
    '> > 5',
  ])('R12 %s stays a string', (text) => {
    expect(parseValue(text)).toEqual({ text, kind: 'string' });
  });

  it('R11 R12 nothing given is empty, never zero', () => {
    for (const text of ['', ' ', '\t']) expect(parseValue(text)).toEqual({ text, kind: 'empty' });
  });

  it('R12 the profile can settle what a comma means', () => {
    expect(parseValue('1,234', { comma: 'decimal' }).number).toBe(1.234);
    expect(parseValue('5,40', { comma: 'none' }).kind).toBe('string');
  });

  it('R12 factors multiply exactly and do not round', () => {
    expect(multiplyDecimal('5.40', '0.5')).toBe('2.700');
    expect(multiplyDecimal('0.1', '3')).toBe('0.3');
    expect(multiplyDecimal('-1.1', '1.1')).toBe('-1.21');
    expect(multiplyDecimal('-0.1', '0.1')).toBe('-0.01');
    expect(multiplyDecimal('140', '1')).toBe('140');
    expect(() => multiplyDecimal('1e5', '1')).toThrow(RangeError);
  });
});
