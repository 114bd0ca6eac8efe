import { useTranslation } from 'react-i18next';
import type { DecodePiece } from '../../../../shared/ipc/tools.ts';
import { engineText } from '../../../i18n/engine.ts';
import { State } from '../../../ui/State.tsx';
import { Bytes } from '../monitor/Trace.tsx';
import { readable } from '../wire.ts';

/** One piece of what was pasted: a control character, a frame with its checksum, a record with the names of its fields. */
export function Piece({ piece }: { piece: DecodePiece }) {
  const { t } = useTranslation('decoder');
  // The type of the record stands in its title.
  const filled = piece.fields.filter(
    (field) => field.value !== '' && !(field.number === 1 && piece.title.startsWith(field.value)),
  );
  // A record is told by its fields; one without, the line of a file, by its bytes.
  const byFields = piece.kind === 'record' && filled.length > 0;
  const wrong = piece.problems.length > 0 || piece.frame?.checksum === 'wrong';
  return (
    <li
      className={`ins-found ins-found-${piece.kind}${wrong ? ' ins-found-wrong' : ''}`}
      data-kind={piece.kind}
    >
      <div className="ins-found-head">
        <span className="lv-strong ins-found-title">{engineText('decode', piece.title)}</span>
        {byFields ? (
          <span className="lv-grow" />
        ) : (
          <span className="ins-found-bytes">
            <Bytes text={piece.text} />
          </span>
        )}
        <span className="ins-found-state">
          {piece.frame === null ? null : <Sum frame={piece.frame} />}
          <span className="lv-caption lv-mono">
            {piece.to - piece.from > 1 ? t('place', { from: piece.from, to: piece.to - 1 }) : piece.from}
          </span>
        </span>
      </div>
      {piece.problems.map((problem) => (
        <p key={problem} className="ins-found-problem">
          <State kind="refused" word={engineText('decode', problem)} small />
        </p>
      ))}
      {filled.length === 0 ? null : (
        <dl className="ins-found-fields">
          {filled.map((field) => (
            <div key={field.number}>
              <dt>
                <span className="lv-mono lv-text-2">{field.number}</span> {field.name}
              </dt>
              <dd className="lv-mono">{readable(field.value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  );
}

/** A frame's number and checksum, as given and as computed. */
function Sum({ frame }: { frame: NonNullable<DecodePiece['frame']> }) {
  const { t } = useTranslation('decoder');
  return (
    <>
      {frame.inOrder === false ? (
        <State kind="warning" word={t('outOfOrder', { number: frame.number })} small />
      ) : null}
      {frame.checksum === 'right' ? (
        <State kind="passed" word={t('sumRight', { sum: frame.given })} small />
      ) : frame.checksum === 'wrong' ? (
        <State kind="refused" word={t('sumWrong', { given: frame.given, computed: frame.computed })} small />
      ) : null}
    </>
  );
}
