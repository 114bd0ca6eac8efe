import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../shared/errors.ts';
import { type ResultRow, resultFilters } from '../../../shared/ipc/results.ts';
import { useScan } from '../../app/scan.ts';
import { useLive, useLiveOne } from '../../data/hooks.ts';
import { announce } from '../../ui/announce.ts';
import { Button } from '../../ui/Button.tsx';
import { CallDialog } from '../../ui/CallDialog.tsx';
import { ErrorBanner } from '../../ui/ErrorBanner.tsx';
import { FindField } from '../../ui/FindField.tsx';
import { Grid } from '../../ui/Grid.tsx';
import { Banner, EmptyState, Panel, ScreenBody, ScreenHead } from '../../ui/Layout.tsx';
import { ScanEcho } from '../../ui/ScanBox.tsx';
import { SegmentedFilter } from '../../ui/SegmentedFilter.tsx';
import { Bulk } from './Bulk.tsx';
import { useColumns } from './columns.tsx';
import { PanelFoot } from './PanelFoot.tsx';
import { planOf, ReleaseDialog } from './ReleaseDialog.tsx';
import { ResultPanel } from './ResultPanel.tsx';
import { blockOf, find, inOrder, isOpen, type Order, rowId } from './rows.ts';
import { useJump } from './useJump.ts';
import { type Open, useResultKeys } from './useResultKeys.ts';
import { useSettled } from './useSettled.ts';
import { CorrectDialog, EnterDialog, RejectDialog } from './ValueDialogs.tsx';
import './results.css';

type Filter = (typeof resultFilters)[number];

/** The list follows the search when typing pauses this long, ms. */
const SETTLE_MS = 120;
/** Changes of the search that follow each other faster than this belong together, ms. */
const TYPING_MS = 600;

const nothing: ReadonlySet<string> = new Set();
const ofList = (rows: readonly ResultRow[], ids: readonly string[]): ResultRow[] => {
  const wanted = new Set(ids);
  return rows.filter((row) => wanted.has(row.id));
};

/** The results of the bench: what is measured, what the rules say, and what a person decides. */
export function ResultsScreen() {
  const { t } = useTranslation('results');
  const [filter, setFilter] = useState<Filter>('toDecide');
  const [order, setOrder] = useState<Order>('specimen');
  const [typed, setTyped] = useState('');
  const sought = useSettled(typed, SETTLE_MS);
  const [cursor, setCursor] = useState<string | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(nothing);
  const [allRules, setAllRules] = useState(false);
  const [open, setOpen] = useState<Open | null>(null);
  const [error, setError] = useState<PlainError | null>(null);
  const [stayed, setStayed] = useState<{ resultId: string; why: string }[]>([]);
  const search = useRef<HTMLInputElement>(null);
  const comment = useRef<HTMLTextAreaElement>(null);

  const list = useLive('results.list', { filter });
  const counts = useLiveOne('results.counts', {});
  const rows = useMemo(() => find(inOrder(list.rows, order), sought), [list.rows, order, sought]);
  const columns = useColumns(rows);

  // Only what is on screen can be acted on: a row that a filter or a search hides is not selected.
  const selected = useMemo(
    () => (chosen.size === 0 ? nothing : new Set(rows.filter((row) => chosen.has(row.id)).map(rowId))),
    [rows, chosen],
  );
  const row = rows.find((candidate) => candidate.id === cursor);
  const detail = useLiveOne('results.detail', row === undefined ? null : { resultId: row.id });
  const planned = useLive('results.plan', row === undefined ? null : { resultIds: [row.id] });
  const bulkIds = useMemo(() => [...selected].sort(), [selected]);
  const bulk = useLive('results.plan', bulkIds.length === 0 ? null : { resultIds: bulkIds });
  const openIds = open?.dialog === 'release' ? open.ids : [];
  const openPlan = useLive('results.plan', openIds.length === 0 ? null : { resultIds: [...openIds].sort() });

  const { jump, follow, echo } = useJump({
    list,
    all: filter === 'all' && sought === '',
    showAll: () => {
      setTyped('');
      setFilter('all');
    },
    onRow: (found) => {
      if (!rows.includes(found)) setTyped('');
      setCursor(found.id);
    },
  });
  // A scan into the search box begins as typing: what that did to the cursor is taken back.
  const searched = useRef({ at: Number.NEGATIVE_INFINITY, cursor });
  const narrow = (text: string): void => {
    const now = performance.now();
    if (now - searched.current.at > TYPING_MS) searched.current.cursor = cursor;
    searched.current.at = now;
    setTyped(text);
  };
  useScan((code) => {
    if (performance.now() - searched.current.at < TYPING_MS) setCursor(searched.current.cursor);
    searched.current.at = Number.NEGATIVE_INFINITY;
    if (open !== null) {
      announce(t('scan.finishFirst'));
      return true;
    }
    jump(code);
    return true;
  });

  const close = (): void => setOpen(null);
  const choose = (next: Filter): void => {
    setFilter(next);
    setChosen(nothing);
  };
  const acts = {
    open: (what: Open) => {
      setError(null);
      setOpen(what);
    },
    fail: setError,
    find: () => search.current?.select(),
    comment: () => comment.current?.focus(),
    order: () => setOrder((now) => (now === 'specimen' ? 'test' : 'specimen')),
    why: () => setAllRules((shown) => !shown),
    all: () => setChosen(selected.size > 0 ? nothing : new Set(rows.filter(isOpen).map(rowId))),
    back: () => {
      if (document.activeElement === comment.current) comment.current?.blur();
      else if (error !== null || stayed.length > 0) {
        setError(null);
        setStayed([]);
      } else if (selected.size > 0) setChosen(nothing);
      else if (typed !== '') setTyped('');
      else if (document.activeElement === search.current) search.current?.blur();
    },
  };
  const chosenRows = useMemo(() => rows.filter((candidate) => selected.has(candidate.id)), [rows, selected]);
  const selection = planOf(chosenRows, bulk.byId);
  const keys = useResultKeys({
    row,
    detail,
    plan: row && planned.byId.get(row.id),
    chosen: chosenRows,
    selection,
    acts,
  });

  // In the whole day's list a released row stays: go on to the next that waits.
  const goOn = (done: readonly string[]): void => {
    if (cursor === null || !done.includes(cursor)) return;
    const from = rows.findIndex((candidate) => candidate.id === cursor);
    const left = (candidate: ResultRow): boolean => isOpen(candidate) && !done.includes(candidate.id);
    const next = rows.slice(from + 1).find(left) ?? rows.slice(0, from).find(left);
    if (next !== undefined) setCursor(next.id);
  };
  const counted = (id: Filter): number | undefined => counts?.[id];
  useEffect(() => {
    if (cursor !== null && row === undefined && rows.length === 0) setCursor(null);
  }, [cursor, row, rows]);

  return (
    <>
      <ScreenHead
        title={t('title')}
        right={
          <>
            {echo === null ? null : <ScanEcho code={echo.code} text={echo.text} />}
            <FindField
              ref={search}
              label={t('find')}
              value={typed}
              onChange={narrow}
              ownEscape={false}
              width={168}
            />
          </>
        }
      >
        <SegmentedFilter
          label={t('filter')}
          value={filter}
          onChange={choose}
          options={resultFilters.map((id) => ({ id, label: t(`filters.${id}`), count: counted(id) }))}
        />
        <SegmentedFilter
          label={t('order')}
          altKeys={false}
          value={order}
          onChange={setOrder}
          options={[
            { id: 'specimen', label: t('orders.specimen') },
            { id: 'test', label: t('orders.test') },
          ]}
        />
      </ScreenHead>
      <ScreenBody
        panel={
          row === undefined ? (
            <Panel label={t('panel.label')} shown={allRules}>
              <EmptyState title={t('panel.nothing')} next={t('panel.nothingNext')} />
            </Panel>
          ) : (
            <ResultPanel
              row={row}
              detail={detail?.id === row.id ? detail : undefined}
              plan={planned.byId.get(row.id)}
              allRules={allRules}
              comment={comment}
              onError={setError}
              foot={<PanelFoot keys={keys} row={row} callDue={row.callDue} selecting={selected.size > 0} />}
            />
          )
        }
      >
        <ErrorBanner error={list.error} />
        <ErrorBanner
          error={error}
          action={
            <Button size="bar" keyName="Escape" onClick={() => setError(null)}>
              {t('seen')}
            </Button>
          }
        />
        {stayed.length === 0 ? null : (
          <Banner
            tone="held"
            title={t('stayed', { count: stayed.length })}
            action={
              <Button size="bar" keyName="Escape" onClick={() => setStayed([])}>
                {t('seen')}
              </Button>
            }
          >
            {stayed
              .map(({ resultId, why }) => `${list.byId.get(resultId)?.testName ?? ''}: ${why}`)
              .slice(0, 3)
              .join(' ')}
          </Banner>
        )}
        <Grid
          label={t('title')}
          rows={rows}
          rowId={rowId}
          columns={columns}
          cursor={cursor}
          onCursor={setCursor}
          blockOf={order === 'specimen' ? blockOf : undefined}
          selected={selected}
          onSelect={setChosen}
          selectable={isOpen}
          empty={
            list.state === 'loading' ? undefined : (
              <Nothing filter={filter} typed={sought} onAll={() => choose('all')} />
            )
          }
        />
        {selected.size === 0 ? null : (
          <Bulk
            count={selected.size}
            planned={selection}
            onClear={() => setChosen(nothing)}
            onRelease={() => acts.open({ dialog: 'release', ids: bulkIds })}
          />
        )}
      </ScreenBody>
      {open?.dialog === 'release' && openPlan.state === 'live' ? (
        <ReleaseDialog
          planned={planOf(ofList(list.rows, open.ids), openPlan.byId)}
          comment={
            detail !== undefined && open.ids.length === 1 && detail.id === open.ids[0] ? detail.comment : ''
          }
          onClose={close}
          onCall={(critical) => setOpen({ dialog: 'call', row: critical, back: open.ids })}
          onDone={(outcome) => {
            setStayed(outcome.stayed);
            setChosen(nothing);
            announce(t('released', { count: outcome.released.length }));
            goOn(outcome.released);
          }}
        />
      ) : null}
      {open?.dialog === 'call' ? (
        <CallDialog
          result={{ ...open.row, patient: detail?.id === open.row.id ? detail.patient : undefined }}
          onClose={(done) => {
            if (done) announce(t('called', { test: open.row.testName }));
            setOpen(open.back === undefined ? null : { dialog: 'release', ids: open.back });
          }}
        />
      ) : null}
      {open?.dialog === 'reject' ? (
        <RejectDialog
          row={open.row}
          onClose={(done) => {
            close();
            if (done) goOn([open.row.id]);
          }}
        />
      ) : null}
      {open?.dialog === 'correct' ? (
        <CorrectDialog
          row={open.row}
          onClose={(id) => {
            close();
            if (id !== undefined) follow(id);
          }}
        />
      ) : null}
      {open?.dialog === 'enter' ? (
        <EnterDialog
          row={open.row}
          specimen={open.specimen}
          onClose={(id) => {
            close();
            if (id !== undefined) follow(id);
          }}
        />
      ) : null}
    </>
  );
}

function Nothing({ filter, typed, onAll }: { filter: Filter; typed: string; onAll: () => void }) {
  const { t } = useTranslation('results');
  if (typed.trim() !== '') return <EmptyState title={t('empty.search')} next={t('empty.searchNext')} />;
  return (
    <EmptyState
      title={t(`empty.${filter}`)}
      next={t('empty.next')}
      action={
        filter === 'all' ? undefined : (
          <Button keyName="Alt+6" onClick={onAll}>
            {t('empty.showAll')}
          </Button>
        )
      }
    />
  );
}
