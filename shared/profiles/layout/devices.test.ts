/** Messages written from the documented formats of the devices, read with their profiles. */
import { describe, expect, it } from 'vitest';
import { fromBinary, toBinary } from '../../protocols/astm/bytes.ts';
import { buildBlock, framingOf } from '../../protocols/stream/framing.ts';
import { framing, runStream } from '../../protocols/stream/stream-fixture.ts';
import spotchem from '../data/arkray-spotchem-el.json' with { type: 'json' };
import au480 from '../data/beckman-au480.json' with { type: 'json' };
import miniVidas from '../data/biomerieux-mini-vidas.json' with { type: 'json' };
import genericCsv from '../data/generic-csv.json' with { type: 'json' };
import start4 from '../data/stago-start4.json' with { type: 'json' };
import { encodeOrders } from '../orders/encode.ts';
import { nothingFor, type OrderForInstrument } from '../orders/order.ts';
import { parseProfile, type StreamProfile } from '../profile.ts';
import { brief, read, streamProfile } from './layout-fixture.ts';

/** A text through the device's framing and the machine, to its results. */
function heard(data: unknown, ...texts: string[]) {
  const profile = parseProfile(data) as StreamProfile;
  const of = framingOf(profile.link);
  const run = runStream(of);
  if (of.handshake === 'enqAck') run.receive(fromBinary('\x05'));
  for (const text of texts) run.receive(buildBlock(fromBinary(text), of));
  return run.messages().map((message) => read(message, profile));
}

describe('ARKRAY SPOTCHEM EL', () => {
  const text =
    '26/07/29  06:42\r\nID#  2026A17\r\n[Serum ]\r\nNa   140 mmol/L\r\nK    4.1 mmol/L\r\nCl   103 mmol/L\r\n';

  it('reads three electrolytes with their time', () => {
    const [found] = heard(spotchem, text);
    expect(brief(found ?? { results: [] })).toEqual(
      ['2026A17 NA 140 mmol/L final', '2026A17 K 4.1 mmol/L final', '2026A17 CL 103 mmol/L final'].map(
        (one) => one.replace(' NA ', ' Na ').replace(' CL ', ' Cl '),
      ),
    );
    expect(found?.results.map((result) => result.testCode)).toEqual(['NA', 'K', 'CL']);
    expect(found?.results[0]?.completedAt.local).toBe('2026-07-29T06:42:00');
  });

  it('reads the same with spaces in place of line breaks, and one ion alone', () => {
    const [found] = heard(spotchem, text.replace(/\r\n/g, '  '));
    expect(found?.results).toHaveLength(3);
    const [one] = heard(spotchem, '26/07/29 06:42 ID# A1 [Serum] K 4.1 mEq/L');
    expect(brief(one ?? { results: [] })).toEqual(['A1 K 4.1 mmol/L final']);
  });

  it('holds a block that names an ion twice', () => {
    const [found] = heard(spotchem, '26/07/29 06:42 ID# K [Serum] K 4.1 mmol/L');
    expect(found?.results.map((result) => result.problems[0]?.code)).toEqual(['structure']);
  });
});

describe('Beckman Coulter AU480', () => {
  const head = (kind: string, sample: string, id: string) =>
    `${kind.padEnd(2)}000102 ${sample}${id.padEnd(12)}    E`;
  const group = (test: string, value: string, flags = '') => `${test}${value.padStart(6)}${flags.padEnd(2)}`;

  it('reads groups of test, result and flags, and leaves begin and end alone', () => {
    const found = heard(
      au480,
      'DB',
      `${head('D', '0001', '26210T100017')}${group('001', '140')}${group('006', '5.43', 'H')}${group('007', '> 700', 'Fr')}`,
      'DE',
    );
    expect(found.flatMap((one) => brief(one))).toEqual([
      '26210T100017 001 140 mmol/L final',
      '26210T100017 006 5.43 umol/L final',
      '26210T100017 007 > 700 U/L final',
    ]);
    expect(found[1]?.results[2]).toMatchObject({
      testCode: 'ALT',
      value: { number: 700, comparator: '>' },
      flags: [{ code: 'F', meaning: { hold: true } }, { code: 'r' }],
    });
    expect(found.flatMap((one) => one.problems)).toEqual([]);
  });

  it('R8 R9 reads a request, and answers it with the work, or with nothing', () => {
    const profile = parseProfile(au480) as StreamProfile;
    const envelope = { sender: 'Levey T1', time: '20260729064205', controlId: () => 'C1' };
    const asked = (text: string) => heard(au480, text)[0]?.queries[0];
    const query = asked('R 000102 000126210T100017');
    expect(query).toMatchObject({ specimenIds: ['26210T100017'], all: false, problems: [] });
    expect(asked('RH000102 000126210T100017')?.specimenIds).toEqual(['26210T100017']);
    expect(asked('RB')).toBeUndefined();
    const test = (code: string) => ({ test: code, code, change: 'new' as const });
    const order = { ...nothingFor('26210T100017'), tests: [test('001'), test('006')] };
    const answered = (orders: OrderForInstrument[], of = query) =>
      encodeOrders(profile, orders, envelope, of).map(({ bytes, specimenIds }) => [
        toBinary(bytes),
        ...specimenIds,
      ]);
    expect(answered([order])).toEqual([['S 000102 000126210T100017    E00100060', '26210T100017']]);
    expect(answered([nothingFor('26210T100017')])).toEqual([['SE']]);
    expect(encodeOrders(profile, [order], envelope)).toEqual([]);
    const nameless = asked(`R 000102 0001${' '.repeat(12)}`);
    expect(nameless).toMatchObject({ specimenIds: [], problems: [{ code: 'noSpecimen', severity: 'hold' }] });
    expect(answered([], nameless)).toEqual([['SE']]);
    expect(asked('R 000102 000126210T1')).toMatchObject({
      specimenIds: [],
      problems: [{ code: 'structure' }],
    });
  });

  it('never takes the sample number for a specimen', () => {
    const [found] = heard(au480, `${head('D', '0001', '')}${group('001', '140')}`);
    expect(brief(found ?? { results: [] })).toEqual(['- 001 140 mmol/L final ! noSpecimen']);
  });

  it('keeps QC by its text kind, named by its control', () => {
    const [found] = heard(au480, `${head('DQ', 'Q001', '')}${group('001', '140.2')}`);
    expect(found?.results[0]).toMatchObject({ isQc: true, specimenId: 'Q001', testCode: 'NA' });
  });

  it('holds a text of another kind, a text cut short or of other widths, and an unknown flag', () => {
    const found = heard(
      au480,
      `${head('D!', '0001', 'A1')}${group('001', '140')}`,
      `${head('D', '0001', 'A1')}00114`,
      `${head('D', '0001', 'A1').replace('    E', '       E')}${group('001', '140')}`,
      `${head('D', '0001', 'A1')}${group('001', '140', '~')}`,
    );
    expect(found.map((one) => one.results[0]?.problems.map((problem) => problem.code))).toEqual([
      ['structure'],
      ['structure'],
      ['structure'],
      ['unmappedFlag'],
    ]);
  });

  it('joins a text that was split by ETB', () => {
    const profile = parseProfile(au480) as StreamProfile;
    const of = framingOf(profile.link);
    const run = runStream(of);
    run.receive(buildBlock(fromBinary(`${head('D', '0001', 'A1')}${group('001', '140')}`), of, true));
    run.receive(buildBlock(fromBinary(group('002', '4.1')), of));
    expect(run.messages().flatMap((message) => brief(read(message, profile)))).toEqual([
      'A1 001 140 mmol/L final',
      'A1 002 4.1 mmol/L final',
    ]);
  });
});

describe('bioMérieux mini VIDAS', () => {
  const fields = (...all: string[]) => all.map((field) => `\x1e${field}|`).join('');
  const text = (test: string, ...result: string[]) =>
    fields(
      'mtrsl',
      'pi',
      'pn',
      'si',
      'ci26210T100017',
      `rt${test}`,
      `rn${test}`,
      'tt06:42',
      'td07/29/26',
      ...result,
    );

  it('sums all bytes from STX to GS', () => {
    const profile = parseProfile(miniVidas) as StreamProfile;
    const of = framingOf(profile.link);
    const block = toBinary(buildBlock(fromBinary('\x1emtrsl|'), of));
    const sum = [...'\x02\x1emtrsl|\x1d'].reduce((all, one) => all + one.charCodeAt(0), 0) % 256;
    expect(block).toBe(`\x02\x1emtrsl|\x1d${sum.toString(16).toUpperCase()}\x03`);
    const lower = runStream(of);
    lower.receive(fromBinary(`\x05${block.toLowerCase()}\x04`));
    expect(lower.messages()).toHaveLength(1);
    expect(lower.answers()).toEqual(['ACK', 'ACK']);
  });

  it('reads a quantity with its unit, comma or point', () => {
    expect(brief(heard(miniVidas, text('TSH', 'ql', 'qn2,31 µUI/ml', 'qd1'))[0] ?? { results: [] })).toEqual([
      '26210T100017 TSH 2,31 m[IU]/L final',
    ]);
    expect(brief(heard(miniVidas, text('FT4', 'ql', 'qn14.80 pmol/l'))[0] ?? { results: [] })).toEqual([
      '26210T100017 FT4 14.80 pmol/L final',
    ]);
    const [found] = heard(miniVidas, text('HCG', 'ql', 'qn> 1500.00 mIU/ml', 'qd1'));
    expect(found?.results[0]).toMatchObject({
      value: { number: 1500, comparator: '>', unit: '[IU]/L' },
      completedAt: { local: '2026-07-29T06:42:00' },
    });
  });

  it('takes C1 for a control, and a number that only begins so for a patient', () => {
    const isQc = (id: string) =>
      heard(miniVidas, text('TSH', 'ql', 'qn2,31 µUI/ml').replace('ci26210T100017', `ci${id}`))[0]?.results[0]
        ?.isQc;
    for (const id of ['C1', 'C3', 'C2-HIGH', 'QC7']) expect([id, isQc(id)]).toEqual([id, true]);
    for (const id of ['C1234567', 'C10', '26210T100017']) expect([id, isQc(id)]).toEqual([id, false]);
  });

  it('takes the answer of a qualitative test for its value, and its index for a comment', () => {
    const [found] = heard(miniVidas, text('HIV6', 'qlNegative', 'qn0.12'));
    expect(found?.results[0]).toMatchObject({
      value: { text: 'Negative', kind: 'string' },
      comments: [{ text: '0.12', type: 'qn' }],
    });
  });

  it('holds a message with a field it does not know, a kit it does not know, or no result', () => {
    const codes = (...message: string[]) =>
      heard(miniVidas, text(...(message as [string])))[0]?.results[0]?.problems.map(
        (problem) => problem.code,
      );
    expect(codes('TSH', 'ql', 'qn2.31 mIU/l', 'zzodd')).toEqual(['structure']);
    expect(codes('NEWKIT', 'ql', 'qn2.31 mIU/l')).toEqual(['unknownTest']);
    expect(codes('TSH', 'ql', 'qn')).toEqual(['emptyValue']);
  });

  it('lets verification hold what was measured without valid calibration', () => {
    const [found] = heard(miniVidas, text('TSH', 'ql', 'qn2.31 mIU/l', 'nccalexp'));
    expect(found?.results[0]?.flags).toMatchObject([{ code: 'calexp', meaning: { hold: true } }]);
  });
});

describe('generic CSV', () => {
  it('reads the eight documented columns', () => {
    const profile = parseProfile(genericCsv);
    const text =
      'sep=,\r\nspecimen,test,value,unit,flag,status,measured,operator\r\n# exported by hand\r\n26210T100017,NA,140,mmol/L,N,final,2026-07-29T06:42,Kim\r\nQC-L1,K,4.02,mmol/L,,,2026-07-29 06:42:05,Kim\r\n';
    expect(brief(read(text, profile))).toEqual([
      '26210T100017 NA 140 mmol/L final',
      'QC-L1 K 4.02 mmol/L final QC',
    ]);
  });
});

describe('Stago STart 4', () => {
  it('reads a coagulation message with seconds and ratio', () => {
    const profile = parseProfile(start4);
    const text =
      'H|\\^&|||STart4^1.0|||||||P|1|20260729064205\rP|1\rO|1|26210T100017||^^^PT|R||||||N||||||||||||||F\rR|1|^^^PT|12.4|s||N||F||||20260729064205\rR|2|^^^INR|1.05|INR||N||F||||20260729064205\rL|1|N\r';
    expect(brief(read(text, profile))).toEqual([
      '26210T100017 PT 12.4 s final',
      '26210T100017 INR 1.05 {INR} final',
    ]);
  });
});

describe('fixed lines and layouts that cannot be', () => {
  it('reads byte positions, and holds a line that is too short', () => {
    const profile = streamProfile(
      {
        form: 'fixed',
        fields: [
          { name: 'id', role: 'specimen', at: 1, length: 6 },
          { name: 'test', role: 'test', at: 7, length: 4 },
          { name: 'value', role: 'value', at: 11, length: 6 },
          { name: 'unit', role: 'unit', at: 17, length: 8, optional: true },
        ],
      },
      { start: '', end: 'CR' },
    );
    const run = runStream(framing({ start: '', end: 'CR' }));
    run.receive(fromBinary('A1    GLU   5.43mmol/l\rA2    NA     140\rA3    NA\r'));
    expect(run.messages().flatMap((message) => brief(read(message, profile)))).toEqual([
      'A1 GLU 5.43 mmol/L final',
      'A2 NA 140 mmol/L final',
      '- - A3    NA - - ! structure',
    ]);
  });

  it.each([
    [{ form: 'delimited', fields: [{ name: 'a', role: 'specimen', column: 1 }] }, 'no field is the test'],
    [{ form: 'fixed', fields: [{ name: 'a', role: 'specimen', at: 1 }] }, 'a: no place and length'],
    [{ form: 'delimited', fields: [{ name: 'a', column: 'x' }] }, 'a: there is no header'],
    [
      { form: 'tagged', kinds: ['R'], fields: [{ name: 'a', role: 'specimen', tag: 'a' }] },
      'no field is the kind',
    ],
  ])('refuses the layout %j', (dialect, message) => {
    expect(() => streamProfile(dialect)).toThrow(message);
  });
});
