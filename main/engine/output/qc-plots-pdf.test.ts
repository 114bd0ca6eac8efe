import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { breaksIn, runsIn } from '../../../shared/domain/qc/plots.ts';
import type { QcChartRow, QcPeerRow, QcPointRow } from '../../../shared/ipc/qc.ts';
import { qcDriftPdf } from './qc-drift-pdf.ts';
import { qcHistogramPdf } from './qc-histogram-pdf.ts';
import type { QcPlotSource } from './qc-plot-page.ts';
import type { QcSheetFacts } from './qc-sheet.ts';
import { qcYoudenPdf } from './qc-youden-pdf.ts';

const start = Date.parse('2026-07-01T06:00:00.000Z');
const at = (run: number): string => new Date(start + run * 86_400_000).toISOString();

function point(run: number, level: string, z: number, more: Partial<QcPointRow> = {}): QcPointRow {
  return {
    ...{ id: `${run} ${level}`, runId: `run ${run}`, level, at: at(run), z, text: String(140 + z) },
    ...(run < 20 ? { lotId: 'a', lot: 'L100' } : { lotId: 'b', lot: 'L101' }),
    ...{ state: 'inControl', mean: '140', sd: '1', hits: [], because: [], excluded: null },
    ...{ reviews: [], operator: '', syncState: 'local' },
    ...more,
  };
}

/** Twenty quiet runs, another lot, ten quiet ones, then both levels 1.6 SD high; one pair far off, one level off alone, one excluded. */
const points = Array.from({ length: 40 }, (_, run) => {
  const z = run < 30 ? (run % 3) / 2 - 0.5 : 1.6;
  if (run === 5) return [point(run, 'Level 1', 2.2), point(run, 'Level 2', 2.4)];
  if (run === 9) return [point(run, 'Level 1', 0.1), point(run, 'Level 2', -2.9)];
  if (run === 12)
    return [
      point(run, 'Level 1', 6, { state: 'excluded', excluded: { reason: 'wrong vial', by: '', at: '' } }),
      point(run, 'Level 2', 0.2),
    ];
  return [point(run, 'Level 1', z), point(run, 'Level 2', z)];
}).flat();
const chart = {
  ...{
    id: 'T1.CHEM1 NA',
    instrumentName: 'CHEM1',
    testName: 'Sodium',
    unit: 'mmol/L',
    state: 'in',
    text: '',
  },
  ...{ levels: ['Level 1', 'Level 2'], points, total: points.length, sigma: null, rules: [], lookBack: null },
  events: [
    { id: 'e', at: at(24.5), kind: 'calibration', text: 'New calibrator', by: '', breaksWindow: true },
  ],
} as QcChartRow;
const peer: QcPeerRow = {
  ...{ id: 'p', month: '2026-07', instrumentId: 'T1.CHEM1', testCode: 'NA', testName: 'Sodium' },
  ...{ lot: 'L101', level: 'Level 1', own: { n: 20, mean: 141, sd: 1, cv: 0.7 } },
  ...{ group: { n: 310, mean: 140, sd: 0.8 }, sdi: 1.25, cvi: 0.9 },
};
const runs = runsIn(points, null);
const source: QcPlotSource = {
  ...{ testCode: 'NA', chart, runs, whole: runs, breaks: breaksIn(runs, chart.events), peers: [peer] },
};
const facts: QcSheetFacts = {
  laboratory: { name: 'Example Laboratory', address: '1 Street' },
  ...{ instrument: 'CHEM1', testName: 'Sodium', days: '2026-07-01 to 2026-08-09', zone: 'Europe/Dublin' },
  ...{ createdAt: at(40), by: 'M. Okafor' },
  time: (instant) => instant.slice(0, 16),
  day: (instant) => instant.slice(0, 10),
};

const folder = mkdtempSync(join(tmpdir(), 'qc-plots-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The words of a PDF; it has no picture in it, and comes out the same every time. */
function wordsOf(make: () => Uint8Array): string {
  const pdf = make();
  expect(Buffer.from(pdf).includes('/Subtype /Image')).toBe(false);
  expect(Buffer.from(make()).equals(Buffer.from(pdf))).toBe(true);
  const file = join(folder, 'plot.pdf');
  writeFileSync(file, pdf);
  execFileSync('pdftotext', ['-layout', file, join(folder, 'plot.txt')]);
  return readFileSync(join(folder, 'plot.txt'), 'utf8');
}

test('the drift prints its limits, where the sums begin anew, and each signal with its numbers and its beginning', () => {
  const text = wordsOf(() => qcDriftPdf(source, facts));
  for (const said of [
    'Drift of controls: Sodium on CHEM1',
    'k 0.5, h 4',
    'lot L101',
    'New calibrator',
    'excluded: not in the sums',
  ])
    expect(text).toContain(said);
  // Levels 1 and 2 rise by 1.6 SD from the thirtieth run on: 1.1 a run, beyond 4 at the fourth.
  expect(text.replace(/\s+/g, ' ')).toMatch(
    /Signals: 2 2026-08-03T06:00 to 2026-08-09T06:00, 7 points · Level 1 rising · CUSUM to 11\.00 > 4, EWMA to \+1\.44, limit ±0\.95 · began on 2026-07-31/,
  );
});

test('the Youden plot prints the circle with its counts, and every run outside it as systematic or random', () => {
  const text = wordsOf(() => qcYoudenPdf(source, null, facts));
  expect(text).toContain('Level 1 against Level 2');
  expect(text).toContain('Outside the circle: 2 of 39');
  expect(text).toContain('5.1 % (5 % are expected), 1 systematic, 1 random. With an excluded point: 1.');
  expect(text).toMatch(/2026-07-06T06:00 · Level 1 \+2\.20, Level 2 \+2\.40 SD · systematic/);
  expect(text).toMatch(/2026-07-10T06:00 · Level 1 \+0\.10, Level 2 −2\.90 SD · random/);
  const none = wordsOf(() => qcYoudenPdf(source, ['Level 1', 'Level 3'], facts));
  expect(none).toContain('No run of these days has both levels.');
});

test('W12 the histogram prints counts, the own figures, SDI and CVI, and leaves an excluded point out', () => {
  const text = wordsOf(() => qcHistogramPdf(source, facts));
  expect(text).toContain('Level 1: 39 points');
  expect(text).toContain('Level 2: 40 points');
  expect(text).toContain('SDI +1.25, CVI 0.90 against 310 of the peer group, 2026-07.');
  expect(text).toContain('Excluded and not counted, as struck rings: 1.');
  expect(text).toContain('No figures of a peer group for this lot.');
  expect(text).toContain('Beyond 2 SD 2.6 %');
});
