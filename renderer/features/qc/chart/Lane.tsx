import { memo } from 'react';
import type { QcPointRow } from '../../../../shared/ipc/qc.ts';
import { formatValueText } from '../../../i18n/format.ts';
import type { Axis, LaneShapes } from './geometry.ts';
import { valueAt } from './model.ts';

/** px where SD and value of the limits end, and where the level's name begins. */
const SD_END = 92;
const VALUE_END = 128;
const NAME = 16;

const limits = [3, 2, 0, -2, -3] as const;

/** The ground of a lane: washes beyond 2s and 3s, mean, limits, and their values at the left. */
export const LaneGround = memo(function LaneGround({
  level,
  lot,
  sample,
  axis,
  top,
  height,
  y,
  meanWord,
}: {
  level: string;
  lot: string;
  /** The point whose target names the limits; none when levels lie over each other. */
  sample: QcPointRow | undefined;
  axis: Axis;
  top: number;
  height: number;
  y: (z: number) => number;
  meanWord: string;
}) {
  const width = axis.right - axis.left;
  const band = (from: number, to: number): { y: number; height: number } => ({
    y: y(from),
    height: y(to) - y(from),
  });
  return (
    <g transform={`translate(0 ${top})`}>
      {[band(5, 3), band(-3, -5)].map((wash) => (
        <rect key={wash.y} x={axis.left} width={width} {...wash} fill="var(--crit-wash)" />
      ))}
      {[band(3, 2), band(-2, -3)].map((wash) => (
        <rect key={wash.y} x={axis.left} width={width} {...wash} fill="var(--abn-wash)" />
      ))}
      {[1, -1, 2, -2, 3, -3, 0].map((sd) => (
        <line
          key={sd}
          x1={axis.left}
          x2={axis.right}
          y1={y(sd)}
          y2={y(sd)}
          className={`qc-limit qc-limit-${Math.abs(sd)}`}
        />
      ))}
      {limits.map((sd) => {
        const text = sample === undefined ? '' : valueAt(sample, sd);
        return (
          <g key={sd} className="qc-axis">
            <text x={SD_END} y={y(sd) + 4} textAnchor="end">
              {sd === 0 ? meanWord : `${sd > 0 ? '+' : '\u2212'}${Math.abs(sd)}s`}
            </text>
            <text x={VALUE_END} y={y(sd) + 4} textAnchor="end" className="qc-axis-value">
              {formatValueText(text)}
            </text>
          </g>
        );
      })}
      <text x={NAME} y={y(3) + 4} className="qc-level">
        {level}
      </text>
      <text x={NAME} y={y(3) + 20} className="qc-axis">
        {lot}
      </text>
      <rect x={axis.left} y={0} width={width} height={height} fill="none" />
    </g>
  );
});

/** The points of a level: the line, then the marks over it. Shapes carry every state, so that it prints in black. */
export const LanePoints = memo(function LanePoints({
  shapes,
  top,
  dash,
}: {
  shapes: LaneShapes;
  top: number;
  dash?: string | undefined;
}) {
  return (
    <g transform={`translate(0 ${top})`} className="qc-points">
      <path d={shapes.line} className="qc-line" strokeDasharray={dash} />
      <path d={shapes.dots} className="qc-dots" />
      <path d={shapes.missing} className="qc-missing" />
      <path d={shapes.excluded} className="qc-excluded" />
      <path d={shapes.warnings} className="qc-warnings" />
      <path d={shapes.rejected} className="qc-rejected" />
      <path d={shapes.crosses} className="qc-crosses" />
      <path d={shapes.reviewed} className="qc-reviewed" />
    </g>
  );
});
