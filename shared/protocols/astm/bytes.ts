/** Control bytes of LIS01-A2 (ASTM E1381) and the byte-exact string helpers the ASTM code works with. */
export const STX = 0x02;
export const ETX = 0x03;
export const EOT = 0x04;
export const ENQ = 0x05;
export const ACK = 0x06;
export const LF = 0x0a;
export const CR = 0x0d;
export const NAK = 0x15;
export const ETB = 0x17;

/**
 * Bytes as a string of the same length, one character (0..255) per byte. Strings are immutable and cheap to append to, so a
 * pure machine can collect a frame byte by byte without copying it each time.
 */
export function toBinary(bytes: Uint8Array, from = 0, to = bytes.length): string {
  let text = '';
  for (let at = from; at < to; at += 4096) {
    // As arguments one by one it takes ten times as long.
    const piece = bytes.subarray(at, Math.min(at + 4096, to));
    text += String.fromCharCode.apply(null, piece as unknown as number[]);
  }
  return text;
}

/** Inverse of {@link toBinary}; characters above 255 are a programming error and throw `RangeError`. */
export function fromBinary(text: string): Uint8Array {
  const { length } = text;
  const bytes = new Uint8Array(length);
  let all = 0;
  for (let at = 0; at < length; at += 1) {
    const code = text.charCodeAt(at);
    all |= code;
    bytes[at] = code;
  }
  if (all > 255) throw new RangeError(`Not a byte: ${JSON.stringify([...text].find((char) => char > 'ÿ'))}`);
  return bytes;
}

/** One array out of several. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const NAMES: Record<number, string> = {
  1: 'SOH',
  [STX]: 'STX',
  [ETX]: 'ETX',
  [EOT]: 'EOT',
  [ENQ]: 'ENQ',
  [ACK]: 'ACK',
  [LF]: 'LF',
  11: 'VT',
  28: 'FS',
  [CR]: 'CR',
  16: 'DLE',
  17: 'DC1',
  18: 'DC2',
  19: 'DC3',
  20: 'DC4',
  [NAK]: 'NAK',
  22: 'SYN',
  [ETB]: 'ETB',
};

/** Readable form for a line trace: control bytes as `<ENQ>`, other unprintable bytes as `<9F>`. Contains what the bytes contain. */
export function visible(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const name = NAMES[byte];
    if (name !== undefined) text += `<${name}>`;
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `<${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
  }
  return text;
}
