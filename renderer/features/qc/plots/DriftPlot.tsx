import type { TFunction } from 'i18next';
import { useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { DRIFT, type DriftPoint } from '../../../../shared/domain/qc/drift.ts';
import { driftBegan, driftOfLevel, endsLine } from '../../../../shared/domain/qc/plots.ts';
import type { QcChartRow, QcPointRow } from '../../../../shared/ipc/qc.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { formatTime } from '../../../i18n/format.ts';
import { useFormat } from '../../../i18n/useFormat.ts';
import { announce } from '../../../ui/announce.ts';
import { type Axis, dayTicks, Line, nearestRun, runAxis } from '../chart/geometry.ts';
import { type Break, type Run, type Step, walk } from '../chart/model.ts';
import { signed } from '../words.ts';
import { arrowKeys, quiet } from './arrowKeys.ts';

const LEFT = 136;
const RIGHT = 230;
const TOP = 30;
const GAP = 8;
const AXIS = 24;
const LEAST = 54;
const MOST = 150;
/** What the lanes show above and below zero, SD. */
const CUSUM_REACH = 7;
const EWMA_REACH = 1.6;

/** What each view of a chart is given. */
export interface PlotProps {
  chart: QcChartRow;
  /** the runs shown */
  runs: readonly Run[];
  /** every run that is here */
  whole: readonly Run[];
  levels: readonly string[];
  /** where sums begin anew, among others */
  breaks: readonly Break[];
  /** the point looked at */
  point: QcPointRow | undefined;
  onPoint: (point: QcPointRow) => void;
  /** px */
  width: number;
  height: number;
  now: Date;
}

/** Drifts of charts that were shown: coming back to one works nothing out again. */
const known = new WeakMap<QcChartRow, ReadonlyMap<string, ReadonlyMap<string, DriftPoint>>>();

/** CUSUM and EWMA of every level of a chart, by the id of its point. */
function driftsOf(
  chart: QcChartRow,
  whole: readonly Run[],
): ReadonlyMap<string, ReadonlyMap<string, DriftPoint>> {
  const before = known.get(chart);
  if (before !== undefined) return before;
  const drifts = new Map(chart.levels.map((level) => [level, driftOfLevel(whole, level, chart.events)]));
  known.set(chart, drifts);
  return drifts;
}

/** CUSUM and EWMA of each level under one run axis, with their limits; each signal is explained at its point. They warn and never stop a release. */
export function DriftPlot(props: PlotProps) {
  const { chart, runs, whole, levels, breaks, point, onPoint, width, height, now } = props;
  const { t } = useTranslation('qc-plots');
  const format = useFormat();
  const svg = useRef<SVGSVGElement>(null);
  // The sums come from the whole history that is here, not only from the days shown.
  const drifts = driftsOf(chart, whole);
  const at = runs.findIndex((run) => run.id === point?.runId);
  const run = runs[at];
  const driftAt = (one: QcPointRow): DriftPoint | undefined => drifts.get(one.level)?.get(one.id);
  const signals = useMemo(
    () =>
      runs.flatMap((one) =>
        [...one.points.values()].filter((p) => (drifts.get(p.level)?.get(p.id)?.signals.length ?? 0) > 0),
      ),
    [runs, drifts],
  );
  const step = (way: Step): void => {
    if (point === undefined) return;
    const next = walk(runs, levels, point, way);
    if (next !== null) onPoint(next);
    else announce(t(way === 'left' || way === 'up' ? 'why.first' : 'why.last'));
  };
  const toSignal = (by: 1 | -1): void => {
    const found = (by > 0 ? signals : signals.toReversed()).find(
      (one) => (runs.findIndex((r) => r.id === one.runId) - at) * by > 0,
    );
    if (found === undefined) announce(t('why.noSignal'));
    else onPoint(found);
  };
  useScreenKeys(walkKeys(t, step, toSignal));

  const lane = Math.max(LEAST, Math.min(MOST, (height - TOP - AXIS - 40) / (levels.length * 2) - GAP));
  const total = TOP + levels.length * 2 * (lane + GAP) + AXIS;
  const axis = useMemo(() => runAxis(runs.length, LEFT, width - RIGHT), [runs.length, width]);
  const lanes = useMemo(
    () =>
      levels.flatMap((level, index) =>
        (['cusum', 'ewma'] as const).map((kind, sub) => ({
          level,
          kind,
          top: TOP + (index * 2 + sub) * (lane + GAP),
          shapes: shapesOf(runs, level, kind, drifts.get(level), axis, lane),
        })),
      ),
    [levels, runs, drifts, axis, lane],
  );
  const ticks = useMemo(
    () => dayTicks(runs, axis, at, (when) => format.day(when, now)),
    [runs, axis, at, format, now],
  );
  const began = (one: QcPointRow, drift: DriftPoint): string => {
    if (drift.since === 0) return '';
    const first = driftBegan(whole, one, drift.since) || one.at;
    return t('drift.since', { count: drift.since, at: format.day(first, now) });
  };
  const click = (x: number, y: number): void => {
    const found = runs[nearestRun(runs.length, axis, x)];
    const index = Math.floor((y - TOP) / (lane + GAP) / 2);
    const level = levels[Math.max(0, Math.min(levels.length - 1, index))] ?? '';
    const next = found?.points.get(level) ?? [...(found?.points.values() ?? [])][0];
    if (next !== undefined) onPoint(next);
  };
  const words = point === undefined ? [] : explained(t, point, driftAt(point), began);
  return (
    <div className="qc-plot">
      <svg
        ref={svg}
        className="qc-chart"
        width={width}
        height={total}
        viewBox={`0 0 ${width} ${total}`}
        role="img"
        aria-label={t('drift.label', {
          test: chart.testName,
          instrument: chart.instrumentName,
          levels: levels.join(', '),
          runs: runs.length,
        })}
        onPointerDown={(event) => {
          const box = svg.current?.getBoundingClientRect();
          if (box !== undefined) click(event.clientX - box.left, event.clientY - box.top);
        }}
      >
        <text x={16} y={16} className="qc-break-name">
          {`${t('drift.limits', { k: DRIFT.k, h: DRIFT.h, lambda: DRIFT.lambda, l: DRIFT.l })} ${t('drift.signals', { count: signals.length })}`}
        </text>
        {lanes.map(({ level, kind, top, shapes }) => (
          <g key={`${level} ${kind}`} transform={`translate(0 ${top})`}>
            <rect x={axis.left} width={axis.right - axis.left} height={lane} className="qc-plot-ground" />
            <text x={16} y={14} className={kind === 'cusum' ? 'qc-level' : 'qc-axis'}>
              {kind === 'cusum' ? level : ''}
            </text>
            <text x={16} y={kind === 'cusum' ? 30 : 14} className="qc-axis">
              {t(`drift.${kind}`)}
            </text>
            {(kind === 'cusum' ? [DRIFT.h, 0, -DRIFT.h] : [1, 0, -1]).map((value) => {
              const y = yOf(kind, lane)(value);
              return (
                <g key={value} className="qc-axis">
                  <text x={128} y={y + 4} textAnchor="end" className="qc-axis-value">
                    {signed(value, 0)}
                  </text>
                  <line
                    x1={axis.left}
                    x2={axis.right}
                    y1={y}
                    y2={y}
                    className={`qc-limit qc-limit-${value === 0 ? 0 : kind === 'cusum' ? 2 : 1}`}
                  />
                </g>
              );
            })}
            {kind === 'ewma' ? <path d={shapes.limits} className="qc-plot-limit" /> : null}
            <g className="qc-points">
              <path d={shapes.line} className="qc-line" />
              <path d={shapes.second} className="qc-line" strokeDasharray="6 3" />
              <path d={shapes.excluded} className="qc-excluded" />
              <path d={shapes.signals} className="qc-warnings" />
            </g>
          </g>
        ))}
        {breaks.filter(endsLine).map((one) => {
          const x = axis.x(one.before) - axis.step / 2;
          return (
            <line
              key={`${one.kind} ${one.before} ${one.event?.id ?? ''}`}
              x1={x}
              x2={x}
              y1={TOP - 4}
              y2={total - AXIS}
              className={one.kind === 'lot' ? 'qc-break-lot' : 'qc-break'}
            />
          );
        })}
        {run === undefined ? null : (
          <rect
            x={axis.x(at) - 7}
            width={14}
            y={TOP - 2}
            height={total - AXIS - TOP}
            rx={4}
            className="qc-frame"
          />
        )}
        {run === undefined
          ? null
          : levels.map((level, index) => {
              const one = run.points.get(level);
              if (one === undefined) return null;
              const [title, ...more] = explained(t, one, driftAt(one), began);
              const tone = (driftAt(one)?.signals.length ?? 0) > 0 ? 'var(--abn)' : 'var(--text-2)';
              const x = Math.max(axis.right + 8, width - RIGHT + 8) + 14;
              const y = TOP + index * 2 * (lane + GAP);
              return (
                <g key={level}>
                  <path d={`M${axis.x(at) + 7} ${y + 12}H${x - 7}`} stroke={tone} strokeDasharray="1.5 4" />
                  <line
                    x1={x - 7}
                    x2={x - 7}
                    y1={y}
                    y2={y + 18 + more.length * 15}
                    stroke={tone}
                    strokeWidth={level === point?.level ? 2.5 : 1.2}
                  />
                  <text x={x} y={y + 12} className="qc-margin-title" fill={tone}>
                    {title}
                  </text>
                  {more.map((text, line) => (
                    <text key={text} x={x} y={y + 27 + line * 15} className="qc-margin-text">
                      {text}
                    </text>
                  ))}
                </g>
              );
            })}
        {ticks.map((tick) => (
          <text key={tick.index} x={axis.x(tick.index)} y={total - 7} textAnchor="middle" className="qc-axis">
            {tick.text}
          </text>
        ))}
        {run === undefined ? null : (
          <text
            x={Math.min(axis.x(at), width - RIGHT + 40)}
            y={total - 7}
            textAnchor="middle"
            className="qc-axis-now"
          >
            {`${format.day(run.at, now)} ${formatTime(run.at)}`}
          </text>
        )}
      </svg>
      <p className="lv-visually-hidden" role="status" aria-live="polite" aria-label={t('plots.drift')}>
        {point === undefined
          ? ''
          : t('drift.spoken', { level: point.level, at: format.when(point.at, now), what: words.join(', ') })}
      </p>
    </div>
  );
}

/** The keys of a walk over runs and levels, as in the chart. */
function walkKeys(t: TFunction<'qc-plots'>, step: (way: Step) => void, toSignal: (by: 1 | -1) => void) {
  return [
    ...arrowKeys('across', t('keys.pair'), (by) => step(by < 0 ? 'left' : 'right')),
    ...arrowKeys('down', t('keys.level'), (by) => step(by < 0 ? 'up' : 'down')),
    { key: 'Home', label: t('why.first'), run: () => step('first'), ...quiet },
    { key: 'End', label: t('why.last'), run: () => step('last'), ...quiet },
    { key: 'Ctrl+ArrowLeft', label: t('keys.signalBack'), run: () => toSignal(-1), strip: false },
    { key: 'Ctrl+ArrowRight', label: t('keys.signal'), run: () => toSignal(1), strip: false },
  ];
}

/** Title first, then the numbers: what CUSUM and EWMA say at a point. */
function explained(
  t: TFunction<'qc-plots'>,
  point: QcPointRow,
  drift: DriftPoint | undefined,
  began: (point: QcPointRow, drift: DriftPoint) => string,
): string[] {
  if (drift === undefined) return [];
  const numbers = [
    t('drift.sums', { high: drift.high.toFixed(2), low: drift.low.toFixed(2), h: DRIFT.h }),
    t('drift.mean', { ewma: signed(drift.ewma, 2), limit: drift.limit.toFixed(2) }),
  ];
  if (point.state === 'excluded') return [t('drift.excluded'), ...numbers];
  if (drift.z === null) return [t('drift.noZ'), ...numbers];
  if (drift.signals.length === 0) return [t('drift.none'), ...numbers];
  const titles = drift.signals.map((signal) => {
    const way = t(signal.endsWith('High') ? 'drift.high' : 'drift.low');
    return signal.startsWith('cusum')
      ? t('drift.cusumSignal', {
          way,
          sum: (signal === 'cusumHigh' ? drift.high : drift.low).toFixed(2),
          h: DRIFT.h,
        })
      : t('drift.ewmaSignal', { way, ewma: signed(drift.ewma, 2) });
  });
  return [...titles, ...numbers, began(point, drift)].filter((text) => text !== '');
}

function yOf(kind: 'cusum' | 'ewma', height: number): (value: number) => number {
  const reach = kind === 'cusum' ? CUSUM_REACH : EWMA_REACH;
  return (value) => height / 2 - (Math.max(-reach, Math.min(reach, value)) / reach) * (height / 2 - 3);
}

/** The paths of a lane: both sums or the EWMA with its widening limits, signals as triangles, excluded points as struck rings. */
function shapesOf(
  runs: readonly Run[],
  level: string,
  kind: 'cusum' | 'ewma',
  drift: ReadonlyMap<string, DriftPoint> | undefined,
  axis: Axis,
  height: number,
): Record<'line' | 'second' | 'limits' | 'signals' | 'excluded', string> {
  const y = yOf(kind, height);
  const dense = axis.step < 3.2;
  const parts = {
    line: [] as string[],
    second: [] as string[],
    upper: [] as string[],
    lower: [] as string[],
  };
  const lines = {
    line: new Line(dense, parts.line),
    second: new Line(dense, parts.second),
    upper: new Line(dense, parts.upper),
    lower: new Line(dense, parts.lower),
  };
  const marks = { signals: [] as string[], excluded: [] as string[] };
  const drawn = new Set<string>();
  for (const [index, run] of runs.entries()) {
    const point = run.points.get(level);
    const one = point === undefined ? undefined : drift?.get(point.id);
    if (point === undefined || one === undefined) continue;
    const x = axis.x(index);
    const value = kind === 'cusum' ? one.high : one.ewma;
    lines.line.to(x, y(value));
    if (kind === 'cusum') lines.second.to(x, y(-one.low));
    else {
      lines.upper.to(x, y(one.limit));
      lines.lower.to(x, y(-one.limit));
    }
    const signal = one.signals.find((name) => name.startsWith(kind));
    if (signal === undefined && point.state !== 'excluded') continue;
    const key = `${Math.round(x)} ${signal ?? ''}`;
    if (dense && drawn.has(key)) continue;
    drawn.add(key);
    const px = Math.round(x * 10) / 10;
    if (point.state === 'excluded') {
      const py = Math.round(y(value) * 10) / 10;
      marks.excluded.push(`M${px - 4} ${py}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0M${px + 5} ${py - 5}l-10 10`);
    } else if (signal !== undefined) {
      const py = Math.round(y(signal === 'cusumLow' ? -one.low : value) * 10) / 10;
      marks.signals.push(
        signal.endsWith('High') ? `M${px} ${py - 5.4}l5 9h-10z` : `M${px} ${py + 5.4}l5 -9h-10z`,
      );
    }
  }
  for (const line of Object.values(lines)) line.end();
  return {
    line: parts.line.join(''),
    second: parts.second.join(''),
    limits: [...parts.upper, ...parts.lower].join(''),
    signals: marks.signals.join(''),
    excluded: marks.excluded.join(''),
  };
}
