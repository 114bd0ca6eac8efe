/** CUSUM and EWMA of every level on paper, as vectors: the sums, their limits, where they begin anew, and each signal in words. */
import { DRIFT, type DriftPoint } from '../../../shared/domain/qc/drift.ts';
import {
  driftBegan,
  driftOfLevel,
  endsLine,
  type PlotPoint,
  type Run,
} from '../../../shared/domain/qc/plots.ts';
import { PlotPage, type QcPlotSource, sd } from './qc-plot-page.ts';
import { QC_PAGE, QC_TEXT, type QcSheetFacts } from './qc-sheet.ts';

/** Height of a lane, and what it shows above and below zero, SD. */
const LANE = 30;
const REACH = { cusum: 7, ewma: 1.6 } as const;
const GAP = 3;
const LEFT = QC_PAGE.left + 24;
const { right: RIGHT } = QC_PAGE;

type Kind = keyof typeof REACH;

/** The drift of the runs shown as PDF, A4. It names no patient. The same content gives the same bytes. */
export function qcDriftPdf(source: QcPlotSource, facts: QcSheetFacts): Uint8Array {
  const page = new PlotPage('Drift of controls', facts);
  const { chart, runs, whole } = source;
  const { k, h, lambda, l } = DRIFT;
  page.line(
    `CUSUM: k ${k}, h ${h} SD. EWMA: weight ${lambda}, limits at ${l} of its SD. They warn and stop no release; the rules decide.`,
    QC_TEXT.small,
    5,
  );
  const found: Stretch[] = [];
  for (const level of chart.levels) {
    const drift = driftOfLevel(whole, level, chart.events);
    page.room(2 * (LANE + GAP) + 8);
    for (const kind of ['cusum', 'ewma'] as const) drawLane(page, source, level, kind, drift);
    drawDays(page, source, level, facts);
    found.push(...stretchesOf(runs, level, drift));
  }
  page.legend([
    [(x, y) => stroked(page, x, y), 'sum upward, EWMA'],
    [(x, y) => stroked(page, x, y, [1.2, 0.8]), 'sum downward'],
    [(x, y) => page.triangle(x, y), 'signal, rising'],
    [(x, y) => page.triangle(x, y, false), 'signal, falling'],
    [(x, y) => page.struck(x, y), 'excluded: not in the sums'],
  ]);
  page.section(`Signals: ${found.length}`);
  for (const one of found) page.line(wordsOf(one, whole, facts), QC_TEXT.body, 4.4);
  return page.done(source);
}

function stroked(page: PlotPage, x: number, y: number, dash?: number[]): void {
  page.path(
    [
      [x - 2, y],
      [x + 2, y],
    ],
    { width: 0.25, ...(dash === undefined ? {} : { dash }) },
  );
}

/** Points of a level one after the other that signal the same way. */
interface Stretch {
  level: string;
  way: 'rising' | 'falling';
  points: { point: PlotPoint; drift: DriftPoint }[];
}

const wayOf = ({ signals }: DriftPoint): Stretch['way'] =>
  signals.some((one) => one.endsWith('High')) ? 'rising' : 'falling';

function stretchesOf(runs: readonly Run[], level: string, drift: ReadonlyMap<string, DriftPoint>): Stretch[] {
  const found: Stretch[] = [];
  let open: Stretch | undefined;
  for (const run of runs) {
    const point = run.points.get(level);
    const one = point === undefined ? undefined : drift.get(point.id);
    // A point that does not count ends nothing (W12).
    if (point === undefined || one === undefined || one.z === null) continue;
    if (one.signals.length === 0) open = undefined;
    else if (open?.way === wayOf(one)) open.points.push({ point, drift: one });
    else {
      open = { level, way: wayOf(one), points: [{ point, drift: one }] };
      found.push(open);
    }
  }
  return found;
}

/** `12 Aug 2026 06:00 to …, 7 points · Level 1 rising · CUSUM to 11.00 (4), EWMA to +1.44 (±0.95) · since 31 Jul`. */
function wordsOf({ level, way, points }: Stretch, whole: readonly Run[], facts: QcSheetFacts): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return '';
  const most = (of: (one: DriftPoint) => number) =>
    points.reduce((known, { drift }) => Math.max(known, of(drift)), 0);
  const sum = most((one) =>
    one.signals.some((each) => each.startsWith('cusum')) ? Math.max(one.high, one.low) : 0,
  );
  const mean = most((one) => (one.signals.some((each) => each.startsWith('ewma')) ? Math.abs(one.ewma) : 0));
  const summed = points.findLast(({ drift }) => drift.since > 0);
  const began = summed === undefined ? '' : driftBegan(whole, summed.point, summed.drift.since);
  const until = points.length === 1 ? '' : ` to ${facts.time(last.point.at)}, ${points.length} points`;
  return [
    `${facts.time(first.point.at)}${until}`,
    `${level} ${way}`,
    [
      sum === 0 ? '' : `CUSUM to ${sum.toFixed(2)} > ${DRIFT.h}`,
      mean === 0
        ? ''
        : `EWMA to ${sd(way === 'rising' ? mean : -mean)}, limit ±${last.drift.limit.toFixed(2)}`,
    ]
      .filter((one) => one !== '')
      .join(', '),
    began === '' ? '' : `began on ${facts.day(began)}`,
  ]
    .filter((one) => one !== '')
    .join(' · ');
}

const xOf = (count: number): ((index: number) => number) => {
  return (index) => LEFT + ((index + 0.5) / Math.max(1, count)) * (RIGHT - LEFT);
};

function drawLane(
  page: PlotPage,
  { chart, runs, breaks }: QcPlotSource,
  level: string,
  kind: Kind,
  drift: ReadonlyMap<string, DriftPoint>,
): void {
  const { doc, text } = page;
  const top = page.y;
  const middle = top + LANE / 2;
  const reach = REACH[kind];
  const y = (value: number) => middle - (Math.max(-reach, Math.min(reach, value)) / reach) * (LANE / 2 - 1);
  const x = xOf(runs.length);
  text.draw(kind === 'cusum' ? level : '', QC_PAGE.left, top + 3, QC_TEXT.bold);
  text.draw(kind === 'cusum' ? 'CUSUM' : 'EWMA', QC_PAGE.left, top + 7, QC_TEXT.small);
  page.stroke({ width: 0.1, colour: 'hair' });
  doc.rect(LEFT, top, RIGHT - LEFT, LANE);
  for (const value of kind === 'cusum' ? [DRIFT.h, 0, -DRIFT.h] : [1, 0, -1]) {
    const dash = value !== 0 && kind === 'cusum' ? [1.2, 0.8] : [];
    const colour = kind === 'ewma' && value !== 0 ? 'hair' : 'black';
    page.stroke({ width: value === 0 ? 0.25 : 0.12, dash, colour });
    doc.line(LEFT, y(value), RIGHT, y(value));
    text.draw(sd(value, 0), LEFT - 1.5, y(value) + 0.9, { ...QC_TEXT.axis, align: 'right' });
  }
  const lines = { first: [], second: [], upper: [], lower: [] } as Record<
    'first' | 'second' | 'upper' | 'lower',
    ([number, number] | null)[]
  >;
  const ends = new Set(breaks.filter(endsLine).map((one) => one.before));
  const marks: (() => void)[] = [];
  for (const [index, run] of runs.entries()) {
    if (ends.has(index)) for (const line of Object.values(lines)) line.push(null);
    const point = run.points.get(level);
    const one = point === undefined ? undefined : drift.get(point.id);
    if (point === undefined || one === undefined) continue;
    const at = x(index);
    const value = kind === 'cusum' ? one.high : one.ewma;
    lines.first.push([at, y(value)]);
    if (kind === 'cusum') lines.second.push([at, y(-one.low)]);
    else {
      lines.upper.push([at, y(one.limit)]);
      lines.lower.push([at, y(-one.limit)]);
    }
    const signal = one.signals.find((name) => name.startsWith(kind));
    if (point.state === 'excluded') marks.push(() => page.struck(at, y(value)));
    else if (signal !== undefined) {
      const on = signal === 'cusumLow' ? -one.low : value;
      marks.push(() => page.triangle(at, y(on), signal.endsWith('High')));
    }
  }
  page.path(lines.upper, { width: 0.12, dash: [0.9, 0.7] });
  page.path(lines.lower, { width: 0.12, dash: [0.9, 0.7] });
  page.path(lines.second, { width: 0.2, dash: [1.2, 0.8] });
  page.path(lines.first, { width: 0.2 });
  for (const draw of marks) draw();
  let free = LEFT;
  for (const one of breaks.filter(endsLine)) {
    const at = x(one.before) - (RIGHT - LEFT) / Math.max(1, runs.length) / 2;
    page.stroke({ width: 0.2, dash: one.kind === 'lot' ? [] : [0.4, 0.6] });
    doc.line(at, top, at, top + LANE);
    if (kind !== 'cusum' || at < free) continue;
    const event = chart.events.find((each) => each.at === one.event?.at);
    const words = one.kind === 'lot' ? `lot ${one.to}` : ((event?.text || event?.kind) ?? 'new target');
    free = at + 2 + text.draw(words, at + 0.6, top + 2.4, QC_TEXT.axis);
  }
  page.stroke({ width: 0.2 });
  page.y = top + LANE + GAP;
}

function drawDays(page: PlotPage, { runs }: QcPlotSource, level: string, facts: QcSheetFacts): void {
  const x = xOf(runs.length);
  let last = Number.NEGATIVE_INFINITY;
  let shown = '';
  for (const [index, run] of runs.entries()) {
    const name = facts.day(run.points.get(level)?.at ?? run.at).slice(5);
    if (name === shown || x(index) < last + 9) continue;
    page.text.draw(name, x(index) - 2.6, page.y, QC_TEXT.axis);
    last = x(index);
    shown = name;
  }
  page.y += 5;
}
