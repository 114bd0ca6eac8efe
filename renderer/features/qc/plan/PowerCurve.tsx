import { scaleLinear } from 'd3-scale';
import { useTranslation } from 'react-i18next';
import type { PowerPoint } from '../../../../shared/domain/qc/sigma.ts';

/** One line of the drawing. */
export interface Curve {
  id: 'now' | 'edited' | 'suggested';
  points: readonly PowerPoint[];
}

const LEFT = 36;
const BOTTOM = 32;
const TOP = 8;
const MOST_SHIFT = 4;

/**
 * How likely a run with a shift is rejected, by the size of the shift: the rules in force, those being edited and those the sigma suggests, each with
 * a line and a mark of its own. The upright stands at the shift that has to be found.
 */
export function PowerCurve({
  curves,
  critical,
  runs,
  width,
  height,
}: {
  curves: readonly Curve[];
  critical: number | null;
  runs: number;
  width: number;
  height: number;
}) {
  const { t } = useTranslation('qc-plan');
  const x = scaleLinear()
    .domain([0, MOST_SHIFT])
    .range([LEFT, width - 10]);
  const y = scaleLinear()
    .domain([0, 1])
    .range([height - BOTTOM, TOP]);
  return (
    <figure className="qc-power">
      <svg width={width} height={height} role="img" aria-label={t('power.label', { count: runs })}>
        {[0, 0.25, 0.5, 0.75, 1].map((part) => (
          <g key={part}>
            <line x1={LEFT} x2={width - 10} y1={y(part)} y2={y(part)} className="qc-power-grid" />
            <text x={LEFT - 6} y={y(part) + 4} textAnchor="end" className="qc-axis">
              {part * 100}
            </text>
          </g>
        ))}
        {[0, 1, 2, 3, 4].map((shift) => (
          <text key={shift} x={x(shift)} y={height - BOTTOM + 14} textAnchor="middle" className="qc-axis">
            {shift}
          </text>
        ))}
        <text x={(LEFT + width - 10) / 2} y={height - 3} textAnchor="middle" className="qc-axis">
          {t('power.axis')}
        </text>
        {critical === null || critical > MOST_SHIFT ? null : (
          <line
            x1={x(critical)}
            x2={x(critical)}
            y1={TOP}
            y2={height - BOTTOM}
            className="qc-power-critical"
          />
        )}
        {curves.map(({ id, points }) => (
          <g key={id} className={`qc-power-${id}`}>
            <path
              d={points
                .map((one, at) => `${at === 0 ? 'M' : 'L'}${x(one.shift)} ${y(one.probability)}`)
                .join('')}
            />
            {points
              .filter((_, at) => at % 4 === 0)
              .map((one) => (
                <Mark key={one.shift} id={id} x={x(one.shift)} y={y(one.probability)} />
              ))}
          </g>
        ))}
      </svg>
      <figcaption className="qc-power-legend">
        {curves.map(({ id }) => (
          <span key={id}>
            <svg width="26" height="12" aria-hidden="true" className={`qc-power-${id}`}>
              <path d="M0 6h26" />
              <Mark id={id} x={13} y={6} />
            </svg>
            {t(`power.${id}`)}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

/** The mark of a line: without colour the lines are told apart by it. */
function Mark({ id, x, y }: { id: Curve['id']; x: number; y: number }) {
  if (id === 'edited') return <circle cx={x} cy={y} r={2.8} />;
  if (id === 'now') return <rect x={x - 2.5} y={y - 2.5} width={5} height={5} />;
  return <path d={`M${x} ${y - 3.4}l3.2 5.8h-6.4z`} className="qc-power-mark" />;
}
