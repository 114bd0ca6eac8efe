import { useTranslation } from 'react-i18next';
import type { SyncSummaryRow } from '../../../shared/ipc/sync.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { Button } from '../../ui/Button.tsx';
import { Glyph } from '../../ui/Glyph.tsx';
import { ProgressBar } from '../../ui/ProgressBar.tsx';
import { whyWords } from './words.ts';

/** Where the line to the server stands, always in slate: what is so, what is safe, what happens next. */
export function ServerBanner({
  summary,
  now,
  onNow,
  onGoOn,
  pauseWhy,
}: {
  summary: SyncSummaryRow;
  now: Date;
  onNow: () => void;
  onGoOn: () => void;
  pauseWhy: string | undefined;
}) {
  const { t } = useTranslation('sync');
  const { when } = useFormat();
  const { title, text, glyph } = useWords(summary, now);
  return (
    <>
      <section className="sync-banner" aria-label={t('server')} data-state={summary.state}>
        <span className="lv-tone-quiet">
          <Glyph name={glyph} size={16} />
        </span>
        <div className="lv-grow" role="status">
          <h2>{title}</h2>
          <p>{text}</p>
          {summary.state === 'offline' && summary.offlineSince !== '' && summary.why !== '' ? (
            <p className="lv-caption">{whyWords(t, summary.why)}</p>
          ) : null}
        </div>
        {summary.state === 'offline' && summary.nextTryAt !== '' ? (
          <span className="lv-caption">{t('state.nextTry', { when: when(summary.nextTryAt, now) })}</span>
        ) : null}
        {summary.state === 'paused' ? (
          <Button keyName="F7" onClick={onGoOn} disabledReason={pauseWhy}>
            {t('keys.resume')}
          </Button>
        ) : summary.state === 'none' ? null : (
          <Button keyName="F5" onClick={onNow}>
            {t(summary.state === 'offline' ? 'keys.now' : 'keys.fetch')}
          </Button>
        )}
      </section>
      {summary.firstLoad === null ? null : <FirstLoad {...summary.firstLoad} />}
    </>
  );
}

/** The first load while it is under way; where the server does not tell how much there is, only what has come. */
function FirstLoad({ fetched, total }: { fetched: number; total: number | null }) {
  const { t } = useTranslation('sync');
  if (total !== null)
    return (
      <div className="sync-load">
        <ProgressBar label={t('load.label')} done={fetched} total={total} />
        <span className="lv-caption">{t('load.resumes')}</span>
      </div>
    );
  return (
    <div className="sync-load sync-load-open">
      <span>{t('load.open', { count: fetched })}</span>
      <span className="lv-caption">{t('load.resumes')}</span>
    </div>
  );
}

function useWords(summary: SyncSummaryRow, now: Date) {
  const { t } = useTranslation('sync');
  const { when } = useFormat();
  const { state, queued, rate, minutesLeft } = summary;
  const needs = summary.refused + summary.conflicts;
  if (state === 'none') return { glyph: 'local', title: t('state.none'), text: t('state.noneText') } as const;
  if (state === 'paused')
    return {
      glyph: 'offline',
      title: t('state.paused'),
      text: t('state.pausedText', { count: queued }),
    } as const;
  if (state === 'offline') {
    if (summary.offlineSince === '')
      return { glyph: 'offline', title: t('state.asking'), text: t('state.askingText') } as const;
    return {
      glyph: 'offline',
      title: t('state.offline', { when: when(summary.offlineSince, now) }),
      text: t('state.offlineText', { count: queued }),
    } as const;
  }
  if (queued > 0) {
    const soon = minutesLeft !== null && minutesLeft < 1;
    const minutes = Math.ceil(minutesLeft ?? 0);
    const pace =
      minutesLeft === null
        ? t('state.onlineNever')
        : rate === null
          ? t('state.estimate', { minutes })
          : t(soon ? 'state.rateSoon' : 'state.rate', { rate: Math.max(1, Math.round(rate)), minutes });
    const limit =
      summary.pace.perMinute === null ? '' : ` ${t('state.limit', { count: summary.pace.perMinute })}`;
    return { glyph: 'server', title: t('state.sending', { count: queued }), text: pace + limit } as const;
  }
  return {
    glyph: 'server',
    title:
      needs > 0
        ? t('state.onlineNeeds', { count: needs })
        : summary.kept > 0
          ? t('state.onlineKept', { count: summary.kept })
          : t('state.online'),
    text:
      summary.lastSyncAt === ''
        ? t('state.onlineNever')
        : t('state.onlineText', { when: when(summary.lastSyncAt, now) }),
  } as const;
}
