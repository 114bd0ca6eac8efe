import { useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../shared/errors.ts';
import type { SyncRecordRow } from '../../../shared/ipc/sync.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { goTo } from '../../app/navigation.ts';
import { useScan } from '../../app/scan.ts';
import { useNow } from '../../app/useNow.ts';
import { command, useLive, useLiveOne } from '../../data/hooks.ts';
import { showPdf } from '../../data/pdf.ts';
import { formatCount } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { announce } from '../../ui/announce.ts';
import { ErrorBanner } from '../../ui/ErrorBanner.tsx';
import { FindField } from '../../ui/FindField.tsx';
import { Grid } from '../../ui/Grid.tsx';
import { EmptyState, ScreenHead, SectionBar } from '../../ui/Layout.tsx';
import { SegmentedFilter } from '../../ui/SegmentedFilter.tsx';
import { focusPane, useFocusWithin } from '../../ui/useFocusWithin.ts';
import { ConflictPanel } from './ConflictPanel.tsx';
import { recordColumns } from './columns.tsx';
import { Kinds } from './Kinds.tsx';
import { Events, RecordPanel, Rules, ServerFacts } from './RecordPanel.tsx';
import { ServerBanner } from './ServerBanner.tsx';
import { mayPause, screenOf, titleWord } from './words.ts';

type Filter = 'all' | 'needsPerson' | 'signed';
const rowId = (row: SyncRecordRow): string => row.id;
/** The engine gives the newest records only. */
const MOST_RECORDS = 500;

/** What the server has not got, why, and the conflicts that a person decides. Nothing here is urgent: the bench works without it. */
export function SyncScreen() {
  const { t } = useTranslation('sync');
  const { when } = useFormat();
  const now = useNow();
  const [filter, setFilter] = useState<Filter>('all');
  const [cursor, setCursor] = useState<string | null>(null);
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<PlainError>();
  const [printing, setPrinting] = useState(false);
  const find = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLElement>(null);
  const inPanel = useFocusWithin(panel);

  const summary = useLiveOne('sync.summary', {});
  const kinds = useLive('sync.kinds', {}).rows;
  const events = useLive('sync.events', {}).rows;
  const records = useLive('sync.records', { filter });
  const roles = useLiveOne('session', {})?.person?.roles ?? [];
  const reports = kinds.find((kind) => kind.id === 'reports');

  const rows = useMemo(() => {
    const text = typed.trim().toLowerCase();
    if (text === '') return records.rows;
    return records.rows.filter((row) =>
      [
        row.accessionDisplay,
        row.accessionDisplay.replaceAll('-', ''),
        row.title,
        row.patientName,
        row.why,
      ].some((part) => part.toLowerCase().includes(text)),
    );
  }, [records.rows, typed]);
  const record = rows.find((row) => row.id === cursor);
  const conflicts = records.rows.filter((row) => row.state === 'conflict');
  const conflict = useLiveOne(
    'sync.conflict',
    record?.state === 'conflict' ? { collection: record.collection, docId: record.docId } : null,
  );
  const columns = useMemo(() => recordColumns(t, (at) => when(at, now)), [t, when, now]);

  const none = summary?.state === 'none';
  const paused = summary?.state === 'paused';
  const noServer = none ? t('why.none') : undefined;
  const pauseWhy = noServer ?? (mayPause(roles) ? undefined : t('why.pauseRole'));
  const tryNow = async (): Promise<void> => {
    const outcome = await command('sync.now', {});
    setError(outcome.ok ? undefined : outcome.error);
    if (outcome.ok) announce(t('said.trying'));
  };
  const pause = async (on: boolean): Promise<void> => {
    const outcome = await command('sync.pause', { paused: on });
    setError(outcome.ok ? undefined : outcome.error);
    if (outcome.ok) announce(t(on ? 'said.paused' : 'said.resumed'));
  };
  const sendAgain = async (): Promise<void> => {
    if (record === undefined) return;
    const outcome = await command('sync.retry', { collection: record.collection, docId: record.docId });
    setError(outcome.ok ? undefined : outcome.error);
    if (outcome.ok) announce(t('said.again', { title: titleWord(t, record) }));
  };

  const alike =
    record?.state === 'refused'
      ? records.rows.filter((row) => row.state === 'refused' && row.cause === record.cause).length
      : 0;
  const sendAllAgain = async (): Promise<void> => {
    if (record === undefined || record.cause === '') return;
    const outcome = await command('sync.retryAll', { cause: record.cause });
    setError(outcome.ok ? undefined : outcome.error);
    if (outcome.ok) announce(t('said.allAgain', { count: outcome.value.count }));
  };
  const open = (): void => {
    const screen = record === undefined ? undefined : screenOf(record);
    if (record !== undefined && screen !== undefined) goTo(screen, record.target);
  };
  const print = async (): Promise<void> => {
    if (printing) return;
    setPrinting(true);
    announce(t('said.printing'));
    const outcome = await command('sync.statement', {});
    setError(outcome.ok ? undefined : outcome.error);
    try {
      if (outcome.ok) await showPdf(outcome.value.pdf);
    } catch {
      setError({
        code: 'statement.output',
        what: t('notShown.what'),
        safe: t('notShown.safe'),
        todo: t('notShown.todo'),
      });
    }
    setPrinting(false);
  };

  useScreenKeys([
    ...(inPanel || (record?.state !== 'conflict' && record?.state !== 'refused')
      ? []
      : [
          {
            key: 'Tab',
            label: t(record?.state === 'conflict' ? 'keys.pane' : 'keys.paneWhy'),
            run: () => focusPane(panel.current),
            palette: false,
            group: 0,
          },
        ]),
    { key: 'F2', label: t('keys.server'), run: () => goTo('server'), icon: 'setting' },
    { key: 'F3', label: t('keys.find'), run: () => find.current?.focus(), icon: 'find' },
    {
      key: 'F5',
      label: t(summary?.state === 'online' ? 'keys.fetch' : 'keys.now'),
      run: () => void tryNow(),
      disabledReason: noServer ?? (paused ? t('why.paused') : undefined),
    },
    {
      key: 'F7',
      label: t(paused ? 'keys.resume' : 'keys.pause'),
      run: () => void pause(!paused),
      disabledReason: pauseWhy,
    },
    ...(record?.state === 'conflict' && conflict !== undefined
      ? []
      : [
          {
            key: 'F8',
            label: t('keys.again'),
            run: () => void sendAgain(),
            primary: true,
            disabledReason:
              record === undefined
                ? t('why.noRecord')
                : record.state === 'refused'
                  ? undefined
                  : t(record.state === 'conflict' ? 'why.loading' : 'why.notRefused'),
          },
        ]),
    ...(alike > 1
      ? [
          {
            key: 'Alt+A',
            label: t('keys.allAgain', { count: alike }),
            run: () => void sendAllAgain(),
            strip: false,
          },
        ]
      : []),
    { key: 'F9', label: t('keys.print'), run: () => void print(), icon: 'print' },
  ]);
  useScan((code) => {
    setFilter('all');
    setTyped(code);
    return true;
  });

  const waiting =
    summary === undefined ? 0 : summary.queued + summary.refused + summary.conflicts + summary.kept;
  const empty =
    typed.trim() !== '' ? (
      <EmptyState title={t('records.noneFound', { text: typed.trim() })} />
    ) : filter === 'needsPerson' ? (
      <EmptyState title={t('records.noneNeeds')} next={t('records.noneNeedsNext')} />
    ) : (
      <EmptyState title={t('records.none')} next={t('records.noneNext')} />
    );
  return (
    <>
      <ScreenHead
        title={t('title')}
        right={summary === undefined || none ? null : <Today summary={summary} />}
      />
      <ErrorBanner error={error} />
      <div className="lv-screen-body">
        <div className="lv-pane" ref={list}>
          {summary === undefined ? null : (
            <ServerBanner
              summary={summary}
              now={now}
              onNow={() => void tryNow()}
              onGoOn={() => void pause(false)}
              pauseWhy={pauseWhy}
            />
          )}
          <Kinds rows={kinds} none={none} now={now} />
          <SectionBar
            title={t('records.title')}
            right={
              <>
                <span className="lv-caption">
                  {waiting > MOST_RECORDS && records.rows.length >= MOST_RECORDS
                    ? t('records.newestOf', { count: MOST_RECORDS })
                    : t('records.newest')}
                </span>
                <FindField
                  ref={find}
                  label={t('records.find')}
                  value={typed}
                  onChange={setTyped}
                  onLeave={() => focusPane(list.current?.querySelector<HTMLElement>('.lv-grid') ?? null)}
                  width={166}
                />
              </>
            }
          >
            <SegmentedFilter
              label={t('records.filter')}
              value={filter}
              onChange={setFilter}
              options={[
                { id: 'all', label: t('records.all'), count: summary === undefined ? undefined : waiting },
                {
                  id: 'needsPerson',
                  label: t('records.needsPerson'),
                  count: summary === undefined ? undefined : summary.refused + summary.conflicts,
                },
                {
                  id: 'signed',
                  label: t('records.signed'),
                  count:
                    reports === undefined
                      ? undefined
                      : reports.queued + reports.refused + reports.conflicts + reports.kept,
                },
              ]}
            />
          </SectionBar>
          <Grid
            label={t('records.label')}
            rows={rows}
            rowId={rowId}
            columns={columns}
            cursor={cursor}
            onCursor={setCursor}
            moveLabel={t('keys.record')}
            empty={records.state === 'loading' ? null : empty}
            onEnter={open}
            enterLabel={t('keys.enter')}
          />
        </div>
        <aside
          className="lv-panel sync-panel"
          ref={panel}
          aria-label={t(conflict === undefined ? 'panel.label' : 'conflict.label')}
        >
          {record?.state === 'conflict' && conflict !== undefined && conflict.id === record.id ? (
            <ConflictPanel
              key={conflict.id}
              conflict={conflict}
              record={record}
              place={{ at: conflicts.indexOf(record) + 1, count: conflicts.length }}
              now={now}
              focused={inPanel}
              onLater={() => focusPane(list.current?.querySelector<HTMLElement>('.lv-grid') ?? null)}
            >
              <Rules />
              <Events rows={events} now={now} />
            </ConflictPanel>
          ) : (
            <div className="lv-panel-scroll">
              <RecordPanel
                record={record}
                now={now}
                noServer={none}
                alike={alike}
                onAgain={() => void sendAgain()}
                onAllAgain={() => void sendAllAgain()}
                onOpen={open}
              />
              {summary === undefined || none ? null : <ServerFacts summary={summary} now={now} />}
              <Rules />
              <Events rows={events} now={now} />
            </div>
          )}
        </aside>
      </div>
    </>
  );
}

/** The server, and what went both ways today. */
function Today({ summary }: { summary: { server: string; sentToday: number; fetchedToday: number } }) {
  const { t } = useTranslation('sync');
  return (
    <span className="sync-today">
      <span>
        {t('server')} <span className="lv-mono">{summary.server}</span>
      </span>
      <span className="sync-divider" />
      <span>
        {t('sentToday')} <b>{formatCount(summary.sentToday)}</b>
      </span>
      <span>
        {t('fetchedToday')} <b>{formatCount(summary.fetchedToday)}</b>
      </span>
    </span>
  );
}
