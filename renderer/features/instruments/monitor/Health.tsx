import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { LineRow } from '../../../../shared/ipc/instruments.ts';
import type { HealthCount } from '../../../../shared/ipc/tools.ts';
import { useLive } from '../../../data/hooks.ts';
import { formatCount } from '../../../i18n/format.ts';
import { State, type StateKind } from '../../../ui/State.tsx';
import { healthText } from '../columns.tsx';
import { type CounterGroup, type CounterRow, counterGroups, counterRows } from './counters.ts';

/** Days that are added up beside the count since the line was opened. */
const DAYS = 7;
/** What a counter above zero says about the line. */
const kinds: Record<CounterGroup, StateKind> = { look: 'warning', mended: 'received', flow: 'received' };

/** How well a line's two ends understood each other since it was opened: each counter with what it means. */
export function Health({ line }: { line: LineRow }) {
  const { t } = useTranslation('instruments');
  const rows = counterRows(line.counters);
  const days = useLive('trace.health', { instrumentId: line.id, days: DAYS }).rows;
  const week = useMemo(() => {
    const sums = new Map<string, number>();
    const told = new Map<string, HealthCount>();
    for (const day of days)
      for (const count of day.counts) {
        told.set(count.name, count);
        if (day.id !== 'start') sums.set(count.name, (sums.get(count.name) ?? 0) + count.n);
      }
    return { sums, told };
  }, [days]);
  const bothered = rows.look.some((row) => row.count > 0);
  const mended = rows.mended.some((row) => row.count > 0);
  return (
    <section className="ins-health" aria-label={t('health.title', { name: line.name })}>
      <p className="ins-health-sum">
        {bothered ? (
          <State kind="warning" word={t('health.look')} strong />
        ) : mended ? (
          <State kind="received" word={t('health.mended')} strong />
        ) : (
          <State kind="inControl" word={t('health.clean')} strong />
        )}
        <span className="lv-text-2">{healthText(line, t)}</span>
      </p>
      <table className="ins-counters">
        <thead>
          <tr>
            <th>{t('health.what')}</th>
            <th>{t('health.now')}</th>
            <th>{t('health.week', { days: DAYS })}</th>
            <th>{t('health.meaning')}</th>
          </tr>
        </thead>
        {counterGroups.map((group) =>
          rows[group].length === 0 ? null : (
            <tbody key={group}>
              <tr className="ins-counter-group">
                <th colSpan={4} scope="rowgroup">
                  {t(`health.groups.${group}`)}
                </th>
              </tr>
              {rows[group].map((row) => (
                <Counter
                  key={row.name}
                  row={row}
                  group={group}
                  week={week.sums.get(row.name)}
                  told={week.told.get(row.name)}
                />
              ))}
            </tbody>
          ),
        )}
      </table>
      <p className="ins-health-foot lv-caption">{t('health.since')}</p>
    </section>
  );
}

function Counter({
  row,
  group,
  week,
  told,
}: {
  row: CounterRow;
  group: CounterGroup;
  /** Of the last days; undefined where the journal does not tell. */
  week: number | undefined;
  /** How the engine tells a counter that has no words here. */
  told: HealthCount | undefined;
}) {
  const { t } = useTranslation('instruments');
  const key = row.name.replace('.', '_');
  const name = row.known ? t(`health.names.${key}`, { defaultValue: row.name }) : (told?.label ?? row.name);
  return (
    <tr data-counter={row.name}>
      <th scope="row">
        {group !== 'flow' && row.count > 0 ? <State kind={kinds[group]} word={name} /> : name}
      </th>
      <td className={row.count === 0 ? 'lv-text-2' : 'lv-strong'}>{formatCount(row.count)}</td>
      <td className="lv-text-2">{week === undefined ? t('dash') : formatCount(week)}</td>
      <td className="lv-text-2">
        {row.known
          ? t(`health.meanings.${key}`, { defaultValue: '' })
          : (told?.meaning ?? t('health.unknown'))}
      </td>
    </tr>
  );
}
