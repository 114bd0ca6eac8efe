import { describe, expect, it } from 'vitest';
import { formatHl7Time, hl7Instant, parseHl7Time } from './times.ts';

describe('times', () => {
  it.each([
    ['2026', '2026', '', null, 'year'],
    ['202607', '2026-07', '', null, 'month'],
    ['20260729', '2026-07-29', '', null, 'day'],
    ['2026072906', '2026-07-29T06:00:00', '', null, 'hour'],
    ['202607290642', '2026-07-29T06:42:00', '', null, 'minute'],
    ['20260729064205', '2026-07-29T06:42:05', '', null, 'second'],
    ['20260729064205.1', '2026-07-29T06:42:05', '1', null, 'second'],
    ['20260729064205.1234', '2026-07-29T06:42:05', '1234', null, 'second'],
    ['20260729064205+0200', '2026-07-29T06:42:05', '', 120, 'second'],
    ['20260729064205.500-0330', '2026-07-29T06:42:05', '500', -210, 'second'],
    ['202607290642+0000', '2026-07-29T06:42:00', '', 0, 'minute'],
    ['202607290642-0000', '2026-07-29T06:42:00', '', 0, 'minute'],
    ['20260729+0545', '2026-07-29', '', 345, 'day'],
    ['20240229', '2024-02-29', '', null, 'day'],
    [' 20260729 ', '2026-07-29', '', null, 'day'],
  ])('R10 %j', (text, local, fraction, offset, precision) => {
    expect(parseHl7Time(text)).toEqual({ text, local, fraction, offset, precision });
  });

  it.each([
    '',
    '20',
    '202',
    '20261',
    '20261301',
    '20260732',
    '20260229',
    '20260431',
    '00000101',
    '2026072924',
    '202607290660',
    '20260729064260',
    '20260729064205.',
    '20260729064205,5',
    '2026-07-29',
    '20260729 0642',
    '20260729064205Z',
    '20260729064205+02',
    '20260729064205+1500',
    '20260729064205+0260',
    '20260729064205^S',
    'unknown',
    '202607290642051',
  ])('R10 %j is no time; the text stays', (text) => {
    expect(parseHl7Time(text)).toEqual({ text, local: null, fraction: '', offset: null, precision: null });
  });

  it.each([
    ['20260729064205+0200', '2026-07-29T04:42:05.000Z'],
    ['20260729064205.1239+0200', '2026-07-29T04:42:05.123Z'],
    ['20260101003000+0100', '2025-12-31T23:30:00.000Z'],
    ['202607290642-0330', '2026-07-29T10:12:00.000Z'],
    ['20260729064205', null],
    ['20260729+0200', null],
    ['2026072906+0200', null],
    ['nonsense', null],
  ])('R10 the instant of %j is %j', (text, instant) => {
    expect(hl7Instant(parseHl7Time(text))).toBe(instant);
  });

  it.each<[string, number | null, string]>([
    ['2026-07-29T06:42:05', null, '20260729064205'],
    ['2026-07-29T06:42', 0, '202607290642+0000'],
    ['2026-07-29T06:42:05', 345, '20260729064205+0545'],
    ['2026-07-29T06:42:05', -210, '20260729064205-0330'],
    ['2026-07-29', null, '20260729'],
    ['2026-07', null, '202607'],
    ['2026', null, '2026'],
  ])('R10 %s with %s is written %s', (local, offset, text) => {
    expect(formatHl7Time(local, offset)).toBe(text);
    expect(parseHl7Time(text).offset).toBe(offset);
  });

  it('R10 nothing else is written', () => {
    for (const text of ['', '29.07.2026', '2026-07-29T06', '2026-07-29 06:42', '2026-07-29T06:42:05Z']) {
      expect(() => formatHl7Time(text)).toThrow(RangeError);
    }
  });
});
