import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { spreadOver } from '../../../shared/domain/qc/look-back.ts';
import type { PlainError } from '../../../shared/errors.ts';
import type { QcChartRow, QcLookBackRow, QcStateRow } from '../../../shared/ipc/qc.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { goTo } from '../../app/navigation.ts';
import { useNow } from '../../app/useNow.ts';
import { command, useLive } from '../../data/hooks.ts';
import { formatUnit } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { announce } from '../../ui/announce.ts';
import { Button } from '../../ui/Button.tsx';
import { ErrorBanner } from '../../ui/ErrorBanner.tsx';
import { Grid } from '../../ui/Grid.tsx';
import { EmptyState, SectionBar } from '../../ui/Layout.tsx';
import { State } from '../../ui/State.tsx';
import { offerUndo } from '../../ui/undo.ts';
import { useLookBackColumns } from './lookBackColumns.tsx';
import { RepeatDialog } from './RepeatDialog.tsx';
import { mayWork } from './rows.ts';
import { signed, signedZ } from './words.ts';

/** Results of a sample that is measured again first. */
const SAMPLE = 10;

const rowId = (row: QcLookBackRow): string => row.id;

/** Patient results that the newest reject puts in doubt, and the way to have them measured again (W13). */
export function LookBack({
  row,
  chart,
  roles,
}: {
  row: QcStateRow;
  chart: QcChartRow;
  roles: readonly string[];
}) {
  const { t } = useTranslation('qc');
  const format = useFormat();
  const now = useNow();
  const { instrumentId, testCode } = row;
  const live = useLive('qc.lookBack', { instrumentId, testCode });
  const [cursor, setCursor] = useState<string | null>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [error, setError] = useState<PlainError>();
  const [deciding, setDeciding] = useState<QcLookBackRow | null>(null);
  const open = useMemo(() => live.rows.filter((one) => !one.rerun && one.decided === ''), [live.rows]);
  const arrived = live.rows.filter((one) => one.repeat != null);
  const columns = useLookBackColumns(row.testName, arrived.length > 0);
  // The one the cursor is on, else the first that waits.
  const next = arrived.find((one) => one.id === cursor) ?? arrived[0];
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
  const chooseSample = (): void => {
    const sample = spreadOver(open, SAMPLE);
    setSelected(new Set(sample.map((one) => one.id)));
    announce(t('lookBack.sampled', { count: sample.length }));
  };
  const decideWhy = next === undefined ? t('why.noRepeat') : mayWork(roles) ? undefined : t('why.bench');
  useScreenKeys([
    {
      key: 'F5',
      label: t('keys.decide'),
      run: () => setDeciding(next ?? null),
      disabledReason: decideWhy,
    },
    {
      key: 'S',
      label: t('keys.sample'),
      run: chooseSample,
      disabledReason: why ?? (open.length <= SAMPLE ? t('why.fewInDoubt', { count: SAMPLE }) : undefined),
      strip: false,
    },
    {
      key: 'F8',
      label: t('keys.repeat', { count: asked.length }),
      run: () => void repeat(),
      disabledReason: why,
      primary: true,
    },
  ]);
  if (window === null) return null;
  const shiftText = ({ level, sd, amount, percent }: (typeof window.shifts)[number]): string =>
    t('lookBack.shiftOf', {
      level,
      sd: signedZ(sd),
      amount: [signed(amount, Math.abs(amount) < 10 ? 2 : 1), formatUnit(chart.unit)]
        .filter(Boolean)
        .join(' '),
      percent: percent === null ? '–' : `${signed(percent, 1)} %`,
    });
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
          <>
            {arrived.length === 0 ? null : (
              <Button
                size="bar"
                keyName="F5"
                disabledReason={decideWhy}
                onClick={() => setDeciding(next ?? null)}
              >
                {t('keys.decide')}
              </Button>
            )}
            <Button size="bar" keyName="F8" disabledReason={why} onClick={() => void repeat()}>
              {t('keys.repeat', { count: asked.length })}
            </Button>
          </>
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
      {window.shifts.length === 0 ? null : (
        <p className="qc-shift" role="status" aria-label={t('lookBack.shiftLabel')}>
          {t('lookBack.shift', { levels: window.shifts.map(shiftText).join('; ') })}
        </p>
      )}
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
          selectable={(one) => !one.rerun && one.decided === ''}
          onEnter={(one) => goTo('results', one.resultId)}
          empty={
            live.state === 'loading' ? undefined : (
              <EmptyState title={t('lookBack.none')} next={t('lookBack.noneNext')} />
            )
          }
        />
      </div>
      {deciding?.repeat == null ? null : (
        <RepeatDialog row={deciding} repeat={deciding.repeat} onClose={() => setDeciding(null)} />
      )}
    </>
  );
}
