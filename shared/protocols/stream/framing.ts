/** Blocks of line protocols that are neither ASTM nor HL7: marks, checksums, and how blocks make a message. Pure. */
import type { StreamLink } from '../../profiles/schema/stream.ts';
import { concatBytes, fromBinary, toBinary } from '../astm/bytes.ts';

const CONTROLS: Readonly<Record<string, string>> = {
  STX: '\x02',
  ETX: '\x03',
  EOT: '\x04',
  ENQ: '\x05',
  ACK: '\x06',
  NAK: '\x15',
  ETB: '\x17',
  CR: '\r',
  LF: '\n',
  CRLF: '\r\n',
  FS: '\x1c',
  GS: '\x1d',
  RS: '\x1e',
  US: '\x1f',
};

/** The bytes of a mark by name, as a binary string (one character per byte). */
export function markOf(name: string): string {
  return CONTROLS[name] ?? name;
}

/** A profile's framing with its marks as binary strings. */
export type Framing = Omit<StreamLink, 'baudRate'>;

/** @param link as the profile has it, with marks by name */
export function framingOf(link: StreamLink): Framing {
  const { baudRate: _, ...rest } = link;
  return {
    ...rest,
    start: markOf(link.start),
    end: markOf(link.end),
    more: markOf(link.more),
    checksum: { ...link.checksum, mark: markOf(link.checksum.mark) },
  };
}

/** Bytes of the checksum; 0 when there is none. */
export function checksumLength({ checksum }: Framing): number {
  return checksum.kind === 'none' ? 0 : checksum.form === 'hex' ? 2 : 1;
}

/** The checksum of a block, as it stands in it. `ended` is its end mark: that of `more`, or of the last block. */
function checksumFor(framing: Framing, text: string, ended: string): string {
  const { kind, form, place, mark, withStart, withEnd } = framing.checksum;
  if (kind === 'none') return '';
  const summed = `${withStart ? framing.start : ''}${text}${
    place === 'beforeEnd' ? mark : withEnd ? ended : ''
  }`;
  let sum = 0;
  for (let at = 0; at < summed.length; at += 1) {
    const byte = summed.charCodeAt(at);
    sum = kind === 'xor' ? sum ^ byte : (sum + byte) & 0xff;
  }
  return form === 'byte' ? String.fromCharCode(sum) : sum.toString(16).toUpperCase().padStart(2, '0');
}

/** A block as it goes over the line. `more`: its text goes on in the next one. */
export function buildBlock(text: Uint8Array, framing: Framing, more = false): Uint8Array {
  const inner = toBinary(text);
  const ended = more ? framing.more : framing.end;
  const sum = checksumFor(framing, inner, ended);
  const { place, mark } = framing.checksum;
  const tail = sum === '' || place === 'afterEnd' ? `${ended}${sum}` : `${mark}${sum}${ended}`;
  return fromBinary(`${framing.start}${inner}${tail}`);
}

/** What a whole block says; `fault` when it must not be believed. */
export interface Block {
  text: string;
  more: boolean;
  fault: string | null;
}

/** Takes a whole block apart, from its start mark to its end mark or the checksum behind that. Hex digits may be of either case. */
export function readBlock(raw: string, framing: Framing): Block {
  const { checksum, start, end, more } = framing;
  const length = checksumLength(framing);
  const behind = checksum.place === 'afterEnd' ? length : 0;
  const body = raw.slice(start.length, raw.length - behind);
  const goesOn = more !== '' && body.endsWith(more);
  const ended = goesOn ? more : end;
  let text = body.slice(0, body.length - ended.length);
  if (length === 0) return { text, more: goesOn, fault: null };
  let sent = raw.slice(raw.length - behind);
  if (checksum.place === 'beforeEnd') {
    sent = text.slice(text.length - length);
    text = text.slice(0, text.length - length);
    if (sent.length < length || !text.endsWith(checksum.mark))
      return { text, more: goesOn, fault: 'it has no checksum' };
    text = text.slice(0, text.length - checksum.mark.length);
  }
  const right = checksumFor(framing, text, ended);
  const same = checksum.form === 'hex' ? sent.toUpperCase() === right : sent === right;
  return { text, more: goesOn, fault: same ? null : 'the checksum is wrong' };
}

/** The blocks of one message so far. */
export interface Assembly {
  /** texts of finished blocks */
  readonly blocks: readonly string[];
  /** text that goes on in the next block */
  readonly pending: string;
  /** the message has begun and not ended */
  readonly open: boolean;
}

export const NOTHING: Assembly = { blocks: [], pending: '', open: false };

/** What a block made of the message: `broken` is an earlier one that was not ended, `message` a whole one. */
export interface Assembled {
  assembly: Assembly;
  broken: readonly string[] | null;
  message: readonly string[] | null;
}

/** Adds a block. One outside a message is a message of its own: nothing is lost. */
export function assemble(before: Assembly, block: Pick<Block, 'text' | 'more'>, framing: Framing): Assembled {
  const text = before.pending + block.text;
  if (block.more) return { assembly: { ...before, pending: text, open: true }, broken: null, message: null };
  const { messageStart, messageEnd } = framing;
  const begins = messageStart !== '' && text.startsWith(messageStart);
  const ends = messageEnd === '' || text.startsWith(messageEnd);
  const broken = begins && before.blocks.length > 0 ? before.blocks : null;
  const blocks = broken === null ? [...before.blocks, text] : [text];
  const inside = begins || before.blocks.length > 0 || messageStart === '';
  if (ends || !inside) return { assembly: NOTHING, broken, message: blocks };
  return { assembly: { blocks, pending: '', open: true }, broken, message: null };
}

/** The text of a message: its blocks, each ended by the end mark, which none of them contains. */
export function joinBlocks(blocks: readonly string[], framing: Pick<Framing, 'end'>): Uint8Array {
  return concatBytes(blocks.map((block) => fromBinary(block + framing.end)));
}

/** The blocks of a message's text; inverse of {@link joinBlocks}. What a broken transfer left without end mark is a block too. */
export function splitBlocks(text: Uint8Array, framing: Pick<Framing, 'end'>): Uint8Array[] {
  const parts = toBinary(text).split(framing.end);
  if (parts.at(-1) === '') parts.pop();
  return parts.map(fromBinary);
}

/** How many characters at the end of `text` may begin `mark`. */
export function beginning(text: string, mark: string): number {
  for (let length = Math.min(mark.length - 1, text.length); length > 0; length -= 1)
    if (text.endsWith(mark.slice(0, length))) return length;
  return 0;
}
