import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CatalogRow } from '../../../shared/ipc/admin.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { useTarget } from '../../app/navigation.ts';
import { useNow } from '../../app/useNow.ts';
import { useLive, useLiveOne } from '../../data/hooks.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { Button } from '../../ui/Button.tsx';
import { FindField } from '../../ui/FindField.tsx';
import { Grid } from '../../ui/Grid.tsx';
import { EmptyState, ScreenBody, ScreenHead } from '../../ui/Layout.tsx';
import { SegmentedFilter } from '../../ui/SegmentedFilter.tsx';
import './catalogue.css';
import { ErrorBanner } from '../../ui/ErrorBanner.tsx';
import { type Entry, panelColumns, specimenColumns, testColumns } from './columns.tsx';
import { EntryPanel } from './EntryPanel.tsx';
import { matching } from './say.ts';

type Kind = CatalogRow['kind'];

const entryId = (entry: Entry): string => entry.row.id;
const sectionOf = (entry: Entry): string => entry.row.section;

/** What can be ordered and how it is judged: tests, panels, specimen types. Read only: the central server keeps it. */
export function CatalogueScreen() {
  const { t } = useTranslation('catalogue');
  const now = useNow();
  const f = useFormat();
  const [kind, setKind] = useState<Kind>('test');
  const [cursor, setCursor] = useState<string | null>(null);
  const [typed, setTyped] = useState('');
  const search = useRef<HTMLInputElement>(null);
  const { rows, state, error } = useLive('catalog.list', { kind: 'all' });
  const server = useLiveOne('strip', {})?.server;

  const entries = useMemo(() => entriesOf(rows), [rows]);
  const count = (of: Kind): number => rows.filter((row) => row.kind === of).length;
  const found = useMemo(() => {
    const ids = new Set(matching(rows, typed).map((row) => row.id));
    return entries.filter((entry) => entry.row.kind === kind && ids.has(entry.row.id));
  }, [entries, rows, typed, kind]);
  const elsewhere = useMemo(
    () => matching(rows, typed).filter((row) => row.kind !== kind).length,
    [rows, typed, kind],
  );
  const columns = useMemo(
    () => (kind === 'test' ? testColumns(t) : kind === 'panel' ? panelColumns(t) : specimenColumns(t)),
    [kind, t],
  );
  const entry = entries.find((one) => one.row.id === cursor && one.row.kind === kind);

  const goTo = (row: CatalogRow): void => {
    setTyped('');
    setKind(row.kind);
    setCursor(row.id);
  };
  const { target, at } = useTarget();
  useEffect(() => {
    const row = at > 0 && target !== '' ? rows.find((one) => one.code === target) : undefined;
    if (row === undefined) return;
    setTyped('');
    setKind(row.kind);
    setCursor(row.id);
  }, [target, at, rows]);

  useScreenKeys([
    { key: 'F3', label: t('keys.find'), run: () => search.current?.focus(), icon: 'find' },
    ...(typed === ''
      ? []
      : [{ key: 'Escape', label: t('keys.all'), run: () => setTyped(''), palette: false, group: 0 }]),
  ]);

  const none = server?.state === 'none';
  const lastSync = server?.lastSyncAt ?? '';
  const source = none ? t('source.none') : t('source.server');
  return (
    <>
      <ScreenHead
        title={t('title')}
        right={
          <>
            <span className="lv-caption ca-nowrap">
              {none
                ? t('head.none')
                : lastSync === ''
                  ? t('head.never')
                  : t('head.server', { at: f.when(lastSync, now) })}
            </span>
            <FindField ref={search} label={t('find')} value={typed} onChange={setTyped} width={214} />
          </>
        }
      >
        <SegmentedFilter
          label={t('kinds')}
          value={kind}
          onChange={(to) => {
            setKind(to);
            setCursor(null);
          }}
          options={[
            { id: 'test', label: t('kindMany.test'), count: count('test') },
            { id: 'panel', label: t('kindMany.panel'), count: count('panel') },
            { id: 'specimenType', label: t('kindMany.specimenType'), count: count('specimenType') },
          ]}
        />
      </ScreenHead>
      <ScreenBody
        panel={entry === undefined ? undefined : <EntryPanel entry={entry} source={source} onGo={goTo} />}
      >
        <ErrorBanner error={error} />
        <Grid
          key={kind}
          label={t(`kindMany.${kind}`)}
          rows={found}
          rowId={entryId}
          columns={columns}
          cursor={cursor}
          onCursor={setCursor}
          {...(kind === 'test' ? { blockOf: sectionOf } : {})}
          empty={
            state === 'loading' ? undefined : typed === '' ? (
              <EmptyState title={t('empty.title')} next={none ? t('empty.none') : t('empty.next')} />
            ) : (
              <EmptyState
                title={t('empty.search', { typed: typed.trim() })}
                next={elsewhere === 0 ? t('empty.searchNext') : t('empty.elsewhere', { count: elsewhere })}
                action={
                  <Button keyName="Escape" onClick={() => setTyped('')}>
                    {t('keys.all')}
                  </Button>
                }
              />
            )
          }
        />
      </ScreenBody>
    </>
  );
}

/** Joins tests, panels and specimen types to what belongs to each; tests stand by section. */
function entriesOf(rows: readonly CatalogRow[]): Entry[] {
  const tests = rows.filter((row) => row.kind === 'test');
  const panels = rows.filter((row) => row.kind === 'panel');
  const types = new Map(rows.filter((row) => row.kind === 'specimenType').map((row) => [row.code, row]));
  const byCode = new Map(tests.map((row) => [row.code, row]));
  const sections = [...new Set(tests.map((row) => row.section))];
  const place = (row: CatalogRow): number => (row.kind === 'test' ? sections.indexOf(row.section) : 0);
  return [...rows]
    .sort((a, b) => place(a) - place(b))
    .map((row) => {
      const members = row.members.flatMap((code) => byCode.get(code) ?? []);
      const needs = row.kind === 'panel' ? members : row.kind === 'test' ? [row] : [];
      const codes = [...new Set(needs.map((one) => one.specimenType))];
      return {
        row,
        specimens: codes.flatMap((code) => types.get(code) ?? []),
        tests: row.kind === 'specimenType' ? tests.filter((one) => one.specimenType === row.code) : members,
        panels: row.kind === 'test' ? panels.filter((panel) => panel.members.includes(row.code)) : [],
      };
    });
}
