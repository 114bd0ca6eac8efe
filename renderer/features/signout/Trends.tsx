import { useTranslation } from 'react-i18next';
import { displayUnit } from '../../../shared/domain/units.ts';
import type { CaseDetailRow } from '../../../shared/ipc/signout.ts';
import { useNow } from '../../app/useNow.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { Trend } from '../../ui/Trend.tsx';
import { Unit } from '../../ui/Value.tsx';

/** Points of a chart: more would not leave room for their numbers. */
const MOST = 6;

/** The history of the tests with the most to say, beside each other. */
export function Trends({ detail }: { detail: CaseDetailRow }) {
  const { t } = useTranslation('signout');
  const now = useNow();
  const f = useFormat();
  if (detail.trends.length === 0) return null;
  return (
    <section className="so-trends" data-count={detail.trends.length} aria-label={t('trends')}>
      {detail.trends.map((trend) => {
        const points = trend.points.slice(-MOST);
        return (
          <div key={trend.testCode} className="so-trend">
            <div className="so-trend-head">
              <b className="lv-strong lv-ellipsis">{trend.testName}</b>
              <span className="lv-grow" />
              <Unit unit={displayUnit(trend.unit)} />
            </div>
            <Trend
              name={trend.testName}
              low={trend.rangeLow}
              high={trend.rangeHigh}
              width={222}
              height={104}
              points={points.map((point, at) => {
                const last = at === points.length - 1;
                return {
                  id: `${at}`,
                  label: last ? t('now') : at === 0 ? f.day(point.at, now) : '',
                  value: point.number,
                  text: point.text,
                  withdrawn: point.withdrawn,
                };
              })}
            />
          </div>
        );
      })}
    </section>
  );
}
