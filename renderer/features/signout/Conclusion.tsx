import { type Ref, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

/**
 * The conclusion under the results, written where it will stand. It is kept when the field is left. Mount it with the report's id as
 * its key: what is typed belongs to one report.
 */
export function Conclusion({
  text,
  mayEdit,
  onSave,
  field,
}: {
  text: string;
  mayEdit: boolean;
  /** Keeps what was typed; false when that failed, and the words stay in the field. */
  onSave: (text: string, before: string) => Promise<boolean>;
  field: Ref<HTMLTextAreaElement>;
}) {
  const { t } = useTranslation('signout');
  const [draft, setDraft] = useState<string | null>(null);
  const latest = useRef({ draft, text, onSave });
  latest.current = { draft, text, onSave };
  const keep = (): void => {
    if (draft === null) return;
    if (draft === text) setDraft(null);
    else void onSave(draft, text);
  };
  // The engine has it: what is shown comes from there again.
  useEffect(() => setDraft((typed) => (typed === text ? null : typed)), [text]);
  useEffect(
    () => () => {
      const { draft: typed, text: kept, onSave: save } = latest.current;
      if (typed !== null && typed !== kept) void save(typed, kept);
    },
    [],
  );
  if (!mayEdit) {
    if (text === '') return null;
    return (
      <div className="so-conclusion">
        <b className="lv-strong">{t('conclusion')}.</b> <span className="so-prose">{text}</span>
      </div>
    );
  }
  return (
    <label className="so-conclusion so-conclusion-edit">
      <b className="lv-strong">{t('conclusion')}</b>
      <textarea
        ref={field}
        className="so-conclusion-field"
        rows={1}
        value={draft ?? text}
        placeholder={t('conclusionNone')}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={keep}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.preventDefault();
          event.currentTarget.blur();
        }}
      />
    </label>
  );
}
