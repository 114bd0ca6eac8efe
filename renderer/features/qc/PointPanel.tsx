import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { QcChartRow, QcPointRow, QcStateRow } from '../../../shared/ipc/qc.ts';
import { useNow } from '../../app/useNow.ts';
import { formatUnit, formatValueText } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { Button } from '../../ui/Button.tsx';
import { Because, Facts, Panel, PanelSection } from '../../ui/Layout.tsx';
import { State } from '../../ui/State.tsx';
import { type Break, numbersOf, type Run } from './chart/model.ts';
import { errorKind, pointKinds, rulesOf, saidOf, signed, signedZ, valueText } from './words.ts';

/** The point looked at: its numbers, its rules with the points that made them, what was done, and the lot's own numbers. */
export function PointPanel({
  row,
  chart,
  point,
  runs,
  breaks,
  excludeWhy,
  onAct,
  onExclude,
}: {
  row: QcStateRow;
  chart: QcChartRow;
  point: QcPointRow | undefined;
  runs: readonly Run[];
  breaks: readonly Break[];
  excludeWhy: string | undefined;
  onAct: () => void;
  onExclude: () => void;
}) {
  const { t } = useTranslation('qc');
  const format = useFormat();
  const now = useNow();
  if (point === undefined) return <Panel label={t('panel')}>{null}</Panel>;
  const at = runs.findIndex((run) => run.id === point.runId);
  return (
    <Panel
      label={t('panel')}
      foot={
        <>
          <Button primary keyName="F6" onClick={onAct}>
            {t('keys.action')}
          </Button>
          <div className="lv-foot-wide lv-row">
            <Button wide keyName="Delete" disabledReason={excludeWhy} onClick={onExclude}>
              {t(point.excluded === null ? 'keys.exclude' : 'keys.include')}
            </Button>
          </div>
        </>
      }
    >
      <PanelSection
        title={`${point.level}, ${format.when(point.at, now)}`}
        detail={t('runOf', { number: at + 1, all: runs.length })}
      >
        <div className="qc-point-value">
          <span className="qc-focus-value">
            {formatValueText(point.text)} <small>{formatUnit(chart.unit)}</small>
          </span>
          <span className="qc-point-z">
            <b>{point.z === null ? '–' : signedZ(point.z)}</b> SD
          </span>
        </div>
        <div className="lv-row">
          <State kind={pointKinds[point.state]} word={t(`point.${point.state}`)} strong />
          {point.excluded === null ? null : (
            <span className="lv-caption">
              {t('excludedWhy', {
                reason: point.excluded.reason,
                by: point.excluded.by,
                at: format.when(point.excluded.at, now),
              })}
            </span>
          )}
        </div>
      </PanelSection>
      <Rules point={point} chart={chart} breaks={breaks} at={at} />
      <Done row={row} point={point} chart={chart} runs={runs} at={at} />
      <Numbers point={point} chart={chart} />
    </Panel>
  );
}

/** Each rule that fired with its points; without one, what was judged; and where the windows begin (W11). */
function Rules({
  point,
  chart,
  breaks,
  at,
}: {
  point: QcPointRow;
  chart: QcChartRow;
  breaks: readonly Break[];
  at: number;
}) {
  const { t } = useTranslation('qc');
  const format = useFormat();
  const now = useNow();
  const last = breaks.findLast((one) => one.before <= at && one.kind === 'event' && one.event?.breaksWindow);
  const shown = rulesOf(point);
  const hits = point.hits
    .filter((hit) => shown.includes(hit.rule))
    .sort((a, b) => a.action.localeCompare(b.action));
  const recent = last !== undefined && at - last.before < 10 ? last : undefined;
  return (
    <PanelSection title={t('rules')}>
      {hits.map((hit) => {
        const kind = errorKind(hit.rule);
        const levels = [...new Set(hit.points.map((one) => one.level))].sort();
        const reject = hit.action === 'reject';
        return (
          <Because
            key={`${hit.rule} ${hit.where} ${hit.points.map((one) => one.id).join(' ')}`}
            glyph={reject ? 'rejected' : 'warn'}
            tone={reject ? 'crit' : 'abn'}
            title={`${hit.rule}, ${levels.join(', ')}`}
            numbers={
              <span className="lv-caption">
                {kind === '' ? t('warningOnly') : reject ? t(`error.${kind}`) : t('warningOnly')}
              </span>
            }
          >
            {hit.rule === '1-2s' || hit.rule === '1-3s'
              ? t('single', {
                  value: formatValueText(point.text),
                  mean: point.mean,
                  sd: point.sd,
                  z: signedZ(hit.points.at(-1)?.z ?? point.z),
                  limit: hit.rule === '1-2s' ? 2 : 3,
                })
              : t(`rule.${hit.rule}`, { zs: hit.points.map((one) => signedZ(one.z)).join(', ') })}
          </Because>
        );
      })}
      {saidOf(point).map((text) => (
        <p key={text} className="lv-caption">
          {text}
        </p>
      ))}
      {recent === undefined || recent.event === null ? null : (
        <Because glyph="none" tone="quiet" title={t('notAcross', { what: t(`event.${recent.event.kind}`) })}>
          {t('restarted', { at: format.when(recent.event.at, now) })}
        </Because>
      )}
      <p className="lv-caption qc-rules-used">
        {t('rulesUsed')}{' '}
        {chart.rules.map((one) => `${one.rule}${one.action === 'warn' ? ` ${t('warns')}` : ''}`).join(', ')}
      </p>
    </PanelSection>
  );
}

/** What people did about this run, and what happened to the instrument since the run before. */
function Done({
  point,
  chart,
  runs,
  at,
}: {
  row: QcStateRow;
  point: QcPointRow;
  chart: QcChartRow;
  runs: readonly Run[];
  at: number;
}) {
  const { t } = useTranslation('qc');
  const format = useFormat();
  const now = useNow();
  const from = point.at;
  const until = runs[at + 1]?.at ?? '';
  const lines = [
    ...[...(runs[at]?.points.values() ?? [])].flatMap((one) =>
      one.reviews.map((review) => ({
        id: review.id,
        at: review.at,
        text: [
          review.code === ''
            ? review.kind === 'reviewed'
              ? t('action.reviewed')
              : ''
            : t(`action.${review.code}`),
          review.text,
        ]
          .filter(Boolean)
          .join(': '),
        by: review.by,
      })),
    ),
    ...chart.events
      .filter((event) => event.at >= from && (until === '' || event.at < until))
      .map((event) => ({
        id: event.id,
        at: event.at,
        text: [t(`event.${event.kind}`), event.text].filter(Boolean).join(': '),
        by: event.by,
      })),
  ].sort((a, b) => a.at.localeCompare(b.at));
  return (
    <PanelSection title={t('done')}>
      {lines.length === 0 ? (
        <p className="lv-caption">{t(point.state === 'rejected' ? 'noActionYet' : 'nothingDone')}</p>
      ) : (
        <dl className="qc-done">
          {lines.map((line) => (
            <div key={line.id}>
              <dt>{format.when(line.at, now)}</dt>
              <dd>
                {line.by}: {line.text}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </PanelSection>
  );
}

/** Target, and what the lot's own points say of the method. */
function Numbers({ point, chart }: { point: QcPointRow; chart: QcChartRow }) {
  const { t } = useTranslation('qc');
  const own = useMemo(() => numbersOf(chart.points, point.lotId), [chart.points, point.lotId]);
  const unit = formatUnit(chart.unit);
  return (
    <PanelSection title={t('numbers', { lot: point.lot })}>
      <Facts
        rows={[
          {
            label: t('facts.target'),
            value:
              point.mean === ''
                ? t('noTarget')
                : `${valueText({ text: point.mean }, '')}, ${point.sd} ${unit}`,
          },
          ...(own === null
            ? []
            : [
                {
                  label: t('facts.own'),
                  value: `${own.mean.toFixed(own.digits)}, ${own.sd.toFixed(own.digits)}, ${own.n}`,
                },
                ...(own.cv === null ? [] : [{ label: t('facts.cv'), value: `${own.cv.toFixed(2)} %` }]),
                ...(own.bias === null ? [] : [{ label: t('facts.bias'), value: `${signed(own.bias, 2)} %` }]),
              ]),
          ...(chart.sigma === null
            ? []
            : [{ label: t('facts.sigma'), value: chart.sigma.metric.toFixed(1) }]),
          ...(point.operator === '' ? [] : [{ label: t('facts.operator'), value: point.operator }]),
          { label: t('facts.record'), value: <State kind={point.syncState} small /> },
        ]}
      />
      {chart.sigma === null ? null : <p className="lv-caption">{chart.sigma.text}</p>}
    </PanelSection>
  );
}
