import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useScreenKeys } from '../../app/keys.ts';
import { useTarget } from '../../app/navigation.ts';
import { useLive } from '../../data/hooks.ts';
import { ErrorBanner } from '../../ui/ErrorBanner.tsx';
import { FindField } from '../../ui/FindField.tsx';
import { ScreenHead } from '../../ui/Layout.tsx';
import { SegmentedFilter } from '../../ui/SegmentedFilter.tsx';
import { ChartView } from './ChartView.tsx';
import { type Asked, QcDialogs } from './QcDialogs.tsx';
import { chosenRows, waitsForAction } from './rows.ts';
import { TodayView } from './TodayView.tsx';
import { views } from './views.ts';
import './qc.css';
import './chart.css';
import './plots/plots.css';

/** Quality control: today's controls, failed and due first; the chart that says why; lots and their targets. */
export function QcScreen() {
  const { t } = useTranslation('qc');
  const live = useLive('qc.state', {});
  const roles = useLive('session', {}).rows[0]?.person?.roles ?? [];
  const [filter, setFilter] = useState('all');
  const [typed, setTyped] = useState('');
  const [cursor, setCursor] = useState<string | null>(null);
  const [charted, setCharted] = useState<string | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const find = useRef<HTMLInputElement>(null);
  const { target, at } = useTarget();
  useEffect(() => {
    if (target === '' || at === 0) return;
    setFilter('all');
    setTyped('');
    setCursor(target);
    setCharted(target);
  }, [target, at]);

  const rows = useMemo(() => chosenRows(live.rows, filter, typed), [live.rows, filter, typed]);
  const row = rows.find((one) => one.id === (charted ?? cursor));
  const instruments = useMemo(
    () =>
      [...new Map(live.rows.map((one) => [one.instrumentId, one.instrumentName]))].sort((a, b) =>
        a[1].localeCompare(b[1]),
      ),
    [live.rows],
  );
  const view = views.find((one) => one.id === filter);
  const choose = (id: string): void => {
    setFilter(id);
    setCharted(null);
  };
  const open = (id: string): void => {
    setCursor(id);
    setCharted(id);
  };
  useScreenKeys(
    view !== undefined
      ? []
      : [
          {
            key: 'F3',
            label: t('keys.find'),
            run: () => {
              find.current?.focus();
              find.current?.select();
            },
            icon: 'find',
            strip: false,
          },
        ],
  );
  const inControl = live.rows.filter((one) => one.state === 'in' || one.state === 'warning').length;
  const counted = (rule: (one: (typeof live.rows)[number]) => boolean): number | undefined =>
    live.state === 'loading' ? undefined : live.rows.filter(rule).length;
  return (
    <>
      <ScreenHead
        title={t('title')}
        right={
          view !== undefined ? null : (
            <>
              {live.rows.length === 0 ? null : (
                <span className="lv-text-2">
                  {t('inControlOf', { count: inControl, all: live.rows.length })}
                </span>
              )}
              <FindField ref={find} label={t('find')} value={typed} onChange={setTyped} width={190} />
            </>
          )
        }
      >
        <SegmentedFilter
          label={t('filter')}
          value={filter}
          onChange={choose}
          options={[
            { id: 'all', label: t('today'), count: counted(() => true) },
            { id: 'action', label: t('needsAction'), count: counted(waitsForAction) },
            ...views.map(({ id }) => ({ id, label: t(`views.${id}`) })),
            ...(instruments.length < 2
              ? []
              : instruments.slice(0, 6).map(([id, name]) => ({
                  id: `on ${id}`,
                  label: name,
                  count: counted((one) => one.instrumentId === id),
                }))),
          ]}
        />
      </ScreenHead>
      <ErrorBanner error={live.error} />
      {view !== undefined ? (
        <view.View roles={roles} />
      ) : charted !== null && row !== undefined ? (
        <ChartView
          key={row.id}
          row={row}
          rows={rows}
          roles={roles}
          onRow={open}
          onClose={() => setCharted(null)}
          onAsk={setAsked}
          paused={asked !== null}
        />
      ) : (
        <TodayView
          rows={rows}
          loading={live.state === 'loading'}
          none={live.rows.length === 0}
          cursor={cursor}
          roles={roles}
          onCursor={setCursor}
          onOpen={open}
          onLots={() => choose('lots')}
          onAsk={setAsked}
        />
      )}
      <QcDialogs asked={asked} onClose={() => setAsked(null)} />
    </>
  );
}
