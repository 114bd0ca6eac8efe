import { describe, expect, it } from 'vitest';
import { briefs, readWith } from './fixture.ts';

describe('abbott-afinion2', () => {
  const read = (lines: string[], processing = 'P') =>
    readWith('abbott-afinion2', [
      `H|\\^&|||Afinion 2 Analyzer^^AF0000030|||||EPR||${processing}|1|20260729064205|`,
      'P|1||A100001|||||U|',
      'O|1||43|^^^CRP|||||||N||||^O||||||||^10124809||F|',
      ...lines,
      'L|1|N',
    ]);

  it('R6 takes the patient id for the specimen', () => {
    const message = read([
      'R|1|^^^CRP|16|mg/L||||F||tech||20260729064205|',
      'R|2|^^^HbA1c|>15.0|%||>||F||tech||20260729064205|',
      'R|3|^^^HbA1c|53|mmol/mol||||F||tech||20260729064205|',
      'R|4|^^^ACR|<5.6|mg/g||<||F||||20260729064205|',
      'R|5|^^^ACR|--- |mg/g||||F||||20260729064205|',
    ]);
    expect(briefs(message)).toEqual([
      'A100001 | CRP | 16 mg/L | final',
      'A100001 | HBA1C | >15.0 % | final | !>',
      'A100001 | HBA1C | 53 mmol/mol | final',
      'A100001 | ACR | <5.6 mg/g | final | !<',
      'A100001 | ACR | ---  mg/g | final',
    ]);
    expect(message.results[4]?.value.kind).toBe('string');
  });

  it('tells controls by H-12; holds what is ambiguous, unknown or without status', () => {
    expect(briefs(read(['R|1|^^^CRP|16|mg/L||!||F'], 'Q'))).toEqual([
      'A100001 | CRP | 16 mg/L | final | QC | !!',
    ]);
    expect(briefs(read(['R|1|^^^INR|2.1|||||']))).toEqual([
      'A100001 | ?INR | 2.1 | ? | unknownTest | unmappedStatus',
    ]);
  });
});

describe('siemens-dca-vantage', () => {
  const read = (lines: string[], { processing = 'P', action = '' } = {}) =>
    readWith('siemens-dca-vantage', [
      `H|\\^&|||DCA VANTAGE^04.04.00.00^S047826|||||||${processing}|1|20260729064205`,
      'P|1|A100001|||Doe^Jane',
      `O|1||007^0123||||||||${action}||||||||||||||F`,
      ...lines,
      'L|1|N',
    ]);

  it('R6 takes the patient id for the specimen and keeps the comment beside the result', () => {
    const message = read([
      'R|1|^^^HbA1c|6.3|%||||F||tech|20260729064100',
      'C|1|I|1.000^0.0 %^NGSP^134mg/dL|G',
      'R|2|^^^Albumin|>300|mg/L||>||F||tech|20260729064100',
      'R|3|^^^Creatinine|8.8|mmol/L||||F||tech|20260729064100',
      'R|4|^^^Ratio|2.3|mg/mmol||H||C||tech|20260729064100',
    ]);
    expect(briefs(message)).toEqual([
      'A100001 | HBA1C | 6.3 % | final',
      'A100001 | UALB | >300 mg/L | final | !>',
      'A100001 | UCREA | 8.8 mmol/L | final',
      'A100001 | ACR | 2.3 mg/mmol | corrected',
    ]);
    expect(message.results[0]?.comments[0]?.text).toContain('134mg/dL');
    expect(message.results[0]?.instrumentSerial).toBe('S047826');
  });

  it('tells controls by O-12; service mode and an unknown test are held', () => {
    expect(briefs(read(['R|1|^^^HbA1c|5.4|%||||F'], { action: 'Q' }))).toEqual([
      'A100001 | HBA1C | 5.4 % | final | QC',
    ]);
    const service = read(['R|1|^^^NEW|5.4|%||||X'], { processing: 'D' });
    expect(service.problems.map((one) => one.code)).toEqual(['notProduction']);
    expect(briefs(service)).toEqual(['A100001 | ?NEW | 5.4 % | ?X | unknownTest | unmappedStatus']);
  });
});

describe('biorad-d10', () => {
  const read = (id: string, lines: string[]) =>
    readWith('biorad-d10', [
      'H|\\^&|||D-10^5.00^DJ5A123456|||||||P|1|20260729064205',
      'P|1',
      `O|1|${id}||^^^A1c|R|||||||||||||||||||||F`,
      ...lines,
      'L|1|N',
    ]);

  it('R6 reads A1c in either unit and the peaks beside it', () => {
    expect(
      briefs(
        read('A100001', [
          'R|1|^^^A1c^AREA|5.6|%||N||F||||20260729064205',
          'R|2|^^^A1c^AREA|38|mmol/mol||N||F||||20260729064205',
          'R|3|^^^F^AREA|0.9|%||||F||||20260729064205',
          'R|4|^^^P3^AREA|3.1|%||||F||||20260729064205',
          'R|5|^^^S-window^AREA|38.2|%||A||F||||20260729064205',
        ]),
      ),
    ).toEqual([
      'A100001 | HBA1C | 5.6 % | final',
      'A100001 | HBA1C | 38 mmol/mol | final',
      'A100001 | HBF | 0.9 % | final',
      'A100001 | ?S-window | 38.2 % | final | !A | unknownTest',
    ]);
  });

  it('tells a control by its id, and holds a status the bulletin does not have', () => {
    expect(briefs(read('QC-L1', ['R|1|^^^A1c^AREA|5.6|%||N||Z']))).toEqual([
      'QC-L1 | HBA1C | 5.6 % | ?Z | QC | unmappedStatus',
    ]);
  });
});

describe('mindray-bs-480', () => {
  const read = (kind: string, lines: string[], barcode = 'A100001') =>
    readWith('mindray-bs-480', [
      `MSH|^~\\&|Mindray|BS-480|||20260729064205||ORU^R01|1|P|2.3.1||||${kind}||ASCII`,
      'PID|1|P7|||Doe^Jane||19800102|F',
      `OBR|1|${barcode}|10|Mindray^BS-480|N||20260729064000||||||||Serum`,
      ...lines,
    ]);

  it('reads items by name and the specimen by its bar code', () => {
    const message = read('0', [
      'OBX|1|NM|2|ALT|26.2|U/L|-|N|||F||26.2|20260729064100||tech',
      'OBX|2|NM|5|TBIL|11.1|umol/L|-|N|||F||11.1|20260729064100||tech',
      'OBX|3|NM|9|K|3.9|mmol/L|-|L|||F||3.9|20260729064100||tech',
      'OBX|4|NM|77|XYZ|3.9|mmol/L|-|N|||Z||3.9|20260729064100||tech',
    ]);
    expect(briefs(message)).toEqual([
      'A100001 | ALT | 26.2 U/L | final',
      'A100001 | BILT | 11.1 umol/L | final',
      'A100001 | K | 3.9 mmol/L | final',
      'A100001 | ?XYZ | 3.9 mmol/L | ?Z | unknownTest | unmappedStatus',
    ]);
  });

  it('tells controls by MSH-16, and never takes the sample number for the specimen', () => {
    const line = 'OBX|1|NM|2|ALT|26.2|U/L|-|N|||F||26.2|20260729064100';
    expect(briefs(read('2', [line]))).toEqual(['A100001 | ALT | 26.2 U/L | final | QC']);
    expect(briefs(read('0', [line], ''))).toEqual(['- | ALT | 26.2 U/L | final | noSpecimen']);
  });

  it('asks for work with QRY^Q02', () => {
    const { queries } = readWith('mindray-bs-480', [
      'MSH|^~\\&|Mindray|BS-480|||20260729064205||QRY^Q02|6|P|2.3.1||||||ASCII',
      'QRD|20260729064205|R|D|1|||RD|A100001|OTH|||T|',
      'QRF|BS-480|20260729000000|20260729235959|||RCT|COR|ALL||',
    ]);
    expect(queries).toMatchObject([{ specimenIds: ['A100001'], problems: [] }]);
  });
});
