import { expect, test } from 'vitest';
import type { QcLevelCell, QcStateRow } from '../../../shared/ipc/qc.ts';
import { chosenRows, controlToExplain, dueOf, gravestRules, waitsForAction, whyOf } from './rows.ts';

const cell = (level: string, more: Partial<QcLevelCell> = {}): QcLevelCell => ({
  lotId: `lot ${level}`,
  controlId: `control ${level}`,
  level,
  state: 'inControl',
  z: 0.2,
  text: '140.1 mmol/L',
  rules: [],
  at: '2026-07-29T06:00:00.000Z',
  dueTime: '2026-07-30T06:00:00.000Z',
  ...more,
});
const row = (more: Partial<QcStateRow> = {}): QcStateRow => ({
  id: 'T1.CHEM1 NA',
  instrumentId: 'T1.CHEM1',
  instrumentName: 'CHEM1',
  testCode: 'NA',
  testName: 'Sodium',
  unit: 'mmol/L',
  state: 'in',
  blocks: false,
  text: '',
  levels: [cell('Level 1'), cell('Level 2')],
  waiting: 0,
  override: null,
  needsAction: false,
  ...more,
});

test('W1 the warning that a graver rule includes is not said beside it', () => {
  expect(gravestRules(['1-2s', '1-3s', '2-2s'])).toEqual(['1-3s', '2-2s']);
  expect(gravestRules(['1-2s'])).toEqual(['1-2s']);
});

test('W13 a row says its rules, or the levels that are due', () => {
  const now = '2026-07-30T07:00:00.000Z';
  const rejected = row({
    state: 'rejected',
    levels: [cell('Level 1', { rules: ['1-2s'] }), cell('Level 2', { rules: ['1-2s', '1-3s'] })],
  });
  expect(whyOf(rejected, now)).toBe('1-3s');
  const later = cell('Level 1', { dueTime: '2026-07-31T06:00:00.000Z' });
  const never = cell('Level 3', { controlId: '', dueTime: '' });
  expect(whyOf(row({ state: 'overdue', levels: [later, cell('Level 2'), never] }), now)).toBe(
    'Level 2, Level 3',
  );
  expect(dueOf(row({ levels: [later, cell('Level 2')] }))).toBe('2026-07-30T06:00:00.000Z');
});

test('W13 what is stopped, or has no action, needs action; the words are looked for in test and instrument', () => {
  expect(waitsForAction(row())).toBe(false);
  expect(waitsForAction(row({ blocks: true }))).toBe(true);
  expect(waitsForAction(row({ needsAction: true }))).toBe(true);
  const potassium = row({ id: 'b', testName: 'Potassium', testCode: 'K', blocks: true });
  const other = row({ id: 'c', instrumentId: 'T1.CHEM2', instrumentName: 'CHEM2' });
  const rows = [potassium, row(), other];
  expect(chosenRows(rows, 'action', '').map((one) => one.id)).toEqual(['b']);
  expect(chosenRows(rows, 'on T1.CHEM2', '').map((one) => one.id)).toEqual(['c']);
  expect(chosenRows(rows, 'all', 'sod chem1').map((one) => one.id)).toEqual(['T1.CHEM1 NA']);
});

test('an action is written at the rejected level that is furthest out', () => {
  const levels = [
    cell('Level 1', { state: 'rejected', z: 2.3 }),
    cell('Level 2', { state: 'rejected', z: -3.4 }),
    cell('Level 3', { state: 'warning', z: 9 }),
  ];
  expect(controlToExplain(row({ levels }))?.level).toBe('Level 2');
  expect(controlToExplain(row({ levels: [cell('Level 1', { controlId: '' })] }))).toBeUndefined();
});
