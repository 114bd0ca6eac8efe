import { engineText } from '../../../i18n/engine.ts';
import { formatTime } from '../../../i18n/format.ts';
import { SectionBar } from '../../../ui/Layout.tsx';
import { State } from '../../../ui/State.tsx';
import type { Sign, StepGroup, StepLine } from './step.ts';

/** Why a row stands as it does: what was seen, and the bytes that show it. */
export function StepSide({
  group,
  row,
  sign,
  heading,
  none,
  pieces,
}: {
  group: StepGroup;
  row: StepLine;
  sign: Sign;
  /** over the bytes */
  heading: string;
  /** said when there are none */
  none: string;
  /** `at` an ISO instant, `note` where the bytes come from */
  pieces: readonly { id: string; at: string; text: string; note: string }[];
}) {
  return (
    <section className="ins-side" aria-label={heading}>
      <SectionBar title={<span className="lv-mono">{row.rule}</span>}>
        <State {...sign} strong />
      </SectionBar>
      <div className="ins-detail-scroll">
        <div className="ins-record">
          <p className="lv-strong">{engineText(group, row.title)}</p>
          <p className="ins-statement">{engineText(group, row.text)}</p>
        </div>
        <h3 className="ins-heading">{heading}</h3>
        {pieces.length === 0 ? (
          <p className="ins-record lv-text-2">{none}</p>
        ) : (
          <ul className="ins-list">
            {pieces.map((piece) => (
              <li key={piece.id} className="ins-evidence">
                <span className="ins-time">{formatTime(piece.at, true)}</span>
                <span className="ins-bytes">{piece.text}</span>
                <span className="lv-caption">{piece.note}</span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}
