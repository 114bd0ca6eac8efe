import { expect, test } from 'vitest';
import type { ReleasePlanRow, ResultRow } from '../../../shared/ipc/results.ts';
import de from '../../i18n/de/results.ts';
import en from '../../i18n/en/results.ts';
import { planOf } from './ReleaseDialog.tsx';
import { find, inOrder, rowFor } from './rows.ts';

const row = (more: Partial<ResultRow>): ResultRow => ({
  id: 'r1',
  specimenId: 's1',
  accessionIdentifier: '26210B204183',
  accessionDisplay: '26-210-B2-0418-3',
  cap: 'gold',
  priority: 'routine',
  patientId: 'p1',
  patientName: 'NGUYỄN Thị Hương',
  transliteration: '',
  sex: 'F',
  age: '61 y',
  testCode: 'K',
  testName: 'Potassium',
  valueText: '4.1',
  valueKind: 'quantity',
  unit: 'mmol/L',
  interpretation: 'N',
  rangeText: '3.5–5.1',
  previousText: '',
  delta: '',
  deltaHeld: false,
  trend: [],
  rangeLow: 3.5,
  rangeHigh: 5.1,
  qc: 'none',
  qcText: '',
  verdict: 'ready',
  verdictReason: '',
  version: 1,
  status: 'preliminary',
  flags: [],
  instrumentId: 'CHEM1',
  postedTime: '2026-07-29T06:36:12.000Z',
  syncState: 'local',
  rerunAsked: false,
  callDue: false,
  ...more,
});

test('the search takes names without accents, Latin forms, numbers with and without hyphens, and tests', () => {
  const rows = [
    row({ id: 'a' }),
    row({
      id: 'b',
      patientName: 'ИВАНОВА Мария',
      transliteration: 'Ivanova Mariya',
      testName: 'Haemoglobin',
    }),
  ];
  const ids = (typed: string) => find(rows, typed).map((one) => one.id);
  expect(ids('nguyen')).toEqual(['a']);
  expect(ids('ivanova haemo')).toEqual(['b']);
  expect(ids('ivanova potass')).toEqual([]);
  expect(ids('26-210-B2-0418')).toEqual(['a', 'b']);
  expect(ids('26210b20418')).toEqual(['a', 'b']);
  expect(ids('  ')).toEqual(['a', 'b']);
});

test('a scan goes to the first result of the specimen that waits for a person', () => {
  const rows = [
    row({ id: 'other', accessionIdentifier: '26210B204191' }),
    row({ id: 'done', verdict: 'released' }),
    row({ id: 'open', verdict: 'held' }),
  ];
  expect(rowFor(rows, '26210B204183')?.id).toBe('open');
  expect(rowFor(rows, 'done')?.id).toBe('done');
  expect(rowFor(rows, 'p1')?.id).toBe('other');
  expect(rowFor(rows, '0103453120000011')).toBeUndefined();
});

test('by test keeps the order of arrival within a test', () => {
  const rows = [
    row({ id: '1', testName: 'Sodium' }),
    row({ id: '2', testName: 'Potassium' }),
    row({ id: '3', testName: 'Sodium' }),
  ];
  expect(inOrder(rows, 'test').map((one) => one.id)).toEqual(['2', '1', '3']);
  expect(inOrder(rows, 'specimen')).toBe(rows);
});

test('a row the engine has not judged yet is never counted as releasable', () => {
  const plan = (id: string, outcome: ReleasePlanRow['outcome'], callPending = false): ReleasePlanRow => ({
    id,
    outcome,
    why: outcome === 'stays' ? 'Quality control blocks it.' : '',
    rules: [],
    callPending,
  });
  const plans = [plan('now', 'now'), plan('comment', 'comment', true), plan('stays', 'stays')];
  const rows = ['now', 'comment', 'stays', 'unjudged'].map((id) => row({ id }));
  const planned = planOf(rows, new Map(plans.map((one) => [one.id, one])));
  expect(planned.now.map((one) => one.id)).toEqual(['now']);
  expect(planned.comment.map((one) => one.id)).toEqual(['comment']);
  expect(planned.callPending.map((one) => one.id)).toEqual(['comment']);
  expect(planned.stays.map(({ row: one, why }) => [one.id, why])).toEqual([
    ['stays', 'Quality control blocks it.'],
  ]);
});

test('German says everything that English says', () => {
  const keys = (texts: object, path = ''): string[] =>
    Object.entries(texts).flatMap(([key, value]) =>
      typeof value === 'string' ? [`${path}${key}`] : keys(value as object, `${path}${key}.`),
    );
  expect(keys(de).sort()).toEqual(keys(en).sort());
});
