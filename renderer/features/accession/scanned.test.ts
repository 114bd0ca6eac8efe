import { expect, test } from 'vitest';
import { accessionNumber, formatAccession } from '../../../shared/domain/accession-number.ts';
import { formOf } from './scanned.ts';

const number = accessionNumber({ date: '2026-07-29', stationCode: 'B2', sequence: 432 });

test('a specimen number is a tube, with and without hyphens', () => {
  expect(formOf(number)).toEqual({ kind: 'tube', identifier: number });
  expect(formOf(formatAccession(number).toLowerCase())).toEqual({ kind: 'tube', identifier: number });
});

test('two exchanged characters are named, not corrected', () => {
  const wrong = `${number.slice(0, 9)}${number[10]}${number[9]}${number.slice(11)}`;
  expect(formOf(wrong)).toEqual({
    kind: 'brokenTube',
    text: expect.stringContaining('Characters 10 and 11'),
  });
});

test('a box of reagents is a product', () => {
  expect(formOf('0103453120000011')).toEqual({ kind: 'product', gtin: '03453120000011' });
  expect(formOf(']C10103453120000011172612311012AB')).toMatchObject({ kind: 'product' });
});

test.each(['REQ-88120417', '4410102387', 'B2R000001', '0103453120000012'])('%s must be looked up', (code) => {
  expect(formOf(code)).toEqual({ kind: 'other' });
});
