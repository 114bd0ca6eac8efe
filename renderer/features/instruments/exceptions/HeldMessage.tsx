import { useTranslation } from 'react-i18next';
import type { HeldDecode } from '../../../../shared/ipc/tools.ts';
import { engineText } from '../../../i18n/engine.ts';
import { State } from '../../../ui/State.tsx';
import { Piece } from '../decoder/Piece.tsx';

/** A message that is held as a whole: why, where it stops making sense, and its pieces up to there and behind it. */
export function HeldMessage({ decoded, why }: { decoded: HeldDecode; why: string }) {
  const { t } = useTranslation('instruments');
  const { pieces, leftOut, fault } = decoded;
  return (
    <section className="ins-held" aria-label={t('detail.decoded')}>
      <h3 className="ins-heading">{t('detail.decoded')}</h3>
      <div className="ins-held-why">
        <p className="ins-statement">{engineText('decode', why)}</p>
        {fault === null ? (
          <p className="lv-text-2">{t('detail.formRight')}</p>
        ) : (
          <>
            <State
              kind="refused"
              word={
                fault.to - fault.from > 1
                  ? t('detail.faultFromTo', { from: fault.from, to: fault.to - 1 })
                  : t('detail.faultAt', { at: fault.from })
              }
              small
            />
            {fault.text === why ? null : <p className="lv-text-2">{engineText('decode', fault.text)}</p>}
          </>
        )}
      </div>
      <ul className="ins-held-pieces">
        {pieces.map((piece) => (
          <Piece key={piece.id} piece={piece} />
        ))}
      </ul>
      {leftOut === 0 ? null : (
        <p className="ins-held-why lv-text-2">{t('detail.leftOut', { count: leftOut })}</p>
      )}
    </section>
  );
}
