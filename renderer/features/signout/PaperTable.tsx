import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import { displayUnit } from '../../../shared/domain/units.ts';
import type { CaseDetailRow } from '../../../shared/ipc/signout.ts';
import { formatValueText } from '../../i18n/format.ts';
import { Glyph } from '../../ui/Glyph.tsx';
import { Sparkline } from '../../ui/Sparkline.tsx';
import { State } from '../../ui/State.tsx';
import { flagTone, Unit, Value } from '../../ui/Value.tsx';
import { flagState, valueFlag } from './words.ts';

/** The results of a report, 24 px per line, under the names of what was ordered. */
export function PaperTable({ detail, changed }: { detail: CaseDetailRow; changed: ReadonlySet<string> }) {
  const { t } = useTranslation('signout');
  const groups = new Set(detail.results.map((one) => one.group));
  return (
    <table className="so-table">
      <thead>
        <tr>
          <th className="so-col-test">{t('col.test')}</th>
          <th className="so-col-result">{t('col.result')}</th>
          <th className="so-col-flag">{t('col.flag')}</th>
          <th className="so-col-unit">{t('col.unit')}</th>
          <th className="so-col-range">{t('col.range')}</th>
          <th className="so-col-prev">{t('col.previous')}</th>
          <th className="so-col-trend">{t('col.trend')}</th>
        </tr>
      </thead>
      <tbody>
        {detail.results.map((result, at) => {
          const opens = groups.size > 1 && result.group !== detail.results[at - 1]?.group;
          return (
            <Fragment key={result.id}>
              {opens ? (
                <tr className="so-group">
                  <th colSpan={7} scope="colgroup">
                    {result.group}
                  </th>
                </tr>
              ) : null}
              <Line result={result} changed={changed.has(result.testCode)} />
            </Fragment>
          );
        })}
      </tbody>
    </table>
  );
}

function Line({ result, changed }: { result: CaseDetailRow['results'][number]; changed: boolean }) {
  const { t } = useTranslation('signout');
  const shown = flagState(result.interpretation);
  const flag = valueFlag(result.interpretation);
  return (
    <>
      <tr className={changed ? 'so-line-changed' : undefined}>
        <th scope="row" className="so-col-test">
          {result.testName}
          {result.replaces === null ? null : (
            <span className="lv-tone-held so-mark" title={t('states:corrected')}>
              <Glyph name="amend" />
            </span>
          )}
        </th>
        <td className="so-col-result">
          <Value text={result.valueText} flag={flag} />
        </td>
        <td className="so-col-flag">{shown === null ? null : <State {...shown} />}</td>
        <td className="so-col-unit">
          <Unit unit={displayUnit(result.unit)} />
        </td>
        <td className="so-col-range">{result.rangeText === '' ? t('noRange') : result.rangeText}</td>
        <td className="so-col-prev">
          {result.previousText === '' ? '–' : formatValueText(result.previousText)}
        </td>
        <td className="so-col-trend">
          {result.trend.length > 1 ? (
            <Sparkline
              values={result.trend}
              low={result.rangeLow}
              high={result.rangeHigh}
              tone={flagTone(flag)}
            />
          ) : (
            <span className="lv-caption">{t('ui:first')}</span>
          )}
        </td>
      </tr>
      {result.comment === '' ? null : (
        <tr className="so-remark">
          <td colSpan={7}>{result.comment}</td>
        </tr>
      )}
    </>
  );
}
