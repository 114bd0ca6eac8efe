import { type Ref, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNow } from '../../app/useNow.ts';
import { formatTime } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { Field } from '../../ui/Field.tsx';
import { Glyph } from '../../ui/Glyph.tsx';
import { readCollected } from './collected.ts';
import type { CollectionDraft } from './state.ts';

/** What F8 needs from the collection's fields. */
export interface CollectionHandle {
  /** The collection as typed, or undefined when a field says what is missing; that field then has the focus. */
  read: () => { collector: string; collectedTime: string } | undefined;
}

/** Who collected and when: asked once per requisition. Enter goes on, Enter in the last field does the work. */
export function Collection({
  draft,
  onDraft,
  onDone,
  handle,
}: {
  draft: CollectionDraft;
  onDraft: (draft: CollectionDraft) => void;
  onDone: () => void;
  handle: Ref<CollectionHandle>;
}) {
  const { t } = useTranslation('accession');
  const format = useFormat();
  const now = useNow();
  const collector = useRef<HTMLInputElement>(null);
  const time = useRef<HTMLInputElement>(null);
  const [asked, setAsked] = useState(false);
  const read = readCollected(draft.time, now);
  const noCollector = draft.collector.trim() === '';

  const first = useRef(noCollector ? collector : time);
  useEffect(() => {
    first.current.current?.focus();
    first.current.current?.select();
  }, []);

  const latest = useRef({ draft });
  latest.current = { draft };
  useEffect(() => {
    const give: CollectionHandle = {
      read: () => {
        const typed = latest.current.draft;
        const when = readCollected(typed.time, new Date());
        if (typed.collector.trim() !== '' && when.ok)
          return { collector: typed.collector.trim(), collectedTime: when.at.toISOString() };
        setAsked(true);
        (typed.collector.trim() === '' ? collector : time).current?.focus();
        return undefined;
      },
    };
    if (typeof handle === 'function') handle(give);
    else if (handle !== null) handle.current = give;
    return () => {
      if (handle !== null && typeof handle !== 'function') handle.current = null;
    };
  }, [handle]);

  const wrong = read.ok || (!asked && read.why === 'empty') ? undefined : t(`collection.${read.why}`);
  return (
    <form
      className="lv-acc-collection"
      aria-label={t('collection.title')}
      onSubmit={(event) => {
        event.preventDefault();
        if (document.activeElement === collector.current && !noCollector) {
          time.current?.focus();
          time.current?.select();
        } else onDone();
      }}
    >
      <span className="lv-strong">{t('collection.title')}</span>
      <Field
        ref={collector}
        label={t('collection.collector')}
        labelAt="left"
        width={150}
        value={draft.collector}
        error={asked && noCollector ? t('collection.collectorMissing') : undefined}
        onChange={(event) => onDraft({ ...draft, collector: event.currentTarget.value })}
      />
      <Field
        ref={time}
        label={t('collection.time')}
        labelAt="left"
        width={150}
        value={draft.time}
        suffix={t('collection.timeSuffix')}
        error={wrong}
        onChange={(event) => onDraft({ ...draft, time: event.currentTarget.value })}
      />
      {wrong === undefined && !(asked && noCollector) ? (
        <span className="lv-caption lv-acc-collection-read">
          {read.ok ? (
            <>
              <span className="lv-tone-ok">
                <Glyph name="tick" />
              </span>
              {t(`collection.${read.day}`, {
                time: formatTime(read.at),
                when: format.when(read.at, now),
              })}
            </>
          ) : (
            t('collection.kept')
          )}
        </span>
      ) : null}
      {/* A form with two fields sends itself only with a button. */}
      <button type="submit" hidden />
    </form>
  );
}
