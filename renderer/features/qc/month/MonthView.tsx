import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../../shared/errors.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { useNow } from '../../../app/useNow.ts';
import { command, useLive } from '../../../data/hooks.ts';
import { Button } from '../../../ui/Button.tsx';
import { ErrorBanner } from '../../../ui/ErrorBanner.tsx';
import { Grid } from '../../../ui/Grid.tsx';
import { EmptyState, ScreenBody } from '../../../ui/Layout.tsx';
import { SegmentedFilter } from '../../../ui/SegmentedFilter.tsx';
import { FileDialog } from '../files/FileDialog.tsx';
import { saveExport } from '../files/save.ts';
import { type Asked, QcDialogs } from '../QcDialogs.tsx';
import { mayKeepLots, mayOverride, mayWork } from '../rows.ts';
import { signedZ } from '../words.ts';
import { useMonthColumns } from './columns.tsx';
import { MonthPanel } from './MonthPanel.tsx';
import { PeriodBar, usePeriodKeys } from './PeriodBar.tsx';
import { daysOf, hasEnded, type PeriodKind, periodOf, shifted } from './period.ts';
import { type LotRow, lotRows, openActions } from './rows.ts';
import { SignDialog } from './SignDialog.tsx';
import { usePdf } from './usePdf.ts';

const rowId = (row: LotRow): string => row.id;
const blockOf = (row: LotRow): string => row.test.id;

/** A month or week of an instrument's controls: figures, rejections with what was done, exclusions; the supervisor signs it, and it is printed. */
export function MonthView({ roles }: { roles: readonly string[] }) {
  const { t } = useTranslation('qc-month');
  const now = useNow();
  const lines = useLive('strip', {}).rows[0]?.lines ?? [];
  const [chosen, setChosen] = useState('');
  const [kind, setKind] = useState<PeriodKind>('month');
  // What has ended last waits for its signature.
  const [period, setPeriod] = useState(() => shifted(periodOf('month', now), -1));
  const [cursor, setCursor] = useState<string | null>(null);
  const [open, setOpen] = useState<'sign' | 'peer' | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [failed, setFailed] = useState<PlainError>();
  const instrumentId = chosen || (lines[0]?.id ?? '');
  const instrumentName = lines.find((one) => one.id === instrumentId)?.name ?? '';
  const args = instrumentId === '' ? null : { instrumentId };
  const live = useLive('qc.month', args === null ? null : { ...args, period });
  const signOffs = useLive('qc.signOffs', args).rows.filter((one) => one.period === period);
  const peers = useLive('qc.peer', args).rows;
  const rows = useMemo(() => lotRows(live.rows, peers, period), [live.rows, peers, period]);
  const columns = useMonthColumns();
  const row = rows.find((one) => one.id === cursor) ?? rows[0];
  const missing = openActions(live.rows);
  const pdf = usePdf(setFailed);

  const step = (by: number): void => setPeriod((before) => shifted(before, by));
  const change = (next: PeriodKind): void => {
    if (next === kind) return;
    setKind(next);
    setPeriod(shifted(periodOf(next, now), -1));
  };
  const instrument = (by: number): void => {
    const at = lines.findIndex((one) => one.id === instrumentId);
    const next = lines[(at + by + lines.length) % lines.length];
    if (next !== undefined) setChosen(next.id);
  };
  const nothing =
    live.rows.length > 0 ? undefined : t(live.state === 'loading' ? 'why.loading' : 'why.nothing');
  const signWhy =
    nothing ??
    (mayOverride(roles)
      ? hasEnded(period, now)
        ? missing > 0
          ? t('missing', { count: missing })
          : undefined
        : t('why.open')
      : t('qc:why.supervisor'));
  const open1 = row?.test.rejected.find((one) => one.open);
  const actionWhy = open1 === undefined ? t('why.noOpen') : mayWork(roles) ? undefined : t('qc:why.bench');
  const act = (): void => {
    if (row === undefined || open1 === undefined) return;
    setAsked({
      kind: 'review',
      controlId: open1.id,
      title: `${row.test.testName}, ${open1.level}`,
      facts: [
        { label: t('qc:facts.value'), value: `${open1.text}, ${signedZ(open1.z)} SD` },
        { label: t('qc:facts.rules'), value: open1.rules.join(', ') },
      ],
    });
  };
  const leadWhy = mayKeepLots(roles) ? undefined : t('qc:why.lead');
  const report = (): void => {
    if (row !== undefined)
      void pdf(() => command('qc.report.pdf', { instrumentId, testCode: row.test.testCode, period }));
  };
  const save = (): void => {
    const { first, last } = daysOf(period);
    void saveExport({ instrumentId, testCode: null, from: first, to: last }, t).then(setFailed);
  };
  const periodKeys = usePeriodKeys({ kind, onKind: change, onStep: step });
  useScreenKeys([
    ...periodKeys.step,
    {
      key: 'F3',
      label: t('keys.instrument'),
      run: () => instrument(1),
      disabledReason: lines.length < 2 ? t('why.oneInstrument') : undefined,
    },
    periodKeys.kind,
    { key: 'F5', label: t('keys.export'), run: save, disabledReason: nothing ?? leadWhy, strip: false },
    { key: 'F6', label: t('qc:keys.action'), run: act, disabledReason: actionWhy },
    { key: 'F7', label: t('keys.peer'), run: () => setOpen('peer'), disabledReason: leadWhy },
    { key: 'F8', label: t('keys.sign'), run: () => setOpen('sign'), disabledReason: signWhy, primary: true },
    { key: 'F9', label: t('keys.report'), run: report, disabledReason: nothing, icon: 'print' },
  ]);
  const close = (): void => setOpen(null);
  return (
    <>
      <ScreenBody
        panel={
          <MonthPanel
            row={row}
            signatures={signOffs}
            missing={missing}
            foot={
              <>
                <Button primary keyName="F8" disabledReason={signWhy} onClick={() => setOpen('sign')}>
                  {t('keys.sign')}
                </Button>
                <Button keyName="F9" disabledReason={nothing} onClick={report}>
                  {t('keys.report')}
                </Button>
                <Button keyName="F6" disabledReason={actionWhy} onClick={act}>
                  {t('qc:keys.action')}
                </Button>
                <Button keyName="F5" disabledReason={nothing ?? leadWhy} onClick={save}>
                  {t('keys.export')}
                </Button>
                <Button keyName="F7" disabledReason={leadWhy} onClick={() => setOpen('peer')}>
                  {t('keys.peer')}
                </Button>
              </>
            }
          />
        }
      >
        <PeriodBar
          title={t('title', { instrument: instrumentName, period })}
          {...daysOf(period)}
          kind={kind}
          onKind={change}
          onStep={step}
        >
          {lines.length < 2 ? null : (
            <SegmentedFilter
              label={t('keys.instrument')}
              altKeys={false}
              value={instrumentId}
              onChange={setChosen}
              options={lines.map(({ id, name }) => ({ id, label: name }))}
            />
          )}
        </PeriodBar>
        <ErrorBanner error={failed} />
        <ErrorBanner error={live.error} />
        <Grid
          label={t('label')}
          rows={rows}
          rowId={rowId}
          columns={columns}
          blockOf={blockOf}
          cursor={row?.id ?? null}
          onCursor={setCursor}
          scope={`${instrumentId} ${period}`}
          empty={
            live.state === 'loading' ? undefined : (
              <EmptyState title={t('empty', { period, instrument: instrumentName })} next={t('emptyNext')} />
            )
          }
        />
      </ScreenBody>
      {open === 'sign' ? (
        <SignDialog
          instrumentId={instrumentId}
          instrumentName={instrumentName}
          period={period}
          facts={[
            { label: t('facts.tests'), value: String(live.rows.length) },
            { label: t('facts.points'), value: String(sum(live.rows.map((one) => one.points))) },
            { label: t('facts.rejected'), value: String(sum(live.rows.map((one) => one.rejected.length))) },
            { label: t('facts.excluded'), value: String(sum(live.rows.map((one) => one.excluded.length))) },
            { label: t('facts.overrides'), value: String(sum(live.rows.map((one) => one.overrides.length))) },
          ]}
          onClose={close}
        />
      ) : null}
      {open === 'peer' ? <FileDialog first="peer" onClose={close} /> : null}
      <QcDialogs asked={asked} onClose={() => setAsked(null)} />
    </>
  );
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, one) => all + one, 0);
}
