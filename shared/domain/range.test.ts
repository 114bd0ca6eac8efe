import { describe, expect, it } from 'vitest';
import type { RangeRule } from '../documents/catalog.ts';
import { DAYS_PER_YEAR } from './age.ts';
import { chooseRange, OLDEST_DAYS, type RangeSubject, rangeText } from './range.ts';

const adult = 18 * DAYS_PER_YEAR;
const rule = (sex: RangeRule['sex'], from: number, to: number, low?: number, high?: number): RangeRule => ({
  sex,
  ageLowDays: from,
  ageHighDays: to,
  specimenType: 'SER',
  low,
  high,
});
const bySex = {
  code: 'CREA',
  decimals: 0,
  ranges: [
    rule('any', 0, adult, 20, 70),
    rule('female', adult, OLDEST_DAYS, 45, 84),
    rule('male', adult, OLDEST_DAYS, 59, 104),
  ],
};
const forAll = { code: 'NA', decimals: 0, ranges: [rule('any', 0, OLDEST_DAYS, 136, 145)] };
const someone: RangeSubject = {
  sex: 'female',
  birthDate: '1965-03-14',
  collectedTime: '2026-07-29T05:52:00.000Z',
  specimenType: 'SER',
};

describe('reference range (V4)', () => {
  it('V4 goes by sex and age at collection and says whom it is for', () => {
    const chosen = chooseRange(bySex, someone);
    expect(chosen.range).toEqual({ low: 45, high: 84, text: '45–84', appliesTo: 'female, 18 to 120 y' });
    expect(chosen.because.map((one) => one.outcome)).toEqual(['pass']);
    expect(chooseRange(bySex, { ...someone, sex: 'male' }).range?.text).toBe('59–104');
    expect(chooseRange(bySex, { ...someone, birthDate: '2020-01-01' }).range?.appliesTo).toBe(
      'all, 0 d to 18 y',
    );
  });

  it('V4 ages are half-open: the birthday belongs to the upper group', () => {
    const at = '2026-07-29T05:52:00.000Z';
    const of = (birthDate: string) =>
      chooseRange(bySex, { ...someone, birthDate, collectedTime: at }).range?.text;
    expect(of('2008-07-30')).toBe('20–70');
    expect(of('2008-07-29')).toBe('45–84');
  });

  it('V4 none fits = no range, never the group of another age or specimen', () => {
    const onlyAdults = { ...bySex, ranges: bySex.ranges.slice(1) };
    const child = chooseRange(onlyAdults, { ...someone, birthDate: '2020-01-01' });
    expect(child.range).toBeNull();
    expect(child.missing).toEqual([]);
    expect(child.because[0]).toMatchObject({ rule: 'range', outcome: 'hold' });
    expect(chooseRange(bySex, { ...someone, specimenType: 'CSF' }).range).toBeNull();
  });

  it('V4 unknown sex: no range where it matters, the range where it does not', () => {
    for (const sex of ['unknown', 'other'] as const) {
      const chosen = chooseRange(bySex, { ...someone, sex });
      expect(chosen.range).toBeNull();
      expect(chosen.missing).toEqual(['sex']);
      expect(chosen.because[0]?.rule).toBe('range.sex');
      expect(chooseRange(bySex, { ...someone, sex, birthDate: '2020-01-01' }).range?.text).toBe('20–70');
      expect(chooseRange(forAll, { ...someone, sex }).range?.text).toBe('136–145');
    }
    const onlyMen = { code: 'PSA', decimals: 1, ranges: [rule('male', 0, OLDEST_DAYS, undefined, 4)] };
    expect(chooseRange(onlyMen, { ...someone, sex: 'unknown' }).missing).toEqual(['sex']);
    expect(chooseRange(onlyMen, { ...someone, sex: 'female' }).range).toBeNull();
    expect(chooseRange(onlyMen, { ...someone, sex: 'male' }).range?.text).toBe('< 4.0');
  });

  it('V4 unknown or partial birth date: a range only when every possible age has the same', () => {
    expect(chooseRange(bySex, { ...someone, birthDate: '' })).toMatchObject({
      range: null,
      missing: ['age'],
    });
    expect(chooseRange(forAll, { ...someone, birthDate: '' }).range?.text).toBe('136–145');
    expect(chooseRange(bySex, { ...someone, birthDate: '1965' }).range?.text).toBe('45–84');
    const turning = chooseRange(bySex, { ...someone, birthDate: '2008' });
    expect(turning).toMatchObject({ range: null, missing: ['age'] });
    expect(turning.because[0]?.text).toContain('17–18 y');
    expect(chooseRange(bySex, { ...someone, collectedTime: '' }).because[0]?.text).toContain(
      'collection time',
    );
    expect(chooseRange(bySex, { ...someone, birthDate: '2027-01-01' }).missing).toEqual(['age']);
  });

  it('V4 two different ranges for the same patient are a fault of the catalogue, not a choice', () => {
    const doubled = { ...forAll, ranges: [...forAll.ranges, rule('any', 0, adult * 2, 130, 140)] };
    const chosen = chooseRange(doubled, { ...someone, birthDate: '2010-01-01' });
    expect(chosen.range).toBeNull();
    expect(chosen.because[0]?.text).toContain('more than one range');
  });

  it('a test without ranges is not held for it', () => {
    expect(chooseRange({ ...forAll, ranges: [] }, someone).because[0]?.outcome).toBe('pass');
  });

  it('writes limits with an en dash and a spaced comparator', () => {
    expect(rangeText(3.5, 5.1, 1)).toBe('3.5–5.1');
    expect(rangeText(80, 98, 1)).toBe('80.0–98.0');
    expect(rangeText(undefined, 32)).toBe('< 32');
    expect(rangeText(60, undefined)).toBe('> 60');
    expect(rangeText(0.27, 4.2)).toBe('0.27–4.20');
    expect(rangeText(-3, 3)).toBe('−3–3');
    expect(rangeText(undefined, undefined)).toBe('');
  });
});
