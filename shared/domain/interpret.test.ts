import { describe, expect, it } from 'vitest';
import type { ResultValue, UsedRange } from '../documents/result.ts';
import { interpret } from './interpret.ts';

const range = (limits: Partial<UsedRange>): UsedRange => ({ text: 'r', appliesTo: 'all', ...limits });
const potassium = range({ low: 3.5, high: 5.1, criticalLow: 2.8, criticalHigh: 6.2 });
const value = (number: number, comparator?: ResultValue['comparator']): ResultValue => ({
  text: `${comparator ?? ''}${number}`,
  kind: 'quantity',
  number,
  comparator,
  unit: 'mmol/L',
});
const read = (v: ResultValue, r: UsedRange = potassium) => interpret(v, r).interpretation;

describe('interpretation (V4)', () => {
  it('V4 both limits of a closed range belong to it; critical is strictly beyond', () => {
    const expected: [number, string][] = [
      [2.7, 'LL'],
      [2.8, 'L'],
      [3.4, 'L'],
      [3.5, 'N'],
      [5.1, 'N'],
      [5.2, 'H'],
      [6.2, 'H'],
      [6.3, 'HH'],
    ];
    for (const [n, flag] of expected) expect(read(value(n))).toBe(flag);
  });

  it('V4 the limit of a one-sided range is as shown: 32 is not < 32', () => {
    expect(read(value(31.9), range({ high: 32 }))).toBe('N');
    expect(read(value(32), range({ high: 32 }))).toBe('H');
    expect(read(value(60), range({ low: 60 }))).toBe('L');
    expect(read(value(61), range({ low: 60 }))).toBe('N');
  });

  it('V3 a critical value holds and names the limit', () => {
    const { because } = interpret(value(6.8), potassium);
    expect(because).toEqual([
      expect.objectContaining({ rule: 'critical', outcome: 'hold', text: 'Critical: 6.8 is above 6.2.' }),
    ]);
    expect(because[0]?.inputs).toMatchObject({ value: '6.8', limit: '6.2' });
  });

  it('R12 a comparator is read as all the numbers it allows', () => {
    expect(read(value(5, '<'), range({ low: 15, high: 150 }))).toBe('L');
    expect(read(value(5, '<'), range({ high: 5 }))).toBe('N');
    expect(read(value(5, '<='), range({ high: 5 }))).toBe('');
    expect(read(value(500, '>'), range({ low: 15, high: 150 }))).toBe('H');
    expect(read(value(60, '>'), range({ low: 60 }))).toBe('N');
    expect(read(value(60, '>='), range({ low: 60 }))).toBe('');
    expect(read(value(150, '>'), range({ low: 15, high: 150 }))).toBe('H');
    expect(read(value(2.8, '<'))).toBe('LL');
    expect(read(value(7, '>'))).toBe('HH');
  });

  it('R12 what a comparator leaves open stays open, with the reason', () => {
    const open = interpret(value(20, '<'), range({ low: 15, high: 150 }));
    expect(open.interpretation).toBe('');
    expect(open.because[0]).toMatchObject({ rule: 'interpretation', outcome: 'hold' });
    const maybe = interpret(value(3, '<'), potassium);
    expect(maybe.interpretation).toBe('L');
    expect(maybe.because[0]).toMatchObject({ rule: 'critical', outcome: 'hold' });
    const high = interpret(value(5.5, '>'), potassium);
    expect(high).toMatchObject({ interpretation: 'H', because: [{ rule: 'critical', outcome: 'hold' }] });
    expect(read(value(5, '>'))).toBe('');
  });

  it('R12 property: a comparator never claims more than the exact numbers it covers', () => {
    for (let n = 20; n <= 80; n++) {
      for (const comparator of ['<', '<=', '>', '>='] as const) {
        const said = read(value(n / 10, comparator));
        for (let x = 1; x <= 100; x++) {
          const covered = { '<': x < n, '<=': x <= n, '>': x > n, '>=': x >= n }[comparator];
          if (!covered || said === '') continue;
          const exact = read(value(x / 10));
          if (said === 'L') expect(['L', 'LL']).toContain(exact);
          else if (said === 'H') expect(['H', 'HH']).toContain(exact);
          else expect(exact).toBe(said);
        }
      }
    }
  });

  it('does not interpret an empty value, a text, another unit or a value without range', () => {
    expect(interpret({ text: '', kind: 'empty', unit: '' }, potassium)).toEqual({
      interpretation: '',
      because: [],
    });
    const text = interpret({ text: 'HEMOLYZED', kind: 'string', unit: '' }, potassium);
    expect(text).toMatchObject({
      interpretation: '',
      because: [{ rule: 'interpretation', outcome: 'hold' }],
    });
    const unit = interpret(value(4), potassium, 'mg/dL');
    expect(unit).toMatchObject({ interpretation: '', because: [{ rule: 'unit', outcome: 'hold' }] });
    expect(interpret(value(4), null)).toEqual({ interpretation: '', because: [] });
    expect(read(value(4), range({}))).toBe('');
  });
});
