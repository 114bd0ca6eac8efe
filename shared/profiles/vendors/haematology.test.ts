import { describe, expect, it } from 'vitest';
import { encodeAnswer } from '../../protocols/astm/encode.ts';
import { briefs, profileOf, readWith } from './fixture.ts';

describe('sysmex-xn', () => {
  const read = (lines: string[], id = '              A100001', action = 'N') =>
    readWith('sysmex-xn', [
      'H|\\^&|||XN-10^00-22^11001^^^^BG634545||||||||E1394-97',
      'P|1|||P7|^Jane^Doe||19800102|F|||||^Dr.1||||||||||||^^^WEST',
      `O|1||1^2^${id}^B|^^^^WBC\\^^^^RBC\\^^^^HGB|||||||${action}||||||||||||||F`,
      ...lines,
      'L|1|N',
    ]);

  it('R6 reads every count in the units it is set to', () => {
    const message = read([
      'R|1|^^^^WBC^1|6.93|10*3/uL||N||F||||20260729064205',
      'R|2|^^^^RBC^1|451|10*4/uL||N||F||||20260729064205',
      'R|3|^^^^HGB^1|13.2|g/dL||L||F||||20260729064205',
      'R|4|^^^^MCHC^1|332|g/L||N||F||||20260729064205',
      'R|5|^^^^PLT^1|21.4|10*4/uL||N||F||||20260729064205',
      'R|6|^^^^NEUT#^1|4.10|10*9/L||N||F||||20260729064205',
      'R|7|^^^^IG%^1|0.4|%||N||F||||20260729064205',
      'R|8|^^^^RET#^5|0.0512|10*6/uL||N||F||||20260729064205',
      'R|9|^^^^NRBC%^1|0.0|%||N||F||||20260729064205',
      'R|10|^^^^RET-He^1|31.2|pg||N||F||||20260729064205',
    ]);
    expect(message.problems).toEqual([]);
    expect(briefs(message)).toEqual([
      'A100001 | WBC | 6.93 10*9/L | final',
      'A100001 | RBC | 4.51 10*12/L | final',
      'A100001 | HGB | 132.0 g/L | final',
      'A100001 | MCHC | 332 g/L | final',
      'A100001 | PLT | 214.0 10*9/L | final',
      'A100001 | NEUT | 4.10 10*9/L | final',
      'A100001 | IG% | 0.4 % | final',
      'A100001 | RET | 51.2000 10*9/L | final | dilution 5',
      'A100001 | NRBC% | 0.0 /100{WBCs} | final',
      'A100001 | RET-HE | 31.2 pg | final',
    ]);
  });

  it('a suspect message holds every result of the sample; counts and pictures do not', () => {
    const with1 = (line: string) =>
      briefs(read(['R|1|^^^^WBC^1|12.5|10*3/uL||H||F', line, 'R|3|^^^^PLT^1|210|10*3/uL||N||F']));
    expect(with1('R|2|^^^^Blasts/Abn_Lympho?|180|||A||F')).toEqual([
      'A100001 | WBC | 12.5 10*9/L | final | !Blasts/Abn_Lympho?',
      'A100001 | PLT | 210 10*9/L | final | !Blasts/Abn_Lympho?',
    ]);
    expect(with1('R|2|^^^^ACTION_MESSAGE_Aged_Sample?||||A||F')[0]).toContain('!ACTION_MESSAGE_Aged_Sample?');
    for (const calm of [
      'R|2|^^^^Blasts/Abn_Lympho?|30|||N||F',
      'R|2|^^^^Leukocytosis||||A||F',
      'R|2|^^^^SCAT_WDF|PNG&R&20260729&R&SCAT_WDF.PNG|||N||F',
    ])
      expect(with1(calm)).toEqual([
        'A100001 | WBC | 12.5 10*9/L | final',
        'A100001 | PLT | 210 10*9/L | final',
      ]);
  });

  it('flags of low reliability hold, a rerun is preliminary, controls are told by O-12', () => {
    expect(
      briefs(
        read([
          'R|1|^^^^PLT^1|18|10*3/uL||W||P',
          'R|2|^^^^HGB^1|----|g/dL||A||F',
          'R|3|^^^^XYZ^1|1|%||N||F',
          'R|4|^^^^MCV^1|90|fL||N||Q',
        ]),
      ),
    ).toEqual([
      'A100001 | PLT | 18 10*9/L | preliminary | !W',
      'A100001 | HGB | ---- g/L | final | !A',
      'A100001 | ?XYZ | 1 % | final | unknownTest',
      'A100001 | MCV | 90 fL | ?Q | unmappedStatus',
    ]);
    expect(briefs(read(['R|1|^^^^WBC^1|7.1|10*3/uL||||F'], '           QC-63140801', 'Q'))).toEqual([
      'QC-63140801 | WBC | 7.1 10*9/L | final | QC',
    ]);
  });

  it('R8 R9 reads a query in Q-3.3 and answers it with rack, position and sample as it sent them', () => {
    const [query] = readWith('sysmex-xn', [
      'H|\\^&|||XN-10^00-22^11001^^^^BG634545||||||||E1394-97',
      'Q|1|2001^1^               A100001^B||||20260729064205|||||||N',
      'L|1|N',
    ]).queries;
    expect(query).toMatchObject({ specimenIds: ['A100001'], all: false, cancel: false, problems: [] });
    const profile = profileOf('sysmex-xn');
    if (profile.protocol !== 'astm') throw new Error('not ASTM');
    const { answer: form, codeComponent } = profile.dialect;
    const echo = (query?.echo?.A100001 ?? '').split('^');
    const say = (codes: string[]) =>
      Buffer.from(
        encodeAnswer([{ specimenId: 'A100001', codes, echo }], {
          sender: 'Levey',
          time: '20260729064205',
          codeComponent,
          answer: form,
        }).bytes,
      )
        .toString('latin1')
        .split('\r')[2];
    expect(say(['WBC', 'HGB'])).toBe(
      'O|1|2001^1^               A100001^B||^^^^WBC\\^^^^HGB|R||||||N||||||||||||||Q',
    );
    expect(say([])).toBe('O|1|2001^1^               A100001^B|||R||||||N||||||||||||||Y');
  });
});

describe('sysmex-xp', () => {
  const read = (lines: string[], action = 'N') =>
    readWith('sysmex-xp', [
      'H|\\^&|||XP-300^00-08^^^^A1234^01||||||||E1394-97',
      'P|1',
      `O|1||^^        A100001^B|^^^^WBC\\^^^^RBC|||||||${action}||||||||||||||F`,
      ...lines,
      'L|1|N',
    ]);

  it('R6 reads its three-part differential and takes no status for final', () => {
    expect(
      briefs(
        read([
          'R|1|^^^^WBC^1|7.8|10*3/uL||N||||tech           ||20260729064205',
          'R|2|^^^^HGB^26|13.1|g/dL||L||||tech||20260729064205',
          'R|3|^^^^W-SCR^1|31.2|%||W||||tech||20260729064205',
          'R|4|^^^^NEUT#^1|4.4|10*3/uL||N||||tech||20260729064205',
          'R|5|^^^^P-LCR^1|*****|%||A||||tech||20260729064205',
        ]),
      ),
    ).toEqual([
      'A100001 | WBC | 7.8 10*9/L | final',
      'A100001 | HGB | 131.0 g/L | final | dilution 26',
      'A100001 | LYMPH% | 31.2 % | final | !W',
      'A100001 | NEUT | 4.4 10*9/L | final',
      'A100001 | P-LCR | ***** % | final | !A',
    ]);
  });

  it('tells controls, and holds an unknown parameter', () => {
    expect(briefs(read(['R|1|^^^^WBC^1|7.8|10*3/uL||N', 'R|2|^^^^NEW^1|1|%||N'], 'Q'))).toEqual([
      'A100001 | WBC | 7.8 10*9/L | final | QC',
      'A100001 | ?NEW | 1 % | final | QC | unknownTest',
    ]);
  });
});

describe('horiba-pentra-xlr', () => {
  const read = (lines: string[], processing = 'P') =>
    readWith('horiba-pentra-xlr', [
      `H|\\^&|||ABX|||||||${processing}|E1394-97|20260729064205`,
      'P|1||P7||Doe^Jane||19800102|F',
      'O|1|A100001^02^08||^^^DIF|||||||||||||||||||||F',
      ...lines,
      'L|1|N',
    ]);

  it('R6 reads the unit system by its number, and the dilution ratio', () => {
    expect(
      briefs(
        read([
          'R|1|^^^WBC^6690-2^1|7.1|1||||F||tech||20260729064205',
          'R|2|^^^HGB^718-7^1|13.4|1||L||F||tech||20260729064205',
          'R|3|^^^HGB^718-7^1|134|2||||F||tech||20260729064205',
          'R|4|^^^HCT^4544-3^1|0.41|2||||F||tech||20260729064205',
          'R|5|^^^RBC^789-8^3|4.51|1||||D||tech||20260729064205',
          'R|6|^^^LYM%^736-9^1|33.1|1||||W||tech||20260729064205',
        ]),
      ),
    ).toEqual([
      'A100001 | WBC | 7.1 10*9/L | final',
      'A100001 | HGB | 134.0 g/L | final',
      'A100001 | HGB | 134 g/L | final',
      'A100001 | HCT | 41.00 % | final',
      'A100001 | RBC | 4.51 10*12/L | final | dilution 3',
      'A100001 | LYMPH% | 33.1 % | preliminary',
    ]);
  });

  it('holds rejected results, other unit systems and alarms; H-12 Q is a control', () => {
    expect(
      briefs(
        read([
          'R|1|^^^WBC^6690-2^1|7.1|4||||F',
          'R|2|^^^PLT^777-3^1|212|1||||N',
          'R|3|^^^MCV^787-2^1|88|1||||F',
          'C|1|I|MIC|I',
        ]),
      ),
    ).toEqual([
      'A100001 | WBC | 7.1 4 | final | unitMismatch',
      'A100001 | PLT | 212 10*9/L | ?N | unmappedStatus',
      'A100001 | MCV | 88 fL | final | !alarm MIC',
    ]);
    expect(briefs(read(['R|1|^^^WBC^6690-2^1|7.1|1||||F'], 'Q'))).toEqual([
      'A100001 | WBC | 7.1 10*9/L | final | QC',
    ]);
  });
});

describe('horiba-yumizen-h500', () => {
  it('R6 R7 reads results with units in words and keeps M records', () => {
    const message = readWith('horiba-yumizen-h500', [
      'H|\\^&|||H500^^404YOXH01234|||||||P|LIS2-A2|20260729064205',
      'P|1||P7||Doe^Jane||19800102|F',
      'O|1|A100001||^^^DIF|R|20260729064000|||||N|||||||||||||||F',
      'R|1|^^^WBC^6690-2|6.66|10*3/mm3|4.00 - 10.00^REFERENCE_RANGE|N||F||tech||20260729064205',
      'R|2|^^^HGB^718-7|13.4|g/dL||L||F||tech||20260729064205',
      'R|3|^^^HCT^4544-3|41.0|%||HH||F||tech||20260729064205',
      'R|4|^^^NEW^1-8|1|%||N||F||tech||20260729064205',
      'M|1|HISTOGRAM|RBC|RbcAlongRes|FLOATLE-stream/deflate:base64^eJw',
      'L|1|N',
    ]);
    expect(message.problems).toEqual([]);
    expect(message.sender.serial).toBe('404YOXH01234');
    expect(briefs(message)).toEqual([
      'A100001 | WBC | 6.66 10*9/L | final',
      'A100001 | HGB | 134.0 g/L | final',
      'A100001 | HCT | 41.0 % | final | !HH',
      'A100001 | ?NEW | 1 % | final | unknownTest',
    ]);
  });
});

describe('mindray-bc-5380', () => {
  const read = (lines: string[], mode = 'P', service = '00001^Automated Count^99MRC') =>
    readWith('mindray-bc-5380', [
      `MSH|^~\\&|BC-5380|Mindray|||20260729064205||ORU^R01|1|${mode}|2.3.1||||||UNICODE`,
      'PID|1||P7^^^^MR||Doe^Jane',
      `OBR|1||A100001|${service}|||20260729064000|||||||||||||||||HM`,
      ...lines,
    ]);

  it('M9 reads LOINC and the maker’s codes, leaves modes out', () => {
    const message = read([
      'OBX|1|IS|08001^Take Mode^99MRC||O||||||F',
      'OBX|2|NM|30525-0^Age^LN||44|yr|||||F',
      'OBX|3|NM|6690-2^WBC^LN||6.93|10*9/L|4.00-10.00|N|||F',
      'OBX|4|NM|718-7^HGB^LN||13.1|g/dL|||||F',
      'OBX|5|NM|704-7^BAS#^LN||0.31|10*9/L|0.00-0.10|H~A|||F',
      'OBX|6|NM|10002^PCT^99MRC||2.10|mL/L||N|||F',
    ]);
    expect(briefs(message)).toEqual([
      'A100001 | WBC | 6.93 10*9/L | final',
      'A100001 | HGB | 131.0 g/L | final',
      'A100001 | BASO | 0.31 10*9/L | final | !A',
      'A100001 | PLCRIT | 0.210 % | final',
    ]);
    expect(message.leftOut).toBe(2);
  });

  it('a message flag that is true holds the sample, a false one does not', () => {
    const flagged = (code: string, value: string) =>
      briefs(
        read(['OBX|1|NM|777-3^PLT^LN||212|10*9/L||N|||F', `OBX|2|IS|${code}^Flag^99MRC||${value}||||||F`]),
      );
    expect(flagged('12014', 'T')).toEqual(['A100001 | PLT | 212 10*9/L | final | !12014']);
    expect(flagged('12014', 'F')).toEqual(['A100001 | PLT | 212 10*9/L | final']);
    expect(flagged('12002', 'T')).toEqual(['A100001 | PLT | 212 10*9/L | final']);
  });

  it('tells controls by MSH-11, and holds an unknown code and status', () => {
    const line = 'OBX|1|NM|6690-2^WBC^LN||7.1|10*9/L||N|||F';
    expect(briefs(read([line], 'Q'))).toEqual(['A100001 | WBC | 7.1 10*9/L | final | QC']);
    expect(briefs(read([line], 'P', '00003^LJ QCR^99MRC'))).toEqual([
      'A100001 | WBC | 7.1 10*9/L | final | QC',
    ]);
    expect(briefs(read(['OBX|1|NM|99^X^99MRC||1|%|||||S']))).toEqual([
      'A100001 | ?99 | 1 % | ?S | unknownTest | unmappedStatus',
    ]);
  });

  it('asks for work with ORM^O01', () => {
    const { queries } = readWith('mindray-bc-5380', [
      'MSH|^~\\&|BC-5380|Mindray|||20260729064205||ORM^O01|4|P|2.3.1||||||UNICODE',
      'ORC|RF||A100001||IP',
    ]);
    expect(queries).toMatchObject([{ specimenIds: ['A100001'], problems: [] }]);
  });
});
