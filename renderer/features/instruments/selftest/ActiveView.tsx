import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../../shared/errors.ts';
import type { LineRow } from '../../../../shared/ipc/instruments.ts';
import type { ProbeOutcome, ProbeRunRow, ProbeStepRow } from '../../../../shared/ipc/tools.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { useNow } from '../../../app/useNow.ts';
import { command, useLive } from '../../../data/hooks.ts';
import { engineText } from '../../../i18n/engine.ts';
import { useFormat } from '../../../i18n/useFormat.ts';
import { Button } from '../../../ui/Button.tsx';
import { Banner } from '../../../ui/Layout.tsx';
import { State, type StateKind } from '../../../ui/State.tsx';
import { BeginDialog } from './BeginDialog.tsx';
import { SelfTestHead, type SelfTestParts } from './SelfTestHead.tsx';
import { StepGrid } from './StepGrid.tsx';
import { StepSide } from './StepSide.tsx';

const kinds: Record<ProbeOutcome, StateKind> = {
  waiting: 'waiting',
  running: 'scanNow',
  pass: 'passed',
  fail: 'refused',
  notApplicable: 'notEvaluated',
};

/** A script played to the device of a line, or to a peer's simulator: step by step, with the bytes. */
export function ActiveView({
  line,
  parts,
  mayBegin,
}: {
  line: LineRow;
  parts: SelfTestParts;
  mayBegin: boolean;
}) {
  const { t } = useTranslation('selftest');
  const { when } = useFormat();
  const now = useNow();
  const live = useLive('selftest.run', { instrumentId: line.id });
  const run = live.rows[0];
  const [chosen, setChosen] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const [error, setError] = useState<PlainError>();
  const signOf = useCallback(
    (row: ProbeStepRow) => ({ kind: kinds[row.outcome], word: t(`ended.${row.outcome}`) }),
    [t],
  );
  const running = run !== undefined && run.endedAt === '';
  // While nobody has chosen a step the one that runs is shown.
  const row =
    run?.steps.find((step) => step.id === chosen) ??
    run?.steps.findLast((step) => step.outcome === 'running') ??
    run?.steps[0];
  const send = async (name: 'selftest.finish' | 'selftest.stop'): Promise<void> => {
    const outcome = await command(name, { instrumentId: line.id });
    setError(outcome.ok ? undefined : outcome.error);
  };
  const beginWhy = !mayBegin ? t('why.begin') : running ? t('why.running') : undefined;
  const finishWhy = !mayBegin ? t('why.begin') : run?.state !== 'listening' ? t('why.listening') : undefined;
  const stopWhy = running ? undefined : t('why.notRunning');
  const stop = (): void => void send('selftest.stop');
  const finish = (): void => void send('selftest.finish');
  useScreenKeys([
    { key: 'F7', label: t('keys.stop'), run: stop, disabledReason: stopWhy },
    {
      key: 'F8',
      label: t('keys.begin'),
      run: () => setAsking(true),
      disabledReason: beginWhy,
      primary: true,
    },
    { key: 'F10', label: t('keys.finish'), run: finish, disabledReason: finishWhy },
  ]);
  return (
    <>
      <SelfTestHead
        parts={parts}
        detail={
          run === undefined
            ? t('activeIs')
            : t('played', {
                target: engineText('probe', run.target),
                when: when(run.startedAt, now),
                by: run.by,
              })
        }
        nothing={run === undefined}
        makePdf={() => command('selftest.runPdf', { instrumentId: line.id })}
        error={error}
        actions={
          running ? (
            <>
              <Button size="bar" keyName="F7" onClick={stop}>
                {t('keys.stop')}
              </Button>
              <Button size="bar" primary keyName="F10" onClick={finish} disabledReason={finishWhy}>
                {t('keys.finish')}
              </Button>
            </>
          ) : (
            <Button size="bar" primary keyName="F8" onClick={() => setAsking(true)} disabledReason={beginWhy}>
              {t('keys.begin')}
            </Button>
          )
        }
        banners={run === undefined ? null : <RunBanner run={run} />}
      >
        {run === undefined ? null : <Verdict run={run} />}
      </SelfTestHead>
      <div className="ins-lower">
        <StepGrid
          group="probe"
          label={t('steps')}
          titles={{ title: t('columns.step'), text: t('columns.happened') }}
          outcomeWidth={140}
          rows={run?.steps ?? []}
          signOf={signOf}
          cursor={row?.id ?? null}
          onCursor={setChosen}
          scope={run?.id ?? line.id}
          moveLabel={t('keys.step')}
          live={live}
          none={{ title: t('noRun', { name: line.name }), next: t('noRunNext') }}
        />
        {row === undefined ? null : (
          <StepSide
            group="probe"
            row={row}
            sign={signOf(row)}
            heading={t('bytes')}
            none={t('noBytes')}
            pieces={row.bytes.map(({ id, at, text, direction }) => ({
              id,
              at,
              text,
              note: t(direction === 'in' ? 'fromDevice' : 'fromUs'),
            }))}
          />
        )}
      </div>
      {asking ? (
        <BeginDialog
          line={line}
          onClose={(done) => {
            setAsking(false);
            if (done) setChosen(null);
          }}
        />
      ) : null}
    </>
  );
}

/** What a run asks of a person, or why it never began. */
function RunBanner({ run }: { run: ProbeRunRow }) {
  const { t } = useTranslation('selftest');
  if (run.state === 'failed')
    return (
      <Banner tone="crit" title={t('failedTitle', { target: engineText('probe', run.target) })}>
        {engineText('probe', run.why)} {t('failedTodo')}
      </Banner>
    );
  if (run.state !== 'listening') return null;
  return (
    <Banner tone="held" title={t('listenTitle', { specimen: run.specimen })}>
      {t('listenText')}
    </Banner>
  );
}

/** How a run stands, in one sign and sentence. */
function Verdict({ run }: { run: ProbeRunRow }) {
  const { t } = useTranslation('selftest');
  const count = (outcome: ProbeOutcome): number =>
    run.steps.filter((step) => step.outcome === outcome).length;
  const failed = count('fail');
  const passed = count('pass');
  if (failed > 0) return <State kind="refused" word={t('stepsFailed', { count: failed })} />;
  if (run.endedAt === '')
    return (
      <State kind="scanNow" word={t(`states.${run.state}`, { count: passed, total: run.steps.length })} />
    );
  if (run.state !== 'done') return <State kind="notEvaluated" word={t(`states.${run.state}`)} />;
  const left = count('notApplicable');
  return passed === 0 ? (
    <State kind="notEvaluated" word={t('nothingPlayed')} />
  ) : (
    <State kind="passed" word={left === 0 ? t('allPassed') : t('passedLeft', { count: left, passed })} />
  );
}
