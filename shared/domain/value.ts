/**
 * Values keep their text (R12). What an instrument printed, the number a rule may compute with and the comparator travel
 * together; the text is never rewritten, and nothing that is not plainly a number becomes one.
 */

/** FHIR's quantity comparators. */
export type Comparator = '<' | '<=' | '>' | '>=';

export interface ParsedValue {
  /** exactly as received */
  text: string;
  /** `empty`: nothing was given, which is not zero. `string`: not a plain number (`-----`, `***.**`, `positive`, `1:80`). */
  kind: 'quantity' | 'string' | 'empty';
  /** only with kind `quantity` */
  number?: number;
  /** only with kind `quantity`; `>500` is a quantity 500 with comparator `>` */
  comparator?: Comparator;
}

export interface ParseValueOptions {
  /**
   * What a comma means. Left out, a comma is a decimal comma unless the text could also be a thousands separator (`1,234`),
   * which then stays a string: nothing is guessed. `decimal` settles it, `none` never takes a comma for part of a number.
   */
  comma?: 'decimal' | 'none';
}

const COMPARATORS: Record<string, Comparator> = {
  '<': '<',
  '>': '>',
  '<=': '<=',
  '>=': '>=',
  '\u2264': '<=',
  '\u2265': '>=',
};

const SHAPE = /^(<=|>=|[<>\u2264\u2265])?\s*([-\u2212]?)(\d+(?:[.,]\d*)?|[.,]\d+)([eE][+-]?\d{1,3})?$/;
/** One comma in front of exactly three digits, as in 1,234: decimal or thousands, nobody can tell. */
const AMBIGUOUS = /^[1-9]\d{0,2},\d{3}$/;

/**
 * Reads the text of a result value.
 *
 * `5.40`, `5,40`, `>500`, `<0.1`, `≥ 3`, `−2.5` (unicode minus) are quantities. `-----`, `***.**`, `+1`, `1:80`, `1,234` and words are
 * strings. Blank text is empty. A sign `+` is not taken for a number, since urine strips report grades that way.
 */
export function parseValue(text: string, options: ParseValueOptions = {}): ParsedValue {
  const trimmed = text.trim();
  if (trimmed === '') return { text, kind: 'empty' };
  const match = SHAPE.exec(trimmed);
  if (match === null) return { text, kind: 'string' };
  const [, sign, minus, digits = '', exponent = ''] = match;
  if (digits.includes(',')) {
    if (options.comma === 'none') return { text, kind: 'string' };
    if (options.comma === undefined && AMBIGUOUS.test(digits)) return { text, kind: 'string' };
  }
  const number = Number(`${minus === '' ? '' : '-'}${digits.replace(',', '.')}${exponent}`);
  if (!Number.isFinite(number)) return { text, kind: 'string' };
  const comparator = sign === undefined ? undefined : COMPARATORS[sign];
  return comparator === undefined
    ? { text, kind: 'quantity', number }
    : { text, kind: 'quantity', number, comparator };
}

/**
 * Exact product of two plain decimals as text, without rounding: `multiplyDecimal('5.40', '0.5')` is `2.700`. Used for unit
 * factors, where binary floating point would show digits nobody measured.
 * @throws RangeError when one of them is not a plain decimal such as `-12.50`.
 */
export function multiplyDecimal(left: string, right: string): string {
  const [a, b] = [decimalParts(left), decimalParts(right)];
  const scale = a.scale + b.scale;
  const product = a.digits * b.digits;
  const negative = product < 0n;
  const digits = (negative ? -product : product).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale);
  return `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

function decimalParts(text: string): { digits: bigint; scale: number } {
  const match = /^(-?)(\d*)(?:\.(\d*))?$/.exec(text);
  const [, minus = '', whole = '', fraction = ''] = match ?? [];
  if (match === null || whole + fraction === '') throw new RangeError('Not a plain decimal number');
  const digits = BigInt(whole + fraction);
  return { digits: minus === '' ? digits : -digits, scale: fraction.length };
}
