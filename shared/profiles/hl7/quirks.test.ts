import { describe, expect, it } from 'vitest';
import { applyOverlay, emptyOverlay, plainMapping } from '../overlay.ts';
import { readMessages } from '../read.ts';
import { codes, hl7, hl7Profile, read } from './fixture.ts';

/** What analysers of many makers send between the lines of HL7 v2, segment by segment. */

const oru = (...segments: string[]) => hl7('ORU^R01', ['PID|1', ...segments]);
const one = (obx: string, obr = 'OBR|1||A1|X', profile = hl7Profile()) =>
  read(oru(obr, obx), profile).results[0]!;

describe('OBX-6', () => {
  it('a power whose ^ was not escaped is one unit, known or not: never its first half', () => {
    for (const unit of ['10^9/L', 'x10^9/L', '10^6/L', 'x10^12/L', '*10^-3/L']) {
      const result = one(`OBX|1|NM|WBC||7.5|${unit}|||||F`);
      expect([unit, result.sent.unit, codes(result)]).toEqual([
        unit,
        unit,
        unit === '10^9/L' ? [] : ['hold unitMismatch'],
      ]);
    }
  });

  it('a spelling that a laboratory maps is that spelling alone, and no other power of ten', () => {
    const units = [{ unit: '10*9/L', sent: 'x10^9/L' }];
    const profile = applyOverlay(hl7Profile(), { ...emptyOverlay(), units });
    expect(one('OBX|1|NM|WBC||7.5|x10^9/L|||||F', undefined, profile)).toMatchObject({
      value: { text: '7.5', unit: '10*9/L' },
      problems: [],
    });
    expect(codes(one('OBX|1|NM|WBC||7500|x10^6/L|||||F', undefined, profile))).toEqual(['hold unitMismatch']);
  });

  it('a unit with another size is known when its ^ was not escaped', () => {
    const wbc = {
      code: 'WBC',
      test: 'WBC',
      loinc: null,
      unit: '10*9/L',
      otherUnits: [{ sent: '10^2/uL', factor: '0.1' }],
    };
    const result = one('OBX|1|NM|WBC||95.5|10^2/uL|||||F', undefined, hl7Profile({ tests: [wbc] }));
    expect(result).toMatchObject({ value: { text: '9.55', unit: '10*9/L' }, problems: [] });
  });

  it('a value with a unit of its own (CQ) is held where OBX-6 names another', () => {
    const cq = (value: string, unit: string) => one(`OBX|1|CQ|NA||${value}|${unit}|||||F`);
    expect(cq('140^mmol/l', 'mmol/L').problems).toEqual([]);
    expect(cq('140^mmol/L', '').problems).toEqual([]);
    expect(codes(cq('322^mg/dL', 'mmol/L'))).toEqual(['hold unitMismatch']);
  });

  it('a unit given as text alone is that text, not "no unit"', () => {
    const profile = hl7Profile({
      tests: [{ code: 'INR', test: 'INR', loinc: null, unit: '{INR}', sentUnits: [''] }],
    });
    expect(codes(one('OBX|1|NM|INR||2.1||||||F', undefined, profile))).toEqual([]);
    expect(codes(one('OBX|1|NM|INR||2.1|^s|||||F', undefined, profile))).toEqual(['hold unitMismatch']);
    expect(one('OBX|1|NM|NA||140|^mmol/L|||||F').problems).toEqual([]);
  });

  it('a coding system alone is no unit; the alternate coding and the original text are one', () => {
    const text = (unit: string) => one(`OBX|1|ST|NA||Reactive|${unit}|||||F`);
    for (const unit of ['^^UCUM', '^UCUM', '^^UCUM^^^ISO+'])
      expect([unit, text(unit).sent.unit, text(unit).problems]).toEqual([unit, '', []]);
    for (const unit of [
      '^^^mmol/L',
      '^^^mmol/L^millimole per litre^ISO+',
      '^^^^mmol/L',
      '^^UCUM^^^^^^mmol/L',
    ])
      expect([unit, one(`OBX|1|NM|NA||140|${unit}|||||F`).problems]).toEqual([unit, []]);
    // A number wants its unit.
    expect(codes(one('OBX|1|NM|NA||140|^^UCUM|||||F'))).toEqual(['hold unitMismatch']);
    expect(codes(one('OBX|1|NM|NA||322|^^^mg/dL^^L|||||F'))).toEqual(['hold unitMismatch']);
  });
});

describe('OBX-5', () => {
  it('R12 delimiters with nothing behind them are no part of the value', () => {
    for (const value of ['140', '140^', '140^^', '140&', '140~', '140^~~'])
      for (const type of ['NM', 'ST', '']) {
        const result = one(`OBX|1|${type}|NA||${value}|mmol/L|||||F`);
        expect([type, value, result.value.text, result.value.number, codes(result)]).toEqual([
          ...[type, value, '140', 140, []],
        ]);
        expect(result.sent.text).toBe(value);
      }
    for (const value of ['^140', '140^1', '140\\S\\'])
      expect([value, one(`OBX|1|NM|NA||${value}|mmol/L|||||F`).value.kind]).toEqual([value, 'string']);
    expect(codes(one('OBX|1|NM|NA||140~141|mmol/L|||||F'))).toEqual(['hold structure']);
    expect(codes(one('OBX|1|NM|NA||~140|mmol/L|||||F'))).toEqual(['hold structure']);
  });
});

describe('the end of a block', () => {
  it('zero bytes behind the last segment are no control characters of the message', () => {
    const bytes = new TextEncoder().encode(`${oru('OBR|1||A1|X', 'OBX|1|NM|NA||140|mmol/L|||||F')}\0\0`);
    const [message, ...others] = readMessages(bytes, hl7Profile());
    expect(others).toEqual([]);
    expect(message).toMatchObject({ problems: [], results: [{ value: { text: '140' }, problems: [] }] });
  });
});

describe('MSH-18', () => {
  const creatinine = hl7Profile({ tests: [{ code: 'CREA', test: 'CREA', loinc: null, unit: 'umol/L' }] });
  const sent = (charset: string, encoding: 'latin1' | 'utf8') => {
    const more = `P|2.5.1||||||${charset}`;
    const text = hl7('ORU^R01', ['PID|1', 'OBR|1||A1|X', 'OBX|1|NM|CREA||80|µmol/L|||||F'], more);
    return readMessages(Buffer.from(text, encoding), creatinine)[0]!;
  };

  it('M6 a device that names no set, or ASCII, and writes µ in any usual one is understood', () => {
    for (const charset of ['', 'ASCII'])
      for (const encoding of ['latin1', 'utf8'] as const) {
        const { problems, results } = sent(charset, encoding);
        expect([charset, encoding, problems, results[0]?.problems]).toEqual([charset, encoding, [], []]);
        expect(results[0]).toMatchObject({ value: { text: '80', unit: 'umol/L' }, sent: { unit: 'µmol/L' } });
      }
    // What it names must be true.
    expect(sent('UNICODE UTF-8', 'latin1').problems).toMatchObject([
      { severity: 'hold', code: 'unparsable' },
    ]);
  });
});

describe('OBX-3', () => {
  it('M9 a code in no place of its own is known by the whole, and can be mapped', () => {
    const held = one('OBX|1|NM|^GLU||5.4|mmol/L|||||F');
    expect(held).toMatchObject({ testCode: null, instrumentCode: '^GLU' });
    const mapped = applyOverlay(hl7Profile(), { ...emptyOverlay(), tests: [plainMapping('^GLU', 'GLU')] });
    expect(one('OBX|1|NM|^GLU||5.4|mmol/L|||||F', undefined, mapped)).toMatchObject({
      testCode: 'GLU',
      problems: [],
    });
  });
});

describe('OBX-11 and OBR-25', () => {
  const order = (status: string) => `OBR|1||A1|X${'|'.repeat(21)}${status}`;
  const profile = hl7Profile({ statuses: { '': 'final', F: 'final', P: 'preliminary' } });

  it('M8 where OBX-11 is empty, nothing is final before its order is', () => {
    for (const [status, expected] of [
      ['', 'final'],
      ['F', 'final'],
      ['C', 'final'],
      ['P', 'preliminary'],
      ['R', 'preliminary'],
      ['I', 'preliminary'],
      ['S', 'preliminary'],
    ] as const) {
      const result = one('OBX|1|NM|NA||140|mmol/L', order(status), profile);
      expect([status, result.status, codes(result)]).toEqual([status, expected, []]);
    }
    expect(one('OBX|1|NM|NA||140|mmol/L|||||F', order('P'), profile).status).toBe('final');
  });
});

describe('the time', () => {
  /** A bench in Dublin in summer: an hour ahead of UTC. */
  const toInstant = (local: string) => new Date(Date.parse(`${local}Z`) - 3_600_000).toISOString();
  const at = (msh7: string, obx14: string) =>
    read(
      oru('OBR|1||A1|X', `OBX|1|NM|NA||140|mmol/L|||||F|||${obx14}`).replace('20260729064205', msh7),
      undefined,
      { toInstant },
    ).results[0]!.completedAt.instant;

  it('R10 a zone in MSH-7 holds for the times of the message that carry none', () => {
    const time = '20260729064205';
    expect(at(time, time)).toBe('2026-07-29T05:42:05.000Z');
    expect(at(`${time}+0000`, time)).toBe('2026-07-29T06:42:05.000Z');
    expect(at(`${time}-0500`, time)).toBe('2026-07-29T11:42:05.000Z');
    expect(at(`${time}.250-0500`, `${time}+0200`)).toBe('2026-07-29T04:42:05.000Z');
    // The bench's own zone is applied with its rules.
    expect(at(`${time}+0100`, time)).toBe('2026-07-29T05:42:05.000Z');
  });
});

describe('the lot of a control', () => {
  const control = (segments: string[]) => hl7('OUL^R22', segments);

  it('is what INV-16 says; a filler number in OBR-3 is none', () => {
    const obx = 'OBX|1|NM|NA||140|mmol/L|||||F';
    const spm = 'SPM|1|QCL1|||||||||Q';
    const lotOf = (segments: string[]) =>
      read(control(segments)).results.map((one) => [one.isQc, one.controlLot]);
    expect(lotOf([spm, 'SAC|||QCL1', `INV|L1|OK|CO${'|'.repeat(13)}LOT7`, 'OBR|1||4711|X', obx])).toEqual([
      [true, 'LOT7'],
    ]);
    expect(lotOf([spm, 'OBR|1||4711|X', obx])).toEqual([[true, undefined]]);
    expect(lotOf(['SPM|1|A1', `INV|L1|OK|CO${'|'.repeat(13)}LOT7`, 'OBR|1||4711|X', obx])).toEqual([
      [false, undefined],
    ]);
  });
});
