import { expect, test } from 'vitest';
import { checksumOf, drawn, hexDump, hexRows, markParts, readable, wireParts } from './wire.ts';

const frame = '\u00023R|1|^^^Na|139\r\u0003A7\r\n';

test('L1: a frame is cut into its control bytes, its number, its text with delimiters, and its checksum', () => {
  expect(wireParts(frame).map((part) => `${part.kind}:${part.text}`)).toEqual([
    'control:STX',
    'frame:3',
    'text:R',
    'mark:|',
    'text:1',
    'mark:|',
    'text:^^^Na',
    'mark:|',
    'text:139',
    'control:CR',
    'control:ETX',
    'frame:A7',
    'control:CR',
    'control:LF',
  ]);
  expect(checksumOf(frame)).toBe('A7');
});

test('bytes outside a frame have no number and no checksum', () => {
  expect(wireParts('\u0005')).toEqual([{ kind: 'control', text: 'ENQ' }]);
  expect(wireParts('R|1').map((part) => part.kind)).toEqual(['text', 'mark', 'text']);
  expect(checksumOf('R|1')).toBe('');
});

test('nothing is lost: the parts of readable bytes give the bytes again', () => {
  const text = 'P|1||4410||Nowak^Anna||19840101|F';
  expect(
    wireParts(text)
      .map((part) => part.text)
      .join(''),
  ).toBe(text);
});

test('UTF-8 is read as such, other bytes one by one', () => {
  expect(readable('M\u00c3\u00bcller')).toBe('Müller');
  expect(readable('M\u00fcller')).toBe('Müller');
});

test('hex rows carry the place, and mark the field at fault', () => {
  const rows = hexRows('R|3|^^^^PLT-I^1|41\r', 12, 4, 15);
  expect(rows.map((row) => row.place)).toEqual(['0000', '000c']);
  expect(rows[0]!.cells.filter((cell) => cell.marked)).toHaveLength(8);
  expect(rows[1]!.cells.filter((cell) => cell.marked).map((cell) => cell.char)).toEqual(['I', '^', '1']);
  expect(rows[1]!.cells.at(-1)).toMatchObject({ hex: '0D', char: 'CR', control: true, marked: false });
});

test('a search marks what it found, over several parts, and leaves a control character whole', () => {
  const text = (search: string) =>
    markParts(wireParts('\u00021R|1|^^^K\r'), search)
      .filter((part) => part.hit)
      .map(drawn)
      .join('');
  expect(text('r|1')).toBe('R|1');
  expect(text('cr')).toBe('<CR>');
  expect(text('k<c')).toBe('K<CR>');
  expect(text('')).toBe('');
  const whole = markParts(wireParts('AbcabcX'), 'ABC');
  expect(whole.map((part) => [part.text, part.hit])).toEqual([
    ['Abc', true],
    ['abc', true],
    ['X', false],
  ]);
});

test('bytes are copied as hex pairs, sixteen to a line', () => {
  expect(hexDump('\u0002A\u00e9')).toBe('02 41 E9');
  expect(hexDump('x'.repeat(17)).split('\n')).toHaveLength(2);
});
