import { afterEach, expect, test } from 'vitest';
import { against, endAll, outcomes, said, step } from './active-selftest-fixture.ts';

/** The active self-test of HL7 devices and of line protocols over a socket, with and without faults. */

afterEach(endAll);

test('M1 M3 M4 M6 an HL7 device that keeps the rules passes; one that does not fails where it does not', async () => {
  const row = await against('generic-law');
  expect(
    Object.entries(outcomes(row)).filter(([, outcome]) => outcome !== 'pass'),
    said(row),
  ).toEqual([]);
  await endAll();
  const bad = await against('generic-law', { garbage: 0.6, wrongAnswer: 1 });
  expect(step(bad, 'blocks').outcome, said(bad)).toBe('fail');
  expect(step(bad, 'order').outcome, said(bad)).toBe('fail');
  expect(step(bad, 'repeat').outcome).toBe('notApplicable');
  expect(step(bad, 'results').outcome, said(bad)).toBe('pass');
}, 90_000);

test('L8 L10 a device with a protocol of its own: blocks come again, its request is answered and its results read', async () => {
  const row = await against('beckman-au480');
  expect(
    Object.entries(outcomes(row)).filter(([, outcome]) => outcome !== 'pass'),
    said(row),
  ).toEqual([]);
  await endAll();
  const bad = await against('beckman-au480', { badChecksum: 0.5 });
  expect(step(bad, 'frames').outcome, said(bad)).toBe('fail');
  expect(step(bad, 'results').outcome, said(bad)).toBe('pass');
}, 90_000);
