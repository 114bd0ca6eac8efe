/** Escape sequences of HL7 v2 (M5). A value is unescaped exactly once, and only when it is read. */
import type { Hl7Delimiters } from './delimiters.ts';

export interface UnescapeOptions {
  /** `\H\` and `\N\` (highlighting on and off): left out (default) or kept as sent */
  highlighting?: 'remove' | 'keep';
  /** Bytes of `\Xhh..\` to text, in the message's character set (M6). Default: one character per byte (8859/1). */
  hex?: (bytes: Uint8Array) => string;
  /** Told of every escape character that begins no sequence (`loose`), and of sequences we cannot resolve (`foreign`). */
  onKept?: (kind: 'loose' | 'foreign', at: number) => void;
}

/** Most line breaks or spaces that one `\.sp..\` or `\.sk..\` may stand for, so that a small message stays small. */
const MOST_FILL = 200;
/** All of them in one value together; what is beyond is no longer than the sequence that asks for it. */
const MOST_FILL_OF_VALUE = 4000;

/**
 * Resolves the escapes of a value (M5): `\F\ \S\ \T\ \R\ \E\ \P\` and `\Xhh..\` give their characters, `\.br\ \.sp\ \.ce\` line
 * breaks, `\.skN\` spaces; `\.in\ \.ti\ \.fi\ \.nf\` and highlighting vanish. `\Cxxyy\ \Mxxyyzz\` (other character sets),
 * `\Z..\` (local) and whatever is no sequence stay as sent. Once only: `\E\F\E\` is the text `\F\`.
 * @param text raw text between two delimiters
 */
export function unescapeHl7(text: string, delimiters: Hl7Delimiters, options: UnescapeOptions = {}): string {
  const mark = delimiters.escape;
  if (mark === '') return text;
  let at = text.indexOf(mark);
  if (at < 0) return text;
  let out = '';
  let from = 0;
  let fill = 0;
  while (at >= 0) {
    const end = text.indexOf(mark, at + 1);
    if (end < 0) {
      options.onKept?.('loose', at);
      break;
    }
    const code = text.slice(at + 1, end);
    const divided = code.length > 1 && holdsDelimiter(code, delimiters);
    const meaning = divided ? null : meaningOf(code, delimiters, options);
    if (meaning === null && (divided || !mayBeSequence(code))) {
      // No sequence looks like this: the character stands for itself, and the next one may begin a real sequence.
      options.onKept?.('loose', at);
      at = end;
      continue;
    }
    if (meaning === null) {
      if (code !== 'H' && code !== 'N') options.onKept?.('foreign', at);
    } else {
      // Only fills are longer than what stands for them.
      if (meaning.length > code.length + 2) fill += meaning.length;
      out += text.slice(from, at) + (fill > MOST_FILL_OF_VALUE ? meaning.slice(0, code.length + 2) : meaning);
      from = end + 1;
    }
    at = text.indexOf(mark, end + 1);
  }
  return out + text.slice(from);
}

/** A sequence never reaches over a delimiter; the text may be a whole field with its components. */
function holdsDelimiter(code: string, delimiters: Hl7Delimiters): boolean {
  const { field, component, repeat, subcomponent } = delimiters;
  for (const one of [field, component, repeat, subcomponent]) {
    if (one !== '' && code.includes(one)) return true;
  }
  return false;
}

/** Sequences with a form of their own that we keep as sent: other character sets, local ones, delimiters not declared. */
function mayBeSequence(code: string): boolean {
  return /^(?:C[0-9A-Fa-f]{4}|M[0-9A-Fa-f]{4,6}|Z[^\r\n]*|[TRPHN])$/.test(code);
}

function meaningOf(code: string, delimiters: Hl7Delimiters, options: UnescapeOptions): string | null {
  switch (code) {
    case 'F':
      return delimiters.field;
    case 'S':
      return delimiters.component;
    case 'T':
      return delimiters.subcomponent || null;
    case 'R':
      return delimiters.repeat || null;
    case 'E':
      return delimiters.escape;
    case 'P':
      return delimiters.truncation || null;
    case 'H':
    case 'N':
      return options.highlighting === 'keep' ? null : '';
    default:
      break;
  }
  if (code.charAt(0) === '.') return formatting(code);
  if (!/^X(?:[0-9A-Fa-f]{2})+$/.test(code)) return null;
  const bytes = new Uint8Array((code.length - 1) / 2);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = Number.parseInt(code.slice(1 + 2 * i, 3 + 2 * i), 16);
  if (options.hex !== undefined) return options.hex(bytes);
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

/** Formatting commands of the type FT: only what changes the words' lines is kept, positions on a page are not. */
function formatting(code: string): string | null {
  const match = /^\.(br|sp|sk|in|ti|fi|nf|ce) ?([+-]?)(\d{0,6})$/i.exec(code);
  if (match === null) return null;
  const [, name = '', sign, digits = ''] = match;
  const count = sign === '-' ? 0 : Math.min(digits === '' ? 1 : Number(digits), MOST_FILL);
  switch (name.toLowerCase()) {
    case 'br':
    case 'ce':
      return '\n';
    case 'sp':
      return '\n'.repeat(Math.max(1, count));
    case 'sk':
      return ' '.repeat(count);
    default:
      return '';
  }
}

export interface EscapeOptions {
  /** A line break inside a value: `br` = `\.br\` (default; CR LF, CR and LF are one break), `hex` = `\X0D\` and `\X0A\`, exact. */
  lineBreaks?: 'br' | 'hex';
}

/**
 * Inverse of {@link unescapeHl7}: delimiters become their letters, line breaks `\.br\` or hexadecimal, other control characters
 * `\Xhh\`, so that a value can neither end its field nor its segment. A value that is exactly `""` is sent in hexadecimal: as it
 * stands it would mean "delete".
 * @throws {RangeError} when the delimiters have no escape character
 */
export function escapeHl7(text: string, delimiters: Hl7Delimiters, options: EscapeOptions = {}): string {
  const mark = delimiters.escape;
  if (mark === '') throw new RangeError('Values cannot be escaped without an escape character');
  if (text === '""') return `${mark}X2222${mark}`;
  let out = '';
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const letter = letterOf(text.charAt(at), delimiters);
    if (letter === null) continue;
    out += text.slice(from, at);
    const lineBreak = (letter === 'X0D' || letter === 'X0A') && options.lineBreaks !== 'hex';
    if (lineBreak && letter === 'X0D' && text.charAt(at + 1) === '\n') at += 1;
    out += mark + (lineBreak ? '.br' : letter) + mark;
    from = at + 1;
  }
  return from === 0 ? text : out + text.slice(from);
}

function letterOf(character: string, delimiters: Hl7Delimiters): string | null {
  switch (character) {
    case delimiters.escape:
      return 'E';
    case delimiters.field:
      return 'F';
    case delimiters.component:
      return 'S';
    case delimiters.subcomponent:
      return 'T';
    case delimiters.repeat:
      return 'R';
    case delimiters.truncation:
      return 'P';
    default:
      break;
  }
  const code = character.charCodeAt(0);
  if (code >= 32 && code !== 127) return null;
  return `X${code.toString(16).toUpperCase().padStart(2, '0')}`;
}

/**
 * Counts, without resolving anything, the escape characters in [from, to) that begin no sequence (`loose`) and the sequences
 * that stay as sent (`foreign`). The text may hold several values; a sequence never reaches over a delimiter.
 */
export function oddEscapes(
  text: string,
  from: number,
  to: number,
  delimiters: Hl7Delimiters,
): { loose: number; foreign: number } {
  const found = { loose: 0, foreign: 0 };
  const { field, component, repeat, subcomponent, escape: mark } = delimiters;
  const stops = `${field}${component}${repeat}${subcomponent}${mark}\r`;
  for (let at = text.indexOf(mark, from); at >= 0 && at < to; ) {
    if (text.charAt(at + 2) === mark && at + 2 < to && 'FSTREHN'.includes(text.charAt(at + 1))) {
      at = text.indexOf(mark, at + 3);
      continue;
    }
    let end = at + 1;
    while (end < to && !stops.includes(text.charAt(end))) end += 1;
    if (end >= to || text.charAt(end) !== mark) {
      found.loose += 1;
      at = text.indexOf(mark, end);
      continue;
    }
    const code = text.slice(at + 1, end);
    if (code.length !== 1 || !'FSTREPHN'.includes(code)) {
      if (meaningOf(code, delimiters, {}) === null) {
        if (!mayBeSequence(code)) {
          found.loose += 1;
          at = end;
          continue;
        }
        found.foreign += 1;
      }
    }
    at = text.indexOf(mark, end + 1);
  }
  return found;
}
