import { useTranslation } from 'react-i18next';
import type { CaseRow } from '../../../shared/ipc/signout.ts';
import { useNow } from '../../app/useNow.ts';
import { formatTime } from '../../i18n/format.ts';
import { Keycap } from '../../ui/Keycap.tsx';
import { SectionBar } from '../../ui/Layout.tsx';
import { State } from '../../ui/State.tsx';
import type { CaseFilter } from './desk.ts';
import { Queue } from './Queue.tsx';
import { syncKinds } from './words.ts';

/** Signed cases shown under the queue. */
const LAST_SIGNED = 3;

/** The left column: the cases of the filter, and under the waiting ones what was signed last. */
export function QueueColumn({
  filter,
  scope,
  rows,
  live,
  cursor,
  asked,
  onCursor,
  onLeft,
  signed,
  onSigned,
  onAllSigned,
}: {
  filter: CaseFilter;
  scope: string;
  rows: readonly CaseRow[];
  live: boolean;
  cursor: string | null;
  asked: boolean;
  onCursor: (id: string | null) => void;
  onLeft: (row: CaseRow) => void;
  signed: readonly CaseRow[];
  onSigned: (row: CaseRow) => void;
  onAllSigned: () => void;
}) {
  const { t } = useTranslation('signout');
  const now = useNow();
  const title = t(`filter.${filter}`);
  const oldest = rows
    .map((row) => row.readyTime)
    .filter(Boolean)
    .sort()[0];
  const minutes = oldest === undefined ? 0 : Math.floor((now.getTime() - Date.parse(oldest)) / 60_000);
  const age =
    minutes < 1
      ? ''
      : minutes < 60
        ? t('oldest.minutes', { count: minutes })
        : minutes < 48 * 60
          ? t('oldest.hours', { count: Math.floor(minutes / 60) })
          : t('oldest.days', { count: Math.floor(minutes / 1440) });
  const detail = filter === 'waiting' && age !== '' ? `${rows.length}, ${age}` : String(rows.length);
  return (
    <div className="so-left">
      <SectionBar title={title} detail={detail} />
      <Queue
        scope={scope}
        label={title}
        rows={rows}
        live={live}
        cursor={cursor}
        asked={asked}
        onCursor={onCursor}
        onLeft={onLeft}
      />
      {signed.length === 0 ? null : (
        <div className="so-signed">
          <SectionBar title={t('filter.signed')} detail={signed.length} />
          {signed.slice(0, LAST_SIGNED).map((row) => (
            <button key={row.id} type="button" className="so-signed-row" onClick={() => onSigned(row)}>
              <span>{formatTime(row.issuedTime)}</span>
              <span className="lv-ellipsis">
                <bdi>{row.patientName}</bdi>
              </span>
              <State kind={syncKinds[row.syncState]} small />
            </button>
          ))}
          {signed.length > LAST_SIGNED ? (
            <button type="button" className="so-signed-row so-signed-more" onClick={onAllSigned}>
              <span />
              <span>{t('more', { count: signed.length - LAST_SIGNED })}</span>
              <Keycap keyName="Alt+2" />
            </button>
          ) : null}
        </div>
      )}
    </div>
  );
}
