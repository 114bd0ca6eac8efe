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
  /** starts[k] = where the k-th piece between separators begins; filled as far as reading has come */
  private readonly starts: number[];

  /** @param from first character of the segment in `text`, `to` = behind its last one (the terminator is not part of it) */
  constructor(context: SegmentContext, text: string, from: number, to: number, index: number) {
    this.context = context;
    this.text = text;
    this.from = from;
    this.to = to;
    this.index = index;
    this.id = text.slice(from, Math.min(from + 3, to));
    this.shift = this.id === 'MSH' || this.id === 'FHS' || this.id === 'BHS' ? 1 : 0;
    this.starts = [from];
  }

  /** The segment as sent, without its terminator. */
  get raw(): string {
    return this.text.slice(this.from, this.to);
  }

  /** The number of the last field that the segment has; 0 when it is a bare name. */
  get length(): number {
    this.startOf(Number.MAX_SAFE_INTEGER);
    return this.starts.length === 1 ? 0 : this.starts.length - 1 + this.shift;
  }

  /**
   * Field `n` (from 1, as HL7 counts: MSH-1 is the separator) as sent, escapes not resolved. Without `repeat` the whole field
   * with all its repeats, else that repeat (from 1). Absent reads as ''.
   */
  field(n: number, repeat?: number): string {
    if (repeat !== undefined) return this.rawPart(n, undefined, undefined, repeat);
    if (n === 1 && this.shift === 1) return this.context.delimiters.field;
    const start = this.startOf(n);
    return start < 0
      ? ''
      : this.text.slice(start, nextOf(this.text, this.context.codes.field, start, this.to));
  }

  /**
   * A value with its escapes resolved. Numbers count from 1. What is left out is not narrowed down: without `component` the whole
   * repeat as one text, delimiters and all; without `subcomponent` the whole component. So no value is ever cut short because
   * its sender did not escape an `&`. `repeat` is 1 when left out. Not given, absent and `""` read as '' ({@link given} tells).
   */
  value(n: number, component?: number, subcomponent?: number, repeat = 1): string {
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
    const end = nextOf(this.text, this.context.codes.field, start, this.to);
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

  /** Where field `n` begins, or -1 when the segment ends before it (or `n` is none). */
  private startOf(n: number): number {
    const wanted = n - this.shift;
    const { starts, text, to } = this;
    if (!(wanted >= 1)) return -1;
    while (starts.length <= wanted) {
      const last = starts[starts.length - 1] ?? to;
      const at = nextOf(text, this.context.codes.field, last, to);
      if (at >= to) return -1;
      starts.push(at + 1);
    }
    return starts[wanted] ?? -1;
  }
}
