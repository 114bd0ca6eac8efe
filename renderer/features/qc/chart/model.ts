import {
  breaksIn,
  type Break as PlotBreak,
  type Run as PlotRun,
  runsIn,
} from '../../../../shared/domain/qc/plots.ts';
import type { QcChartRow, QcEventRow, QcPointRow } from '../../../../shared/ipc/qc.ts';

/** Points measured together. */
export type Run = PlotRun<QcPointRow>;

/** How far back the chart looks: days from the newest point, or every point there is. */
export type Zoom = 30 | 90 | 365 | 'all';
export const zooms: readonly Zoom[] = [30, 90, 365, 'all'];

/** Why the line of a lane ends. */
export type Break = PlotBreak<QcEventRow>;

/** Days of a zoom; null: every point. */
export function daysOfZoom(zoom: Zoom): number | null {
  return zoom === 'all' ? null : zoom;
}

/** The runs of a chart in order, from the zoom's first day on. */
export function runsOf(points: readonly QcPointRow[], zoom: Zoom): Run[] {
  return runsIn(points, daysOfZoom(zoom));
}

/** Where the lines end, and why. */
export function breaksOf(runs: readonly Run[], events: readonly QcEventRow[]): Break[] {
  return breaksIn(runs, events);
}

/** The gravest state of a run, and the level that has it. */
export function gravestOf(run: Run, levels: readonly string[]): { level: string; point: QcPointRow } | null {
  const order = ['rejected', 'warning', 'notEvaluated', 'inControl', 'excluded'];
  const found = levels
    .flatMap((level) => {
      const point = run.points.get(level);
      return point === undefined ? [] : [{ level, point }];
    })
    .sort(
      (a, b) =>
        order.indexOf(a.point.state) - order.indexOf(b.point.state) ||
        Math.abs(b.point.z ?? 0) - Math.abs(a.point.z ?? 0),
    );
  return found[0] ?? null;
}

/** Steps of the walk over the points. `problem`: the next run with a rejected or warned point. */
export type Step = 'left' | 'right' | 'up' | 'down' | 'first' | 'last' | 'problemBack' | 'problemOn';

/**
 * The point that a step leads to. Sideways the level stays, or where the next run has no point of it, its gravest is taken; up and down stay in the
 * run. Null when there is nothing further in that direction.
 */
export function walk(
  runs: readonly Run[],
  levels: readonly string[],
  from: { runId: string; level: string },
  step: Step,
): QcPointRow | null {
  const at = runs.findIndex((run) => run.id === from.runId);
  const here = runs[at];
  if (step === 'up' || step === 'down') {
    const order = step === 'up' ? levels.toReversed() : levels;
    const next = order.slice(order.indexOf(from.level) + 1).find((level) => here?.points.has(level));
    return next === undefined ? null : (here?.points.get(next) ?? null);
  }
  const back = step === 'left' || step === 'problemBack' || step === 'last';
  const rest =
    step === 'first' || step === 'last' ? runs : back ? runs.slice(0, Math.max(0, at)) : runs.slice(at + 1);
  const inOrder = back ? rest.toReversed() : rest;
  if (step === 'problemBack' || step === 'problemOn') {
    for (const run of inOrder) {
      const found = gravestOf(run, levels);
      if (found?.point.state === 'rejected' || found?.point.state === 'warning') return found.point;
    }
    return null;
  }
  const next = inOrder[0];
  if (next === undefined) return null;
  return next.points.get(from.level) ?? gravestOf(next, levels)?.point ?? null;
}

/** Mean, SD, CV and bias of the points of one lot and level that count; null below two numbers. */
export function numbersOf(
  points: readonly QcPointRow[],
  lotId: string,
): { n: number; mean: number; sd: number; cv: number | null; bias: number | null; digits: number } | null {
  const own = points.filter((one) => one.lotId === lotId && one.state !== 'excluded' && one.z !== null);
  const values = own.map((one) => Number(one.text.trim().replace(',', '.'))).filter(Number.isFinite);
  if (values.length < 2) return null;
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  const sd = Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (values.length - 1));
  const target = Number(own.at(-1)?.mean);
  return {
    n: values.length,
    mean,
    sd,
    cv: mean === 0 ? null : (sd / Math.abs(mean)) * 100,
    bias: Number.isFinite(target) && target !== 0 ? ((mean - target) / target) * 100 : null,
    digits: digitsOf(own.at(-1)?.sd ?? ''),
  };
}

/** Digits after the point. */
export function digitsOf(text: string): number {
  return /\.(\d+)$/.exec(text.trim())?.[1]?.length ?? 0;
}

/** The value that stands at so many SD of a target, with the digits of mean and SD; '' when there is none. */
export function valueAt(point: Pick<QcPointRow, 'mean' | 'sd'>, z: number): string {
  const [mean, sd] = [Number(point.mean), Number(point.sd)];
  if (point.mean === '' || point.sd === '' || !Number.isFinite(mean + sd)) return '';
  // SD has often one digit more than values: 1.10 of 140.1 shows 143.4.
  const digits = Math.max(digitsOf(point.mean), Math.min(digitsOf(point.sd), 2) - (sd >= 1 ? 1 : 0));
  return (mean + z * sd).toFixed(digits);
}

/** What is at hand of a chart for one point's sentence. */
export type ChartHead = Pick<QcChartRow, 'testName' | 'instrumentName' | 'unit'>;
