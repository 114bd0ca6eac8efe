import { expect, test } from 'vitest';
import { emptyOverlay } from '../../../../shared/profiles/overlay.ts';
import type { TestMapping } from '../../../../shared/profiles/schema/common.ts';
import { changedKeys, entriesOf, overlayOf, rebase, withEntry, withoutEntry } from './draft.ts';

const mapped = (code: string, to: string, factor = '1'): TestMapping => ({
  code,
  test: to,
  loinc: null,
  unit: 'mmol/L',
  sentUnits: [],
  factor,
});
const base = withEntry(emptyOverlay(), { kind: 'tests', value: mapped('K1', 'K') });

test('an overlay survives the way to entries and back', () => {
  let overlay = base;
  overlay = withEntry(overlay, {
    kind: 'flags',
    code: 'X',
    value: { interpretation: 'H', hold: true, text: 'x' },
  });
  overlay = withEntry(overlay, { kind: 'statuses', sent: '', value: 'final' });
  overlay = withEntry(overlay, { kind: 'controls', place: '', values: ['QC-'] });
  overlay = withEntry(overlay, { kind: 'controls', place: 'SPM-11.1', values: ['Q'] });
  overlay = withEntry(overlay, { kind: 'units', unit: 'mmol/L', sent: 'mM' });
  overlay = withEntry(overlay, { kind: 'notResults', code: 'TEMP', text: 'temperature' });
  expect(overlayOf(entriesOf(overlay))).toEqual(overlay);
  expect(overlay.qc).toEqual({ specimenPrefixes: ['QC-'], places: [{ place: 'SPM-11.1', values: ['Q'] }] });
});

test('a code is a result or none: each takes the other away, and a renamed entry leaves no old one', () => {
  const none = withEntry(base, { kind: 'notResults', code: 'K1', text: 'a setting' });
  expect([none.tests.length, none.notResults.length]).toEqual([0, 1]);
  const again = withEntry(none, { kind: 'tests', value: mapped('K1', 'K') });
  expect([again.tests.length, again.notResults.length]).toEqual([1, 0]);
  const renamed = withEntry(base, { kind: 'tests', value: mapped('K2', 'K') }, 'tests\nK1');
  expect(renamed.tests.map((one) => one.code)).toEqual(['K2']);
});

test('what changed is what was added, edited or taken away', () => {
  expect(changedKeys(base, base).size).toBe(0);
  expect([...changedKeys(base, withEntry(base, { kind: 'tests', value: mapped('K1', 'K', '2') }))]).toEqual([
    'tests\nK1',
  ]);
  expect([...changedKeys(base, withoutEntry(base, 'tests\nK1'))]).toEqual(['tests\nK1']);
});

test('my changes go over what somebody else saved; theirs stay where I changed nothing', () => {
  const mine = withoutEntry(withEntry(base, { kind: 'statuses', sent: 'Z', value: 'final' }), 'tests\nK1');
  const theirs = withEntry(base, { kind: 'tests', value: mapped('NA1', 'NA') });
  const both = rebase(base, mine, theirs);
  expect(both.tests.map((one) => one.code)).toEqual(['NA1']);
  expect(both.statuses).toEqual({ Z: 'final' });
});
