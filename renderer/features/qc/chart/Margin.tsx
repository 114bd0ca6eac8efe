import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { QcPointRow } from '../../../../shared/ipc/qc.ts';
import { formatValueText } from '../../../i18n/format.ts';
import { stateLook } from '../../../ui/State.tsx';
import { errorKind, pointKinds, rulesOf, signedZ } from '../words.ts';
import type { Run } from './model.ts';

/** px of one explanation. */
const BLOCK = 46;

/**
 * The explanations of the run looked at, in the right margin: each level with its point, joined by a leader. Blocks that would lie over each
 * other move down.
 */
export function Margin({
  run,
  levels,
  level: chosen,
  x,
  from,
  near,
  width,
  place,
}: {
  run: Run;
  levels: readonly string[];
  /** the level looked at */
  level: string;
  /** px of the frame's right edge */
  x: number;
  /** px where the margin begins */
  from: number;
  /** the frame stands at the margin: the leader begins at the point */
  near: boolean;
  width: number;
  unit: string;
  /** px of a deviation, and of the lane's ends */
  place: (level: string, z: number) => { at: number; top: number; bottom: number };
}) {
  const { t } = useTranslation('qc');
  const blocks = levels
    .flatMap((level) => {
      const point = run.points.get(level);
      if (point === undefined) return [];
      const { at, top, bottom } = place(level, point.z ?? 0);
      return [{ level, point, at, y: Math.max(top, Math.min(bottom - BLOCK, at - 20)) }];
    })
    .sort((a, b) => a.y - b.y);
  let free = Number.NEGATIVE_INFINITY;
  for (const block of blocks) {
    block.y = Math.max(block.y, free);
    free = block.y + BLOCK + 4;
  }
  const left = Math.max(from, width - 192) + 14;
  return (
    <g>
      {blocks.map(({ level, point, at, y }) => {
        const { tone } = stateLook(pointKinds[point.state]);
        const colour = point.state === 'inControl' ? 'var(--text-2)' : `var(--${tone})`;
        const [title, numbers, verdict] = explained(t, point, levels);
        return (
          <g key={level}>
            <path
              d={near ? `M${x} ${at}L${left - 7} ${y + 12}` : `M${from} ${y + 12}L${left - 7} ${y + 12}`}
              stroke={colour}
              fill="none"
            />
            <line
              x1={left - 7}
              x2={left - 7}
              y1={y}
              y2={y + BLOCK - 2}
              stroke={colour}
              strokeWidth={level === chosen ? 2.5 : 1.2}
            />
            <text
              x={left}
              y={y + 12}
              className="qc-margin-title"
              fill={point.state === 'inControl' ? 'var(--text)' : colour}
            >
              {title}
            </text>
            <text x={left} y={y + 27} className="qc-margin-text">
              {numbers}
            </text>
            <text x={left} y={y + 42} className="qc-margin-text">
              {verdict}
            </text>
          </g>
        );
      })}
    </g>
  );
}

/** Rule, numbers, verdict. */
function explained(
  t: TFunction<'qc'>,
  point: QcPointRow,
  levels: readonly string[],
): [title: string, numbers: string, verdict: string] {
  const numbers = [formatValueText(point.text), point.z === null ? '' : `z ${signedZ(point.z)}`]
    .filter(Boolean)
    .join(', ');
  if (point.excluded !== null) return [t('point.excluded'), numbers, cut(point.excluded.reason)];
  const rules = rulesOf(point);
  if (rules.length === 0) {
    const level = levels.length > 1 ? point.level : '';
    return [t(`point.${point.state}`), numbers, level];
  }
  const across = point.hits.find((hit) => hit.where === 'across');
  const others = [...new Set(across?.points.map((one) => one.level) ?? [])].filter(
    (one) => one !== point.level,
  );
  const title =
    others.length > 0
      ? t('margin.with', { rules: rules.join(', '), levels: others.join(', ') })
      : rules.join(', ');
  const grave = point.hits.find((hit) => hit.action === 'reject') ?? point.hits[0];
  const kind = errorKind(grave?.rule ?? '');
  const verdict = grave?.action === 'reject' ? t('margin.reject') : t('margin.warn');
  return [cut(title), numbers, kind === '' ? verdict : t(`margin.${kind}`, { verdict })];
}

const cut = (text: string): string => (text.length > 28 ? `${text.slice(0, 27)}…` : text);
