import { describe, expect, it } from 'vitest';
import { briefs, readWith } from './fixture.ts';

describe('abbott-architect', () => {
  const read = (lines: string[], processing = 'P', action = '') =>
    readWith('abbott-architect', [
      `H|\\^&|||ARCHITECT^8.10^F3453010030^H1P1O1R1C1Q1L1|||||||${processing}|1|20260729064205`,
      'P|1|||P7|Doe^Jane^||19800102|F',
      `O|1|A100001|A100001^A123^5|^^^16^TSH^UNDILUTED^P|R||||||${action}||||||||||||||F`,
      ...lines.map((line, at) => line.replace(/^R\|\d+/, `R|${at + 1}`)),
      'L|1|N',
    ]);
  const result = (name: string, aspect: string, value: string, unit: string, flags = '', status = 'F') =>
    `R|1|^^^16^${name}^UNDILUTED^P^47331M100^00788^^${aspect}|${value}|${unit}|0.35 TO 4.94|${flags}||${status}||tech^tech||20260729064100|I20100`;

  it('R6 posts the value, makes the interpretation a test of its own and leaves the signal out', () => {
    const message = read([
      result('TSH', 'F', '4.6011', 'uIU/mL'),
      result('TSH', 'P', '9245', 'RLU'),
      result('HBsAgQual2', 'F', '0.31', 'S/CO'),
      result('HBsAgQual2', 'I', 'Nonreactive', ''),
      result('HBsAgQual2', 'P', '812', 'RLU'),
      result('Crea', 'F', '1.02', 'mg/dL'),
    ]);
    expect(message.problems).toEqual([]);
    expect(briefs(message)).toEqual([
      'A100001 | TSH | 4.6011 m[IU]/L | final',
      'A100001 | HBSAG-SCO | 0.31 {s_co_ratio} | final',
      'A100001 | HBSAG | Nonreactive | final',
      'A100001 | CREA | 1.02 mg/dL | final',
    ]);
    expect(message.results[0]).toMatchObject({ operator: 'tech^tech', instrumentSerial: 'I20100' });
  });

  it('R12 reads several flags and a comparator behind a blank', () => {
    const message = read([result('B-hCG', 'F', '< 1.20', 'mIU/mL', 'EXP^<')]);
    expect(briefs(message)).toEqual(['A100001 | HCG | <1.20 [IU]/L | final | !EXP | !<']);
    expect(message.results[0]?.value).toMatchObject({ text: '< 1.20', comparator: '<', number: 1.2 });
  });

  it('names the dilution protocol unless there was none', () => {
    const diluted = 'R|1|^^^16^B-hCG^1:10^P^1^2^^F|1520|mIU/mL||HIGH||F||t||20260729064100|I2';
    expect(briefs(read([diluted]))).toEqual(['A100001 | HCG | 1520 [IU]/L | final | dilution 1:10']);
  });

  it('tells controls by H-12 and O-12; holds an unknown assay and status', () => {
    const line = result('TSH', 'F', '4.6', 'mIU/L', '1-3s');
    for (const message of [read([line], 'Q'), read([line], 'P', 'Q')])
      expect(briefs(message)).toEqual(['A100001 | TSH | 4.6 m[IU]/L | final | QC | !1-3s']);
    expect(briefs(read([result('Newest', 'F', '1', 'g/L', '', 'W')]))).toEqual([
      'A100001 | ?Newest | 1 g/L | ?W | unknownTest | unmappedStatus',
    ]);
  });
});

describe('beckman-access2', () => {
  const read = (lines: string[], action = '') =>
    readWith('beckman-access2', [
      'H|\\^&|||ACCESS^500001|||||LIS||P|1|20260729064205',
      'P|1|P7',
      `O|1|A100001|^1^2|^^^TSH^1|||||||${action}||||Serum||||||||||F`,
      ...lines,
      'L|1|F',
    ]);

  it('R6 reads names, replicates and flags', () => {
    expect(
      briefs(
        read([
          'R|1|^^^TSH^1|2.13|uIU/mL||N||F||||20260729064205',
          'R|2|^^^FT4^1|13.2|pmol/L||N||F||||20260729064205',
          'R|3|^^^TBhCG5^1|>1350|mIU/mL||OVR||F||||20260729064205',
          'R|4|^^^TSH^2|2.19|uIU/mL||N||F||||20260729064205',
        ]),
      ),
    ).toEqual([
      'A100001 | TSH | 2.13 m[IU]/L | final',
      'A100001 | FT4 | 13.2 pmol/L | final',
      'A100001 | HCG | >1350 [IU]/L | final | !OVR',
      'A100001 | TSH | 2.19 m[IU]/L | final',
    ]);
  });

  it('tells controls; holds unknown codes, and a flag nobody mapped waits for a person', () => {
    expect(briefs(read(['R|1|^^^hsTnI^1|12.1|pg/mL||ABC||F'], 'Q'))).toEqual([
      'A100001 | TROPI | 12.1 ng/L | final | QC | !ABC | unmappedFlag',
    ]);
    expect(briefs(read(['R|1|^^^Novel^1|1|U/mL||||Q']))).toEqual([
      'A100001 | ?Novel | 1 U/mL | ?Q | unknownTest | unmappedStatus',
    ]);
  });

  it('R8 asks for the work of one sample', () => {
    const { queries } = readWith('beckman-access2', [
      'H|\\^&|||ACCESS^500001|||||LIS||P|1|20260729064205',
      'Q|1|^A100001||ALL||||||||O',
      'L|1|F',
    ]);
    expect(queries).toMatchObject([{ specimenIds: ['A100001'], tests: [], problems: [] }]);
  });
});

describe('siemens-atellica', () => {
  const read = (role: string, ...lines: string[]) =>
    readWith('siemens-atellica', [
      'MSH|^~\\&|Atellica Solution|Siemens|LIS|Lab|20260729064205||OUL^R22^OUL_R22|9|P|2.5.1|||NE|AL||UNICODE UTF-8|||LAB-29^IHE',
      `SPM|1|A100001||SER|||||||${role}`,
      'SAC|||A100001',
      'OBR|1|""||TnIH',
      ...lines,
    ]);

  it('M7 reads assay names with LAW’s flags', () => {
    expect(
      briefs(
        read(
          'P',
          'OBX|1|NM|TnIH||12.4|pg/mL^^UCUM||N|||F',
          'OBX|2|NM|TSH3-UL||<0.008|uIU/mL^^UCUM||ORL|||F',
          'OBX|3|NM|Crea_2||0.98|mg/dL^^UCUM||N|||F',
        ),
      ),
    ).toEqual([
      'A100001 | TROPI | 12.4 ng/L | final',
      'A100001 | TSH | <0.008 m[IU]/L | final | !ORL',
      'A100001 | CREA | 0.98 mg/dL | final',
    ]);
  });

  it('M7 reads a quantity and its answer as the example of IHE has them: number in SAC-3, no flag, a unit that is only a coding system', () => {
    const rest = '||NONE|||F|||||op^No Review||Centaur^Siemens~13131^Siemens|20140130180024';
    const message = readWith('siemens-atellica', [
      'MSH|^~\\&|Siemens|Siemens_DX|LIS|IHE|201401301800240500||OUL^R22^OUL_R22|a0c8|P|2.5.1|||ER|AL||UNICODE UTF-8|||LAB-29^IHE',
      'PID|1||1505500^^^^PT||Phillips^Jack^^^^^L||19351125000000|M',
      'SPM|1|||SER|||||||P^Patient^LN',
      'SAC|||A100001',
      'OBR|1|1D12BE||TnIH',
      'ORC|OK||||CM',
      `OBX|1|NM|TnIH|1.1|16.23|pg/mL^pg/mL^UCUM${rest}`,
      `OBX|2|ST|TnIH|1.1|Reactive|^UCUM${rest}`,
    ]);
    expect(message.problems).toEqual([]);
    expect(briefs(message)).toEqual([
      'A100001 | TROPI | 16.23 ng/L | final',
      'A100001 | TROPI | Reactive ng/L | final',
    ]);
    expect(message.results.map((one) => [one.replicate, one.operator, one.completedAt.local])).toEqual([
      [1, 'op', '2014-01-30T18:00:24'],
      [2, 'op', '2014-01-30T18:00:24'],
    ]);
  });

  it('tells controls by SPM-11; holds unknown names and statuses', () => {
    expect(briefs(read('Q', 'OBX|1|NM|Na||140|mmol/L^^UCUM||N|||F'))).toEqual([
      'A100001 | NA | 140 mmol/L | final | QC',
    ]);
    expect(briefs(read('P', 'OBX|1|NM|Novel||1|g/L^^UCUM||N|||S'))).toEqual([
      'A100001 | ?Novel | 1 g/L | ?S | unknownTest | unmappedStatus',
    ]);
  });
});
