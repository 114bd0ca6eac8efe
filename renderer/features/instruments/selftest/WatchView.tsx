import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../../shared/errors.ts';
import type { LineRow } from '../../../../shared/ipc/instruments.ts';
import type { SelfTestRow } from '../../../../shared/ipc/tools.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { useNow } from '../../../app/useNow.ts';
import { command, useLive } from '../../../data/hooks.ts';
import { showPdf } from '../../../data/pdf.ts';
import { formatTime } from '../../../i18n/format.ts';
import { useFormat } from '../../../i18n/useFormat.ts';
import { announce } from '../../../ui/announce.ts';
import { Button } from '../../../ui/Button.tsx';
import { ErrorBanner } from '../../../ui/ErrorBanner.tsx';
import { Grid, type GridColumn } from '../../../ui/Grid.tsx';
import { EmptyState, SectionBar } from '../../../ui/Layout.tsx';
import { SegmentedFilter } from '../../../ui/SegmentedFilter.tsx';
import { State, type StateKind } from '../../../ui/State.tsx';

const rowId = (row: SelfTestRow): string => row.id;
type Show = '' | SelfTestRow['outcome'];
const shows: readonly Show[] = ['', 'fail', 'pass', 'notSeen'];
const outcomeKinds: Record<SelfTestRow['outcome'], StateKind> = {
  pass: 'passed',
  fail: 'refused',
  notSeen: 'notEvaluated',
};

/** What the line has shown of the rules since an instant: rule by rule, with the bytes that show it. */
export function WatchView({
  line,
  choice,
  mode,
  mayPrint,
}: {
  line: LineRow;
  /** which line, and watching or playing */
  choice: ReactNode;
  mode: ReactNode;
  mayPrint: boolean;
}) {
  const { t } = useTranslation('selftest');
  const { when } = useFormat();
  const now = useNow();
  const [since, setSince] = useState(() => startOfDay(new Date()));
  const [show, setShow] = useState<Show>('');
  const [cursor, setCursor] = useState<string | null>(null);
  const [error, setError] = useState<PlainError>();
  const report = useLive('selftest.report', { instrumentId: line.id, since });
  const rows = useMemo(
    () => report.rows.filter((row) => show === '' || row.outcome === show),
    [report.rows, show],
  );
  const columns = useMemo((): GridColumn<SelfTestRow>[] => {
    return [
      {
        id: 'rule',
        title: t('columns.rule'),
        width: 72,
        padLeft: 16,
        render: (row) => <span className="lv-mono lv-medium">{row.rule}</span>,
      },
      {
        id: 'outcome',
        title: t('columns.outcome'),
        width: 116,
        render: (row) => <State kind={outcomeKinds[row.outcome]} word={t(`outcomes.${row.outcome}`)} />,
      },
      {
        id: 'title',
        title: t('columns.title'),
        width: 300,
        grow: 2,
        render: (row) => <span className="lv-medium lv-ellipsis">{row.title}</span>,
      },
      {
        id: 'text',
        title: t('columns.text'),
        width: 220,
        grow: 1,
        render: (row) => <span className="lv-text-2 lv-ellipsis">{row.text}</span>,
      },
    ];
  }, [t]);
  const row = rows.find((one) => one.id === cursor) ?? rows[0];
  const count = (outcome: SelfTestRow['outcome']): number =>
    report.rows.filter((one) => one.outcome === outcome).length;

  const printWhy = !mayPrint ? t('why.role') : report.rows.length === 0 ? t('why.nothing') : undefined;
  const print = async (): Promise<void> => {
    const outcome = await command('selftest.pdf', { instrumentId: line.id, since });
    setError(outcome.ok ? undefined : outcome.error);
    if (!outcome.ok) return;
    try {
      await showPdf(outcome.value.pdf);
    } catch {
      announce(t('notShown'));
    }
  };
  const fromNow = (): void => {
    setSince(new Date().toISOString());
    announce(t('begun', { name: line.name }));
  };
  const fromMidnight = (): void => setSince(startOfDay(new Date()));
  const step = (by: number): void =>
    setShow(shows[Math.max(0, Math.min(shows.length - 1, shows.indexOf(show) + by))] ?? '');
  useScreenKeys([
    {
      key: 'ArrowLeft',
      label: t('keys.filter'),
      caps: ['ArrowLeft', 'ArrowRight'],
      run: () => step(-1),
      palette: false,
      group: 0,
    },
    { key: 'ArrowRight', label: t('keys.filter'), run: () => step(1), palette: false, strip: false },
    { key: 'F7', label: t('keys.midnight'), run: fromMidnight },
    { key: 'F8', label: t('keys.now'), run: fromNow, primary: true },
    {
      key: 'F9',
      label: t('keys.print'),
      run: () => void print(),
      icon: 'print',
      disabledReason: printWhy,
    },
  ]);
  const failed = count('fail');
  return (
    <>
      <SectionBar
        title={t('title')}
        right={
          <>
            <Button size="bar" keyName="F9" onClick={() => void print()} disabledReason={printWhy}>
              {t('keys.print')}
            </Button>
            <Button size="bar" primary keyName="F8" onClick={fromNow}>
              {t('keys.now')}
            </Button>
          </>
        }
      >
        {choice}
        <span className="lv-section-detail">{t('since', { when: when(since, now) })}</span>
      </SectionBar>
      <ErrorBanner error={error} />
      <div className="ins-tools">
        {mode}
        <SegmentedFilter
          label={t('show')}
          altKeys={false}
          value={show}
          onChange={setShow}
          options={shows.map((id) => ({
            id,
            label: t(id === '' ? 'all' : `outcomes.${id}`),
            count: id === '' ? report.rows.length : count(id),
          }))}
        />
        {report.rows.length === 0 ? null : failed > 0 ? (
          <State kind="refused" word={t('someFail', { count: failed })} />
        ) : count('notSeen') > 0 ? (
          <State kind="notEvaluated" word={t('notAllSeen', { count: count('notSeen') })} />
        ) : (
          <State kind="passed" word={t('allPass')} />
        )}
      </div>
      <div className="ins-lower">
        <div className="ins-map">
          <div className="ins-map-grid">
            <Grid
              label={t('rules')}
              rows={rows}
              rowId={rowId}
              columns={columns}
              cursor={row?.id ?? null}
              onCursor={setCursor}
              scope={`${line.id} ${since} ${show}`}
              moveLabel={t('keys.row')}
              empty={
                report.state === 'loading' ? null : report.state === 'failed' ? (
                  <EmptyState title={report.error?.what ?? ''} next={report.error?.todo} />
                ) : (
                  <EmptyState title={t('none')} next={t('noneNext')} />
                )
              }
            />
          </div>
        </div>
        {row === undefined ? null : <Evidence row={row} />}
      </div>
    </>
  );
}

/** Why a rule passed or not: what was seen, and the journal's rows that show it. */
function Evidence({ row }: { row: SelfTestRow }) {
  const { t } = useTranslation('selftest');
  return (
    <section className="ins-side" aria-label={t('evidence')}>
      <SectionBar title={<span className="lv-mono">{row.rule}</span>}>
        <State kind={outcomeKinds[row.outcome]} word={t(`outcomes.${row.outcome}`)} strong />
      </SectionBar>
      <div className="ins-detail-scroll">
        <div className="ins-record">
          <p className="lv-strong">{row.title}</p>
          <p className="ins-statement">{row.text}</p>
        </div>
        <h3 className="ins-heading">{t('evidence')}</h3>
        {row.evidence.length === 0 ? (
          <p className="ins-record lv-text-2">{t('noEvidence')}</p>
        ) : (
          <ul className="ins-list">
            {row.evidence.map((one) => (
              <li key={one.seq} className="ins-evidence">
                <span className="ins-time">{formatTime(one.at, true)}</span>
                <span className="ins-bytes">{one.text}</span>
                <span className="lv-caption">{t('journal', { seq: one.seq })}</span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}

/** The instant of today's local midnight. */
function startOfDay(now: Date): string {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate()).toISOString();
}
