import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { displayUnit } from '../../../shared/domain/units.ts';
import type { CatalogRow } from '../../../shared/ipc/admin.ts';
import { useNow } from '../../app/useNow.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { ageText } from '../../i18n/who.ts';
import { Facts, Panel, PanelSection } from '../../ui/Layout.tsx';
import { State } from '../../ui/State.tsx';
import { TubeCap } from '../../ui/TubeCap.tsx';
import { Unit } from '../../ui/Value.tsx';
import type { Entry } from './columns.tsx';
import { deltaText } from './delta.ts';
import { agesOf, instrumentName } from './say.ts';

/** Everything the catalogue says about one entry, and where that comes from. */
export function EntryPanel({
  entry,
  source,
  onGo,
}: {
  entry: Entry;
  /** Who keeps the catalogue and what happens when it changes there. */
  source: string;
  onGo: (row: CatalogRow) => void;
}) {
  const { t } = useTranslation('catalogue');
  const now = useNow();
  const f = useFormat();
  const { row } = entry;
  return (
    <Panel label={t('details')}>
      <PanelSection>
        <div className="lv-row">
          <span className="ca-title lv-ellipsis">{row.name}</span>
          <span className="lv-grow" />
          {row.active ? null : <State kind="excluded" word={t('notInUse')} small />}
        </div>
        <div className="lv-caption">
          {t(`kind.${row.kind}`)} <span className="lv-mono">{row.code}</span>
          {row.section === '' ? null : ` · ${t(`section.${row.section}`, { defaultValue: row.section })}`}
        </div>
      </PanelSection>
      {row.kind === 'test' ? <TestDetails entry={entry} onGo={onGo} /> : null}
      {row.kind === 'panel' ? (
        <PanelSection title={t('tests')} detail={t('inReportOrder', { count: entry.tests.length })}>
          <Rows rows={entry.tests} onGo={onGo} right={(one) => <Unit unit={displayUnit(one.unit)} />} />
        </PanelSection>
      ) : null}
      {row.kind === 'specimenType' ? (
        <>
          <PanelSection>
            <Facts
              rows={[
                { label: t('col.container'), value: row.container },
                { label: t('col.cap'), value: <TubeCap cap={row.cap} named /> },
                { label: t('col.draw'), value: row.drawOrder === 0 ? t('none') : row.drawOrder },
              ]}
            />
            {row.handling === '' ? null : <p className="ca-handling">{row.handling}</p>}
          </PanelSection>
          <PanelSection title={t('measuredIn')} detail={t('count', { count: entry.tests.length })}>
            <Rows rows={entry.tests} onGo={onGo} right={(one) => <Unit unit={displayUnit(one.unit)} />} />
          </PanelSection>
        </>
      ) : null}
      <PanelSection title={t('from')}>
        <p className="ca-source">{source}</p>
        <Facts
          rows={[
            { label: t('col.record'), value: <State kind={row.syncState} small /> },
            { label: t('changed'), value: f.when(row.changedAt, now) },
          ]}
        />
      </PanelSection>
    </Panel>
  );
}

function TestDetails({ entry, onGo }: { entry: Entry; onGo: (row: CatalogRow) => void }) {
  const { t } = useTranslation('catalogue');
  const { row } = entry;
  const none = <span className="lv-text-2">{t('none')}</span>;
  return (
    <>
      <PanelSection>
        <Facts
          rows={[
            {
              label: t('col.loinc'),
              value: row.loinc === '' ? none : <span className="lv-mono">{row.loinc}</span>,
            },
            {
              label: t('col.unit'),
              value:
                row.unit === '' ? (
                  none
                ) : (
                  <>
                    {displayUnit(row.unit) || t('noUnit')} <span className="lv-caption">UCUM</span>{' '}
                    <span className="lv-mono">{row.unit}</span>
                  </>
                ),
            },
            {
              label: t('col.specimen'),
              value:
                entry.specimens.length === 0
                  ? none
                  : entry.specimens.map((one) => (
                      <span key={one.id} className="ca-specimen">
                        <TubeCap cap={one.cap} />
                        {one.name}
                      </span>
                    )),
            },
            {
              label: t('measuredBy'),
              value:
                row.instruments.length === 0
                  ? t('byHandHere')
                  : row.instruments.map(instrumentName).join(', '),
            },
          ]}
        />
      </PanelSection>
      <PanelSection title={t('ranges')} detail={t('rangesDetail')}>
        {row.ranges.length === 0 ? (
          <p className="lv-text-2">{t('noRanges')}</p>
        ) : (
          <table className="ca-ranges">
            <thead>
              <tr>
                <th>{t('for')}</th>
                <th>{t('col.range')}</th>
                <th>{t('col.critical')}</th>
              </tr>
            </thead>
            <tbody>
              {row.ranges.map((range) => {
                const { kind, low, high } = agesOf(range);
                const sex = range.sex === 'any' ? '' : t(`sex.${range.sex}`);
                const ages =
                  kind === 'any'
                    ? sex === ''
                      ? t('ages.any')
                      : ''
                    : t(`ages.${kind}`, { low: ageText(t, low), high: ageText(t, high) });
                return (
                  <tr key={`${range.sex}-${range.ageLowDays}-${range.specimenType}`}>
                    <th scope="row">{[sex, ages].filter(Boolean).join(', ')}</th>
                    <td className="lv-medium">{range.text === '' ? t('noRange') : range.text}</td>
                    <td>{range.criticalText === '' ? '–' : range.criticalText}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        )}
      </PanelSection>
      <PanelSection title={t('rules')}>
        <Facts
          rows={[
            { label: t('plausible'), value: row.plausibleText === '' ? none : row.plausibleText },
            { label: t('col.delta'), value: row.delta === null ? none : deltaText(row, t) },
            { label: t('releasedBy'), value: t(row.autoverify ? 'autoverify' : 'byPerson') },
          ]}
        />
      </PanelSection>
      <PanelSection title={t('inPanels')}>
        {entry.panels.length === 0 ? (
          <p className="lv-text-2">{t('inNoPanel')}</p>
        ) : (
          <Rows rows={entry.panels} onGo={onGo} right={(one) => t('count', { count: one.members.length })} />
        )}
      </PanelSection>
    </>
  );
}

/** Other entries, one per line; choosing one goes there. */
function Rows({
  rows,
  onGo,
  right,
}: {
  rows: readonly CatalogRow[];
  onGo: (row: CatalogRow) => void;
  right: (row: CatalogRow) => ReactNode;
}) {
  return (
    <ul className="ca-rows">
      {rows.map((row) => (
        <li key={row.id}>
          <button type="button" className="ca-row" onClick={() => onGo(row)}>
            <span className="lv-mono">{row.code}</span>
            <span className="lv-ellipsis">{row.name}</span>
            <span className="lv-text-2">{right(row)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
