import { useTranslation } from 'react-i18next';
import type { SyncKindRow } from '../../../shared/ipc/sync.ts';
import { formatCount } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { SectionBar } from '../../ui/Layout.tsx';
import { State } from '../../ui/State.tsx';

/** What waits, by kind of record: how many, since when, and what needs a person. Kinds with nothing are left out. */
export function Kinds({ rows, none, now }: { rows: readonly SyncKindRow[]; none: boolean; now: Date }) {
  const { t } = useTranslation('sync');
  const { when } = useFormat();
  const shown = rows
    .filter((row) => row.queued + row.refused + row.conflicts + row.kept > 0)
    .toSorted((a, b) => b.queued - a.queued);
  const most = Math.max(1, ...shown.map((row) => row.queued));
  return (
    <>
      <SectionBar
        title={t(none ? 'kinds.titleNone' : 'kinds.title')}
        detail={t('kinds.detail')}
        right={<span className="lv-caption">{t('kinds.order')}</span>}
      />
      <table className="sync-kinds" aria-label={t('kinds.label')}>
        <colgroup>
          <col style={{ width: 172 }} />
          <col style={{ width: 100 }} />
          <col />
          <col style={{ width: 104 }} />
          <col style={{ width: 90 }} />
          <col style={{ width: 104 }} />
          <col style={{ width: 92 }} />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">{t('kinds.kind')}</th>
            <th scope="col" className="sync-right">
              {t('kinds.queued')}
            </th>
            <td />
            <th scope="col">{t('kinds.oldest')}</th>
            <th scope="col" className="sync-right">
              {t('kinds.refused')}
            </th>
            <th scope="col" className="sync-right">
              {t('kinds.conflicts')}
            </th>
            <th scope="col" className="sync-right">
              {t('kinds.kept')}
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={row.id}>
              <th scope="row">{t(`kinds.${row.kind}`, { defaultValue: row.kind })}</th>
              <td className="sync-right lv-strong">{formatCount(row.queued)}</td>
              <td aria-hidden="true" className="sync-bar-cell">
                <span
                  className="sync-bar"
                  style={{ width: row.queued === 0 ? 0 : `max(6px, ${(row.queued / most) * 100}%)` }}
                />
              </td>
              <td className="lv-text-2">{row.oldest === '' ? '' : when(row.oldest, now)}</td>
              <td className="sync-right">
                {row.refused === 0 ? (
                  <span className="lv-text-2">0</span>
                ) : (
                  <State kind="refused" word={formatCount(row.refused)} strong />
                )}
              </td>
              <td className="sync-right">
                {row.conflicts === 0 ? (
                  <span className="lv-text-2">0</span>
                ) : (
                  <State kind="conflict" word={formatCount(row.conflicts)} strong />
                )}
              </td>
              <td className="sync-right">
                {row.kept === 0 ? (
                  <span className="lv-text-2">0</span>
                ) : (
                  <State kind="local" word={formatCount(row.kept)} />
                )}
              </td>
            </tr>
          ))}
          {shown.length === 0 ? (
            <tr>
              <td colSpan={7} className="lv-text-2">
                {t('kinds.nothing')}
              </td>
            </tr>
          ) : null}
        </tbody>
      </table>
    </>
  );
}
