/** What a lot's points of a month say: mean, spread, bias, sigma, and how they compare with a peer group. Pure. */
import { sigmaMetric } from './sigma.ts';

export interface Statistics {
  n: number;
  /** null: no points */
  mean: number | null;
  /** sample SD (n - 1); null with fewer than two points */
  sd: number | null;
  /** percent; null without SD or with mean zero */
  cv: number | null;
}

/** Count, mean, sample SD and CV (percent) of numbers. */
export function statisticsOf(values: readonly number[]): Statistics {
  const n = values.length;
  if (n === 0) return { n, mean: null, sd: null, cv: null };
  const mean = values.reduce((sum, one) => sum + one, 0) / n;
  if (n < 2) return { n, mean, sd: null, cv: null };
  const sd = Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (n - 1));
  return { n, mean, sd, cv: mean === 0 ? null : (sd / Math.abs(mean)) * 100 };
}

/** Bias against a target mean in percent, and the sigma metric (W14); null where a figure is missing or the target is zero. */
export function performanceOf(
  own: Statistics,
  targetMean: number | null,
  totalErrorAllowed: number | null,
): { bias: number | null; sigma: number | null } {
  if (own.mean === null || targetMean === null || targetMean === 0) return { bias: null, sigma: null };
  const bias = ((own.mean - targetMean) / Math.abs(targetMean)) * 100;
  if (own.cv === null || totalErrorAllowed === null) return { bias, sigma: null };
  return { bias, sigma: sigmaMetric({ totalErrorAllowed, bias, cv: own.cv }) };
}

/** A peer group's figures for one lot and level of a test. */
export interface PeerFigures {
  mean: number;
  sd: number;
}

/**
 * SDI = (own mean - group mean) / group SD; CVI = own CV / group CV. Null where it cannot be told: no points, no spread, a group SD or mean that is
 * not above zero.
 */
export function peerIndices(own: Statistics, group: PeerFigures): { sdi: number | null; cvi: number | null } {
  const usable = Number.isFinite(group.mean) && Number.isFinite(group.sd) && group.sd > 0;
  if (!usable || own.mean === null) return { sdi: null, cvi: null };
  const sdi = (own.mean - group.mean) / group.sd;
  const groupCv = group.mean === 0 ? null : (group.sd / Math.abs(group.mean)) * 100;
  return { sdi, cvi: own.cv === null || groupCv === null ? null : own.cv / groupCv };
}
