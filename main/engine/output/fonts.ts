import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Blob, Face, Font, Variation } from 'harfbuzzjs';
import { unpackFont } from './font-files.ts';

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

/** Companions in order of preference, after the base family. Families without a face in IBM Plex are Noto Sans, one file for all weights. */
const COMPANIONS: readonly Family[] = [
  { name: 'ibm-plex-sans-arabic', variable: false },
  { name: 'ibm-plex-sans-hebrew', variable: false },
  { name: 'ibm-plex-sans-devanagari', variable: false },
  { name: 'ibm-plex-sans-thai', variable: false },
  { name: 'ibm-plex-sans-jp', variable: false },
  { name: 'noto-sans-sc', variable: true },
  { name: 'noto-sans-kr', variable: true },
  { name: 'noto-sans-bengali', variable: true },
  { name: 'noto-sans-tamil', variable: true },
  { name: 'noto-sans-telugu', variable: true },
  { name: 'noto-sans-kannada', variable: true },
  { name: 'noto-sans-sinhala', variable: true },
  { name: 'noto-sans-khmer', variable: true },
  { name: 'noto-sans-armenian', variable: true },
  { name: 'noto-sans-georgian', variable: true },
  { name: 'noto-sans-ethiopic', variable: true },
];

interface Family {
  name: string;
  /** One file holds all weights, by its `wght` axis. */
  variable: boolean;
}

function packageOf(family: Family): string {
  return `${family.variable ? '@fontsource-variable' : '@fontsource'}/${family.name}`;
}

/** Path of the base family's TrueType file of a weight. */
export function baseFontFile(weight: Weight): string {
  return require.resolve(BASE[weight]);
}

interface Piece {
  family: Family;
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
    const file = resolveOrNone(`${packageOf(family)}/unicode.json`);
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
  const { name, variable } = piece.family;
  const key = `${name}/${piece.name}/${weight}`;
  if (opened.has(key)) return opened.get(key);
  const style = variable ? 'wght-normal.woff2' : `${weight}-normal.woff`;
  const file = resolveOrNone(`${packageOf(piece.family)}/files/${name}-${piece.name}-${style}`);
  const font = file === undefined ? undefined : openFont(key, unpackFont(readFileSync(file)));
  if (variable) font?.font.setVariations([new Variation('wght', weight)]);
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
