import { expect, test } from 'vitest';
import { adultRanges, agesOf, ageText, hoursText, instrumentName } from './say.ts';

const YEAR = 365.25;
const range = (ageLowDays: number, ageHighDays: number, sex: 'male' | 'female' | 'any' = 'any') => ({
  sex,
  ageLowDays,
  ageHighDays,
  specimenType: 'SER',
  text: '1–2',
  criticalText: '',
});

test('ages of ranges read as people say them', () => {
  expect(ageText(0)).toBe('0 d');
  expect(ageText(28)).toBe('28 d');
  expect(ageText(91)).toBe('3 m');
  expect(ageText(YEAR)).toBe('1 y');
  expect(ageText(18 * YEAR)).toBe('18 y');
  expect(agesOf(range(0, 120 * YEAR)).kind).toBe('any');
  expect(agesOf(range(0, 28))).toEqual({ kind: 'under', low: '0 d', high: '28 d' });
  expect(agesOf(range(28, YEAR))).toEqual({ kind: 'between', low: '28 d', high: '1 y' });
  expect(agesOf(range(18 * YEAR, 120 * YEAR))).toMatchObject({ kind: 'from', low: '18 y' });
});

test('the ranges of an adult are those that hold at 40 years', () => {
  const all = [
    range(0, 18 * YEAR),
    range(18 * YEAR, 120 * YEAR, 'male'),
    range(18 * YEAR, 120 * YEAR, 'female'),
  ];
  expect(adultRanges(all).map((one) => one.sex)).toEqual(['male', 'female']);
  expect(adultRanges([range(0, 28)])).toEqual([]);
});

test('short forms', () => {
  expect(instrumentName('B2.CHEM1')).toBe('CHEM1');
  expect(instrumentName('CHEM1')).toBe('CHEM1');
  expect(hoursText(24)).toBe('24 h');
  expect(hoursText(72)).toBe('3 d');
});
