import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LineRow } from '../../../../shared/ipc/instruments.ts';
import type { SelfTestRow } from '../../../../shared/ipc/tools.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { useNow } from '../../../app/useNow.ts';
import { command, useLive } from '../../../data/hooks.ts';
import { engineText } from '../../../i18n/engine.ts';
import { useFormat } from '../../../i18n/useFormat.ts';
import { announce } from '../../../ui/announce.ts';
import { Button } from '../../../ui/Button.tsx';
import { SegmentedFilter } from '../../../ui/SegmentedFilter.tsx';
import { State, type StateKind } from '../../../ui/State.tsx';
import { SelfTestHead, type SelfTestParts } from './SelfTestHead.tsx';
import { StepGrid } from './StepGrid.tsx';
import { StepSide } from './StepSide.tsx';

type Show = '' | SelfTestRow['outcome'];
const shows: readonly Show[] = ['', 'fail', 'pass', 'notSeen'];
const outcomeKinds: Record<SelfTestRow['outcome'], StateKind> = {
  pass: 'passed',
  fail: 'refused',
  notSeen: 'notEvaluated',
};

/** What the line has shown of the rules since an instant: rule by rule, with the bytes that show it. */
export function WatchView({ line, parts }: { line: LineRow; parts: SelfTestParts }) {
  const { t } = useTranslation('selftest');
  const { when } = useFormat();
  const now = useNow();
  const [since, setSince] = useState(() => startOfDay(new Date()));
  const [show, setShow] = useState<Show>('');
  const [cursor, setCursor] = useState<string | null>(null);
  const report = useLive('selftest.report', { instrumentId: line.id, since });
  const rows = useMemo(
    () => report.rows.filter((row) => show === '' || row.outcome === show),
    [report.rows, show],
  );
  const signOf = useCallback(
    (row: SelfTestRow) => ({ kind: outcomeKinds[row.outcome], word: t(`outcomes.${row.outcome}`) }),
    [t],
  );
  const row = rows.find((one) => one.id === cursor) ?? rows[0];
  const count = (outcome: SelfTestRow['outcome']): number =>
    report.rows.filter((one) => one.outcome === outcome).length;

  const fromNow = (): void => {
    setSince(new Date().toISOString());
    announce(t('begun', { name: line.name }));
  };
  const fromMidnight = (): void => setSince(startOfDay(new Date()));
  const step = (by: number): void =>
    setShow(shows[Math.max(0, Math.min(shows.length - 1, shows.indexOf(show) + by))] ?? '');
  useScreenKeys([
    {
      key: 'ArrowLeft',
      label: t('keys.filter'),
      caps: ['ArrowLeft', 'ArrowRight'],
      run: () => step(-1),
      palette: false,
      group: 0,
    },
    { key: 'ArrowRight', label: t('keys.filter'), run: () => step(1), palette: false, strip: false },
    { key: 'F7', label: t('keys.midnight'), run: fromMidnight },
    { key: 'F8', label: t('keys.now'), run: fromNow, primary: true },
  ]);
  const failed = count('fail');
  return (
    <>
      <SelfTestHead
        key={line.id}
        parts={parts}
        detail={t('since', { when: when(since, now) })}
        nothing={report.rows.length === 0}
        makePdf={() => command('selftest.pdf', { instrumentId: line.id, since })}
        actions={
          <Button size="bar" primary keyName="F8" onClick={fromNow}>
            {t('keys.now')}
          </Button>
        }
      >
        <SegmentedFilter
          label={t('show')}
          altKeys={false}
          value={show}
          onChange={setShow}
          options={shows.map((id) => ({
            id,
            label: t(id === '' ? 'all' : `outcomes.${id}`),
            count: id === '' ? report.rows.length : count(id),
          }))}
        />
        {report.rows.length === 0 ? null : failed > 0 ? (
          <State kind="refused" word={t('someFail', { count: failed })} />
        ) : count('notSeen') > 0 ? (
          <State kind="notEvaluated" word={t('notAllSeen', { count: count('notSeen') })} />
        ) : (
          <State kind="passed" word={t('allPass')} />
        )}
      </SelfTestHead>
      <div className="ins-lower">
        <StepGrid
          group="selftest"
          label={t('rules')}
          titles={{ title: t('columns.title'), text: t('columns.text') }}
          outcomeWidth={116}
          rows={rows}
          signOf={signOf}
          cursor={row?.id ?? null}
          onCursor={setCursor}
          scope={`${line.id} ${since} ${show}`}
          moveLabel={t('keys.row')}
          live={report}
          none={{ title: t('none'), next: t('noneNext') }}
        />
        {row === undefined ? null : (
          <StepSide
            group="selftest"
            row={row}
            sign={signOf(row)}
            heading={t('evidence')}
            none={t('noEvidence')}
            pieces={row.evidence.map(({ seq, at, text }) => ({
              id: String(seq),
              at,
              text: engineText('selftest', text),
              note: t('journal', { seq }),
            }))}
          />
        )}
      </div>
    </>
  );
}

/** The instant of today's local midnight. */
function startOfDay(now: Date): string {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate()).toISOString();
}
