/** How the points of a level lie about their target: a histogram of z in equal steps, beside what a normal distribution would give. Pure. */
import { statisticsOf } from './statistics.ts';

export interface HistogramBin {
  /** SD, half open [from, to); the outermost ones hold everything beyond */
  from: number;
  to: number;
  count: number;
  /** how many a normal distribution about the target would put here */
  expected: number;
}

export interface Histogram {
  n: number;
  bins: HistogramBin[];
  /** the points' own mean and SD, in target SD: 0 and 1 when the target fits; null as in {@link statisticsOf} */
  mean: number | null;
  sd: number | null;
  /** share beyond 2 and 3 SD (W10: exactly on it does not count); 0 without points */
  beyond2: number;
  beyond3: number;
}

/** Abramowitz and Stegun 7.1.26, error below 1.5e-7. */
function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const erf = 1 - poly * Math.exp(-x * x);
  return z < 0 ? (1 - erf) / 2 : (1 + erf) / 2;
}

/**
 * @param values z of points that count; others are left out by the caller (W12)
 * @param step width of a bin, SD; must divide 1. Bins run from -4 to 4
 */
export function histogramOf(values: readonly number[], step = 0.5): Histogram {
  const perSd = Math.round(1 / step);
  if (!(step > 0) || Math.abs(perSd * step - 1) > 1e-9) throw new RangeError('the step must divide 1');
  const finite = values.filter(Number.isFinite);
  const count = 8 * perSd;
  const bins: HistogramBin[] = Array.from({ length: count }, (_, i) => {
    const from = i / perSd - 4;
    const to = (i + 1) / perSd - 4;
    const share = (i === count - 1 ? 1 : normalCdf(to)) - (i === 0 ? 0 : normalCdf(from));
    return { from, to, count: 0, expected: share * finite.length };
  });
  for (const z of finite) {
    const at = Math.min(count - 1, Math.max(0, Math.floor((z + 4) * perSd)));
    (bins[at] as HistogramBin).count += 1;
  }
  const { n, mean, sd } = statisticsOf(finite);
  const beyond = (limit: number) => (n === 0 ? 0 : finite.filter((z) => Math.abs(z) > limit).length / n);
  return { n, bins, mean, sd, beyond2: beyond(2), beyond3: beyond(3) };
}
