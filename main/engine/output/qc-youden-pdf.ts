/** The Youden plot of two levels on paper, as vectors, with its counts and each run outside the circle in words. */
import {
  levelPairs,
  pairCounts,
  pairsOf,
  type ShownPair,
  youdenReach,
} from '../../../shared/domain/qc/plots.ts';
import { YOUDEN_RADIUS } from '../../../shared/domain/qc/youden.ts';
import { PlotPage, type QcPlotSource, sd } from './qc-plot-page.ts';
import { QC_PAGE, QC_TEXT, type QcSheetFacts } from './qc-sheet.ts';

const LEFT = QC_PAGE.left + 16;
const SIDE = 140;

/** The Youden plot of the runs shown as PDF, A4. It names no patient. The same content gives the same bytes. @param levels null: the first two */
export function qcYoudenPdf(
  source: QcPlotSource,
  levels: readonly [string, string] | null,
  facts: QcSheetFacts,
): Uint8Array {
  const page = new PlotPage('Youden plot', facts);
  const [x, y] = levels ?? levelPairs(source.chart.levels)[0] ?? ['', ''];
  const pairs = pairsOf(source.runs, x, y);
  if (pairs.length === 0) page.line('No run of these days has both levels.', QC_TEXT.body, 6);
  else {
    page.line(`${x} against ${y}, run by run, in SD of their targets.`, QC_TEXT.body, 6);
    draw(page, pairs, [x, y]);
    list(page, pairs, [x, y], facts);
  }
  return page.done(source);
}

function draw(
  page: PlotPage,
  pairs: readonly ShownPair[],
  [xLevel, yLevel]: readonly [string, string],
): void {
  const { doc, text } = page;
  const top = page.y;
  const reach = youdenReach(pairs);
  const scale = SIDE / (2 * reach);
  const clamp = (z: number) => Math.max(-reach, Math.min(reach, z));
  const px = (z: number) => LEFT + SIDE / 2 + clamp(z) * scale;
  const py = (z: number) => top + SIDE / 2 - clamp(z) * scale;
  page.stroke({ width: 0.1, colour: 'hair' });
  doc.rect(LEFT, top, SIDE, SIDE);
  for (let at = -Math.floor(reach); at <= reach; at += 1) {
    const size = Math.abs(at);
    page.stroke({
      width: size === 0 ? 0.25 : 0.1,
      dash: size === 2 ? [1.2, 0.8] : [],
      colour: size === 0 || size === 2 || size === 3 ? 'black' : 'hair',
    });
    doc.line(px(at), top, px(at), top + SIDE);
    doc.line(LEFT, py(at), LEFT + SIDE, py(at));
    text.draw(sd(at, 0), LEFT - 1.5, py(at) + 0.9, { ...QC_TEXT.axis, align: 'right' });
    const label = sd(at, 0);
    text.draw(label, px(at) - text.width(label, QC_TEXT.axis) / 2, top + SIDE + 3, QC_TEXT.axis);
  }
  page.stroke({ width: 0.15, dash: [0.4, 0.8], colour: 'grey' });
  doc.line(px(-reach), py(-reach), px(reach), py(reach));
  doc.line(px(-reach), py(reach), px(reach), py(-reach));
  page.stroke({ width: 0.35, dash: [1.8, 0.9] });
  doc.circle(px(0), py(0), YOUDEN_RADIUS * scale, 'S');
  page.stroke({ width: 0.2 });
  text.draw('95 %', px(0) + 1, py(YOUDEN_RADIUS) - 1, QC_TEXT.axis);
  for (const one of pairs) {
    const [x, y] = [px(one.x), py(one.y)];
    if (one.excluded) page.struck(x, y);
    else if (one.kind === 'inside') page.dot(x, y);
    else if (one.kind === 'systematic') page.triangle(x, y);
    else page.diamond(x, y);
  }
  const under = `${xLevel}, SD`;
  text.draw(under, px(0) - text.width(under, QC_TEXT.small) / 2, top + SIDE + 7.5, QC_TEXT.small);
  text.draw(`${yLevel}, SD`, QC_PAGE.left, top - 1.5, QC_TEXT.small);
  page.y = top + SIDE + 14;
  page.legend([
    [(x, y) => page.dot(x, y), 'inside the circle'],
    [(x, y) => page.triangle(x, y), 'outside, systematic: both levels are off together'],
    [(x, y) => page.diamond(x, y), 'outside, random: one level is off'],
    [(x, y) => page.struck(x, y), 'excluded: does not count'],
  ]);
}

function list(
  page: PlotPage,
  pairs: readonly ShownPair[],
  [x, y]: readonly [string, string],
  { time }: QcSheetFacts,
): void {
  const { n, systematic, random, excluded } = pairCounts(pairs);
  const all = systematic + random;
  const share = n === 0 ? '0.0' : ((all / n) * 100).toFixed(1);
  page.section(`Outside the circle: ${all} of ${n}`);
  page.line(
    `${share} % (5 % are expected), ${systematic} systematic, ${random} random. With an excluded point: ${excluded}.`,
    QC_TEXT.small,
    5,
  );
  for (const one of pairs) {
    if (one.excluded || one.kind === 'inside') continue;
    page.line(
      `${time(one.at)} · ${x} ${sd(one.x)}, ${y} ${sd(one.y)} SD · ${one.kind}: together ${sd(one.systematic)} SD, apart ${sd(one.random)} SD`,
      QC_TEXT.body,
      4.4,
    );
  }
}
