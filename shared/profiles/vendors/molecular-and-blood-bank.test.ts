import { describe, expect, it } from 'vitest';
import { orderCode } from '../orders/order.ts';
import { briefs, profileOf, readWith } from './fixture.ts';

describe('cepheid-genexpert', () => {
  const read = (lines: string[], id = 'A100001') =>
    readWith('cepheid-genexpert', [
      'H|@^\\|fd3a0a81||GeneXpert PC^GeneXpert^6.4|||||LIS||P|1394-97|20260729064205',
      'P|1|||P7|Doe^Jane^^^|||',
      `O|1|${id}||^^^MTBRIF|R|20260729060000|||||||||ORH||||||||||F`,
      ...lines,
      'L|1|N',
    ]);

  it('R1 R6 posts main results, keeps analytes and Ct values with the message', () => {
    const message = read([
      'R|1|^MTBRIF^^MTB^Xpert MTB-RIF Assay G4^5^MTB^|MTB DETECTED MEDIUM^|||||F||tech|20260729050000|20260729064100|GX1^708228^618255^204379064^10713^20270101',
      'R|2|^MTBRIF^^MTB^^^Probe D^|POS^|||||F||tech|20260729050000|20260729064100',
      'R|3|^MTBRIF^^MTB^^^Probe D^Ct|^18.9|||||F||tech|20260729050000|20260729064100',
      'R|4|^MTBRIF^^RIF^Xpert MTB-RIF Assay G4^5^Rif Resistance^|Rif Resistance NOT DETECTED^|||||F||tech|20260729050000|20260729064100',
    ]);
    expect(message.problems).toEqual([]);
    expect(briefs(message)).toEqual([
      'A100001 | MTB | MTB DETECTED MEDIUM | final',
      'A100001 | RIF | Rif Resistance NOT DETECTED | final',
    ]);
  });

  it('R12 takes the quantity of a viral load, and the words where there is none', () => {
    expect(
      briefs(
        read([
          'R|1|^^^HIV1VL^Xpert HIV-1 Viral Load^1^^|HIV-1 DETECTED^1.20E3|copies/mL|40 to 10000000|A||F||tech',
          'R|2|^^^HIV1VL^Xpert HIV-1 Viral Load^1^^|HIV-1 NOT DETECTED^||||||F||tech'.replace(
            '||||||F',
            '|||||F',
          ),
          'R|3|^^^HCVVL^Xpert HCV Viral Load^1^^|HCV DETECTED^<10|IU/mL||<||F||tech',
        ]),
      ),
    ).toEqual([
      'A100001 | HIV1-VL | 1.20E3 {copies}/mL | final | !A',
      'A100001 | HIV1-VL | HIV-1 NOT DETECTED {copies}/mL | final',
      'A100001 | HCV-VL | <10 [IU]/mL | final | !<',
    ]);
  });

  it('an assay with an error is cancelled; a pending one preliminary; an unknown code and status are held', () => {
    expect(
      briefs(
        read([
          'R|1|^^^COV2^Xpert Xpress SARS-CoV-2^1^^|ERROR^|||||X||tech',
          'C|1|I|Error^5006^Post-run analysis error|N',
          'R|2|^^^FLUA^Xpert Flu^1^^|NEGATIVE^|||||I||tech',
          'R|3|^^^NEW^Xpert New^1^^|NEGATIVE^|||||Q||tech',
        ]),
      ),
    ).toEqual([
      'A100001 | COV2 | ERROR | cancelled',
      'A100001 | FLUA | NEGATIVE | preliminary',
      'A100001 | ?NEW | NEGATIVE | ?Q | unknownTest | unmappedStatus',
    ]);
    expect(briefs(read(['R|1|^^^MRSA^Xpert MRSA^1^^|POSITIVE^|||||F'], 'QC-POS'))).toEqual([
      'QC-POS | MRSA | POSITIVE | final | QC',
    ]);
  });

  it('R8 reads a query with its own delimiters', () => {
    const { queries } = readWith('cepheid-genexpert', [
      'H|@^\\|fd3a0a82||GeneXpert PC^GeneXpert^6.4|||||LIS||P|1394-97|20260729064205',
      'Q|1|P7^A100001||||||||||O@N',
      'L|1|N',
    ]);
    expect(queries).toMatchObject([{ specimenIds: ['A100001'], problems: [] }]);
  });
});

describe('order codes', () => {
  it('an assay of several results is ordered by its own code, a panel by the panel', () => {
    const of = (id: string, ...tests: string[]) => tests.map((test) => orderCode(profileOf(id), test));
    expect(of('cepheid-genexpert', 'MTB', 'RIF', 'MRSA', 'K')).toEqual(['MTBRIF', 'MTBRIF', 'MRSA', null]);
    expect(of('horiba-pentra-xlr', 'WBC', 'NEUT', 'RET')).toEqual(['CBC', 'DIF', 'RET']);
    expect(of('sysmex-xn', 'NEUT', 'RET-HE')).toEqual(['NEUT#', 'RET-He']);
  });

  it('where they are not published nothing is ordered until the laboratory says how', () => {
    const architect = profileOf('abbott-architect');
    expect(orderCode(architect, 'TSH')).toBeNull();
    const tests = architect.tests.map((one) => (one.code === 'TSH' ? { ...one, order: '16' } : one));
    expect(orderCode({ ...architect, tests }, 'TSH')).toBe('16');
    expect(orderCode(profileOf('ortho-vision'), 'ABO')).toBeNull();
  });
});

describe('ortho-vision', () => {
  const read = (lines: string[], specimen = 'A100001') =>
    readWith('ortho-vision', [
      'H|\\^&|||OCD^VISION^5.13.1.46935^J60001234|||||||P|LIS2-A|20260729064205',
      'P|1|P7|||Doe^Jane||19800102|F',
      `O|1|${specimen}||ABO Rh|R|||||||||CENTBLOOD|||||||20260729064200|||F`,
      ...lines,
      'L|1|N',
    ]);

  it('R6 reads analyses without leading components, and M records stay with the message', () => {
    expect(
      briefs(
        read([
          'R|1|ABO|A|||||F||Automatic||20260729064200|J60001234',
          'R|2|Rh|POS|||M||F||tech||20260729064200|J60001234',
          'M|1|Anti-A|ABO-D^1^0123^ABR123^20270101000000||40^',
          'R|3|DAT|NEG|||||F||Automatic||20260729064200|J60001234',
        ]),
      ),
    ).toEqual([
      'A100001 | ABO | A | final',
      'A100001 | RH | POS | final | !M',
      'A100001 | DAT | NEG | final',
    ]);
  });

  it('holds a repeated result, an unknown analysis, and a crossmatch of two samples', () => {
    expect(briefs(read(['R|1|ABO|B|||||R', 'R|2|K|POS|||||F']))).toEqual([
      'A100001 | ABO | B | ?R | unmappedStatus',
      'A100001 | ?K | POS | final | unknownTest',
    ]);
    expect(briefs(read(['R|1|Xmatch^D777|COMP|||||F'], 'A100001\\D777'))).toEqual([
      '- | XMATCH | COMP | final | noSpecimen',
    ]);
    expect(briefs(read(['R|1|ABO|A|||T||F'], 'QC-1'))).toEqual(['QC-1 | ABO | A | final | QC | !T']);
  });

  it('R8 reads a query', () => {
    const { queries } = readWith('ortho-vision', [
      'H|\\^&|||OCD^VISION^5.13.1.46935^J60001234|||||||P|LIS2-A|20260729064205',
      'Q|1|^A100001||||||||||O',
      'L|1|N',
    ]);
    expect(queries).toMatchObject([{ specimenIds: ['A100001'], problems: [] }]);
  });
});

describe('generic-hl7 and generic-law', () => {
  const send = (id: string, code: string, status: string) =>
    briefs(
      readWith(id, [
        'MSH|^~\\&|ANY|Lab|LIS|Lab|20260729064205||OUL^R22^OUL_R22|9|P|2.5.1',
        'SPM|1|A100001||SER|||||||P',
        'OBR|1|A100001||X',
        `OBX|1|NM|${code}||140|mmol/L||N|||${status}`,
      ]),
    );

  it('M9 know our own codes and LOINC', () => {
    for (const id of ['generic-hl7', 'generic-law'])
      for (const code of ['NA', '2951-2^Sodium^LN', 'X17^Sodium^L^2951-2^Na^LN'])
        expect(send(id, code, 'F')).toEqual(['A100001 | NA | 140 mmol/L | final']);
    expect(send('generic-hl7', '2951-2', 'F')).toEqual([
      'A100001 | ?2951-2 | 140 mmol/L | final | unknownTest',
    ]);
  });

  it('differ where no status is sent', () => {
    expect(send('generic-hl7', 'NA', '')).toEqual(['A100001 | NA | 140 mmol/L | final']);
    expect(send('generic-law', 'NA', '')).toEqual(['A100001 | NA | 140 mmol/L | ? | unmappedStatus']);
  });
});
