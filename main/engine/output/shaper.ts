import { createRequire } from 'node:module';
import type { Bidi } from 'bidi-js';
import { Direction, Buffer as ShapingBuffer, shape } from 'harfbuzzjs';
import { fontFor, type OpenFont, openBase, type Weight } from './fonts.ts';

/**
 * From text to placed glyph outlines, for any script: order of directions (Unicode bidirectional algorithm), choice of fonts, shaping
 * (joined Arabic, Devanagari conjuncts, stacked marks). Lengths are in em: multiply by the letter size.
 */

const bidi = (createRequire(import.meta.url)('bidi-js') as () => Bidi)();
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** One drawing step of an outline; y grows upwards from the baseline. */
export type PathStep =
  | { op: 'M'; x: number; y: number }
  | { op: 'L'; x: number; y: number }
  | { op: 'Q'; x1: number; y1: number; x: number; y: number }
  | { op: 'C'; x1: number; y1: number; x2: number; y2: number; x: number; y: number }
  | { op: 'Z' };

/** A shaped line of text. */
export interface ShapedText {
  /** Advance of the whole line. */
  width: number;
  /** Outlines of all glyphs, placed, in visual order. */
  path: PathStep[];
  /** The rectangle of ink: left, right, top (up), bottom (negative below the baseline). All zero when nothing is drawn. */
  ink: { left: number; right: number; top: number; bottom: number };
  /**
   * The characters and where they stand, in visual order: a left-to-right run as a whole, a right-to-left one character by character, the
   * way text is kept in a page description. `x` and `width` in em.
   */
  spans: TextSpan[];
  /** Characters no font has. */
  missing: string[];
}

/** Characters at a place on the line. */
export interface TextSpan {
  text: string;
  x: number;
  width: number;
}

interface Run {
  text: string;
  level: number;
  font: OpenFont;
}

const outlines = new Map<string, PathStep[]>();

/** Shapes one line of text in a weight. Control characters are dropped; `missing` names characters without a glyph. */
export function shapeText(text: string, weight: Weight): ShapedText {
  const clean = text.toWellFormed().replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
  const missing = new Set<string>();
  const runs = visualOrder(splitRuns(clean, weight, missing));
  const path: PathStep[] = [];
  const spans: TextSpan[] = [];
  let pen = 0;
  for (const run of runs) pen = appendRun(run, pen, path, spans);
  return { width: pen, path, ink: inkOf(path), spans, missing: [...missing] };
}

/** Splits text where direction or font changes; a grapheme is never split. */
function splitRuns(text: string, weight: Weight, missing: Set<string>): Run[] {
  const { levels } = bidi.getEmbeddingLevels(text, 'auto');
  const runs: Run[] = [];
  for (const { segment, index } of graphemes.segment(text)) {
    const level = levels[index] ?? 0;
    const last = runs[runs.length - 1];
    const font = fontOfGrapheme(segment, weight, last?.font, missing);
    if (last !== undefined && last.level === level && last.font === font) last.text += segment;
    else runs.push({ text: segment, level, font });
  }
  return runs;
}

/** The font of the run before where it can, else the first font that has every visible character of the grapheme. */
function fontOfGrapheme(
  segment: string,
  weight: Weight,
  before: OpenFont | undefined,
  missing: Set<string>,
): OpenFont {
  const visible = [...segment].filter((char) => !/[\p{Default_Ignorable_Code_Point}]/u.test(char));
  const codes = visible.map((char) => char.codePointAt(0) ?? 0);
  const covers = (font: OpenFont): boolean => codes.every((code) => font.has(code));
  const neutral = !/\p{L}/u.test(segment);
  if (before !== undefined && neutral && covers(before)) return before;
  const candidates = [openBase(weight), ...codes.map((code) => fontFor(code, weight))];
  const found = candidates.find((font) => font !== undefined && covers(font));
  if (found !== undefined) return found;
  // A font that composes the grapheme may have it precomposed although it lacks the parts.
  const composed = segment.normalize('NFC');
  if (composed !== segment) return fontOfGrapheme(composed, weight, before, missing);
  for (const char of visible) {
    if (fontFor(char.codePointAt(0) ?? 0, weight) === undefined) missing.add(char);
  }
  return candidates.find((font) => font !== undefined) ?? openBase(weight);
}

/** Rule L2 of the bidirectional algorithm, on whole runs: reverse every sequence at or above each level, highest first. */
function visualOrder(runs: Run[]): Run[] {
  const ordered = [...runs];
  const highest = Math.max(0, ...runs.map((run) => run.level));
  for (let level = highest; level >= 1; level--) {
    let start = 0;
    while (start < ordered.length) {
      if (ordered[start]!.level < level) {
        start++;
        continue;
      }
      let end = start;
      while (end < ordered.length && ordered[end]!.level >= level) end++;
      ordered.splice(start, end - start, ...ordered.slice(start, end).reverse());
      start = end;
    }
  }
  return ordered;
}

/** Shapes a run and appends its outlines from `pen` on; returns the pen afterwards. */
function appendRun(run: Run, pen: number, path: PathStep[], spans: TextSpan[]): number {
  const buffer = new ShapingBuffer();
  buffer.addText(run.text);
  buffer.guessSegmentProperties();
  buffer.setDirection(run.level % 2 === 1 ? Direction.RTL : Direction.LTR);
  shape(run.font.font, buffer);
  const em = run.font.unitsPerEm;
  let x = pen;
  const clusters = new Map<number, { x: number; width: number }>();
  for (const glyph of buffer.getGlyphInfosAndPositions()) {
    const cluster = clusters.get(glyph.cluster);
    const advance = (glyph.xAdvance ?? 0) / em;
    if (cluster === undefined) clusters.set(glyph.cluster, { x, width: advance });
    else cluster.width += advance;
    const left = x + (glyph.xOffset ?? 0) / em;
    const up = (glyph.yOffset ?? 0) / em;
    for (const step of outlineOf(run.font, glyph.codepoint)) path.push(shifted(step, left, up));
    x += advance;
  }
  if (run.level % 2 === 0) spans.push({ text: run.text, x: pen, width: x - pen });
  else spans.push(...rightToLeftSpans(run.text, clusters));
  return x;
}

/** One span per character, left to right on the line; the characters of a ligature share its width. */
function rightToLeftSpans(text: string, clusters: Map<number, { x: number; width: number }>): TextSpan[] {
  const starts = [...clusters.keys()].sort((a, b) => a - b);
  return starts
    .flatMap((start, index) => {
      const { x, width } = clusters.get(start) ?? { x: 0, width: 0 };
      const chars = [...text.slice(start, starts[index + 1] ?? text.length)];
      const share = width / chars.length;
      return chars.map((char, at) => ({ text: char, x: x + (chars.length - 1 - at) * share, width: share }));
    })
    .sort((a, b) => a.x - b.x);
}

/** Outline of a glyph in em, at the origin. */
function outlineOf(font: OpenFont, glyph: number): PathStep[] {
  const key = `${font.key}#${glyph}`;
  const known = outlines.get(key);
  if (known !== undefined) return known;
  const steps = font.font.glyphToJson(glyph).map(({ type, values }): PathStep => {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = values.map((value) => value / font.unitsPerEm);
    switch (type) {
      case 'M':
        return { op: 'M', x: a, y: b };
      case 'L':
        return { op: 'L', x: a, y: b };
      case 'Q':
        return { op: 'Q', x1: a, y1: b, x: c, y: d };
      case 'C':
        return { op: 'C', x1: a, y1: b, x2: c, y2: d, x: e, y: f };
      default:
        return { op: 'Z' };
    }
  });
  outlines.set(key, steps);
  return steps;
}

function shifted(step: PathStep, dx: number, dy: number): PathStep {
  switch (step.op) {
    case 'M':
    case 'L':
      return { op: step.op, x: step.x + dx, y: step.y + dy };
    case 'Q':
      return { op: 'Q', x1: step.x1 + dx, y1: step.y1 + dy, x: step.x + dx, y: step.y + dy };
    case 'C':
      return {
        op: 'C',
        x1: step.x1 + dx,
        y1: step.y1 + dy,
        x2: step.x2 + dx,
        y2: step.y2 + dy,
        x: step.x + dx,
        y: step.y + dy,
      };
    case 'Z':
      return step;
  }
}

/** Bounds over end and control points: never smaller than the ink. */
function inkOf(path: PathStep[]): ShapedText['ink'] {
  let [left, right, top, bottom] = [Infinity, -Infinity, -Infinity, Infinity];
  const see = (x: number, y: number): void => {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.max(top, y);
    bottom = Math.min(bottom, y);
  };
  for (const step of path) {
    if (step.op === 'Z') continue;
    see(step.x, step.y);
    if (step.op === 'Q' || step.op === 'C') see(step.x1, step.y1);
    if (step.op === 'C') see(step.x2, step.y2);
  }
  return left === Infinity ? { left: 0, right: 0, top: 0, bottom: 0 } : { left, right, top, bottom };
}
