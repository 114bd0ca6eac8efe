import { describe, expect, it } from 'vitest';
import { isPlainName, patternOf, safeName } from './folder-names.ts';

describe('names are data', () => {
  it('never lead out of the folder', () => {
    for (const name of ['', '.', '..', '../x', 'a/b', 'a\\b', 'a\0b']) expect(isPlainName(name)).toBe(false);
    expect(isPlainName('a..b.csv')).toBe(true);
    expect(safeName('../../etc/passwd')).toBe('__.._etc_passwd');
    expect(safeName('..csv')).toBe('_csv');
    expect(safeName('a\nb\x1b[31m.csv')).toBe('a_b__31m.csv');
    expect(safeName(`${'ß'.repeat(300)}.csv`)).toMatch(/^ß{73}\.csv$/);
  });

  it('match a shell pattern in any case', () => {
    expect(patternOf('*.csv').test('A.CSV')).toBe(true);
    expect(patternOf('r??.txt').test('r01.txt')).toBe(true);
    expect(patternOf('r??.txt').test('r1.txt')).toBe(false);
    expect(patternOf('a.b').test('axb')).toBe(false);
  });
});
