import { expect, test } from 'vitest';
import type { TaskRow } from '../../../shared/ipc/admin.ts';
import { byUrgency, solvedAt, waited } from './kinds.ts';

const task = (more: Partial<TaskRow>): TaskRow => ({
  id: 't1',
  kind: 'rerun',
  status: 'open',
  reason: '',
  summary: '',
  patientName: '',
  transliteration: '',
  accessionDisplay: '',
  createdAt: '2026-07-29T06:00:00.000Z',
  resolution: '',
  resolvedBy: '',
  resolvedAt: '',
  resultId: '',
  reportId: '',
  instrumentId: '',
  syncState: 'local',
  ...more,
});

test('a critical call stands before everything else, the oldest first', () => {
  const rows = [
    task({ id: 'rerun', createdAt: '2026-07-29T05:00:00.000Z' }),
    task({ id: 'late', kind: 'criticalCall', createdAt: '2026-07-29T06:10:00.000Z' }),
    task({ id: 'early', kind: 'criticalCall' }),
    task({ id: 'conflict', kind: 'conflict' }),
    task({ id: 'new', kind: 'kindOfTomorrow' }),
  ];
  expect(byUrgency(rows).map((row) => row.id)).toEqual(['early', 'late', 'conflict', 'rerun', 'new']);
});

test('each task opens where it is solved', () => {
  expect(solvedAt(task({ kind: 'criticalCall', resultId: 'r1' }))).toEqual({
    screen: 'results',
    target: 'r1',
  });
  expect(solvedAt(task({ kind: 'amendment', reportId: 'p1' }))).toEqual({ screen: 'signout', target: 'p1' });
  expect(solvedAt(task({ kind: 'conflict' }))).toEqual({ screen: 'sync', target: 't1' });
});

test('how long it waits is told in the unit a person would use', () => {
  const now = new Date('2026-07-29T08:00:30.000Z');
  expect(waited('2026-07-29T07:48:00.000Z', now)).toEqual({ unit: 'minutes', count: 12 });
  expect(waited('2026-07-29T05:00:00.000Z', now)).toEqual({ unit: 'hours', count: 3 });
  expect(waited('2026-07-26T05:00:00.000Z', now)).toEqual({ unit: 'days', count: 3 });
  expect(waited('2026-07-29T09:00:00.000Z', now)).toEqual({ unit: 'minutes', count: 0 });
});
