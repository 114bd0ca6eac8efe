import { expect, test } from 'vitest';
import { newBase } from '../documents/common.ts';
import type { OrderDoc, PatientDoc, ReportDoc, ResultDoc, SpecimenDoc } from '../documents/index.ts';
import { encodeHl7 } from '../protocols/hl7/encode.ts';
import { parseHl7 } from '../protocols/hl7/parse.ts';
import { type OutReport, reportMessage, reportStatus, resultStatus, resultValue } from './results-out.ts';

const AT = '2026-07-29T06:42:05.118Z';
const base = (id: string) => newBase(id, AT, 'queued');

test.each([
  ['140', 'NM', '140'],
  [' 5.40 ', 'NM', '5.40'],
  ['-0.3', 'NM', '-0.3'],
  ['<0.1', 'SN', ['<', '0.1']],
  ['>= 500', 'SN', ['>=', '500']],
  ['1:80', 'ST', '1:80'],
  ['5,4', 'ST', '5,4'],
  ['1e3', 'ST', '1e3'],
  ['negative', 'ST', 'negative'],
  ['-----', 'ST', '-----'],
  ['<a', 'ST', '<a'],
])('M8 OBX-2 and OBX-5 of "%s" are %s', (text, type, value) => {
  expect(resultValue({ text, kind: 'string', unit: '' })).toEqual({ type, value });
});

test.each([
  ['final', false, 'F'],
  ['final', true, 'C'],
  ['corrected', false, 'C'],
  ['preliminary', false, 'P'],
  ['cancelled', false, 'X'],
  ['entered-in-error', false, 'W'],
] as const)('M8 OBX-11 of a result that is %s (corrected: %s) is %s', (status, corrected, code) => {
  expect(resultStatus(status, corrected)).toBe(code);
});

test.each([
  ['final', 1, 'F'],
  ['final', 2, 'C'],
  ['corrected', 2, 'C'],
  ['partial', 1, 'R'],
  ['registered', 1, 'O'],
] as const)('M8 OBR-25 of a report that is %s in version %s is %s', (status, version, code) => {
  expect(reportStatus({ status, version })).toBe(code);
});

const patient: PatientDoc = {
  ...base('p1'),
  identifier: '44102387',
  identifierSystem: '',
  familyName: 'O|Neill & Sons',
  givenName: 'Seán',
  transliteration: '',
  sex: 'male',
  birthDate: '1965-03',
  ward: '6B',
  mergedInto: '',
  nameKey: '',
};
const order = (id: string, testCodes: string[], more: Partial<OrderDoc> = {}): OrderDoc => ({
  ...base(id),
  requisition: 'G-1',
  patientId: 'p1',
  catalogCode: testCodes[0] ?? '',
  display: testCodes[0] ?? '',
  testCodes,
  priority: 'routine',
  status: 'completed',
  authoredOn: AT,
  requester: 'A. Walsh',
  ward: '',
  note: '',
  origin: 'station',
  ...more,
});
const result = (id: string, testCode: string, text: string, more: Partial<ResultDoc> = {}): ResultDoc => ({
  ...base(id),
  patientId: 'p1',
  specimenId: 's1',
  accessionIdentifier: 'A1',
  orderId: 'o1',
  requisition: 'G-1',
  testCode,
  testName: testCode,
  loinc: '',
  version: 1,
  replacesId: '',
  current: true,
  status: 'final',
  value: { text, kind: 'quantity', unit: 'mmol/L' },
  interpretation: 'H',
  range: { low: 3.5, high: 5.1, text: '3.5–5.1', appliesTo: 'adults' },
  verdict: 'released',
  because: [],
  ruleSetVersion: 1,
  flags: [],
  previous: null,
  instrumentId: 'T1.CHEM1',
  operator: 'OP7',
  effectiveTime: AT,
  measuredTime: AT,
  postedTime: AT,
  enteredBy: '',
  verifiedBy: 'u1',
  verifiedTime: AT,
  comment: '',
  sourceKey: id,
  messageId: '',
  ...more,
});
const specimen: SpecimenDoc = {
  ...base('s1'),
  accessionIdentifier: 'A1',
  requisition: 'G-1',
  patientId: 'p1',
  orderIds: ['o1'],
  testCodes: ['K'],
  priority: 'routine',
  typeCode: 'SER',
  typeDisplay: 'Serum',
  container: '',
  cap: 'gold',
  tubeIndex: 1,
  tubeCount: 1,
  status: 'received',
  collectedTime: AT,
  collector: '',
  receivedTime: AT,
  receivedBy: 'u1',
  labelState: 'none',
  label: { printer: '', queuedAt: '', printedAt: '', attempts: 0, why: '', maybePrinted: false, copies: 0 },
  conditionCode: '',
  conditionText: '',
};
const report: ReportDoc = {
  ...base('r1'),
  requisition: 'G-1',
  patientId: 'p1',
  title: 'K',
  version: 1,
  replacesId: '',
  current: true,
  state: 'signed',
  status: 'final',
  priority: 'routine',
  orderIds: ['o1'],
  specimenIds: ['s1'],
  resultIds: ['k1'],
  conclusion: '',
  sendBackReason: '',
  correctionReason: '',
  signature: { personId: 'u2', name: 'Dr Haase', at: AT, meaning: 'Approved', contentHash: '' },
  issuedTime: AT,
  readyTime: AT,
};

const out = (more: Partial<OutReport> = {}): OutReport => ({
  rules: {
    charset: 'UNICODE UTF-8',
    identifierType: 'MR',
    identifierAuthority: 'STB',
    codes: 'local',
    sender: { application: 'LEVEY', facility: 'LAB' },
    receiver: { application: 'HIS', facility: 'STB' },
    acknowledge: 'original',
  },
  controlId: 'L1',
  at: AT,
  report,
  replacedIds: [],
  patient,
  orders: [{ order: order('o1', ['K']), link: undefined }],
  specimens: [specimen],
  results: [result('k1', 'K', '5.4')],
  loinc: (code) => (code === 'K' ? '2823-3' : ''),
  names: new Map([['u1', { username: 'okafor', name: 'N. Okafor' }]]),
  laboratory: { name: 'Lab', address: 'Road 1' },
  time: (instant) => (instant === '' ? '' : '20260729074205+0100'),
  ...more,
});

/** The message as a reader sees it: encoded and parsed. */
const read = (more: Partial<OutReport> = {}) =>
  parseHl7(encodeHl7(reportMessage(out(more)), { charset: 'UNICODE UTF-8' }).bytes).messages[0]!;

test('M7 M8 a report in the order MSH PID PV1 ORC OBR OBX SPM, with times that carry their offset', () => {
  const message = read();
  expect(message.segments.map((one) => one.id)).toEqual(['MSH', 'PID', 'PV1', 'ORC', 'OBR', 'OBX', 'SPM']);
  const value = (segment: string, ...at: [number, number?]) => message.segment(segment)?.value(...at);
  expect([message.controlId, message.version, message.processingId, message.charset]).toEqual([
    'L1',
    '2.5.1',
    'P',
    'UNICODE UTF-8',
  ]);
  expect([value('PID', 5, 1), value('PID', 7), value('PID', 3, 4), value('PID', 3, 5)]).toEqual([
    'O|Neill & Sons',
    '196503',
    'STB',
    'MR',
  ]);
  expect([
    value('OBX', 3, 1),
    value('OBX', 3, 4),
    value('OBX', 7),
    value('OBX', 8),
    value('OBX', 11),
  ]).toEqual(['K', '2823-3', '3.5-5.1', 'H', 'F']);
  expect([value('OBX', 14), value('OBX', 19), value('OBX', 18), value('OBX', 23)]).toEqual([
    '20260729074205+0100',
    '20260729074205+0100',
    'T1.CHEM1',
    'Lab',
  ]);
  expect(message.segment('OBX')?.field(16)).toBe('okafor^N. Okafor~OP7');
  expect(message.segment('OBR')?.field(32)).toBe('&Dr Haase^20260729074205+0100');
});

test('M9 with codes loinc, LOINC stands first; a test without one has ours alone', () => {
  const loinc = { ...out().rules, codes: 'loinc' as const };
  expect(read({ rules: loinc }).segment('OBX')?.field(3)).toBe('2823-3^K^LN^K^K^L');
  expect(
    read({ rules: loinc, loinc: () => '' })
      .segment('OBX')
      ?.field(3),
  ).toBe('K^K^L');
});

test('M8 a corrected value says what it was; one that the new version no longer has is withdrawn; a cancelled one is X', () => {
  const before = result('k0', 'K', '6.4', { current: false });
  const now = result('k1', 'K', '5.4', {
    version: 2,
    replacesId: 'k0',
    status: 'corrected',
    comment: 'Haemolysed',
  });
  const gone = result('n0', 'NA', '140', { current: true, status: 'entered-in-error' });
  const message = read({
    orders: [{ order: order('o1', ['K', 'NA', 'CL']), link: undefined }],
    results: [before, now, gone, result('c1', 'CL', '', { status: 'cancelled' })],
    replacedIds: ['k0', 'n0'],
    report: {
      ...report,
      version: 2,
      status: 'corrected',
      resultIds: ['k1', 'c1'],
      correctionReason: 'Wrong tube',
    },
  });
  expect(message.all('OBX').map((one) => [one.value(3, 1), one.value(5), one.value(11)])).toEqual([
    ['K', '5.4', 'C'],
    ['NA', '', 'W'],
    ['CL', '', 'X'],
  ]);
  expect(message.segment('OBR')?.value(25)).toBe('C');
  expect(message.all('NTE').map((one) => one.value(3))).toEqual([
    'Wrong tube',
    'Haemolysed',
    `Corrected: 6.4 mmol/L before, reported ${AT}.`,
    'Withdrawn.',
  ]);
});

test('a test of two orders is reported under both; an order without results is left out', () => {
  const link = (placer: string) => ({
    placer,
    group: 'G-1',
    code: { code: 'X', text: '', system: '99HIS', alternate: '', alternateText: '', alternateSystem: '' },
  });
  const message = read({
    orders: [
      { order: order('o2', ['K', 'NA']), link: link('P-2') },
      { order: order('o1', ['K']), link: link('P-1') },
      { order: order('o3', ['CL'], { status: 'revoked' }), link: link('P-3') },
    ],
  });
  expect(message.all('ORC').map((one) => one.value(2))).toEqual(['P-1', 'P-2']);
  expect(message.all('OBR').map((one) => [one.value(1), one.value(4, 1)])).toEqual([
    ['1', 'X'],
    ['2', 'X'],
  ]);
  expect(message.all('OBX')).toHaveLength(2);
});
