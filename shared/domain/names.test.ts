import { describe, expect, it } from 'vitest';
import { capitals, displayName, fold, initials, nameKeyOf } from './names.ts';

const patient = (familyName: string, givenName: string, transliteration = '') => ({
  familyName,
  givenName,
  transliteration,
});

describe('names', () => {
  it('puts the family name first and in capitals where the script has them', () => {
    const shown: [string, string, string][] = [
      ['Nguyễn', 'Thị Hương', 'NGUYỄN Thị Hương'],
      ['Иванова', 'Мария', 'ИВАНОВА Мария'],
      ['Παπαδοπούλου', 'Ελένη', 'ΠΑΠΑΔΟΠΟΥΛΟΥ Ελένη'],
      ['田中', '由美子', '田中 由美子'],
      ['منصور', 'فاطمة', 'منصور فاطمة'],
      ['כהן', 'יעל', 'כהן יעל'],
      ['शर्मा', 'प्रिया', 'शर्मा प्रिया'],
      ['Ó Dálaigh', 'Siobhán', 'Ó DÁLAIGH Siobhán'],
      ['McKenna', 'Aoife', 'McKENNA Aoife'],
      ['Großmann', 'Jörg', 'GROẞMANN Jörg'],
      ['', 'baby boy', 'baby boy'],
      ['', '', 'name unknown'],
    ];
    for (const [family, given, name] of shown) expect(displayName(patient(family, given)).name).toBe(name);
    expect(capitals('Nguyễn'.normalize('NFD'))).toBe('NGUYỄN');
  });

  it('shows a transliteration second, unless it says the same', () => {
    expect(displayName(patient('Иванова', 'Мария', 'Ivanova Mariya')).transliteration).toBe('Ivanova Mariya');
    expect(displayName(patient('Müller', 'Jan', 'Muller Jan')).transliteration).toBe('');
  });

  it('is found with and without diacritics, in its own script and in Latin', () => {
    const key = nameKeyOf({ ...patient('Nguyễn', 'Thị Hương'), identifier: 'MRN 4410 2387' });
    expect(key).toBe('nguyen thi huong mrn 4410 2387');
    expect(fold('Ó Dálaigh')).toBe('o dalaigh');
    expect(fold("O'Brien")).toBe('obrien');
    expect(fold('Sørensen-Łukasz Strauß Æsa Đặng Yıldız')).toBe('sorensen lukasz strauss aesa dang yildiz');
    expect(fold('ΓΙΏΡΓΟΣ')).toBe(fold('Γιώργος'));
    expect(fold('مُحَمَّد')).toBe('محمد');
    expect(fold('ガ')).toBe(fold('ガ'.normalize('NFD')));
    expect(fold('प्रिया')).toBe('प्रिया');
  });

  it('never cuts a character in half', () => {
    const key = nameKeyOf({ ...patient('𠮷'.repeat(70), 'x'), identifier: 'A' });
    expect(key.length).toBeLessThanOrEqual(120);
    expect(key).toBe('𠮷'.repeat(60));
  });

  it('makes initials', () => {
    expect(initials('Maja Lindqvist')).toBe('ML');
    expect(initials('  éva  ')).toBe('ÉV');
    expect(initials('Jean-Luc Picard')).toBe('JP');
    expect(initials('田中 由美子')).toBe('田');
    expect(initials('')).toBe('');
  });
});
