import { scaleLinear } from 'd3-scale';
import { memo } from 'react';

/** A history in 50 x 18 px: the range as a band, the last point marked, no axis. Straight lines, never smoothed. */
export const Sparkline = memo(function Sparkline({
  values,
  low,
  high,
  tone = 'text',
}: {
  /** Oldest first; at least two, else nothing is drawn. */
  values: readonly number[];
  /** Reference limits in the unit of the values. */
  low?: number | null | undefined;
  high?: number | null | undefined;
  /** Colour of the last point: that of its flag. */
  tone?: 'text' | 'abn' | 'crit';
}) {
  if (values.length < 2) return null;
  const limits = [low, high].filter((limit): limit is number => typeof limit === 'number');
  const all = [...values, ...limits];
  const y = scaleLinear()
    .domain([Math.min(...all), Math.max(...all)])
    .range([15, 3]);
  const x = scaleLinear()
    .domain([0, values.length - 1])
    .range([3, 46]);
  const top = typeof high === 'number' ? y(high) : 1;
  const bottom = typeof low === 'number' ? y(low) : 17;
  const last = values.length - 1;
  return (
    <svg className="lv-spark" width="50" height="18" viewBox="0 0 50 18" aria-hidden="true">
      {limits.length === 0 ? null : (
        <rect
          x="0"
          y={Math.max(1, top - 1)}
          width="50"
          height={Math.max(2, Math.min(17, bottom + 1) - Math.max(1, top - 1))}
          fill="var(--band-ref)"
        />
      )}
      <polyline
        points={values.map((value, at) => `${x(at)},${y(value)}`).join(' ')}
        fill="none"
        stroke="var(--text-2)"
        strokeWidth="1.2"
      />
      <circle cx={x(last)} cy={y(values[last] ?? 0)} r="2" fill={`var(--${tone})`} />
    </svg>
  );
});
