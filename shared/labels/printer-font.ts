/**
 * Widths of a label printer's built-in scalable font (font 0, a bold condensed sans serif). Printers do not tell them, so these are the
 * proportions of bold Helvetica, condensed, and rounded up (the hyphen is as wide as a dash there): a text that fits by this table
 * fits on paper. Capitals with accents reach a fifth of the cell above its top. Printers also differ in the characters the font holds; only Latin-1 letters are counted on.
 */

const BOLD_WIDTHS: Record<string, number> = {};
const put = (chars: string, width: number): void => {
  for (const char of chars) BOLD_WIDTHS[char] = width;
};
put("'", 290);
put(' /\\Iijl|', 305);
put('!(),.:;[]ft`', 370);
put('r', 389);
put('{}', 430);
put('"', 474);
put('z', 500);
put('#$0123456789Jacekxyvs_*', 560);
put('+<=>^~', 584);
put('?FLTZbdghnopqu', 611);
put('EPSVXY', 667);
put('ABCDHKNRU', 722);
put('&', 740);
put('GOQw', 778);
put('M', 850);
put('-', 880);
put('m%', 910);
put('W', 944);
put('@', 975);
put('ÆŒ', 1000);
put('æœ', 889);
put('ßðþø', 611);
put('ØÐÞ', 778);

/** Condensation of font 0 against the bold Helvetica widths, with a safety of a few per cent. */
const CONDENSED = 0.92;

/**
 * Whether every character is one that font 0 of any printer holds: printable ASCII and the letters of Latin-1. The backslash is left out:
 * printers read it as a command in aligned text.
 */
export function printerFontHas(text: string): boolean {
  return /^[\u0020-\u005b\u005d-\u007e\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]*$/.test(text);
}

/** Upper bound of the width, in dots, of text in font 0 whose character cell is `cellWidth` dots. */
export function printerFontWidth(text: string, cellWidth: number): number {
  let units = 0;
  for (const char of text) {
    const base = char.normalize('NFD')[0] ?? char;
    units += BOLD_WIDTHS[char] ?? BOLD_WIDTHS[base] ?? 722;
  }
  return Math.ceil((units * CONDENSED * cellWidth) / 1000);
}
