import { describe, expect, it } from 'vitest';
import { encodeAnswer } from '../../protocols/astm/encode.ts';
import { briefs, profileOf, readWith } from './fixture.ts';

const c311 = (
  lines: string[],
  order = 'O|1|              A100001|1^50001^1^^S1^SC||R||20260729064000||||N||||1|||||||20260729064500|||F',
) =>
  readWith('roche-cobas-c311', ['H|\\^&|||c311^1|||||host|RSUPL^REAL|P|1', 'P|1', order, ...lines, 'L|1|N']);

describe('roche-cobas-c311', () => {
  it('R6 reads application codes, dilution behind the code, flags and data alarms', () => {
    const message = c311([
      'R|1|^^^685/|26.2|U/L||N||F||tech|||ISE1',
      'R|2|^^^690^3|812|umol/L||H||F||tech|||P1',
      'R|3|^^^989/1/not|>180|mmol/L||>||F||tech|||ISE1',
      'C|1|I|26|I',
      'R|4|^^^767/|101|mg/dL||N||F||tech|||P1',
      'C|1|I|0|I',
    ]);
    expect(message.problems).toEqual([]);
    expect(briefs(message)).toEqual([
      'A100001 | ALT | 26.2 U/L | final',
      'A100001 | CREA | 812 umol/L | final | dilution 3',
      'A100001 | NA | >180 mmol/L | final | !> | !alarm 26',
      'A100001 | GLU | 101 mg/dL | final',
    ]);
    expect(message.results[0]?.loinc).toBe('1742-6');
  });

  it('tells controls by O-12 and by the sample type in O-4', () => {
    const result = 'R|1|^^^989/|140|mmol/L||N||F||tech|||ISE1';
    for (const order of [
      'O|1|PCCC1|1^0^1^^S1^SC||R||||||Q||||1||||||||||F',
      'O|1|PCCC1|1^0^1^^QC^SC||R||||||N||||1||||||||||F',
    ])
      expect(briefs(c311([result], order))).toEqual(['PCCC1 | NA | 140 mmol/L | final | QC']);
  });

  it('holds an unknown application, a unit and a status the manual does not have', () => {
    expect(
      briefs(c311(['R|1|^^^999/|1|U/L||N||F', 'R|2|^^^685/|1|ukat/L||N||F', 'R|3|^^^685/|1|U/L||N||Z'])),
    ).toEqual([
      'A100001 | ?999 | 1 U/L | final | unknownTest',
      'A100001 | ALT | 1 ukat/L | final | unitMismatch',
      'A100001 | ALT | 1 U/L | ?Z | unmappedStatus',
    ]);
  });

  it('R8 R9 reads the sample in Q-3.3 and is answered with its own words for it', () => {
    const { queries } = readWith('roche-cobas-c311', [
      'H|\\^&|||c311^1|||||host|TSREQ^REAL|P|1',
      'Q|1|^^              A100001^1^50001^1^^S1^SC||ALL||||||||O',
      'L|1|N',
    ]);
    const [query] = queries;
    expect(query).toMatchObject({ specimenIds: ['A100001'], all: false, tests: [], problems: [] });
    const profile = profileOf('roche-cobas-c311');
    if (profile.protocol !== 'astm' || query === undefined) throw new Error('not ASTM');
    const echo = (query.echo?.A100001 ?? '').split('^');
    const answer = encodeAnswer([{ specimenId: 'A100001', codes: ['685', '989'], echo }], {
      sender: 'Levey',
      time: '20260729064205',
      answer: profile.dialect.answer,
    });
    expect(Buffer.from(answer.bytes).toString('latin1').split('\r').slice(2, 4)).toEqual([
      'O|1|A100001|1^50001^1^^S1^SC|^^^685\\^^^989|R||||||A||||1||||||||||O',
      'L|1|N',
    ]);
  });
});

describe('roche-cobas-e411', () => {
  const read = (lines: string[], order = 'O|1|000004|40^0^5^^S1^SC||R||||||N||||1||||||||||F') =>
    readWith('roche-cobas-e411', [
      'H|\\^&|||cobas-e411^1|||||host|RSUPL^REAL|P|1',
      'P|1',
      order,
      ...lines,
      'L|1|N',
    ]);

  it('R6 R12 takes the measured value of a value and message, and the words of a coded answer', () => {
    const message = read([
      'R|1|^^^10^0|2.41|uIU/mL|0.270^4.20|N||F||bmserv|||E1',
      'R|2|^^^910^1|<3.00^31|pg/mL||N||F||bmserv|||E1',
      'R|3|^^^950^0|-1^0.412|COI||N||F||bmserv|||E1',
      'R|4|^^^901^2|15.8|pmol/L||H||F||bmserv|||E1',
    ]);
    expect(briefs(message)).toEqual([
      '000004 | TSH | 2.41 m[IU]/L | final',
      '000004 | TROP | <3.00 ng/L | final',
      '000004 | HBSAG | non-reactive COI | final',
      '000004 | FT4 | 15.8 pmol/L | final | dilution 2',
    ]);
    expect(message.results[2]?.sent).toEqual({ text: '-1^0.412', unit: 'COI' });
  });

  it('tells controls, and holds what nobody mapped', () => {
    const control = 'O|1|PCU1|40^0^5^^QC^SC||R||||||Q||||1||||||||||F';
    expect(briefs(read(['R|1|^^^10^0|1.5|uIU/mL||N||F'], control))).toEqual([
      'PCU1 | TSH | 1.5 m[IU]/L | final | QC',
    ]);
    expect(briefs(read(['R|1|^^^40^0|1.5|nmol/L||Q||F']))).toEqual([
      '000004 | ?40 | 1.5 nmol/L | final | !Q | unknownTest | unmappedFlag',
    ]);
  });

  it('R8 reads a query as the manual prints it, and its cancellation', () => {
    const ask = (status: string) =>
      readWith('roche-cobas-e411', [
        'H|\\^&|||cobas-e411^1|||||host|TSREQ^REAL|P|1',
        `Q|1|^^000004^40^0^5^^S1^SC||ALL||||||||${status}`,
        'L|1|N',
      ]).queries[0];
    expect(ask('O')).toMatchObject({ specimenIds: ['000004'], cancel: false, problems: [] });
    expect(ask('A')).toMatchObject({ specimenIds: ['000004'], cancel: true, problems: [] });
  });
});

describe('roche-cobas-c111', () => {
  const read = (order: string, ...lines: string[]) =>
    readWith('roche-cobas-c111', [
      'H|\\^&|||c111^Roche^c111^4.0.0.1100^1^1005|||||host|RSUPL^REAL|P|1|20260729064205',
      'P|1||A17',
      order,
      ...lines,
      'L|1|N',
    ]);

  it('R6 reads the sample in O-4 and the treatment in R-3.5', () => {
    const message = read(
      'O|1||A17^^^^ROUTINE|^^^685|R||||||||||||||||20260729064100|||F',
      'R|1|^^^685|49.2|U/L|20.0\\30.0|H||F||admin||20260729064100',
      'R|2|^^^690^D10|>900|umol/L||>||F||admin||20260729064100',
      'R|3|^^^767||mmol/L||A||X||admin||20260729064100',
      'C|1|I|52^flag|I',
    );
    expect(briefs(message)).toEqual([
      'A17 | ALT | 49.2 U/L | final',
      'A17 | CREA | >900 umol/L | final | dilution D10 | !>',
      'A17 | GLU | mmol/L | cancelled | !A | !alarm 52',
    ]);
  });

  it('R5 tells a control by O-12 alone: it is named 1000 and its number, and O-4 has nothing behind the position', () => {
    const control = (action: string, ...lines: string[]) =>
      briefs(read(`O|1||1300^^2||R||||||${action}|||||||||||20260729064100|||F`, ...lines));
    const value = 'R|1|^^^685|49.2|U/L|20.0\\30.0|H||F||admin';
    expect(control('Q', value, 'R|2|^^^3|1|U/L||N||F||admin')).toEqual([
      '1300 | ALT | 49.2 U/L | final | QC',
      '1300 | ?3 | 1 U/L | final | QC | unknownTest',
    ]);
    expect(control('N', value)).toEqual(['1300 | ALT | 49.2 U/L | final']);
    // A control that was ignored at the analyser is no value that is still to come.
    expect(control('Q', value.replace('F||admin', 'I||admin'))).toEqual([
      '1300 | ALT | 49.2 U/L | ?I | QC | unmappedStatus',
    ]);
    const [tube] = read('O|1||A17^^2^^^TUBE||R||||||N', value).results;
    expect(tube).toMatchObject({ specimenId: 'A17', isQc: false });
  });
});

describe('roche-cobas-pro', () => {
  const read = (...lines: string[]) =>
    readWith('roche-cobas-pro', [
      'MSH|^~\\&|cobas pro|Roche|Host|Lab|20260729064205||OUL^R22^OUL_R22|42|P|2.5.1|||NE|AL||UNICODE UTF-8|||LAB-29^IHE',
      'SPM|1|A100001&BARCODE||SERPLAS^^99ROC|||||||P',
      'SAC|||A100001^BARCODE',
      ...lines,
    ]);
  const order = ['OBR|1|""||20990^^99ROC', 'ORC|SC||||CM'];

  it('M9 finds a test by its ACN, its LOINC code or its short name', () => {
    const obx = (set: number, code: string, value: string, unit: string, flag = 'N') =>
      `OBX|${set}|NM|${code}|1|${value}|${unit}^^UCUM|||${flag}|||F|||||tech||cobas pro^Roche|20260729064100`;
    const message = read(
      ...order,
      `${obx(1, '10172^^99ROC', '2.41', 'mIU/L').replace('|||N|||', '||N|||')}`,
      `${obx(2, '29070^^99ROC^2951-2^^LN', '140', 'mmol/L').replace('|||N|||', '||N|||')}`,
      `${obx(3, '20710^ALTL^99ROC', '26', 'U/L').replace('|||N|||', '||N|||')}`,
      'OBX|4|TM|Pipetting_Time^^99ROC||064012||||||F',
      `${obx(5, '20340^^99ROC', '55', 'umol/L').replace('|||N|||', '||ORH|||')}`,
    );
    expect(briefs(message)).toEqual([
      'A100001 | TSH | 2.41 m[IU]/L | final',
      'A100001 | NA | 140 mmol/L | final',
      'A100001 | ALT | 26 U/L | final',
      'A100001 | ?20340 | 55 umol/L | final | !ORH | unknownTest',
    ]);
    expect(message.leftOut).toBe(1);
  });

  it('tells controls by SPM-11, and holds a status that is none', () => {
    const message = readWith('roche-cobas-pro', [
      'MSH|^~\\&|cobas pro|Roche|Host|Lab|20260729064205||OUL^R22^OUL_R22|43|P|2.5.1',
      'SPM|1|PCU1&BARCODE||SERPLAS^^99ROC|||||||Q',
      ...order,
      'OBX|1|NM|10172^^99ROC|1|2.4|mIU/L||N|||F',
      'OBX|2|NM|10042^^99ROC|1|400|nmol/L||N|||W',
    ]);
    expect(briefs(message)).toEqual([
      'PCU1 | TSH | 2.4 m[IU]/L | final | QC',
      'PCU1 | CORT | 400 nmol/L | ?W | QC | unmappedStatus',
    ]);
  });

  it('LAW reads the query for one specimen', () => {
    const { queries } = readWith('roche-cobas-pro', [
      'MSH|^~\\&|cobas pro|Roche|Host|Lab|20260729064205||QBP^Q11^QBP_Q11|44|P|2.5.1|||ER|AL||UNICODE UTF-8|||LAB-27^IHE',
      'QPD|WOS^Work Order Step^IHELAW|44|A100001',
      'RCP|I||R^^HL70394',
    ]);
    expect(queries).toMatchObject([{ specimenIds: ['A100001'], all: false, problems: [] }]);
  });
});
