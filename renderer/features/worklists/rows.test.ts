import { expect, test } from 'vitest';
import type { WorklistRow } from '../../../shared/ipc/results.ts';
import { countRows, nextField, openTests, shownRows } from './rows.ts';

type State = WorklistRow['tests'][number]['state'];
const row = (id: string, states: Record<string, State>, instruments: string[] = []): WorklistRow => {
  const tests = Object.entries(states).map(([code, state]) => ({
    code,
    name: code,
    unit: '',
    state,
    instrumentId: state === 'measured' ? 'CHEM1' : '',
    valueText: '',
    unordered: [],
    interpretation: '' as const,
  }));
  const count = (...wanted: State[]) => tests.filter((one) => wanted.includes(one.state)).length;
  return {
    id,
    accessionIdentifier: id,
    accessionDisplay: id,
    cap: 'gold',
    typeDisplay: 'Serum',
    priority: 'routine',
    patientName: '',
    transliteration: '',
    sex: '',
    age: '',
    patient: null,
    requisition: '',
    collector: '',
    tests,
    waiting: count('waiting', 'rerun'),
    measured: count('measured'),
    released: count('released'),
    receivedTime: '',
    collectedTime: '',
    instruments,
    conditionText: '',
    syncState: 'queued',
  };
};
const rows = [
  row('a', { NA: 'waiting', K: 'measured', CL: 'rerun' }, ['CHEM1']),
  row('b', { NA: 'released' }),
  row('c', { ESR: 'waiting' }),
];

test('filters by state and by instrument, and counts the same rows', () => {
  expect(shownRows(rows, 'waiting', 'any').map((one) => one.id)).toEqual(['a', 'c']);
  expect(shownRows(rows, 'all', 'CHEM1').map((one) => one.id)).toEqual(['a']);
  expect(shownRows(rows, 'waiting', 'hand').map((one) => one.id)).toEqual(['c']);
  expect(countRows(rows, 'any')).toEqual({ waiting: 2, measured: 1, all: 3 });
});

test('the specimen being looked at stays where it stood when its last value arrives', () => {
  expect(shownRows(rows, 'waiting', 'any', 'b').map((one) => one.id)).toEqual(['a', 'b', 'c']);
});

test('Enter goes down the tests that wait, then to the next specimen that has any', () => {
  expect(openTests(rows[0]!)).toEqual(['NA', 'CL']);
  expect(nextField(rows, 'a', 'NA')).toEqual({ specimenId: 'a', code: 'CL' });
  expect(nextField(rows, 'a', 'CL')).toEqual({ specimenId: 'c', code: 'ESR' });
  expect(nextField(rows, 'c', 'ESR')).toBeUndefined();
});
