/** Frames of LIS01-A2 (ASTM E1381): layout, checksum, numbering and splitting. Rules L1-L4, L16, L17. */
import { CR, concatBytes, ETB, ETX, fromBinary, LF, STX, toBinary } from './bytes.ts';

/** Longest text sent in one frame unless the profile says otherwise (L4, E1381-95). */
export const TEXT_LIMIT_DEFAULT = 240;
/** Longest text a profile may ask us to send in one frame (L4). */
export const TEXT_LIMIT_MAX = 63_993;
/** Longest text accepted in one frame (L4). */
export const TEXT_ACCEPT_MAX = 64_000;

/** Sum of bytes modulo 256 as two upper-case hex digits (L3). `bytes` runs from the frame number up to and including ETB/ETX. */
export function checksum(bytes: Uint8Array): string {
  let sum = 0;
  for (const byte of bytes) sum = (sum + byte) & 0xff;
  return checksumText(sum);
}

/** Two upper-case hex digits of a sum already taken modulo 256 (L3). */
export function checksumText(sum: number): string {
  return sum.toString(16).toUpperCase().padStart(2, '0');
}

/** L16: true when the byte may stand inside the text of a frame. CR may; LF may only with the leniency of that name. */
export function allowedInText(byte: number): boolean {
  if (byte >= 0x17) return byte !== ETB;
  switch (byte) {
    case 0x01:
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x05:
    case 0x06:
    case 0x0a:
    case 0x10:
    case 0x11:
    case 0x12:
    case 0x13:
    case 0x14:
    case 0x15:
    case 0x16:
      return false;
    default:
      return true;
  }
}

/** The frame number after `number`: 1..7, 0, 1.. (L2). */
export function nextFrameNumber(number: number): number {
  return (number + 1) % 8;
}

/**
 * One frame (L1): `STX F# text (ETB|ETX) C1 C2 CR LF`.
 * @param last true ends the record or message with ETX, false announces more with ETB.
 * @throws RangeError when the number is not 0..7 or the text holds a byte that L16 forbids.
 */
export function buildFrame(number: number, text: Uint8Array, last: boolean): Uint8Array {
  if (!Number.isInteger(number) || number < 0 || number > 7) throw new RangeError(`Frame number ${number}`);
  const forbidden = text.find((byte) => !allowedInText(byte));
  if (forbidden !== undefined) throw new RangeError(`Byte ${forbidden} is not allowed inside a frame (L16)`);
  const counted = concatBytes([Uint8Array.of(0x30 + number), text, Uint8Array.of(last ? ETX : ETB)]);
  return concatBytes([Uint8Array.of(STX), counted, fromBinary(checksum(counted)), Uint8Array.of(CR, LF)]);
}

/** How a message is laid out in frames: each record ends a frame of its own with ETX, or the whole message is one run of frames. */
export type FrameLayout = 'record' | 'message';

/**
 * Splits the text of a message into numbered frames (L2, L4, L17). Texts longer than `limit` bytes continue with ETB.
 * @param text records, each ended by CR
 * @param limit longest text per frame in bytes, 1..63 993
 */
export function buildFrames(
  text: Uint8Array,
  limit = TEXT_LIMIT_DEFAULT,
  layout: FrameLayout = 'record',
): Uint8Array[] {
  if (!Number.isInteger(limit) || limit < 1 || limit > TEXT_LIMIT_MAX) {
    throw new RangeError(`Frame text limit ${limit} is outside 1..${TEXT_LIMIT_MAX}`);
  }
  const units = layout === 'record' ? splitRecords(text) : text.length > 0 ? [text] : [];
  const frames: Uint8Array[] = [];
  let number = 1;
  for (const unit of units) {
    for (let at = 0; at < unit.length; at += limit) {
      const last = at + limit >= unit.length;
      frames.push(buildFrame(number, unit.subarray(at, at + limit), last));
      number = nextFrameNumber(number);
    }
  }
  return frames;
}

/** Records of a text with their CR; a last record without CR is given as it is. */
function splitRecords(text: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === CR) {
      records.push(text.subarray(from, at + 1));
      from = at + 1;
    }
  }
  if (from < text.length) records.push(text.subarray(from));
  return records;
}

/**
 * L17: whether the frames so far, the last of which ended with ETX, lack the CR of their last record, since the next frame's text begins another one:
 * a type, the message's own field delimiter, and a sequence number; or another header with the same delimiters. `4|mmol/L` goes on with a value.
 * @param message how the message begins: `H` and its delimiters
 * @param end its last character so far; '' = none
 * @param text of the next frame, or how it begins
 */
export function lacksCr(message: string, end: string, text: string): boolean {
  if (end === '' || end === '\r' || end === '\n') return false;
  const delimiter = message.charAt(1);
  if (!message.startsWith('H') || delimiter === '' || text.charAt(1) !== delimiter) return false;
  if (text.startsWith('H')) return text.slice(1, 5) === message.slice(1, 5);
  const [type = '', number = ''] = text.slice(0, 12).split(delimiter, 2);
  return /^[PORCQMSL]$/.test(type) && /^\d{1,6}\r?$/.test(number);
}

/** What {@link parseFrame} found in the bytes of one whole frame. */
export interface ParsedFrame {
  number: number;
  text: Uint8Array;
  /** true for ETX, false for ETB */
  last: boolean;
  checksumOk: boolean;
}

/**
 * Takes one whole frame, `STX` to `LF`, apart; `null` when the bytes do not have that shape. For reading journals and for
 * showing a trace: the link machine itself decides byte by byte.
 */
export function parseFrame(bytes: Uint8Array): ParsedFrame | null {
  if (bytes.length < 7 || bytes[0] !== STX) return null;
  const end = bytes.length - 5;
  const terminator = bytes[end];
  if (terminator !== ETX && terminator !== ETB) return null;
  if (bytes[end + 3] !== CR || bytes[end + 4] !== LF) return null;
  const number = (bytes[1] ?? 0) - 0x30;
  if (number < 0 || number > 7) return null;
  const told = toBinary(bytes, end + 1, end + 3).toUpperCase();
  return {
    number,
    text: bytes.slice(2, end),
    last: terminator === ETX,
    checksumOk: checksum(bytes.subarray(1, end + 1)) === told,
  };
}
