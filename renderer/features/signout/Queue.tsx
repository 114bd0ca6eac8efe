import { useCallback, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { ClaimRow } from '../../../shared/ipc/claims.ts';
import type { CaseRow } from '../../../shared/ipc/signout.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { useNow } from '../../app/useNow.ts';
import { formatTime } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { ageText, whoText } from '../../i18n/who.ts';
import { ClaimChip, useClaims } from '../../ui/Claim.tsx';
import { useFresh } from '../../ui/Grid.tsx';
import { moveCursor, nextCursor } from '../../ui/gridRows.ts';
import { Tag } from '../../ui/Layout.tsx';
import { State } from '../../ui/State.tsx';

const rowId = (row: CaseRow): string => row.id;
const itemId = (id: string): string => `case-${id}`;

/** The cases of a filter, two lines each. The cursor stays on its case; when that leaves, it goes to the one that took its place. */
export function Queue({
  label,
  scope,
  rows,
  live,
  cursor,
  asked,
  onCursor,
  onLeft,
}: {
  label: string;
  /** Which list it is: rows of another list are no arrivals. */
  scope: string;
  rows: readonly CaseRow[];
  /** False while the rows have not come yet. */
  live: boolean;
  cursor: string | null;
  /** The case under the cursor was asked for by number: it need not stand in this list. */
  asked: boolean;
  onCursor: (id: string | null) => void;
  /** The case under the cursor has left the list by itself. */
  onLeft: (row: CaseRow) => void;
}) {
  const { t } = useTranslation('signout');
  const claimOf = useClaims();
  const list = useRef<HTMLDivElement>(null);
  const fresh = useFresh(rows, rowId, scope);
  const place = useRef(0);
  const under = useRef<CaseRow | null>(null);
  useEffect(() => {
    if (!live) return;
    const ids = rows.map((row) => row.id);
    if (asked && cursor !== null && !ids.includes(cursor) && under.current?.id !== cursor) return;
    if (cursor !== null && !ids.includes(cursor) && under.current?.id === cursor) onLeft(under.current);
    const next = ids.length === 0 ? null : nextCursor(ids, cursor, place.current);
    if (next !== cursor) {
      onCursor(next);
      return;
    }
    under.current = rows.find((row) => row.id === cursor) ?? null;
    if (cursor !== null) place.current = ids.indexOf(cursor);
  }, [rows, live, cursor, asked, onCursor, onLeft]);
  useEffect(() => {
    if (cursor === null) return;
    list.current?.querySelector(`[id="${CSS.escape(itemId(cursor))}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [cursor]);
  const move = useCallback(
    (by: number | 'first' | 'last'): void => {
      const ids = rows.map((row) => row.id);
      const target = moveCursor(ids, cursor, by);
      if (target !== null) onCursor(target);
    },
    [rows, cursor, onCursor],
  );
  useScreenKeys([
    {
      key: 'ArrowUp',
      label: t('keys.case'),
      caps: ['ArrowUp', 'ArrowDown'],
      run: () => move(-1),
      palette: false,
      group: 0,
    },
    { key: 'ArrowDown', label: t('keys.case'), run: () => move(1), palette: false, strip: false },
    { key: 'Home', label: t('keys.first'), run: () => move('first'), palette: false, strip: false },
    { key: 'End', label: t('keys.last'), run: () => move('last'), palette: false, strip: false },
  ]);
  return (
    <div
      ref={list}
      className="so-queue"
      role="listbox"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={cursor === null ? undefined : itemId(cursor)}
    >
      {rows.map((row) => (
        <QueueItem
          key={row.id}
          row={row}
          chosen={row.id === cursor}
          fresh={fresh.has(row.id)}
          claim={claimOf('reports', row.id)}
          onChoose={() => onCursor(row.id)}
        />
      ))}
    </div>
  );
}

function QueueItem({
  row,
  chosen,
  fresh,
  claim,
  onChoose,
}: {
  row: CaseRow;
  chosen: boolean;
  /** It has just arrived. */
  fresh: boolean;
  /** Somebody at another station works on it. */
  claim: ClaimRow | undefined;
  onChoose: () => void;
}) {
  const { t } = useTranslation('ui');
  const now = useNow();
  const f = useFormat();
  const at = row.state === 'signed' ? row.issuedTime : row.readyTime;
  const today = at !== '' && f.when(at, now) === formatTime(at);
  return (
    <div
      id={itemId(row.id)}
      role="option"
      aria-selected={chosen}
      tabIndex={-1}
      className={`so-item${chosen ? ' so-item-chosen' : ''}${fresh ? ' so-item-fresh' : ''}`}
      onClick={onChoose}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onChoose();
      }}
    >
      <span className="so-item-name">
        <bdi>{row.patientName}</bdi>
      </span>
      <span className="so-item-at">{at === '' ? '' : today ? formatTime(at) : f.day(at, now)}</span>
      <span className="so-item-title">{row.title}</span>
      <span className="so-item-state">
        <ClaimChip claim={claim} />
        {row.state === 'sentBack' ? (
          <State kind="held" word={<SentBack />} small />
        ) : row.version > 1 ? (
          <State kind="corrected" small />
        ) : null}
        {row.priority === 'stat' ? (
          <Tag>{t('stat')}</Tag>
        ) : row.state === 'waiting' && row.version === 1 ? (
          <span className="lv-text-3">{row.sex === '' ? ageText(t, row.age) : whoText(t, row)}</span>
        ) : null}
      </span>
    </div>
  );
}

function SentBack() {
  const { t } = useTranslation('signout');
  return <>{t('sentBack')}</>;
}
