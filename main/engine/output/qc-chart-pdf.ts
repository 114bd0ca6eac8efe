/** Levey-Jennings lanes on a PDF page, as vectors. Prints in black: shapes carry every state. Lengths in mm. */
import type { jsPDF } from 'jspdf';
import type { ReviewedPoint, ReviewedTest } from '../qc/review.ts';
import type { PdfText, TextStyle } from './pdf-text.ts';

/** Height of one lane. */
export const LANE = 38;
const MOST_SD = 4.2;
const AXIS: TextStyle = { size: 6.5, weight: 400, colour: '#12181B' };
const NAME: TextStyle = { size: 7.5, weight: 600, colour: '#12181B' };
const BLACK = '#12181B';
const GREY = '#5A6770';
const WASH = '#F1F1F1';

export interface LaneBox {
  x: number;
  y: number;
  width: number;
}

/** Where every run stands on the shared axis: from 0 to 1. */
export function runPlaces(points: readonly ReviewedPoint[]): Map<string, number> {
  const runs = [...new Set(points.map((one) => one.runId || one.id))];
  return new Map(runs.map((run, at) => [run, (at + 0.5) / runs.length]));
}

/**
 * Draws the lane of one level: limits at 1, 2 and 3 SD, the line through the points in control, the others as shapes off it. The line ends at a new
 * lot (solid upright) and at a marked break (dotted upright), both named at the top.
 */
export function drawLane(
  doc: jsPDF,
  text: PdfText,
  test: ReviewedTest,
  level: string,
  box: LaneBox,
  day: (instant: string) => string,
): void {
  const left = box.x + 20;
  const right = box.x + box.width;
  const middle = box.y + LANE / 2;
  const scale = (LANE - 6) / 2 / MOST_SD;
  const yOf = (z: number) => middle - Math.max(-MOST_SD, Math.min(MOST_SD, z)) * scale;
  const places = runPlaces(test.points);
  const xOf = (point: ReviewedPoint) => left + (places.get(point.runId || point.id) ?? 0) * (right - left);
  const mine = test.points.filter((one) => one.level === level);
  text.draw(level, box.x, box.y + 3, NAME);
  doc.setFillColor(WASH);
  for (const side of [1, -1])
    doc.rect(left, Math.min(yOf(side * 2), yOf(side * 3)), right - left, scale, 'F');
  for (const sd of [-3, -2, -1, 0, 1, 2, 3]) {
    const size = Math.abs(sd);
    doc.setDrawColor(size === 1 ? '#B9C4C8' : BLACK);
    doc.setLineWidth(size === 0 ? 0.3 : size === 3 ? 0.14 : 0.1);
    doc.setLineDashPattern(size === 2 ? [1.2, 0.8] : [], 0);
    doc.line(left, yOf(sd), right, yOf(sd));
    doc.setLineDashPattern([], 0);
    if (size !== 1) {
      const label = sd === 0 ? 'mean' : `${sd > 0 ? '+' : '−'}${size} SD`;
      text.draw(label, left - 1.5, yOf(sd) + 0.9, { ...AXIS, align: 'right' });
    }
  }
  drawUprights(doc, text, test, mine, xOf, { top: box.y + 1.5, bottom: box.y + LANE - 1.5 });
  let before: ReviewedPoint | undefined;
  doc.setDrawColor(GREY);
  doc.setLineWidth(0.15);
  for (const point of mine) {
    if (point.excluded !== null || point.z === null) continue;
    if (before !== undefined && !ended(test, before, point))
      doc.line(xOf(before), yOf(before.z ?? 0), xOf(point), yOf(point.z));
    before = point;
  }
  for (const point of mine)
    drawPoint(doc, text, point, xOf(point), point.z === null ? null : yOf(point.z), box);
  drawDays(text, mine, xOf, day, box.y + LANE + 0.6);
}

/** The line ends between two points: another lot, or a marked break between them (W11). */
function ended(test: ReviewedTest, before: ReviewedPoint, after: ReviewedPoint): boolean {
  if (before.lotId !== after.lotId) return true;
  return test.events.some((one) => one.breaksWindow && before.at < one.at && one.at <= after.at);
}

function drawUprights(
  doc: jsPDF,
  text: PdfText,
  test: ReviewedTest,
  mine: readonly ReviewedPoint[],
  xOf: (point: ReviewedPoint) => number,
  { top, bottom }: { top: number; bottom: number },
): void {
  doc.setDrawColor(BLACK);
  for (const [at, point] of mine.entries()) {
    const before = mine[at - 1];
    if (before === undefined) continue;
    const x = (xOf(before) + xOf(point)) / 2;
    const mark = (name: string, dash: number[]) => {
      doc.setLineWidth(0.2);
      doc.setLineDashPattern(dash, 0);
      doc.line(x, top, x, bottom);
      doc.setLineDashPattern([], 0);
      text.draw(name, x + 0.6, top + 1.4, AXIS);
    };
    const lot = test.lots.find((one) => one.lotId === point.lotId);
    if (before.lotId !== point.lotId) mark(`lot ${lot?.lot ?? 'not known'}`, []);
    const event = test.events.find((one) => one.breaksWindow && before.at < one.at && one.at <= point.at);
    if (event !== undefined) mark(event.text || event.kind, [0.4, 0.6]);
  }
}

function drawDays(
  text: PdfText,
  mine: readonly ReviewedPoint[],
  xOf: (point: ReviewedPoint) => number,
  day: (instant: string) => string,
  y: number,
): void {
  let last = Number.NEGATIVE_INFINITY;
  let shown = '';
  for (const point of mine) {
    const name = day(point.at).slice(5);
    if (name === shown || xOf(point) < last + 9) continue;
    text.draw(name, xOf(point) - 2.6, y, AXIS);
    last = xOf(point);
    shown = name;
  }
}

function drawPoint(
  doc: jsPDF,
  text: PdfText,
  point: ReviewedPoint,
  x: number,
  y: number | null,
  box: LaneBox,
): void {
  doc.setDrawColor(BLACK);
  doc.setLineWidth(0.25);
  if (y === null) {
    text.draw('not evaluated', x - 4, box.y + LANE - 1.8, AXIS);
    return;
  }
  if (point.excluded !== null) {
    doc.setFillColor('#FFFFFF');
    doc.circle(x, y, 0.9, 'FD');
    doc.line(x - 1.3, y + 1.3, x + 1.3, y - 1.3);
  } else if (point.state === 'rejected') {
    drawRejected(doc, x, y);
    // 1-2s is part of every graver rule. At the right end the words stand before the point.
    const graver = point.rules.filter((rule) => rule !== '1-2s');
    const words = (graver.length > 0 ? graver : point.rules).join(' ');
    const fits = x + 1.9 + text.width(words, AXIS) <= box.x + box.width;
    const beside = y + (y < box.y + LANE / 2 ? -0.6 : 2.2);
    text.draw(words, fits ? x + 1.9 : x - 1.9, beside, fits ? AXIS : { ...AXIS, align: 'right' });
  } else if (point.state === 'warning') {
    doc.setFillColor('#FFFFFF');
    doc.triangle(x, y - 1.2, x - 1.15, y + 0.85, x + 1.15, y + 0.85, 'FD');
  } else if (point.state === 'notEvaluated' || point.marks.length > 0) {
    doc.setFillColor('#FFFFFF');
    doc.rect(x - 0.8, y - 0.8, 1.6, 1.6, 'FD');
  } else {
    doc.setFillColor(BLACK);
    doc.circle(x, y, 0.65, 'F');
  }
  if (point.reviews.length > 0) drawReviewed(doc, x, point.z !== null && point.z > 0 ? y + 3.1 : y - 3.1);
  if (point.z !== null && Math.abs(point.z) > MOST_SD)
    text.draw(`${point.z < 0 ? '−' : '+'}${Math.abs(point.z).toFixed(1)} SD`, x - 1.9, y + 0.9, {
      ...AXIS,
      align: 'right',
    });
}

/** A check mark: somebody wrote something down about the point. */
export function drawReviewed(doc: jsPDF, x: number, y: number): void {
  doc.setDrawColor(BLACK);
  doc.setLineWidth(0.3);
  const steps: [number, number][] = [
    [0.6, 0.7],
    [1.1, -1.4],
  ];
  doc.lines(steps, x - 0.9, y, [1, 1], 'S', false);
  doc.setLineWidth(0.25);
}

/** A filled octagon with a white cross. */
export function drawRejected(doc: jsPDF, x: number, y: number): void {
  const r = 1.45;
  const a = r * 0.414;
  const steps: [number, number][] = [
    [2 * a, 0],
    [r - a, r - a],
    [0, 2 * a],
    [a - r, r - a],
    [-2 * a, 0],
    [a - r, a - r],
    [0, -2 * a],
  ];
  doc.setFillColor(BLACK);
  doc.lines(steps, x - a, y - r, [1, 1], 'F', true);
  doc.setDrawColor('#FFFFFF');
  doc.setLineWidth(0.35);
  doc.line(x - 0.6, y - 0.6, x + 0.6, y + 0.6);
  doc.line(x - 0.6, y + 0.6, x + 0.6, y - 0.6);
  doc.setDrawColor(BLACK);
}
