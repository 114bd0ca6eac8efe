/** Character sets of ASTM links. The bytes are the truth; text is made from them only where it is read. */

/** `latin1` keeps every byte; `utf8` replaces malformed sequences with U+FFFD; `ascii` replaces bytes above 127. */
export type CharsetName = 'latin1' | 'utf8' | 'ascii';

/** A character set; the engine may pass others than the built-in ones. */
export interface Charset {
  /** @param binary one character (0..255) per byte */
  decode(binary: string): string;
  /** Bytes as a binary string; characters the set does not have become `?` and are told to `onLoss`. */
  encode(text: string, onLoss?: (character: string) => void): string;
}

/** One of the built-in character sets. */
export function charset(name: CharsetName): Charset {
  return SETS[name];
}

const SETS: Record<CharsetName, Charset> = {
  latin1: { decode: (binary) => binary, encode: (text, onLoss) => narrow(text, 255, onLoss) },
  ascii: {
    decode: (binary) => binary.replace(/[\x80-\xff]/g, '\ufffd'),
    encode: (text, onLoss) => narrow(text, 127, onLoss),
  },
  utf8: { decode: decodeUtf8, encode: encodeUtf8 },
};

function narrow(text: string, highest: number, onLoss?: (character: string) => void): string {
  let binary = '';
  for (const character of text) {
    if ((character.codePointAt(0) ?? 0) <= highest) binary += character;
    else {
      onLoss?.(character);
      binary += '?';
    }
  }
  return binary;
}

function encodeUtf8(text: string): string {
  let binary = '';
  for (const character of text.toWellFormed()) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) binary += character;
    else if (code < 0x800) binary += String.fromCharCode(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) {
      binary += String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    } else {
      binary += String.fromCharCode(
        0xf0 | (code >> 18),
        0x80 | ((code >> 12) & 63),
        0x80 | ((code >> 6) & 63),
        0x80 | (code & 63),
      );
    }
  }
  return binary;
}

function decodeUtf8(binary: string): string {
  if (!/[\x80-\xff]/.test(binary)) return binary;
  let text = '';
  for (let at = 0; at < binary.length; ) {
    const lead = binary.charCodeAt(at);
    const length =
      lead < 0x80 ? 1 : lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
    const code = length === 0 || lead >= 0xf5 ? -1 : sequence(binary, at, lead, length);
    if (code < 0) {
      text += '\ufffd';
      at += 1;
    } else {
      text += String.fromCodePoint(code);
      at += length;
    }
  }
  return text;
}

/** Code point of the sequence of `length` bytes at `at`, or -1 when it is malformed, over-long or a surrogate. */
function sequence(binary: string, at: number, lead: number, length: number): number {
  if (length === 1) return lead;
  let code = lead & (0xff >> (length + 1));
  for (let i = 1; i < length; i += 1) {
    const byte = binary.charCodeAt(at + i);
    if (Number.isNaN(byte) || (byte & 0xc0) !== 0x80) return -1;
    code = (code << 6) | (byte & 63);
  }
  const smallest = length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000;
  if (code < smallest || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return -1;
  return code;
}
