import { expect, test } from 'vitest';
import { laboratory } from '../laboratory/index.ts';
import { officialFaults } from './official.ts';
import { observation, patient } from './testing.ts';

const faults = (extra: Record<string, unknown>) => officialFaults(observation('1', extra)).join('\n');

test('valid resources have no faults: a result, a patient, the whole demo laboratory', () => {
  const whole = observation('1', {
    subject: { reference: 'Patient/17' },
    effectiveDateTime: '2026-07-29T05:30:00.000Z',
    valueQuantity: { value: 5.4, unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' },
    referenceRange: [{ text: '3.9–5.8' }],
  });
  expect(officialFaults(whole)).toEqual([]);
  expect(officialFaults(patient('1', { gender: 'female', birthDate: '1988-04' }))).toEqual([]);
  const resources = laboratory({ day: '2026-11-22' }).resources();
  expect(resources.flatMap((resource) => officialFaults(resource))).toEqual([]);
});

test.each([
  ['an unknown element', { flavour: 'sweet' }, 'flavour'],
  ['a missing required element', { code: undefined }, 'Observation.code'],
  ['the wrong JSON type', { valueInteger: '5' }, 'value[x]'],
  ['a list that is none', { category: {} }, 'category'],
  ['an empty string', { valueString: '' }, 'valueString'],
  ['an empty object', { method: {} }, 'method'],
  ['a date that is none', { effectiveDateTime: '29.07.2026' }, 'effective[x]'],
  ['an instant without a zone', { issued: '2026-07-29T05:30:00' }, 'issued'],
  ['an invariant of the resource', { referenceRange: [{ appliesTo: [{ text: 'a' }] }] }, 'obs-3'],
  ['an extension without a value', { extension: [{ url: 'urn:x' }] }, 'ext-1'],
  ['a status outside its required value set', { status: 'done' }, 'observation-status'],
  ['a comparator outside its required value set', { valueQuantity: { comparator: '~' } }, 'comparator'],
  ['a reference to a type that may not be there', { subject: { reference: 'Specimen/1' } }, 'Specimen'],
  ['a reference to a type R4 does not have', { subject: { reference: 'Unicorn/1' } }, 'Unicorn'],
  ['text instead of a reference', { subject: { reference: 'undefined' } }, 'undefined'],
  ['a reference without an id', { subject: { reference: 'Patient/' } }, 'Patient/'],
  ['a contained resource that is missing', { subject: { reference: '#p' } }, '#p'],
  [
    'a fault in a contained resource',
    { contained: [{ resourceType: 'Patient', id: 'p', gender: 'x' }] },
    'x',
  ],
])('%s is a fault', (_what, extra, words) => {
  expect(faults(extra)).toContain(words);
});

test('a status that R4 has and R5 has not is none', () => {
  const issue = { resourceType: 'DetectedIssue', status: 'cancelled' };
  expect(officialFaults(issue)).toEqual([]);
  expect(officialFaults({ ...issue, status: 'mitigated' })).toHaveLength(1);
});

test('a resource of another release is a fault', () => {
  expect(officialFaults({ resourceType: 'InventoryItem', status: 'active' })).toEqual([
    'InventoryItem: is not a resource type of R4',
  ]);
});
