import { describe, expect, it } from 'vitest';
import { ageAt, DAYS_PER_YEAR, displayAge, limitText } from './age.ts';

describe('age at collection (V4)', () => {
  it('shows days, months and years', () => {
    expect(displayAge('1965-03-14', '2026-07-29T05:52:00.000Z')).toBe('61 y');
    expect(displayAge('2026-07-27', '2026-07-29T05:52:00.000Z')).toBe('2 d');
    expect(displayAge('2026-02-20', '2026-07-29')).toBe('5 mo');
    expect(displayAge('2024-07-30', '2026-07-29')).toBe('23 mo');
    expect(displayAge('2024-07-29', '2026-07-29')).toBe('2 y');
    expect(displayAge('2026-07-29', '2026-07-29')).toBe('0 d');
  });

  it('gives nothing for an unknown, impossible or future birth date', () => {
    for (const birth of ['', '2026-13', '2026-02-30', '20', '2026-07-30', '2027']) {
      expect(displayAge(birth, '2026-07-29')).toBe('');
    }
    expect(displayAge('1965-03-14', '')).toBe('');
    expect(displayAge('1965-03-14', 'soon')).toBe('');
  });

  it('V4 gives every age that a partial birth date allows, never a guess', () => {
    expect(displayAge('1965', '2026-07-29')).toBe('60–61 y');
    expect(displayAge('1965-07', '2026-07-29')).toBe('60–61 y');
    expect(displayAge('1965-03', '2026-07-29')).toBe('61 y');
    expect(displayAge('2026', '2026-07-29')).toBe('0–6 mo');
    const span = ageAt('2026', '2026-07-29');
    expect(span?.youngest.days).toBe(0);
    expect(span?.oldest.days).toBe(209);
  });

  it('V4 puts the birthday exactly on the limit in years', () => {
    for (const [birth, eve, birthday] of [
      ['2000-02-29', '2018-02-28', '2018-03-01'],
      ['2001-06-15', '2019-06-14', '2019-06-15'],
      ['1999-12-31', '2017-12-30', '2017-12-31'],
    ] as const) {
      expect(ageAt(birth, eve)?.oldest.days).toBeLessThan(18 * DAYS_PER_YEAR);
      expect(ageAt(birth, birthday)?.oldest.days).toBe(18 * DAYS_PER_YEAR);
    }
  });

  it('rises strictly from day to day', () => {
    for (const birth of ['2000-02-29', '2003-01-31', '2011-12-31']) {
      let before = -1;
      for (let n = 0; n < 3000; n++) {
        const at = new Date(Date.parse(birth) + n * 86_400_000).toISOString().slice(0, 10);
        const age = ageAt(birth, at)?.oldest;
        expect(age?.calendarDays).toBe(n);
        expect(age?.days).toBeGreaterThan(before);
        before = age?.days ?? 0;
      }
    }
  });

  it('counts the local day of the instant', () => {
    expect(ageAt('2026-07-29', '2026-07-29T23:30:00.000Z', 120)?.oldest.days).toBe(1);
    expect(ageAt('2026-07-29', '2026-07-29T23:30:00.000Z')?.oldest.days).toBe(0);
    expect(ageAt('2026-07-29', '2026-07-29T01:30:00.000Z', -300)).toBeNull();
  });

  it('writes limits of range rules', () => {
    expect(limitText(18 * DAYS_PER_YEAR)).toBe('18 y');
    expect(limitText(28)).toBe('28 d');
    expect(limitText(182.6)).toBe('6 mo');
    expect(limitText(0)).toBe('0 d');
  });
});
