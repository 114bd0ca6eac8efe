import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { inflateSync } from 'node:zlib';
import { Blob, Face, Font } from 'harfbuzzjs';

/**
 * The fonts labels and reports are drawn with: IBM Plex Sans and its companions, read from the installed packages on first use. Companions
 * come in pieces (one per range of characters); only the pieces a text needs are opened.
 */

const require = createRequire(import.meta.url);

/** Regular or semi-bold. */
export type Weight = 400 | 600;

/** An opened font (or piece of one). */
export interface OpenFont {
  /** Names it in caches and messages: `ibm-plex-sans-arabic/arabic/600`. */
  key: string;
  /** Design units per em. */
  unitsPerEm: number;
  font: Font;
  has(codePoint: number): boolean;
}

/** The base family as plain TrueType, one file per weight. */
const BASE: Record<Weight, string> = {
  400: '@expo-google-fonts/ibm-plex-sans/400Regular/IBMPlexSans_400Regular.ttf',
  600: '@expo-google-fonts/ibm-plex-sans/600SemiBold/IBMPlexSans_600SemiBold.ttf',
};

/** Companions in order of preference, after the base family. */
const COMPANIONS = [
  'ibm-plex-sans-arabic',
  'ibm-plex-sans-hebrew',
  'ibm-plex-sans-devanagari',
  'ibm-plex-sans-thai',
  'ibm-plex-sans-jp',
];

/** Path of the base family's TrueType file of a weight. */
export function baseFontFile(weight: Weight): string {
  return require.resolve(BASE[weight]);
}

interface Piece {
  family: string;
  name: string;
  ranges: [from: number, to: number][];
}

const opened = new Map<string, OpenFont | undefined>();
let pieces: Piece[] | undefined;

/** Fonts that may hold the character, best first; each is opened and asked, so the first one really has it. */
export function fontFor(codePoint: number, weight: Weight): OpenFont | undefined {
  const base = openBase(weight);
  if (base.has(codePoint)) return base;
  for (const piece of companionPieces()) {
    if (!piece.ranges.some(([from, to]) => codePoint >= from && codePoint <= to)) continue;
    const found = openPiece(piece, weight);
    if (found?.has(codePoint) === true) return found;
  }
  return undefined;
}

/** The base family in a weight. */
export function openBase(weight: Weight): OpenFont {
  const key = `ibm-plex-sans/${weight}`;
  const known = opened.get(key);
  if (known !== undefined) return known;
  const font = openFont(key, readFileSync(baseFontFile(weight)));
  opened.set(key, font);
  return font;
}

function companionPieces(): Piece[] {
  if (pieces !== undefined) return pieces;
  pieces = COMPANIONS.flatMap((family) => {
    const file = resolveOrNone(`@fontsource/${family}/unicode.json`);
    if (file === undefined) return [];
    const table = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    return Object.entries(table).map(([name, list]) => ({
      family,
      name: name.replace(/[[\]]/g, ''),
      ranges: list.split(',').map(parseRange),
    }));
  });
  return pieces;
}

function openPiece(piece: Piece, weight: Weight): OpenFont | undefined {
  const key = `${piece.family}/${piece.name}/${weight}`;
  if (opened.has(key)) return opened.get(key);
  const file = resolveOrNone(
    `@fontsource/${piece.family}/files/${piece.family}-${piece.name}-${weight}-normal.woff`,
  );
  const font = file === undefined ? undefined : openFont(key, unpackWoff(readFileSync(file)));
  opened.set(key, font);
  return font;
}

function openFont(key: string, bytes: Uint8Array): OpenFont {
  const face = new Face(new Blob(bytes));
  const font = new Font(face);
  const characters = new Set(face.collectUnicodes());
  return { key, unitsPerEm: face.upem, font, has: (codePoint) => characters.has(codePoint) };
}

function resolveOrNone(name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

/** `U+0600-06FF` or `U+200C`. */
function parseRange(text: string): [number, number] {
  const [from = '', to = from] = text.trim().replace(/^U\+/i, '').split('-');
  return [Number.parseInt(from, 16), Number.parseInt(to, 16)];
}

/**
 * Unpacks a WOFF 1.0 file (W3C recommendation of 2012) into the font file it wraps.
 * @throws RangeError when the bytes are not WOFF 1.0 or a table is damaged.
 */
export function unpackWoff(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < 44 || view.getUint32(0) !== 0x774f4646) throw new RangeError('not a WOFF file');
  const count = view.getUint16(12);
  const tables = Array.from({ length: count }, (_, index) => {
    const at = 44 + index * 20;
    const offset = view.getUint32(at + 4);
    const packed = bytes.subarray(offset, offset + view.getUint32(at + 8));
    const length = view.getUint32(at + 12);
    const data = packed.length === length ? packed : inflateSync(packed);
    if (data.length !== length) throw new RangeError('damaged table in a WOFF file');
    return { tag: view.getUint32(at), checksum: view.getUint32(at + 16), data };
  });
  const padded = (length: number): number => (length + 3) & ~3;
  const head = 12 + count * 16;
  const out = new Uint8Array(tables.reduce((sum, table) => sum + padded(table.data.length), head));
  const target = new DataView(out.buffer);
  const power = 2 ** Math.floor(Math.log2(count));
  target.setUint32(0, view.getUint32(4));
  target.setUint16(4, count);
  target.setUint16(6, power * 16);
  target.setUint16(8, Math.log2(power));
  target.setUint16(10, (count - power) * 16);
  let position = head;
  tables.forEach((table, index) => {
    const at = 12 + index * 16;
    target.setUint32(at, table.tag);
    target.setUint32(at + 4, table.checksum);
    target.setUint32(at + 8, position);
    target.setUint32(at + 12, table.data.length);
    out.set(table.data, position);
    position += padded(table.data.length);
  });
  return out;
}
