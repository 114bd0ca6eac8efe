import { readFileSync } from 'node:fs';
import type { jsPDF } from 'jspdf';
import { baseFontFile, openBase, type Weight } from './fonts.ts';
import { type PathStep, type ShapedText, shapeText } from './shaper.ts';

/**
 * Text of any script on a PDF page. What the embedded font has and what needs no joining or reordering is ordinary text; everything
 * else is shaped and drawn as outlines, with the characters kept for searching and copying (ActualText).
 */

const FAMILY = 'IBMPlexSans';
const STYLE: Record<Weight, 'normal' | 'bold'> = { 400: 'normal', 600: 'bold' };
const MM_PER_POINT = 25.4 / 72;

/** An sRGB colour, `#RRGGBB`. */
export type Colour = `#${string}`;

/** How a line is drawn. Lengths in mm, letter size in points. */
export interface TextStyle {
  size: number;
  weight: Weight;
  colour: Colour;
  align?: 'left' | 'right';
}

let fontFiles: Record<Weight, string> | undefined;

/** Draws and measures text on one document whose unit is the millimetre. */
export class PdfText {
  readonly #doc: jsPDF;
  readonly #shaped = new Map<string, ShapedText>();

  constructor(doc: jsPDF) {
    this.#doc = doc;
    fontFiles ??= {
      400: readFileSync(baseFontFile(400)).toString('base64'),
      600: readFileSync(baseFontFile(600)).toString('base64'),
    };
    for (const weight of [400, 600] as const) {
      const file = `${FAMILY}-${weight}.ttf`;
      doc.addFileToVFS(file, fontFiles[weight]);
      doc.addFont(file, FAMILY, STYLE[weight], undefined, 'Identity-H');
    }
  }

  /** Name of the embedded family, for tables that draw their own text. */
  get family(): string {
    return FAMILY;
  }

  /** Width of a line in mm. */
  width(text: string, style: Pick<TextStyle, 'size' | 'weight'>): number {
    const line = tidy(text);
    if (!isPlain(line, style.weight))
      return this.#shape(line, style.weight).width * style.size * MM_PER_POINT;
    this.#use(style);
    return this.#doc.getStringUnitWidth(line) * style.size * MM_PER_POINT;
  }

  /** Characters that no font has; a text with any must not be relied on. */
  missing(text: string): string[] {
    const line = tidy(text);
    return isPlain(line, 400) ? [] : this.#shape(line, 400).missing;
  }

  /** Breaks text into lines no wider than `room` mm: at spaces, within a word only where the word alone is wider. */
  wrap(text: string, room: number, style: Pick<TextStyle, 'size' | 'weight'>): string[] {
    const lines: string[] = [];
    for (const paragraph of text.split(/\r\n|\r|\n/)) {
      let line = '';
      for (const word of paragraph.split(/ +/)) {
        const longer = line === '' ? word : `${line} ${word}`;
        if (this.width(longer, style) <= room) {
          line = longer;
          continue;
        }
        if (line !== '') lines.push(line);
        line = word;
        while (this.width(line, style) > room) {
          const head = this.#headOf(line, room, style);
          if (head.length === line.length) break;
          lines.push(head);
          line = line.slice(head.length);
        }
      }
      lines.push(line);
    }
    return lines;
  }

  /** The text, or as much of it as fits `room` mm with an ellipsis. */
  shorten(text: string, room: number, style: Pick<TextStyle, 'size' | 'weight'>): string {
    if (this.width(text, style) <= room) return text;
    const head = this.#headOf(text, room - this.width('…', style), style);
    return `${head.trimEnd()}…`;
  }

  /** Draws one line with its baseline at `y`; returns its width in mm. */
  draw(text: string, x: number, y: number, style: TextStyle): number {
    const line = tidy(text);
    if (line === '') return 0;
    const width = this.width(line, style);
    const left = style.align === 'right' ? x - width : x;
    this.#use(style);
    this.#doc.setTextColor(style.colour);
    if (isPlain(line, style.weight)) this.#doc.text(line, left, y);
    else this.#drawShaped(line, left, y, style);
    return width;
  }

  /** Draws lines below each other, `step` mm apart; returns the width of the last one in mm. */
  drawLines(lines: readonly string[], x: number, y: number, step: number, style: TextStyle): number {
    let width = 0;
    for (const [index, line] of lines.entries()) width = this.draw(line, x, y + index * step, style);
    return width;
  }

  /** Draws the outlines of a text into a rectangle (mm), filling it; used where a picture of the text is to be repeated as vectors. */
  fill(text: string, x: number, y: number, w: number, h: number, weight: Weight): void {
    const shaped = this.#shape(tidy(text), weight);
    const { left, right, top, bottom } = shaped.ink;
    if (right <= left || top <= bottom) return;
    const scaleX = w / (right - left);
    const scaleY = h / (top - bottom);
    this.#outline(shaped.path, x - left * scaleX, y + top * scaleY, scaleX, scaleY, '#000000');
  }

  #headOf(word: string, room: number, style: Pick<TextStyle, 'size' | 'weight'>): string {
    const parts = [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(word)].map(
      (one) => one.segment,
    );
    let head = parts[0] ?? word;
    for (const part of parts.slice(1)) {
      if (this.width(head + part, style) > room) break;
      head += part;
    }
    return head;
  }

  #use(style: Pick<TextStyle, 'size' | 'weight'>): void {
    this.#doc.setFont(FAMILY, STYLE[style.weight]);
    this.#doc.setFontSize(style.size);
  }

  #shape(line: string, weight: Weight): ShapedText {
    const key = `${weight}${line}`;
    const known = this.#shaped.get(key);
    if (known !== undefined) return known;
    const shaped = shapeText(line, weight);
    this.#shaped.set(key, shaped);
    return shaped;
  }

  /** Outlines, and over each span one invisible letter as wide as it that stands for its characters. */
  #drawShaped(line: string, left: number, y: number, style: TextStyle): void {
    const shaped = this.#shape(line, style.weight);
    const em = style.size * MM_PER_POINT;
    this.#outline(shaped.path, left, y, em, em, style.colour);
    const letter = this.#doc.getStringUnitWidth('x') * em;
    for (const span of shaped.spans) {
      this.#write(`/Span <</ActualText <${utf16(span.text)}>>> BDC`);
      this.scaled('x', left + span.x * em, y, (span.width * em) / letter, 'invisible');
      this.#write('EMC');
    }
  }

  /** Draws text in the current font stretched sideways; the stretch ends with it. `angle` in degrees, counter-clockwise. */
  scaled(text: string, x: number, y: number, stretch: number, mode: 'fill' | 'invisible', angle = 0): void {
    this.#write('q');
    this.#doc.text(text, x, y, { renderingMode: mode, horizontalScale: Math.max(stretch, 0.01), angle });
    this.#write('Q');
  }

  /** Fills an outline given in em; scales in mm per em. */
  #outline(path: PathStep[], x: number, y: number, scaleX: number, scaleY: number, colour: Colour): void {
    const k = 1 / MM_PER_POINT;
    const height = this.#doc.internal.pageSize.getHeight();
    const px = (value: number): string => number((x + value * scaleX) * k);
    const py = (value: number): string => number((height - y + value * scaleY) * k);
    let [lastX, lastY] = [0, 0];
    const steps = path.map((step) => {
      if (step.op === 'Z') return 'h';
      let text: string;
      if (step.op === 'M') text = `${px(step.x)} ${py(step.y)} m`;
      else if (step.op === 'L') text = `${px(step.x)} ${py(step.y)} l`;
      else {
        // PDF has cubic curves only.
        const [x1, y1, x2, y2] =
          step.op === 'C'
            ? [step.x1, step.y1, step.x2, step.y2]
            : [
                lastX + ((step.x1 - lastX) * 2) / 3,
                lastY + ((step.y1 - lastY) * 2) / 3,
                step.x + ((step.x1 - step.x) * 2) / 3,
                step.y + ((step.y1 - step.y) * 2) / 3,
              ];
        text = `${px(x1)} ${py(y1)} ${px(x2)} ${py(y2)} ${px(step.x)} ${py(step.y)} c`;
      }
      [lastX, lastY] = [step.x, step.y];
      return text;
    });
    if (steps.length > 0) this.#write(`q ${rgb(colour)} rg\n${steps.join('\n')}\nf Q`);
  }

  #write(operators: string): void {
    // Part of the library's interface for its own plug-ins, missing from its types.
    const internal = this.#doc.internal as unknown as { write(text: string): void };
    internal.write(operators);
  }
}

/** Whether the embedded font shows the text rightly letter by letter, left to right. */
function isPlain(line: string, weight: Weight): boolean {
  if (/[\p{M}\p{Bidi_Control}\u200b-\u200d]/u.test(line)) return false;
  const base = openBase(weight);
  return [...line].every((char) => base.has(char.codePointAt(0) ?? 0));
}

/** Composed characters, no line breaks or controls. */
function tidy(text: string): string {
  return text
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
}

/** UTF-16 big endian with its mark, as a PDF hexadecimal string. */
function utf16(text: string): string {
  let hex = 'FEFF';
  for (let at = 0; at < text.length; at++)
    hex += text.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0');
  return hex;
}

function rgb(colour: Colour): string {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255].map((part) => number(part / 255)).join(' ');
}

/** At most three decimals: a thousandth of a point is far below what any printer shows. */
function number(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
