import { describe, expect, it } from 'vitest';
import { parseHl7Path, valueAt } from './message.ts';
import { type ParseOptions, parseHl7 } from './parse.ts';

const MSH =
  'MSH|^~\\&|XN^1.2|Lab|LEVEY|BENCH|20260729064205||ORU^R01^ORU_R01|C1|P^T|2.5.1|||AL|NE||UNICODE UTF-8';

/** One message out of text, which must be there. */
function one(text: string, options?: ParseOptions) {
  const [message] = parseHl7(text, options).messages;
  if (message === undefined) throw new Error('no message');
  return message;
}

/** The segment with the OBX fields to be read. */
function obx(fields: string) {
  const segment = one(`${MSH}\rOBX|${fields}\r`).segment('OBX');
  if (segment === undefined) throw new Error('no OBX');
  return segment;
}

describe('a message', () => {
  it('M2 counts MSH from the separator, which is MSH-1', () => {
    const { header } = one(MSH);
    expect([1, 2, 3, 4, 9, 10].map((n) => header.field(n))).toEqual([
      '|',
      '^~\\&',
      'XN^1.2',
      'Lab',
      'ORU^R01^ORU_R01',
      'C1',
    ]);
    expect(header.value(2)).toBe('^~\\&');
    expect(header.parts(2)).toEqual([[['^~\\&']]]);
    expect(header.parts(1)).toEqual([[['|']]]);
    expect([header.repeats(1), header.repeats(2), header.repeats(3), header.repeats(8)]).toEqual([
      1, 1, 1, 0,
    ]);
    expect(header.length).toBe(18);
    expect([header.given(1), header.given(2), header.given(8), header.given(19)]).toEqual([
      'value',
      'value',
      'empty',
      'absent',
    ]);
  });

  it('M3 names what an answer needs', () => {
    const message = one(MSH);
    expect(message.type).toEqual({ code: 'ORU', trigger: 'R01', structure: 'ORU_R01' });
    expect(message.controlId).toBe('C1');
    expect(message.processingId).toBe('P');
    expect(message.version).toBe('2.5.1');
    expect([message.acceptAck, message.applicationAck]).toEqual(['AL', 'NE']);
    expect(message.charset).toBe('UNICODE UTF-8');
  });

  it.each([
    ['the usual delimiters', 'MSH|^~\\&|a^b|||||  |ORU^R01|1\rOBX|1|NM|K^Kalium&L|s|a~b\\S\\c'],
    ['others', 'MSH!:?*%!a:b!!!!!  !ORU:R01!1\rOBX!1!NM!K:Kalium%L!s!a?b*S*c'.replace('*S*', '*S*')],
    ['five', 'MSH|^~\\&#|a^b|||||  |ORU^R01|1\rOBX|1|NM|K^Kalium&L|s|a~b\\S\\c'],
  ])('M2 reads %s', (_name, text) => {
    const message = one(text);
    const segment = message.segment('OBX');
    expect(valueAt(message, 'MSH-3.2')).toBe('b');
    expect(segment?.parts(3)).toEqual([[['K'], ['Kalium', 'L']]]);
    expect(segment?.value(3, 2, 2)).toBe('L');
    expect(segment?.value(5, 1, 1, 2)).toBe(`b${message.delimiters.component}c`);
    expect(segment?.repeats(5)).toBe(2);
    expect(message.problems).toEqual([]);
  });

  it('M2 without a fourth character nothing is divided into sub-components', () => {
    const message = one('MSH|^~\\|a|||||  |ORU^R01|1\rOBX|1|TX|c||A & B');
    expect(valueAt(message, 'OBX-5.1.1')).toBe('A & B');
    expect(valueAt(message, 'OBX-5.1.2')).toBe('');
    expect(message.segment('OBX')?.parts(5)).toEqual([[['A & B']]]);
  });

  it.each([
    ['CR', '\r', 0],
    ['CR LF', '\r\n', 1],
    ['LF', '\n', 1],
    ['CR CR LF', '\r\r\n', 1],
  ])('M1 takes segments that end with %s', (_name, end, notes) => {
    const { messages, problems } = parseHl7([MSH, 'PID|1', 'OBX|1|NM', ''].join(end));
    expect(messages[0]?.segments.map((segment) => segment.raw)).toEqual([MSH, 'PID|1', 'OBX|1|NM']);
    expect(messages[0]?.raw).toBe(`${MSH}\rPID|1\rOBX|1|NM\r`);
    expect(problems.map(({ rule, severity }) => `${rule} ${severity}`)).toEqual(Array(notes).fill('M1 note'));
  });

  it('M1 the last segment needs no end', () => {
    expect(one(`${MSH}\rOBX|1`).segments.map((segment) => segment.id)).toEqual(['MSH', 'OBX']);
  });

  it('M1 a line of blanks is an empty one', () => {
    const { messages, problems } = parseHl7('MSH|^~\\&|a||||||ORU^R01|1\r \t\rOBX|1|NM|c||5\r  \r');
    expect(messages.map((one) => one.segments.map(({ id }) => id))).toEqual([['MSH', 'OBX']]);
    expect(problems).toEqual([]);
  });

  it('M1 several messages come one after the other', () => {
    const { messages, problems } = parseHl7(`${MSH}\rOBX|1\r${MSH.replace('C1', 'C2')}\rOBX|2\r\r`);
    expect(messages.map((message) => message.controlId)).toEqual(['C1', 'C2']);
    expect(messages.map((message) => valueAt(message, 'OBX-1'))).toEqual(['1', '2']);
    expect(problems).toEqual([]);
  });

  it('M1 tells a line that is no segment, and keeps it', () => {
    const message = one(`${MSH}\rOBX|1|TX|c||first line\nsecond line\rOBXX|2\rob1|3\rZ1|4`);
    expect(message.segments.map((segment) => segment.raw)).toEqual([
      MSH,
      'OBX|1|TX|c||first line',
      'second line',
      'OBXX|2',
      'ob1|3',
      'Z1|4',
    ]);
    expect(message.faulty).toBe(true);
    expect(message.problems.map(({ rule, severity, segment }) => `${rule} ${severity} ${segment}`)).toEqual([
      'M1 fault 2',
      'M1 fault 3',
      'M1 fault 4',
      'M1 fault 5',
    ]);
  });

  it.each(['\x00', '\x02', '\x0b', '\x0c', '\x1b', '\x1c'])(
    'M1 tells the control character %j',
    (character) => {
      const message = one(`${MSH}\rOBX|1|TX|c||a${character}b\rOBX|2`);
      expect(valueAt(message, 'OBX-5')).toBe(`a${character}b`);
      expect(message.problems.map(({ rule, severity, segment }) => `${rule} ${severity} ${segment}`)).toEqual(
        ['M1 fault 1'],
      );
    },
  );

  it('M1 a tabulator is no control character that is told', () => {
    expect(one(`${MSH}\rOBX|1|TX|c||a\tb`).problems).toEqual([]);
  });

  it.each([
    ['nothing', '', [], 'M1'],
    ['no bytes', new Uint8Array(), [], 'M1'],
    ['only line ends', '\r\n\r\n', [], 'M1'],
    ['no header', 'PID|1\rOBX|1', ['PID|1', 'OBX|1'], 'M1'],
    ['a bare MSH', 'MSH\rOBX|1', ['MSH', 'OBX|1'], 'M2'],
    ['an MSH that is too short', 'MSH|\rOBX|1', ['MSH|', 'OBX|1'], 'M2'],
    ['delimiters that are the same', 'MSH|^^^^|a\rOBX|1', ['MSH|^^^^|a', 'OBX|1'], 'M2'],
    ['letters as delimiters', 'MSHabcdea\rOBX|1', ['MSHabcdea', 'OBX|1'], 'M2'],
    ['noise', '\u0000\u0001\u0002', ['\u0000\u0001\u0002'], 'M1'],
  ])('M2 reads no message out of %s', (_name, text, unread, rule) => {
    const read = parseHl7(text);
    expect(read.messages).toEqual([]);
    expect(read.unread).toEqual(unread);
    expect(read.problems.find(({ severity }) => severity === 'fault')?.rule).toBe(rule);
  });

  it('M2 an unreadable header leaves its own segments unread, not the next message', () => {
    const read = parseHl7(`PID|0\rMSH|\rOBX|1\r${MSH}\rOBX|2\r`);
    expect(read.unread).toEqual(['PID|0', 'MSH|', 'OBX|1']);
    expect(read.messages.map((message) => valueAt(message, 'OBX-1'))).toEqual(['2']);
  });

  it('M3 tells a header without type or control id', () => {
    expect(one('MSH|^~\\&|a|').problems.map(({ rule, severity }) => `${rule} ${severity}`)).toEqual([
      'M3 fault',
      'M3 note',
    ]);
  });

  it('M5 counts escape characters that begin no sequence, per segment, and keeps them', () => {
    const message = one(`${MSH}\rPID|1||a\\b|\\F\\\rOBX|1|TX|c||C:\\x\\y|\\|\\Zr\\\rOBX|2|TX|c||\\.br\\`);
    expect(message.problems.map(({ segment, text }) => `${segment}: ${text}`)).toEqual([
      '1: 1 escape characters that begin no sequence; kept as sent.',
      '2: 3 escape characters that begin no sequence; kept as sent.',
      '2: 1 escape sequences of other sets; kept as sent.',
    ]);
    expect(message.faulty).toBe(false);
    expect(valueAt(message, 'PID-3')).toBe('a\\b');
  });

  it('size: an input that is too long, or has too many segments, is told and not read on', () => {
    expect(parseHl7(MSH, { maxLength: 20 })).toMatchObject({ messages: [], problems: [{ rule: 'size' }] });
    const read = parseHl7(`${MSH}\rOBX|1\rOBX|2\rOBX|3\r`, { maxSegments: 3 });
    expect(read.messages[0]?.segments.length).toBe(3);
    expect(read.unread).toEqual(['OBX|3']);
    expect(read.messages[0]?.faulty).toBe(true);
  });

  it('size: the list of problems is bounded, and a fault still marks its message', () => {
    const lines = Array.from({ length: 1000 }, () => 'OBX|1|TX|c||\\');
    const read = parseHl7(`${MSH}\r${lines.join('\r')}\r${MSH}\rno segment`);
    expect(read.problems.length).toBe(201);
    expect(read.problems.at(-1)?.text).toBe('801 more problems.');
    expect(read.messages.map((message) => message.faulty)).toEqual([false, true]);
  });
});

describe('values', () => {
  it('R11 empty is not given, `""` is delete, and a field behind the last is absent', () => {
    const segment = obx('1|NM||""|a^""^b^|""~x|^');
    expect([1, 3, 4, 5, 6, 7, 8].map((n) => segment.given(n))).toEqual([
      'value',
      'empty',
      'delete',
      'value',
      'value',
      'value',
      'absent',
    ]);
    expect([1, 2, 3, 4, 5].map((component) => segment.given(5, component))).toEqual([
      'value',
      'delete',
      'value',
      'empty',
      'empty',
    ]);
    expect([segment.given(6, undefined, undefined, 1), segment.given(6, undefined, undefined, 2)]).toEqual([
      'delete',
      'value',
    ]);
    expect([segment.value(3), segment.value(4), segment.value(5, 2), segment.value(8)]).toEqual([
      '',
      '',
      '',
      '',
    ]);
    expect(segment.field(4)).toBe('""');
    expect([segment.repeats(3), segment.repeats(4), segment.repeats(6), segment.repeats(8)]).toEqual([
      0, 1, 2, 0,
    ]);
  });

  it('R12 texts stay as sent', () => {
    const values = ['>500', '<0.1', '5.40', '-----', '***.**', '5,40', '0', '  12 ', '1e3'];
    for (const value of values) expect(obx(`1|NM|c||${value}`).value(5)).toBe(value);
  });

  it('M2 what is left out is not narrowed down', () => {
    const segment = obx('1|TX|c||Smith & Sons^b&c~second');
    expect(segment.field(5)).toBe('Smith & Sons^b&c~second');
    expect(segment.value(5)).toBe('Smith & Sons^b&c');
    expect(segment.value(5, 1)).toBe('Smith & Sons');
    expect(segment.value(5, 1, 1)).toBe('Smith ');
    expect(segment.value(5, 2, 2)).toBe('c');
    expect(segment.value(5, 1, 1, 2)).toBe('second');
    expect(segment.value(5, 2, 1, 2)).toBe('');
    expect(segment.value(5, 1, 1, 3)).toBe('');
    expect(segment.value(5, 3)).toBe('');
    expect(segment.value(5, 1, 3)).toBe('');
    expect(segment.field(5, 2)).toBe('second');
    expect(segment.field(5, 3)).toBe('');
  });

  it('M5 delimiters are divided first, then escapes are resolved', () => {
    const segment = obx('1|TX|c||a\\S\\b^c\\R\\d~e\\T\\f&g');
    expect(segment.value(5, 1)).toBe('a^b');
    expect(segment.value(5, 2)).toBe('c~d');
    expect(segment.value(5, 1, 1, 2)).toBe('e&f');
    expect(segment.parts(5)).toEqual([[['a^b'], ['c~d']], [['e&f', 'g']]]);
    expect(segment.field(5, 1)).toBe('a\\S\\b^c\\R\\d');
  });

  it('M5 a value that ends with the truncation character was cut short', () => {
    const message = one('MSH|^~\\&#|a|||||  |ORU^R01|1\rOBX|1|TX|c||long#|a\\P\\|b#^c');
    const segment = message.segment('OBX');
    expect(segment?.truncated(5)).toBe(true);
    expect(segment?.truncated(6)).toBe(false);
    expect(segment?.value(6)).toBe('a#');
    expect([segment?.truncated(7, 1), segment?.truncated(7, 2)]).toEqual([true, false]);
    expect(obx('1|TX|c||long#').truncated(5)).toBe(false);
  });

  it('reads fields in any order, the same each time', () => {
    const segment = obx('1|2|3|4|5|6|7');
    for (const n of [7, 1, 5, 9, 2, 7, 3, 0, -1, 1.5]) {
      expect(segment.value(n)).toBe(Number.isInteger(n) && n >= 1 && n <= 7 ? String(n) : '');
    }
    expect(segment.length).toBe(7);
    expect(one(`${MSH}\rOBX`).segment('OBX')?.length).toBe(0);
  });
});

describe('paths', () => {
  const message = one(`${MSH}\rPID|1||A&x^^^L~B^^^M||Smith^Jo\rOBX|1|NM|NA\rOBX|2|NM|K`);

  it.each([
    ['PID-3', 'A&x^^^L'],
    ['PID-3.1', 'A&x'],
    ['PID-3.1.1', 'A'],
    ['PID-3.1.2', 'x'],
    ['PID-3.4', 'L'],
    ['PID-3[2]', 'B^^^M'],
    ['PID-3[2].4', 'M'],
    ['PID-3[3].4', ''],
    ['PID-5.2', 'Jo'],
    ['PID-99', ''],
    ['OBX-3', 'NA'],
    ['MSH-1', '|'],
    ['MSH-9.3', 'ORU_R01'],
    ['ZZZ-1', ''],
  ])('%s', (path, value) => {
    expect(valueAt(message, path)).toBe(value);
  });

  it('a segment answers only for its own name', () => {
    const [, second] = message.all('OBX');
    if (second === undefined) throw new Error('no second OBX');
    expect(valueAt(second, 'OBX-3')).toBe('K');
    expect(valueAt(second, 'PID-3')).toBe('');
  });

  it.each(['', 'PID', 'PID-', 'PID-0', 'pid-3', 'PID-3.0', 'PID-3.1.1.1', 'PID-3[0]', 'PID.3', 'PID-3[1'])(
    '%j is no path',
    (path) => {
      expect(parseHl7Path(path)).toBeNull();
      expect(() => valueAt(message, path)).toThrow(RangeError);
    },
  );
});

describe('batches and files', () => {
  const batch = (count: string) => `BHS|^~\\&|a\r${MSH}\r${MSH}\rBTS|${count}\r`;

  it('M1 a batch holds its messages, and its count is checked', () => {
    const read = parseHl7(batch('2'));
    expect(read.messages.length).toBe(2);
    expect(read.batches.map(({ messages }) => messages)).toEqual([[0, 1]]);
    expect(read.batches[0]?.header?.value(3)).toBe('a');
    expect(read.batches[0]?.trailer?.value(1)).toBe('2');
    expect(read.messages[1]?.segments.map((segment) => segment.id)).toEqual(['MSH']);
    expect(read.problems).toEqual([]);
    expect(parseHl7(batch('')).problems).toEqual([]);
  });

  it('M1 a file holds its batches, and their number is checked', () => {
    const read = parseHl7(`FHS|^~\\&|f\r${batch('2')}${batch('2')}FTS|2\r`);
    expect(read.file?.header?.value(3)).toBe('f');
    expect(read.batches.map(({ messages }) => messages)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(read.problems).toEqual([]);
    expect(parseHl7(`FHS|^~\\&|f\r${MSH}\rFTS|1\r`).problems).toEqual([]);
  });

  it.each([
    ['a wrong count of messages', batch('3'), 'The batch trailer states 3 messages, found 2.'],
    ['a count that is no number', batch('two'), 'The batch trailer states no number of messages, found 2.'],
    [
      'a wrong count of batches',
      `FHS|^~\\&\r${batch('2')}FTS|2\r`,
      'The file trailer states 2 batches, found 1.',
    ],
    ['a batch that breaks off', `BHS|^~\\&\r${MSH}\r`, 'A batch without trailer: it is not complete.'],
    ['a file that breaks off', `FHS|^~\\&\r${batch('2')}`, 'A file without trailer: it is not complete.'],
    [
      'a batch in a batch',
      `BHS|^~\\&\r${MSH}\r${batch('2')}`,
      'A batch without trailer: it is not complete.',
    ],
    ['two file headers', `FHS|^~\\&\rFHS|^~\\&\r${MSH}\rFTS|1\r`, 'A second file header.'],
    ['two file trailers', `FHS|^~\\&\r${MSH}\rFTS|1\rFTS|1\r`, 'A second file trailer.'],
    ['a trailer alone', `${MSH}\rBTS|2\r`, 'The batch trailer states 2 messages, found 1.'],
  ])('M1 tells %s', (_name, text, problem) => {
    const read = parseHl7(text);
    expect(read.problems.filter(({ severity }) => severity === 'fault').map((one) => one.text)).toContain(
      problem,
    );
    expect(read.messages.length).toBeGreaterThan(0);
  });

  it('M1 a second file header or trailer is kept as unread', () => {
    const read = parseHl7(`FHS|^~\\&|1\rFHS|^~\\&|2\r${MSH}\rFTS|1\rFTS|2\r`);
    expect(read.unread).toEqual(['FHS|^~\\&|2', 'FTS|2']);
    expect([read.file?.header?.value(3), read.file?.trailer?.value(1)]).toEqual(['1', '1']);
  });

  it('M1 a trailer without header takes the messages before it', () => {
    const read = parseHl7(`${MSH}\r${MSH}\rBTS|2\r`);
    expect(read.batches[0]?.messages).toEqual([0, 1]);
    expect(read.problems.map(({ severity }) => severity)).toEqual(['note']);
  });

  it('M2 a batch may have other delimiters than its messages', () => {
    const read = parseHl7(`BHS!:?*%!a:b\r${MSH}\rBTS!1!x:y\r`);
    expect(read.batches[0]?.header?.value(3, 2)).toBe('b');
    expect(read.batches[0]?.trailer?.value(2, 2)).toBe('y');
    expect(read.messages[0]?.controlId).toBe('C1');
    expect(read.problems).toEqual([]);
  });

  it('M7 MSH-18 is looked up once, not at each escape: 32 000 escapes below a name of 100 000 characters', () => {
    // Found by the fuzzer (hl7, seed 231106, run 201236): a message of 56 kB took half a minute.
    const escapes = '\\X0D0A\\\\'.repeat(16_000);
    const message = one(`${MSH.replace('UNICODE UTF-8', `8859${escapes}`)}\rOBX|1|TX|K||${escapes}|x\r`);
    expect(message.segments[1]?.value(5)).toBe('\r\n\\'.repeat(16_000));
  }, 20_000);
});
