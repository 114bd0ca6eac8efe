import { describe, expect, it } from 'vitest';
import { readMessages } from '../read.ts';
import { codes, hl7, hl7Profile, read } from './fixture.ts';

const profile = hl7Profile();
const obr = 'OBR|1|P1|A1|^^^NA';
const oru = (obx: string, more: string[] = [], which = profile) =>
  read(hl7('ORU^R01', ['PID|1', obr, obx, ...more]), which);
const one = (obx: string, which = profile) => {
  const [first] = oru(obx, [], which).results;
  if (first === undefined) throw new Error('no result');
  return first;
};

describe('M7 structures', () => {
  it('M7 ORU^R01 gives a whole canonical result', () => {
    const { results, problems, sender, processing, sentAt } = read(
      hl7('ORU^R01^ORU_R01', [
        'PID|1||PAT1^^^H^MR~PAT2||Doe^Jane',
        'ORC|RE|P1',
        'OBR|1|P1|A1|^^^NA|||20260729060000',
        'NTE|1|L|tube half full',
        'OBX|1|NM|NA^Sodium^L||140|mmol/L|136-145|N|||F|||20260729063000||tech||SN9|20260729064000+0100',
        'NTE|1|L|fine~really|RE',
      ]),
      profile,
      { toInstant: (local) => `${local}.000Z` },
    );
    expect(problems).toEqual([]);
    expect(sender).toEqual({ name: 'ANA', version: 'LAB', serial: 'SN1' });
    expect([processing, sentAt.instant]).toEqual(['P', '2026-07-29T06:42:05.000Z']);
    expect(results).toEqual([
      {
        specimenId: 'A1',
        instrumentSpecimenId: 'A1',
        testCode: 'NA',
        instrumentCode: 'NA',
        loinc: '2951-2',
        value: { text: '140', kind: 'quantity', number: 140, unit: 'mmol/L' },
        sent: { text: '140', unit: 'mmol/L' },
        flags: [{ code: 'N', meaning: profile.flags.N }],
        status: 'final',
        sentStatus: 'F',
        operator: 'tech',
        startedAt: { text: '', local: null, instant: null },
        completedAt: {
          text: '20260729064000+0100',
          local: '2026-07-29T06:40:00',
          instant: '2026-07-29T05:40:00.000Z',
        },
        instrumentSerial: 'SN9',
        patient: { ids: ['PAT1', 'PAT2'], family: 'Doe', given: 'Jane' },
        isQc: false,
        dilution: '',
        replicate: 1,
        comments: [
          { source: 'L', text: 'fine\nreally', type: 'RE', record: 6 },
          { source: 'L', text: 'tube half full', type: '', record: 4 },
        ],
        records: { header: 0, patient: 1, order: 3, result: 5 },
        problems: [],
      },
    ]);
  });

  it('M7 OUL^R22 takes the specimen in front of its orders, ORC behind OBR, and two specimens apart', () => {
    const { results, problems } = read(
      hl7('OUL^R22^OUL_R22', [
        'SPM|1|A1&LIS^F1||SER|||||||P',
        'SAC|||A1',
        'OBR|1|P1||NA',
        'ORC|OK|P1|||CM',
        'OBX|1|NM|NA||140|mmol/L|||||F',
        'TCD|NA|^1^:^5',
        'OBR|2|P2||K',
        'ORC|OK|P2|||CM',
        'OBX|1|NM|K||4.0|mmol/L|||||F',
        'SPM|2|A2||SER|||||||P',
        'OBR|1|""||NA',
        'OBX|1|NM|NA||141|mmol/L|||||F',
      ]),
      hl7Profile({ dialect: { dilution: 'TCD-2' } }),
    );
    expect(problems).toEqual([]);
    expect(results.map((r) => [r.specimenId, r.testCode, r.value.text, r.dilution])).toEqual([
      ['A1', 'NA', '140', '1:5'],
      ['A1', 'K', '4.0', ''],
      ['A2', 'NA', '141', ''],
    ]);
    expect(results.flatMap((r) => r.problems)).toEqual([]);
  });

  it('M7 ORU^R01 with SPM behind the observations, and ORU^R30 of a point-of-care device', () => {
    const behind = read(
      hl7('ORU^R01', [
        'OBR|1|||NA',
        'OBX|1|NM|NA||140|mmol/L|||||F',
        'SPM|1|A7',
        'OBR|2|||K',
        'OBX|1|NM|K||4|mmol/L|||||F',
        'SPM|2|A8',
      ]),
    );
    expect(behind.results.map((r) => r.specimenId)).toEqual(['A7', 'A8']);
    const poct = read(
      hl7('ORU^R30', ['PID|1||PAT1', 'ORC|NW', 'OBR|1|||NA', 'OBX|1|NM|NA||140|mmol/L|||||F']),
      hl7Profile({ dialect: { specimen: ['PID-3.1'] } }),
    );
    expect(poct.results.map((r) => [r.specimenId, codes(r)])).toEqual([['PAT1', []]]);
    expect(poct.problems).toEqual([]);
  });

  it('M7 two SPM of one order, or two numbers in one field, name no specimen', () => {
    const two = read(hl7('ORU^R01', ['OBR|1|||NA', 'OBX|1|NM|NA||140|mmol/L|||||F', 'SPM|1|A7', 'SPM|2|A8']));
    expect(two.results.map((r) => [r.specimenId, codes(r)])).toEqual([[null, ['hold noSpecimen']]]);
    const field = read(hl7('ORU^R01', ['OBR|1||A1~A2|NA', 'OBX|1|NM|NA||140|mmol/L|||||F']));
    expect(field.results[0]).toMatchObject({ specimenId: null, sent: { specimen: 'A1~A2' } });
    expect(codes(field.results[0]!)).toEqual(['hold noSpecimen']);
    const none = read(hl7('ORU^R01', ['OBR|1|||NA', 'OBX|1|NM|NA||140|mmol/L|||||F']));
    expect(codes(none.results[0]!)).toEqual(['hold noSpecimen']);
  });

  it.each([
    ['ADT^A01', ['PID|1'], 'hold structure'],
    ['ORU^R01', ['PID|1', obr], 'hold structure'],
    ['ORU^R01', [obr, 'OBX|1|NM|NA||140|mmol/L|||||F', 'not a segment'], 'hold structure'],
    ['', [obr, 'OBX|1|NM|NA||140|mmol/L|||||F'], 'hold unparsable'],
    ['ESU^U01', ['EQU|1'], undefined],
    ['ACK', ['MSA|AA|1'], undefined],
  ])('M7 %s is held with its reason when it is none we know', (type, segments, expected) => {
    const { problems, results } = read(hl7(type, segments));
    expect(problems[0] && `${problems[0].severity} ${problems[0].code}`).toBe(expected);
    expect(results.length).toBe(segments.some((line) => line.startsWith('OBX')) ? 1 : 0);
  });

  it('M7 bytes that are no message, and lines in front of the first, are held', () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    expect(readMessages(bytes('hello'), profile)).toMatchObject([
      { results: [], problems: [{ code: 'unparsable', severity: 'hold' }] },
    ]);
    const message = hl7('ORU^R01', [obr, 'OBX|1|NM|NA||140|mmol/L|||||F']);
    const found = readMessages(bytes(`OBX|1|NM|K||9\r${message}`), profile);
    expect(found.map((each) => [each.results.length, each.problems.length])).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });
});

describe('M6 what is no patient result', () => {
  it.each([
    ['T', 'hold notProduction'],
    ['D', 'hold notProduction'],
    ['Z', 'hold notProduction'],
    ['P', undefined],
    ['', undefined],
  ])('M6 MSH-11 %s', (mark, expected) => {
    const { problems } = read(hl7('ORU^R01', [obr, 'OBX|1|NM|NA||140|mmol/L|||||F'], `${mark}|2.5.1`));
    expect(problems[0] && `${problems[0].severity} ${problems[0].code}`).toBe(expected);
  });

  it('M6 MSH-11 Q, SPM-11 Q, OBR-11 Q, a prefix and the profile say control', () => {
    const qc = (segments: string[], mark = 'P', which = profile) =>
      read(hl7('OUL^R22', segments, `${mark}|2.5.1`), which).results.map((r) => r.isQc);
    const obx = 'OBX|1|NM|NA||140|mmol/L|||||F';
    expect(qc(['SPM|1|A1', 'OBR|1|||NA', obx])).toEqual([false]);
    expect(qc(['SPM|1|A1', 'OBR|1|||NA', obx], 'Q')).toEqual([true]);
    expect(qc(['SPM|1|A1|||||||||Q', 'OBR|1|||NA', obx])).toEqual([true]);
    expect(qc(['SPM|1|A1', 'OBR|1|||NA|||||||Q', obx])).toEqual([true]);
    expect(qc(['SPM|1|QC-1', 'OBR|1|||NA', obx])).toEqual([true]);
    expect(qc(['SPM|1|A1|||||||||U', 'OBR|1|||NA', obx])).toEqual([false]);
    const places = hl7Profile({
      qc: {
        processing: [],
        actionCodes: [],
        specimenPrefixes: [],
        places: [{ place: 'SPM-11.1', values: ['U'] }],
      },
    });
    expect(qc(['SPM|1|A1|||||||||U', 'OBR|1|||NA', obx], 'P', places)).toEqual([true]);
  });

  it('M6 a calibrator is no patient specimen', () => {
    const { results } = read(
      hl7('OUL^R22', ['SPM|1|A1|||||||||C', 'OBR|1|||NA', 'OBX|1|NM|NA||140|mmol/L|||||F']),
    );
    expect(codes(results[0]!)).toEqual(['hold notProduction']);
  });

  it('settings among the observations are counted, not posted', () => {
    const { results, leftOut, problems } = oru('OBX|1|IS|MODE||CBC||||||F', [
      'OBX|2|NM|NA||140|mmol/L|||||F',
    ]);
    expect([results.length, leftOut, problems]).toEqual([1, 1, []]);
  });

  it('a remark on the specimen becomes a flag of each result', () => {
    const remarks = [{ code: 'Left*', text: 'left shift', unless: ['F'] }];
    const { results } = oru(
      'OBX|1|NM|NA||140|mmol/L|||||F',
      ['OBX|2|IS|Left Shift?||T||||||F'],
      hl7Profile({ remarks }),
    );
    expect(results.map((r) => [r.testCode, r.flags.map((f) => [f.code, f.meaning?.hold])])).toEqual([
      ['NA', [['Left Shift?', true]]],
    ]);
  });

  it('M7 the remarks of an order are looked for once, however many results it has', () => {
    const looks = (results: number): number => {
      let count = 0;
      const remarks = [{ code: 'Left*', text: 'left shift', unless: ['F'] }];
      const profile = hl7Profile({ remarks });
      const find = profile.remarks.find.bind(profile.remarks);
      profile.remarks.find = ((test: Parameters<typeof find>[0]) => {
        count += 1;
        return find(test);
      }) as typeof profile.remarks.find;
      const many = Array.from({ length: results }, (_, i) => `OBX|${i + 2}|IS|Left Shift?||T||||||F`);
      expect(
        oru(
          'OBX|1|NM|NA||140|mmol/L|||||F',
          [...many, ...many.map(() => 'OBX|9|NM|NA||141|mmol/L|||||F')],
          profile,
        ).results,
      ).toHaveLength(results + 1);
      return count;
    };
    expect(looks(200)).toBeLessThan(looks(10) * 21);
  });
});

describe('M9 and M8: the test and its status', () => {
  it.each([
    ['NA^Sodium', 'NA'],
    ['1234^Sodium^L^NA^x', 'NA'],
    ['2951-2^Sodium^LN', 'NA'],
    ['99^x^L^2823-3^K^LN', 'K'],
    ['2951-2^Sodium^L', null],
    ['NA^Sodium^L^K', null],
    ['NA~K', null],
    ['ZZ', null],
  ])('M9 OBX-3 %s', (field, expected) => {
    const result = one(`OBX|1|NM|${field}||140|mmol/L|||||F`);
    expect(result.testCode).toBe(expected);
    expect(codes(result)).toEqual(expected === null ? ['hold unknownTest'] : []);
  });

  it.each(['B', 'I', 'N', 'O', 'R', 'S', 'U', 'V', 'D', 'W', ''])(
    'M8 OBX-11 "%s" has no mapping and is held',
    (status) => {
      const result = one(`OBX|1|NM|NA||140|mmol/L|||||${status}`);
      expect([result.status, codes(result)]).toEqual([null, ['hold unmappedStatus']]);
    },
  );

  it('M8 OBR-25 has another value set: it never stands in for OBX-11, and a cancelled order has no results', () => {
    const status = (ofOrder: string, obx: string) => {
      const fields = `OBR|1||A1|NA${'|'.repeat(21)}${ofOrder}`;
      const [result] = read(hl7('ORU^R01', [fields, `OBX|1|NM|NA||140|mmol/L|||||${obx}`])).results;
      return [result?.status, codes(result!)];
    };
    expect(status('F', 'F')).toEqual(['final', []]);
    expect(status('R', 'P')).toEqual(['preliminary', []]);
    expect(status('F', '')).toEqual([null, ['hold unmappedStatus']]);
    expect(status('X', 'F')).toEqual(['final', ['hold unmappedStatus']]);
    expect(status('X', 'X')).toEqual(['cancelled', []]);
    // Y and Z answer a query: no such order, no such patient.
    for (const other of ['W', 'Y', 'Z'])
      expect(status(other, 'F')).toEqual(['final', ['hold unmappedStatus']]);
  });
});

describe('R12 values keep their text', () => {
  const value = (type: string, text: string, code = 'UGLU') => one(`OBX|1|${type}|${code}||${text}||||||F`);
  it.each([
    ['NM', '5.40', '5.40', 'quantity'],
    ['NM', '-----', '-----', 'string'],
    ['SN', '>^100', '>100', 'quantity'],
    ['SN', '^1^:^128', '1:128', 'string'],
    ['SN', '^2^-^5', '2-5', 'string'],
    ['SN', '=^5.40', '5.40', 'quantity'],
    ['SN', '^3^+', '3+', 'string'],
    ['SN', '5.4', '5.4', 'quantity'],
    ['ST', '>500', '>500', 'quantity'],
    ['ST', 'a\\T\\b', 'a&b', 'string'],
    ['FT', 'one\\.br\\two', 'one\ntwo', 'string'],
    ['TX', '5', '5', 'string'],
    ['CE', '260385009^Negative^SCT', 'Negative', 'string'],
    ['CWE', '3', '3', 'string'],
    ['CWE', '^^^^^^^^seen', 'seen', 'string'],
    ['IS', '1', '1', 'string'],
    ['DT', '20260729', '20260729', 'string'],
    ['TM', '0642', '0642', 'string'],
    ['NA', '1^2^3', '1^2^3', 'string'],
    ['RP', 'file^x', 'file^x', 'string'],
    ['CE', 'A^yes~B^no', 'yes~no', 'string'],
    ['', '7', '7', 'quantity'],
  ])('R12 %s %s', (type, sent, text, kind) => {
    const result = value(type, sent);
    expect(result.value).toMatchObject({ text, kind });
    expect(result.sent.text).toBe(sent);
    expect(codes(result)).toEqual([]);
  });

  it.each([
    ['NM', '', 'hold emptyValue'],
    ['NM', '""', 'hold emptyValue'],
    ['NM', '5~6', 'hold structure'],
    ['SN', '>^', 'hold structure'],
    ['SN', 'about^5', 'hold structure'],
    ['SN', '^5^^6', 'hold structure'],
  ])('R12 %s "%s" is held and never zero', (type, sent, expected) => {
    const result = value(type, sent);
    expect(codes(result)).toContain(expected);
    expect(result.value.number).toBeUndefined();
  });

  it('R11 an empty value of a cancelled result is none', () => {
    expect(codes(one('OBX|1|NM|NA||||||||X'))).toEqual([]);
  });

  it('units: the whole field where `^` was not escaped, an exact factor, and a unit nobody knows', () => {
    expect(one('OBX|1|NM|WBC||6.1|10^9/L|||||F').value).toMatchObject({ text: '6.1', unit: '10*9/L' });
    expect(one('OBX|1|NM|CRP||1.25|mg/dL|||||F').value).toMatchObject({ text: '12.50', unit: 'mg/L' });
    expect(one('OBX|1|SN|CRP||<^0.5|mg/dL|||||F').value).toMatchObject({ text: '<5.0', comparator: '<' });
    expect(codes(one('OBX|1|NM|NA||140|mg/dL|||||F'))).toEqual(['hold unitMismatch']);
  });

  it('M5 escapes are resolved once, in values, codes and comments', () => {
    const result = value('ST', 'a\\S\\b\\E\\F\\E\\c \\X41\\');
    expect(result.value).toMatchObject({ text: 'a^b\\F\\c A', kind: 'string' });
    const [named] = oru('OBX|1|NM|N\\X41\\||140|mmol/L|||||F', ['NTE|1|L|5 \\T\\ more']).results;
    expect([named?.testCode, named?.comments[0]?.text]).toEqual(['NA', '5 & more']);
  });

  it('flags in repeats, one of them unknown', () => {
    const result = one('OBX|1|NM|NA||190|mmol/L||HH~XX^odd|||F');
    expect(result.flags.map((f) => [f.code, f.meaning?.interpretation])).toEqual([
      ['HH', 'HH'],
      ['XX', undefined],
    ]);
    expect(codes(result)).toEqual(['notice unmappedFlag']);
  });

  it('the same code twice is numbered', () => {
    const { results } = oru('OBX|1|NM|NA|1|140|mmol/L|||||F', ['OBX|2|NM|NA|2|141|mmol/L|||||F']);
    expect(results.map((r) => r.replicate)).toEqual([1, 2]);
  });

  it.each([
    ['20260729064000', '2026-07-29T06:40:00', []],
    ['20260729', '2026-07-29', []],
    ['2026', null, ['notice badTime']],
    ['20261332', null, ['notice badTime']],
    ['yesterday', null, ['notice badTime']],
  ])('R10 a measured time %s', (text, local, problems) => {
    const result = one(`OBX|1|NM|NA||140|mmol/L|||||F||||||||${text}`);
    expect(result.completedAt).toMatchObject({ text, local, instant: null });
    expect(codes(result)).toEqual(problems);
  });

  it('a place other than the usual ones, with a repeat', () => {
    const which = hl7Profile({
      dialect: { test: ['OBX-4'], serial: ['OBX-18[2].1'], value: 'OBX-13', specimen: ['OBR-2.1'] },
    });
    const { results } = read(
      hl7('ORU^R01', ['OBR|1|B7|77', 'OBX|1|NM||NA|140.23|mmol/L|||||F||140|||||M1^X~SN4^X']),
      which,
    );
    expect(results[0]).toMatchObject({
      specimenId: 'B7',
      testCode: 'NA',
      value: { text: '140' },
      instrumentSerial: 'SN4',
    });
  });
});

describe('pictures', () => {
  const PNG = 'iVBORw0KGgoAAAANSUhEUg==';
  it.each([
    [`^Image^PNG^Base64^${PNG}`, 'image/png', PNG],
    [`^Application^Octet-stream^Base64^${PNG}`, 'image/png', PNG],
    ['^Image^BMP^Base64^Qk02AAAA', 'image/bmp', 'Qk02AAAA'],
    ['^Application^Octet-stream^Base64^AAECAw==', 'application/octet-stream', 'AAECAw=='],
    ['^Image^PNG^Hex^89504E470D0A1A0A', 'image/png', 'iVBORw0KGgo='],
    ['^TEXT^plain^A^h\u00e9', 'text/plain', 'aMOp'],
    [`Image^PNG^Base64^${PNG}`, 'image/png', PNG],
  ])('ED %s', (field, contentType, data) => {
    const { images, results, problems } = oru(`OBX|1|ED|15008^WBC Histogram||${field}||||||F`, [
      'OBX|2|NM|NA||140|mmol/L|||||F',
    ]);
    expect(images).toEqual([
      { specimenId: 'A1', code: '15008', title: 'WBC Histogram', contentType, data, record: 3 },
    ]);
    expect([results.length, problems]).toEqual([1, []]);
  });

  it('a picture under another type is a picture, never a result', () => {
    const { images, results } = oru(`OBX|1|ST|NA||^Image^PNG^Base64^${PNG}||||||F`);
    expect([images.length, results.length]).toEqual([1, 0]);
  });

  it('data that cannot be read is kept and told', () => {
    const { images, problems } = oru('OBX|1|ED|1||^Image^PNG^Base64^%%%||||||F');
    expect([images.length, codes({ problems })]).toEqual([1, ['notice structure']]);
  });
});

describe('telling measurements apart', () => {
  it('R10 the time of collection (OBR-7) is no time of the measurement, unless the profile says so', () => {
    const text = hl7('ORU^R01', ['OBR|1||A1|NA|||20260729060000', 'OBX|1|NM|NA||140|mmol/L|||||F']);
    expect(read(text).results[0]?.completedAt.text).toBe('');
    const which = hl7Profile({ dialect: { measured: ['OBX-19', 'OBR-7'] } });
    expect(read(text, which).results[0]?.completedAt.local).toBe('2026-07-29T06:00:00');
  });
});
