import type { TFunction } from 'i18next';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { HistogramBin } from '../../../../shared/domain/qc/histogram.ts';
import { histogramOfLevel, peerOf } from '../../../../shared/domain/qc/plots.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { useLive } from '../../../data/hooks.ts';
import { announce } from '../../../ui/announce.ts';
import { signed } from '../words.ts';
import { arrowKeys, quiet } from './arrowKeys.ts';
import type { PlotProps } from './DriftPlot.tsx';

const LEFT = 40;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 44;
const MOST_HEIGHT = 300;

/** How the points of each level lie about their target: bars in half SD steps, a normal distribution's curve, and the level's own figures. */
export function HistogramPlot(props: PlotProps & { instrumentId: string; testCode: string }) {
  const { chart, runs, levels, point, onPoint, width, height, instrumentId, testCode } = props;
  const { t } = useTranslation('qc-plots');
  const peers = useLive('qc.peer', { instrumentId }).rows;
  const all = useMemo(() => levels.map((level) => histogramOfLevel(runs, level)), [runs, levels]);
  const [bin, setBin] = useState(8);
  const at = Math.max(
    0,
    all.findIndex((one) => one.level === point?.level),
  );
  const here = all[at];
  const step = (by: number): void => {
    const next = bin + by;
    if (here?.histogram.bins[next] === undefined) announce(t(by < 0 ? 'why.first' : 'why.last'));
    else setBin(next);
  };
  const turn = (by: number): void => {
    const level = all[at + by]?.level;
    const next = level === undefined ? undefined : runs.findLast((run) => run.points.has(level));
    const one = level === undefined ? undefined : next?.points.get(level);
    if (one === undefined)
      announce(t(levels.length < 2 ? 'why.oneLevel' : by < 0 ? 'why.first' : 'why.last'));
    else onPoint(one);
  };
  useScreenKeys([
    ...arrowKeys('across', t('keys.bar'), step),
    ...arrowKeys('down', t('keys.level'), turn),
    { key: 'Home', label: t('why.first'), run: () => setBin(0), ...quiet },
    { key: 'End', label: t('why.last'), run: () => setBin((here?.histogram.bins.length ?? 1) - 1), ...quiet },
  ]);
  const columns = Math.min(all.length, width > 900 ? 3 : 2);
  const rows = Math.ceil(all.length / Math.max(1, columns));
  const w = Math.floor((width - 32) / Math.max(1, columns)) - 16;
  const h = Math.max(150, Math.min(MOST_HEIGHT, (height - 60) / rows - 130));
  const chosen = here?.histogram.bins[bin];
  return (
    <div className="qc-plot qc-plot-many">
      {all.map(({ level, histogram, excluded }, index) => {
        const { bins } = histogram;
        const most = Math.max(1, ...bins.map((one) => Math.max(one.count, one.expected)));
        const x = (z: number): number => LEFT + ((z + 4) / 8) * (w - LEFT - RIGHT);
        const y = (count: number): number => TOP + (1 - count / most) * (h - TOP - BOTTOM);
        const newest = runs.findLast((run) => run.points.has(level))?.points.get(level);
        const peer = peerOf(peers, testCode, newest);
        return (
          <section key={level} className="qc-plot-one" aria-label={level}>
            <h3 className={index === at ? 'qc-plot-here' : ''}>
              {level} <span>{t('histogram.points', { count: histogram.n })}</span>
            </h3>
            <svg
              className="qc-chart"
              width={w}
              height={h}
              role="img"
              aria-label={t('histogram.label', {
                level,
                test: chart.testName,
                instrument: chart.instrumentName,
                count: histogram.n,
              })}
            >
              <rect
                x={LEFT}
                y={TOP}
                width={w - LEFT - RIGHT}
                height={h - TOP - BOTTOM}
                className="qc-plot-ground"
              />
              {[-3, -2, 0, 2, 3].map((sd) => (
                <line
                  key={sd}
                  x1={x(sd)}
                  x2={x(sd)}
                  y1={TOP}
                  y2={y(0)}
                  className={`qc-limit qc-limit-${Math.abs(sd)}`}
                />
              ))}
              {bins.map((one, i) => (
                <rect
                  key={one.from}
                  x={x(one.from) + 1}
                  width={x(one.to) - x(one.from) - 2}
                  y={y(one.count)}
                  height={y(0) - y(one.count)}
                  className={index === at && i === bin ? 'qc-plot-bar qc-plot-bar-here' : 'qc-plot-bar'}
                />
              ))}
              <path d={curveOf(bins, x, y)} className="qc-plot-normal" />
              {index === at ? (
                <rect
                  x={x(-4 + bin / 2)}
                  width={x(0.5) - x(0)}
                  y={TOP - 3}
                  height={y(0) - TOP + 6}
                  rx={3}
                  className="qc-frame"
                />
              ) : null}
              {excluded.map((z, i) => {
                const cx = x(Math.max(-3.9, Math.min(3.9, z)));
                // Several at one place stand beside each other, without an order that means anything.
                const cy =
                  y(0) -
                  8 -
                  (excluded.slice(0, i).filter((other) => Math.abs(other - z) < 0.25).length % 4) * 11;
                return (
                  <path
                    key={`${z} at ${cy}`}
                    d={`M${cx - 4} ${cy}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0M${cx + 5} ${cy - 5}l-10 10`}
                    className="qc-excluded"
                  />
                );
              })}
              {[-4, -3, -2, -1, 0, 1, 2, 3, 4].map((sd) => (
                <text key={sd} x={x(sd)} y={y(0) + 15} textAnchor="middle" className="qc-axis">
                  {signed(sd, 0)}
                </text>
              ))}
              <text x={(LEFT + w - RIGHT) / 2} y={h - 8} textAnchor="middle" className="qc-axis">
                {t('histogram.axis')}
              </text>
              <text x={LEFT - 6} y={TOP + 8} textAnchor="end" className="qc-axis">
                {Math.round(most)}
              </text>
            </svg>
            {histogram.mean === null || histogram.sd === null ? null : (
              <p>{t('histogram.own', { mean: signed(histogram.mean, 2), sd: histogram.sd.toFixed(2) })}</p>
            )}
            <p>
              {t('histogram.beyond', {
                two: (histogram.beyond2 * 100).toFixed(1),
                three: (histogram.beyond3 * 100).toFixed(1),
              })}
            </p>
            <p>
              {peer === undefined || peer.sdi === null
                ? t('histogram.noPeer')
                : t('histogram.sdi', {
                    sdi: signed(peer.sdi, 2),
                    cvi: peer.cvi === null ? '–' : peer.cvi.toFixed(2),
                    n: peer.group.n,
                    month: peer.month,
                  })}
            </p>
            {excluded.length === 0 ? null : <p>{t('histogram.excluded', { count: excluded.length })}</p>}
            {index === at && chosen !== undefined ? (
              <p className="qc-plot-bin">{`${barWords(t, chosen)}: ${inBar(t, chosen)}`}</p>
            ) : null}
          </section>
        );
      })}
      <p className="lv-text-3 qc-plot-note">{t('histogram.legend')}</p>
      <p className="lv-visually-hidden" role="status" aria-live="polite" aria-label={t('plots.histogram')}>
        {here === undefined || chosen === undefined
          ? ''
          : t('histogram.spoken', { level: here.level, bar: barWords(t, chosen), what: inBar(t, chosen) })}
      </p>
    </div>
  );
}

function barWords(t: TFunction<'qc-plots'>, bin: HistogramBin): string {
  const [from, to] = [signed(bin.from, 1), signed(bin.to, 1)];
  if (bin.from <= -4) return t('histogram.barLow', { to });
  return bin.to >= 4 ? t('histogram.barHigh', { from }) : t('histogram.bar', { from, to });
}

function inBar(t: TFunction<'qc-plots'>, bin: HistogramBin): string {
  return t('histogram.inBar', { count: bin.count, expected: bin.expected.toFixed(1) });
}

/** The curve through the middles of what a normal distribution would give. */
function curveOf(
  bins: readonly HistogramBin[],
  x: (z: number) => number,
  y: (count: number) => number,
): string {
  const total = bins.reduce((sum, one) => sum + one.expected, 0);
  const width = (bins[0]?.to ?? 0) - (bins[0]?.from ?? 0);
  const parts: string[] = [];
  for (let z = -4; z <= 4; z += 0.1) {
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
    parts.push(
      `${parts.length === 0 ? 'M' : 'L'}${x(z).toFixed(1)} ${y(total * width * density).toFixed(1)}`,
    );
  }
  return parts.join('');
}
