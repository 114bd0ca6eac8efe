import type { PictureBox, TextPicture } from '../../../shared/labels/model.ts';
import { type PathStep, type ShapedText, shapeText } from './shaper.ts';

/**
 * Pictures of text for label printers that have no letters for a script: shaped by the engine's fonts and turned into black dots. Works
 * the same for every printer, and what the preview shows is dot for dot what is printed.
 */

/** Sub-rows per dot row when areas are measured. */
const SUBROWS = 4;

/** A dot is black from this share of its area on: a little under half keeps thin strokes whole. */
const THRESHOLD = 0.42;

/** Letters are not made smaller than this part of the wanted size before the text is cut. */
const SMALLEST = 0.6;

/** The smallest letters of text that may not be cut, as part of the wanted size. */
const SMALLEST_UNCUT = 0.45;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * Draws one line of text, semi-bold, into a picture no larger than the box where that is possible: letters shrink to 60 % of the wanted size,
 * then the end becomes an ellipsis (or, where it must not be cut, letters shrink to 45 %). A picture wider than
 * the box means the text does not fit; `missing` names characters that no font has.
 */
export function rasteriseText(text: string, box: PictureBox): TextPicture {
  const whole = shapeText(text, 600);
  const least = box.ellipsis ? SMALLEST : SMALLEST_UNCUT;
  const size = fittingSize(whole, box);
  if (size >= box.size * least || !box.ellipsis) {
    return draw(whole, Math.max(size, box.size * least), text);
  }
  const parts = [...graphemes.segment(text)].map((part) => part.segment);
  for (let keep = parts.length - 1; keep > 0; keep--) {
    const shown = `${parts.slice(0, keep).join('').trimEnd()}…`;
    const shaped = shapeText(shown, 600);
    const cutSize = fittingSize(shaped, box);
    if (cutSize >= box.size * least) return { ...draw(shaped, cutSize, shown), missing: whole.missing };
  }
  return draw(whole, box.size * least, text);
}

/** The largest letter size, at most the wanted one, at which the ink fits the box. */
function fittingSize(shaped: ShapedText, box: PictureBox): number {
  const { left, right, top, bottom } = shaped.ink;
  // One dot is kept free on each axis: edges round outwards to whole dots.
  const byWidth = right > left ? (box.maxWidth - 1) / (right - left) : box.size;
  const byHeight = top > bottom ? (box.maxHeight - 1) / (top - bottom) : box.size;
  return Math.min(box.size, byWidth, byHeight);
}

function draw(shaped: ShapedText, size: number, shown: string): TextPicture {
  const { ink } = shaped;
  const width = Math.max(1, Math.ceil((ink.right - ink.left) * size));
  const baseline = Math.ceil(ink.top * size);
  const height = Math.max(1, baseline + Math.ceil(-ink.bottom * size));
  const edges = edgesOf(shaped.path, size, -ink.left * size, baseline);
  return { width, height, rows: fill(edges, width, height), shown, baseline, missing: shaped.missing };
}

interface Edge {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  winding: 1 | -1;
}

/** Straightens an outline into edges in dots, y downwards; horizontal edges are left out. */
function edgesOf(path: PathStep[], size: number, dx: number, baseline: number): Edge[] {
  const edges: Edge[] = [];
  let [startX, startY, x, y] = [0, 0, 0, 0];
  const lineTo = (toX: number, toY: number): void => {
    if (toY > y) edges.push({ x0: x, y0: y, x1: toX, y1: toY, winding: 1 });
    else if (toY < y) edges.push({ x0: toX, y0: toY, x1: x, y1: y, winding: -1 });
    x = toX;
    y = toY;
  };
  const curveTo = (from: Point, one: Point, two: Point | undefined, end: Point): void => {
    const reach = Math.abs(end.x - from.x) + Math.abs(end.y - from.y) + Math.abs(one.x - from.x);
    const pieces = Math.max(2, Math.min(12, Math.ceil(reach / 2)));
    for (let piece = 1; piece <= pieces; piece++) {
      const at =
        two === undefined
          ? onQuadratic(from, one, end, piece / pieces)
          : onCubic(from, one, two, end, piece / pieces);
      lineTo(at.x, at.y);
    }
  };
  const px = (value: number): number => value * size + dx;
  const py = (value: number): number => baseline - value * size;
  for (const step of path) {
    if (step.op === 'Z') {
      lineTo(startX, startY);
    } else if (step.op === 'M') {
      lineTo(startX, startY);
      [startX, startY] = [px(step.x), py(step.y)];
      [x, y] = [startX, startY];
    } else if (step.op === 'L') {
      lineTo(px(step.x), py(step.y));
    } else {
      const one = { x: px(step.x1), y: py(step.y1) };
      const two = step.op === 'C' ? { x: px(step.x2), y: py(step.y2) } : undefined;
      curveTo({ x, y }, one, two, { x: px(step.x), y: py(step.y) });
    }
  }
  lineTo(startX, startY);
  return edges;
}

interface Point {
  x: number;
  y: number;
}

function onQuadratic(from: Point, one: Point, end: Point, t: number): Point {
  const [a, b, c] = [(1 - t) ** 2, 2 * (1 - t) * t, t * t];
  return { x: a * from.x + b * one.x + c * end.x, y: a * from.y + b * one.y + c * end.y };
}

function onCubic(from: Point, one: Point, two: Point, end: Point, t: number): Point {
  const [a, b, c, d] = [(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t ** 3];
  return {
    x: a * from.x + b * one.x + c * two.x + d * end.x,
    y: a * from.y + b * one.y + c * two.y + d * end.y,
  };
}

/** Fills by the non-zero rule: measures the covered area of each dot and packs the dots into rows. */
function fill(edges: Edge[], width: number, height: number): string[] {
  const rows: string[] = [];
  const cover = new Float64Array(width);
  for (let row = 0; row < height; row++) {
    cover.fill(0);
    for (let sub = 0; sub < SUBROWS; sub++) {
      const at = row + (sub + 0.5) / SUBROWS;
      const crossings = edges
        .filter((edge) => edge.y0 <= at && edge.y1 > at)
        .map((edge) => ({
          x: edge.x0 + ((at - edge.y0) / (edge.y1 - edge.y0)) * (edge.x1 - edge.x0),
          winding: edge.winding,
        }))
        .sort((a, b) => a.x - b.x);
      let winding = 0;
      crossings.forEach((crossing, index) => {
        winding += crossing.winding;
        const next = crossings[index + 1];
        if (winding !== 0 && next !== undefined) addSpan(cover, crossing.x, next.x);
      });
    }
    rows.push(packRow(cover, width));
  }
  return rows;
}

function addSpan(cover: Float64Array, from: number, to: number): void {
  const first = Math.max(0, Math.floor(from));
  const last = Math.min(cover.length - 1, Math.ceil(to) - 1);
  for (let dot = first; dot <= last; dot++) {
    cover[dot] = (cover[dot] ?? 0) + Math.max(0, Math.min(to, dot + 1) - Math.max(from, dot)) / SUBROWS;
  }
}

function packRow(cover: Float64Array, width: number): string {
  let row = '';
  for (let byte = 0; byte < Math.ceil(width / 8); byte++) {
    let value = 0;
    for (let bit = 0; bit < 8; bit++) {
      const black = (cover[byte * 8 + bit] ?? 0) >= THRESHOLD;
      value = (value << 1) | (black ? 1 : 0);
    }
    row += value.toString(16).toUpperCase().padStart(2, '0');
  }
  return row;
}
