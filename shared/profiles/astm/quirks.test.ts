import { describe, expect, it } from 'vitest';
import { fromBinary } from '../../protocols/astm/bytes.ts';
import { builtinProfile } from '../builtin.ts';
import { applyOverlay, emptyOverlay, plainMapping } from '../overlay.ts';
import type { Profile } from '../profile.ts';
import { readMessages } from '../read.ts';

/** What analysers of many makers send between the lines of LIS02-A2, record by record. */

const profileOf = (id: string): Profile => builtinProfile(id)!;
const H = 'H|\\^&|||DEV^1^SN1|||||||P|1|20260729064205';
const message = (records: readonly string[], profile: Profile = profileOf('generic-astm')) =>
  readMessages(fromBinary(records.map((record) => `${record}\r`).join('')), profile)[0]!;
const read = (records: readonly string[], profile?: Profile) =>
  message([H, ...records, 'L|1|N'], profile).results;
const glucose = (result: string, order = 'O|1|A1||^^^GLU', ...more: string[]) =>
  read(['P|1', order, result, ...more])[0]!;
const problems = (result: { problems: { severity: string; code: string }[] }) =>
  result.problems.map(({ severity, code }) => `${severity} ${code}`);
const holds = (result: { flags: { code: string; meaning: { hold: boolean } | null }[] }) =>
  result.flags.filter((flag) => flag.meaning?.hold !== false).map((flag) => flag.code);

describe('R6 the test', () => {
  it('stands in a component of its own: the whole field can be mapped', () => {
    const generic = profileOf('generic-astm');
    const order = ['P|1', 'O|1|A1'];
    for (const code of ['^^^^WBC^1', '^GLU']) {
      const [held] = read([...order, `R|1|${code}|5.4|mmol/L||N||F`]);
      expect(held).toMatchObject({ testCode: null, instrumentCode: code });
      const mapped = applyOverlay(generic, { ...emptyOverlay(), tests: [plainMapping(code, 'GLU')] });
      const [posted] = read([...order, `R|1|${code}|5.4|mmol/L||N||F`], mapped);
      expect(posted).toMatchObject({ testCode: 'GLU', instrumentCode: code, problems: [] });
    }
  });

  it('R7 a blank in front of a record does not make it one that nobody sees', () => {
    expect(read(['P|1', 'O|1|A1', ' R|1|^^^GLU|5.4|mmol/L||||F'])).toMatchObject([
      { testCode: 'GLU', specimenId: 'A1', value: { text: '5.4' } },
    ]);
  });
});

describe('R6 R12 value and unit', () => {
  it('two values in one field: none of them is taken alone', () => {
    const [result] = read(
      ['P|1', 'O|1|A1|40^0^5^^S1^SC||R||||||N', 'R|1|^^^10^0|2.41\\2.95|uIU/mL||N||F'],
      profileOf('roche-cobas-e411'),
    );
    expect(result?.value).toEqual({ text: '2.41\\2.95', kind: 'string', unit: 'm[IU]/L' });
  });

  it('blanks around a unit, and micro in any character set, are the unit; another case is not', () => {
    for (const unit of [
      'µmol/L',
      'umol/L ',
      ' \u00b5mol/L',
      '\u00c2\u00b5mol/L',
      '\u00ce\u00bcmol/L',
      '\u00e6mol/L',
    ]) {
      const [result] = read(['P|1', 'O|1|A1', `R|1|^^^CREA|75|${unit}||||F`]);
      expect([unit, result?.value]).toEqual([
        unit,
        { text: '75', kind: 'quantity', number: 75, unit: 'umol/L' },
      ]);
      // What is UTF-8 is read as such.
      expect(result?.sent.unit).toBe(
        unit.replace(/^[\u00c2\u00ce]./, (two) => (two === '\u00c2\u00b5' ? '\u00b5' : '\u03bc')),
      );
    }
    for (const unit of ['UMOL/L', 'Umol/L', 'mmol/L', 'mol/L', 'µmol/dL'])
      expect(problems(read(['P|1', 'O|1|A1', `R|1|^^^CREA|75|${unit}||||F`])[0]!)).toEqual([
        'hold unitMismatch',
      ]);
  });
});

describe('R6 R12 more of value and unit', () => {
  it('a small l is a litre too', () => {
    for (const unit of ['mmol/l', 'mmol/L', ' mmol/l'])
      expect(read(['P|1', 'O|1|A1', `R|1|^^^GLU|5.4|${unit}||||F`])[0]).toMatchObject({
        value: { text: '5.4', unit: 'mmol/L' },
        problems: [],
      });
    expect(read(['P|1', 'O|1|A1', 'R|1|^^^HGB|13.5|g/dl||||F'])[0]?.value.text).toBe('135.0');
    expect(read(['P|1', 'O|1|A1', 'R|1|^^^MCV|88|fl||||F'])[0]?.value.unit).toBe('fL');
    expect(problems(read(['P|1', 'O|1|A1', 'R|1|^^^GLU|5.4|mmoL/l||||F'])[0]!)).toEqual([
      'hold unitMismatch',
    ]);
  });

  it('delimiters with nothing behind them are no part of the value', () => {
    const sentValueOf = (text: string) => glucose(`R|1|^^^GLU|${text}|mmol/L||||F`).value;
    expect(sentValueOf('5.4^')).toEqual({ text: '5.4', kind: 'quantity', number: 5.4, unit: 'mmol/L' });
    for (const text of ['5.4\\', '5.4^\\^'])
      expect(sentValueOf(text)).toMatchObject({ text: '5.4', number: 5.4 });
    expect(sentValueOf('\\5.4').kind).toBe('string');
    expect(sentValueOf('5.4^^5.5')).toMatchObject({ text: '5.4^^5.5', kind: 'string' });
    expect(sentValueOf('^5.4')).toMatchObject({ text: '^5.4', kind: 'string' });
  });
});

describe('the character set', () => {
  it('UTF-8 is read as such, also where the profile expects one byte for each character', () => {
    const records = [H, 'P|1||4711||Müller', 'O|1|A1||^^^GLU', 'R|1|^^^GLU|négatif|||||F', 'L|1|N'];
    const text = records.map((record) => `${record}\r`).join('');
    for (const encoding of ['latin1', 'utf8'] as const) {
      const [result] = readMessages(Buffer.from(text, encoding), profileOf('generic-astm'))[0]!.results;
      expect([encoding, result?.value.text, result?.patient?.family]).toEqual([
        encoding,
        'négatif',
        'Müller',
      ]);
    }
  });
});

describe('R5 R6 the status', () => {
  const order = (reportType: string) => `O|1|A1||^^^GLU|R||||||N||||||||||||||${reportType}`;
  const result = (status: string) => `R|1|^^^GLU|5.4|mmol/L||||${status}`;

  it('where R-9 is empty, an order that is preliminary or pending has no final result', () => {
    for (const [type, status] of [
      ['P', 'preliminary'],
      ['I', 'preliminary'],
      ['C', 'corrected'],
      ['F', 'final'],
      ['', 'final'],
    ] as const)
      expect([type, glucose(result(''), order(type)).status]).toEqual([type, status]);
    expect(glucose(result('F'), order('P')).status).toBe('final');
  });

  it('R-9 sent before and approved are final, pending and partial are not; a doubt or an unknown meaning is held', () => {
    const status = (text: string) => {
      const result = glucose(`R|1|^^^GLU|5.4|mmol/L||||${text}`);
      return [text, result.status, problems(result)];
    };
    for (const text of ['F', 'R', 'V']) expect(status(text)).toEqual([text, 'final', []]);
    for (const text of ['P', 'I', 'S']) expect(status(text)).toEqual([text, 'preliminary', []]);
    for (const text of ['M', 'N', 'Q', 'W', 'f', 'Z'])
      expect(status(text)).toEqual([text, null, ['hold unmappedStatus']]);
  });

  it('a result of a cancelled order that is not cancelled itself is held', () => {
    for (const status of ['', 'F', 'P'])
      expect(problems(glucose(result(status), order('X')))).toEqual(['hold unmappedStatus']);
    expect(problems(glucose(result('X'), order('X')))).toEqual([]);
  });

  it('two statuses in one field are none that the profile knows', () => {
    expect(glucose(result('F\\X'))).toMatchObject({ status: null, sentStatus: 'F\\X' });
  });

  it('R7 L-3 T, R and E: what was aborted is held', () => {
    for (const [code, held] of [
      ['N', []],
      ['F', []],
      ['', []],
      ['T', ['hold incomplete']],
      ['R', ['hold incomplete']],
      ['E', ['hold incomplete']],
    ] as const)
      expect([code, problems(message([H, 'P|1', 'O|1|A1', result('F'), `L|1|${code}`]))]).toEqual([
        code,
        held,
      ]);
    expect(problems(message([H, 'Q|1|^A1||ALL', 'L|1|E']))).toEqual([]);
  });
});

describe('R7 comments', () => {
  it('a comment of type I is a flag of the instrument and holds, behind the result or behind its order', () => {
    const behind = glucose('R|1|^^^GLU|5.4|mmol/L||||F', undefined, 'C|1|I|Short sample^x|I');
    expect(holds(behind)).toEqual(['alarm Short sample']);
    expect(behind.comments.map((one) => one.text)).toEqual(['Short sample^x']);
    const results = read([
      'P|1',
      'O|1|A1',
      'C|1|I|Clot detected|I',
      'R|1|^^^GLU|5.4|mmol/L||||F',
      'R|2|^^^NA|140|mmol/L||||F',
    ]);
    expect(results.map(holds)).toEqual([['alarm Clot detected'], ['alarm Clot detected']]);
    expect(results.map((one) => one.comments.map((comment) => comment.text))).toEqual([
      ['Clot detected'],
      ['Clot detected'],
    ]);
  });

  it('several alarms in one comment are as many flags, and a code that says "none" hides no other', () => {
    for (const [text, expected] of [
      ['43\\51', ['alarm 43', 'alarm 51']],
      ['43^Reagent short\\51^Sample clot', ['alarm 43', 'alarm 51']],
      ['^Clot detected', ['alarm Clot detected']],
      ['\\Clot detected', ['alarm Clot detected']],
      ['', []],
    ] as const) {
      const result = glucose('R|1|^^^GLU|5.4|mmol/L||||F', undefined, `C|1|I|${text}|I`);
      expect([text, holds(result)]).toEqual([text, expected]);
    }
    const [c111] = read(
      ['P|1', 'O|1||A1^^3|^^^685|R||||||N', 'R|1|^^^685|49.2|U/L||A||F', 'C|1|I|0\\43\\51|I'],
      profileOf('roche-cobas-c111'),
    );
    expect(holds(c111!)).toEqual(['A', 'alarm 43', 'alarm 51']);
  });

  it('a comment of another type is a comment, and the empty form fields of an order are none', () => {
    const [result] = read(
      [
        'P|1',
        'O|1|A1|0^50001^1^^S1^SC|^^^989^|R||||||N',
        'C|1|I|                ^            ^        ^    |G',
        'R|1|^^^989/|140|mmol/L||N||F',
        'C|1|I|0|I',
      ],
      profileOf('roche-cobas-c311'),
    );
    expect(result?.comments.map((one) => one.text)).toEqual(['0']);
    expect(holds(result!)).toEqual([]);
    expect(holds(glucose('R|1|^^^GLU|5.4|mmol/L||||F', undefined, 'C|1|I|seen|G'))).toEqual([]);
  });

  it('what stands behind the signal or the interpretation of a result is about the result', () => {
    const [result, ...others] = read(
      [
        'P|1',
        'O|1|A1|A1^L106^4|^^^16^TSH^UNDILUTED^P|R',
        'R|1|^^^16^TSH^UNDILUTED^P^47331M100^00788^^F|2.41|uIU/mL||||F',
        'R|2|^^^16^TSH^UNDILUTED^P^47331M100^00788^^P|2134.9|RLU||||F',
        'R|3|^^^16^TSH^UNDILUTED^P^47331M100^00788^^I|1|||||F',
        'C|1|I|Exception 1053|I',
        'R|4|^^^20^FT4^UNDILUTED^P^47331M100^00788^^F|15.1|pmol/L||||F',
      ],
      profileOf('abbott-architect'),
    );
    expect(holds(result!)).toEqual(['alarm Exception 1053']);
    expect(others.map(holds)).toEqual([[]]);
  });
});

describe('R10 the time', () => {
  /** A bench in Dublin in summer: an hour ahead of UTC. */
  const toInstant = (local: string) => new Date(Date.parse(`${local}Z`) - 3_600_000).toISOString();
  const at = (text: string) => {
    const records = [H, 'P|1', 'O|1|A1||^^^GLU', `R|1|^^^GLU|5.4|mmol/L||||F||||${text}`, 'L|1|N'];
    const bytes = fromBinary(records.map((record) => `${record}\r`).join(''));
    const [result] = readMessages(bytes, profileOf('generic-astm'), { toInstant })[0]!.results;
    return [result?.completedAt.instant, problems(result!)];
  };

  it('is local to the bench, or to the offset that stands behind it', () => {
    for (const [text, instant] of [
      ['20260729064205', '2026-07-29T05:42:05.000Z'],
      ['20260729064205+0200', '2026-07-29T04:42:05.000Z'],
      ['20260729064205-0530', '2026-07-29T12:12:05.000Z'],
      ['202607290642+0000', '2026-07-29T06:42:00.000Z'],
    ] as const)
      expect([text, ...at(text)]).toEqual([text, instant, []]);
    for (const text of [
      '20260729064205+9900',
      '20260732064205+0200',
      '20260729064205+2',
      '99991231235959-0100',
    ])
      expect([text, ...at(text)]).toEqual([text, null, ['notice badTime']]);
  });
});

describe('R5 the specimen', () => {
  it('where O-3 is empty, a person sees what O-4 says; it is never taken for the specimen', () => {
    const held = glucose('R|1|^^^GLU|5.4|mmol/L||||F', 'O|1||A1^2^7|^^^GLU');
    expect(held).toMatchObject({ specimenId: null, sent: { specimen: 'A1^2^7' } });
    expect(problems(held)).toEqual(['hold noSpecimen']);
  });

  it('an empty repeat is no second specimen', () => {
    const result = glucose('R|1|^^^GLU|5.4|mmol/L||||F', 'O|1|A1\\||^^^GLU');
    expect([result.specimenId, problems(result)]).toEqual(['A1', []]);
  });

  it('two specimens in the field where the profile finds it name none', () => {
    const [held] = read(
      ['P|1', 'O|1||26^1^A1^B\\26^2^A2^B', 'R|1|^^^^WBC^1|6.4|10*3/uL||N||F'],
      profileOf('sysmex-xn'),
    );
    expect(held).toMatchObject({ specimenId: null });
    expect(problems(held!)).toEqual(['hold noSpecimen']);
  });
});

describe('R5 the lot of a control', () => {
  it('rack, position and sequence are no lot; a plain word in O-4 is one', () => {
    for (const [id, order, result, lot] of [
      [
        'roche-cobas-c311',
        'O|1|PCCC1|0^50101^1^^QC^SC|^^^685|R||||||Q',
        'R|1|^^^685/|24|U/L||N||F',
        undefined,
      ],
      ['roche-cobas-c111', 'O|1||PCCC1^^^^^QC|^^^685|R||||||Q', 'R|1|^^^685|24|U/L||N||F', undefined],
      ['sysmex-xn', 'O|1||^^   QC-41234801^M|^^^^HGB|||||||Q', 'R|1|^^^^HGB^1|13.5|g/dL||N||F', undefined],
      [
        'abbott-architect',
        'O|1|QC1|QC1^L106^4|^^^16^TSH|R||||||Q',
        'R|1|^^^16^TSH^^^^^^F|2.4|uIU/mL||||F',
        undefined,
      ],
      ['generic-astm', 'O|1|QC-1|QC-1|^^^GLU|R||||||Q', 'R|1|^^^GLU|5.4|mmol/L||||F', undefined],
      ['generic-astm', 'O|1|QC-1| LOT7 |^^^GLU|R||||||Q', 'R|1|^^^GLU|5.4|mmol/L||||F', 'LOT7'],
    ] as const) {
      const [control] = read(['P|1', order, result], profileOf(id));
      expect([id, control?.isQc, control?.controlLot]).toEqual([id, true, lot]);
    }
    const [patient] = read(['P|1', 'O|1|A1|LOT7', 'R|1|^^^GLU|5.4|mmol/L||||F']);
    expect(patient?.controlLot).toBeUndefined();
  });

  it('stands where the profile says', () => {
    const profile = profileOf('generic-astm');
    const at = (lot: string) => ({ ...profile, qc: { ...profile.qc, lot } }) as Profile;
    const lines = ['P|1', 'O|1|QC-1|7^LOT9^2|^^^GLU|R||||||Q', 'R|1|^^^GLU|5.4|mmol/L||||F'];
    expect(read(lines, at('O-4.2'))[0]?.controlLot).toBe('LOT9');
    expect(read(['P|1', 'O|1|QC-1|LOT9|^^^GLU', lines[2]!], at(''))[0]?.controlLot).toBeUndefined();
  });
});
