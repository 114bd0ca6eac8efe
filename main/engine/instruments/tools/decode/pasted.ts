/** From what a person pastes to bytes: a hex dump in any usual dress, control characters by name, escapes, or plain text. Pure. */
import type { Protocol } from '../../../../../shared/profiles/profile.ts';
import { concatBytes, fromBinary } from '../../../../../shared/protocols/astm/bytes.ts';

export type PastedForm = 'hex' | 'names' | 'escapes' | 'plain';

export interface Pasted {
  form: PastedForm;
  bytes: Uint8Array;
  /** In words: what had to be assumed. */
  notes: string[];
}

const NAMES = [
  'NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US',
]
  .join(' ')
  .split(' ');
const BY_NAME = new Map(NAMES.map((name, code) => [name, code]));
for (const [name, code] of [
  ['SB', 11],
  ['EB', 28],
  ['TAB', 9],
  ['SP', 32],
  ['DEL', 127],
] as const)
  BY_NAME.set(name, code);

/** `ENQ` for 5; empty for a byte that is no control character. */
export function controlName(byte: number): string {
  return byte === 127 ? 'DEL' : (NAMES[byte] ?? '');
}

const NAMED = /[<[{]([A-Za-z]{2,3}[1-4]?|[0-9A-Fa-f]{2}|0x[0-9A-Fa-f]{2})[>\]}]/g;
const ESCAPED = /\\x[0-9A-Fa-f]{2}|\\u00[0-9A-Fa-f]{2}/;

/** Lines of text that are records of ASTM or segments of HL7. */
const RECORDS = /^([0-7]?[HPORCQLMS][^A-Za-z0-9\s,;]|[A-Z][A-Z0-9]{2}\|)/m;

/**
 * Reads pasted text. Never throws: what is none of the other forms is plain text.
 * @param protocol when it is known: line breaks of plain text end records in ASTM and HL7, and stand for themselves in files and streams
 */
export function readPasted(text: string, protocol: Protocol | 'auto' = 'auto'): Pasted {
  const hex = readHex(text);
  if (hex !== null) return { form: 'hex', bytes: hex, notes: [] };
  if (/[\u2400-\u2421]/.test(text)) return readNamed(picturesAsNames(text));
  if ([...text.matchAll(NAMED)].some(([whole, name]) => isControlName(whole, name ?? '')))
    return readNamed(text);
  if (ESCAPED.test(text)) return readEscaped(text);
  const records = protocol === 'auto' ? RECORDS.test(text) : protocol === 'astm' || protocol === 'hl7';
  return records ? readPlain(text) : { form: 'plain', bytes: encode(text), notes: [] };
}

function isControlName(whole: string, name: string): boolean {
  if (BY_NAME.has(name.toUpperCase())) return true;
  return whole.startsWith('<') && /^(0x)?[0-9a-f]{2}$/i.test(name);
}

const OFFSET = /^\s*(?:0x)?([0-9A-Fa-f]{4,16})[:h]?[ \t]+/;

/**
 * A hex dump: every line is an optional offset, pairs of hex digits (with spaces, commas, hyphens, `0x`), and an optional column of
 * characters. Null when a line is anything else, or when it would be fewer than two bytes.
 */
function readHex(text: string): Uint8Array | null {
  const dump = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '');
  const starts = offsetsOf(dump);
  const bytes: number[] = [];
  for (const [i, line] of dump.entries()) {
    const start = starts?.[i] ?? 0;
    const most = starts === null ? line.length : (starts[i + 1] ?? start + 4096) - start;
    const found = hexLine(starts === null ? line : line.replace(OFFSET, ''), most);
    if (found === null) return null;
    for (const byte of found) bytes.push(byte);
  }
  return bytes.length < 2 ? null : Uint8Array.from(bytes);
}

/** Offsets are told from bytes by what they count: the first is a multiple of 16, and each is larger than the one before. */
function offsetsOf(dump: readonly string[]): number[] | null {
  const starts = dump.map((line) => Number.parseInt(OFFSET.exec(line)?.[1] ?? 'none', 16));
  const rising = starts.every((start, i) => (i === 0 ? start % 16 === 0 : start > (starts[i - 1] ?? 0)));
  return rising && starts.length > 0 ? starts : null;
}

/** @param most bytes this line may have: what stands behind them is the column of characters */
function hexLine(line: string, most: number): number[] | null {
  const [body = ''] = line.split('|', 1);
  const bytes: number[] = [];
  for (const match of body.matchAll(/([\s,;:-]*)([^\s,;:-]+)/g)) {
    const [, gap = '', token = ''] = match;
    if (token.startsWith('#') || bytes.length >= most) break;
    const rest = body.slice(match.index + gap.length).trimEnd();
    const column = bytes.length > 0 && /\s\s$/.test(gap);
    if (column && rest.length === bytes.length) break;
    const digits = token.replace(/^0x/i, '').replace(/h$/i, '');
    if (!/^[0-9A-Fa-f]+$/.test(digits) || digits.length % 2 !== 0) {
      if (column) break;
      return null;
    }
    for (let at = 0; at < digits.length; at += 2) bytes.push(Number.parseInt(digits.slice(at, at + 2), 16));
  }
  return bytes;
}

function picturesAsNames(text: string): string {
  return text.replace(/[\u2400-\u2421]/g, (picture) => {
    const code = picture.charCodeAt(0) - 0x2400;
    return `<${code === 0x21 ? 'DEL' : code === 0x20 ? 'SP' : NAMES[code]}>`;
  });
}

/** Control characters by name. Line breaks of the paste are its own where CR is written out, else they end records. */
function readNamed(text: string): Pasted {
  const written = /[<[{](CR|0D|0x0D)[>\]}]/i.test(text);
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const match of text.matchAll(NAMED)) {
    const name = (match[1] ?? '').toUpperCase();
    const code =
      BY_NAME.get(name) ??
      (isControlName(match[0], name) ? Number.parseInt(name.replace(/^0X/, ''), 16) : undefined);
    if (code === undefined) continue;
    parts.push(lines(text.slice(at, match.index), written), Uint8Array.of(code));
    at = match.index + match[0].length;
  }
  parts.push(lines(text.slice(at), written));
  return { form: 'names', bytes: concatBytes(parts), notes: breakNote(text, written) };
}

function readEscaped(text: string): Pasted {
  const written = /\\x0d|\\u000d|\\r/i.test(text);
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const match of text.matchAll(/\\x([0-9A-Fa-f]{2})|\\u00([0-9A-Fa-f]{2})|\\([rnt0])(?![A-Za-z])/g)) {
    const simple = { r: 13, n: 10, t: 9, '0': 0 }[match[3] ?? ''];
    parts.push(
      lines(text.slice(at, match.index), written),
      Uint8Array.of(simple ?? Number.parseInt(match[1] ?? match[2] ?? '', 16)),
    );
    at = match.index + match[0].length;
  }
  parts.push(lines(text.slice(at), written));
  return { form: 'escapes', bytes: concatBytes(parts), notes: breakNote(text, written) };
}

function readPlain(text: string): Pasted {
  const controls = /[\x00-\x08\x0b\x0c\x0e-\x1f]/.test(text);
  const bytes = controls ? encode(text) : lines(text, false);
  return { form: 'plain', bytes, notes: controls ? [] : breakNote(text, false) };
}

function breakNote(text: string, written: boolean): string[] {
  if (!/[\r\n]/.test(text)) return [];
  if (written) return ['Line breaks of the pasted text were left out: CR is written out in it.'];
  return /\n/.test(text) ? ['Line breaks were read as CR, the end of a record.'] : [];
}

function lines(text: string, written: boolean): Uint8Array {
  return encode(text.replace(/\r\n|\r|\n/g, written ? '' : '\r'));
}

/** Latin-1 where it can carry the text, else UTF-8. */
function encode(text: string): Uint8Array {
  return /^[\x00-\xff]*$/.test(text) ? fromBinary(text) : new TextEncoder().encode(text);
}
