import type { Code128 } from './code128.ts';

/**
 * A writer of ZPL II. Everything that comes from outside goes through {@link fieldData}: no name, whatever its characters, can
 * become a printer command.
 */

const HEX_LEAD = '_';

/**
 * Escapes text for `^FH_^FD`: the command characters `^` `~`, the hexadecimal lead `_`, the backslash and all control characters become
 * `_xx`. Everything else is left as it is, to be sent as UTF-8 under `^CI28`. A lone surrogate becomes U+FFFD.
 */
export function escapeField(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u001f\u007f^~_\\]/g, (char) => HEX_LEAD + hexByte(char.charCodeAt(0)))
    .replace(/[\u0080-\u009f\u2028\u2029]/g, '\ufffd');
}

/** `^FH_^FD…^FS` with the text escaped. */
export function fieldData(text: string): string {
  return `^FH${HEX_LEAD}^FD${escapeField(text)}^FS`;
}

/** Rotation of a field: N upright, R a quarter turn clockwise. */
export type Rotation = 'N' | 'R';

/** A one-bit picture: rows packed to whole bytes, most significant bit first, 1 is black. */
export interface Bitmap {
  width: number;
  height: number;
  /** Rows as upper-case hexadecimal, `ceil(width / 8)` bytes each. */
  rows: string[];
}

/** Opens a label: UTF-8, its size in dots, origin at the corner, one copy. */
export function openLabel(width: number, height: number): string {
  return `^XA^CI28^PW${dots(width)}^LL${dots(height)}^LH0,0^LS0^FWN^PQ1,0,1,N\n`;
}

/** Closes a label. */
export function closeLabel(): string {
  return '^XZ\n';
}

/**
 * Text in the printer's scalable font 0. Position is the upper left corner; sizes in dots. `rightIn` sets it at the right edge of a room of
 * that width.
 */
export function textField(
  x: number,
  y: number,
  height: number,
  width: number,
  text: string,
  options: { rotation?: Rotation; reverse?: boolean; rightIn?: number } = {},
): string {
  const reverse = options.reverse === true ? '^FR' : '';
  const block = options.rightIn === undefined ? '' : `^FB${dots(options.rightIn)},1,0,R`;
  return `^FO${dots(x)},${dots(y)}${reverse}^A0${options.rotation ?? 'N'},${dots(height)},${dots(width)}${block}${fieldData(text)}\n`;
}

/** A filled black box. */
export function solidBox(x: number, y: number, width: number, height: number): string {
  return `^FO${dots(x)},${dots(y)}^GB${dots(width)},${dots(height)},${dots(Math.min(width, height))}^FS\n`;
}

/** A picture by `^GFA`, with ZPL's run-length shorthand for repeated hexadecimal digits and rows. */
export function graphicField(x: number, y: number, bitmap: Bitmap): string {
  const bytesPerRow = Math.ceil(bitmap.width / 8);
  const total = bytesPerRow * bitmap.rows.length;
  let previous = '';
  const data = bitmap.rows
    .map((row) => {
      if (!/^[0-9A-F]*$/.test(row) || row.length !== bytesPerRow * 2)
        throw new RangeError('bitmap row is not packed');
      if (row === previous) return ':';
      previous = row;
      return compressRow(row);
    })
    .join('');
  return `^FO${dots(x)},${dots(y)}^GFA,${total},${total},${bytesPerRow},${data}^FS\n`;
}

/**
 * A Code 128 symbol with the character sets spelled out, so that the printer draws exactly the symbol whose width was computed; the printer
 * adds the check character. Position is the left edge of the first bar.
 * @throws RangeError when a shift or set A is needed: labels carry capitals, digits and hyphens only.
 */
export function code128Field(
  x: number,
  y: number,
  moduleDots: number,
  height: number,
  symbol: Code128,
): string {
  let data = '';
  for (const step of symbol.steps) {
    if (step.kind === 'start') data += { A: '>9', B: '>:', C: '>;' }[step.set];
    else if (step.kind === 'switch') data += { A: '>7', B: '>6', C: '>5' }[step.set];
    else if (step.kind === 'data') data += step.text;
    else if (step.kind === 'shift') throw new RangeError('a label barcode never needs a shift');
  }
  if (!/^[-A-Z0-9]+$/.test(symbol.data))
    throw new RangeError('a label barcode holds A-Z, 0-9 and hyphen only');
  return `^FO${dots(x)},${dots(y)}^BY${dots(moduleDots)},3,${dots(height)}^BCN,${dots(height)},N,N,N,N^FD${data}^FS\n`;
}

/** A whole number of dots, refused when it is not one: a fraction would be misread by the printer. */
function dots(value: number): string {
  if (!Number.isInteger(value) || value < 0 || value > 32_000)
    throw new RangeError(`not a number of dots: ${value}`);
  return String(value);
}

function hexByte(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, '0');
}

/** ZPL's shorthand: `,` fills a row with zeros, `!` with ones, G to Y repeat 1 to 19, g to z repeat 20 to 400 times. */
function compressRow(row: string): string {
  const zeros = row.replace(/0+$/, '');
  const ones = row.replace(/F+$/, '');
  const [body, tail] =
    zeros.length < row.length ? [zeros, ','] : ones.length < row.length ? [ones, '!'] : [row, ''];
  return body.replace(/(.)\1{2,}/g, (run) => repeatCount(run.length) + run[0]) + tail;
}

function repeatCount(count: number): string {
  let rest = count;
  let text = '';
  while (rest >= 400) {
    text += 'z';
    rest -= 400;
  }
  if (rest >= 20) {
    text += String.fromCharCode('g'.charCodeAt(0) + Math.floor(rest / 20) - 1);
    rest %= 20;
  }
  if (rest > 0) text += String.fromCharCode('G'.charCodeAt(0) + rest - 1);
  return text;
}
