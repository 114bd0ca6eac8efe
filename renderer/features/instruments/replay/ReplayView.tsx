import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../../shared/errors.ts';
import type { LineRow } from '../../../../shared/ipc/instruments.ts';
import type { ReplayOutcome, ReplayRow, ReplayRunRow } from '../../../../shared/ipc/tools.ts';
import type { Overlay } from '../../../../shared/profiles/overlay.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { useNow } from '../../../app/useNow.ts';
import { command, useLive, useLiveOne } from '../../../data/hooks.ts';
import { engineText } from '../../../i18n/engine.ts';
import { formatCount } from '../../../i18n/format.ts';
import { useFormat } from '../../../i18n/useFormat.ts';
import { Button } from '../../../ui/Button.tsx';
import { ErrorBanner } from '../../../ui/ErrorBanner.tsx';
import { Grid } from '../../../ui/Grid.tsx';
import { Banner, EmptyState, SectionBar } from '../../../ui/Layout.tsx';
import { ProgressBar } from '../../../ui/ProgressBar.tsx';
import { SegmentedFilter } from '../../../ui/SegmentedFilter.tsx';
import { State } from '../../../ui/State.tsx';
import { LineChoice } from '../parts/LineChoice.tsx';
import { replayColumns } from './columns.tsx';
import { outcomeKinds } from './outcomes.ts';
import { RangeForm } from './RangeForm.tsx';
import { type Range, readRange, startRange } from './range.ts';

const rowId = (row: ReplayRow): string => row.id;
/** Rows of a replay that are asked for; those that differ come first. */
const MOST_ROWS = 1000;
type Only = '' | 'differs' | 'same' | 'held';
/** What each filter shows, of the outcomes. */
const filters: Record<Only, readonly ReplayOutcome[]> = {
  '': ['changed', 'wouldPost', 'wouldHold', 'lost', 'new', 'same'],
  differs: ['changed', 'wouldPost', 'wouldHold', 'lost', 'new'],
  same: ['same'],
  held: ['wouldHold'],
};
const order: readonly Only[] = ['', 'differs', 'same', 'held'];

/** Captured messages, byte for byte, through a fresh link and today's mapping: what would come out otherwise than it is stored. */
export function ReplayView({
  lines,
  line,
  onLine,
  mayReplay,
  overlay,
  onOverlay,
  onVerify,
}: {
  lines: readonly LineRow[];
  line: LineRow;
  onLine: (id: string) => void;
  mayReplay: boolean;
  /** A draft of the mapping to be tried; undefined: what is saved. */
  overlay: Overlay | undefined;
  onOverlay: (overlay: Overlay | undefined) => void;
  /** Goes on to sign that the mapping was verified, with this replay. */
  onVerify: (replayId: string) => void;
}) {
  const { t } = useTranslation('replay');
  const [range, setRange] = useState<Range>(startRange);
  // A replay belongs to the mapping it was run with: under another one it says nothing, and nobody signs by it.
  const [ran, setRan] = useState<{ id: string; overlay: Overlay | undefined } | null>(null);
  const replayId = ran !== null && ran.overlay === overlay ? ran.id : null;
  const [error, setError] = useState<PlainError>();
  const [tried, setTried] = useState(false);
  const form = useRef<HTMLDivElement>(null);
  const run = useLiveOne('replay.progress', replayId === null ? null : { replayId });
  const running = run?.state === 'running';
  const why = mayReplay ? (running ? t('why.running') : undefined) : t('why.role');
  const which = readRange(range, new Date());

  const start = async (): Promise<void> => {
    setTried(true);
    if (!which.ok) {
      form.current?.querySelector<HTMLInputElement>('[aria-invalid="true"], input')?.focus();
      return;
    }
    const outcome = await command('replay.run', {
      instrumentId: line.id,
      which: which.which,
      ...(overlay === undefined ? {} : { overlay }),
    });
    setError(outcome.ok ? undefined : outcome.error);
    if (outcome.ok) setRan({ id: outcome.value.replayId, overlay });
  };
  const stop = async (): Promise<void> => {
    if (replayId === null) return;
    const outcome = await command('replay.cancel', { replayId });
    setError(outcome.ok ? undefined : outcome.error);
  };
  useScreenKeys([
    {
      key: 'F2',
      label: t('keys.range'),
      run: () => form.current?.querySelector<HTMLElement>('input, select')?.focus(),
    },
    {
      key: 'F8',
      label: t('keys.run'),
      run: () => void start(),
      primary: true,
      disabledReason: why,
    },
    ...(running ? [{ key: 'Escape', label: t('keys.stop'), run: () => void stop() }] : []),
    ...(run?.state === 'done' && overlay === undefined
      ? [{ key: 'F7', label: t('keys.verify'), run: () => onVerify(run.id) }]
      : []),
  ]);
  return (
    <>
      <SectionBar
        title={t('title')}
        right={
          <Button size="bar" primary keyName="F8" onClick={() => void start()} disabledReason={why}>
            {t('keys.run')}
          </Button>
        }
      >
        <LineChoice lines={lines} value={line.id} onChange={onLine} />
        <div ref={form} className="ins-range">
          <RangeForm range={range} onRange={setRange} wrong={tried && !which.ok ? which.field : undefined} />
        </div>
      </SectionBar>
      <Banner
        tone="quiet"
        glyph="ring"
        title={t('sandbox')}
        {...(overlay === undefined
          ? {}
          : {
              action: (
                <Button size="bar" onClick={() => onOverlay(undefined)}>
                  {t('useSaved')}
                </Button>
              ),
            })}
      >
        {t(overlay === undefined ? 'withSaved' : 'withDraft')}
      </Banner>
      <ErrorBanner error={error} />
      {replayId === null ? (
        <EmptyState title={t('empty')} next={t('emptyNext')} />
      ) : run === undefined ? null : (
        <Outcome key={run.id} run={run} onStop={() => void stop()} />
      )}
    </>
  );
}

function Outcome({ run, onStop }: { run: ReplayRunRow; onStop: () => void }) {
  const { t } = useTranslation('replay');
  const { when } = useFormat();
  const now = useNow();
  const [only, setOnly] = useState<Only>('');
  const [cursor, setCursor] = useState<string | null>(null);
  const rows = useLive('replay.rows', { replayId: run.id, limit: MOST_ROWS });
  const day = now.toDateString();
  const columns = useMemo(() => replayColumns(t, (at) => when(at, new Date(day))), [t, when, day]);
  const count = (one: Only): number => filters[one].reduce((sum, outcome) => sum + run.counts[outcome], 0);
  const shown = useMemo(
    () =>
      rows.rows.filter(
        (row) =>
          filters[only].includes(row.outcome) &&
          (only !== 'held' || row.after === null || row.after.held !== ''),
      ),
    [rows.rows, only],
  );
  // The first thing to look at is what differs.
  const asked = useRef(false);
  const differs = count('differs');
  useEffect(() => {
    if (asked.current || run.state === 'running') return;
    asked.current = true;
    if (differs > 0) setOnly((chosen) => (chosen === '' ? 'differs' : chosen));
  }, [run.state, differs]);
  useScreenKeys([
    {
      key: 'ArrowLeft',
      label: t('keys.filter'),
      caps: ['ArrowLeft', 'ArrowRight'],
      run: () => setOnly(order[Math.max(0, order.indexOf(only) - 1)] ?? ''),
      palette: false,
      group: 0,
    },
    {
      key: 'ArrowRight',
      label: t('keys.filter'),
      run: () => setOnly(order[Math.min(order.length - 1, order.indexOf(only) + 1)] ?? 'held'),
      palette: false,
      strip: false,
    },
  ]);
  const total = count('');
  return (
    <>
      {run.state === 'running' ? (
        <ProgressBar
          label={t('running', { messages: formatCount(run.messages) })}
          done={run.messagesDone}
          total={run.messages}
          onStop={onStop}
        />
      ) : null}
      {run.state === 'failed' ? (
        <Banner tone="crit" title={t('failed')}>
          {engineText('errors', run.why)}
        </Banner>
      ) : null}
      {run.linkDifferences.length === 0 ? null : (
        <Banner tone="abn" title={t('linkDiffers')}>
          {run.linkDifferences.join(' ')}
        </Banner>
      )}
      <div className="ins-tools">
        <SegmentedFilter
          label={t('show')}
          altKeys={false}
          value={only}
          onChange={setOnly}
          options={order.map((id) => ({ id, label: t(`filters.${id || 'all'}`), count: count(id) }))}
        />
        <span className="ins-run-sum" role="status" aria-label={t('summary')}>
          {run.state === 'done' ? (
            differs === 0 ? (
              <State kind="passed" word={t('allSame', { count: total })} />
            ) : (
              (['wouldPost', 'changed', 'wouldHold', 'lost', 'new'] as const)
                .filter((outcome) => run.counts[outcome] > 0)
                .map((outcome) => (
                  <State
                    key={outcome}
                    kind={outcomeKinds[outcome]}
                    word={t(`counts.${outcome}`, { count: run.counts[outcome] })}
                  />
                ))
            )
          ) : run.state === 'cancelled' ? (
            <State
              kind="notEvaluated"
              word={t('cancelled', { done: run.messagesDone, count: run.messages })}
            />
          ) : null}
        </span>
        <span className="lv-grow" />
        <span className="lv-caption">
          {t('of', {
            count: run.messages,
            messages: formatCount(run.messages),
            bytes: formatCount(run.bytes),
          })}
          {run.digest === '' ? null : (
            <span className="lv-mono" title={run.digest}>
              {' '}
              · {run.digest.slice(0, 12)}
            </span>
          )}
        </span>
      </div>
      <div className="ins-map-grid">
        <Grid
          label={t('rows')}
          rows={shown}
          rowId={rowId}
          columns={columns}
          cursor={cursor}
          onCursor={setCursor}
          scope={`${run.id} ${only} ${run.state}`}
          moveLabel={t('keys.row')}
          empty={
            run.state === 'running' ? null : (
              <EmptyState
                title={t(total === 0 ? 'nothing' : 'noneOfThese')}
                next={t(total === 0 ? 'nothingNext' : 'noneOfTheseNext')}
              />
            )
          }
        />
      </div>
      {total > rows.rows.length && rows.rows.length >= MOST_ROWS ? (
        <p className="ins-sandbox lv-caption">
          {t('more', { shown: formatCount(rows.rows.length), all: formatCount(total) })}
        </p>
      ) : null}
    </>
  );
}
