import { expect, test } from 'vitest';
import { causeOf, remedyOf } from './refusal.ts';

test('refusals of one reason have one cause, whatever record they are about', () => {
  const at = (id: string, n: number) =>
    `Reference Specimen/${id} does not exist (Observation.component[${n}].specimen)`;
  const one = causeOf(at('0d3c5f0e-7a3e-4c58-9a4e-0f7f5f7ab001', 0));
  expect(causeOf(at('7', 12))).toBe(one);
  expect(one).toContain('does not exist');
  expect(causeOf('Unit umol/l is not known')).not.toBe(one);
  expect(causeOf('2 records with this identifier urn:levey:id|a-1')).toBe(
    causeOf('3 records with this identifier. Multiple resources match the condition'),
  );
});

test('the words of a refusal tell what can be done', () => {
  expect(remedyOf('Unit umol/l is not UCUM')).toBe('unit');
  expect(remedyOf('The server has 2 records with this identifier.')).toBe('twice');
  expect(remedyOf('Reference Specimen/7 does not exist')).toBe('missing');
  expect(remedyOf('403 Forbidden')).toBe('rights');
  expect(remedyOf('413 Payload too large')).toBe('large');
  expect(remedyOf('Code 1234-5 is not in the value set')).toBe('code');
  expect(remedyOf('No')).toBe('other');
});
