import { describe, expect, it } from 'vitest';
import { readHl7Delimiters, USUAL_HL7_DELIMITERS } from './delimiters.ts';
import { escapeHl7, oddEscapes, type UnescapeOptions, unescapeHl7 } from './escape.ts';

const usual = USUAL_HL7_DELIMITERS;
const truncating = { ...usual, truncation: '#' };
const strange = { field: '!', component: ':', repeat: '?', escape: '*', subcomponent: '%', truncation: '' };
const keep: UnescapeOptions = { highlighting: 'keep' };

describe('unescaping', () => {
  it.each([
    ['plain text stays', 'Sodium', 'Sodium'],
    ['field separator', 'a\\F\\b', 'a|b'],
    ['component', 'a\\S\\b', 'a^b'],
    ['sub-component', 'a\\T\\b', 'a&b'],
    ['repeat', 'a\\R\\b', 'a~b'],
    ['escape', 'a\\E\\b', 'a\\b'],
    ['all in a row', '\\F\\\\S\\\\T\\\\R\\\\E\\', '|^&~\\'],
    ['once only', '\\E\\F\\E\\', '\\F\\'],
    ['once only, of an escaped escape', '\\E\\E\\E\\', '\\E\\'],
    ['hexadecimal', '\\X41\\\\X0D0A\\', 'A\r\n'],
    ['hexadecimal in lower case', '\\Xb5\\mol/L', 'µmol/L'],
    ['hexadecimal with half a byte stays', '\\X4\\', '\\X4\\'],
    ['hexadecimal without a byte stays', '\\X\\', '\\X\\'],
    ['hexadecimal with other letters stays', '\\XZZ\\', '\\XZZ\\'],
    ['line break', 'a\\.br\\b', 'a\nb'],
    ['line break in capitals', 'a\\.BR\\b', 'a\nb'],
    ['lines down', 'a\\.sp\\b\\.sp3\\c\\.sp+2\\d', 'a\nb\n\n\nc\n\nd'],
    ['centred line', 'a\\.ce\\b', 'a\nb'],
    ['spaces', 'a\\.sk4\\b\\.sk 2\\c', 'a    b  c'],
    ['indents and filling vanish', '\\.in+4\\a\\.ti-2\\b\\.fi\\c\\.nf\\d', 'abcd'],
    ['a huge fill is bounded', '\\.sp999999\\', '\n'.repeat(200)],
    ['an unknown command stays', 'a\\.zz\\b', 'a\\.zz\\b'],
    ['highlighting vanishes', '\\H\\HIGH\\N\\', 'HIGH'],
    ['single-byte set stays as sent', '\\C2842\\x', '\\C2842\\x'],
    ['multi-byte set stays as sent', '\\M242421\\x', '\\M242421\\x'],
    ['local sequence stays as sent', '\\Zred\\\\F\\', '\\Zred\\|'],
    ['unterminated stays as sent', 'C:\\temp', 'C:\\temp'],
    ['a path is no sequence', 'C:\\temp\\new', 'C:\\temp\\new'],
    ['a sequence behind a loose escape', 'C:\\dir\\F\\x', 'C:\\dir|x'],
    ['only the escape', '\\', '\\'],
    ['two escapes', '\\\\', '\\\\'],
    ['truncation is not declared', '\\P\\', '\\P\\'],
    ['small letters are no sequence', '\\f\\', '\\f\\'],
  ])('M5 %s', (_name, sent, read) => {
    expect(unescapeHl7(sent, usual)).toBe(read);
  });

  it('M5 uses the delimiters of the message', () => {
    expect(unescapeHl7('*F**S**T**R**E*\\F\\', strange)).toBe('!:%?*\\F\\');
    expect(unescapeHl7('a\\P\\b', truncating)).toBe('a#b');
    expect(unescapeHl7('a\\F\\b', { ...usual, escape: '' })).toBe('a\\F\\b');
    expect(unescapeHl7('a\\T\\b\\F\\', { ...usual, subcomponent: '' })).toBe('a\\T\\b|');
  });

  it('M5 many huge fills do not make a small value huge', () => {
    const read = unescapeHl7('\\.sp99999\\'.repeat(1000), usual);
    expect(read).toMatch(/^\n+$/);
    expect(read.length).toBeLessThan(15_000);
  });

  it('M5 keeps highlighting when asked to', () => {
    expect(unescapeHl7('\\H\\HIGH\\N\\ \\F\\', usual, keep)).toBe('\\H\\HIGH\\N\\ |');
  });

  it('M5 M6 hands the bytes of a hexadecimal sequence to the character set', () => {
    const seen: number[][] = [];
    const hex = (bytes: Uint8Array): string => {
      seen.push([...bytes]);
      return 'é';
    };
    expect(unescapeHl7('caf\\XC3A9\\', usual, { hex })).toBe('café');
    expect(seen).toEqual([[0xc3, 0xa9]]);
  });

  it('M5 tells what it keeps as sent', () => {
    const kept: string[] = [];
    unescapeHl7('a\\b \\Zx\\ \\C2842\\ \\H\\ \\F\\ end\\', usual, {
      ...keep,
      onKept: (kind, at) => kept.push(`${kind}@${at}`),
    });
    expect(kept).toEqual(['loose@1', 'foreign@4', 'foreign@9', 'loose@28']);
    expect(oddEscapes('x|a\\b|\\Zx\\^\\C2842\\|\\H\\|\\F\\ end\\', 0, 34, usual)).toEqual({
      loose: 2,
      foreign: 2,
    });
  });

  it('M5 a sequence never reaches over a delimiter', () => {
    expect(oddEscapes('a\\|F\\b', 0, 6, usual)).toEqual({ loose: 2, foreign: 0 });
    expect(oddEscapes('\\F\\|\\S\\', 0, 7, usual)).toEqual({ loose: 0, foreign: 0 });
    expect(unescapeHl7('\\Zx^\\F\\', usual)).toBe('\\Zx^|');
  });
});

describe('escaping', () => {
  it.each([
    ['plain text', 'Natrium µ 日本', 'Natrium µ 日本'],
    ['delimiters', 'a|b^c&d~e\\f', 'a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f'],
    ['line breaks', 'a\nb\rc\r\nd', 'a\\.br\\b\\.br\\c\\.br\\d'],
    ['control characters', 'a\x0b\x1c\x00\x7fb\tc', 'a\\X0B\\\\X1C\\\\X00\\\\X7F\\b\\X09\\c'],
    ['two quotes alone would mean delete', '""', '\\X2222\\'],
    ['quotes within a text', 'a""b', 'a""b'],
    ['an escape sequence as text', '\\F\\', '\\E\\F\\E\\'],
    ['nothing', '', ''],
  ])('M5 %s', (_name, text, sent) => {
    expect(escapeHl7(text, usual)).toBe(sent);
  });

  it('M5 sends line breaks exactly when asked to, and the truncation character escaped', () => {
    expect(escapeHl7('a\r\nb', usual, { lineBreaks: 'hex' })).toBe('a\\X0D\\\\X0A\\b');
    expect(escapeHl7('a#b', truncating)).toBe('a\\P\\b');
    expect(escapeHl7('a#b', usual)).toBe('a#b');
    expect(() => escapeHl7('a', { ...usual, escape: '' })).toThrow(RangeError);
  });
});

describe('delimiters', () => {
  it.each([
    ['M2 usual', 'MSH|^~\\&|', { ...usual }, false],
    ['M2 three characters', 'MSH|^~\\|', { ...usual, subcomponent: '' }, false],
    ['M2 five characters', 'MSH|^~\\&#|', truncating, false],
    ['M2 one character', 'MSH|^|', { ...usual, repeat: '', escape: '', subcomponent: '' }, true],
    ['M2 six characters', 'MSH|^~\\&#@|', truncating, true],
    ['M2 others', 'MSH!:?*%!', strange, false],
    ['M2 nothing behind them', 'MSH|^~\\&', { ...usual }, false],
  ])('%s', (_name, header, delimiters, odd) => {
    expect(readHl7Delimiters(header)).toEqual({ delimiters, odd });
  });

  it.each([
    'MSH',
    'MSH|',
    'MSH||',
    'MSH|^^\\&|',
    'MSHA^~\\&A',
    'MSH|^~\\ |',
    'MSH|^~"&|',
    'MSH\r^~\\&\r',
    'MSH||^~\\&',
  ])('M2 refuses %j', (header) => {
    expect(readHl7Delimiters(header)).toBeNull();
  });
});
