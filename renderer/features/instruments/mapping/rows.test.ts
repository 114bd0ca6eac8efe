import { expect, test } from 'vitest';
import type { ProfileShowRow } from '../../../../shared/ipc/tools.ts';
import { emptyOverlay } from '../../../../shared/profiles/overlay.ts';
import type { TestMapping } from '../../../../shared/profiles/schema/common.ts';
import { withEntry } from './draft.ts';
import { mapRows, readUnits, sentUnits, writeUnits } from './rows.ts';

const mapping = (code: string, to: string, over: Partial<TestMapping> = {}): TestMapping => ({
  code,
  test: to,
  loinc: null,
  unit: 'mmol/L',
  sentUnits: [],
  factor: '1',
  ...over,
});
const none = { state: 'none', by: '', at: '' } as const;
const overlay = withEntry(emptyOverlay(), {
  kind: 'tests',
  value: mapping('GLU', 'GLU', { factor: '0.0555' }),
});
const show: ProfileShowRow = {
  id: 'B2.CHEM1',
  instrumentName: 'CHEM1',
  profile: {
    id: 'demo-chemistry',
    version: 1,
    name: 'Demo',
    manufacturer: '',
    model: '',
    section: '',
    protocol: 'astm',
    source: { title: 'x', edition: '', note: '' },
    tests: 2,
    usedBy: [],
  },
  tests: [
    {
      id: 'K',
      mapping: mapping('K', 'K'),
      testName: 'Potassium',
      catalogUnit: 'mmol/L',
      origin: 'builtIn',
      replaces: null,
      conflicts: [],
      verification: none,
    },
    {
      id: 'GLU',
      mapping: mapping('GLU', 'GLU', { factor: '0.0555' }),
      testName: 'Glucose',
      catalogUnit: 'mmol/L',
      origin: 'laboratory',
      replaces: mapping('GLU', 'GLU'),
      conflicts: [],
      verification: none,
    },
  ],
  notResults: [],
  flags: [],
  statuses: [],
  units: [],
  qc: { specimenPrefixes: [{ text: 'QC', origin: 'builtIn' }], places: [], processing: [], actionCodes: [] },
  overlay,
  overlayVersion: 1,
  savedBy: '',
  savedAt: '',
  conflicts: [],
};
const told = (rows: ReturnType<typeof mapRows>) =>
  rows.map(
    (row) =>
      `${row.id.split('\n')[1]} ${row.origin}${row.below ? ' over' : ''}${row.changed ? ' changed' : ''}`,
  );

test('built-in rows stay, and the row of the laboratory stands over its own', () => {
  expect(told(mapRows(show, overlay, 'tests'))).toEqual(['GLU laboratory over', 'K builtIn']);
  expect(told(mapRows(show, emptyOverlay(), 'tests'))).toEqual(['GLU builtIn changed', 'K builtIn']);
});

test('a changed draft marks its row; a code that is no result takes its test away', () => {
  const edited = withEntry(overlay, { kind: 'tests', value: mapping('K', 'NA') });
  expect(told(mapRows(show, edited, 'tests'))).toEqual(['GLU laboratory over', 'K laboratory over changed']);
  const ended = withEntry(overlay, { kind: 'notResults', code: 'K', text: 'a setting' });
  expect(told(mapRows(show, ended, 'tests'))).toEqual(['GLU laboratory over']);
  expect(told(mapRows(show, ended, 'notResults'))).toEqual(['K laboratory changed']);
});

test('units as sent carry their factor, and are written and read back', () => {
  expect(sentUnits(mapping('K', 'K'))).toEqual([{ sent: 'mmol/L', factor: '1' }]);
  expect(sentUnits(mapping('K', 'K', { factor: '2' }))).toEqual([{ sent: 'mmol/L', factor: '2' }]);
  expect(sentUnits(mapping('K', 'K', { factor: '2', sentUnits: ['mM'] }))).toEqual([
    { sent: 'mmol/L', factor: '1' },
    { sent: 'mM', factor: '2' },
  ]);
  const both = mapping('K', 'K', { sentUnits: ['mM'], otherUnits: [{ sent: 'mg/dL', factor: '0.2558' }] });
  expect(sentUnits(both)).toEqual([
    { sent: 'mmol/L', factor: '1' },
    { sent: 'mM', factor: '1' },
    { sent: 'mg/dL', factor: '0.2558' },
  ]);
  expect(readUnits(writeUnits(both.otherUnits ?? []))).toEqual(both.otherUnits);
  const odd = [
    { sent: '', factor: '10' },
    { sent: 'mg/dL', factor: '1', unit: 'mg/dL' },
  ];
  expect(writeUnits(odd)).toBe('"" = 10; mg/dL = 1 in mg/dL');
  expect(readUnits(writeUnits(odd))).toEqual(odd);
  expect(readUnits('mg/dL')).toBeUndefined();
  expect(readUnits('g/L = 1; g/L = 2')).toBeUndefined();
  expect(readUnits('')).toEqual([]);
});
