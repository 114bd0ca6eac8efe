import { describe, expect, it } from 'vitest';
import { powerCurve, sigmaMetric, suggestRules } from './sigma.ts';
import type { RuleSet } from './westgard.ts';

describe('W14 sigma', () => {
  it('(TEa - bias) / CV, whichever way the bias goes', () => {
    expect(sigmaMetric({ totalErrorAllowed: 10, bias: 2, cv: 2 })).toBe(4);
    expect(sigmaMetric({ totalErrorAllowed: 10, bias: -2, cv: 2 })).toBe(4);
  });

  it('W10 no CV, no sigma', () => {
    expect(sigmaMetric({ totalErrorAllowed: 10, bias: 2, cv: 0 })).toBeNull();
    expect(sigmaMetric({ totalErrorAllowed: Number.NaN, bias: 2, cv: 2 })).toBeNull();
  });

  it.each([
    [6.2, 2, ['1-2s', '1-3s']],
    [5, 2, ['1-2s', '1-3s', '2-2s', 'R-4s']],
    [4.4, 2, ['1-2s', '1-3s', '2-2s', 'R-4s', '4-1s']],
    [3.9, 2, ['1-2s', '1-3s', '2-2s', 'R-4s', '4-1s', '8x']],
    [3.9, 3, ['1-2s', '1-3s', '2of3-2s', 'R-4s', '3-1s', '6x']],
  ] as const)('sigma %s with %s levels suggests %j', (sigma, levels, rules) => {
    const { rules: set } = suggestRules(sigma, levels);
    expect(Object.keys(set.rules)).toEqual(rules);
    expect(set.rules['1-2s']?.action).toBe('warn');
  });
});

describe('power', () => {
  const oneThree: RuleSet = {
    levels: 2,
    rules: { '1-3s': { action: 'reject', within: true, across: true } },
  };

  it('agrees with the known probabilities of 1-3s with two controls', () => {
    const [none, two, three] = powerCurve(oneThree, 1, [0, 2, 3]);
    // 1 - P(|z| <= 3)^2, 1 - P(-3 <= z + 2 <= 3)^2, 1 - 0.5^2
    expect(none?.probability).toBeCloseTo(0.0054, 2);
    expect(two?.probability).toBeCloseTo(0.2922, 1);
    expect(three?.probability).toBeCloseTo(0.75, 1);
  });

  it('more rules find more, and the curve rises', () => {
    const { rules } = suggestRules(4.5, 2);
    const shifts = [0, 1, 2, 3, 4];
    const many = powerCurve(rules, 2, shifts).map((one) => one.probability);
    const one = powerCurve(oneThree, 2, shifts).map((point) => point.probability);
    expect(many).toEqual([...many].sort((a, b) => a - b));
    for (const [at, probability] of many.entries()) expect(probability).toBeGreaterThanOrEqual(one[at] ?? 0);
  });

  it('the same question has the same answer', () => {
    expect(powerCurve(oneThree, 1, [1.5])).toEqual(powerCurve(oneThree, 1, [1.5]));
  });
});
