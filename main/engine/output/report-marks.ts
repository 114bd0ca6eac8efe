import type { jsPDF } from 'jspdf';
import type { ReportFlag } from '../../../shared/reports/content.ts';
import type { Colour, PdfText } from './pdf-text.ts';

/** Colours of a report on white paper; each has a contrast of at least 4.5 on it. Nothing depends on them. */
export const INK = {
  text: '#12181B',
  second: '#44515A',
  third: '#5A6770',
  line: '#B9C4C8',
  hair: '#DDE3E5',
  critical: '#B0101C',
  abnormal: '#844700',
  corrected: '#73308A',
  paper: '#FFFFFF',
} as const satisfies Record<string, Colour>;

/** The word beside the shape. */
const WORDS: Record<ReportFlag, string> = {
  '': '',
  L: 'L',
  H: 'H',
  A: 'abnormal',
  LL: 'LL critical',
  HH: 'HH critical',
  AA: 'critical',
};

/** Colour of a value with a flag. */
export function flagColour(flag: ReportFlag): Colour {
  if (flag === '') return INK.text;
  return isCritical(flag) ? INK.critical : INK.abnormal;
}

/** Whether a flag is a critical one. */
export function isCritical(flag: ReportFlag): boolean {
  return flag === 'LL' || flag === 'HH' || flag === 'AA';
}

/**
 * Draws the mark of a flag: critical a solid block with two triangles and the word, abnormal one triangle and the letter. `x` is the left
 * edge and `y` the text's baseline, in mm. Returns the width.
 */
export function drawFlag(doc: jsPDF, text: PdfText, flag: ReportFlag, x: number, y: number): number {
  if (flag === '') return 0;
  const word = WORDS[flag];
  const style = { size: 8, weight: 600, colour: flagColour(flag) } as const;
  if (!isCritical(flag)) {
    drawTriangles(doc, flag, x, y, 1, style.colour);
    return 3.2 + text.draw(word, x + 3.2, y, style);
  }
  const width = 6 + text.width(word, style);
  doc.setFillColor(INK.critical);
  doc.roundedRect(x, y - 3, width, 4.1, 0.6, 0.6, 'F');
  drawTriangles(doc, flag, x + 1.2, y, 2, INK.paper);
  text.draw(word, x + 4.6, y, { ...style, colour: INK.paper });
  return width;
}

/** One or two triangles, up for high, down for low; a diamond where there is no direction. */
function drawTriangles(
  doc: jsPDF,
  flag: ReportFlag,
  x: number,
  y: number,
  count: 1 | 2,
  colour: Colour,
): void {
  doc.setFillColor(colour);
  const w = 2.3;
  if (flag === 'A' || flag === 'AA') {
    doc.lines(
      [
        [w / 2, -w / 2],
        [w / 2, w / 2],
        [-w / 2, w / 2],
        [-w / 2, -w / 2],
      ],
      x,
      y - 1,
      [1, 1],
      'F',
      true,
    );
    return;
  }
  const up = flag === 'H' || flag === 'HH';
  const h = count === 1 ? 1.9 : 1.25;
  for (let index = 0; index < count; index++) {
    const bottom = y - 0.1 - index * 1.35;
    if (up) doc.triangle(x, bottom, x + w, bottom, x + w / 2, bottom - h, 'F');
    else doc.triangle(x, bottom - h, x + w, bottom - h, x + w / 2, bottom, 'F');
  }
}

/** Two lines and a stroke across: something was amended. 3 mm wide. */
export function drawAmend(doc: jsPDF, x: number, y: number): void {
  doc.setDrawColor(INK.corrected);
  doc.setLineWidth(0.35);
  doc.line(x, y - 2, x + 1.6, y - 2);
  doc.line(x, y - 0.9, x + 1.1, y - 0.9);
  doc.line(x + 1.4, y, x + 3, y - 2.4);
  doc.line(x + 1.4, y, x + 1.3, y + 0.5);
}

/** A seal with a tick: signed. 3.4 mm wide, standing on the baseline. */
export function drawSeal(doc: jsPDF, x: number, y: number): void {
  doc.setFillColor(INK.text);
  doc.circle(x + 1.7, y - 1.2, 1.7, 'F');
  doc.setDrawColor(INK.paper);
  doc.setLineWidth(0.4);
  doc.lines(
    [
      [0.6, 0.7],
      [1.1, -1.4],
    ],
    x + 0.9,
    y - 1.1,
    [1, 1],
    'S',
    false,
  );
}

/** An octagon with a bar: specimen not acceptable, preview. 3 mm wide, standing on the baseline. */
export function drawStop(doc: jsPDF, x: number, y: number, colour: Colour): void {
  const [a, b] = [0.88, 1.24];
  doc.setFillColor(colour);
  const octagon: [number, number][] = [
    [b, 0],
    [a, a],
    [0, b],
    [-a, a],
    [-b, 0],
    [-a, -a],
    [0, -b],
  ];
  doc.lines(octagon, x + a, y - 2.6, [1, 1], 'F', true);
  doc.setFillColor(INK.paper);
  doc.rect(x + 0.7, y - 1.35, 1.6, 0.5, 'F');
}
