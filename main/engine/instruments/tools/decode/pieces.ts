/** Takes bytes of a line apart into named pieces. Pure; nothing is left out: every byte is in a piece. */
import type { DecodeField, DecodePiece } from '../../../../../shared/ipc/tools-line.ts';
import { CR, ETB, ETX, fromBinary, LF, STX, toBinary } from '../../../../../shared/protocols/astm/bytes.ts';
import { allowedInText, checksum, nextFrameNumber } from '../../../../../shared/protocols/astm/frame.ts';
import { astmFieldName, hl7FieldName } from './field-names.ts';
import { controlName } from './pasted.ts';

type Made = Omit<DecodePiece, 'id'>;
type Frame = NonNullable<DecodePiece['frame']>;

/** What was taken apart: the pieces in order, and the messages' bytes without their frames. */
export interface TakenApart {
  pieces: Made[];
  /** Joined texts of the frames or blocks whose checksum is right, or the bytes themselves where there are none. */
  messages: Uint8Array[];
  problems: string[];
}

/** Frames, control characters and records of LIS01-A2 and LIS02-A2. */
export function takeApartAstm(bytes: Uint8Array): TakenApart {
  const binary = toBinary(bytes);
  const pieces: Made[] = [];
  const problems: string[] = [];
  const messages: Uint8Array[] = [];
  const framed = bytes.includes(STX);
  let joined: { text: string; from: number; number: number; last: boolean }[] = [];
  const endTransfer = () => {
    if (joined.length > 0) messages.push(fromBinary(joined.map(({ text }) => text).join('')));
    joined = [];
  };
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at] ?? 0;
    if (byte === STX) {
      const { piece, text, next, bad } = frameAt(bytes, at, joined.at(-1)?.number ?? null);
      const before = joined.at(-1);
      const repeated = before !== undefined && before.number === piece.frame?.number && before.text === text;
      if (repeated) piece.problems.push('L12: the frame before it again; it counts once.');
      else if (piece.frame?.inOrder === false)
        piece.problems.push(
          `L2: frame ${piece.frame.number}, ${nextFrameNumber(before?.number ?? 0)} was due.`,
        );
      pieces.push(piece);
      if (!bad && !repeated && piece.frame !== null)
        joined.push({ text, from: at + 2, number: piece.frame.number ?? -1, last: piece.frame.last });
      at = next;
    } else if (framed || controlNameOf(byte)) {
      const next = framed ? strayEnd(bytes, at) : at + 1;
      const name = controlNameOf(byte);
      if (name) {
        pieces.push(plain('control', name, binary.slice(at, at + 1), at));
        if (byte === 0x05 || byte === 0x04) endTransfer();
        at += 1;
      } else {
        const piece = plain('stray', 'outside a frame', binary.slice(at, next), at);
        if (/[^\r\n]/.test(piece.text)) piece.problems.push('L15: bytes outside a frame mean nothing.');
        pieces.push(piece);
        at = next;
      }
    } else {
      const next = strayEnd(bytes, at);
      pieces.push(...recordPieces(binary.slice(at, next), at, 'astm', problems));
      messages.push(bytes.subarray(at, next));
      at = next;
    }
  }
  endTransfer();
  return { pieces: framed ? withRecords(pieces, problems) : pieces, messages, problems };
}

/** A control character that stands alone on an ASTM line; CR and LF are part of frames and records. */
function controlNameOf(byte: number): string {
  return byte === CR || byte === LF || byte === 0x09 ? '' : controlName(byte);
}

function strayEnd(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  while (at < bytes.length && controlNameOf(bytes[at] ?? 0) === '') at += 1;
  return at;
}

interface FrameRead {
  piece: Made;
  text: string;
  next: number;
  /** Nothing of it may be read: the checksum is wrong or it is no whole frame. */
  bad: boolean;
}

/** L1, L3, L16: the frame that begins here, with what is wrong with it. */
function frameAt(bytes: Uint8Array, from: number, before: number | null): FrameRead {
  let end = from + 1;
  while (end < bytes.length && ![ETX, ETB, STX, 0x04, 0x05].includes(bytes[end] ?? 0)) end += 1;
  const ended = bytes[end] === ETX || bytes[end] === ETB;
  const digit = (bytes[from + 1] ?? 0) - 0x30;
  const number = digit >= 0 && digit <= 7 && end > from + 1 ? digit : null;
  const text = toBinary(bytes.subarray(from + (number === null ? 1 : 2), end));
  const problems: string[] = [];
  let next = end;
  let frame: Frame = {
    number,
    inOrder: before === null || number === null ? null : number === nextFrameNumber(before),
    last: bytes[end] === ETX,
    given: '',
    computed: '',
    checksum: 'none',
  };
  if (before === null && number !== null && number !== 1)
    problems.push(`L2: the first frame of a transfer has the number 1, not ${number}.`);
  if (number === null) problems.push('L1: no frame number behind STX.');
  if (!ended) problems.push('L1: the frame has no end (ETX or ETB).');
  else {
    const given = toBinary(bytes.subarray(end + 1, end + 3));
    const computed = checksum(bytes.subarray(from + 1, end + 1));
    const is = /^[0-9A-Fa-f]{2}$/.test(given);
    frame = {
      ...frame,
      given: is ? given : '',
      computed,
      checksum: !is ? 'none' : given.toUpperCase() === computed ? 'right' : 'wrong',
    };
    next = end + 1 + (is ? 2 : 0);
    if (!is) problems.push('L3: no checksum of two hex digits behind the end.');
    else if (frame.checksum === 'wrong')
      problems.push(`L3: the checksum is ${given}, computed ${computed}. An instrument would be told NAK.`);
    if (bytes[next] === CR) next += 1;
    else problems.push('L1: CR is missing behind the checksum.');
    if (bytes[next] === LF) next += 1;
    else if (bytes[next - 1] === CR) problems.push('L1: LF is missing at the end.');
  }
  const forbidden = [...fromBinary(text)].filter((byte) => !allowedInText(byte));
  if (forbidden.length > 0)
    problems.push(
      `L16: not allowed inside a frame: ${[...new Set(forbidden)].map((byte) => controlName(byte)).join(', ')}.`,
    );
  const title = number === null ? 'frame' : `frame ${number}`;
  const piece = { ...plain('frame', title, toBinary(bytes.subarray(from, next)), from), frame, problems };
  return { piece, text, next, bad: !ended || frame.checksum === 'wrong' || number === null };
}

/** Behind each frame the records that begin in it: texts are joined first, for a record may span frames (L17). */
function withRecords(pieces: readonly Made[], problems: string[]): Made[] {
  const out: Made[] = [];
  let open: { text: string; at: number; index: number } | null = null;
  const pending = new Map<number, Made[]>();
  let delimiters = '';
  const end = () => {
    if (open === null) return;
    const made = recordPieces(open.text, open.at, 'astm', problems, delimiters);
    delimiters = headerOf(open.text) ?? delimiters;
    const list = pending.get(open.index) ?? [];
    pending.set(open.index, [...list, ...made]);
    open = null;
  };
  pieces.forEach((piece, index) => {
    if (piece.kind === 'control' && ['ENQ', 'EOT'].includes(piece.title)) end();
    const counts =
      piece.frame !== null &&
      piece.frame.checksum !== 'wrong' &&
      !piece.problems.some((one) => one.startsWith('L12'));
    if (!counts) return;
    const body = piece.text.slice(piece.frame?.number === null ? 1 : 2).replace(/[\x03\x17][\s\S]*$/, '');
    let at = piece.from + 2;
    for (const part of body.split(/(?<=\r)/)) {
      open = open === null ? { text: part, at, index } : { ...open, text: open.text + part };
      at += part.length;
      if (part.endsWith('\r')) end();
    }
  });
  end();
  pieces.forEach((piece, index) => {
    out.push(piece, ...(pending.get(index) ?? []));
  });
  return out;
}

function headerOf(record: string): string | null {
  return /^\n?H/.test(record) ? record.replace(/^\n/, '').slice(1, 5) : null;
}

/** HL7: blocks of MLLP (M1) and segments. */
export function takeApartHl7(bytes: Uint8Array): TakenApart {
  const binary = toBinary(bytes);
  const pieces: Made[] = [];
  const problems: string[] = [];
  const messages: Uint8Array[] = [];
  const add = (text: string, at: number) => {
    pieces.push(...recordPieces(text, at, 'hl7', problems));
    messages.push(fromBinary(text));
  };
  if (!binary.includes('\x0b')) {
    if (binary !== '') add(binary.replace(/\x1c\r?$/, ''), 0);
    return { pieces, messages, problems };
  }
  let at = 0;
  for (const match of binary.matchAll(/\x0b([^\x0b\x1c]*)(\x1c\r?)?/g)) {
    if (match.index > at) pieces.push(outsideBlock(binary.slice(at, match.index), at));
    const [whole, content = '', ending = ''] = match;
    const found: string[] = [];
    if (ending === '') found.push('M1: the block has no end (FS CR).');
    else if (ending !== '\x1c\r') found.push('M1: CR is missing behind FS.');
    const frame: Frame = {
      number: null,
      inOrder: null,
      last: true,
      given: '',
      computed: '',
      checksum: 'none',
    };
    pieces.push({ ...plain('frame', 'block', whole, match.index), frame, problems: found });
    add(content, match.index + 1);
    at = match.index + whole.length;
  }
  if (at < binary.length) pieces.push(outsideBlock(binary.slice(at), at));
  return { pieces, messages, problems };
}

function outsideBlock(text: string, at: number): Made {
  const piece = plain('stray', 'outside a block', text, at);
  if (/[^\r\n]/.test(text)) piece.problems.push('M1: bytes outside a block mean nothing.');
  return piece;
}

/** Lines of a file, or the blocks of a stream: control characters by name, the rest as lines. */
export function takeApartLines(bytes: Uint8Array): TakenApart {
  const pieces: Made[] = [];
  const binary = toBinary(bytes);
  for (const match of binary.matchAll(/[\x00-\x08\x0b\x0c\x0e-\x1f]|[^\x00-\x08\x0b-\x1f\n]+|[\r\n]+/g)) {
    const [text] = match;
    if (/^[\r\n]/.test(text)) continue;
    const name = text.length === 1 ? controlName(text.charCodeAt(0)) : '';
    pieces.push(
      name !== '' && name !== 'HT'
        ? plain('control', name, text, match.index)
        : plain('record', 'line', text, match.index),
    );
  }
  return { pieces, messages: [bytes], problems: [] };
}

function plain(kind: DecodePiece['kind'], title: string, text: string, from: number): Made {
  return { kind, title, text, from, to: from + text.length, frame: null, fields: [], problems: [] };
}

/** Records or segments of a text, each with its fields by name. */
function recordPieces(
  text: string,
  from: number,
  protocol: 'astm' | 'hl7',
  problems: string[],
  delimiters = '',
): Made[] {
  const made: Made[] = [];
  let known = delimiters;
  for (const match of text.matchAll(/[^\r\n]+/g)) {
    const [record] = match;
    if (protocol === 'astm') known = headerOf(record) ?? known;
    else if (/^(MSH|FHS|BHS)/.test(record)) known = record.slice(3, 8);
    const separator = known.charAt(0);
    const piece = plain('record', '', record, from + match.index);
    if (separator === '') {
      piece.title = record.slice(0, protocol === 'astm' ? 1 : 3);
      const header = protocol === 'astm' ? 'R1: no header record before it' : 'M2: no MSH before it';
      piece.problems.push(`${header}: the delimiters are not known.`);
    } else piece.fields = protocol === 'astm' ? astmFields(record, separator) : hl7Fields(record, separator);
    const type = protocol === 'astm' ? record.charAt(0).toUpperCase() : record.slice(0, 3);
    const number = protocol === 'astm' ? (piece.fields[1]?.value ?? '') : (piece.fields[0]?.value ?? '');
    piece.title = /^\d{1,4}$/.test(number) ? `${type} ${number}` : type;
    const good = protocol === 'astm' ? /^[A-Z]$/.test(type) : /^[A-Z][A-Z0-9]{2}$/.test(type);
    if (!good) piece.problems.push('This is not the beginning of a record.');
    made.push(piece);
  }
  const first = made[0]?.title.slice(0, protocol === 'astm' ? 1 : 3);
  const start = protocol === 'astm' ? ['H'] : ['MSH', 'FHS', 'BHS'];
  if (first !== undefined && delimiters === '' && !start.includes(first))
    problems.push(`A message begins with ${start[0]}; this one begins with ${first}.`);
  return made;
}

function astmFields(record: string, separator: string): DecodeField[] {
  const type = record.charAt(0);
  return record
    .split(separator)
    .map((value, i) => ({ number: i + 1, name: astmFieldName(type, i + 1), value }))
    .filter(({ value, number }) => value !== '' || number <= 2);
}

function hl7Fields(segment: string, separator: string): DecodeField[] {
  const type = segment.slice(0, 3);
  const header = ['MSH', 'FHS', 'BHS'].includes(type);
  const [, ...values] = segment.split(separator);
  const all = header ? [separator, ...values] : values;
  return all
    .map((value, i) => ({ number: i + 1, name: hl7FieldName(type, i + 1), value }))
    .filter(({ value, number }) => value !== '' || number === 1);
}
