import { describe, expect, it } from 'vitest';
import { accessionNumber, formatAccession, parseAccession, shortAccession } from './accession-number.ts';

const date = '2026-07-29';
const give = (sequence: number, stationCode = 'B2', day = date) =>
  accessionNumber({ date: day, stationCode, sequence });

/** Numbers spread over days, stations and sequences, beyond 9999 as well. */
function sample(): string[] {
  const out: string[] = [];
  const stations = ['B2', '00', 'ZZ', 'A9', '7K', 'HJ'];
  for (let i = 0; i < 120; i++) {
    const day = new Date(Date.UTC(2024, 0, 1 + i * 37)).toISOString().slice(0, 10);
    out.push(give(1 + ((i * 97) % 9000) + (i % 10 === 0 ? 9500 : 0), stations[i % stations.length], day));
  }
  return out;
}

describe('accession number', () => {
  it('is year, day, station, number of the day and check character', () => {
    const first = give(1);
    expect(first).toMatch(/^26210B2\d{4}[0-9A-HJ-NP-Z]$/);
    expect(parseAccession(first)).toEqual({
      ok: true,
      identifier: first,
      date,
      stationCode: 'B2',
      number: first.slice(7, 11),
    });
    expect(give(1, 'B2', '2024-12-31').slice(0, 5)).toBe('24366');
  });

  it('carries an ISO 7064 MOD 37-2 check character', () => {
    for (const identifier of sample()) {
      const sum = [...identifier].reduce(
        (s, c) => (s * 2 + '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'.indexOf(c)) % 37,
        0,
      );
      expect(sum, identifier).toBe(1);
    }
  });

  it('never repeats: over stations, days and beyond 9999 tubes in a day', () => {
    const seen = new Set<string>();
    for (const stationCode of ['B2', 'B3']) {
      for (const day of [date, '2026-07-30']) {
        for (let n = 1; n <= 120; n++) seen.add(give(n, stationCode, day));
        for (let n = 9150; n <= 9300; n++) seen.add(give(n, stationCode, day));
      }
    }
    expect(seen.size).toBe(2 * 2 * (120 + 151));
    const letters = [...seen].filter((one) => /[A-Z]/.test(one.slice(7, 8)));
    expect(letters.length).toBeGreaterThan(0);
    for (const one of seen) {
      expect(one).toHaveLength(12);
      expect(one).not.toMatch(/[IO*]/);
      expect(parseAccession(one).ok).toBe(true);
    }
  });

  it('property: every single wrong character is detected', () => {
    for (const identifier of sample()) {
      for (let i = 0; i < identifier.length; i++) {
        for (const c of '0123456789ABCDEFGHJKLMNPQRSTUVWXYZ') {
          if (c === identifier[i]) continue;
          expect(parseAccession(identifier.slice(0, i) + c + identifier.slice(i + 1)).ok).toBe(false);
        }
      }
    }
  });

  it('property: every exchange of neighbours is detected and named', () => {
    for (const identifier of sample()) {
      for (let i = 0; i + 1 < identifier.length; i++) {
        const [a = '', b = ''] = [identifier[i], identifier[i + 1]];
        if (a === b) continue;
        const parsed = parseAccession(identifier.slice(0, i) + b + a + identifier.slice(i + 2));
        expect(parsed.ok).toBe(false);
        if (parsed.ok) continue;
        expect(parsed.why).toBe('checkCharacter');
        expect(parsed.suspects.map((one) => one.identifier)).toContain(identifier);
      }
    }
  });

  it('accepts hyphens, spaces, lower case, and I and O for 1 and 0', () => {
    const identifier = give(432);
    for (const typed of [
      formatAccession(identifier),
      ` ${formatAccession(identifier).toLowerCase()} `,
      identifier.replace(/0/g, 'O').replace(/1/g, 'i'),
    ]) {
      expect(parseAccession(typed)).toMatchObject({ ok: true, identifier });
    }
  });

  it('says what is wrong', () => {
    expect(parseAccession('')).toMatchObject({ ok: false, why: 'length' });
    expect(parseAccession('REQ-88120417')).toMatchObject({ ok: false, why: 'length' });
    expect(parseAccession('26210B2043*K')).toMatchObject({ ok: false, why: 'character' });
    expect(parseAccession('26210B20432é')).toMatchObject({ ok: false, why: 'character' });
  });

  it('refuses a wrong day, station or sequence', () => {
    expect(() => give(1, 'B2', '2026-02-30')).toThrow(RangeError);
    expect(() => give(1, 'B2', '29.07.2026')).toThrow(RangeError);
    for (const code of ['', 'B', 'BIO', 'BI', 'BO', 'b2']) expect(() => give(1, code)).toThrow(RangeError);
    for (const n of [0, -1, 1.5, Number.NaN]) expect(() => give(n)).toThrow(RangeError);
  });

  it('shows long and short forms', () => {
    expect(formatAccession('26210B20432K')).toBe('26-210-B2-0432-K');
    expect(shortAccession('26210B20432K')).toBe('0432');
    expect(formatAccession('LAB-1')).toBe('LAB-1');
    expect(shortAccession('LAB-1')).toBe('LAB-1');
  });
});
