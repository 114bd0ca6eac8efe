/** Cuts the text of a file or block into records: RFC 4180 and what stands in for it in the field. Pure and linear in the length of the text. */
import { fromBinary } from '../../protocols/astm/bytes.ts';
import { type CharsetName, charset } from '../../protocols/astm/charset.ts';
import { isUtf8 } from '../../protocols/hl7/charset.ts';
import type { Layout } from '../schema/layout.ts';

/** One record. */
export interface Line {
  /** of its first line in the text, from 1 */
  number: number;
  /** as it stands there, without its line break */
  text: string;
  /** delimited: its cells, quotes resolved, not trimmed; else empty */
  cells: string[];
  /** ended by a line break or the end of a block; false: the last one of a file, which may have been cut */
  ended: boolean;
  /** why it cannot be cut into cells */
  fault: string | null;
}

/**
 * The text of a file: by its byte order mark (UTF-8, UTF-16), else by the profile's character set, or by 8859/1 where that is UTF-8 and the file, up to
 * its last line break, is not: so programs of Windows write it. `problem` says why it is no text.
 * @param binary one character (0..255) per byte
 */
export function textOf(binary: string, layout: Layout): { text: string; problem: string | null } {
  if (binary.startsWith('\xff\xfe') || binary.startsWith('\xfe\xff')) return utf16(binary);
  const marked = binary.startsWith('\xef\xbb\xbf');
  const text = charset(marked ? 'utf8' : charsetOf(binary, layout)).decode(marked ? binary.slice(3) : binary);
  // Old systems end a text file with this.
  return { text: text.endsWith('\x1a') ? text.slice(0, -1) : text, problem: null };
}

/** Bytes that have no character in 8859/1 tell of yet another set: then the profile's holds, and what does not fit is held. */
function charsetOf(binary: string, layout: Layout): CharsetName {
  if (layout.charset !== 'utf8' || !/[\xa0-\xff]/.test(binary) || /[\x80-\x9f]/.test(binary))
    return layout.charset;
  const ended = binary.slice(0, Math.max(binary.lastIndexOf('\n'), binary.lastIndexOf('\r')) + 1);
  return isUtf8(fromBinary(ended === '' ? binary : ended)) ? 'utf8' : 'latin1';
}

function utf16(binary: string): { text: string; problem: string | null } {
  const little = binary.charCodeAt(0) === 0xff;
  if (binary.length % 2 !== 0) return { text: '', problem: 'It ends in the middle of a character.' };
  const parts: string[] = [];
  for (let at = 2; at < binary.length; at += 2) {
    const [a, b] = [binary.charCodeAt(at), binary.charCodeAt(at + 1)];
    parts.push(String.fromCharCode(little ? a | (b << 8) : (a << 8) | b));
  }
  return { text: parts.join('').toWellFormed(), problem: null };
}

/** Records of a text, in order. Empty lines, and lines of nothing but separators and space, are none. */
export function cutLines(text: string, layout: Layout, ended: boolean): Line[] {
  if (layout.record === 'block') {
    const whole = { number: 1, text, cells: [], ended, fault: null };
    const lines = layout.form === 'delimited' ? [{ ...whole, cells: text.split(layout.separator) }] : [whole];
    return text.trim() === '' ? [] : lines;
  }
  const lines = layout.form === 'delimited' ? cutDelimited(text, layout) : cutPlain(text);
  if (ended) for (const line of lines) line.ended = true;
  return lines.filter((line) =>
    layout.form === 'delimited' && line.fault === null
      ? line.cells.some((cell) => cell.trim() !== '')
      : line.text.trim() !== '',
  );
}

/** Where the line break at or behind `from` begins; the text's length when there is none. */
function lineEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const byte = text.charCodeAt(at);
    if (byte === 10 || byte === 13) return at;
  }
  return text.length;
}

/** Behind the line break at `at`: LF, CR or CRLF. */
function behindBreak(text: string, at: number): number {
  return at + (text.startsWith('\r\n', at) ? 2 : 1);
}

function cutPlain(text: string): Line[] {
  const lines: Line[] = [];
  for (let at = 0, number = 1; at < text.length; number += 1) {
    const end = lineEnd(text, at);
    lines.push({ number, text: text.slice(at, end), cells: [], ended: end < text.length, fault: null });
    at = behindBreak(text, end);
  }
  return lines;
}

function breaksIn(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}

function cutDelimited(text: string, layout: Layout): Line[] {
  const lines: Line[] = [];
  const cutter = new Cutter(text, layout);
  for (let number = 1; !cutter.done; ) {
    const line = cutter.line(number);
    lines.push(line);
    number += breaksIn(line.text) + 1;
  }
  return lines;
}

/** The next place of something at or behind ever later places: what was found is remembered, so that all looking together is linear. */
class Finder {
  readonly #find: (from: number) => number;
  #from = 0;
  #found = -1;

  constructor(find: (from: number) => number) {
    this.#find = find;
  }

  next(from: number): number {
    if (this.#found < from || from < this.#from) {
      this.#from = from;
      this.#found = this.#find(from);
    }
    return this.#found;
  }
}

class Cutter {
  readonly #text: string;
  readonly #separator: string;
  readonly #quote: string;
  readonly #separators: Finder;
  readonly #quotes: Finder;
  readonly #breaks: Finder;
  #at = 0;
  /** False once a quote was found that is never closed: from there on quoted text ends with its line, or the rest of the file would be one cell. */
  #spanning = true;

  constructor(text: string, layout: Layout) {
    this.#text = text;
    this.#separator = layout.separator;
    this.#quote = layout.quote;
    const finder = (needle: string) =>
      new Finder((from) => {
        const at = text.indexOf(needle, from);
        return at < 0 ? text.length : at;
      });
    this.#separators = finder(layout.separator);
    this.#quotes = finder(layout.quote);
    this.#breaks = new Finder((from) => lineEnd(text, from));
  }

  get done(): boolean {
    return this.#at >= this.#text.length;
  }

  line(number: number): Line {
    const text = this.#text;
    const start = this.#at;
    const cells: string[] = [];
    let fault: string | null = null;
    for (;;) {
      const cell = this.#cell();
      if (typeof cell === 'string') cells.push(cell);
      else {
        fault = cell.fault;
        break;
      }
      if (!text.startsWith(this.#separator, this.#at)) break;
      this.#at += this.#separator.length;
    }
    const end = this.#at;
    const ended = end < text.length;
    this.#at = ended ? behindBreak(text, end) : end;
    return { number, text: text.slice(start, end), cells, ended, fault };
  }

  /** The cell at the current place, which is left at the separator, line break or end behind it. */
  #cell(): string | { fault: string } {
    const text = this.#text;
    const opened = this.#at;
    if (this.#quote === '' || !text.startsWith(this.#quote, opened)) {
      this.#at = Math.min(this.#breaks.next(opened), this.#separators.next(opened));
      return text.slice(opened, this.#at);
    }
    const parts: string[] = [];
    for (let from = opened + 1; ; ) {
      const limit = this.#spanning ? text.length : this.#breaks.next(from);
      const close = this.#quotes.next(from);
      if (close >= limit) {
        this.#spanning = false;
        this.#at = lineEnd(text, opened);
        return { fault: 'A quote is not closed.' };
      }
      parts.push(text.slice(from, close));
      from = close + 2;
      if (text.startsWith(this.#quote, close + 1)) parts.push(this.#quote);
      else {
        this.#at = close + 1;
        break;
      }
    }
    const end = this.#at;
    const next = text.charCodeAt(end);
    if (end >= text.length || next === 10 || next === 13 || text.startsWith(this.#separator, end))
      return parts.join('');
    this.#at = this.#breaks.next(end);
    return { fault: 'Text follows a closing quote.' };
  }
}
