import { describe, expect, it } from 'vitest';
import { type AckOptions, ackCode, ackFor, ackMode, isAckWanted, whyRejected } from './ack.ts';
import { encodeHl7, outSegment } from './encode.ts';
import { valueAt } from './message.ts';
import { type ParseOptions, parseHl7 } from './parse.ts';

function read(input: string | Uint8Array, options?: ParseOptions) {
  const [message] = parseHl7(input, options).messages;
  if (message === undefined) throw new Error('no message');
  return message;
}

/** A result message with these MSH-15 and MSH-16. */
function sent(acceptAck = '', applicationAck = '', version = '2.5.1') {
  return read(
    `MSH|^~\\&|XN^1^ISO|Lab&Ward|LEVEY|BENCH|20260729064205||ORU^R01^ORU_R01|C\\F\\1|P^T|${version}|||${acceptAck}|${applicationAck}\rOBR|1\r`,
  );
}

const ok: AckOptions = { level: 'application', outcome: 'ok', time: '20260729064206', controlId: 'L1' };

describe('which acknowledgement is wanted', () => {
  it.each([
    ['', '', 'original'],
    ['AL', '', 'enhanced'],
    ['', 'AL', 'enhanced'],
    ['NE', 'NE', 'enhanced'],
  ])('M3 MSH-15 %j and MSH-16 %j is %s mode', (acceptAck, applicationAck, mode) => {
    expect(ackMode(sent(acceptAck, applicationAck))).toBe(mode);
  });

  it('M3 original mode wants the application acknowledgement, whatever the outcome', () => {
    for (const outcome of ['ok', 'error', 'reject'] as const) {
      expect(isAckWanted(sent(), 'application', outcome)).toBe(true);
      expect(isAckWanted(sent(), 'accept', outcome)).toBe(false);
    }
  });

  it.each([
    ['AL', [true, true, true]],
    ['NE', [false, false, false]],
    ['ER', [false, true, true]],
    ['SU', [true, false, false]],
    ['XX', [true, true, true]],
  ])('M3 enhanced mode follows %s for each level by itself', (asked, wanted) => {
    const outcomes = ['ok', 'error', 'reject'] as const;
    expect(outcomes.map((outcome) => isAckWanted(sent(asked, 'NE'), 'accept', outcome))).toEqual(wanted);
    expect(outcomes.map((outcome) => isAckWanted(sent('NE', asked), 'application', outcome))).toEqual(wanted);
    expect(outcomes.map((outcome) => isAckWanted(sent(asked, ''), 'application', outcome))).toEqual(
      Array(3).fill(false),
    );
    expect(
      outcomes.map((outcome) => isAckWanted(sent('', asked === 'NE' ? 'AL' : asked), 'accept', outcome)),
    ).toEqual(Array(3).fill(false));
  });

  it('M3 an answer is not answered, but an application answer may want to be accepted', () => {
    const answer = (code: string, acceptAck = '') =>
      read(`MSH|^~\\&|a||||||ACK^R01|1|P|2.5.1|||${acceptAck}\rMSA|${code}|C1\r`);
    expect(isAckWanted(answer('AA'), 'application', 'ok')).toBe(false);
    expect(isAckWanted(answer('CA', 'AL'), 'accept', 'ok')).toBe(false);
    expect(isAckWanted(answer('AA', 'AL'), 'accept', 'ok')).toBe(true);
  });

  it('M4 codes', () => {
    const all = (['accept', 'application'] as const).flatMap((level) =>
      (['ok', 'error', 'reject'] as const).map((outcome) => ackCode(level, outcome)),
    );
    expect(all).toEqual(['CA', 'CE', 'CR', 'AA', 'AE', 'AR']);
  });
});

describe('the acknowledgement', () => {
  it('M3 original mode: parties change places, MSA-2 is MSH-10 as sent', () => {
    expect(ackFor(sent(), ok).text).toBe(
      'MSH|^~\\&|LEVEY|BENCH|XN^1^ISO|Lab&Ward|20260729064206||ACK^R01^ACK|L1|P^T|2.5.1\rMSA|AA|C\\F\\1\r',
    );
  });

  it('M3 enhanced mode: an acknowledgement asks for none itself', () => {
    expect(ackFor(sent('AL', 'NE'), { ...ok, level: 'accept' }).text).toBe(
      'MSH|^~\\&|LEVEY|BENCH|XN^1^ISO|Lab&Ward|20260729064206||ACK^R01^ACK|L1|P^T|2.5.1|||NE|NE\rMSA|CA|C\\F\\1\r',
    );
    const application = read(ackFor(sent('AL', 'AL'), { ...ok, acceptAck: 'AL' }).text);
    expect([valueAt(application, 'MSA-1'), application.acceptAck, application.applicationAck]).toEqual([
      'AA',
      'AL',
      'NE',
    ]);
  });

  it.each([
    [
      '2.5.1',
      'MSA|AE|C\\F\\1|Unknown test\rERR||OBX^2^3^1^4|103^Unknown test^HL70357|E||||Unknown test\rERR||OBR^1|101^Missing^HL70357|W||||Missing\r',
    ],
    [
      '2.7',
      'MSA|AE|C\\F\\1\rERR||OBX^2^3^1^4|103^Unknown test^HL70357|E||||Unknown test\rERR||OBR^1|101^Missing^HL70357|W||||Missing\r',
    ],
    [
      '2.3.1',
      'MSA|AE|C\\F\\1|Unknown test\rERR|OBX^2^3^103&Unknown test&HL70357~OBR^1^^101&Missing&HL70357\r',
    ],
  ])('M4 ERR has the form of version %s', (version, tail) => {
    const { text } = ackFor(sent('', '', version), {
      ...ok,
      outcome: 'error',
      errors: [
        {
          code: '103',
          text: 'Unknown test',
          location: { segment: 'OBX', sequence: 2, field: 3, repeat: 1, component: 4 },
        },
        { code: '101', text: 'Missing', severity: 'W', location: { segment: 'OBR', sequence: 1 } },
      ],
    });
    expect(text.slice(text.indexOf('MSA'))).toBe(tail);
  });

  it('M4 an error without location, and texts with delimiters', () => {
    const { text } = ackFor(sent(), { ...ok, outcome: 'reject', errors: [{ code: '207', text: 'a|b\nc' }] });
    expect(text).toMatch(
      /\rMSA\|AR\|C\\F\\1\|a\\F\\b\\\.br\\c\rERR\|\|\|207\^a\\F\\b\\\.br\\c\^HL70357\|E\|\|\|\|a\\F\\b\\\.br\\c\r$/,
    );
  });

  it.each([
    ['2.3', 'ACK^R01'],
    ['2.3.1', 'ACK^R01^ACK'],
    ['2.10', 'ACK^R01^ACK'],
    ['', 'ACK^R01^ACK'],
  ])('M3 MSH-9 for version %j is %s', (version, type) => {
    const ack = read(ackFor(sent('', '', version), ok).text);
    expect(ack.header.field(9)).toBe(type);
    expect(ack.version).toBe(version || '2.5.1');
  });

  it('M2 the acknowledgement has the delimiters of the message', () => {
    const message = read('MSH!:?*%!a:b!c!d!e!!!ORU:R01!C*F*1!P!2.4\r');
    expect(ackFor(message, { ...ok, outcome: 'error', errors: [{ code: '100', text: 'a!b' }] }).text).toBe(
      'MSH!:?*%!d!e!a:b!c!20260729064206!!ACK:R01:ACK!L1!P!2.4\rMSA!AE!C*F*1!a*F*b\rERR!:::100%a*F*b%HL70357\r',
    );
    const three = read('MSH|^~\\|A & B|||||  |ORU^R01|7|P|2.4\r');
    expect(read(ackFor(three, ok).text).segment('MSA')?.field(2)).toBe('7');
    const clash = read('MSH|^~&|a|||||  |ORU^R01|7|P|2.4\r');
    expect(clash.delimiters.escape).toBe('&');
    expect(read(ackFor(clash, ok).text).segment('MSA')?.field(2)).toBe('7');
  });

  it.each([
    ['8859/1', 'latin1'],
    ['UNICODE UTF-8', 'utf8'],
  ])('M6 the acknowledgement to %s is written in it', (charset, encoding) => {
    const { bytes } = encodeHl7([outSegment('MSH', { 3: 'Gerät', 9: ['ORU', 'R01'], 10: 'é1' })], {
      charset,
    });
    const message = read(bytes);
    expect(message.encoding).toBe(encoding);
    const ack = ackFor(message, ok);
    expect(ack.lost).toEqual([]);
    const back = read(ack.bytes);
    expect([back.charset, valueAt(back, 'MSH-5'), valueAt(back, 'MSA-2')]).toEqual([charset, 'Gerät', 'é1']);
  });

  it('M6 a message without set but with other bytes is answered as it was read; an unknown set with UTF-8', () => {
    const binary = 'MSH|^~\\&|Ger\xe4t||||||ORU^R01|1|P|2.5.1';
    const latin = read(Uint8Array.from(binary, (one) => one.charCodeAt(0)));
    expect(valueAt(read(ackFor(latin, ok).bytes), 'MSH-5')).toBe('Gerät');
    const unknown = read(`${binary}||||||KLINGON`);
    expect(valueAt(read(ackFor(unknown, ok).bytes), 'MSH-5')).toBe('Gerät');
  });

  it.each([
    ['C1\x1c', 'C1\\X1C\\'],
    ['\\.br\x00\\C1', '\\E\\.br\\X00\\\\E\\C1'],
    ['\x00^', '\\X00\\\\S\\'],
    ['a\\X0D0A\\\x0b', 'a\\X0D\\\\X0A\\\\X0B\\'],
  ])(
    'M1 M3 the control id %j cannot end the block of its answer, and is read from it again',
    (id, written) => {
      const message = read(`MSH|^~\\&|a||||||ORU^R01|${id}|P|2.5.1\r`);
      const { text } = ackFor(message, ok);
      expect(text).toContain(`\rMSA|AA|${written}\r`);
      expect(valueAt(read(text), 'MSA-2')).toBe(message.controlId);
    },
  );

  it('M4 something without header is answered too', () => {
    expect(ackFor(null, { ...ok, outcome: 'reject' }).text).toBe(
      'MSH|^~\\&|||||20260729064206||ACK|L1|P|2.5.1\rMSA|AR\r',
    );
  });
});

describe('what cannot be processed', () => {
  const supported = { types: ['ORU^R01', 'OUL'], versions: ['2.5.1'], processingIds: ['P', 'Q'] };
  const message = (type: string, id: string, version: string) =>
    read(`MSH|^~\\&|a||||||${type}|1|${id}|${version}\r`);

  it.each([
    ['ORU^R01', 'P', '2.5.1', undefined],
    ['OUL^R22', 'Q', '2.5.1', undefined],
    ['ORU^R01', '', '', undefined],
    ['ADT^A01', 'P', '2.5.1', '200'],
    ['ORU^R99', 'P', '2.5.1', '201'],
    ['ORU^R01', 'T', '2.5.1', '202'],
    ['ORU^R01', 'P', '2.9', '203'],
  ])('M4 %s, %j, version %j: %s', (type, id, version, code) => {
    expect(whyRejected(message(type, id, version), supported)?.code).toBe(code);
  });

  it('M3 M4 blanks around MSH-11, MSH-12, MSH-15 and MSH-16 mean nothing', () => {
    expect(whyRejected(message('ORU^R01', 'P ', ' 2.5.1'), supported)).toBeNull();
    expect(ackMode(sent(' ', '  '))).toBe('original');
    expect(isAckWanted(sent('NE ', ' AL'), 'accept', 'ok')).toBe(false);
    expect(isAckWanted(sent('NE ', ' AL'), 'application', 'ok')).toBe(true);
  });

  it('M4 nothing is rejected where nothing is asked for', () => {
    expect(whyRejected(message('ADT^A01', 'T', '2.9'), {})).toBeNull();
  });
});
