import { afterEach, expect, test } from 'vitest';
import {
  against,
  endAll,
  here,
  instrumentId,
  outcomes,
  SPECIMEN,
  said,
  step,
} from './active-selftest-fixture.ts';

/** The active self-test of ASTM devices over a socket: what is right is told as right, what is wrong as wrong. */

afterEach(endAll);

test('L2-L15 R8 R9 an ASTM device that keeps the rules passes every step that applies', async () => {
  const row = await against('generic-astm');
  expect(row.state, said(row)).toBe('done');
  expect(outcomes(row), said(row)).toEqual({
    establish: 'pass',
    checksum: 'pass',
    number: 'pass',
    again: 'pass',
    repeat: 'pass',
    interrupt: 'pass',
    order: 'pass',
    cancel: 'pass',
    silence: 'notApplicable',
    contention: 'pass',
    resend: 'pass',
    stop: 'pass',
    frames: 'pass',
    numbers: 'pass',
    ends: 'pass',
    outside: 'pass',
    query: 'pass',
    answer: 'pass',
    results: 'pass',
  });
  expect(
    step(row, 'order')
      .bytes.map(({ text }) => text)
      .join(''),
  ).toContain(`|${SPECIMEN}|`);
  expect(step(row, 'checksum').bytes.map(({ direction, text }) => `${direction} ${text}`)).toContain(
    'in <NAK>',
  );
  expect(await here.bench.tech.rows('exceptions.list', { status: 'open' })).toEqual([]);
  expect(await here.bench.tech.rows('results.list', { filter: 'all' })).toEqual([]);
  const { pdf, name } = await here.bench.lead.command('selftest.runPdf', { instrumentId });
  expect(name).toBe('active-self-test-CHEM1.pdf');
  expect(Buffer.from(pdf, 'base64').subarray(0, 5).toString()).toBe('%PDF-');
}, 60_000);

test('L3 L2 wrong checksums and numbers of a device are failed steps, with their bytes', async () => {
  const row = await against('generic-astm', { badChecksum: 0.35, wrongNumber: 0.35 });
  expect(step(row, 'frames').outcome, said(row)).toBe('fail');
  expect(step(row, 'frames').text).toContain('wrong checksum');
  expect(step(row, 'frames').bytes.length).toBeGreaterThan(0);
  expect(step(row, 'numbers').outcome, said(row)).toBe('fail');
  expect(['establish', 'checksum', 'order', 'results'].map((id) => step(row, id).outcome)).toEqual([
    'pass',
    'pass',
    'pass',
    'pass',
  ]);
}, 60_000);
