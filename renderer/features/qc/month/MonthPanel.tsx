import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { QcSignOffRow } from '../../../../shared/ipc/qc.ts';
import type { QcMonthPoint, QcMonthRow } from '../../../../shared/ipc/qc-plan.ts';
import { useNow } from '../../../app/useNow.ts';
import { formatUnit } from '../../../i18n/format.ts';
import { useFormat } from '../../../i18n/useFormat.ts';
import { Because, Facts, Panel, PanelSection, ReasonBox } from '../../../ui/Layout.tsx';
import { State } from '../../../ui/State.tsx';
import { signedZ } from '../words.ts';
import { type LotRow, numberText } from './rows.ts';

/** What stands in a period about a test, and who signed the period. */
export function MonthPanel({
  row,
  signatures,
  missing,
  foot,
}: {
  row: LotRow | undefined;
  signatures: readonly QcSignOffRow[];
  /** rejected controls without a corrective action, of all tests */
  missing: number;
  foot: ReactNode;
}) {
  const { t } = useTranslation('qc-month');
  const format = useFormat();
  const now = useNow();
  return (
    <Panel label={t('panel')} foot={foot}>
      <PanelSection title={t('signature')}>
        {signatures.length === 0 ? <p className="lv-caption">{t('notSigned')}</p> : null}
        {signatures.map((one) => (
          <div key={one.id} className="qc-signature">
            <div className="lv-row">
              <State kind="signed" word={t('signedBy', { by: one.by })} />
              <span className="lv-caption">{format.when(one.at, now)}</span>
            </div>
            {one.comment === '' ? null : <p>{one.comment}</p>}
            {one.holds ? null : <ReasonBox tone="held">{t('noLongerHolds')}</ReasonBox>}
          </div>
        ))}
        {missing === 0 ? null : <ReasonBox tone="held">{t('missing', { count: missing })}</ReasonBox>}
      </PanelSection>
      {row === undefined ? null : <TestSections row={row} />}
    </Panel>
  );
}

function TestSections({ row }: { row: LotRow }) {
  const { t } = useTranslation('qc-month');
  const format = useFormat();
  const now = useNow();
  const { test, peer } = row;
  return (
    <>
      <PanelSection title={test.testName} detail={t('points', { count: test.points })}>
        <Facts
          rows={[
            { label: t('warnings'), value: String(test.warnings) },
            {
              label: t('tea'),
              value: test.totalErrorAllowed === null ? t('teaMissing') : `${test.totalErrorAllowed} %`,
            },
            ...(peer === undefined
              ? []
              : [
                  {
                    label: t('group', { level: peer.level }),
                    value: `${peer.group.mean}, ${peer.group.sd}, n ${peer.group.n}`,
                  },
                  { label: 'SDI, CVI', value: `${numberText(peer.sdi, 2)}, ${numberText(peer.cvi, 2)}` },
                ]),
          ]}
        />
      </PanelSection>
      <PanelSection title={t('rejectedOf', { count: test.rejected.length })}>
        {test.rejected.map((point) => (
          <Point key={point.id} point={point} test={test} />
        ))}
      </PanelSection>
      {test.excluded.length === 0 ? null : (
        <PanelSection title={t('excludedOf', { count: test.excluded.length })}>
          {test.excluded.map((point) => (
            <Because
              key={point.id}
              glyph="excl"
              tone="quiet"
              title={`${point.level}, ${format.when(point.at, now)}`}
              numbers={`${point.text} ${formatUnit(test.unit)}`}
            >
              {t('excludedBy', { reason: point.excluded?.reason ?? '', by: point.excluded?.by ?? '' })}
            </Because>
          ))}
        </PanelSection>
      )}
      {test.overrides.length === 0 ? null : (
        <PanelSection title={t('overrides')}>
          {test.overrides.map((one) => (
            <p key={one.at} className="lv-caption">
              {format.when(one.at, now)}–{format.when(one.until, now)}, {one.by}: {one.reason}
            </p>
          ))}
        </PanelSection>
      )}
    </>
  );
}

function Point({ point, test }: { point: QcMonthPoint; test: QcMonthRow }) {
  const { t } = useTranslation('qc-month');
  const format = useFormat();
  const now = useNow();
  return (
    <Because
      glyph="rejected"
      tone="crit"
      title={`${point.level}, ${format.when(point.at, now)}`}
      numbers={
        <>
          {point.text} {formatUnit(test.unit)} <b>{signedZ(point.z)}</b>
        </>
      }
    >
      {[point.rules.filter((rule) => rule !== '1-2s').join(', '), ...point.marks].filter(Boolean).join(' · ')}
      {point.actions.map((one) => (
        <span key={one.id} className="qc-month-action">
          {[
            one.code === ''
              ? one.kind === 'reviewed'
                ? t('qc:action.reviewed')
                : ''
              : t(`qc:action.${one.code}`),
            one.text,
          ]
            .filter(Boolean)
            .join(': ')}{' '}
          ({one.by})
        </span>
      ))}
      {point.open ? <span className="qc-month-action lv-tone-held">{t('noAction')}</span> : null}
    </Because>
  );
}
