import { describe, expect, it } from 'vitest';
import { establishTarget } from './target.ts';

const twenty = (text: string) => Array.from({ length: 20 }, () => text);

describe('W14 targets from own points', () => {
  it('mean and sample SD, two places more than the values', () => {
    // 1..20: mean 10.5, variance 35
    const found = establishTarget(Array.from({ length: 20 }, (_, i) => String(i + 1)));
    expect(found).toMatchObject({ ok: true, mean: '10.50', sd: '5.92', n: 20 });
  });

  it('keeps decimals exact where floating point would not', () => {
    const found = establishTarget(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? '0.1' : '0.3')));
    // variance = 20 * 0.01 / 19
    expect(found).toMatchObject({ mean: '0.200', sd: '0.103' });
  });

  it('negative values', () => {
    const found = establishTarget(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? '-2.0' : '-1.0')));
    expect(found).toMatchObject({ mean: '-1.500', sd: '0.513' });
  });

  it.each([
    ['nineteen points', twenty('5').slice(1), 'tooFew'],
    ['no points', [], 'tooFew'],
    ['W10 no spread', twenty('5.0'), 'noSpread'],
    ['a value with a comparator', [...twenty('5'), '<0.1'], 'notNumbers'],
  ] as const)('%s gives none, with the reason', (_name, values, why) => {
    expect(establishTarget(values)).toMatchObject({ ok: false, why });
  });
});
