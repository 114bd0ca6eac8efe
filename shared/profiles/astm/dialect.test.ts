import { describe, expect, it } from 'vitest';
import { fromBinary } from '../../protocols/astm/bytes.ts';
import { builtinProfile } from '../builtin.ts';
import { type AstmProfile, parseProfile } from '../profile.ts';
import { readMessages } from '../read.ts';
import { brief } from '../vendors/fixture.ts';

/** The demo chemistry profile with other fields; `dialect` replaces the whole dialect. */
function profile(change: Record<string, unknown>): AstmProfile {
  const made = parseProfile({ ...builtinProfile('demo-chemistry'), ...change });
  if (made.protocol !== 'astm') throw new Error('not ASTM');
  return made;
}

const read = (which: AstmProfile, ...records: string[]) => {
  const text = ['H|\\^&', 'P|1||P7', ...records, 'L|1|N'].map((record) => `${record}\r`).join('');
  const [message] = readMessages(fromBinary(text), which);
  return (message?.results ?? []).map(brief);
};

describe('what a profile can say of a device', () => {
  it('specimen: the first of its places that has a value, in its order', () => {
    const places = profile({ dialect: { specimen: ['O-4.3', 'O-3', 'P-4'] } });
    const result = 'R|1|^^^Na|140|mmol/L||N||F';
    expect(read(places, 'O|1|A1|1^2^  B2', result)[0]).toMatch(/^B2 \|/);
    expect(read(places, 'O|1|A1|1^2', result)[0]).toMatch(/^A1 \|/);
    expect(read(places, 'O|1||', result)[0]).toMatch(/^P7 \|/);
    expect(read(profile({ dialect: { specimen: ['O-4.3'] } }), 'O|1|A1|1^2', result)).toEqual([
      '- | NA | 140 mmol/L | final | noSpecimen',
    ]);
  });

  it('remarks: an exact code goes before one with *, and only results of the same order are flagged', () => {
    const remarks = [
      { code: 'MSG_*', text: 'message' },
      { code: 'MSG_CALM', text: 'calm', hold: false },
      { code: 'MSG_UNLESS', text: 'unless', unless: ['N', '0'] },
    ];
    const which = profile({ dialect: {}, remarks });
    const say = (remark: string) =>
      read(which, 'O|1|A1', 'R|1|^^^Na|140|mmol/L||N||F', remark, 'O|2|A2', 'R|1|^^^K|4|mmol/L||N||F');
    const calm = ['A1 | NA | 140 mmol/L | final', 'A2 | K | 4 mmol/L | final'];
    expect(say('R|2|^^^MSG_LOUD|1')).toEqual(['A1 | NA | 140 mmol/L | final | !MSG_LOUD', calm[1]]);
    expect(say('R|2|^^^MSG_CALM|1')).toEqual(calm);
    expect(say('R|2|^^^MSG_UNLESS|1||||')).toEqual(['A1 | NA | 140 mmol/L | final | !MSG_UNLESS', calm[1]]);
    expect(say('R|2|^^^MSG_UNLESS|1|||N')).toEqual(calm);
    expect(say('R|2|^^^MSG_UNLESS|0')).toEqual(calm);
    expect(say('R|2|^^^OTHER|1||||F|F')).toHaveLength(3);
  });

  it('notResults: a code with * leaves out all that begin so, but never a test', () => {
    const which = profile({ dialect: {}, notResults: [{ code: 'N*', text: 'numbers' }] });
    expect(read(which, 'O|1|A1', 'R|1|^^^NUMBER|1', 'R|2|^^^Na|140|mmol/L||N||F')).toEqual([
      'A1 | NA | 140 mmol/L | final',
    ]);
  });

  it('alarms: comments of the named types hold, the code for none does not', () => {
    const which = profile({ dialect: { alarms: { types: ['I'], none: ['0'], texts: { 7: 'air bubble' } } } });
    const with1 = (comment: string) => {
      const text = ['H|\\^&', 'P|1', 'O|1|A1', 'R|1|^^^Na|140|mmol/L||N||F', comment, 'L|1|N']
        .map((one) => `${one}\r`)
        .join('');
      return readMessages(fromBinary(text), which)[0]?.results[0]?.flags.slice(1) ?? [];
    };
    expect(with1('C|1|I|7^x|I')).toEqual([
      { code: 'alarm 7', meaning: { interpretation: 'A', hold: true, text: 'air bubble' } },
    ]);
    expect(with1('C|1|I|8|I')[0]?.meaning?.text).toContain('8');
    for (const calm of ['C|1|I|0|I', 'C|1|I||I', 'C|1|I|7|G']) expect(with1(calm)).toEqual([]);
  });

  it('aspect: * is any value but none; another one is a result only where it is mapped', () => {
    const tests = [
      { code: 'X', test: 'X', loinc: null, unit: null },
      { code: 'X/I', test: 'X-TEXT', loinc: null, unit: null },
    ];
    const of = (results: string[]) =>
      read(
        profile({ tests, dialect: { aspect: { component: 6, results } } }),
        'O|1|A1',
        ...['F', 'I', 'P', ''].map((kind, at) => `R|${at + 1}|^^^X^^${kind}|${at}|||N||F`),
      );
    expect(of(['F'])).toEqual(['A1 | X | 0 | final', 'A1 | X-TEXT | 1 | final']);
    expect(of(['*'])).toEqual(['A1 | X | 0 | final', 'A1 | X | 1 | final', 'A1 | X | 2 | final']);
  });

  it('QC: * in a place is any value but none', () => {
    const qc = {
      processing: [],
      actionCodes: [],
      specimenPrefixes: [],
      places: [{ place: 'O-4.6', values: ['*'] }],
    };
    const which = profile({ dialect: {}, qc });
    const result = 'R|1|^^^Na|140|mmol/L||N||F';
    expect(read(which, 'O|1|A1|^^^^^LOW', result)).toEqual(['A1 | NA | 140 mmol/L | final | QC']);
    expect(read(which, 'O|1|A1|x^y', result)).toEqual(['A1 | NA | 140 mmol/L | final']);
  });

  it('R12 otherUnits: a size is converted, another kind of quantity keeps its unit', () => {
    const tests = [
      {
        code: 'Glu',
        test: 'GLU',
        loinc: '14749-6',
        unit: 'mmol/L',
        otherUnits: [
          { sent: 'umol/L', factor: '0.001' },
          { sent: 'mg/dL', factor: '1', unit: 'mg/dL' },
        ],
      },
    ];
    const which = profile({ tests, dialect: {} });
    const value = (text: string, unit: string) => read(which, 'O|1|A1', `R|1|^^^Glu|${text}|${unit}||N||F`);
    expect(value('5.40', 'mmol/L')).toEqual(['A1 | GLU | 5.40 mmol/L | final']);
    expect(value('5400', 'umol/L')).toEqual(['A1 | GLU | 5.400 mmol/L | final']);
    expect(value('<97', 'mg/dL')).toEqual(['A1 | GLU | <97 mg/dL | final']);
    expect(value('97', 'mg/L')).toEqual(['A1 | GLU | 97 mg/L | final | unitMismatch']);
  });
});
