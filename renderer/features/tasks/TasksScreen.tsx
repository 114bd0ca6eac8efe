import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { TaskRow } from '../../../shared/ipc/admin.ts';
import type { ResultDetailRow } from '../../../shared/ipc/results.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { goTo } from '../../app/navigation.ts';
import { useScan } from '../../app/scan.ts';
import { useLive, useLiveOne } from '../../data/hooks.ts';
import { announce } from '../../ui/announce.ts';
import { Button } from '../../ui/Button.tsx';
import { CallDialog } from '../../ui/CallDialog.tsx';
import { ErrorBanner } from '../../ui/ErrorBanner.tsx';
import { Grid } from '../../ui/Grid.tsx';
import { EmptyState, Panel, ScreenBody, ScreenHead } from '../../ui/Layout.tsx';
import { SegmentedFilter } from '../../ui/SegmentedFilter.tsx';
import { useColumns } from './columns.tsx';
import { byUrgency, solvedAt } from './kinds.ts';
import { TaskPanel } from './TaskPanel.tsx';
import './tasks.css';

type Filter = 'open' | 'ended';
const rowId = (row: TaskRow): string => row.id;

/** What waits for a person beside the results themselves: calls, reruns, conflicts, amendments; and how each ended. */
export function TasksScreen() {
  const { t } = useTranslation('tasks');
  const [filter, setFilter] = useState<Filter>('open');
  const [cursor, setCursor] = useState<string | null>(null);
  const [calling, setCalling] = useState<ResultDetailRow | null>(null);
  const open = useLive('tasks.list', { status: 'open' });
  const ended = useLive('tasks.list', { status: 'ended' });
  const list = filter === 'open' ? open : ended;
  const rows = useMemo(
    () => (filter === 'open' ? byUrgency(open.rows) : ended.rows),
    [filter, open.rows, ended.rows],
  );
  const columns = useColumns(filter);
  const row = rows.find((candidate) => candidate.id === cursor);
  const found = useLiveOne(
    'results.detail',
    row === undefined || row.resultId === '' ? null : { resultId: row.resultId },
  );
  const detail = found !== undefined && found.id === row?.resultId ? found : undefined;

  const show = (task: TaskRow): void => {
    const { screen, target } = solvedAt(task);
    goTo(screen, target);
  };
  const callDue = row?.kind === 'criticalCall' && row.status === 'open';
  const noCall = row === undefined ? t('noTask') : callDue ? undefined : t('noCall');
  const call = (): void => {
    if (detail !== undefined) setCalling(detail);
  };
  useScreenKeys([
    {
      key: 'F10',
      label: t('keys.call'),
      run: call,
      disabledReason: noCall,
      primary: true,
      detail: row?.summary ?? '',
    },
  ]);
  useScan((code) => {
    if (calling !== null) announce(t('finishFirst'));
    else goTo('results', code);
    return true;
  });

  return (
    <>
      <ScreenHead title={t('title')}>
        <SegmentedFilter
          label={t('filter')}
          value={filter}
          onChange={setFilter}
          options={[
            { id: 'open', label: t('open'), count: open.state === 'loading' ? undefined : open.rows.length },
            {
              id: 'ended',
              label: t('ended'),
              count: ended.state === 'loading' ? undefined : ended.rows.length,
            },
          ]}
        />
      </ScreenHead>
      <ScreenBody
        panel={
          row === undefined ? (
            <Panel label={t('panel')}>
              <EmptyState title={t('nothingChosen')} next={t('nothingChosenNext')} />
            </Panel>
          ) : (
            <TaskPanel
              row={row}
              detail={detail}
              foot={
                <>
                  {callDue ? (
                    <Button primary keyName="F10" onClick={call}>
                      {t('keys.call')}
                    </Button>
                  ) : null}
                  <div className="lv-foot-wide lv-row">
                    <Button keyName="Enter" wide onClick={() => show(row)}>
                      {t(`opens.${solvedAt(row).screen}`)}
                    </Button>
                  </div>
                </>
              }
            />
          )
        }
      >
        <ErrorBanner error={list.error} />
        <Grid
          label={t('title')}
          rows={rows}
          rowId={rowId}
          columns={columns}
          cursor={cursor}
          onCursor={setCursor}
          onEnter={show}
          enterLabel={t('keys.open')}
          rowHeight={36}
          empty={
            list.state === 'loading' ? undefined : (
              <EmptyState title={t(filter === 'open' ? 'noneOpen' : 'noneEnded')} next={t('next')} />
            )
          }
        />
      </ScreenBody>
      {calling === null ? null : (
        <CallDialog
          result={calling}
          onClose={(done) => {
            setCalling(null);
            if (done) announce(t('called', { test: calling.testName }));
          }}
        />
      )}
    </>
  );
}
