import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../../shared/errors.ts';
import { CALL_WITHIN_MINUTES, INDICATOR_DAYS, type IndicatorRow } from '../../../../shared/ipc/indicators.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { useNow } from '../../../app/useNow.ts';
import { command, useLive } from '../../../data/hooks.ts';
import { announce } from '../../../ui/announce.ts';
import { Button } from '../../../ui/Button.tsx';
import { ErrorBanner } from '../../../ui/ErrorBanner.tsx';
import { Field } from '../../../ui/Field.tsx';
import { FormDialog } from '../../../ui/FormDialog.tsx';
import { Grid } from '../../../ui/Grid.tsx';
import { EmptyState, Facts, Panel, PanelSection, ScreenBody } from '../../../ui/Layout.tsx';
import { PeriodBar, usePeriodKeys } from '../month/PeriodBar.tsx';
import { daysOf, type PeriodKind, periodOf, shifted } from '../month/period.ts';
import { usePdf } from '../month/usePdf.ts';
import { Cases } from './Cases.tsx';
import { useIndicatorColumns } from './columns.tsx';
import { useIndicatorWords } from './words.ts';

const rowId = (row: IndicatorRow): string => row.id;

/** The laboratory's quality indicators over a month, a week or chosen days (C6): each figure leads to its cases. */
export function IndicatorsView() {
  const { t } = useTranslation('qc-indicators');
  const now = useNow();
  const [kind, setKind] = useState<PeriodKind>('month');
  const [period, setPeriod] = useState(() => periodOf('month', now));
  const [own, setOwn] = useState<{ from: string; to: string } | null>(null);
  const [asked, setAsked] = useState(() => Date.now());
  const [cursor, setCursor] = useState<string | null>(null);
  const [opened, setOpened] = useState<IndicatorRow | null>(null);
  const [choosing, setChoosing] = useState(false);
  const [failed, setFailed] = useState<PlainError>();
  const days = own ?? { from: daysOf(period).first, to: daysOf(period).last };
  const live = useLive('indicators', { ...days, asked });
  const columns = useIndicatorColumns();
  const pdf = usePdf(setFailed);
  const row = live.rows.find((one) => one.id === cursor) ?? live.rows[0];
  const counting = live.state === 'loading' ? t('why.counting') : undefined;
  const casesWhy =
    counting ??
    (row?.measured === false
      ? t('why.notMeasured')
      : row === undefined || row.count === 0
        ? t('why.noCases')
        : undefined);
  const move = (by: number): void => {
    setOwn(null);
    setPeriod((before) => shifted(before, by));
  };
  const change = (next: PeriodKind): void => {
    setOwn(null);
    setKind(next);
    setPeriod(periodOf(next, now));
  };
  const print = (): void => void pdf(() => command('indicators.pdf', days));
  const periodKeys = usePeriodKeys({ kind, onKind: change, onStep: move });
  useScreenKeys(
    opened !== null
      ? []
      : [
          ...periodKeys.step,
          { key: 'F2', label: t('keys.days'), run: () => setChoosing(true) },
          periodKeys.kind,
          { key: 'F5', label: t('keys.again'), run: () => setAsked(Date.now()) },
          { key: 'F9', label: t('keys.print'), run: print, icon: 'print', disabledReason: counting },
        ],
  );
  const title = t('title', { period: own === null ? period : `${own.from} – ${own.to}` });
  if (opened !== null)
    return <Cases row={opened} days={days} asked={asked} onClose={() => setOpened(null)} />;
  return (
    <>
      <ScreenBody
        panel={
          <Panel
            label={t('panel')}
            foot={
              <>
                <Button
                  primary
                  keyName="Enter"
                  disabledReason={casesWhy}
                  onClick={() => setOpened(row ?? null)}
                >
                  {t('keys.cases')}
                </Button>
                <Button keyName="F9" disabledReason={counting} onClick={print}>
                  {t('keys.print')}
                </Button>
              </>
            }
          >
            {row === undefined ? null : <About row={row} />}
          </Panel>
        }
      >
        <PeriodBar
          title={title}
          first={days.from}
          last={days.to}
          kind={kind}
          own={{ label: t('keys.days'), chosen: own !== null, choose: () => setChoosing(true) }}
          onKind={change}
          onStep={move}
        />
        <ErrorBanner error={failed} />
        <ErrorBanner error={live.error} />
        <Grid
          label={t('label')}
          rows={live.rows}
          rowId={rowId}
          columns={columns}
          cursor={row?.id ?? null}
          onCursor={setCursor}
          enterLabel={t('keys.cases')}
          onEnter={(one) => {
            if (one.count > 0) setOpened(one);
            else announce(t(one.measured ? 'why.noCases' : 'why.notMeasured'));
          }}
          scope={`${days.from} ${days.to} ${asked}`}
          empty={<EmptyState title={t('counting')} next={t('countingNext')} />}
        />
      </ScreenBody>
      {choosing ? (
        <ChooseDays
          days={days}
          onClose={(chosen) => {
            setChoosing(false);
            if (chosen !== null) setOwn(chosen);
          }}
        />
      ) : null}
    </>
  );
}

/** What a figure means, and its numbers. */
function About({ row: one }: { row: IndicatorRow }) {
  const minutes = useLive('session', {}).rows[0]?.callWithinMinutes ?? CALL_WITHIN_MINUTES;
  const { t } = useTranslation('qc-indicators');
  const words = useIndicatorWords();
  const { spread } = one;
  return (
    <PanelSection title={words.nameOf(one)}>
      <p className="lv-text-2">{t(`about.${one.name}`, { minutes })}</p>
      {one.measured ? (
        <Facts
          rows={
            spread === null
              ? [
                  { label: t('facts.count'), value: String(one.count) },
                  ...(one.all === 0 ? [] : [{ label: t('facts.all'), value: String(one.all) }]),
                  ...(one.rate === null
                    ? []
                    : [{ label: t('facts.rate'), value: `${(one.rate * 100).toFixed(1)} %` }]),
                ]
              : [
                  { label: t('facts.count'), value: String(spread.n) },
                  ...(['median', 'p90', 'p95', 'longest'] as const).map((id) => ({
                    label: t(`facts.${id}`),
                    value: words.minutesOf(spread[id]),
                  })),
                ]
          }
        />
      ) : null}
      {one.unknown === 0 ? null : <p className="lv-caption">{t('unknown', { count: one.unknown })}</p>}
    </PanelSection>
  );
}

/** The first and last day of a period of one's own. */
function ChooseDays({
  days,
  onClose,
}: {
  days: { from: string; to: string };
  onClose: (chosen: { from: string; to: string } | null) => void;
}) {
  const { t } = useTranslation('qc-indicators');
  const [typed, setTyped] = useState(days);
  const [tried, setTried] = useState(false);
  const wrong = useMemo(() => {
    const [from, to] = [Date.parse(typed.from), Date.parse(typed.to)];
    const shaped = [typed.from, typed.to].every((one) => /^\d{4}-\d\d-\d\d$/.test(one));
    return !shaped || !(from <= to) || (to - from) / 86_400_000 >= INDICATOR_DAYS;
  }, [typed]);
  return (
    <FormDialog
      title={t('days.title')}
      text={t('days.text')}
      confirm={t('days.do')}
      onConfirm={() => {
        setTried(true);
        return Promise.resolve(wrong ? 'stay' : undefined);
      }}
      onClose={(done) => onClose(done ? typed : null)}
    >
      <Field
        label={t('days.from')}
        data-autofocus
        value={typed.from}
        width={140}
        onChange={(event) => setTyped({ ...typed, from: event.currentTarget.value })}
      />
      <Field
        label={t('days.to')}
        value={typed.to}
        width={140}
        error={tried && wrong ? t('days.wrong') : undefined}
        onChange={(event) => setTyped({ ...typed, to: event.currentTarget.value })}
      />
    </FormDialog>
  );
}
