/**
 * One segment of a message: where it stands in the text, and reading its fields. Nothing is taken apart before it is asked for,
 * and escapes are resolved only in what is read (M5).
 */
import type { Hl7Delimiters } from './delimiters.ts';
import { type UnescapeOptions, unescapeHl7 } from './escape.ts';

/** `absent` = the segment ends before it, `empty` = not given, `delete` = `""`, else `value`. Empty never means zero. */
export type Given = 'absent' | 'empty' | 'delete' | 'value';

/** What all segments of one message have in common. */
export interface SegmentContext {
  delimiters: Hl7Delimiters;
  escapes: UnescapeOptions;
  /** character codes of the delimiters, -1 where one is not declared */
  codes: { field: number; component: number; repeat: number; escape: number; subcomponent: number };
  /** the last stretch of the text found to be without field separator: no search goes through it twice */
  clearFrom: number;
  clearTo: number;
}

/** Prepares the delimiters for reading. */
export function segmentContext(delimiters: Hl7Delimiters, escapes: UnescapeOptions = {}): SegmentContext {
  const code = (character: string): number => (character === '' ? -1 : character.charCodeAt(0));
  return {
    delimiters,
    escapes,
    codes: {
      field: code(delimiters.field),
      component: code(delimiters.component),
      repeat: code(delimiters.repeat),
      escape: code(delimiters.escape),
      subcomponent: code(delimiters.subcomponent),
    },
    clearFrom: 0,
    clearTo: 0,
  };
}

/** Position of `code` in `text` from `from` on, or `to`. Bounded, unlike `indexOf`, so that no read costs more than its segment. */
function nextOf(text: string, code: number, from: number, to: number): number {
  let at = from;
  while (at < to && text.charCodeAt(at) !== code) at += 1;
  return at;
}

export class Hl7Segment {
  /** The name: `MSH`, `OBX`, `ZXX`. As sent, also when it is none that HL7 allows. */
  readonly id: string;
  /** position in its message, 0-based */
  readonly index: number;
  private readonly context: SegmentContext;
  private readonly text: string;
  private readonly from: number;
  private readonly to: number;
  /** 1 for MSH, FHS and BHS, whose first field is the separator itself */
  private readonly shift: number;
  /** the piece that was reached last, and where it begins: reading forward costs nothing twice */
  private piece = 0;
  private pieceAt: number;
  /** where each piece begins; made as soon as somebody reads backward */
  private starts: number[] | null = null;

  /**
   * @param from first character of the segment in `text`, `to` = behind its last one (the terminator is not part of it)
   * @param id its first three characters, where the caller has them already
   */
  constructor(context: SegmentContext, text: string, from: number, to: number, index: number, id?: string) {
    this.context = context;
    this.text = text;
    this.from = from;
    this.to = to;
    this.index = index;
    this.id = id ?? text.slice(from, Math.min(from + 3, to));
    this.shift = this.id === 'MSH' || this.id === 'FHS' || this.id === 'BHS' ? 1 : 0;
    this.pieceAt = from;
  }

  /** The segment as sent, without its terminator. */
  get raw(): string {
    return this.text.slice(this.from, this.to);
  }

  /** The number of the last field that the segment has; 0 when it is a bare name. */
  get length(): number {
    const pieces = this.allStarts().length;
    return pieces === 1 ? 0 : pieces - 1 + this.shift;
  }

  /**
   * Field `n` (from 1, as HL7 counts: MSH-1 is the separator) as sent, escapes not resolved. Without `repeat` the whole field
   * with all its repeats, else that repeat (from 1). Absent reads as ''.
   */
  field(n: number, repeat?: number): string {
    if (repeat !== undefined) return this.rawPart(n, undefined, undefined, repeat);
    if (n === 1 && this.shift === 1) return this.context.delimiters.field;
    const start = this.startOf(n);
    return start < 0 ? '' : this.text.slice(start, this.fieldEnd(start));
  }

  /**
   * A value with its escapes resolved. Numbers count from 1. What is left out is not narrowed down: without `component` the whole
   * repeat as one text, delimiters and all; without `subcomponent` the whole component. So no value is ever cut short because
   * its sender did not escape an `&`. `repeat` is 1 when left out. Not given, absent and `""` read as '' ({@link given} tells).
   */
  value(n: number, component?: number, subcomponent?: number, repeat = 1): string {
    if (component === undefined && repeat === 1 && n > 2) return this.firstRepeat(n);
    const raw = this.rawPart(n, component, subcomponent, repeat);
    if (raw === '""') return '';
    return this.isDelimiters(n) ? raw : unescapeHl7(raw, this.context.delimiters, this.context.escapes);
  }

  /** How often field `n` is given: 0 when absent or empty, else the number of its repeats. */
  repeats(n: number): number {
    const raw = this.field(n);
    if (raw === '') return 0;
    const { repeat } = this.context.delimiters;
    return repeat === '' || this.isDelimiters(n) ? 1 : raw.split(repeat).length;
  }

  /** Whether a field, component or sub-component is given, and how. A whole field without `repeat` is taken with all its repeats. */
  given(n: number, component?: number, subcomponent?: number, repeat?: number): Given {
    if (!this.isDelimiters(n) && this.startOf(n) < 0) return 'absent';
    const whole = component === undefined && repeat === undefined;
    const raw = whole ? this.field(n) : this.rawPart(n, component, subcomponent, repeat ?? 1);
    return raw === '' ? 'empty' : raw === '""' ? 'delete' : 'value';
  }

  /** True when the value ends with the truncation character (HL7 2.7): its sender cut it short. */
  truncated(n: number, component?: number, subcomponent?: number, repeat = 1): boolean {
    const mark = this.context.delimiters.truncation;
    return (
      mark !== '' && !this.isDelimiters(n) && this.rawPart(n, component, subcomponent, repeat).endsWith(mark)
    );
  }

  /** All pieces of a field: repeats of components of sub-components, escapes resolved. For code that walks a whole field. */
  parts(n: number): string[][][] {
    const { repeat, component, subcomponent } = this.context.delimiters;
    const raw = this.field(n);
    if (raw === '' || raw === '""') return [];
    if (this.isDelimiters(n)) return [[[raw]]];
    const divide = (text: string, by: string): string[] => (by === '' ? [text] : text.split(by));
    return divide(raw, repeat).map((one) =>
      divide(one, component).map((piece) =>
        divide(piece, subcomponent).map((leaf) =>
          leaf === '""' ? '' : unescapeHl7(leaf, this.context.delimiters, this.context.escapes),
        ),
      ),
    );
  }

  /** True for MSH-1 and MSH-2 (FHS, BHS too): they hold the delimiters and are never taken apart. */
  private isDelimiters(n: number): boolean {
    return this.shift === 1 && n <= 2;
  }

  private rawPart(n: number, component: number | undefined, sub: number | undefined, repeat: number): string {
    if (this.shift === 1 && n <= 2) return (component ?? 1) === 1 && repeat === 1 ? this.field(n) : '';
    const start = this.startOf(n);
    if (start < 0) return '';
    const end = this.fieldEnd(start);
    return this.part(start, end, component, sub, repeat);
  }

  /** Narrows [start, end) down to a repeat, component and sub-component, and returns that text; '' when there is none. */
  private part(
    start: number,
    end: number,
    component: number | undefined,
    sub: number | undefined,
    repeat: number,
  ): string {
    const { text } = this;
    const { codes } = this.context;
    let from = start;
    let to = end;
    for (let level = 0; level < 3; level += 1) {
      const wanted = level === 0 ? repeat : level === 1 ? component : sub;
      if (wanted === undefined) continue;
      const code = level === 0 ? codes.repeat : level === 1 ? codes.component : codes.subcomponent;
      for (let skipped = 1; skipped < wanted; skipped += 1) {
        from = nextOf(text, code, from, to) + 1;
        if (from > to) return '';
      }
      to = nextOf(text, code, from, to);
    }
    return text.slice(from, to);
  }

  /** {@link value} of a whole first repeat: one look at each character. */
  private firstRepeat(n: number): string {
    const start = this.startOf(n);
    if (start < 0) return '';
    const { text, to, context } = this;
    const { field, repeat, escape: mark } = context.codes;
    let escaped = false;
    let end = start;
    for (; end < to; end += 1) {
      const code = text.charCodeAt(end);
      if (code === field || code === repeat) break;
      if (code === mark) escaped = true;
    }
    const raw = text.slice(start, end);
    if (escaped) return unescapeHl7(raw, context.delimiters, context.escapes);
    return raw === '""' ? '' : raw;
  }

  /** Where field `n` begins, or -1 when the segment ends before it (or `n` is none). */
  private startOf(n: number): number {
    const wanted = n - this.shift;
    if (!(wanted >= 1)) return -1;
    if (this.starts !== null || wanted < this.piece) return this.allStarts()[wanted] ?? -1;
    let { piece, pieceAt } = this;
    while (piece < wanted) {
      const at = this.fieldEnd(pieceAt);
      if (at >= this.to) return -1;
      pieceAt = at + 1;
      piece += 1;
      this.piece = piece;
      this.pieceAt = pieceAt;
    }
    return piece === wanted ? pieceAt : -1;
  }

  /**
   * The next field separator from `from` on, or the end of the segment. `indexOf` looks several characters at a time but does not
   * stop at the segment's end, so what it passed over is remembered: segments without separators cost one search together.
   */
  private fieldEnd(from: number): number {
    const { context, to } = this;
    if (from >= context.clearFrom && from < context.clearTo) {
      if (to <= context.clearTo) return to;
      from = context.clearTo;
    }
    const at = this.text.indexOf(context.delimiters.field, from);
    if (at >= 0 && at < to) return at;
    context.clearFrom = from;
    context.clearTo = at < 0 ? this.text.length : at;
    return to;
  }

  private allStarts(): number[] {
    if (this.starts !== null) return this.starts;
    const starts = [this.from];
    for (let at = this.from; ; ) {
      at = this.fieldEnd(at);
      if (at >= this.to) break;
      at += 1;
      starts.push(at);
    }
    this.starts = starts;
    return starts;
  }
}
