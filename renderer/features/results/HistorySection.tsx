import { useTranslation } from 'react-i18next';
import type { ResultDetailRow } from '../../../shared/ipc/results.ts';
import { formatValueText } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { PanelSection } from '../../ui/Layout.tsx';
import { Trend } from '../../ui/Trend.tsx';
import { flagTone } from '../../ui/Value.tsx';
import { flagOf } from './columns.tsx';

/** Points that the panel's width can name. */
const MOST_POINTS = 6;

/** Earlier results of this test, as far as this station has them: the same range band and critical limits as the result. */
export function HistorySection({ detail }: { detail: ResultDetailRow }) {
  const { t } = useTranslation('results');
  const format = useFormat();
  const order = [...detail.history].sort(
    (a, b) => a.at.localeCompare(b.at) || Number(a.id === detail.id) - Number(b.id === detail.id),
  );
  const numbers = order.filter((point) => point.number !== null);
  const shown = numbers.slice(-MOST_POINTS);
  if (shown.length < 2) {
    return (
      <PanelSection title={t('history.title')}>
        <p className="lv-caption">{t('history.first')}</p>
      </PanelSection>
    );
  }
  const tone = flagTone(flagOf(detail));
  const critical = [
    ...(detail.range?.criticalHigh === undefined ? [] : [{ value: detail.range.criticalHigh, high: true }]),
    ...(detail.range?.criticalLow === undefined ? [] : [{ value: detail.range.criticalLow, high: false }]),
  ]
    // A limit far from every value would flatten the line: it is drawn when a point comes near it.
    .filter(({ value, high }) =>
      shown.some((point) =>
        high ? (point.number ?? 0) >= value * 0.85 : (point.number ?? 0) <= value * 1.15,
      ),
    )
    .map(({ value, high }) => ({
      value,
      label: t(high ? 'history.criticalAbove' : 'history.criticalBelow', {
        limit: formatValueText(String(value)),
      }),
    }));
  return (
    <PanelSection
      title={t('history.title')}
      detail={t('history.count', { shown: shown.length, count: numbers.length })}
    >
      <Trend
        name={detail.testName}
        low={detail.rangeLow}
        high={detail.rangeHigh}
        critical={critical}
        points={shown.map((point) => ({
          id: point.id,
          label: format.day(point.at),
          value: point.number ?? 0,
          text: point.text,
          withdrawn: point.withdrawn,
          flag: point.id === detail.id && tone !== 'text' ? tone : undefined,
        }))}
      />
    </PanelSection>
  );
}
