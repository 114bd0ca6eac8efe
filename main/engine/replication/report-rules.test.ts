import { expect, test } from 'vitest';
import type { AnyDoc } from './port.ts';
import { reconcile } from './reconcile.ts';
import { reportDoc } from './testing.ts';

const draft = {
  state: 'waiting',
  status: 'partial',
  signature: null,
  issuedTime: '',
} as const;
const before = reportDoc(1, { ...draft, resultIds: [], state: 'incomplete', status: 'registered' });
const signed = reportDoc(1);
const unsent = { ...signed, change: 2, sync: { ...signed.sync, sentChange: 1 } };

function verdict(here: object, there: object, base: object | undefined) {
  return reconcile('reports', here as AnyDoc, there as AnyDoc, base as AnyDoc | undefined).kind;
}

test('C4 what is signed here goes over a draft that follows from records, whether or not the one before is known', () => {
  expect(verdict(unsent, reportDoc(1, draft), before)).toBe('send');
  expect(verdict(unsent, reportDoc(1, draft), undefined)).toBe('send');
});

test.each([
  [
    'a conclusion was written in the draft',
    unsent,
    reportDoc(1, { ...draft, conclusion: 'Repeat.' }),
    before,
  ],
  ['it was sent back', unsent, reportDoc(1, { ...draft, state: 'sentBack', sendBackReason: 'Why?' }), before],
  ['the draft is of another patient', unsent, reportDoc(1, { ...draft, patientId: 'pat-2' }), before],
  ['what was signed had been sent', signed, reportDoc(1, draft), signed],
  ['it was signed at the server before', unsent, reportDoc(1, draft), signed],
])('C4 a person is asked where %s', (_what, here, there, base) => {
  expect(verdict(here, there, base)).toBe('conflict');
});

test('C4 of two signed reports none goes over the other, also where what the server has is what it had', () => {
  const there = reportDoc(1, { signature: { ...signed.signature!, name: 'Dr S. Byrne' } });
  expect(verdict(unsent, there, there)).toBe('conflict');
  expect(verdict(unsent, there, undefined)).toBe('conflict');
});
