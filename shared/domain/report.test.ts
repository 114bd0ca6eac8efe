import { describe, expect, it } from 'vitest';
import { newBase } from '../documents/common.ts';
import type { ResultDoc } from '../documents/result.ts';
import { corrections, maySign, reportReadiness, reportTitle, type SignInput, signChecks } from './report.ts';

const at = '2026-07-29T06:42:05.118Z';
const order = (id: string, testCodes: string[], status: 'active' | 'revoked' | 'completed' = 'active') => ({
  id,
  status,
  testCodes,
  display: `Panel ${id}`,
  catalogCode: id,
});
const tube = (testCodes: string[], more: Partial<SignInput['specimens'][number]> = {}) => ({
  id: 's1',
  status: 'received' as const,
  testCodes,
  typeDisplay: 'Serum',
  collectedTime: at,
  receivedTime: at,
  conditionCode: '',
  conditionText: '',
  ...more,
});
const result = (testCode: string, more: Partial<ResultDoc> = {}): ResultDoc => ({
  ...newBase(`r-${testCode}-${more.version ?? 1}`, at, 'queued'),
  patientId: 'p1',
  specimenId: 's1',
  accessionIdentifier: '26210B20432K',
  orderId: 'a',
  requisition: 'REQ-1',
  testCode,
  testName: testCode,
  loinc: '',
  version: 1,
  replacesId: '',
  current: true,
  status: 'final',
  value: { text: '4.2', kind: 'quantity', number: 4.2, unit: 'mmol/L' },
  interpretation: 'N',
  range: { low: 3.5, high: 5.1, text: '3.5–5.1', appliesTo: 'all, 18 to 120 y' },
  verdict: 'released',
  because: [],
  ruleSetVersion: 1,
  flags: [],
  previous: null,
  instrumentId: 'CHEM1',
  operator: '',
  effectiveTime: at,
  measuredTime: at,
  postedTime: at,
  enteredBy: '',
  verifiedBy: 'ml',
  verifiedTime: at,
  comment: '',
  sourceKey: testCode,
  messageId: 'm1',
  ...more,
});
const input = (more: Partial<SignInput> = {}): SignInput => ({
  patient: {
    identifier: '4410 2387',
    familyName: 'Nguyễn',
    givenName: 'Hương',
    birthDate: '1965-03-14',
    mergedInto: '',
  },
  laboratory: { name: 'St Brigid’s', address: 'Kildare' },
  orders: [order('a', ['K', 'NA'])],
  specimens: [tube(['K', 'NA'])],
  results: [result('K'), result('NA')],
  called: new Map(),
  qc: new Map([
    ['r-K-1', 'in'],
    ['r-NA-1', 'in'],
  ]),
  version: 1,
  correctionReason: '',
  ...more,
});
const outcomes = (more: Partial<SignInput>) =>
  Object.fromEntries(signChecks(input(more)).map((one) => [one.rule, one.outcome]));

describe('readiness of a report', () => {
  it('waits for its signature when every test is released', () => {
    expect(reportReadiness(input().orders, input().specimens, input().results)).toEqual({
      state: 'waiting',
      missing: [],
      resultIds: ['r-K-1', 'r-NA-1'],
    });
  });

  it('names what is missing and why', () => {
    const orders = [
      order('a', ['K', 'NA', 'CL', 'UREA', 'ALT', 'CK', 'LDH']),
      order('b', ['TSH'], 'revoked'),
    ];
    const specimens = [
      tube(['K', 'NA', 'CL', 'CK']),
      tube(['UREA'], { id: 's2', status: 'expected' }),
      tube(['ALT'], { id: 's3', status: 'rejected' }),
    ];
    const results = [result('K'), result('NA', { verdict: 'held' }), result('CK', { verdict: 'rejected' })];
    const readiness = reportReadiness(orders, specimens, results);
    expect(readiness.state).toBe('incomplete');
    expect(readiness.missing.map((one) => [one.testCode, one.why])).toEqual([
      ['NA', 'held'],
      ['CL', 'notMeasured'],
      ['UREA', 'notReceived'],
      ['ALT', 'specimenRejected'],
      ['CK', 'rejected'],
      ['LDH', 'notDrawn'],
    ]);
  });

  it('is incomplete while a rerun or correction waits beside a released version, or nothing is ordered', () => {
    const rerun = [result('K', { current: false }), result('K', { version: 2, verdict: 'ready' })];
    expect(reportReadiness([order('a', ['K'])], [tube(['K'])], rerun).state).toBe('incomplete');
    expect(reportReadiness([], [], []).state).toBe('incomplete');
    expect(reportReadiness([order('a', ['K'], 'revoked')], [], [result('K')]).state).toBe('incomplete');
    const withdrawn = [result('K', { status: 'entered-in-error' })];
    expect(reportReadiness([order('a', ['K'])], [tube(['K'])], withdrawn).state).toBe('incomplete');
  });

  it('has its title from its panels', () => {
    expect(reportTitle([order('a', []), order('b', []), order('c', [], 'revoked')])).toBe('Panel a, Panel b');
    expect(reportTitle(['a', 'b', 'c', 'd'].map((id) => order(id, [])))).toBe('Panel a, Panel b and 2 more');
  });
});

describe('checks before signing', () => {
  it('C1 pass together for a plain report', () => {
    const checks = signChecks(input());
    expect(checks.map((one) => one.outcome)).toEqual(checks.map(() => 'pass'));
    expect(maySign(checks)).toBe(true);
    expect(maySign([])).toBe(false);
  });

  const blocked: [string, Partial<SignInput>][] = [
    ['complete', { results: [result('K')] }],
    ['C1.patient', { patient: null }],
    [
      'C1.patient',
      { patient: { identifier: '', familyName: 'X', givenName: '', birthDate: '', mergedInto: '' } },
    ],
    ['C1.laboratory', { laboratory: { name: 'St Brigid’s', address: ' ' } }],
    ['C1.specimen', { specimens: [] }],
    ['C1.condition', { specimens: [tube(['K', 'NA'], { conditionCode: 'RH' })] }],
    [
      'C1.unit',
      {
        results: [result('K', { value: { text: '4', kind: 'quantity', number: 4, unit: '' } }), result('NA')],
      },
    ],
    ['W13.qc', { qc: new Map([['r-K-1', 'rejected']]) }],
    ['V3.critical', { results: [result('K', { interpretation: 'HH' }), result('NA')] }],
    ['C1.correction', { version: 2 }],
  ];
  it.each(blocked)('%s blocks when it fails', (rule, more) => {
    expect(outcomes(more)[rule]).toBe('block');
    expect(maySign(signChecks(input(more)))).toBe(false);
  });

  it('C4 a test that two stations entered and nobody has decided yet is never signed with both values', () => {
    const other = result('K', { id: 'entered-elsewhere', value: { ...result('K').value, text: '5.50' } });
    const twice = { results: [result('K'), result('NA'), other] };
    const complete = signChecks(input(twice)).find((one) => one.rule === 'complete');
    expect(complete).toMatchObject({
      outcome: 'block',
      text: 'Entered at two stations, not decided yet: K (4.2 and 5.50).',
    });
    expect(maySign(signChecks(input(twice)))).toBe(false);
    const ofTwoTubes = {
      results: [result('K'), result('NA'), { ...other, accessionIdentifier: '26210B20499X' }],
    };
    expect(outcomes(ofTwoTubes).complete).toBe('pass');
  });

  it('notes what the signer should see without blocking', () => {
    const noted: [string, Partial<SignInput>][] = [
      ['W13.qc', { qc: new Map() }],
      [
        'C1.condition',
        { specimens: [tube(['K', 'NA'], { conditionCode: 'RH', conditionText: 'Haemolysed' })] },
      ],
      ['C1.specimen', { specimens: [tube(['K', 'NA'], { collectedTime: '' })] }],
      ['C1.unit', { results: [result('K', { range: null }), result('NA')] }],
    ];
    for (const [rule, more] of noted) {
      expect(outcomes(more)[rule]).toBe('note');
      expect(maySign(signChecks(input(more)))).toBe(true);
    }
  });

  it('V3 a recorded call lets a critical value be signed', () => {
    const critical = [result('K', { interpretation: 'HH' }), result('NA')];
    expect(outcomes({ results: critical, called: new Map([['r-K-1', '']]) })['V3.critical']).toBe('pass');
    const elsewhere = signChecks(input({ results: critical, called: new Map([['r-K-1', 'B2']]) }));
    expect(elsewhere.find((one) => one.rule === 'V3.critical')?.text).toBe('Call recorded for K (at B2).');
  });
});

describe('corrections (C1 k)', () => {
  const old = result('K', { current: false, verifiedTime: '2026-07-28T06:00:00.000Z' });
  const now = (replacesId: string, more: Partial<ResultDoc> = {}) =>
    result('K', {
      version: 3,
      replacesId,
      status: 'corrected',
      value: { text: '4.0', kind: 'quantity', number: 4, unit: 'mmol/L' },
      comment: 'Wrong tube',
      ...more,
    });

  it('C1 shows the old and the new value and both times', () => {
    expect(corrections([old, now(old.id)])).toEqual([
      {
        resultId: 'r-K-3',
        testCode: 'K',
        testName: 'K',
        unit: 'mmol/L',
        oldText: '4.2',
        newText: '4.0',
        oldAt: '2026-07-28T06:00:00.000Z',
        newAt: at,
        by: 'ml',
        why: 'Wrong tube',
      },
    ]);
  });

  it('passes over versions that were never released', () => {
    const rerun = result('K', {
      version: 2,
      current: false,
      verifiedTime: '',
      replacesId: old.id,
      verdict: 'rejected',
    });
    expect(corrections([old, rerun, now(rerun.id)])[0]?.oldText).toBe('4.2');
    expect(corrections([{ ...rerun, replacesId: '' }, now(rerun.id)])).toEqual([]);
    expect(corrections([old, now(old.id, { verdict: 'held', verifiedTime: '' })])).toEqual([]);
  });
});
