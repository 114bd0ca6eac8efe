import { describe, expect, it } from 'vitest';
import { fromBinary, toBinary } from './bytes.ts';
import { encodeAnswer, encodeMessage } from './encode.ts';
import { escapeText, readDelimiters, USUAL_DELIMITERS, unescapeText } from './escape.ts';
import { seeded } from './link-fixture.ts';
import { component, decodeMessage, decodeMessages, field, fieldText, parseTime } from './records.ts';

const ascii = (text: string) => fromBinary(text);
const decode = (text: string) => decodeMessage(ascii(text));

describe('reading records', () => {
  it('R1 reads the delimiters from the header and never assumes them', () => {
    const usual = decode('H|\\^&|c|p|name^1.0^SN7\rO|1|A1||^^^NA\\^^^K\rL|1|N\r');
    const other = decode('H|@^\\|c|p|name^1.0^SN7\rO|1|A1||^^^NA@^^^K\rL|1|N\r');
    const strange = decode('H!~:?!c!p!name:1.0:SN7\rO!1!A1!!:::NA~:::K\rL!1!N\r');
    for (const message of [usual, other, strange]) {
      expect(message.records[1]?.fields[4]?.repeats).toEqual([
        ['', '', '', 'NA'],
        ['', '', '', 'K'],
      ]);
      expect(component(message.records[0] ?? fail(), 5, 3)).toBe('SN7');
    }
    expect(other.delimiters).toEqual({ field: '|', repeat: '@', component: '^', escape: '\\' });
  });

  it('R1 keeps everything raw when there is no readable header', () => {
    const [message] = decodeMessages(ascii('R|1|^^^NA|140\rL|1|N\r'));
    expect(message?.delimiters).toBeNull();
    expect(message?.records.map((record) => toBinary(record.bytes))).toEqual(['R|1|^^^NA|140', 'L|1|N']);
    expect(message?.problems.map((problem) => problem.rule)).toContain('R1');
    expect(readDelimiters('H||^&')).toBeNull();
    expect(readDelimiters('H|\\')).toBeNull();
    expect(readDelimiters('HA\\^&')).toBeNull();
  });

  it('R2 gives every record its level and parent; sequences restart per parent', () => {
    const message = decode(
      'H|\\^&\rC|1|L|head\rP|1\rC|1|L|pat\rO|1|A1\rR|1|^^^NA|1\rC|1|I|res\rR|2|^^^K|2\rO|2|A2\rR|1|^^^NA|3\rP|2\rO|1|B1\rR|1|^^^K|4\rM|1|x\rL|1|N\r',
    );
    const shape = message.records.map((record) => `${record.type}${record.level}<${record.parent ?? '-'}`);
    expect(shape).toEqual([
      'H0<-',
      'C1<0',
      'P1<0',
      'C2<2',
      'O2<2',
      'R3<4',
      'C4<5',
      'R3<4',
      'O2<2',
      'R3<8',
      'P1<0',
      'O2<10',
      'R3<11',
      'M4<12',
      'L0<0',
    ]);
    expect(message.problems).toEqual([]);
  });

  it('R2 reports orphans and broken numbering without dropping anything', () => {
    const message = decode('H|\\^&\rR|1|^^^NA|1\rP|1\rR|1|^^^K|2\rO|2|A1\rR|1|^^^NA|1\rR|3|^^^K|1\rL|1|N\r');
    expect(message.records).toHaveLength(8);
    expect(message.records[1]?.parent).toBeNull();
    expect(message.records[3]?.parent).toBeNull();
    expect(message.problems.map((problem) => [problem.rule, problem.record])).toEqual([
      ['R2', 1],
      ['R2', 3],
      ['R2', 4],
      ['R2', 6],
    ]);
  });

  it('R7 LX is no L record: it is kept raw and ends nothing', () => {
    const message = decode('H|\\^&\rP|1\rLX|1|own\r');
    expect(message.complete).toBe(false);
    expect(message.records.at(-1)).toMatchObject({ kind: 'other', type: 'LX' });
  });

  it('R3 R4 R5 R6 fields are numbered as LIS02 numbers them', () => {
    const message = decode(
      'H|\\^&|ctl||dev^1.2^SN1|||||host||P|1|20260729064205\r' +
        'P|1|prac|lab||Doe^Jane||19800102|F|||||phys||||||||||||ward\r' +
        'O|1|A1|I1|^^^NA|S|20260729060000|20260729055500||||N|||20260729061000|SER||||||||||O\r' +
        'R|1|^^^NA|140|mmol/L|136-145|N||F||tech|20260729063000|20260729064000|SN1\rL|1|N\r',
    );
    const [header, patient, order, result] = message.records;
    const get = (record: typeof header, n: number) => (record === undefined ? '' : field(record, n).raw);
    expect([3, 5, 10, 12, 13, 14].map((n) => get(header, n))).toEqual([
      'ctl',
      'dev^1.2^SN1',
      'host',
      'P',
      '1',
      '20260729064205',
    ]);
    expect([3, 4, 6, 8, 9, 14, 26].map((n) => get(patient, n))).toEqual([
      'prac',
      'lab',
      'Doe^Jane',
      '19800102',
      'F',
      'phys',
      'ward',
    ]);
    expect([3, 4, 5, 6, 7, 8, 12, 15, 16, 26].map((n) => get(order, n))).toEqual([
      'A1',
      'I1',
      '^^^NA',
      'S',
      '20260729060000',
      '20260729055500',
      'N',
      '20260729061000',
      'SER',
      'O',
    ]);
    expect([3, 4, 5, 6, 7, 9, 11, 12, 13, 14].map((n) => get(result, n))).toEqual([
      '^^^NA',
      '140',
      'mmol/L',
      '136-145',
      'N',
      'F',
      'tech',
      '20260729063000',
      '20260729064000',
      'SN1',
    ]);
  });

  it('R7 keeps M, S and unknown record types raw', () => {
    const message = decode('H|\\^&\rM|1|a^b\\c\rS|1|x\rZ|9|what^ever\rL|1|N\r');
    expect(message.records.map((record) => record.kind)).toEqual([
      'header',
      'manufacturer',
      'scientific',
      'other',
      'terminator',
    ]);
    expect(toBinary(message.records[3]?.bytes ?? ascii(''))).toBe('Z|9|what^ever');
  });

  it('R8 reads a request for orders', () => {
    const message = decode('H|\\^&\rQ|1|^A1\\^A2||ALL||||||||O\rL|1|N\r');
    const query = message.records[1] ?? fail();
    expect(query.kind).toBe('query');
    expect([
      component(query, 3, 2, 1),
      component(query, 3, 2, 2),
      component(query, 5),
      component(query, 13),
    ]).toEqual(['A1', 'A2', 'ALL', 'O']);
  });

  it('R10 resolves escapes with the message’s own escape byte, after splitting', () => {
    const message = decode('H|\\^&\rC|1|L|a&F&b&S&c&R&d&E&e&X41420A&f&Z&g&\rL|1\r');
    expect(component(message.records[1] ?? fail(), 4)).toBe('a|b^c\\d&eAB\nf&Z&g&');
    const other = decode('H|@^\\\rC|1|L|a\\F\\b&F&\rL|1\r');
    expect(component(other.records[1] ?? fail(), 4)).toBe('a|b&F&');
    expect(fieldText(message.records[1] ?? fail(), 3, USUAL_DELIMITERS)).toBe('L');
  });

  it('R10 reads instrument times and refuses impossible ones', () => {
    expect(parseTime('20260729').local).toBe('2026-07-29');
    expect(parseTime('202607290642').local).toBe('2026-07-29T06:42:00');
    expect(parseTime('20260729064205').local).toBe('2026-07-29T06:42:05');
    expect(parseTime('20240229').local).toBe('2024-02-29');
    for (const text of ['', '20260229', '20261301', '20260729250000', '2026', 'yesterday']) {
      expect(parseTime(text)).toEqual({ text, local: null });
    }
  });

  it('R11 tells empty from delete, and a message without L is incomplete', () => {
    const message = decode('H|\\^&\rR|1||""|0\r');
    const result = message.records[1] ?? fail();
    expect([
      field(result, 3).given,
      field(result, 4).given,
      field(result, 5).given,
      field(result, 99).given,
    ]).toEqual(['empty', 'delete', 'value', 'empty']);
    expect(message.complete).toBe(false);
    expect(message.problems.map((problem) => problem.rule)).toContain('R11');
    expect(decode('H|\\^&\rL|1|N\r').complete).toBe(true);
  });

  it('R12 the text of a value survives as it was sent', () => {
    for (const value of ['>500', '<0.1', '5.40', '-----', '***.**', '5,40', ' 7 ', '0']) {
      const message = decode(`H|\\^&\rR|1|^^^X|${value}\rL|1\r`);
      expect(component(message.records[1] ?? fail(), 4)).toBe(value);
    }
  });

  it('several messages in one text come one by one', () => {
    const messages = decodeMessages(ascii('H|\\^&\rL|1\rH|@^\\\rL|1\r'));
    expect(messages.map((message) => message.delimiters?.repeat)).toEqual(['\\', '@']);
    expect(() => decodeMessage(ascii(''))).toThrow(RangeError);
  });

  it('decodes the character set from the bytes of each component', () => {
    const bytes = Uint8Array.from([...ascii('H|\\^&\rP|1|||'), 0, ...[]]).slice(0, -1);
    const name = Uint8Array.of(0xc3, 0x89, 0x5e, 0xd0, 0x96);
    const text = Uint8Array.from([...bytes, 0x7c, ...name, 0x0d, ...ascii('L|1\r')]);
    const patient = decodeMessage(text, { charset: 'utf8' }).records[1] ?? fail();
    expect([component(patient, 6, 1), component(patient, 6, 2)]).toEqual(['É', 'Ж']);
    expect(component(decodeMessage(text).records[1] ?? fail(), 6, 1)).toBe('Ã\x89');
    const broken = Uint8Array.from([...ascii('H|\\^&\rP|1|'), 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x0d]);
    expect(component(decodeMessage(broken, { charset: 'utf8' }).records[1] ?? fail(), 3)).toBe(
      '\ufffd(\ufffd\ufffd\ufffd',
    );
    expect(component(decodeMessage(broken, { charset: 'ascii' }).records[1] ?? fail(), 3)).toContain(
      '\ufffd(',
    );
  });

  it('never throws and never loses a record, whatever the bytes (seed 4711)', () => {
    const random = seeded(4711);
    const alphabet = [...ascii('HPORCQLM|\\^&\r\n"X0'), 0xff, 0xc3];
    for (let round = 0; round < 500; round += 1) {
      const bytes = Uint8Array.from(
        { length: 120 },
        () => alphabet[Math.floor(random() * alphabet.length)] ?? 0,
      );
      const records = toBinary(bytes)
        .split('\r')
        .map((record) => record.replace(/^\n+/, ''))
        .filter((record) => record !== '');
      const seen = decodeMessages(bytes, { charset: 'utf8' }).flatMap((message) => message.records);
      expect(seen.map((record) => toBinary(record.bytes))).toEqual(records);
    }
  });
});

describe('writing records', () => {
  const options = { sender: 'LEVEY', receiver: 'CHEM', time: '20260729064205' };

  it('R9 answers a query with H P O L, field 26 = Q, L|1|F', () => {
    const answer = encodeAnswer(
      [
        {
          specimenId: 'A1',
          codes: ['NA', 'K'],
          specimenType: 'SER',
          patient: { id: 'P7', familyName: 'Doe', givenName: 'Jane', birthDate: '19800102', sex: 'F' },
        },
      ],
      options,
    );
    expect(toBinary(answer.bytes)).toBe(
      'H|\\^&|||LEVEY|||||CHEM||P|1|20260729064205\rP|1||P7||Doe^Jane||19800102|F\r' +
        'O|1|A1||^^^NA\\^^^K|R||||||N||||SER||||||||||Q\rL|1|F\r',
    );
    const each = encodeAnswer([{ specimenId: 'A1', codes: ['NA', 'K'] }], {
      ...options,
      testsPerOrder: 'each',
    });
    expect(toBinary(each.bytes).match(/O\|\d\|A1\|\|\^\^\^\w+/g)).toEqual(['O|1|A1||^^^NA', 'O|2|A1||^^^K']);
  });

  it('R9 answers as one kind of device wants it: its words for the specimen, H-11, O-12, O-16, O-26', () => {
    const echo = ['', '', '000004', '40', '0', '5', '', 'S1', 'SC'];
    const answer = {
      headerComment: ['TSDWN', 'REPLY'],
      echo: 'O-4' as const,
      action: 'A',
      descriptor: '1',
      reportType: 'O',
      terminator: 'N',
      nothing: 'O',
    };
    const say = (codes: string[], form = {}) =>
      toBinary(
        encodeAnswer([{ specimenId: '000004', codes, echo }], { ...options, answer: { ...answer, ...form } })
          .bytes,
      ).split('\r');
    expect(say(['10', '30'])).toEqual([
      'H|\\^&|||LEVEY|||||CHEM|TSDWN^REPLY|P|1|20260729064205',
      'P|1',
      'O|1|000004|40^0^5^^S1^SC|^^^10\\^^^30|R||||||A||||1||||||||||O',
      'L|1|N',
      '',
    ]);
    expect(say([])[2]).toBe('O|1|000004|40^0^5^^S1^SC||R||||||A||||1||||||||||O');
    expect(say([], { nothing: 'terminator' }).slice(1)).toEqual(['L|1|I', '']);
    expect(say(['10'], { echo: 'O-3' })[2]).toMatch(/^O\|1\|\^\^000004\^40\^0\^5\^\^S1\^SC\|\|\^\^\^10\|R/);
    expect(say(['10'], { echo: 'none', nothing: 'Y' })[2]).toMatch(/^O\|1\|000004\|\|\^\^\^10\|R.*O$/);
  });

  it('R9 says L|1|I when there is nothing to do', () => {
    for (const orders of [[], [{ specimenId: 'A1', codes: [] }]]) {
      expect(toBinary(encodeAnswer(orders, options).bytes)).toBe(
        'H|\\^&|||LEVEY|||||CHEM||P|1|20260729064205\rL|1|I\r',
      );
    }
  });

  it('R10 escapes every value, so that data can never become structure', () => {
    const hostile = 'A|B^C\\D&E\rL|1|N\n\x02\x03';
    const { bytes } = encodeMessage([
      ['H', null],
      ['C', 1, 'L', hostile],
      ['L', 1, 'N'],
    ]);
    const message = decodeMessage(bytes);
    expect(message.records).toHaveLength(3);
    expect(component(message.records[1] ?? fail(), 4)).toBe(hostile);
    expect(toBinary(bytes)).not.toMatch(/[\n\x02\x03]/);
  });

  it('R10 R11 any fields survive the round trip with any delimiters and character set (seed 99)', () => {
    const random = seeded(99);
    const pool = [...'abc|\\^&@!~ "é', 'Ж', '患', '\u{1F9EA}', '\r', '\x02'];
    for (let round = 0; round < 300; round += 1) {
      const word = () =>
        Array.from(
          { length: 1 + Math.floor(random() * 6) },
          () => pool[Math.floor(random() * pool.length)],
        ).join('');
      const delimiters =
        round % 2 === 0 ? USUAL_DELIMITERS : { field: '|', repeat: '@', component: '^', escape: '\\' };
      const repeats = [[word(), word()], [word()]];
      const { bytes, lost } = encodeMessage(
        [['H'], ['C', 1, { repeats }, { delete: true }, null, word()], ['L', 1]],
        { delimiters, charset: 'utf8' },
      );
      const record = decodeMessage(bytes, { charset: 'utf8' }).records[1] ?? fail();
      expect(field(record, 3).repeats).toEqual(repeats);
      expect([field(record, 4).given, field(record, 5).given]).toEqual(['delete', 'empty']);
      expect(lost).toEqual([]);
    }
  });

  it('tells which characters a character set does not have', () => {
    const { bytes, lost } = encodeMessage([['H'], ['P', 1, 'ЖÉ']], { charset: 'latin1' });
    expect(toBinary(bytes)).toBe('H|\\^&\rP|1|?\xc9\r');
    expect(lost).toEqual(['Ж']);
  });

  it('escape and unescape are inverse', () => {
    expect(escapeText('|', USUAL_DELIMITERS)).toBe('&F&');
    expect(unescapeText(escapeText('a&F&b', USUAL_DELIMITERS), USUAL_DELIMITERS)).toBe('a&F&b');
  });
});

function fail(): never {
  throw new Error('The record is missing');
}
