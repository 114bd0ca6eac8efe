import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../shared/errors.ts';
import type { QcChartRow, QcLookBackRow, QcStateRow } from '../../../shared/ipc/qc.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { goTo } from '../../app/navigation.ts';
import { useNow } from '../../app/useNow.ts';
import { command, useLive } from '../../data/hooks.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { Button } from '../../ui/Button.tsx';
import { ErrorBanner } from '../../ui/ErrorBanner.tsx';
import { Grid } from '../../ui/Grid.tsx';
import { EmptyState, SectionBar } from '../../ui/Layout.tsx';
import { State } from '../../ui/State.tsx';
import { offerUndo } from '../../ui/undo.ts';
import { useLookBackColumns } from './lookBackColumns.tsx';

const rowId = (row: QcLookBackRow): string => row.id;

/** Patient results that the newest reject puts in doubt, and the way to have them measured again (W13). */
export function LookBack({ row, chart }: { row: QcStateRow; chart: QcChartRow }) {
  const { t } = useTranslation('qc');
  const format = useFormat();
  const now = useNow();
  const { instrumentId, testCode } = row;
  const live = useLive('qc.lookBack', { instrumentId, testCode });
  const [cursor, setCursor] = useState<string | null>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [error, setError] = useState<PlainError>();
  const columns = useLookBackColumns(row.testName);
  const open = useMemo(() => live.rows.filter((one) => !one.rerun), [live.rows]);
  const chosen = open.filter((one) => selected.has(one.id));
  const asked = chosen.length > 0 ? chosen : open;
  const window = chart.lookBack;
  const why =
    live.rows.length === 0 ? t('why.noLookBack') : open.length === 0 ? t('why.allAsked') : undefined;
  const repeat = async (): Promise<void> => {
    const resultIds = asked.map((one) => one.resultId);
    const outcome = await command('qc.lookBack.repeat', { instrumentId, testCode, resultIds });
    setError(outcome.ok ? undefined : outcome.error);
    if (!outcome.ok) return;
    setSelected(new Set());
    offerUndo({
      text: t('lookBack.asked', { count: outcome.value.asked, test: row.testName }),
      undo: async () => {
        const undone = await command('result.undoRerun', { resultIds });
        setError(undone.ok ? undefined : undone.error);
      },
    });
  };
  useScreenKeys([
    {
      key: 'F8',
      label: t('keys.repeat', { count: asked.length }),
      run: () => void repeat(),
      disabledReason: why,
      primary: true,
    },
  ]);
  if (window === null) return null;
  const counted = (verdict: QcLookBackRow['verdict']): number =>
    live.rows.filter((one) => one.verdict === verdict).length;
  return (
    <>
      <SectionBar
        title={t('lookBack.title')}
        detail={
          window.from === ''
            ? t('lookBack.never', { count: live.rows.length, test: row.testName })
            : t(window.to === '' ? 'lookBack.since' : 'lookBack.between', {
                count: live.rows.length,
                test: row.testName,
                from: format.when(window.from, now),
                to: window.to === '' ? '' : format.when(window.to, now),
              })
        }
        right={
          <Button size="bar" keyName="F8" disabledReason={why} onClick={() => void repeat()}>
            {t('keys.repeat', { count: asked.length })}
          </Button>
        }
      >
        {(['released', 'blocked'] as const)
          .filter((verdict) => counted(verdict) > 0)
          .map((verdict) => (
            <State
              key={verdict}
              kind={verdict}
              word={t(`lookBack.${verdict}`, { count: counted(verdict) })}
              small
            />
          ))}
      </SectionBar>
      <ErrorBanner error={error} />
      <div className="qc-look-back">
        <Grid
          label={t('lookBack.title')}
          main={false}
          rows={live.rows}
          rowId={rowId}
          columns={columns}
          cursor={cursor}
          onCursor={setCursor}
          selected={selected}
          onSelect={setSelected}
          selectable={(one) => !one.rerun}
          onEnter={(one) => goTo('results', one.resultId)}
          empty={
            live.state === 'loading' ? undefined : (
              <EmptyState title={t('lookBack.none')} next={t('lookBack.noneNext')} />
            )
          }
        />
      </div>
    </>
  );
}
