/** One measured number. `ratio` = value / baseline where there is a baseline, else value / target. */
export interface Metric {
  bench: string;
  metric: string;
  value: number;
  unit: string;
  baseline: number | null;
  ratio: number;
  target: number;
  ok: boolean;
}

/** Four significant digits are more than a measurement of this kind is worth. */
export function round(n: number): number {
  return Number(n.toPrecision(4));
}

/** A number that should stay below its target: milliseconds, megabytes. */
export function below(
  bench: string,
  metric: string,
  value: number,
  unit: string,
  target: number,
  baseline: number | null = null,
): Metric {
  return {
    bench,
    metric,
    value: round(value),
    unit,
    baseline: baseline === null ? null : round(baseline),
    ratio: round(value / (baseline ?? target)),
    target,
    ok: value < target,
  };
}

/** A number that should be at least `target`, or that many times its baseline where there is one. */
export function atLeast(...of: Parameters<typeof below>): Metric {
  const [, , value, , target, baseline = null] = of;
  return { ...below(...of), ok: (baseline === null ? value : value / baseline) >= target };
}

/** A number that should be at most so many times its baseline. */
export function atMost(
  bench: string,
  metric: string,
  value: number,
  unit: string,
  target: number,
  baseline: number,
): Metric {
  return { ...below(bench, metric, value, unit, target, baseline), ok: value / baseline <= target };
}

/** A number that should be at least so many times its baseline, each measured in turns: the middle of the ratios of the turns counts. */
export function inTurns(
  bench: string,
  metric: string,
  unit: string,
  target: number,
  turns: readonly { value: number; baseline: number }[],
): Metric {
  const ratio = median(turns.map(({ value, baseline }) => value / baseline));
  return {
    ...below(
      bench,
      metric,
      median(turns.map(({ value }) => value)),
      unit,
      target,
      median(turns.map(({ baseline }) => baseline)),
    ),
    ratio: round(ratio),
    ok: ratio >= target,
  };
}

/** The middle of some measurements. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  return middle;
}

/** The value that 95 of 100 measurements do not exceed. */
export function p95(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = sorted[Math.ceil(sorted.length * 0.95) - 1];
  if (at === undefined) throw new Error('nothing was measured');
  return at;
}
