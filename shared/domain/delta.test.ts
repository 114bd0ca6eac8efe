import { describe, expect, it } from 'vitest';
import type { DeltaRule } from '../documents/catalog.ts';
import type { ResultDoc, ResultValue } from '../documents/result.ts';
import { type DeltaInput, deltaCheck, previousResult, signed } from './delta.ts';

const value = (text: string, unit = 'mmol/L', comparator?: ResultValue['comparator']): ResultValue => ({
  text,
  kind: 'quantity',
  number: Number(text.replace(/[<>=]/g, '')),
  comparator,
  unit,
});
const absolute: DeltaRule = { kind: 'absolute', limit: 1, windowHours: 24 };
const check = (
  now: string,
  before: string,
  rule: DeltaRule | null = absolute,
  hours = 12,
  more: Partial<DeltaInput> = {},
) =>
  deltaCheck({
    rule,
    current: { value: value(now), at: '2026-07-29T05:52:00.000Z' },
    previous: {
      resultId: 'r1',
      value: value(before),
      at: new Date(Date.parse('2026-07-29T05:52:00.000Z') - hours * 3_600_000).toISOString(),
    },
    historyComplete: true,
    ...more,
  });

describe('delta check (V1)', () => {
  it('V1 absolute: holds beyond the limit, not at it', () => {
    expect(check('6.8', '4.1')).toMatchObject({ delta: '+2.7', held: true });
    expect(check('5.1', '4.1')).toMatchObject({ delta: '+1.0', held: false });
    expect(check('3.0', '4.1')).toMatchObject({ delta: '−1.1', held: true });
    expect(check('4.1', '4.1').delta).toBe('0.0');
    expect(check('0.3', '0.1', { ...absolute, limit: 0.2 }).held).toBe(false);
    expect(check('6.8', '4.1').because).toEqual([
      expect.objectContaining({
        rule: 'delta',
        outcome: 'hold',
        text: '+2.7 in 12.0 h, from 4.1. Limit ±1 mmol/L in 24 h.',
      }),
    ]);
  });

  it('V1 percent: of the previous value; none when that is zero', () => {
    const rule: DeltaRule = { kind: 'percent', limit: 50, windowHours: 24 };
    expect(check('412', '188', rule)).toMatchObject({ delta: '+119 %', held: true });
    expect(check('94', '188', rule)).toMatchObject({ delta: '−50 %', held: false });
    expect(check('-3', '-1', rule)).toMatchObject({ delta: '−200 %', held: true });
    const zero = check('3', '0', rule);
    expect(zero).toMatchObject({ delta: '+3', held: false });
    expect(zero.because[0]).toMatchObject({ outcome: 'note' });
    expect(zero.because[0]?.text).toContain('zero');
  });

  it('V1 rate: units per day', () => {
    const rule: DeltaRule = { kind: 'rate', limit: 2, windowHours: 72 };
    expect(check('5.0', '4.0', rule, 6)).toMatchObject({ delta: '+4.00/d', held: true });
    expect(check('5.0', '4.0', rule, 12)).toMatchObject({ delta: '+2.00/d', held: false });
    expect(check('5.0', '4.0', rule, 0).because[0]?.outcome).toBe('note');
  });

  it('V1 only inside the window, its end included', () => {
    expect(check('6.8', '4.1', absolute, 24).held).toBe(true);
    const late = check('6.8', '4.1', absolute, 24.01);
    expect(late).toMatchObject({ delta: '+2.7', held: false });
    expect(late.because[0]?.text).toContain('outside the window');
    expect(check('6.8', '4.1', absolute, -1).held).toBe(false);
  });

  it('V1 never compares units, comparators or texts', () => {
    const at = '2026-07-29T05:52:00.000Z';
    const other = (v: ResultValue) =>
      check('6.8', '4.1', absolute, 1, { previous: { resultId: 'r1', value: v, at } });
    for (const v of [
      value('74', 'mg/dL'),
      value('<2', 'mmol/L', '<'),
      { text: 'CLOT', kind: 'string', unit: 'mmol/L' } as const,
    ]) {
      const outcome = other(v);
      expect(outcome).toMatchObject({ delta: '', held: false });
      expect(outcome.because[0]).toMatchObject({ rule: 'delta', outcome: 'note' });
    }
    expect(
      check('6.8', '4.1', absolute, 1, { current: { value: value('6.8'), at: '' } }).because[0]?.outcome,
    ).toBe('note');
  });

  it('V1 says when local history may be incomplete, and when there is none', () => {
    expect(check('4.1', '4.1', absolute, 1, { historyComplete: false }).because[0]).toMatchObject({
      rule: 'delta.history',
      outcome: 'note',
    });
    expect(check('4.1', '4.1', absolute, 1, { previous: null })).toMatchObject({ delta: '', held: false });
    expect(check('6.8', '4.1', null)).toEqual({ delta: '+2.7', held: false, because: [] });
  });

  it('V1 takes the latest final result by collection time, never a pending, withdrawn or later one', () => {
    const doc = (id: string, effectiveTime: string, more: Partial<ResultDoc> = {}) => ({
      id,
      patientId: 'p',
      testCode: 'K',
      effectiveTime,
      status: 'final' as ResultDoc['status'],
      verdict: 'released' as ResultDoc['verdict'],
      current: true,
      value: value('4.0'),
      ...more,
    });
    const now = doc('now', '2026-07-29T05:00:00.000Z', { verdict: 'held' });
    const history = [
      doc('old', '2026-07-01T05:00:00.000Z'),
      doc('best', '2026-07-28T05:00:00.000Z', { status: 'corrected' }),
      doc('later', '2026-07-29T06:00:00.000Z'),
      doc('held', '2026-07-29T01:00:00.000Z', { verdict: 'held', status: 'preliminary' }),
      doc('replaced', '2026-07-29T02:00:00.000Z', { current: false }),
      doc('error', '2026-07-29T02:00:00.000Z', { status: 'entered-in-error' }),
      doc('unit', '2026-07-29T02:00:00.000Z', { value: value('4', 'mg/dL') }),
      doc('stranger', '2026-07-29T02:00:00.000Z', { patientId: 'q' }),
      doc('untimed', '', {}),
      now,
    ];
    expect(previousResult(history, now)?.id).toBe('best');
    expect(previousResult([...history].reverse(), now)?.id).toBe('best');
    expect(previousResult(history, { ...now, effectiveTime: '' })).toBeNull();
  });

  it('writes signs as the window shows them', () => {
    expect([signed(2.7, 1), signed(-26, 0), signed(-0.04, 1), signed(0, 0)]).toEqual([
      '+2.7',
      '−26',
      '0.0',
      '0',
    ]);
  });
});
