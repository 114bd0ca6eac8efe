/** Character sets named in MSH-18 (M6). The bytes are the truth; others than the four built-in sets come in through a port. */

/** Built in: `ascii`, `latin1` (8859/1), `utf8`, `utf16be`, `utf16le`. All others by the WHATWG name of the encoding. */
export type Hl7Encoding = string;

/**
 * Decodes bytes of an encoding that is not built in; `null` = not known here. Malformed bytes should become U+FFFD. It is asked for
 * `utf8` too, because a platform's own decoder is much quicker than ours; `null` leaves that to us.
 * @param encoding WHATWG label in lower case, as {@link encodingOf} gives it (`iso-8859-2`, `gb18030`, `iso-2022-jp` ...)
 */
export type DecodePort = (encoding: Hl7Encoding, bytes: Uint8Array) => string | null;

/** Encodes text; `null` = encoding not known here. `lost` names the characters that the set does not have, sent as `?`. */
export type EncodePort = (
  encoding: Hl7Encoding,
  text: string,
) => { bytes: Uint8Array; lost: string[] } | null;

/** Names of HL7 table 0211 and the spellings that devices use instead, squeezed to letters and digits. */
const ENCODINGS: Readonly<Record<string, Hl7Encoding>> = {
  ASCII: 'ascii',
  USASCII: 'ascii',
  ISOIR6: 'ascii',
  UNICODEUTF8: 'utf8',
  UTF8: 'utf8',
  UNICODE: 'utf16be',
  UNICODEUTF16: 'utf16be',
  UTF16: 'utf16be',
  UNICODEUTF16BE: 'utf16be',
  UTF16BE: 'utf16be',
  UNICODEUTF16LE: 'utf16le',
  UTF16LE: 'utf16le',
  ISOIR100: 'latin1',
  GB180302000: 'gb18030',
  GB18030: 'gb18030',
  GB2312: 'gbk',
  GBK: 'gbk',
  BIG5: 'big5',
  KSX1001: 'euc-kr',
  EUCKR: 'euc-kr',
  ISOIR14: 'shift_jis',
  SHIFTJIS: 'shift_jis',
  ISOIR87: 'iso-2022-jp',
  ISOIR159: 'iso-2022-jp',
  EUCJP: 'euc-jp',
  WINDOWS1250: 'windows-1250',
  WINDOWS1251: 'windows-1251',
  WINDOWS1252: 'windows-1252',
};

/**
 * The encoding that a name in MSH-18 stands for, or `null` for an unknown name. `8859/2`, `ISO 8859-2` and `8859-2` are the
 * same; `8859/1` is built in. 8859/12 was never published.
 */
export function encodingOf(name: string): Hl7Encoding | null {
  const plain = name.toUpperCase().replace(/[^A-Z0-9]/g, '');
  const part = /^(?:ISO)?(?:IEC)?8859(\d{1,2})$/.exec(plain)?.[1];
  if (part !== undefined) {
    const number = Number(part);
    if (number < 1 || number > 16 || number === 12) return null;
    return number === 1 ? 'latin1' : `iso-8859-${number}`;
  }
  return Object.hasOwn(ENCODINGS, plain) ? (ENCODINGS[plain] ?? null) : null;
}

/**
 * Bytes to text. Malformed sequences, and bytes above 127 in ASCII, become U+FFFD.
 * @returns `null` when the encoding is neither built in nor known to the port
 */
export function decodeBytes(encoding: Hl7Encoding, bytes: Uint8Array, port?: DecodePort): string | null {
  switch (encoding) {
    case 'latin1':
      return fromUnits(bytes);
    case 'ascii':
      return isAscii(bytes)
        ? (port?.('utf8', bytes) ?? fromUnits(bytes))
        : fromUnits(Uint16Array.from(bytes, (b) => (b < 128 ? b : 0xfffd)));
    case 'utf8':
      return port?.('utf8', bytes) ?? (isAscii(bytes) ? fromUnits(bytes) : decodeUtf8(bytes));
    case 'utf16be':
    case 'utf16le':
      return decodeUtf16(bytes, encoding === 'utf16be');
    default:
      return port?.(encoding, bytes) ?? null;
  }
}

/**
 * Text to bytes. Characters that the set does not have become `?` and are listed.
 * @returns `null` when the encoding is neither built in nor known to the port
 */
export function encodeText(
  encoding: Hl7Encoding,
  text: string,
  port?: EncodePort,
): { bytes: Uint8Array; lost: string[] } | null {
  switch (encoding) {
    case 'ascii':
      return narrow(text, 127);
    case 'latin1':
      return narrow(text, 255);
    case 'utf8':
      return { bytes: encodeUtf8(text), lost: text.isWellFormed() ? [] : loneSurrogates(text) };
    case 'utf16be':
    case 'utf16le': {
      const bytes = new Uint8Array(text.length * 2);
      const high = encoding === 'utf16be' ? 0 : 1;
      for (let at = 0; at < text.length; at += 1) {
        const unit = text.charCodeAt(at);
        bytes[2 * at + high] = unit >> 8;
        bytes[2 * at + 1 - high] = unit & 255;
      }
      return { bytes, lost: [] };
    }
    default:
      return port?.(encoding, text) ?? null;
  }
}

/** True when no byte is above 127. */
export function isAscii(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += 1) if ((bytes[at] ?? 0) > 127) return false;
  return true;
}

/** Character codes to text, in pieces that fit on the stack. */
function fromUnits(units: Uint8Array | Uint16Array): string {
  if (units.length <= 8192) return String.fromCharCode.apply(null, units as unknown as number[]);
  const parts: string[] = [];
  for (let at = 0; at < units.length; at += 8192) {
    parts.push(String.fromCharCode.apply(null, units.subarray(at, at + 8192) as unknown as number[]));
  }
  return parts.join('');
}

/** The number of bytes a well-formed UTF-8 sequence at `at` has, 0 when it is malformed. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || at + length > bytes.length) return 0;
  for (let i = 1; i < length; i += 1) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  const second = bytes[at + 1] ?? 0;
  if (lead === 0xe0 && second < 0xa0) return 0; // over-long
  if (lead === 0xed && second > 0x9f) return 0; // a surrogate
  if (lead === 0xf0 && second < 0x90) return 0; // over-long
  if (lead === 0xf4 && second > 0x8f) return 0; // beyond U+10FFFF
  return length;
}

/** True when the bytes are well-formed UTF-8. */
export function isUtf8(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return false;
    at += length;
  }
  return true;
}

function decodeUtf8(bytes: Uint8Array): string {
  const units = new Uint16Array(bytes.length);
  let to = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    const [a = 0, b = 0, c = 0, d = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
    if (length === 0) units[to++] = 0xfffd;
    else if (length === 1) units[to++] = a;
    else if (length === 2) units[to++] = ((a & 31) << 6) | (b & 63);
    else if (length === 3) units[to++] = ((a & 15) << 12) | ((b & 63) << 6) | (c & 63);
    else {
      const point = (((a & 7) << 18) | ((b & 63) << 12) | ((c & 63) << 6) | (d & 63)) - 0x10000;
      units[to++] = 0xd800 | (point >> 10);
      units[to++] = 0xdc00 | (point & 0x3ff);
    }
    at += Math.max(1, length);
  }
  return fromUnits(units.subarray(0, to));
}

function decodeUtf16(bytes: Uint8Array, bigEndian: boolean): string {
  const units = new Uint16Array(bytes.length >> 1);
  for (let at = 0; at < units.length; at += 1) {
    const [first = 0, second = 0] = [bytes[2 * at], bytes[2 * at + 1]];
    units[at] = bigEndian ? (first << 8) | second : (second << 8) | first;
  }
  return (fromUnits(units) + (bytes.length % 2 === 0 ? '' : '\ufffd')).toWellFormed();
}

function narrow(text: string, highest: number): { bytes: Uint8Array; lost: string[] } {
  const lost: string[] = [];
  const bytes = new Uint8Array(text.length);
  let to = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    if (point > highest) lost.push(character);
    bytes[to++] = point > highest ? 0x3f : point;
  }
  return { bytes: bytes.subarray(0, to), lost };
}

function loneSurrogates(text: string): string[] {
  return [...text].filter((character) => !character.isWellFormed());
}

function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let to = 0;
  for (const character of text.toWellFormed()) {
    const point = character.codePointAt(0) ?? 0;
    if (point < 0x80) bytes[to++] = point;
    else if (point < 0x800) {
      bytes[to++] = 0xc0 | (point >> 6);
      bytes[to++] = 0x80 | (point & 63);
    } else if (point < 0x10000) {
      bytes[to++] = 0xe0 | (point >> 12);
      bytes[to++] = 0x80 | ((point >> 6) & 63);
      bytes[to++] = 0x80 | (point & 63);
    } else {
      bytes[to++] = 0xf0 | (point >> 18);
      bytes[to++] = 0x80 | ((point >> 12) & 63);
      bytes[to++] = 0x80 | ((point >> 6) & 63);
      bytes[to++] = 0x80 | (point & 63);
    }
  }
  return bytes.subarray(0, to);
}
