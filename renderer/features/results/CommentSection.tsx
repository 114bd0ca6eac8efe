import { type Ref, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../shared/errors.ts';
import type { ResultDetailRow } from '../../../shared/ipc/results.ts';
import { command, useLiveOne } from '../../data/hooks.ts';
import { PanelSection } from '../../ui/Layout.tsx';

/**
 * The comment of a result (F6). It is kept when the field is left, by Esc, another row, a scan or F8. What is typed never goes to
 * another result: the section is made anew for each (its key is the result's id).
 */
export function CommentSection({
  detail,
  area,
  onError,
}: {
  detail: ResultDetailRow;
  area: Ref<HTMLTextAreaElement>;
  onError: (error: PlainError) => void;
}) {
  const { t } = useTranslation('results');
  const [typed, setTyped] = useState<string | null>(null);
  const latest = useRef({ id: detail.id, typed, stored: detail.comment, onError });
  latest.current = { id: detail.id, typed, stored: detail.comment, onError };
  const released = detail.verdict === 'released';

  const keep = async (): Promise<void> => {
    const { id, typed: text, stored, onError: tell } = latest.current;
    if (text === null || text.trim() === stored) {
      setTyped(null);
      return;
    }
    const outcome = await command('result.comment', { resultId: id, comment: text.trim() });
    // Locked meanwhile: the text stays here and is kept when the same person is back.
    if (!outcome.ok && !outcome.error.code.startsWith('access.')) tell(outcome.error);
  };
  const keepNow = useRef(keep);
  keepNow.current = keep;
  const here = useLiveOne('session', {})?.state === 'in';
  useEffect(() => {
    if (here && document.activeElement?.id !== 'result-comment') void keepNow.current();
  }, [here]);
  // Leaving for another result keeps it too.
  useEffect(
    () => () => {
      const { id, typed: text, stored, onError: tell } = latest.current;
      if (text === null || text.trim() === stored) return;
      void command('result.comment', { resultId: id, comment: text.trim() }).then((outcome) => {
        if (!outcome.ok) tell(outcome.error);
      });
    },
    [],
  );
  // What the engine has is what was typed: nothing is left to keep.
  useEffect(() => {
    if (typed !== null && typed.trim() === detail.comment && document.activeElement?.id !== 'result-comment')
      setTyped(null);
  }, [typed, detail.comment]);

  const changed = typed !== null && typed.trim() !== detail.comment;
  if (released) {
    return (
      <PanelSection title={t('comment.title')} detail={t('comment.fixed')}>
        <p className="lv-select-text lv-comment-text">{detail.comment || t('comment.none')}</p>
      </PanelSection>
    );
  }
  return (
    <PanelSection
      title={t('comment.title')}
      detail={changed ? t('comment.whenLeft') : detail.comment === '' ? '' : t('comment.kept')}
      keyName="F6"
    >
      <label htmlFor="result-comment" className="lv-visually-hidden">
        {t('comment.title')}
      </label>
      <textarea
        id="result-comment"
        ref={area}
        rows={2}
        className="lv-textarea"
        placeholder={t('comment.placeholder')}
        value={typed ?? detail.comment}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={() => void keep()}
      />
    </PanelSection>
  );
}
