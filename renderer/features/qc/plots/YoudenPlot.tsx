import { type Dispatch, type SetStateAction, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import {
  levelPairs,
  pairCounts,
  pairsOf,
  type ShownPair,
  youdenReach,
} from '../../../../shared/domain/qc/plots.ts';
import { YOUDEN_RADIUS } from '../../../../shared/domain/qc/youden.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { useFormat } from '../../../i18n/useFormat.ts';
import { announce } from '../../../ui/announce.ts';
import { EmptyState } from '../../../ui/Layout.tsx';
import { SegmentedFilter } from '../../../ui/SegmentedFilter.tsx';
import { signed, signedZ } from '../words.ts';
import { arrowKeys, quiet } from './arrowKeys.ts';
import type { PlotProps } from './DriftPlot.tsx';

const LEFT = 64;
const TOP = 14;
const BOTTOM = 44;

/** Two levels against each other, run by run: along the diagonal an error common to both, off it one of a single vial. */
export function YoudenPlot(
  props: PlotProps & { chosen: number; onChosen: Dispatch<SetStateAction<number>> },
) {
  const { chart, runs, levels, point, onPoint, width, height, now, chosen, onChosen } = props;
  const { t } = useTranslation('qc-plots');
  const format = useFormat();
  const choices = useMemo(() => levelPairs(levels), [levels]);
  const [x, y] = choices[Math.min(chosen, choices.length - 1)] ?? ['', ''];
  const pairs = useMemo(() => pairsOf(runs, x, y), [runs, x, y]);
  const counts = useMemo(() => pairCounts(pairs), [pairs]);
  const found = pairs.findIndex((one) => one.runId === point?.runId);
  const at = found >= 0 ? found : pairs.length - 1;
  const pair = pairs[at];
  const look = (one: ShownPair | undefined): void => {
    const run = runs.find((each) => each.id === one?.runId);
    const next = run?.points.get(point?.level === y ? y : x);
    if (next !== undefined) onPoint(next);
  };
  const step = (by: number): void => {
    const next = pairs[at + by];
    if (next === undefined) announce(t(by < 0 ? 'why.first' : 'why.last'));
    else look(next);
  };
  const toSignal = (by: 1 | -1): void => {
    const rest = by > 0 ? pairs.slice(at + 1) : pairs.slice(0, Math.max(0, at)).toReversed();
    const next = rest.find((one) => !one.excluded && one.kind !== 'inside');
    if (next === undefined) announce(t('why.noSignal'));
    else look(next);
  };
  const turn = (by: number): void => {
    if (choices.length < 2) announce(t('why.twoLevels'));
    else onChosen((before) => (before + by + choices.length) % choices.length);
  };
  useScreenKeys([
    ...arrowKeys('across', t('keys.pair'), step),
    ...arrowKeys('down', t('keys.levels'), turn, choices.length < 2 ? t('why.twoLevels') : undefined),
    { key: 'Home', label: t('why.first'), run: () => look(pairs[0]), ...quiet },
    { key: 'End', label: t('why.last'), run: () => look(pairs.at(-1)), ...quiet },
    { key: 'Ctrl+ArrowLeft', label: t('keys.signalBack'), run: () => toSignal(-1), strip: false },
    { key: 'Ctrl+ArrowRight', label: t('keys.signal'), run: () => toSignal(1), strip: false },
  ]);

  const size = Math.max(240, Math.min(height - 56, width - 420));
  const side = size - TOP - BOTTOM;
  const reach = useMemo(() => youdenReach(pairs), [pairs]);
  const { px, py } = useMemo(() => placesOf(side, reach), [side, reach]);
  const marks = useMemo(() => {
    const out = { inside: '', systematic: '', random: '', excluded: '' };
    const round = (n: number): string => (Math.round(n * 10) / 10).toString();
    for (const one of pairs) {
      const [cx, cy] = [px(one.x), py(one.y)];
      const ring = (r: number): string =>
        `M${round(cx - r)} ${round(cy)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
      if (one.excluded) out.excluded += `${ring(4)}M${round(cx + 5)} ${round(cy - 5)}l-10 10`;
      else if (one.kind === 'inside') out.inside += `M${round(cx)} ${round(cy)}h0`;
      else if (one.kind === 'systematic') out.systematic += `M${round(cx)} ${round(cy - 5.4)}l5 9h-10z`;
      else out.random += `M${round(cx)} ${round(cy - 5.4)}l5.4 5.4l-5.4 5.4l-5.4 -5.4z`;
    }
    return out;
  }, [pairs, px, py]);
  if (pair === undefined) return <EmptyState title={t('youden.none')} next={t('youden.noneNext')} />;
  const outside = counts.systematic + counts.random;
  const kindWords = pair.excluded ? t('youden.excludedPair') : t(`youden.${pair.kind}`);
  const sds = Array.from({ length: 2 * Math.floor(reach) + 1 }, (_, i) => i - Math.floor(reach));
  const click = (cx: number, cy: number): void => {
    let nearest: ShownPair | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const one of pairs) {
      const away = Math.hypot(px(one.x) - cx, py(one.y) - cy);
      if (away < least) [least, nearest] = [away, one];
    }
    look(nearest);
  };
  return (
    <div className="qc-plot qc-plot-row">
      <svg
        className="qc-chart"
        width={LEFT + side + 16}
        height={size}
        role="img"
        aria-label={t('youden.label', {
          x,
          y,
          test: chart.testName,
          instrument: chart.instrumentName,
          pairs: pairs.length,
        })}
        onPointerDown={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          click(event.clientX - box.left, event.clientY - box.top);
        }}
      >
        <rect x={LEFT} y={TOP} width={side} height={side} className="qc-plot-ground" />
        {sds.map((sd) => (
          <g key={sd} className="qc-axis">
            <line
              x1={px(sd)}
              x2={px(sd)}
              y1={TOP}
              y2={TOP + side}
              className={`qc-limit qc-limit-${sd === 0 ? 0 : 1}`}
            />
            <line
              x1={LEFT}
              x2={LEFT + side}
              y1={py(sd)}
              y2={py(sd)}
              className={`qc-limit qc-limit-${sd === 0 ? 0 : 1}`}
            />
            <text x={px(sd)} y={TOP + side + 15} textAnchor="middle">
              {signed(sd, 0)}
            </text>
            <text x={LEFT - 8} y={py(sd) + 4} textAnchor="end">
              {signed(sd, 0)}
            </text>
          </g>
        ))}
        <line x1={px(-reach)} y1={py(-reach)} x2={px(reach)} y2={py(reach)} className="qc-plot-diagonal" />
        <circle cx={px(0)} cy={py(0)} r={(YOUDEN_RADIUS / (2 * reach)) * side} className="qc-plot-circle" />
        <text x={px(YOUDEN_RADIUS * 0.72) + 4} y={py(-YOUDEN_RADIUS * 0.72) + 12} className="qc-axis">
          {t('youden.circle')}
        </text>
        <text x={LEFT + side / 2} y={TOP + side + 34} textAnchor="middle" className="qc-axis-now">
          {t('youden.axis', { level: x })}
        </text>
        <text
          transform={`translate(18 ${TOP + side / 2}) rotate(-90)`}
          textAnchor="middle"
          className="qc-axis-now"
        >
          {t('youden.axis', { level: y })}
        </text>
        <text x={px(reach) - 6} y={TOP + 14} textAnchor="end" className="qc-axis">
          {t('youden.systematicWay')}
        </text>
        <text x={LEFT + 6} y={TOP + 14} className="qc-axis">
          {t('youden.randomWay')}
        </text>
        <g className="qc-points">
          <path d={marks.inside} className="qc-plot-dots" />
          <path d={marks.excluded} className="qc-excluded" />
          <path d={marks.systematic} className="qc-warnings" />
          <path d={marks.random} className="qc-warnings" />
        </g>
        <circle cx={px(pair.x)} cy={py(pair.y)} r={9} className="qc-frame" />
      </svg>
      <div className="qc-plot-words">
        {choices.length < 2 ? null : (
          <SegmentedFilter
            label={t('youden.levels')}
            altKeys={false}
            value={String(choices.findIndex(([a, b]) => a === x && b === y))}
            onChange={(id) => onChosen(Number(id))}
            options={choices.map(([a, b], index) => ({
              id: String(index),
              label: t('youden.pair', { x: a, y: b }),
            }))}
          />
        )}
        <h3>{format.when(pair.at, now)}</h3>
        <p className={pair.kind === 'inside' && !pair.excluded ? '' : 'qc-plot-told'}>{kindWords}</p>
        <p>{`${x} ${signedZ(pair.x)} SD`}</p>
        <p>{`${y} ${signedZ(pair.y)} SD`}</p>
        <p>
          {t('youden.shifts', { systematic: signed(pair.systematic, 2), random: signed(pair.random, 2) })}
        </p>
        <hr />
        <p>{t('youden.counts', { count: counts.n })}</p>
        <p>
          {t('youden.outside', {
            all: outside,
            share: counts.n === 0 ? '0' : ((outside / counts.n) * 100).toFixed(1),
            systematic: counts.systematic,
            random: counts.random,
          })}
        </p>
        {counts.excluded === 0 ? null : <p>{t('youden.excluded', { count: counts.excluded })}</p>}
      </div>
      <p className="lv-visually-hidden" role="status" aria-live="polite" aria-label={t('plots.youden')}>
        {t('youden.spoken', {
          at: format.when(pair.at, now),
          x,
          zx: signedZ(pair.x),
          y,
          zy: signedZ(pair.y),
          kind: kindWords,
          systematic: signed(pair.systematic, 2),
          random: signed(pair.random, 2),
        })}
      </p>
    </div>
  );
}

/** px of deviations in a square of this side; beyond its reach they stand at the edge. */
function placesOf(side: number, reach: number): Record<'px' | 'py', (z: number) => number> {
  const clamp = (z: number): number => Math.max(-reach, Math.min(reach, z));
  return {
    px: (z) => LEFT + ((clamp(z) + reach) / (2 * reach)) * side,
    py: (z) => TOP + ((reach - clamp(z)) / (2 * reach)) * side,
  };
}
