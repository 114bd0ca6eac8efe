/** Targets of a control: mean and SD from its own points (W14). Exact in decimals up to the last place shown. Pure. */
import { readDecimal } from './decimal.ts';

/** Points a mean and SD of one's own need at least (W14). */
export const LEAST_POINTS = 20;

/** What a rolling target is made from: the newest so many points, or those of so many months. */
export interface RollingWindow {
  by: 'points' | 'months';
  count: number;
}

/** Until the laboratory sets its own: two months of a control a day. */
export const DEFAULT_ROLLING: RollingWindow = { by: 'points', count: 60 };

/**
 * The points a rolling target is made from, oldest first: of those that are not excluded (W12) and came after the last break (W11) the newest in the
 * window. A month reaches back to the same day of the month; where that has no such day, to its last.
 * @param points of one lot, level, test and instrument, oldest first; `at`: when each was measured
 * @param since instant of the last break; '' without one @param now ISO 8601 UTC
 */
export function rollingPoints<P extends { at: string; excluded: boolean }>(
  points: readonly P[],
  { by, count }: RollingWindow,
  since: string,
  now: string,
): P[] {
  const usable = points.filter((one) => !one.excluded && one.at >= since);
  if (by === 'points') return usable.slice(-count);
  const from = monthsBefore(now, count);
  return usable.filter((one) => one.at >= from);
}

function monthsBefore(now: string, months: number): string {
  const at = new Date(now);
  const first = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - months, 1);
  const last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - months + 1, 0)).getUTCDate();
  const day = new Date(first);
  day.setUTCDate(Math.min(at.getUTCDate(), last));
  return `${day.toISOString().slice(0, 10)}${now.slice(10)}`;
}

export type Established =
  | { ok: true; mean: string; sd: string; cv: number | null; n: number }
  /** `tooFew`: fewer than {@link LEAST_POINTS}; `noSpread`: all equal, an SD of zero cannot judge (W10); `notNumbers`: a value is no decimal */
  | { ok: false; why: 'tooFew' | 'noSpread' | 'notNumbers'; n: number };

/**
 * Mean and sample SD (n - 1) of decimal texts, written with two places more than the values have.
 * @param values decimal texts of points that were not excluded, all of one lot, level, test and instrument
 */
export function establishTarget(values: readonly string[]): Established {
  const n = values.length;
  const read = values.map(readDecimal);
  const known = read.filter((one) => one !== null);
  if (known.length < n) return { ok: false, why: 'notNumbers', n };
  if (n < LEAST_POINTS) return { ok: false, why: 'tooFew', n };
  const places = Math.max(...known.map((one) => one.places)) + 2;
  const scale = 10n ** BigInt(places);
  const scaled = known.map((one) => one.digits * 10n ** BigInt(places - one.places));
  const count = BigInt(n);
  const sum = scaled.reduce((total, one) => total + one, 0n);
  // n * sum of squares of deviations, all whole numbers.
  const spread = scaled.reduce((total, one) => total + (one * count - sum) ** 2n, 0n) / count;
  if (spread === 0n) return { ok: false, why: 'noSpread', n };
  const mean = divideRounded(sum, count);
  // SD = sqrt(spread / (n * (n - 1))), all in units of the last place.
  const sd = rootRounded(spread, count * (count - 1n));
  if (sd === 0n) return { ok: false, why: 'noSpread', n };
  const cv = mean === 0n ? null : Math.abs((Number(sd) / Number(mean)) * 100);
  return { ok: true, mean: written(mean, places, scale), sd: written(sd, places, scale), cv, n };
}

/** A quotient rounded half away from zero. */
function divideRounded(a: bigint, b: bigint): bigint {
  const negative = a < 0n !== b < 0n;
  const x = a < 0n ? -a : a;
  const y = b < 0n ? -b : b;
  const rounded = (2n * x + y) / (2n * y);
  return negative ? -rounded : rounded;
}

/** sqrt(a / b) rounded to the nearest whole number. */
function rootRounded(a: bigint, b: bigint): bigint {
  // The nearest whole r has (2r - 1)^2 * b <= 4a.
  let low = 0n;
  let high = 1n;
  while ((2n * high - 1n) ** 2n * b <= 4n * a) high *= 2n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if ((2n * middle - 1n) ** 2n * b <= 4n * a) low = middle;
    else high = middle;
  }
  return low;
}

function written(value: bigint, places: number, scale: bigint): string {
  const sign = value < 0n ? '-' : '';
  const size = value < 0n ? -value : value;
  return `${sign}${size / scale}.${String(size % scale).padStart(places, '0')}`;
}
