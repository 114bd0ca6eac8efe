import { type Dispatch, type SetStateAction, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { lastDays, levelPairs, type Plot, plots, pointLimit } from '../../../shared/domain/qc/plots.ts';
import type { PlainError } from '../../../shared/errors.ts';
import type { QcChartRow, QcPointRow, QcStateRow } from '../../../shared/ipc/qc.ts';
import { type ScreenKey, useScreenKeys } from '../../app/keys.ts';
import { useNow } from '../../app/useNow.ts';
import { command, useLive } from '../../data/hooks.ts';
import { formatUnit } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { announce } from '../../ui/announce.ts';
import { ErrorBanner } from '../../ui/ErrorBanner.tsx';
import { Banner, EmptyState, Panel, ScreenBody } from '../../ui/Layout.tsx';
import { SegmentedFilter } from '../../ui/SegmentedFilter.tsx';
import { Chart } from './chart/Chart.tsx';
import { breaksOf, daysOfZoom, gravestOf, runsOf, type Step, walk, type Zoom, zooms } from './chart/model.ts';
import { Legend } from './Legend.tsx';
import { LookBack } from './LookBack.tsx';
import { usePdf } from './month/usePdf.ts';
import { PointPanel } from './PointPanel.tsx';
import { DriftPlot, type PlotProps } from './plots/DriftPlot.tsx';
import { HistogramPlot } from './plots/HistogramPlot.tsx';
import { YoudenPlot } from './plots/YoudenPlot.tsx';
import { type Asked, aboutPoint } from './QcDialogs.tsx';
import { mayKeepLots } from './rows.ts';
import { Strip } from './Strip.tsx';
import { StateSections, useRowKeys } from './TodayView.tsx';
import { useSize } from './useSize.ts';
import { gateText, rulesOf, spokenPoint } from './words.ts';

/** A reject that was mended keeps its look-back in view for so long, ms. */
const KEPT_IN_VIEW = 7 * 86_400_000;
const LANE = 112;
const WIDEST_LANE = 168;
/** Without a look-back below them lanes may be higher. */
const WIDEST_ALONE = 264;

export interface ChartViewProps {
  row: QcStateRow;
  rows: readonly QcStateRow[];
  roles: readonly string[];
  onRow: (id: string) => void;
  onClose: () => void;
  onAsk: (asked: Asked) => void;
  /** a question lies over it */
  paused: boolean;
}

/** One test on one instrument: why it stands so, point by point, and what a reject put in doubt. */
export function ChartView(props: ChartViewProps) {
  const { row, rows, roles, onAsk } = props;
  const { t } = useTranslation('qc');
  const [zoom, setZoom] = useState<Zoom>(30);
  const [plot, setPlot] = useState<Plot>('chart');
  const limit = pointLimit(daysOfZoom(zoom));
  const { instrumentId, testCode } = row;
  const live = useLive('qc.chart', { instrumentId, testCode, limit });
  // While another length of history loads, the chart that was there stays.
  const shown = useRef<QcChartRow>(undefined);
  if (live.rows[0] !== undefined) shown.current = live.rows[0];
  const chart = live.rows[0] ?? (shown.current?.id === row.id ? shown.current : undefined);
  useRowKeys(row, roles, onAsk);
  const turn = (by: number): void => {
    const at = rows.findIndex((one) => one.id === row.id) + by;
    const next = rows[at];
    if (next !== undefined) props.onRow(next.id);
    else announce(t(by < 0 ? 'why.firstTest' : 'why.lastTest'));
  };
  useScreenKeys([
    { key: 'Escape', label: t('keys.back'), run: props.onClose, group: 2, palette: false },
    {
      key: 'PageUp',
      label: t('keys.test'),
      caps: ['PageUp', 'PageDown'],
      run: () => turn(-1),
      palette: false,
      group: 0,
    },
    { key: 'PageDown', label: t('keys.test'), run: () => turn(1), palette: false, strip: false },
  ]);
  return (
    <>
      <Strip rows={rows} chosen={row.id} onChoose={props.onRow} />
      {chart === undefined || chart.points.length === 0 ? (
        <ScreenBody
          panel={
            <Panel label={t('panel')}>
              <StateSections row={row} />
            </Panel>
          }
        >
          <ErrorBanner error={live.error} />
          {chart === undefined ? null : (
            <EmptyState title={t('noPoints', { test: row.testName })} next={t('noPointsNext')} />
          )}
        </ScreenBody>
      ) : (
        <ChartBody {...props} chart={chart} zoom={zoom} onZoom={setZoom} plot={plot} onPlot={setPlot} />
      )}
    </>
  );
}

interface BodyProps extends ChartViewProps {
  chart: QcChartRow;
  zoom: Zoom;
  onZoom: (zoom: Zoom) => void;
  plot: Plot;
  onPlot: (plot: Plot) => void;
}

function ChartBody({ row, roles, chart, zoom, onZoom, plot, onPlot, onAsk }: BodyProps) {
  const { t } = useTranslation('qc');
  const { t: tp } = useTranslation('qc-plots');
  const format = useFormat();
  const now = useNow();
  const [overlay, setOverlay] = useState(false);
  // Which two levels the Youden plot compares: on the screen and on paper the same.
  const [pair, setPair] = useState(0);
  const [pointId, setPointId] = useState<string | null>(null);
  const place = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(place);
  const { levels } = chart;
  const whole = useMemo(() => runsOf(chart.points, 'all'), [chart.points]);
  const runs = useMemo(
    () => lastDays(whole, chart.points.at(-1)?.at ?? '', daysOfZoom(zoom)),
    [whole, chart.points, zoom],
  );
  const breaks = useMemo(() => breaksOf(runs, chart.events), [runs, chart.events]);
  const newest = runs.at(-1);
  const chosen = chart.points.find((one) => one.id === pointId);
  const run = runs.findIndex((one) => one.id === chosen?.runId);
  // Until somebody walks, the newest run is looked at, at its gravest level.
  const point = run >= 0 ? chosen : newest === undefined ? undefined : gravestOf(newest, levels)?.point;
  const focus = useMemo(
    () => ({ run: run >= 0 ? run : runs.length - 1, level: point?.level ?? '' }),
    [run, runs.length, point?.level],
  );
  const when = (at: string): string => format.when(at, now);

  const step = (way: Step): void => {
    if (point === undefined) return;
    const next = walk(runs, levels, point, way);
    if (next !== null) setPointId(next.id);
    else announce(t(way === 'problemBack' || way === 'problemOn' ? 'why.noProblem' : `why.end.${way}`));
  };
  // Two presses may come before the first is drawn: the second goes on from what the first chose.
  const chosenZoom = useRef(zoom);
  chosenZoom.current = zoom;
  const zoomBy = (by: number): void => {
    const next = zooms[zooms.indexOf(chosenZoom.current) + by];
    if (next === undefined) announce(t(by > 0 ? 'why.zoomAll' : 'why.zoomLeast'));
    else {
      chosenZoom.current = next;
      onZoom(next);
    }
  };
  const inDoubt =
    chart.lookBack !== null &&
    (chart.lookBack.to === '' || now.getTime() - Date.parse(chart.lookBack.rejectedAt) < KEPT_IN_VIEW);
  const excludeWhy = point === undefined ? t('why.noPoint') : mayKeepLots(roles) ? undefined : t('why.lead');
  // What is asked about stays in view, also when what is kept makes another point the gravest.
  const ask = (about: (one: QcPointRow) => Asked): void => {
    if (point === undefined) return;
    setPointId(point.id);
    onAsk(about(point));
  };
  const act = (): void => ask((one) => aboutPoint(t, one, chart));
  const [failed, setFailed] = useState<PlainError>();
  const pdf = usePdf(setFailed);
  const print = (): void => {
    const { instrumentId, testCode } = row;
    const of = { instrumentId, testCode, days: daysOfZoom(zoom) };
    void pdf(() =>
      plot === 'chart'
        ? command('qc.chart.pdf', of)
        : command('qc.plot.pdf', { ...of, view: plot, levels: levelPairs(levels)[pair] ?? null }),
    );
  };
  const exclude = (): void => ask((one) => ({ kind: 'exclude', point: one, unit: chart.unit }));
  const nextPlot = (): void => onPlot(plots[(plots.indexOf(plot) + 1) % plots.length] ?? 'chart');
  const walkKeys: ScreenKey[] = [
    {
      key: 'ArrowLeft',
      label: t('keys.run'),
      caps: ['ArrowLeft', 'ArrowRight'],
      run: () => step('left'),
      palette: false,
      group: 0,
    },
    { key: 'ArrowRight', label: t('keys.run'), run: () => step('right'), palette: false, strip: false },
    {
      key: 'ArrowUp',
      label: t('keys.level'),
      caps: ['ArrowUp', 'ArrowDown'],
      run: () => step('up'),
      palette: false,
      group: 0,
    },
    { key: 'ArrowDown', label: t('keys.level'), run: () => step('down'), palette: false, strip: false },
    { key: 'Home', label: t('keys.first'), run: () => step('first'), palette: false, strip: false },
    { key: 'End', label: t('keys.last'), run: () => step('last'), palette: false, strip: false },
    { key: 'Ctrl+ArrowLeft', label: t('keys.problemBack'), run: () => step('problemBack'), strip: false },
    { key: 'Ctrl+ArrowRight', label: t('keys.problemOn'), run: () => step('problemOn'), strip: false },
  ];
  useScreenKeys([
    // The other views walk in their own ways.
    ...(plot === 'chart' ? walkKeys : []),
    { key: 'V', label: tp('keys.view'), run: nextPlot, group: 0 },
    { key: '+', label: t('keys.closer'), run: () => zoomBy(-1), strip: false },
    { key: '-', label: t('keys.further'), run: () => zoomBy(1), strip: false },
    {
      key: 'Z',
      label: t(overlay ? 'keys.lanes' : 'keys.overlay'),
      run: () => setOverlay((on) => !on),
      strip: false,
      disabledReason: plot === 'chart' ? undefined : tp('why.overlay'),
    },
    { key: 'F6', label: t('keys.action'), run: act, primary: !inDoubt },
    { key: 'F9', label: t('keys.print'), run: print, icon: 'print' },
    {
      key: 'Delete',
      label: t(point?.excluded ? 'keys.include' : 'keys.exclude'),
      run: exclude,
      disabledReason: excludeWhy,
      group: 2,
    },
  ]);

  const lanes = overlay ? 2 : Math.max(1, levels.length);
  // Lanes take what the look-back, the head and its legend leave, within reason.
  const room = inDoubt ? height - 274 : height - 114;
  const laneHeight = Math.max(LANE, Math.min(inDoubt ? WIDEST_LANE : WIDEST_ALONE, (room - 60) / lanes));
  const spoken = point === undefined ? '' : spokenPoint(t, point, formatUnit(chart.unit), when);
  return (
    <ScreenBody
      panel={
        <PointPanel
          row={row}
          chart={chart}
          point={point}
          excludeWhy={excludeWhy}
          onAct={act}
          onExclude={exclude}
          breaks={breaks}
          runs={runs}
        />
      }
    >
      <div className="qc-stopped">
        <Stopped row={row} chart={chart} />
        <ErrorBanner error={failed} />
      </div>
      <div className="qc-chart-place" ref={place}>
        <div className="qc-chart-head">
          <h2>
            {chart.testName}, {chart.instrumentName}
          </h2>
          <span className="lv-text-2">
            {[formatUnit(chart.unit), t('runs', { count: runs.length })].filter(Boolean).join(', ')}
          </span>
          <SegmentedFilter
            label={tp('view')}
            altKeys={false}
            value={plot}
            onChange={(id) => onPlot(plots.find((one) => one === id) ?? 'chart')}
            options={plots.map((id) => ({ id, label: tp(`plots.${id}`) }))}
          />
          <SegmentedFilter
            label={t('zoom.label')}
            altKeys={false}
            value={String(zoom)}
            onChange={(id) => onZoom(zooms.find((one) => String(one) === id) ?? 30)}
            options={zooms.map((one) => ({
              id: String(one),
              label: one === 'all' ? t('zoom.all') : t('zoom.days', { count: one }),
            }))}
          />
          {plot !== 'chart' ? null : (
            <>
              <SegmentedFilter
                label={t('lanes.label')}
                altKeys={false}
                value={overlay ? 'overlay' : 'lanes'}
                onChange={(id) => setOverlay(id === 'overlay')}
                options={[
                  { id: 'lanes', label: t('lanes.apart') },
                  { id: 'overlay', label: t('lanes.overlay') },
                ]}
              />
              <span className="lv-grow" />
              <Legend />
            </>
          )}
        </div>
        {width === 0 || plot === 'chart' ? null : (
          <OtherPlot
            row={row}
            plot={plot}
            pair={pair}
            onPair={setPair}
            chart={chart}
            runs={runs}
            whole={whole}
            levels={levels}
            breaks={breaks}
            point={point}
            onPoint={(one) => setPointId(one.id)}
            width={width}
            height={height - 36}
            now={now}
          />
        )}
        {width === 0 || plot !== 'chart' ? null : (
          <Chart
            runs={runs}
            breaks={breaks}
            levels={levels}
            focus={focus}
            overlay={overlay}
            width={width}
            laneHeight={laneHeight}
            unit={chart.unit}
            label={t('chartOf', {
              test: chart.testName,
              instrument: chart.instrumentName,
              runs: runs.length,
              levels: levels.join(', '),
            })}
            now={now}
            onPoint={(one) => setPointId(one.id)}
          />
        )}
        <p className="lv-visually-hidden" role="status" aria-live="polite" aria-label={t('pointSpoken')}>
          {plot === 'chart' ? spoken : ''}
        </p>
        {inDoubt && plot === 'chart' ? <LookBack row={row} chart={chart} roles={roles} /> : null}
      </div>
    </ScreenBody>
  );
}

interface OtherPlotProps extends PlotProps {
  row: QcStateRow;
  plot: Plot;
  pair: number;
  onPair: Dispatch<SetStateAction<number>>;
}

function OtherPlot({ row, plot, pair, onPair, ...props }: OtherPlotProps) {
  if (plot === 'drift') return <DriftPlot {...props} />;
  if (plot === 'youden') return <YoudenPlot {...props} chosen={pair} onChosen={onPair} />;
  return <HistogramPlot {...props} instrumentId={row.instrumentId} testCode={row.testCode} />;
}

/** What the reject stops, over the chart; nothing when release is free. */
function Stopped({ row, chart }: { row: QcStateRow; chart: QcChartRow }) {
  const { t } = useTranslation('qc');
  const format = useFormat();
  const now = useNow();
  if (row.override !== null)
    return (
      <Banner
        tone="held"
        title={t('banner.override', {
          test: row.testName,
          instrument: row.instrumentName,
          until: format.when(row.override.until, now),
        })}
      >
        {t('banner.overrideBy', { by: row.override.by, reason: row.override.reason })}
      </Banner>
    );
  if (!row.blocks) return null;
  const since = chart.lookBack?.rejectedAt ?? '';
  const rejected: QcPointRow | undefined = chart.points.findLast((one) => one.state === 'rejected');
  return (
    <Banner
      tone="crit"
      glyph="blocked"
      title={t('banner.stopped', { test: row.testName, instrument: row.instrumentName })}
    >
      {[
        row.state === 'rejected' && since !== ''
          ? t('banner.since', {
              at: format.when(since, now),
              rules: rejected === undefined ? '' : rulesOf(rejected).join(', '),
            })
          : `${gateText(row.text)}.`,
        t('banner.waiting', { count: row.waiting }),
      ].join(' ')}
    </Banner>
  );
}
