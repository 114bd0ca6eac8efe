/** Bytes of a line for the eye: control characters by name, a frame's number and checksum apart, delimiters set back. */

/** `control`: a byte without a picture of its own; `frame`: frame number or checksum; `mark`: a delimiter. */
export type PartKind = 'control' | 'frame' | 'mark' | 'text';

export interface WirePart {
  readonly kind: PartKind;
  readonly text: string;
}

const names =
  'NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US'.split(
    ' ',
  );
const STX = '\u0002';
const ENDS = new Set(['\u0003', '\u0017']);

/** The name of a control byte (`STX`), or undefined for a byte with a picture. */
export function controlName(byte: number): string | undefined {
  return byte === 0x7f ? 'DEL' : names[byte];
}

/** A run of bytes as text: UTF-8 where it is, else byte by byte. */
export function readable(latin1: string): string {
  if (!/[\x80-\xff]/.test(latin1)) return latin1;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(latin1, (c) => c.charCodeAt(0)));
  } catch {
    return latin1;
  }
}

/** Cuts the bytes of one piece of the trace (latin1) into what is drawn alike. */
export function wireParts(latin1: string): WirePart[] {
  const parts: WirePart[] = [];
  const add = (kind: PartKind, text: string): void => {
    const last = parts.at(-1);
    if (last !== undefined && last.kind === kind && kind !== 'control')
      parts[parts.length - 1] = { kind, text: last.text + text };
    else parts.push({ kind, text });
  };
  const inFrame = latin1.startsWith(STX);
  let sum = 0;
  for (let at = 0; at < latin1.length; at += 1) {
    const char = latin1.charAt(at);
    const name = controlName(char.charCodeAt(0));
    if (name !== undefined) add('control', name);
    else if (sum > 0 || (inFrame && at === 1)) add('frame', char);
    else add(char === '|' ? 'mark' : 'text', char);
    sum = inFrame && ENDS.has(char) ? 2 : Math.max(0, sum - 1);
  }
  return parts.map((part) => (part.kind === 'text' ? { ...part, text: readable(part.text) } : part));
}

/** A part of which a search found all (`hit`) or nothing. */
export interface MarkedPart extends WirePart {
  readonly hit: boolean;
}

/** A part as it is drawn: control characters in angle brackets. */
export const drawn = (part: WirePart): string => (part.kind === 'control' ? `<${part.text}>` : part.text);

/** Cuts the parts where the searched text begins and ends, regardless of case; it may reach over several parts. A control character stays whole. */
export function markParts(parts: readonly WirePart[], search: string): MarkedPart[] {
  const wanted = search.trim().toLowerCase();
  if (wanted === '') return parts.map((part) => ({ ...part, hit: false }));
  const all = parts.map(drawn).join('').toLowerCase();
  const found: { from: number; to: number }[] = [];
  for (let at = all.indexOf(wanted); at >= 0; at = all.indexOf(wanted, at + wanted.length))
    found.push({ from: at, to: at + wanted.length });
  const marked: MarkedPart[] = [];
  let place = 0;
  for (const part of parts) {
    const { length } = drawn(part);
    const [from, to] = [place, place + length];
    place = to;
    const over = found.filter((one) => one.from < to && one.to > from);
    if (part.kind === 'control' || over.length === 0) {
      marked.push({ ...part, hit: over.length > 0 });
      continue;
    }
    let at = from;
    const cut = (end: number, hit: boolean): void => {
      if (end > at) marked.push({ kind: part.kind, text: part.text.slice(at - from, end - from), hit });
      at = Math.max(at, end);
    };
    for (const one of over) {
      cut(Math.max(one.from, from), false);
      cut(Math.min(one.to, to), true);
    }
    cut(to, false);
  }
  return marked;
}

/** The two characters of a frame's checksum; empty when there are none. */
export function checksumOf(latin1: string): string {
  return /[\u0003\u0017]([0-9A-Fa-f]{2})/.exec(latin1)?.[1] ?? '';
}

export interface HexRow {
  /** Place of the first byte, four hex digits. */
  readonly place: string;
  readonly cells: readonly {
    readonly at: number;
    readonly hex: string;
    readonly char: string;
    readonly control: boolean;
    readonly marked: boolean;
  }[];
}

/** Bytes in rows of `width`, as hex and as characters; those from `markFrom` to `markTo` (not included) are marked. */
export function hexRows(latin1: string, width: number, markFrom = 0, markTo = 0): HexRow[] {
  const rows: HexRow[] = [];
  for (let start = 0; start < latin1.length; start += width) {
    rows.push({
      place: start.toString(16).padStart(4, '0'),
      cells: [...latin1.slice(start, start + width)].map((char, index) => {
        const code = char.charCodeAt(0);
        const name = controlName(code);
        return {
          at: start + index,
          hex: code.toString(16).toUpperCase().padStart(2, '0'),
          char: name ?? char,
          control: name !== undefined,
          marked: start + index >= markFrom && start + index < markTo,
        };
      }),
    });
  }
  return rows;
}

/** Bytes (latin1) as hex pairs, 16 to a line. */
export function hexDump(latin1: string): string {
  const pairs = [...latin1].map((char) => char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0'));
  const lines: string[] = [];
  for (let at = 0; at < pairs.length; at += 16) lines.push(pairs.slice(at, at + 16).join(' '));
  return lines.join('\n');
}
