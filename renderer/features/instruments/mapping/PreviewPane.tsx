import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PreviewRow } from '../../../../shared/ipc/tools.ts';
import type { Overlay } from '../../../../shared/profiles/overlay.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { useNow } from '../../../app/useNow.ts';
import { useLive } from '../../../data/hooks.ts';
import { useFormat } from '../../../i18n/useFormat.ts';
import { Button } from '../../../ui/Button.tsx';
import { ErrorBanner } from '../../../ui/ErrorBanner.tsx';
import { Choice, TextField } from '../../../ui/Field.tsx';
import { FormDialog } from '../../../ui/FormDialog.tsx';
import { Keycap } from '../../../ui/Keycap.tsx';
import { EmptyState, SectionBar } from '../../../ui/Layout.tsx';
import { State } from '../../../ui/State.tsx';
import { fateOf, fateText, PreviewTable } from '../parts/PreviewTable.tsx';
import { RawMessage } from '../parts/RawMessage.tsx';
import { useCalm, useLast } from '../parts/useLast.ts';
import { useMessages } from '../parts/useMessages.ts';

const PASTED = 'pasted';
/** How long nothing is typed before the preview is asked for, ms. */
const CALM_MS = 150;

/** What a captured message would become with the draft: one of the line's last messages, or one that was pasted. */
export function PreviewPane({
  instrumentId,
  draft,
  changes,
  start,
}: {
  instrumentId: string;
  draft: Overlay;
  changes: number;
  /** The message to begin with; null: the newest. */
  start: string | null;
}) {
  const { t } = useTranslation('mapping');
  const { when } = useFormat();
  const now = useNow();
  const messages = useMessages(instrumentId);
  const [chosen, setChosen] = useState<string | null>(start);
  const [pasted, setPasted] = useState('');
  const [asking, setAsking] = useState(false);
  // It begins with the newest and stays on it: what comes in while a row is edited does not take its place.
  const newest = messages[0]?.number;
  useEffect(() => {
    if (newest !== undefined) setChosen((now) => now ?? newest);
  }, [newest]);
  // One that the trace knows no more is still in the journal.
  const number = chosen === PASTED ? null : (chosen ?? newest ?? null);
  const source = chosen === PASTED ? { pasted } : number === null ? null : { messageNumber: number };
  const known = messages.some((message) => message.number === number);
  const at = messages.findIndex((message) => message.number === number);
  const step = (by: number): void => {
    const next = messages[Math.max(0, Math.min(messages.length - 1, (chosen === PASTED ? -1 : at) + by))];
    if (next !== undefined) setChosen(next.number);
  };
  useScreenKeys([
    { key: '[', label: t('keys.older'), run: () => step(1), strip: false },
    { key: ']', label: t('keys.newer'), run: () => step(-1), strip: false },
    { key: 'V', label: t('keys.paste'), run: () => setAsking(true), strip: false },
  ]);
  return (
    <section className="ins-side" aria-label={t('preview.title')}>
      <SectionBar
        title={t('preview.title')}
        right={
          <Button size="bar" keyName="V" onClick={() => setAsking(true)}>
            {t('keys.paste')}
          </Button>
        }
      >
        {source === null ? null : (
          <span className="ins-choice">
            <Choice
              label={t('preview.message')}
              labelHidden
              width={232}
              value={number ?? PASTED}
              options={[
                ...(chosen === PASTED ? [{ id: PASTED, label: t('preview.pasted') }] : []),
                ...(number !== null && !known ? [{ id: number, label: number }] : []),
                ...messages.map((message) => ({
                  id: message.number,
                  label: t('preview.option', {
                    number: message.number,
                    when: when(message.at, now),
                    held: message.held,
                    count: message.posted + message.held + message.controls + message.known,
                  }),
                })),
              ]}
              onChange={setChosen}
            />
            <Keycap keyName={['[', ']']} />
          </span>
        )}
      </SectionBar>
      {source === null ? (
        <EmptyState title={t('preview.none')} next={t('preview.noneNext')} />
      ) : (
        <Preview
          key={JSON.stringify(source)}
          instrumentId={instrumentId}
          source={source}
          draft={draft}
          changes={changes}
        />
      )}
      {asking ? (
        <PasteDialog
          text={pasted}
          onClose={() => setAsking(false)}
          onText={(text) => {
            setPasted(text);
            setChosen(PASTED);
          }}
        />
      ) : null}
    </section>
  );
}

function Preview({
  instrumentId,
  source,
  draft,
  changes,
}: {
  instrumentId: string;
  source: { messageNumber: string } | { pasted: string };
  draft: Overlay;
  changes: number;
}) {
  const { t } = useTranslation('mapping');
  const calm = useCalm(draft, CALM_MS);
  const today = useLive('profile.preview', { of: { instrumentId }, source });
  const drafted = useLive(
    'profile.preview',
    changes === 0 ? null : { of: { instrumentId }, source, overlay: calm },
  );
  // While the next preview is on its way the last one stays: nothing jumps at each key.
  const before = useLast(today.rows[0], 'today');
  const lastDrafted = useLast(drafted.rows[0], changes === 0 ? 'none' : 'draft');
  const shown = changes === 0 ? before : (lastDrafted ?? before);
  const failed = changes === 0 ? today : drafted;
  return (
    <>
      {failed.state === 'failed' ? <ErrorBanner error={failed.error} /> : null}
      {shown === undefined ? null : (
        <>
          <Summary preview={shown} before={changes === 0 ? undefined : before} />
          <div className="ins-detail-scroll">
            <PreviewTable preview={shown} before={changes === 0 ? undefined : before} />
            <RawMessage preview={shown} />
          </div>
          <p className="ins-sandbox lv-caption">{t('preview.nothing')}</p>
        </>
      )}
    </>
  );
}

/** How many of the results post and how many are held, and what the draft changes of it; of a message that was not read there is nothing to count. */
export function Summary({ preview, before }: { preview: PreviewRow; before: PreviewRow | undefined }) {
  const { t } = useTranslation('mapping');
  const counts = useMemo(() => {
    const of = (fate: ReturnType<typeof fateOf>): number =>
      preview.results.filter((result) => fateOf(result) === fate).length;
    const old = new Map(before?.results.map((result) => [result.id, fateText(result)]));
    const changed = preview.results.filter(
      (result) => old.has(result.id) && old.get(result.id) !== fateText(result),
    ).length;
    return { posts: of('posts'), control: of('control'), held: of('held'), changed };
  }, [preview, before]);
  if (preview.unreadable !== '')
    return (
      <div className="ins-preview-sum" role="status" aria-label={t('preview.summary')}>
        <State kind="warning" word={t('preview.notRead')} />
      </div>
    );
  return (
    <div className="ins-preview-sum" role="status" aria-label={t('preview.summary')}>
      <State
        kind={counts.posts > 0 ? 'passed' : 'notEvaluated'}
        word={t('preview.countPosts', { count: counts.posts })}
      />
      {counts.control > 0 ? (
        <State kind="inControl" word={t('preview.countControls', { count: counts.control })} />
      ) : null}
      <State
        kind={counts.held > 0 ? 'held' : 'notEvaluated'}
        word={t('preview.countHeld', { count: counts.held })}
      />
      <span className="lv-grow" />
      {before === undefined ? null : (
        <State
          kind={counts.changed > 0 ? 'scanNow' : 'notEvaluated'}
          word={t('preview.countChanged', { count: counts.changed })}
        />
      )}
    </div>
  );
}

function PasteDialog({
  text,
  onText,
  onClose,
}: {
  text: string;
  onText: (text: string) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation('mapping');
  const [typed, setTyped] = useState(text);
  const [tried, setTried] = useState(false);
  const box = useAutoFocus();
  return (
    <FormDialog
      title={t('paste.title')}
      text={t('paste.text')}
      confirm={t('paste.confirm')}
      width={640}
      onClose={onClose}
      onConfirm={async () => {
        setTried(true);
        if (typed.trim() === '') return 'stay';
        onText(typed);
        return undefined;
      }}
    >
      <TextField
        ref={box}
        label={t('paste.label')}
        labelHidden
        rows={8}
        value={typed}
        error={tried && typed.trim() === '' ? t('paste.needed') : undefined}
        onChange={setTyped}
      />
    </FormDialog>
  );
}

/** Takes the focus once it is there. */
function useAutoFocus() {
  const [element, setElement] = useState<HTMLTextAreaElement | null>(null);
  useEffect(() => element?.focus(), [element]);
  return setElement;
}
