import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { statisticsOf } from '../../../shared/domain/qc/statistics.ts';
import type { ReviewedPoint, ReviewedTest } from '../qc/review.ts';
import { type QcReportFacts, qcReportPdf } from './qc-report-pdf.ts';

const at = (day: number, time = '06:01'): string => `2026-07-${String(day).padStart(2, '0')}T${time}:00.000Z`;

function point(day: number, level: string, z: number, more: Partial<ReviewedPoint> = {}): ReviewedPoint {
  return {
    id: `${day}${level}`,
    runId: `r${day}`,
    at: at(day),
    lotId: day < 20 ? 'a' : 'b',
    level,
    text: (140 + z * 2).toFixed(1),
    z,
    state: 'inControl',
    rules: [],
    marks: [],
    excluded: null,
    reviews: [],
    ...more,
  };
}

const review = {
  id: 'v',
  kind: 'action' as const,
  code: 'newVial',
  text: 'Opened anew.',
  by: 'p1',
  at: at(12),
};
const test: ReviewedTest = {
  instrumentId: 'T1.CHEM1',
  testCode: 'NA',
  unit: 'mmol/L',
  points: Array.from({ length: 30 }, (_, i) => i + 1).flatMap((day) => [
    day === 12
      ? point(day, 'Level 1', 5.2, { state: 'rejected', rules: ['1-3s'], reviews: [review] })
      : day === 9
        ? point(day, 'Level 1', -2.4, { state: 'warning', rules: ['1-2s'] })
        : point(day, 'Level 1', ((day * 7) % 5) / 2 - 1),
    day === 15
      ? point(day, 'Level 2', 3.4, {
          state: 'excluded',
          excluded: { reason: 'Wrong vial', by: 'p2', at: at(15) },
        })
      : point(day, 'Level 2', ((day * 3) % 5) / 2 - 1),
  ]),
  lots: [
    {
      ...{ lotId: 'a', material: 'Level', lot: 'L100', level: '1', target: { mean: '140.0', sd: '2.0' } },
      ...{ own: statisticsOf([138, 140, 142]), bias: 0, sigma: 4.2 },
    },
    {
      ...{ lotId: 'b', material: 'Level', lot: 'L101', level: '1', target: null },
      ...{ own: statisticsOf([]), bias: null, sigma: null },
    },
  ],
  overrides: [
    { by: 'T. Adeyemi', at: at(12, '07:00'), until: at(12, '11:00'), reason: 'Second analyser agrees.' },
  ],
  totalErrorAllowed: 6,
  events: [
    {
      id: 'e',
      at: at(25, '05:00'),
      kind: 'calibration',
      text: 'New calibrator',
      by: 'p1',
      breaksWindow: true,
    },
  ],
};
const facts: QcReportFacts = {
  laboratory: { name: 'Example Laboratory', address: '1 Street' },
  instrument: 'CHEM1',
  testName: 'Sodium',
  days: '2026-07-01 to 2026-07-31',
  zone: 'Europe/Dublin',
  createdAt: at(31, '09:00'),
  by: 'M. Okafor',
  time: (instant) => instant.slice(0, 16),
  day: (instant) => instant.slice(0, 10),
  nameOf: (id) => ({ p1: 'K. Obi', p2: 'L. Lind' })[id] ?? id,
  signature: {
    ...{ instrumentId: 'T1.CHEM1', period: '2026-07', by: 'p3', name: 'T. Adeyemi', at: at(31, '08:00') },
    ...{ meaning: 'Reviewed the controls', comment: '', hash: 'ab'.repeat(32), holds: false },
  },
};

const folder = mkdtempSync(join(tmpdir(), 'qc-report-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function words(pdf: Uint8Array): string {
  const file = join(folder, 'report.pdf');
  writeFileSync(file, pdf);
  const text = join(folder, 'report.txt');
  execFileSync('pdftotext', ['-layout', file, text]);
  return readFileSync(text, 'utf8');
}

describe('report of a month of controls', () => {
  it('says figures, rejects with what was done, exclusions, overrides, events and who signed', () => {
    const text = words(qcReportPdf(test, facts));
    for (const said of [
      'Quality control: Sodium on CHEM1',
      'Sigma = (TEa 6 % − |bias|) / CV',
      'Rejected controls: 1',
      '+5.20 SD',
      'Corrective action – new vial: Opened anew. (K. Obi',
      'Excluded: Wrong vial (L. Lind',
      'Releases in spite of a control: 1',
      'Second analyser agrees. (T. Adeyemi)',
      'Calibration: New calibrator (K. Obi). The rules begin anew.',
      'Signed by T. Adeyemi',
      'this signature no longer holds',
      'lot L101',
    ])
      expect(text).toContain(said);
    expect(text).toMatch(/Level 1, lot L100\s+3\s+140\.00\s+2\.000\s+1\.43\s+140\.0\s+2\.0\s+0\.00\s+4\.20/);
  });

  it('draws vectors only, and the same content gives the same bytes', () => {
    const pdf = qcReportPdf(test, facts);
    expect(Buffer.from(pdf).includes('/Subtype /Image')).toBe(false);
    expect(Buffer.from(qcReportPdf(test, facts)).equals(Buffer.from(pdf))).toBe(true);
  });

  it('a reject without a corrective action and a missing signature are said', () => {
    const bare = {
      ...test,
      points: [point(12, 'Level 1', 5.2, { state: 'rejected', rules: ['1-3s'] })],
      overrides: [],
      events: [],
    };
    const text = words(qcReportPdf(bare, { ...facts, signature: null }));
    expect(text).toContain('No corrective action is recorded.');
    expect(text).toContain('Not signed.');
  });
});
