/** From the bytes of an input to text, one piece per message, each by its own MSH-18 (M6). */
import { type DecodePort, decodeBytes, encodingOf, isAscii, isUtf8 } from './charset.ts';
import { type Hl7Delimiters, readHl7Delimiters } from './delimiters.ts';
import { unescapeHl7 } from './escape.ts';

export interface DecodeOptions {
  /** the name to go by when MSH-18 is empty, as MSH-18 would give it; when left out, ASCII, and bytes above 127 are told */
  defaultCharset?: string;
  /** go by this name whatever MSH-18 says: for devices known to name the wrong one */
  forceCharset?: string;
  /**
   * Bytes that are not of the set that is expected, where MSH-18 names none or ASCII, are told, and read as UTF-8 where they are that and as 8859/1
   * where not. Without it that holds only where no set is expected at all. For devices, which often write ASCII whatever they send.
   */
  guess?: boolean;
  /** encodings that are not built in */
  decode?: DecodePort;
}

/** A message's text (or lines in front of the first message) and how its bytes were read. */
export interface TextPiece {
  text: string;
  encoding: string;
  problems: { severity: 'fault' | 'note'; text: string }[];
}

const CR = 13;
const LF = 10;
const ESC = 27;
const [M, S, H] = [0x4d, 0x53, 0x48];

/** Cuts the input in front of each MSH and decodes every piece. Never throws on malformed bytes; they become U+FFFD and are told. */
export function* decodePieces(bytes: Uint8Array, options: DecodeOptions): Generator<TextPiece> {
  const wide = wideEncoding(bytes);
  if (wide !== null) {
    yield toPiece(bytes.subarray(wide.skip), wide.encoding, options, []);
    return;
  }
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const rest = marked ? bytes.subarray(3) : bytes;
  for (let from = 0; from < rest.length; ) {
    const to = nextMessage(rest, from + 1);
    const piece = rest.subarray(from, to);
    yield marked ? toPiece(piece, 'utf8', options, []) : decodeByHeader(piece, options);
    from = to;
  }
}

/** UTF-16 shows itself: by a byte order mark, or because every second byte of the first characters is zero. */
function wideEncoding(bytes: Uint8Array): { encoding: string; skip: number } | null {
  const [a = 1, b = 1, c = 1, d = 1] = bytes;
  if (a === 0xfe && b === 0xff) return { encoding: 'utf16be', skip: 2 };
  if (a === 0xff && b === 0xfe) return { encoding: 'utf16le', skip: 2 };
  if (a === 0 && b !== 0 && c === 0 && d !== 0) return { encoding: 'utf16be', skip: 0 };
  if (a !== 0 && b === 0 && c !== 0 && d === 0) return { encoding: 'utf16le', skip: 0 };
  return null;
}

/** Where the next line that begins with MSH starts, at or behind `from`; the end when there is none. */
function nextMessage(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(M, from); at >= 0; at = bytes.indexOf(M, at + 1)) {
    const before = bytes[at - 1];
    if (bytes[at + 1] === S && bytes[at + 2] === H && (before === CR || before === LF)) return at;
  }
  return bytes.length;
}

function decodeByHeader(bytes: Uint8Array, options: DecodeOptions): TextPiece {
  const problems: TextPiece['problems'] = [];
  const sent = options.forceCharset ?? charsetInHeader(bytes);
  const name = sent === '' ? (options.defaultCharset ?? '') : sent;
  const known = name === '' ? 'ascii' : encodingOf(name);
  if (known === null) {
    problems.push({
      severity: isPlain(bytes) ? 'note' : 'fault',
      text: 'MSH-18 names a character set that is not known here; read as 8859/1.',
    });
    return toPiece(bytes, 'latin1', options, problems);
  }
  const guesses = name === '' || (options.guess === true && (sent === '' || known === 'ascii'));
  const fits = known === 'ascii' ? isAscii(bytes) : known !== 'utf8' || isUtf8(bytes);
  if (guesses && !fits) {
    const encoding = isUtf8(bytes) ? 'utf8' : 'latin1';
    const read = encoding === 'utf8' ? 'UTF-8, which they are' : '8859/1';
    const said = sent === '' ? 'is empty' : 'names ASCII';
    problems.push({
      severity: 'note',
      text: `MSH-18 ${said}, but there are bytes above 127: read as ${read}.`,
    });
    return toPiece(bytes, encoding, options, problems);
  }
  if (known === 'utf16be' || known === 'utf16le') {
    problems.push({
      severity: 'note',
      text: 'MSH-18 names UTF-16, but each character is one byte or UTF-8.',
    });
    return toPiece(bytes, 'utf8', options, problems);
  }
  return toPiece(bytes, known, options, problems);
}

/** True when every character set reads the bytes the same: no byte above 127, and no switch to another set. */
function isPlain(bytes: Uint8Array): boolean {
  return isAscii(bytes) && !bytes.includes(ESC);
}

/** MSH-18 out of bytes. A repeat that needs escape sequences between its sets (ISO IR87) stands for the whole. */
function charsetInHeader(bytes: Uint8Array): string {
  if (bytes[0] !== M || bytes[1] !== S || bytes[2] !== H) return '';
  const separator = bytes[3] ?? CR;
  // Each round goes to the separator in front of the next field: the first one to the one in front of MSH-3.
  let at = 3;
  for (let field = 3; field <= 18; field += 1) {
    at += 1;
    while (at < bytes.length && bytes[at] !== separator && bytes[at] !== CR && bytes[at] !== LF) at += 1;
    if (bytes[at] !== separator) return '';
  }
  let end = at + 1;
  while (end < bytes.length && bytes[end] !== separator && bytes[end] !== CR && bytes[end] !== LF) end += 1;
  if (end === at + 1) return '';
  const binary = (from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));
  const delimiters = readHl7Delimiters(binary(0, Math.min(16, bytes.length)))?.delimiters;
  const field = binary(at + 1, Math.min(end, at + 257));
  if (delimiters === undefined) return field;
  const repeats = delimiters.repeat === '' ? [field] : field.split(delimiters.repeat);
  const names = repeats.map((one) => charsetName(one, delimiters));
  return names.find((one) => encodingOf(one) === 'iso-2022-jp') ?? names.find((one) => one !== '') ?? '';
}

/** A name in MSH-18 as sent: its escaped delimiters (`8859/1` may hold one) are resolved, hexadecimal sequences left out. */
export function charsetName(raw: string, delimiters: Hl7Delimiters): string {
  return raw === '""' ? '' : unescapeHl7(raw, delimiters, { hex: () => '' });
}

function toPiece(
  bytes: Uint8Array,
  encoding: string,
  options: DecodeOptions,
  problems: TextPiece['problems'],
): TextPiece {
  const text = decodeBytes(encoding, bytes, options.decode);
  if (text === null) {
    problems.push({
      severity: isPlain(bytes) ? 'note' : 'fault',
      text: `The character set ${encoding} cannot be read here; read as 8859/1.`,
    });
    return { text: decodeBytes('latin1', bytes) ?? '', encoding: 'latin1', problems };
  }
  if (text.includes('\ufffd')) {
    problems.push({ severity: 'fault', text: `Bytes that are no characters of ${encoding}.` });
  }
  return { text, encoding, problems };
}
