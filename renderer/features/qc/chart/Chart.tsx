import { type PointerEvent, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { initials } from '../../../../shared/domain/names.ts';
import { endsLine } from '../../../../shared/domain/qc/plots.ts';
import type { QcPointRow } from '../../../../shared/ipc/qc.ts';
import { formatTime } from '../../../i18n/format.ts';
import { useFormat } from '../../../i18n/useFormat.ts';
import {
  type Axis,
  dayTicks,
  excludedOf,
  laneScale,
  laneShapes,
  nearestRun,
  placeTexts,
  runAxis,
} from './geometry.ts';
import { LaneGround, LanePoints } from './Lane.tsx';
import { Margin } from './Margin.tsx';
import type { Break, Run } from './model.ts';

const LEFT = 136;
const RIGHT = 200;
const TOP = 24;
const GAP = 6;
const AXIS = 24;
const dashes = [undefined, '7 3', '2 3'];

export interface ChartProps {
  runs: readonly Run[];
  breaks: readonly Break[];
  levels: readonly string[];
  /** index of the run looked at, and its level */
  focus: { run: number; level: string };
  /** levels as z over each other, or each in its lane */
  overlay: boolean;
  /** px */
  width: number;
  laneHeight: number;
  unit: string;
  /** what it shows, for screen readers */
  label: string;
  now: Date;
  onPoint: (point: QcPointRow) => void;
}

/** Height of a chart in px with so many lanes. */
function chartHeight(lanes: number, laneHeight: number): number {
  return TOP + lanes * laneHeight + (lanes - 1) * GAP + AXIS;
}

/** The Levey-Jennings chart: one lane per level over a shared run axis, or all levels as z in one. Vector, so that it prints. */
export function Chart(props: ChartProps) {
  const { runs, breaks, levels, focus, overlay, width, laneHeight, now } = props;
  const { t } = useTranslation('qc');
  const format = useFormat();
  const svg = useRef<SVGSVGElement>(null);
  const axis = useMemo(() => runAxis(runs.length, LEFT, width - RIGHT), [runs.length, width]);
  const height = overlay ? laneHeight * 2 + GAP : laneHeight;
  const y = useMemo(() => laneScale(height), [height]);
  const lanes = useMemo(
    () => levels.map((level) => ({ level, shapes: laneShapes(runs, level, axis, y, breaks) })),
    [runs, levels, axis, y, breaks],
  );
  const total = chartHeight(overlay ? 2 : Math.max(1, levels.length), laneHeight);
  const bottom = total - AXIS;
  const topOf = (index: number): number => TOP + (overlay ? 0 : index * (height + GAP));
  const ticks = useMemo(
    () => dayTicks(runs, axis, focus.run, (at) => format.day(at, now)),
    [runs, axis, focus.run, format, now],
  );
  const marks = useMemo(() => {
    const named = breaks.map((one) => {
      const x = one.before >= runs.length ? axis.right - 3 : axis.x(one.before) - axis.step / 2;
      const text =
        one.kind === 'lot'
          ? t('break.lot', { from: one.from, to: one.to })
          : one.kind === 'target'
            ? t('break.target')
            : `${one.event?.text || t(`event.${one.event?.kind ?? 'other'}`)} ${format.day(one.event?.at ?? '', now)} ${formatTime(one.event?.at ?? '')}`;
      return { id: one.event?.id ?? `${one.kind} ${one.before}`, one, x, text, width: text.length * 6.1 };
    });
    return { lines: named, texts: placeTexts(named, 16, width - 16, 1) };
  }, [breaks, runs.length, axis, t, format, now, width]);

  const run = runs[focus.run];
  const click = (event: PointerEvent): void => {
    const box = svg.current?.getBoundingClientRect();
    if (box === undefined) return;
    const found = runs[nearestRun(runs.length, axis, event.clientX - box.left)];
    const lane = overlay
      ? levels.indexOf(focus.level)
      : Math.floor((event.clientY - box.top - TOP) / (height + GAP));
    const level = levels[Math.max(0, Math.min(levels.length - 1, lane))] ?? '';
    const point = found?.points.get(level) ?? [...(found?.points.values() ?? [])][0];
    if (point !== undefined) props.onPoint(point);
  };
  return (
    <svg
      ref={svg}
      className="qc-chart"
      width={width}
      height={total}
      viewBox={`0 0 ${width} ${total}`}
      role="img"
      aria-label={props.label}
      onPointerDown={click}
    >
      {levels.map((level, index) =>
        overlay && index > 0 ? null : (
          <LaneGround
            key={level}
            level={overlay ? '' : level}
            lot={overlay ? '' : (run?.points.get(level) ?? newestOf(runs, level))?.lot || ''}
            sample={overlay ? undefined : (run?.points.get(level) ?? newestOf(runs, level))}
            axis={axis}
            top={topOf(index)}
            height={height}
            y={y}
            meanWord={t('mean')}
          />
        ),
      )}
      {marks.lines.map(({ id, one, x }) => (
        <line
          key={id}
          x1={x}
          x2={x}
          y1={TOP - 6}
          y2={bottom}
          className={one.kind === 'lot' ? 'qc-break-lot' : endsLine(one) ? 'qc-break' : 'qc-break-soft'}
        />
      ))}
      {marks.texts.map(({ id, at, text }) => (
        <text key={id} x={at} y={13} textAnchor="middle" className="qc-break-name">
          {text}
        </text>
      ))}
      {lanes.map(({ level, shapes }, index) => (
        <LanePoints
          key={level}
          shapes={shapes}
          top={topOf(index)}
          dash={overlay ? dashes[index % dashes.length] : undefined}
        />
      ))}
      {levels.map((level, index) =>
        overlay ? (
          <g key={level} className="qc-points">
            <path
              d={`M16 ${TOP + 22 + index * 34}h44`}
              className="qc-line"
              strokeDasharray={dashes[index % dashes.length]}
            />
            <text x={16} y={TOP + 16 + index * 34} className="qc-axis-value">
              {level}
            </text>
          </g>
        ) : (
          <ExcludedNames
            key={level}
            runs={runs}
            level={level}
            axis={axis}
            top={topOf(index)}
            height={height}
            y={y}
          />
        ),
      )}
      {run === undefined ? null : (
        <rect
          x={axis.x(focus.run) - frameHalf(axis.step)}
          width={frameHalf(axis.step) * 2}
          y={TOP - 1}
          height={bottom - TOP + 2}
          rx={4}
          className="qc-frame"
        />
      )}
      {run === undefined ? null : (
        <Margin
          run={run}
          levels={levels}
          level={focus.level}
          x={axis.x(focus.run) + frameHalf(axis.step)}
          from={axis.right + 8}
          width={width}
          near={axis.right - axis.x(focus.run) < 60}
          unit={props.unit}
          place={(level, z) => {
            const top = topOf(levels.indexOf(level));
            return { at: top + y(z), top, bottom: top + height };
          }}
        />
      )}
      {ticks.map((tick) => (
        <text key={tick.index} x={axis.x(tick.index)} y={total - 7} textAnchor="middle" className="qc-axis">
          {tick.text}
        </text>
      ))}
      {run === undefined ? null : (
        <text
          x={Math.min(axis.x(focus.run), width - RIGHT + 40)}
          y={total - 7}
          textAnchor="middle"
          className="qc-axis-now"
        >
          {`${format.day(run.at, now)} ${formatTime(run.at)}`}
        </text>
      )}
    </svg>
  );
}

/** Reason and initials beside each excluded point, as far as there is room. */
function ExcludedNames({
  runs,
  level,
  axis,
  top,
  height,
  y,
}: {
  runs: readonly Run[];
  level: string;
  axis: Axis;
  top: number;
  height: number;
  y: (z: number) => number;
}) {
  const { t } = useTranslation('qc');
  const texts = excludedOf(runs, level)
    .toReversed()
    .map(({ index, point }) => {
      const by = initials(point.excluded?.by ?? '');
      const text = t('excludedBeside', { reason: point.excluded?.reason ?? '', by });
      const width = text.length * 6;
      const x = axis.x(index);
      // At the point's right, or at its left where the axis ends.
      const before = x + 10 + width > axis.right;
      const middle = before ? x - 10 - width / 2 : x + 10 + width / 2;
      const at = Math.max(12, Math.min(height - 5, y(point.z ?? 0) + 4));
      return { id: point.id, x: middle, y: at, width, text, before, from: before ? x - 9 : x + 9 };
    });
  return (
    <g transform={`translate(0 ${top})`} className="qc-excluded-name">
      {placeTexts(texts, axis.left, axis.right).map((one) => (
        <text key={one.id} x={one.from} y={one.y} textAnchor={one.before ? 'end' : 'start'}>
          {one.text}
        </text>
      ))}
    </g>
  );
}

const frameHalf = (step: number): number => Math.max(6, Math.min(10, step / 2));

function newestOf(runs: readonly Run[], level: string): QcPointRow | undefined {
  return runs.findLast((run) => run.points.has(level))?.points.get(level);
}
