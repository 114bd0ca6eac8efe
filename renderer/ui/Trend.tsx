import { scaleLinear, scalePoint } from 'd3-scale';
import { useTranslation } from 'react-i18next';
import { formatValueText } from '../i18n/format.ts';

export interface TrendPoint {
  id: string;
  /** Number for the height; the text is what is written. */
  value: number;
  /** As sent. */
  text: string;
  /** Under the axis: `28 Jul`, `now`. */
  label: string;
  flag?: 'crit' | 'abn' | undefined;
  /** Out of the line, struck and named. */
  withdrawn?: boolean;
}

export interface TrendProps {
  name: string;
  /** Oldest first. */
  points: readonly TrendPoint[];
  low?: number | null | undefined;
  high?: number | null | undefined;
  /** Dashed red lines and their names: `{ value: 6.2, label: 'critical above 6.2' }`. */
  critical?: readonly { value: number; label: string }[];
  /** px */
  width?: number;
  height?: number;
}

/** The history of one test: range band, critical limits, values written at the points. Vector, so that it prints. */
export function Trend({ name, points, low, high, critical = [], width = 296, height = 92 }: TrendProps) {
  const { t } = useTranslation('ui');
  const bottom = height - 22;
  const limits = [low, high].filter((limit): limit is number => typeof limit === 'number');
  // Room for the longest limit at the left.
  const left = Math.max(
    26,
    8 + 7 * Math.max(0, ...limits.map((limit) => formatValueText(String(limit)).length)),
  );
  const all = [...points.map((point) => point.value), ...limits, ...critical.map((line) => line.value)];
  const y = scaleLinear()
    .domain(all.length === 0 ? [0, 1] : [Math.min(...all), Math.max(...all)])
    .range([bottom - 8, 20]);
  const x = scalePoint<string>()
    .domain(points.map((point) => point.id))
    .range([left + 16, width - 20]);
  const line = points.filter((point) => !point.withdrawn);
  const bandTop = typeof high === 'number' ? y(high) : 8;
  const bandBottom = typeof low === 'number' ? y(low) : bottom;
  const at = (point: TrendPoint): number => x(point.id) ?? left;
  // A steep rise after a point would run through its number: move that aside.
  const steepAfter = (index: number): boolean => {
    const [here, next] = [points[index], points[index + 1]];
    return here !== undefined && next !== undefined && y(here.value) - y(next.value) > 16;
  };
  // A flat line would run through the last number as if it were struck: it stands above its point then.
  const flatBefore = (index: number): boolean => {
    const [before, here] = [line.at(line.length - 2), points[index]];
    return before !== undefined && here !== undefined && Math.abs(y(here.value) - y(before.value)) < 18;
  };
  return (
    <svg
      className="lv-trend"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={t('trendOf', {
        name,
        values: points.map((point) => `${point.label} ${point.text}`).join(', '),
      })}
    >
      {limits.length === 0 ? null : (
        <rect
          x={left}
          y={bandTop}
          width={width - left}
          height={Math.max(2, bandBottom - bandTop)}
          fill="var(--band-ref)"
        />
      )}
      {limits.map((limit) => (
        <text key={limit} x={left - 6} y={y(limit) + 4} textAnchor="end" className="lv-axis">
          {formatValueText(String(limit))}
        </text>
      ))}
      {critical.map((limit) => (
        <g key={limit.label}>
          <line
            x1={left}
            x2={width}
            y1={y(limit.value)}
            y2={y(limit.value)}
            stroke="var(--crit)"
            strokeDasharray="4 3"
          />
          <text x={left + 4} y={y(limit.value) - 4} fill="var(--crit)" fontSize="11">
            {limit.label}
          </text>
        </g>
      ))}
      <polyline
        points={line.map((point) => `${at(point)},${y(point.value)}`).join(' ')}
        fill="none"
        stroke="var(--text-2)"
        strokeWidth="1.3"
      />
      {points.map((point, index) => {
        const px = at(point);
        const py = y(point.value);
        const last = index === points.length - 1;
        // A first point has no room at its left for words.
        const atStart = point.withdrawn === true && px < left + 90;
        const aside = last && !point.withdrawn && !flatBefore(index);
        const tone = point.withdrawn ? 'held' : (point.flag ?? (last ? 'text' : 'text-2'));
        return (
          <g key={point.id}>
            {point.withdrawn ? (
              <g stroke="var(--held)" strokeWidth="1.3" fill="none">
                <circle cx={px} cy={py} r="3.4" />
                <line x1={px - 5} y1={py + 5} x2={px + 5} y2={py - 5} />
              </g>
            ) : point.flag === 'crit' ? (
              <path d={`M${px} ${py - 5}l5 5-5 5-5-5z`} fill="var(--crit)" />
            ) : (
              <circle
                cx={px}
                cy={py}
                r={last ? 3.4 : 2.7}
                fill={last ? `var(--${tone})` : 'var(--surface)'}
                stroke={`var(--${tone})`}
                strokeWidth="1.3"
              />
            )}
            <text
              x={atStart ? px + 9 : aside ? px - 9 : px - (steepAfter(index) ? 8 : 0)}
              y={point.withdrawn ? py + 15 : aside ? py + 4 : py - 7}
              textAnchor={atStart ? 'start' : aside ? 'end' : 'middle'}
              fontSize="11"
              fontWeight={last ? 600 : 400}
              fill={`var(--${tone})`}
            >
              {point.withdrawn
                ? t('withdrawn', { value: formatValueText(point.text) })
                : formatValueText(point.text)}
            </text>
            <text x={px} y={height - 4} textAnchor="middle" className="lv-axis">
              {point.label}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
