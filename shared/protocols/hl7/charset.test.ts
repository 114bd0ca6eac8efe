import { describe, expect, it } from 'vitest';
import { decodeBytes, encodeText, encodingOf, isUtf8 } from './charset.ts';
import { encodeHl7, outSegment } from './encode.ts';
import { valueAt } from './message.ts';
import { type ParseOptions, parseHl7 } from './parse.ts';

const bytesOf = (binary: string): Uint8Array => Uint8Array.from(binary, (one) => one.charCodeAt(0));
const utf8 = (text: string): string => String.fromCharCode(...new TextEncoder().encode(text));

/** A message whose OBX-5 has these bytes, with this MSH-18. */
function received(charset: string, value: string, options?: ParseOptions) {
  const binary = `MSH|^~\\&|a||||||ORU^R01|1|P|2.5.1||||||${charset}\rOBX|1|TX|c||${value}\r`;
  const read = parseHl7(bytesOf(binary), options);
  const [message] = read.messages;
  if (message === undefined) throw new Error('no message');
  return { message, value: valueAt(message, 'OBX-5'), problems: read.problems };
}

describe('character sets', () => {
  it.each([
    ['', null],
    ['ASCII', 'ascii'],
    ['8859/1', 'latin1'],
    ['ISO-8859-1', 'latin1'],
    ['ISO 8859-1', 'latin1'],
    ['8859/2', 'iso-8859-2'],
    ['8859/15', 'iso-8859-15'],
    ['8859/12', null],
    ['8859/17', null],
    ['UNICODE UTF-8', 'utf8'],
    ['UTF-8', 'utf8'],
    ['utf8', 'utf8'],
    ['UNICODE', 'utf16be'],
    ['UNICODE UTF-16', 'utf16be'],
    ['GB 18030-2000', 'gb18030'],
    ['ISO IR87', 'iso-2022-jp'],
    ['ISO IR6', 'ascii'],
    ['BIG-5', 'big5'],
    ['KS X 1001', 'euc-kr'],
    ['KLINGON', null],
    ['constructor', null],
  ])('M6 %j is %s', (name, encoding) => {
    expect(encodingOf(name)).toBe(encoding);
  });

  it('M6 knows every part of 8859 that was published', () => {
    const parts = Array.from({ length: 16 }, (_, at) => at + 1).filter((part) => part !== 12);
    for (const part of parts) {
      expect(encodingOf(`8859/${part}`)).toBe(part === 1 ? 'latin1' : `iso-8859-${part}`);
    }
  });

  it.each([
    ['8859/1', 'M\xfcller \xb5mol', 'Müller µmol'],
    ['UNICODE UTF-8', utf8('Müller 日本 😀'), 'Müller 日本 😀'],
    ['ASCII', 'Mueller', 'Mueller'],
    ['8859/1~8859/2', 'M\xfcller', 'Müller'],
  ])('M6 reads bytes by MSH-18: %s', (charset, bytes, text) => {
    const { value, problems, message } = received(charset, bytes);
    expect(value).toBe(text);
    expect(problems).toEqual([]);
    expect(message.encoding).toBe(encodingOf(charset.split('~')[0] ?? ''));
  });

  it('M6 each message goes by its own set', () => {
    const header = (charset: string) => `MSH|^~\\&|a||||||ORU^R01|1|P|2.5.1||||||${charset}\r`;
    const read = parseHl7(
      bytesOf(`${header('8859/1')}OBX|1|TX|c||\xb5\r${header('UTF-8')}OBX|1|TX|c||${utf8('µ')}\r`),
    );
    expect(read.messages.map((message) => valueAt(message, 'OBX-5'))).toEqual(['µ', 'µ']);
  });

  it('M6 reads UTF-16 with and without byte order mark', () => {
    const text = 'MSH|^~\\&|a||||||ORU^R01|1|P|2.5.1||||||UNICODE\rOBX|1|TX|c||日本\r';
    const big = encodeText('utf16be', text)?.bytes ?? new Uint8Array();
    const little = encodeText('utf16le', text)?.bytes ?? new Uint8Array();
    for (const bytes of [
      big,
      little,
      Uint8Array.of(0xfe, 0xff, ...big),
      Uint8Array.of(0xff, 0xfe, ...little),
    ]) {
      const [message] = parseHl7(bytes).messages;
      expect(message && valueAt(message, 'OBX-5')).toBe('日本');
    }
    expect(parseHl7(big.subarray(0, big.length - 3)).problems[0]?.rule).toBe('M6');
  });

  it('M6 a UTF-8 byte order mark is no part of the header', () => {
    const bytes = bytesOf(`\xef\xbb\xbfMSH|^~\\&|a||||||ORU^R01|1\rOBX|1|TX|c||${utf8('日')}\r`);
    const [message] = parseHl7(bytes).messages;
    expect(message && valueAt(message, 'OBX-5')).toBe('日');
    expect(parseHl7('\ufeffMSH|^~\\&|a||||||ORU^R01|1').messages.length).toBe(1);
  });

  it('M6 other sets come through the port, before anything is divided', () => {
    // In GB 18030 the second byte of a character may be a vertical bar, in ISO-2022-JP any delimiter.
    const decode: ParseOptions['decode'] = (encoding, bytes) => new TextDecoder(encoding).decode(bytes);
    expect(received('GB 18030-2000', '\x81\x7c', { decode }).value).toBe(
      new TextDecoder('gb18030').decode(bytesOf('\x81\x7c')),
    );
    expect(received('~ISO IR87', '\x1b$B;3ED\x1b(B', { decode }).value).toBe('山田');
    expect(received('ISO IR87', 'plain', { decode }).problems).toEqual([]);
    expect(received('8859/15', '\xa4', { decode }).value).toBe('€');
  });

  it.each([
    ['a set without port', '8859/2', 'a\xb1b', 'a±b', 'fault'],
    ['a set without port, but nothing depends on it', '8859/2', 'abc', 'abc', 'note'],
    ['an unknown set', 'KLINGON', 'a\xb1b', 'a±b', 'fault'],
    ['an unknown set, but nothing depends on it', 'KLINGON', 'abc', 'abc', 'note'],
    ['bytes that are no UTF-8', 'UTF-8', 'a\xb1b', 'a\ufffdb', 'fault'],
    ['bytes above 127 in ASCII', 'ASCII', 'a\xb1b', 'a\ufffdb', 'fault'],
    ['no set, bytes that are UTF-8', '', utf8('µ'), 'µ', 'note'],
    ['no set, bytes that are not', '', 'a\xb5b', 'aµb', 'note'],
    ['UTF-16 that is none', 'UNICODE', utf8('µ'), 'µ', 'note'],
  ])('M6 tells %s', (_name, charset, bytes, text, severity) => {
    const { value, problems, message } = received(charset, bytes);
    expect(value).toBe(text);
    expect(problems.map((one) => `${one.rule} ${one.severity} ${one.message}`)).toEqual([`M6 ${severity} 0`]);
    expect(message.faulty).toBe(severity === 'fault');
  });

  it('M6 a profile may give the set of a device that names none, or the wrong one', () => {
    expect(received('', 'a\xb5b', { defaultCharset: '8859/1' }).problems).toEqual([]);
    expect(received('8859/1', utf8('µ'), { defaultCharset: 'UTF-8' }).value).toBe('Âµ');
    expect(received('8859/1', utf8('µ'), { forceCharset: 'UTF-8' }).value).toBe('µ');
  });

  it('M6 a set that is only expected gives way to the bytes where the reader may guess, one that is named does not', () => {
    const read = (charset: string, bytes: string, defaultCharset?: string) => {
      const { value, problems } = received(charset, bytes, {
        guess: true,
        ...(defaultCharset === undefined ? {} : { defaultCharset }),
      });
      return [value, ...problems.map((one) => one.severity)];
    };
    expect(read('', 'a\xb5b', 'UTF-8')).toEqual(['aµb', 'note']);
    expect(read('', utf8('aµb'), 'UTF-8')).toEqual(['aµb']);
    expect(read('ASCII', 'a\xb5b')).toEqual(['aµb', 'note']);
    expect(read('ASCII', utf8('aµb'), 'UTF-8')).toEqual(['aµb', 'note']);
    expect(read('ASCII', 'ab')).toEqual(['ab']);
    expect(read('UTF-8', 'a\xb5b')).toEqual(['a\ufffdb', 'fault']);
    expect(read('', 'a\xb5b', '8859/1')).toEqual(['aµb']);
    expect(received('', 'a\xb5b', { defaultCharset: 'UTF-8' }).message.faulty).toBe(true);
  });

  it('M5 M6 hexadecimal escapes are bytes of the message’s set', () => {
    expect(received('UTF-8', '\\XC2B5\\').value).toBe('µ');
    expect(received('8859/1', '\\XB5\\').value).toBe('µ');
    expect(received('', '\\XB5\\').value).toBe('µ');
    const decode: ParseOptions['decode'] = (encoding, bytes) => new TextDecoder(encoding).decode(bytes);
    expect(received('8859/15', '\\XA4\\', { decode }).value).toBe('€');
    const text = parseHl7('MSH|^~\\&|a||||||ORU^R01|1|P|2.5.1||||||UTF-8\rOBX|1|TX|c||\\XC2B5\\').messages[0];
    expect(text && valueAt(text, 'OBX-5')).toBe('µ');
  });

  it('M5 M6 a hexadecimal escape inside MSH-18 does not ask itself how to be read', () => {
    const text = 'MSH|^~\\&|a||||||ORU^R01|1|P|2.5.1||||||UTF-8\\X0D\\\rOBX|1|TX|c||\\XC2B5\\';
    const [message] = parseHl7(text).messages;
    expect(message?.charset).toBe('UTF-8');
    expect(message && valueAt(message, 'OBX-5')).toBe('µ');
    expect(message && valueAt(message, 'MSH-18')).toBe('UTF-8\r');
  });

  it('M2 M6 the name in MSH-18 may hold a delimiter, escaped', () => {
    const header = 'MSH|-~\\&|a||||||ORU-R01|1|P|2.5.1||||||UTF\\S\\8\rOBX|1|TX|c||';
    const [message] = parseHl7(bytesOf(`${header}${utf8('µ')}`)).messages;
    expect(message?.charset).toBe('UTF-8');
    expect(message && valueAt(message, 'OBX-5')).toBe('µ');
    const slash = parseHl7(bytesOf('MSH|^/\\&|a||||||ORU^R01|1|P|2.5.1||||||8859\\R\\1/x\rOBX|1|TX|c||\xb5'))
      .messages[0];
    expect(slash && valueAt(slash, 'OBX-5')).toBe('µ');
  });

  it('M6 UTF-8 is read exactly as the platform reads it where it is well formed', () => {
    const samples = [
      '',
      'a',
      'é',
      '\u07ff',
      '\u0800',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '\u{10000}',
      '\u{10ffff}',
    ];
    for (const text of [...samples, samples.join('x')]) {
      const bytes = new TextEncoder().encode(text);
      expect(decodeBytes('utf8', bytes)).toBe(text);
      expect(encodeText('utf8', text)?.bytes).toEqual(bytes);
    }
    for (const wrong of [
      '\x80',
      '\xc0\x80',
      '\xc2',
      '\xe0\x80\x80',
      '\xed\xa0\x80',
      '\xf0\x80\x80\x80',
      '\xf4\x90\x80\x80',
      '\xff',
    ]) {
      expect(isUtf8(bytesOf(wrong))).toBe(false);
      expect(decodeBytes('utf8', bytesOf(`a${wrong}b`))).toMatch(/^a\ufffd+b$/);
    }
  });

  it('M6 long texts keep every character', () => {
    const text = 'µ'.repeat(20_001);
    expect(decodeBytes('latin1', bytesOf(text))).toBe(text);
    expect(decodeBytes('utf8', new TextEncoder().encode(text))).toBe(text);
  });
});

describe('writing character sets', () => {
  const patient = outSegment('PID', { 5: ['Łukasz', 'Jürgen'] });
  const header = outSegment('MSH', { 9: ['ORU', 'R01'], 10: '1' });

  it('M6 tells what the set cannot carry, and where', () => {
    expect(encodeHl7([header, patient], { charset: '8859/1' }).lost).toEqual([
      { segment: 1, id: 'PID', field: 5, characters: ['Ł'] },
    ]);
    expect(encodeHl7([header, patient]).lost).toEqual([
      { segment: 1, id: 'PID', field: 5, characters: ['Ł', 'ü'] },
    ]);
    const unicode = encodeHl7([header, patient], { charset: 'UNICODE UTF-8' });
    expect(unicode.lost).toEqual([]);
    expect(parseHl7(unicode.bytes).messages[0]?.segment('PID')?.value(5, 1)).toBe('Łukasz');
  });

  it('M6 names the set in MSH-18 unless it is ASCII or already named', () => {
    expect(encodeHl7([header], { charset: '8859/1' }).text).toBe('MSH|^~\\&|||||||ORU^R01|1||||||||8859/1\r');
    expect(encodeHl7([header]).text).toBe('MSH|^~\\&|||||||ORU^R01|1\r');
    const named = outSegment('MSH', { 9: 'ACK', 18: '8859/1' });
    expect(encodeHl7([named], { charset: '8859/1' }).text).toMatch(/\|8859\/1\r$/);
  });

  it('M6 writes other sets through the port and refuses unknown ones', () => {
    const encode = () => ({ bytes: Uint8Array.of(1), lost: ['x'] });
    expect(encodeHl7([header, patient], { charset: '8859/2', encode }).bytes).toEqual(Uint8Array.of(1));
    expect(() => encodeHl7([header], { charset: '8859/2' })).toThrow(RangeError);
    expect(() => encodeHl7([header], { charset: 'KLINGON' })).toThrow(RangeError);
  });
});
