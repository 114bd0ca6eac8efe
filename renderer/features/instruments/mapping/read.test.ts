import { expect, test } from 'vitest';
import type { Entry } from './draft.ts';
import { entryOf, typedOf } from './read.ts';

const full: Entry = {
  kind: 'tests',
  value: {
    code: 'GLU',
    test: 'GLU',
    order: 'GLUP',
    loinc: '2345-7',
    unit: 'mmol/L',
    sentUnits: ['mM', ''],
    factor: '1',
    otherUnits: [{ sent: 'mg/dL', factor: '1', unit: 'mg/dL' }],
    answers: { '-1': 'non-reactive' },
  },
};

test('a form that was not touched says what it was opened with, also what it has no field for', () => {
  const entries: Entry[] = [
    full,
    { kind: 'flags', code: 'X', value: { interpretation: 'HH', hold: false, text: 'high' } },
    { kind: 'statuses', sent: '', value: 'preliminary' },
    { kind: 'controls', place: '', values: ['QC-'] },
    { kind: 'controls', place: 'SPM-11.1', values: ['Q', 'C'] },
    { kind: 'units', unit: 'mmol/L', sent: 'mM' },
    { kind: 'notResults', code: 'TEMP', text: 'temperature' },
  ];
  for (const entry of entries)
    expect(entryOf(entry.kind, typedOf(entry.kind, entry), entry)).toEqual({ ok: true, entry });
});

test('the field that is wrong is named, and nothing is guessed', () => {
  const typed = typedOf('tests', full);
  const wrong = (over: Record<string, string>) => entryOf('tests', { ...typed, ...over }, full);
  expect(wrong({ code: ' ' })).toEqual({ ok: false, field: 'code' });
  expect(wrong({ factor: '1,5' })).toEqual({ ok: false, field: 'factor' });
  expect(wrong({ loinc: '12' })).toEqual({ ok: false, field: 'loinc' });
  expect(wrong({ otherUnits: 'mg/dL' })).toEqual({ ok: false, field: 'otherUnits' });
  expect(entryOf('flags', typedOf('flags', null))).toEqual({ ok: false, field: 'code' });
  expect(entryOf('controls', { how: 'place', place: '', values: 'Q' })).toEqual({
    ok: false,
    field: 'place',
  });
});
