import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import type { ProbeRunRow, ProfileTestRow, VerificationRow } from '../../../shared/ipc/tools.ts';
import { probePdf } from './selftest-pdf.ts';
import { verificationPdf } from './verification-pdf.ts';

/** The text of a PDF as another program reads it. */
const read = (pdf: Uint8Array): string =>
  execFileSync('pdftotext', ['-layout', '-', '-'], { input: pdf }).toString('utf8');
const time = (instant: string): string => `at ${instant.slice(11, 16)}`;
const facts = {
  laboratory: 'Naas General',
  instrument: 'CHEM1',
  madeAt: 'today 09:00',
  createdAt: '2026-07-29T08:00:00.000Z',
  by: 'Sam Okafor',
};

const mapping = {
  code: 'K',
  test: 'K',
  loinc: '2823-3',
  unit: 'mmol/L',
  sentUnits: ['meq/L'],
  factor: '1',
};
const test = (more: Partial<ProfileTestRow>): ProfileTestRow => ({
  id: 'K',
  mapping,
  testName: 'Potassium',
  catalogUnit: 'mmol/L',
  origin: 'laboratory',
  replaces: { ...mapping, sentUnits: [], factor: '10' },
  conflicts: [],
  verification: { state: 'verified', by: '', at: '' },
  ...more,
});
const record: VerificationRow = {
  id: 'v1',
  instrumentId: 'T1.CHEM1',
  tests: [{ testCode: 'K', testName: 'Potassium', digest: 'd'.repeat(64), standing: true }],
  profileId: 'demo-chemistry',
  profileVersion: 3,
  overlayVersion: 2,
  cases: [{ messageNumber: '88', at: '2026-07-29T06:42:05.118Z', results: 4 }],
  replay: '12 messages: 12 same',
  statement: 'Compared with the printout.',
  by: 'Maja Lindqvist',
  role: 'lead',
  at: '2026-07-29T07:00:00.000Z',
  contentHash: 'c'.repeat(64),
  intact: true,
};

it('C4 the record of a verification names who signed, on which cases, when, and the mapping before and after', () => {
  const about = { ...facts, profile: 'Demo chemistry' };
  const text = read(verificationPdf(record, [test({})], about, time));
  for (const words of [
    'Verification of the mapping of CHEM1',
    'Maja Lindqvist, lead, at 07:00',
    'Compared with the printout.',
    'Message 88 of at 06:42: 4 results',
    '12 messages: 12 same',
    'Before, in the profile: K is K; LOINC 2823-3; unit mmol/L; times 10',
    'After, as signed for: K is K; LOINC 2823-3; unit mmol/L; sent as meq/L',
    'verified, unchanged since',
    'c'.repeat(64),
  ])
    expect(text).toContain(words);
  const changed = { ...record, tests: record.tests.map((one) => ({ ...one, standing: false })) };
  const later = read(verificationPdf(changed, [test({})], about, time));
  expect(later).toContain('CHANGED SINCE');
  expect(later).not.toContain('After, as signed for');
  expect(read(verificationPdf({ ...record, intact: false }, [test({})], about, time))).toContain(
    'altered after it was signed',
  );
});

it('the report of an active self-test has every step with its outcome and the bytes of both sides', () => {
  const run: ProbeRunRow = {
    id: 'r',
    instrumentId: 'T1.CHEM1',
    state: 'done',
    why: '',
    target: 'the line of CHEM1',
    onLine: true,
    profile: 'Demo chemistry (demo-chemistry 3)',
    by: 'Maja Lindqvist',
    startedAt: '2026-07-29T07:00:00.000Z',
    endedAt: '2026-07-29T07:02:00.000Z',
    specimen: 'SELFTEST0001',
    steps: [
      {
        id: 'checksum',
        rule: 'L3',
        title: 'A frame with a wrong checksum is answered NAK',
        outcome: 'fail',
        text: '<ACK>; <NAK> was due.',
        bytes: [
          { id: '1', at: '2026-07-29T07:00:01.000Z', direction: 'out', text: '<STX>1H|<ETX>00<CR><LF>' },
          { id: '2', at: '2026-07-29T07:00:02.000Z', direction: 'in', text: '<ACK>' },
        ],
      },
      { id: 'silence', rule: 'L9', title: 'Silence', outcome: 'notApplicable', text: 'Left out.', bytes: [] },
    ],
  };
  const text = read(probePdf(run, { ...facts, onLine: true }, time));
  for (const words of [
    'Active self-test of CHEM1',
    'Played to the line of CHEM1',
    '0 passed, 1 failed, 1 not applicable',
    'confirmed by Maja Lindqvist',
    'may name patients',
    'FAILED',
    'Levey: <STX>1H|<ETX>00<CR><LF>',
    'device: <ACK>',
    'not applicable',
  ])
    expect(text).toContain(words);
});
