/** Pictures in OBX-5 of type ED: histograms, scattergrams, photographs. Kept as sent, in base64. */
import type { Hl7Segment } from '../../protocols/hl7/segment.ts';

export interface SentImage {
  /** base64 without white space */
  data: string;
  contentType: string;
  /** what is wrong with it; '' = nothing */
  fault: string;
}

const ENCODINGS = new Set(['base64', 'hex', 'a']);

/** True when an observation holds encapsulated data (ED), also where the device gives it another type. */
export function holdsImage(obx: Hl7Segment): boolean {
  if (obx.value(2).trim().toUpperCase() === 'ED') return true;
  return ['base64', 'hex'].includes(obx.value(5, 4).trim().toLowerCase()) && obx.value(5, 5) !== '';
}

/**
 * Reads `source^type^subtype^encoding^data`: `^Image^PNG^Base64^iVBOR…`, `^Application^Octet-stream^Base64^…`; some devices leave the first
 * component out. What the bytes begin with decides the content type, then what was declared.
 */
export function readImage(obx: Hl7Segment): SentImage {
  const parts = [1, 2, 3, 4, 5].map((n) => obx.value(5, n).trim());
  const at = parts.findIndex((part, index) => index >= 2 && ENCODINGS.has(part.toLowerCase()));
  if (at < 0)
    return { data: '', contentType: 'application/octet-stream', fault: 'the encoding is not named' };
  const declared = contentTypeOf(parts[at - 2] ?? '', parts[at - 1] ?? '');
  const encoding = (parts[at] ?? '').toLowerCase();
  const text = obx.value(5, at + 2);
  if (text.trim() === '') return { data: '', contentType: declared, fault: 'there is no data' };
  const data = encoding === 'base64' ? text.replace(/\s+/g, '') : toBase64(bytesOf(text, encoding));
  const fault = encoding === 'hex' ? hexFault(text) : encoding === 'base64' ? base64Fault(data) : '';
  return { data, contentType: sniff(data) ?? declared, fault };
}

function contentTypeOf(type: string, subtype: string): string {
  const [left, right] = [type, subtype].map((one) => one.toLowerCase().replace(/[^a-z0-9.+-]/g, ''));
  if (left === '' || right === '') return 'application/octet-stream';
  if (left === 'application' || left === 'text' || left === 'audio') return `${left}/${right}`;
  return `image/${right === 'jpg' ? 'jpeg' : right}`;
}

/** Beginnings of files in base64, and what they are. */
const BEGINNINGS: readonly (readonly [string, string])[] = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['SUkqA', 'image/tiff'],
  ['TU0AK', 'image/tiff'],
  ['JVBERi', 'application/pdf'],
  ['PHN2Zy', 'image/svg+xml'],
];

function sniff(data: string): string | null {
  const found = BEGINNINGS.find(([beginning]) => data.startsWith(beginning));
  if (found !== undefined) return found[1];
  // A bitmap: `BM`, whose third byte is its length and may be anything.
  return /^Qk[0-3]/.test(data) ? 'image/bmp' : null;
}

function base64Fault(data: string): string {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(data) && data.replace(/=/g, '').length % 4 !== 1
    ? ''
    : 'the data is not base64';
}

function hexFault(text: string): string {
  return /^(?:\s*[0-9A-Fa-f]{2})*\s*$/.test(text) ? '' : 'the data is not hexadecimal';
}

/** `hex`: pairs of digits; else the characters themselves, in UTF-8. */
function bytesOf(text: string, encoding: string): number[] {
  if (encoding === 'hex') {
    const digits = text.replace(/[^0-9A-Fa-f]/g, '');
    return Array.from({ length: digits.length >> 1 }, (_, i) =>
      Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
    );
  }
  // A lone surrogate is no character and has no bytes.
  const sound = text.replace(/\p{Surrogate}/gu, '\ufffd');
  return [...encodeURIComponent(sound).matchAll(/%([0-9A-F]{2})|(.)/gs)].map(([, code, plain = '']) =>
    code === undefined ? plain.charCodeAt(0) : Number.parseInt(code, 16),
  );
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function toBase64(bytes: readonly number[]): string {
  let out = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.slice(at, at + 3);
    const left = bytes.length - at;
    out += LETTERS.charAt(a >> 2) + LETTERS.charAt(((a & 3) << 4) | (b >> 4));
    out += left > 1 ? LETTERS.charAt(((b & 15) << 2) | (c >> 6)) : '=';
    out += left > 2 ? LETTERS.charAt(c & 63) : '=';
  }
  return out;
}
