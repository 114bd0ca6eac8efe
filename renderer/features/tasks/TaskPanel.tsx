import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { TaskRow } from '../../../shared/ipc/admin.ts';
import type { ResultDetailRow } from '../../../shared/ipc/results.ts';
import { useNow } from '../../app/useNow.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { reasonText, whoText } from '../../i18n/who.ts';
import { Facts, Panel, PanelSection, ReasonBox, Tag } from '../../ui/Layout.tsx';
import { PatientName } from '../../ui/PatientName.tsx';
import { State } from '../../ui/State.tsx';
import { Value } from '../../ui/Value.tsx';
import { howEnded, Kind, useWaited } from './columns.tsx';

/** What a task is about: whose, which value, since when, what ends it, and how it ended. */
export function TaskPanel({
  row,
  detail,
  foot,
}: {
  row: TaskRow;
  detail: ResultDetailRow | undefined;
  foot: ReactNode;
}) {
  const { t, i18n } = useTranslation('tasks');
  const format = useFormat();
  const now = useNow();
  const age = useWaited();
  const hint = `ends.${row.kind}`;
  return (
    <Panel label={t('panel')} foot={foot}>
      {detail === undefined ? (
        <PanelSection>
          <PatientName name={{ text: row.patientName }} size="title" />
          <div className="lv-caption lv-mono">{row.accessionDisplay}</div>
        </PanelSection>
      ) : (
        <About detail={detail} />
      )}
      <PanelSection>
        <div className="lv-task-kind">
          <Kind row={row} />
          <span className="lv-grow" />
          <span className="lv-caption">
            {row.status === 'open'
              ? t('sinceAge', { at: format.when(row.createdAt, now), age: age(row.createdAt) })
              : format.when(row.createdAt, now)}
          </span>
        </div>
        {row.status === 'open' && i18n.exists(`tasks:${hint}`) ? (
          <ReasonBox tone={row.kind === 'criticalCall' ? 'crit' : 'held'}>
            <b>{t('toEnd')}</b> {t(hint)}
          </ReasonBox>
        ) : null}
        {row.status === 'open' ? null : (
          <Facts
            rows={[
              { label: t('columns.how'), value: howEnded(row, t) },
              { label: t('columns.by'), value: row.resolvedBy },
              { label: t('columns.at'), value: format.when(row.resolvedAt, now) },
            ]}
          />
        )}
      </PanelSection>
    </Panel>
  );
}

function About({ detail }: { detail: ResultDetailRow }) {
  const { t } = useTranslation('tasks');
  const format = useFormat();
  const flag = detail.interpretation || undefined;
  const critical = flag === 'HH' || flag === 'LL';
  return (
    <>
      <PanelSection>
        <div className="lv-row">
          <PatientName name={{ text: detail.patientName }} size="title" />
          <span className="lv-grow" />
          {detail.priority === 'stat' ? <Tag>{t('stat')}</Tag> : null}
        </div>
        {detail.transliteration === '' ? null : (
          <div className="lv-caption lv-select-text">{detail.transliteration}</div>
        )}
        <div className="lv-row">
          <span className="lv-strong">{whoText(t, detail, ' · ')}</span>
          <span className="lv-text-2">{format.birthDate(detail.patient.birthDate)}</span>
          <span className="lv-text-2">
            {t('mrn')} <span className="lv-mono">{detail.patient.identifier}</span>
          </span>
        </div>
        <div className="lv-caption">
          {detail.patient.ward} · <span className="lv-mono">{detail.accessionDisplay}</span>
        </div>
      </PanelSection>
      <PanelSection>
        <div className="lv-medium">{detail.testName}</div>
        <div className="lv-task-value">
          <Value text={detail.valueText} unit={detail.unit} flag={flag} size="focus" />
          <span className="lv-task-flag">
            {critical ? (
              <State kind={flag === 'HH' ? 'criticalHigh' : 'criticalLow'} word={t('critical', { flag })} />
            ) : null}
            <span className="lv-caption">
              {detail.rangeText === '' ? t('noRange') : t('range', { range: detail.rangeText })}
            </span>
          </span>
        </div>
        <div className="lv-row">
          <State kind={detail.verdict} reason={reasonText(t, detail.verdictReason) || undefined} />
        </div>
      </PanelSection>
    </>
  );
}
