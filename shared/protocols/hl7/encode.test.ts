import { describe, expect, it } from 'vitest';
import { USUAL_HL7_DELIMITERS } from './delimiters.ts';
import { type EncodeHl7Options, encodeHl7, type OutHl7Field, outSegment } from './encode.ts';
import { parseHl7 } from './parse.ts';

const strange = { field: '!', component: ':', repeat: '?', escape: '*', subcomponent: '%', truncation: '' };

/** One OBX-5 as it is written. */
function written(value: OutHl7Field, options?: EncodeHl7Options): string {
  return encodeHl7([outSegment('OBX', { 5: value, 6: 'x' })], options).text.slice(
    'OBX|||||'.length,
    -'|x\r'.length,
  );
}

describe('writing messages', () => {
  it.each<[string, OutHl7Field, string]>([
    ['text', 'a', 'a'],
    ['a number', 5.4, '5.4'],
    ['zero', 0, '0'],
    ['nothing', null, ''],
    ['nothing, left out', undefined, ''],
    ['delete', { delete: true }, '""'],
    ['components', ['a', 'b'], 'a^b'],
    ['components with gaps', ['', null, 'c', undefined, ''], '^^c'],
    ['no component at all', ['', ''], ''],
    ['sub-components', ['a', ['b', 'c', '']], 'a^b&c'],
    ['repeats', { repeats: ['a', ['b', 'c'], 3] }, 'a~b^c~3'],
    ['an empty repeat between others', { repeats: ['a', '', 'c'] }, 'a~~c'],
    ['every delimiter', '|^~\\&', '\\F\\\\S\\\\R\\\\E\\\\T\\'],
    ['a delimiter in a component', ['a^b', ['c&d', 'e~f']], 'a\\S\\b^c\\T\\d&e\\R\\f'],
    ['a copied field', { raw: 'a^b~c\\F\\' }, 'a^b~c\\F\\'],
    ['a line break', 'a\r\nb', 'a\\.br\\b'],
  ])('M5 %s', (_name, value, text) => {
    expect(written(value)).toBe(text);
  });

  it('M1 segments end with CR alone and have no trailing delimiters', () => {
    const { text } = encodeHl7([
      ['MSH', null, null, 'a', null, ''],
      ['OBX', 1, 'NM', null, '', ['', ''], { repeats: [] }],
      ['ZXX'],
    ]);
    expect(text).toBe('MSH|^~\\&|a\rOBX|1|NM\rZXX\r');
  });

  it('M2 writes with any delimiters, MSH-1 and MSH-2 from them', () => {
    const segments = [outSegment('MSH', { 3: ['a', 'b'] }), outSegment('OBX', { 5: [['x', 'y:'], '!|'] })];
    expect(encodeHl7(segments, { delimiters: strange }).text).toBe('MSH!:?*%!a:b\rOBX!!!!!x%y*S*:*F*|\r');
    const five = { ...USUAL_HL7_DELIMITERS, truncation: '#' };
    expect(encodeHl7(segments, { delimiters: five }).text).toMatch(/^MSH\|\^~\\&#\|/);
  });

  it.each([
    ['the same delimiter twice', { ...USUAL_HL7_DELIMITERS, repeat: '^' }],
    ['a letter', { ...USUAL_HL7_DELIMITERS, repeat: 'r' }],
    ['none', { ...USUAL_HL7_DELIMITERS, subcomponent: '' }],
    ['a line break', { ...USUAL_HL7_DELIMITERS, field: '\r' }],
  ])('M2 refuses %s', (_name, delimiters) => {
    expect(() => encodeHl7([['MSH']], { delimiters })).toThrow(RangeError);
  });

  it('M1 refuses what would break the message', () => {
    expect(() => encodeHl7([['obx']])).toThrow(RangeError);
    expect(() => encodeHl7([['OBX|1']])).toThrow(RangeError);
    expect(() => written({ raw: 'a\rMSH|' })).toThrow(RangeError);
    expect(() => written({ raw: 'a\x1c' })).toThrow(RangeError);
    expect(() => written(Number.NaN)).toThrow(RangeError);
    expect(() => written([1 / 0])).toThrow(RangeError);
  });

  it('R11 a value of two quotes is not read back as delete', () => {
    const { text } = encodeHl7([
      outSegment('MSH', { 9: 'ORU' }),
      outSegment('OBX', { 5: '""', 6: { delete: true } }),
    ]);
    const obx = parseHl7(text).messages[0]?.segment('OBX');
    expect([obx?.given(5), obx?.value(5), obx?.given(6)]).toEqual(['value', '""', 'delete']);
  });
});
