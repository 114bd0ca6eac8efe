import { expect, test } from 'vitest';
import type { CaseDetailRow, CaseRow } from '../../../shared/ipc/signout.ts';
import { caseAfter, filterOf, matching } from './desk.ts';
import { changedLines, nextSeen, seenOf } from './seen.ts';
import { instrumentName, longWhen, minutesText, shortAccession, shortHash } from './words.ts';

const line = (testCode: string, valueText: string): CaseDetailRow['results'][number] => ({
  id: `${testCode}-${valueText}`,
  specimenId: 's1',
  accessionIdentifier: '26210B20432K',
  accessionDisplay: '26-210-B2-0432-K',
  cap: 'gold',
  priority: 'routine',
  patientId: 'p1',
  patientName: 'BERGSTRÖM Nils',
  transliteration: '',
  sex: 'M',
  age: '61 y',
  testCode,
  testName: testCode,
  valueText,
  valueKind: 'quantity',
  unit: 'mmol/L',
  interpretation: 'N',
  rangeText: '136–145',
  previousText: '',
  delta: '',
  deltaHeld: false,
  trend: [],
  rangeLow: 136,
  rangeHigh: 145,
  qc: 'none',
  qcText: '',
  verdict: 'released',
  verdictReason: 'ML',
  version: 1,
  status: 'final',
  flags: [],
  instrumentId: 'B2.CHEM1',
  postedTime: '2026-07-29T06:00:00.000Z',
  syncState: 'queued',
  rerunAsked: false,
  callDue: false,
  call: 'none',
  verifiedBy: 'Maja Lindqvist',
  verifiedTime: '2026-07-29T06:10:00.000Z',
  comment: '',
  measuredTime: '2026-07-29T06:00:00.000Z',
  group: 'Electrolytes',
  replaces: null,
});

const report = (changes: Partial<CaseDetailRow> = {}): CaseDetailRow => ({
  id: 'r1',
  requisition: 'REQ-1',
  title: 'Electrolytes',
  patientName: 'BERGSTRÖM Nils',
  transliteration: '',
  sex: 'M',
  age: '61 y',
  priority: 'routine',
  state: 'waiting',
  version: 1,
  readyTime: '2026-07-29T06:10:00.000Z',
  issuedTime: '',
  syncState: 'queued',
  patient: {
    id: 'p1',
    identifier: '44102387',
    familyName: 'Bergström',
    givenName: 'Nils',
    transliteration: '',
    sex: 'male',
    birthDate: '1965-03-14',
    age: '61 y',
    ward: '6B',
    syncState: 'onServer',
  },
  requester: 'Dr Lund',
  ward: '6B',
  laboratory: 'St Brigid’s',
  address: 'Kildare',
  specimens: [],
  results: [line('NA', '139'), line('K', '4.1')],
  conclusion: '',
  sendBackReason: '',
  correctionReason: '',
  checks: [],
  contentHash: 'a'.repeat(64),
  signature: null,
  versions: [],
  trends: [],
  ...changes,
});

test('what is signed is what was seen: a value that changes meanwhile stays unseen (C4)', () => {
  const seen = seenOf(report());
  const after = report({ contentHash: 'b'.repeat(64), results: [line('NA', '139'), line('K', '6.1')] });
  const kept = nextSeen(seen, after, null);
  expect(kept).toBe(seen);
  expect(kept.hash).toBe('a'.repeat(64));
  expect([...changedLines(kept, after)]).toEqual(['K']);
  expect([...changedLines(seenOf(after), after)]).toEqual([]);
});

test('the own conclusion is no change; another person’s is, and so is anything that comes with the own one', () => {
  const seen = seenOf(report());
  const mine = report({ contentHash: 'b'.repeat(64), conclusion: 'Normal.' });
  expect(nextSeen(seen, mine, 'Normal.').hash).toBe('b'.repeat(64));
  expect(nextSeen(seen, mine, null)).toBe(seen);
  expect(nextSeen(seen, mine, 'Something else')).toBe(seen);
  const more = report({
    contentHash: 'c'.repeat(64),
    conclusion: 'Normal.',
    results: [line('NA', '131'), line('K', '4.1')],
  });
  expect(nextSeen(seen, more, 'Normal.')).toBe(seen);
});

test('another case, and a signed one, are seen as they come', () => {
  const seen = seenOf(report());
  expect(nextSeen(seen, report({ id: 'r2', contentHash: 'd'.repeat(64) }), null).hash).toBe('d'.repeat(64));
  expect(nextSeen(seen, report({ state: 'signed', contentHash: 'e'.repeat(64) }), null).hash).toBe(
    'e'.repeat(64),
  );
  expect(nextSeen(null, report(), null).id).toBe('r1');
});

test('a change beside the lines counts too: the name of the patient', () => {
  const seen = seenOf(report());
  const { patient } = report();
  const renamed = report({ contentHash: 'b'.repeat(64), patient: { ...patient, familyName: 'Berg' } });
  expect(nextSeen(seen, renamed, null)).toBe(seen);
  expect([...changedLines(seen, renamed)]).toEqual([]);
});

test('search goes without accents, in Latin and in the own script, and asks for every word', () => {
  const rows: CaseRow[] = [
    report(),
    report({ id: 'r2', patientName: 'כהן יעל', transliteration: 'Cohen Yael', title: 'Blood count' }),
  ];
  expect(matching(rows, 'bergstrom').map((row) => row.id)).toEqual(['r1']);
  expect(matching(rows, ' yael  COUNT ').map((row) => row.id)).toEqual(['r2']);
  expect(matching(rows, 'כהן').map((row) => row.id)).toEqual(['r2']);
  expect(matching(rows, 'yael electrolytes')).toEqual([]);
  expect(matching(rows, '  ')).toBe(rows);
});

test('after a case that leaves comes the one below, at the end the one above', () => {
  expect(caseAfter(['a', 'b', 'c'], 'b')).toBe('c');
  expect(caseAfter(['a', 'b', 'c'], 'c')).toBe('b');
  expect(caseAfter(['a'], 'a')).toBeNull();
  expect(caseAfter(['a', 'b'], 'gone')).toBe('a');
  expect(filterOf({ state: 'incomplete' })).toBeNull();
});

test('short forms', () => {
  expect(shortHash('7c1e90ab44f2ffff')).toBe('7c1e 90ab 44f2');
  expect(shortAccession('26-210-B2-0432-K')).toBe('0432');
  expect(shortAccession('4711')).toBe('4711');
  expect(instrumentName('B2.CHEM1')).toBe('CHEM1');
  expect(minutesText(41)).toBe('41 min');
  expect(minutesText(98)).toBe('1 h 38');
  expect(minutesText(120)).toBe('2 h');
  expect(longWhen('nothing', (day) => day)).toBe('');
  expect(longWhen(new Date(2026, 6, 29, 5, 40).toISOString(), (day) => day)).toBe('2026-07-29 05:40');
});
