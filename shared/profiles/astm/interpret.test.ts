import { describe, expect, it } from 'vitest';
import { fromBinary } from '../../protocols/astm/bytes.ts';
import { decodeMessage } from '../../protocols/astm/records.ts';
import { BUILTIN_PROFILES, builtinProfile } from '../builtin.ts';
import type { InterpretOptions } from '../canonical.ts';
import { applyOverlay, stationOverlay } from '../overlay.ts';
import { type AstmProfile, parseProfile } from '../profile.ts';
import { interpretAstm } from './interpret.ts';

function profile(id: string): AstmProfile {
  const found = builtinProfile(id);
  if (found?.protocol !== 'astm') throw new Error(id);
  return found;
}

const chemistry = profile('demo-chemistry');
const read = (records: string, which = chemistry, options: InterpretOptions = {}) =>
  interpretAstm(
    decodeMessage(fromBinary(`H|\\^&|||DC^1.2^SN1|||||||P|1|20260729064205\r${records}L|1|N\r`)),
    which,
    options,
  );
const one = (result: string, which = chemistry) => {
  const [first] = read(`P|1\rO|1|A1||^^^Na\r${result}\r`, which).results;
  if (first === undefined) throw new Error('no result');
  return first;
};
const codes = (result: { problems: { code: string; severity: string }[] }) =>
  result.problems.map((problem) => `${problem.severity} ${problem.code}`);

describe('profiles', () => {
  it('the built-in profiles are valid and cover the thirty tests once each', () => {
    expect(BUILTIN_PROFILES.map((one) => one.id).slice(0, 4)).toEqual([
      'demo-chemistry',
      'demo-haematology',
      'demo-coagulation',
      'generic-astm',
    ]);
    const demo = BUILTIN_PROFILES.slice(0, 3).flatMap((one) => one.tests);
    expect(new Set(demo.map((test) => test.test)).size).toBe(30);
    const generic = profile('generic-astm').tests;
    expect(generic.map((test) => [test.test, test.loinc, test.unit])).toEqual(
      demo.map((test) => [test.test, test.loinc, test.unit]),
    );
    expect(generic.every((test) => test.code === test.test)).toBe(true);
    expect(new Set(generic.map((test) => test.loinc)).size).toBe(generic.length);
    for (const test of demo) expect(test.loinc).toSatisfy(checkDigitFits);
  });

  it('a fault names its path', () => {
    const broken = { ...chemistry, tests: [{ code: 'X', test: 'X', loinc: 'none', unit: 'g/L' }] };
    expect(() => parseProfile(broken)).toThrow(/^tests\.0\.loinc: a LOINC code$/);
    expect(() => parseProfile({ ...chemistry, link: { leniencies: ['L99'] } })).toThrow(
      /link\.leniencies\.0/,
    );
    expect(() => parseProfile({ ...chemistry, tests: [...chemistry.tests, chemistry.tests[0]] })).toThrow(
      /Na stands twice/,
    );
  });

  it('an overlay adds codes and never edits the profile', () => {
    const with2 = applyOverlay(chemistry, stationOverlay({ Zn: 'ZINC', Na: 'K' }));
    expect(one('R|1|^^^Zn|5|umol/L||N||F', with2)).toMatchObject({
      testCode: 'ZINC',
      value: { text: '5', unit: 'umol/L' },
      problems: [],
    });
    expect(one('R|1|^^^Na|5|mmol/L||N||F', with2).testCode).toBe('K');
    expect(chemistry.tests.find((test) => test.code === 'Na')?.test).toBe('NA');
  });
});

describe('interpreting results', () => {
  it('R6 gives a whole canonical result', () => {
    const { results, problems, sender, processing } = read(
      'P|1\rO|1|A1||^^^Na\rR|1|^^^Na^2|140|mmol/L|136-145|N||F||tech|20260729063000|20260729064000|SN9\rC|1|I|fine|G\r',
      chemistry,
      { toInstant: (local) => `${local}.000Z` },
    );
    expect(problems).toEqual([]);
    expect({ sender, processing }).toEqual({
      sender: { name: 'DC', version: '1.2', serial: 'SN1' },
      processing: 'P',
    });
    expect(results).toEqual([
      {
        specimenId: 'A1',
        instrumentSpecimenId: '',
        testCode: 'NA',
        instrumentCode: 'Na',
        loinc: '2951-2',
        value: { text: '140', kind: 'quantity', number: 140, unit: 'mmol/L' },
        sent: { text: '140', unit: 'mmol/L' },
        flags: [{ code: 'N', meaning: chemistry.flags.N }],
        status: 'final',
        sentStatus: 'F',
        operator: 'tech',
        startedAt: {
          text: '20260729063000',
          local: '2026-07-29T06:30:00',
          instant: '2026-07-29T06:30:00.000Z',
        },
        completedAt: {
          text: '20260729064000',
          local: '2026-07-29T06:40:00',
          instant: '2026-07-29T06:40:00.000Z',
        },
        instrumentSerial: 'SN9',
        isQc: false,
        dilution: '2',
        replicate: 1,
        comments: [{ source: 'I', text: 'fine', type: 'G', record: 4 }],
        records: { header: 0, patient: 1, order: 2, result: 3 },
        problems: [],
      },
    ]);
  });

  it('R12 values keep their text', () => {
    for (const text of ['>500', '<0.1', '5.40', '5,40']) {
      expect(one(`R|1|^^^Na|${text}|mmol/L||N||F`)).toMatchObject({
        value: { text, kind: 'quantity' },
        problems: [],
      });
    }
    for (const text of ['-----', '***.**']) {
      expect(one(`R|1|^^^Na|${text}|||||F`)).toMatchObject({ value: { text, kind: 'string' }, problems: [] });
    }
  });

  it('R11 an empty value is never zero: it is held, unless the test was cancelled', () => {
    const empty = one('R|1|^^^Na||mmol/L||||F');
    expect(empty.value).toEqual({ text: '', kind: 'empty', unit: 'mmol/L' });
    expect(codes(empty)).toEqual(['hold emptyValue']);
    expect(codes(one('R|1|^^^Na||mmol/L||||X'))).toEqual([]);
    expect(one('R|1|^^^Na|""|mmol/L||||F').value.kind).toBe('empty');
  });

  it('holds unknown tests, units, statuses and orphans, and drops nothing', () => {
    expect(one('R|1|^^^Zn|5|umol/L||N||F')).toMatchObject({
      testCode: null,
      instrumentCode: 'Zn',
      value: { text: '5' },
    });
    expect(codes(one('R|1|^^^Zn|5|umol/L||N||F'))).toEqual(['hold unknownTest']);
    expect(one('R|1|^^^Na|5|mg/dL||N||F').value).toMatchObject({ text: '5', unit: 'mg/dL' });
    expect(codes(one('R|1|^^^Na|5|mg/dL||N||F'))).toEqual(['hold unitMismatch']);
    expect(codes(one('R|1|^^^Na|5|||N||F'))).toEqual(['hold unitMismatch']);
    for (const status of ['', 'S', 'constructor']) {
      expect(codes(one(`R|1|^^^Na|5|mmol/L||N||${status}`))).toEqual(['hold unmappedStatus']);
    }
    const orphan = read('R|1|^^^Na|5|mmol/L||N||F\r').results[0];
    expect(orphan).toMatchObject({ specimenId: null, testCode: 'NA' });
    expect(codes(orphan ?? { problems: [] })).toEqual(['hold noSpecimen']);
    expect(codes(read('P|1\rO|1|\rR|1|^^^Na|5|mmol/L||N||F\r').results[0] ?? { problems: [] })).toEqual([
      'hold noSpecimen',
    ]);
  });

  it('keeps flags it does not know and lets verification hold', () => {
    const result = one('R|1|^^^Na|5|mmol/L||H\\Q7\\toString||F');
    expect(result.flags.map((flag) => [flag.code, flag.meaning?.interpretation])).toEqual([
      ['H', 'H'],
      ['Q7', undefined],
      ['toString', undefined],
    ]);
    expect(codes(result)).toEqual(['notice unmappedFlag', 'notice unmappedFlag']);
  });

  it('R3 an unknown processing id holds the message: only P and empty are production', () => {
    const held = (processing: string) =>
      codes(
        interpretAstm(
          decodeMessage(
            fromBinary(`H|\\^&||||||||||${processing}\rP|1\rO|1|A1\rR|1|^^^Na|1|mmol/L||||F\rL|1\r`),
          ),
          chemistry,
        ),
      );
    for (const fine of ['', 'P', 'Q', ' P']) expect(held(fine)).toEqual([]);
    for (const other of ['T', 'D', 't', 'd', 'X', '__proto__'])
      expect(held(other)).toEqual(['hold notProduction']);
  });

  it('R5 an order that names two specimens names none', () => {
    const [result] = read('P|1\rO|1|A1\\A2||^^^Na\rR|1|^^^Na|5|mmol/L||N||F\r').results;
    expect(result).toMatchObject({ specimenId: null, value: { text: '5' }, sent: { specimen: 'A1\\A2' } });
    expect(codes(result ?? { problems: [] })).toEqual(['hold noSpecimen']);
  });

  it('R6 a test is named by its code, by LOINC or in the first component, as far as the profile allows', () => {
    const generic = profile('generic-astm');
    const named = (test: string, which = generic) => one(`R|1|${test}|5|mmol/L||N||F`, which);
    for (const test of [
      '^^^NA',
      '^^^2951-2',
      '2951-2',
      '2951-2^Sodium^LN',
      'NA',
      '2951-2^^^NA',
      '^^^NA^1^7',
    ]) {
      expect(named(test)).toMatchObject({ testCode: 'NA', problems: [] });
    }
    for (const test of ['^NA', '^^^na', '^^^NA\\^^^K', '2823-3^^^NA', '^^^2951-3', '']) {
      expect(named(test).testCode).toBeNull();
      expect(codes(named(test))).toEqual(['hold unknownTest']);
    }
    expect(named('^^^NA\\^^^K').instrumentCode).toBe('^^^NA\\^^^K');
    expect(named('^NA').instrumentCode).toBe('^NA');
    for (const test of ['2951-2', '^^^2951-2', 'Na']) expect(named(test, chemistry).testCode).toBeNull();
    expect(named('NATRIUM', applyOverlay(generic, stationOverlay({ NATRIUM: 'NA' }))).testCode).toBe('NA');
  });

  it('R10 a date alone is no instant', () => {
    const time = (text: string) =>
      read(`P|1\rO|1|A1\rR|1|^^^Na|5|mmol/L||N||F||||${text}\r`, chemistry, {
        toInstant: (local) => `${local}Z`,
      }).results[0]?.completedAt;
    expect(time('20260729')).toEqual({ text: '20260729', local: '2026-07-29', instant: null });
    expect(time('00000101000000')).toEqual({ text: '00000101000000', local: null, instant: null });
    const beyond = { toInstant: () => '+010000-01-01T04:59:59.000Z' };
    const late = read('P|1\rO|1|A1\rR|1|^^^Na|5|mmol/L||N||F||||99991231235959\r', chemistry, beyond)
      .results[0];
    expect(late?.completedAt.instant).toBeNull();
    expect(time('202607291200')?.instant).toBe('2026-07-29T12:00:00Z');
  });

  it('numbers replicates of one code on one specimen, over orders', () => {
    const { results } = read(
      'P|1\rO|1|A1\rR|1|^^^Na|1|mmol/L||||F\rO|2|A1\rR|1|^^^Na|1|mmol/L||||F\rO|3|A2\rR|1|^^^Na|1|mmol/L||||F\r',
    );
    expect(results.map((result) => result.replicate)).toEqual([1, 2, 1]);
  });

  it('numbers replicates of one code within one order', () => {
    const { results } = read(
      'P|1\rO|1|A1\rR|1|^^^Na|1|mmol/L||||F\rR|2|^^^K|2|mmol/L||||F\rR|3|^^^Na|3|mmol/L||||F\rO|2|A2\rR|1|^^^Na|4|mmol/L||||F\r',
    );
    expect(results.map((result) => [result.specimenId, result.testCode, result.replicate])).toEqual([
      ['A1', 'NA', 1],
      ['A1', 'K', 1],
      ['A1', 'NA', 2],
      ['A2', 'NA', 1],
    ]);
  });

  it('recognises QC by H-12, by O-12 and by the specimen id', () => {
    const qc = (records: string) => read(records).results[0]?.isQc;
    expect(qc('P|1\rO|1|A1\rR|1|^^^Na|1|mmol/L||||F\r')).toBe(false);
    expect(qc('P|1\rO|1|QC-L1\rR|1|^^^Na|1|mmol/L||||F\r')).toBe(true);
    expect(qc('P|1\rO|1|A1|||||||||N\\Q\rR|1|^^^Na|1|mmol/L||||F\r')).toBe(true);
    expect(qc('P|1\rO|1|A1|||||||||Q\rR|1|^^^Na|1|mmol/L||||F\r')).toBe(true);
    const header = decodeMessage(
      fromBinary('H|\\^&||||||||||Q\rP|1\rO|1|A1\rR|1|^^^Na|1|mmol/L||||F\rL|1\r'),
    );
    expect(interpretAstm(header, chemistry).results[0]?.isQc).toBe(true);
  });

  it('units with unescaped delimiters are put together again', () => {
    const haematology = profile('demo-haematology');
    const message = decodeMessage(fromBinary('H|@^\\|||DH\rP|1\rO|1|A1\rR|1|^^^WBC|7.1|10^9/L||N||F\rL|1\r'));
    expect(interpretAstm(message, haematology).results[0]).toMatchObject({
      value: { text: '7.1', unit: '10*9/L' },
      sent: { unit: '10^9/L' },
      problems: [],
    });
  });

  it('applies a factor exactly and keeps comparator and sent text', () => {
    const dl = {
      ...chemistry,
      tests: [{ code: 'Na', test: 'NA', loinc: null, unit: 'g/L', sentUnits: ['g/dL'], factor: '10' }],
    };
    expect(one('R|1|^^^Na|<13.70|g/dL||||F', dl)).toMatchObject({
      value: { text: '<137.00', number: 137, comparator: '<', unit: 'g/L' },
      sent: { text: '<13.70', unit: 'g/dL' },
    });
    expect(codes(one('R|1|^^^Na|1.2E3|g/dL||||F', dl))).toEqual(['hold notConvertible']);
  });

  it('holds messages for training and incomplete ones as a whole', () => {
    const incomplete = decodeMessage(fromBinary('H|\\^&||||||||||T\rP|1\rO|1|A1\rR|1|^^^Na|1|mmol/L||||F\r'));
    const found = interpretAstm(incomplete, chemistry);
    expect(codes(found)).toEqual(['hold incomplete', 'hold notProduction']);
    expect(found.results).toHaveLength(1);
    const nothing = interpretAstm(decodeMessage(fromBinary('hello\r')), chemistry);
    expect(codes(nothing)).toContain('hold unparsable');
  });

  it('reports a time that is none', () => {
    const result = one('R|1|^^^Na|1|mmol/L||||F||tech|soon|20260729064000');
    expect(codes(result)).toEqual(['notice badTime']);
    expect(result.startedAt).toEqual({ text: 'soon', local: null, instant: null });
  });
});

describe('interpreting queries', () => {
  const query = (record: string, which = chemistry) => {
    const [first] = read(`${record}\r`, which).queries;
    if (first === undefined) throw new Error('no query');
    return first;
  };

  it('R8 reads the specimens asked for', () => {
    expect(query('Q|1|^A1||ALL||||||||O')).toEqual({
      specimenIds: ['A1'],
      all: false,
      cancel: false,
      tests: [],
      record: 1,
      problems: [],
    });
    expect(query('Q|1|^A1\\^A2\\^A1||^^^Na\\^^^Zn')).toMatchObject({
      specimenIds: ['A1', 'A2'],
      tests: ['NA', 'Zn'],
    });
    expect(query('Q|1|ALL||ALL', profile('generic-astm'))).toMatchObject({
      all: true,
      specimenIds: [],
      problems: [],
    });
    expect(query('Q|1|^A1||^^^2951-2\\^^^K', profile('generic-astm')).tests).toEqual(['NA', 'K']);
    expect(query('Q|1|^A1||ALL||||||||A').cancel).toBe(true);
  });

  it('R8 ALL in place of a start range asks for everything, wherever the device writes its specimens', () => {
    expect(query('Q|1|ALL||ALL||||||||O')).toMatchObject({ all: true, specimenIds: [], problems: [] });
    expect(query('Q|1|ALL^A1||ALL').specimenIds).toEqual(['A1']);
    expect(codes(query('Q|1|ALLY||ALL'))).toEqual(['hold unsupportedQuery']);
  });

  it('R8 takes the first component only with its leniency', () => {
    expect(codes(query('Q|1|A1||ALL'))).toEqual(['hold unsupportedQuery']);
    expect(query('Q|1|A1||ALL', profile('generic-astm')).specimenIds).toEqual(['A1']);
  });

  it('reports what it cannot answer', () => {
    expect(codes(query('Q|1|^A1|^A9|ALL'))).toEqual(['hold unsupportedQuery']);
    expect(codes(query('Q|1|^A1||ALL||||||||F'))).toEqual(['hold unsupportedQuery']);
    expect(codes(query('Q|1|||ALL'))).toEqual(['hold unsupportedQuery']);
  });
});

/** LOINC codes end in a mod-10 check digit (Luhn). */
function checkDigitFits(loinc: string): boolean {
  const [number = '', check = ''] = loinc.split('-');
  let sum = 0;
  for (const [at, digit] of [...number].reverse().entries()) {
    const value = Number(digit) * (at % 2 === 0 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return (10 - (sum % 10)) % 10 === Number(check);
}

describe('long messages', () => {
  /** How often the places of records in the message are looked at while it is read. */
  function looks(results: number, which: AstmProfile): number {
    const lines = Array.from(
      { length: results },
      (_, i) => `R|${i + 1}|^^^Na|140|mmol/L||A||F\rC|1|I|27^Alarm|I\r`,
    );
    const message = decodeMessage(fromBinary(`H|\\^&|||DC|||||||P|1\rP|1\rO|1|A1\r${lines.join('')}L|1|N\r`));
    let count = 0;
    for (const record of message.records) {
      const { parent } = record;
      Object.defineProperty(record, 'parent', {
        get: () => {
          count += 1;
          return parent;
        },
      });
    }
    expect(interpretAstm(message, which).results).toHaveLength(results);
    return count;
  }

  it.each(['demo-chemistry', 'roche-cobas-c311', 'sysmex-xn'])(
    'R2 every record is looked at a few times, however many results a message of %s has',
    (id) => {
      const few = looks(20, profile(id));
      expect(looks(400, profile(id))).toBeLessThan(few * 21);
    },
  );
});
