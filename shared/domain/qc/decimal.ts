/** Exact comparison of decimal texts. `5.4` lies exactly 2 SD above 5.0 with SD 0.2; in binary floating point it lies beyond (W10). */

const DECIMAL = /^([+-]?)(\d*)\.?(\d*)$/;

/** A decimal as an integer and the number of its decimal places. */
export interface Decimal {
  digits: bigint;
  places: number;
}

/** Reads a plain decimal (`-5.40`, `.5`, `7.`); null for anything else, also for an empty text, exponents and commas. */
export function readDecimal(text: string): Decimal | null {
  const [, sign = '', whole = '', fraction = ''] = DECIMAL.exec(text.trim()) ?? [];
  if (whole === '' && fraction === '') return null;
  const digits = BigInt(`${whole}${fraction}`);
  return { digits: sign === '-' ? -digits : digits, places: fraction.length };
}

/** The same value with this many places, at least its own. */
function scaled({ digits, places }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(to - places);
}

/** Negative, zero or positive as `a` is below, equal to or above `b`. */
export function compareDecimal(a: Decimal, b: Decimal): number {
  const places = Math.max(a.places, b.places);
  const left = scaled(a, places);
  const right = scaled(b, places);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** How a value lies to its target: side of the mean, how many whole SD it exceeds strictly (0 to 3), and z for display. */
export interface Deviation {
  side: -1 | 0 | 1;
  beyond: 0 | 1 | 2 | 3;
  /** (value - mean) / SD, for display; never compared with a limit */
  z: number;
}

/**
 * Where a control lies. Limits are compared exactly: a value at 2.0 SD is not beyond 2 SD (W10).
 * @returns null when it cannot be told: a value, mean or SD that is no decimal, or an SD that is not above zero (W10).
 */
export function deviationOf(value: string, mean: string, sd: string): Deviation | null {
  const v = readDecimal(value);
  const m = readDecimal(mean);
  const s = readDecimal(sd);
  if (v === null || m === null || s === null || s.digits <= 0n) return null;
  const places = Math.max(v.places, m.places, s.places);
  const distance = scaled(v, places) - scaled(m, places);
  const unit = scaled(s, places);
  const size = distance < 0n ? -distance : distance;
  const beyond = size > 3n * unit ? 3 : size > 2n * unit ? 2 : size > unit ? 1 : 0;
  return { side: distance < 0n ? -1 : distance > 0n ? 1 : 0, beyond, z: ratio(distance, unit) };
}

/** A quotient as a number with about twelve good digits, also of integers too long for a number. */
function ratio(a: bigint, b: bigint): number {
  const whole = a / b;
  const rest = ((a % b) * 1_000_000_000_000n) / b;
  return Number(whole) + Number(rest) / 1e12;
}
