import { brotliDecompressSync, inflateSync } from 'node:zlib';

/**
 * Unpacks web fonts into the OpenType files they wrap: WOFF 1.0 (W3C, 2012) and WOFF 2.0 (W3C, 2018) with its transformed glyph table. For
 * fonts that ship with the program only; collections are not read.
 */

interface Table {
  tag: string;
  data: Uint8Array;
}

/**
 * The font file inside a WOFF or WOFF2 file; any other file is returned as it is.
 * @throws RangeError when the file is damaged.
 */
export function unpackFont(bytes: Uint8Array): Uint8Array {
  const signature = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
  if (signature === 'wOFF') return unpackWoff(bytes);
  return signature === 'wOF2' ? unpackWoff2(bytes) : bytes;
}

function unpackWoff(bytes: Uint8Array): Uint8Array {
  const view = viewOf(bytes);
  const tables = Array.from({ length: view.getUint16(12) }, (_, index): Table => {
    const at = 44 + index * 20;
    const offset = view.getUint32(at + 4);
    const packed = bytes.subarray(offset, offset + view.getUint32(at + 8));
    const length = view.getUint32(at + 12);
    const data = packed.length === length ? packed : inflateSync(packed);
    if (data.length !== length) throw new RangeError('damaged table in a WOFF file');
    return { tag: Buffer.from(bytes.subarray(at, at + 4)).toString('latin1'), data };
  });
  return assemble(view.getUint32(4), tables);
}

/** Writes a font file: table directory sorted by tag, tables on four-byte borders. Checksums are left zero: the shaper does not read them. */
function assemble(flavour: number, tables: Table[]): Uint8Array {
  const sorted = [...tables].sort((a, b) => (a.tag < b.tag ? -1 : 1));
  const padded = (length: number): number => (length + 3) & ~3;
  const head = 12 + sorted.length * 16;
  const out = Buffer.alloc(sorted.reduce((sum, table) => sum + padded(table.data.length), head));
  const power = 2 ** Math.floor(Math.log2(sorted.length));
  out.writeUInt32BE(flavour, 0);
  out.writeUInt16BE(sorted.length, 4);
  out.writeUInt16BE(power * 16, 6);
  out.writeUInt16BE(Math.log2(power), 8);
  out.writeUInt16BE((sorted.length - power) * 16, 10);
  let position = head;
  sorted.forEach((table, index) => {
    const at = 12 + index * 16;
    out.write(table.tag, at, 'latin1');
    out.writeUInt32BE(position, at + 8);
    out.writeUInt32BE(table.data.length, at + 12);
    out.set(table.data, position);
    position += padded(table.data.length);
  });
  return out;
}

/** Tags with a number of their own in a WOFF 2.0 directory, in that order. */
const KNOWN_TAGS = (
  'cmap head hhea hmtx maxp name OS/2 post cvt fpgm glyf loca prep CFF VORG EBDT EBLC gasp hdmx kern LTSH PCLT VDMX vhea vmtx BASE ' +
  'GDEF GPOS GSUB EBSC JSTF MATH CBDT CBLC COLR CPAL SVG sbix acnt avar bdat bloc bsln cvar fdsc feat fmtx fvar gvar hsty just lcar ' +
  'mort morx opbd prop trak Zapf Silf Glat Gloc Feat Sill'
)
  .split(' ')
  .map((tag) => tag.padEnd(4));

function unpackWoff2(bytes: Uint8Array): Uint8Array {
  const view = viewOf(bytes);
  const directory = new Reader(bytes, 48);
  const entries = Array.from({ length: view.getUint16(12) }, () => {
    const flags = directory.u8();
    const number = flags & 63;
    const tag = number === 63 ? directory.text(4) : (KNOWN_TAGS[number] ?? '');
    const version = flags >> 6;
    const glyphs = tag === 'glyf' || tag === 'loca';
    const length = directory.base128();
    const transformed = glyphs ? version === 0 : version !== 0;
    return { tag, transformed, stored: transformed ? directory.base128() : length };
  });
  const packed = bytes.subarray(directory.at, directory.at + view.getUint32(20));
  const all = brotliDecompressSync(packed);
  let at = 0;
  const stored = new Map(
    entries.map((entry) => {
      const data = all.subarray(at, at + entry.stored);
      if (data.length !== entry.stored) throw new RangeError('damaged table in a WOFF2 file');
      at += entry.stored;
      return [entry.tag, { ...entry, data }] as const;
    }),
  );
  const tables = new Map<string, Uint8Array>([...stored].map(([tag, entry]) => [tag, entry.data]));
  const glyf = stored.get('glyf');
  if (glyf?.transformed === true) {
    const rebuilt = rebuildGlyphs(glyf.data);
    tables.set('glyf', rebuilt.glyf);
    tables.set('loca', rebuilt.loca);
    const head = Buffer.from(tables.get('head') ?? new Uint8Array(54));
    head.writeInt16BE(1, 50);
    tables.set('head', head);
    const hmtx = stored.get('hmtx');
    const hhea = tables.get('hhea');
    if (hmtx?.transformed === true && hhea !== undefined) {
      tables.set('hmtx', rebuildMetrics(hmtx.data, viewOf(hhea).getUint16(34), rebuilt.left));
    }
  }
  return assemble(
    view.getUint32(4),
    [...tables].map(([tag, data]) => ({ tag, data })),
  );
}

/** Horizontal metrics whose left bearings were left out because they equal each glyph's left edge. */
function rebuildMetrics(data: Uint8Array, count: number, left: number[]): Uint8Array {
  const reader = new Reader(data, 0);
  const flags = reader.u8();
  const advances = Array.from({ length: count }, () => reader.u16());
  const bearings = left.map((edge, glyph) => {
    const omitted = glyph < count ? (flags & 1) !== 0 : (flags & 2) !== 0;
    return omitted ? edge : reader.i16();
  });
  const out = Buffer.alloc(count * 4 + (left.length - count) * 2);
  bearings.forEach((bearing, glyph) => {
    const at = glyph < count ? glyph * 4 : count * 4 + (glyph - count) * 2;
    if (glyph < count) out.writeUInt16BE(advances[glyph] ?? 0, at);
    out.writeInt16BE(bearing, glyph < count ? at + 2 : at);
  });
  return out;
}

/** The streams of a transformed glyph table (WOFF 2.0, section 5.1). */
interface Streams {
  contours: Reader;
  points: Reader;
  flags: Reader;
  glyphs: Reader;
  composites: Reader;
  boxes: Reader;
  instructions: Reader;
  hasBox(glyph: number): boolean;
}

function rebuildGlyphs(data: Uint8Array): { glyf: Uint8Array; loca: Uint8Array; left: number[] } {
  const head = new Reader(data, 4);
  const count = head.u16();
  head.u16();
  const sizes = Array.from({ length: 7 }, () => head.u32());
  let at = 36;
  const [contours, points, flags, glyphs, composites, boxes, instructions] = sizes.map((size) => {
    const reader = new Reader(data.subarray(at, at + size), 0);
    at += size;
    return reader;
  }) as [Reader, Reader, Reader, Reader, Reader, Reader, Reader];
  const bitmap = boxes.take(4 * Math.ceil(count / 32));
  const hasBox = (glyph: number): boolean => ((bitmap[glyph >> 3] ?? 0) & (0x80 >> (glyph & 7))) !== 0;
  const streams: Streams = { contours, points, flags, glyphs, composites, boxes, instructions, hasBox };
  const parts: Buffer[] = [];
  const loca = Buffer.alloc((count + 1) * 4);
  const left: number[] = [];
  let position = 0;
  for (let glyph = 0; glyph < count; glyph++) {
    const record = glyphRecord(streams, glyph);
    left.push(record.length >= 4 ? record.readInt16BE(2) : 0);
    loca.writeUInt32BE(position, glyph * 4);
    const padding = Buffer.alloc((4 - (record.length & 3)) & 3);
    parts.push(record, padding);
    position += record.length + padding.length;
  }
  loca.writeUInt32BE(position, count * 4);
  return { glyf: Buffer.concat(parts), loca, left };
}

function glyphRecord(streams: Streams, glyph: number): Buffer {
  const contours = streams.contours.i16();
  if (contours === 0) return Buffer.alloc(0);
  return contours > 0 ? simpleGlyph(streams, glyph, contours) : compositeGlyph(streams);
}

function simpleGlyph(streams: Streams, glyph: number, contours: number): Buffer {
  let total = 0;
  const ends = Array.from({ length: contours }, () => {
    total += streams.points.short255();
    return total - 1;
  });
  const points = Array.from({ length: total }, () => triplet(streams.flags.u8(), streams.glyphs));
  const instructions = streams.instructions.take(streams.glyphs.short255());
  const box = streams.hasBox(glyph) ? Array.from({ length: 4 }, () => streams.boxes.i16()) : boxOf(points);
  const out = Buffer.alloc(12 + contours * 2 + instructions.length + total * 5);
  let at = out.writeInt16BE(contours, 0);
  for (const edge of box) at = out.writeInt16BE(edge, at);
  for (const end of ends) at = out.writeUInt16BE(end, at);
  at = out.writeUInt16BE(instructions.length, at);
  out.set(instructions, at);
  at += instructions.length;
  // Flags without short forms: every step is a whole 16-bit number.
  for (const point of points) at = out.writeUInt8(point.onCurve ? 1 : 0, at);
  for (const point of points) at = out.writeInt16BE(point.dx, at);
  for (const point of points) at = out.writeInt16BE(point.dy, at);
  return out;
}

function compositeGlyph(streams: Streams): Buffer {
  const start = streams.composites.at;
  let flags = 0x20;
  let instructed = false;
  while ((flags & 0x20) !== 0) {
    flags = streams.composites.u16();
    instructed ||= (flags & 0x100) !== 0;
    const scale = (flags & 0x08) !== 0 ? 2 : (flags & 0x40) !== 0 ? 4 : (flags & 0x80) !== 0 ? 8 : 0;
    streams.composites.take(2 + ((flags & 1) !== 0 ? 4 : 2) + scale);
  }
  const components = streams.composites.since(start);
  const head = Buffer.alloc(10);
  let at = head.writeInt16BE(-1, 0);
  for (let edge = 0; edge < 4; edge++) at = head.writeInt16BE(streams.boxes.i16(), at);
  if (!instructed) return Buffer.concat([head, components]);
  const instructions = streams.instructions.take(streams.glyphs.short255());
  const length = Buffer.alloc(2);
  length.writeUInt16BE(instructions.length, 0);
  return Buffer.concat([head, components, length, instructions]);
}

interface Step {
  dx: number;
  dy: number;
  onCurve: boolean;
}

/** One point as the step from the one before (WOFF 2.0, table of triplets). */
function triplet(byte: number, data: Reader): Step {
  const onCurve = byte < 0x80;
  const flag = byte & 0x7f;
  const signed = (sign: number, value: number): number => ((sign & 1) !== 0 ? value : -value);
  if (flag < 10) return { dx: 0, dy: signed(flag, ((flag & 14) << 7) + data.u8()), onCurve };
  if (flag < 20) return { dx: signed(flag, (((flag - 10) & 14) << 7) + data.u8()), dy: 0, onCurve };
  if (flag < 84) {
    const [part, next] = [flag - 20, data.u8()];
    const dx = signed(flag, 1 + (part & 0x30) + (next >> 4));
    return { dx, dy: signed(flag >> 1, 1 + ((part & 0x0c) << 2) + (next & 15)), onCurve };
  }
  if (flag < 120) {
    const part = flag - 84;
    const dx = signed(flag, 1 + (Math.floor(part / 12) << 8) + data.u8());
    return { dx, dy: signed(flag >> 1, 1 + (((part % 12) >> 2) << 8) + data.u8()), onCurve };
  }
  const [one, two, three] = [data.u8(), data.u8(), data.u8()];
  if (flag < 124) {
    return {
      dx: signed(flag, (one << 4) + (two >> 4)),
      dy: signed(flag >> 1, ((two & 15) << 8) + three),
      onCurve,
    };
  }
  return { dx: signed(flag, (one << 8) + two), dy: signed(flag >> 1, (three << 8) + data.u8()), onCurve };
}

function boxOf(steps: Step[]): number[] {
  let [x, y] = [0, 0];
  const xs: number[] = [];
  const ys: number[] = [];
  for (const step of steps) {
    x += step.dx;
    y += step.dy;
    xs.push(x);
    ys.push(y);
  }
  const least = (values: number[]): number => values.reduce((low, value) => Math.min(low, value), Infinity);
  const most = (values: number[]): number => values.reduce((high, value) => Math.max(high, value), -Infinity);
  return [least(xs), least(ys), most(xs), most(ys)];
}

/** Reads numbers one after the other; reading past the end is an error. */
class Reader {
  at: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.at = at;
  }

  u8(): number {
    return this.#view.getUint8(this.at++);
  }

  u16(): number {
    this.at += 2;
    return this.#view.getUint16(this.at - 2);
  }

  i16(): number {
    this.at += 2;
    return this.#view.getInt16(this.at - 2);
  }

  u32(): number {
    this.at += 4;
    return this.#view.getUint32(this.at - 4);
  }

  text(length: number): string {
    return Buffer.from(this.take(length)).toString('latin1');
  }

  take(length: number): Uint8Array {
    if (this.at + length > this.#bytes.length) throw new RangeError('a font file ends too early');
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  since(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.at);
  }

  /** A number in seven-bit groups, highest first. */
  base128(): number {
    let value = 0;
    for (let group = 0; group < 5; group++) {
      const byte = this.u8();
      value = value * 128 + (byte & 0x7f);
      if (byte < 0x80) return value;
    }
    throw new RangeError('a font file has an endless number');
  }

  /** A small number in one to three bytes. */
  short255(): number {
    const code = this.u8();
    if (code === 253) return this.u16();
    if (code === 255) return this.u8() + 253;
    if (code === 254) return this.u8() + 506;
    return code;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
