/** How the points of each level lie about their target, on paper, as vectors: bars, a normal distribution's curve, and the figures. */
import { histogramOfLevel, peerOf } from '../../../shared/domain/qc/plots.ts';
import { PlotPage, type QcPlotSource, sd } from './qc-plot-page.ts';
import { QC_PAGE, QC_TEXT, type QcSheetFacts } from './qc-sheet.ts';

const LEFT = QC_PAGE.left + 14;
const { right: RIGHT } = QC_PAGE;
const HEIGHT = 46;
/** What a level takes: its name, the plot with its axis, and up to five lines. */
const ROOM = HEIGHT + 40;

/** The histograms of the runs shown as PDF, A4. It names no patient. The same content gives the same bytes. */
export function qcHistogramPdf(source: QcPlotSource, facts: QcSheetFacts): Uint8Array {
  const page = new PlotPage('Histogram of controls', facts);
  page.line(
    'z in steps of half an SD of the target; the curve is a normal distribution about the target.',
    QC_TEXT.small,
    5,
  );
  if (source.chart.levels.length === 0) page.line('No control was measured in these days.', QC_TEXT.body, 6);
  for (const level of source.chart.levels) drawLevel(page, source, level);
  return page.done(source);
}

function drawLevel(page: PlotPage, { runs, peers, testCode }: QcPlotSource, level: string): void {
  const { doc, text } = page;
  const { histogram, excluded } = histogramOfLevel(runs, level);
  const { bins, n, mean, sd: spread, beyond2, beyond3 } = histogram;
  page.room(ROOM);
  page.y += 2;
  page.line(`${level}: ${n} points`, QC_TEXT.head, 3);
  const top = page.y;
  const bottom = top + HEIGHT;
  const most = Math.max(1, ...bins.map((one) => Math.max(one.count, one.expected)));
  const x = (z: number) => LEFT + ((Math.max(-4, Math.min(4, z)) + 4) / 8) * (RIGHT - LEFT);
  const y = (count: number) => bottom - (count / most) * (HEIGHT - 5);
  page.stroke({ width: 0.1, colour: 'hair' });
  doc.rect(LEFT, top, RIGHT - LEFT, HEIGHT);
  for (const limit of [-3, -2, 0, 2, 3]) {
    const size = Math.abs(limit);
    page.stroke({ width: size === 0 ? 0.3 : 0.14, dash: size === 2 ? [1.2, 0.8] : [] });
    doc.line(x(limit), top, x(limit), bottom);
  }
  for (const { from, to, count } of bins) {
    if (count === 0) continue;
    doc.setFillColor('#D5DBDD');
    page.stroke({ width: 0.15 });
    doc.rect(x(from) + 0.4, y(count), x(to) - x(from) - 0.8, bottom - y(count), 'FD');
    const label = String(count);
    const middle = (x(from) + x(to)) / 2 - text.width(label, QC_TEXT.axis) / 2;
    text.draw(label, middle, Math.max(top + 2.6, y(count) - 0.8), QC_TEXT.axis);
  }
  const total = bins.reduce((sum, one) => sum + one.expected, 0);
  const width = (bins[0]?.to ?? 0) - (bins[0]?.from ?? 0);
  const curve: [number, number][] = [];
  for (let step = -40; step <= 40; step += 1) {
    const z = step / 10;
    curve.push([x(z), y((total * width * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI))]);
  }
  page.path(curve, { width: 0.35 });
  for (const [index, z] of excluded.entries()) {
    // Several at one place stand above each other.
    const before = excluded.slice(0, index).filter((other) => Math.abs(other - z) < 0.25).length;
    page.struck(Math.max(LEFT + 1.5, Math.min(RIGHT - 1.5, x(z))), bottom - 2.4 - (before % 8) * 3);
  }
  for (let at = -4; at <= 4; at += 1) {
    const label = sd(at, 0);
    text.draw(label, x(at) - text.width(label, QC_TEXT.axis) / 2, bottom + 3, QC_TEXT.axis);
  }
  page.y = bottom + 7.5;
  const newest = runs.findLast((run) => run.points.has(level))?.points.get(level);
  const peer = peerOf(peers, testCode, newest);
  const lines = [
    mean === null || spread === null ? '' : `Mean ${sd(mean)} SD, SD ${spread.toFixed(2)} of the target’s.`,
    `Beyond 2 SD ${(beyond2 * 100).toFixed(1)} % (4.6 % are expected), beyond 3 SD ${(beyond3 * 100).toFixed(1)} % (0.3 %).`,
    peer === undefined || peer.sdi === null
      ? 'No figures of a peer group for this lot.'
      : `SDI ${sd(peer.sdi)}, CVI ${peer.cvi === null ? '–' : peer.cvi.toFixed(2)} against ${peer.group.n} of the peer group, ${peer.month}.`,
    excluded.length === 0 ? '' : `Excluded and not counted, as struck rings: ${excluded.length}.`,
  ];
  for (const words of lines) if (words !== '') page.line(words, QC_TEXT.body, 4.4);
  page.y += 2;
}
