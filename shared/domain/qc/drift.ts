/** Slow drift that no single point shows: tabular CUSUM and EWMA of z, beside the Westgard rules and never instead of them. Pure. */

/** One z of a level in the order of runs; null: excluded or without a target, it leaves the sum as it was (W12). */
export interface DriftInput {
  id: string;
  z: number | null;
  /** first point after a lot, target or calibration that ends a window (W11): sums begin anew */
  restarts?: boolean;
}

export interface DriftOptions {
  /** slack of the CUSUM, SD: half of the shift worth finding */
  k: number;
  /** decision limit of the CUSUM, SD */
  h: number;
  /** weight of the newest point in the EWMA, (0, 1] */
  lambda: number;
  /** width of the EWMA's limits, SD of the EWMA */
  l: number;
}

/** k 0.5 and h 4 find a shift of 1 SD in about 8 points with a false alarm in about 170 (one sided); lambda 0.2 and L 2.86 compare. Montgomery, Statistical Quality Control, ch. 9. */
export const DRIFT: DriftOptions = { k: 0.5, h: 4, lambda: 0.2, l: 2.86 };

export interface DriftPoint {
  id: string;
  /** null: the point does not count */
  z: number | null;
  /** upper and lower sums of the CUSUM, SD, at or above 0 */
  high: number;
  low: number;
  ewma: number;
  /** the limits of the EWMA here are at plus and minus this, SD; they widen with the points since the start */
  limit: number;
  /** strictly beyond a limit (W10: exactly on it does not fire) */
  signals: ('cusumHigh' | 'cusumLow' | 'ewmaHigh' | 'ewmaLow')[];
  /** points since the sum that signals left zero: when the drift probably began; 0 without a CUSUM signal */
  since: number;
}

/** Runs both over one level. Throws RangeError for options that mean nothing. */
export function driftOf(points: readonly DriftInput[], options: DriftOptions = DRIFT): DriftPoint[] {
  const { k, h, lambda, l } = options;
  if (!(k >= 0 && h > 0 && lambda > 0 && lambda <= 1 && l > 0))
    throw new RangeError('k must not be negative, h and l must be above 0, lambda in (0, 1]');
  let high = 0;
  let low = 0;
  let ewma = 0;
  let seen = 0;
  let sinceHigh = 0;
  let sinceLow = 0;
  const out: DriftPoint[] = [];
  for (const { id, z, restarts } of points) {
    if (restarts === true) {
      high = low = ewma = 0;
      seen = sinceHigh = sinceLow = 0;
    }
    if (z !== null && Number.isFinite(z)) {
      high = Math.max(0, high + z - k);
      low = Math.max(0, low - z - k);
      ewma = lambda * z + (1 - lambda) * ewma;
      seen += 1;
      sinceHigh = high === 0 ? 0 : sinceHigh + 1;
      sinceLow = low === 0 ? 0 : sinceLow + 1;
    }
    const limit = l * Math.sqrt((lambda / (2 - lambda)) * (1 - (1 - lambda) ** (2 * seen)));
    const counts = z !== null && Number.isFinite(z);
    const signals: DriftPoint['signals'] = [];
    if (counts && high > h) signals.push('cusumHigh');
    if (counts && low > h) signals.push('cusumLow');
    if (counts && ewma > limit) signals.push('ewmaHigh');
    if (counts && ewma < -limit) signals.push('ewmaLow');
    const since = signals.includes('cusumHigh') ? sinceHigh : signals.includes('cusumLow') ? sinceLow : 0;
    out.push({ id, z: counts ? z : null, high, low, ewma, limit, signals, since });
  }
  return out;
}
