import type { ReactNode, Ref } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../shared/errors.ts';
import type { ReleasePlanRow, ResultDetailRow, ResultRow } from '../../../shared/ipc/results.ts';
import { useNow } from '../../app/useNow.ts';
import { engineText } from '../../i18n/engine.ts';
import { formatTime } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { ageText, sexText } from '../../i18n/who.ts';
import { ClaimBanner, useClaims } from '../../ui/Claim.tsx';
import { Facts, Panel, PanelSection, Tag } from '../../ui/Layout.tsx';
import { PatientName } from '../../ui/PatientName.tsx';
import { State } from '../../ui/State.tsx';
import { Value } from '../../ui/Value.tsx';
import { CommentSection } from './CommentSection.tsx';
import { Flag, flagOf, qcKinds } from './columns.tsx';
import { HistorySection } from './HistorySection.tsx';
import { PicturesSection } from './PicturesSection.tsx';
import { WhySection } from './WhySection.tsx';
import { inSentence, useInstrumentName } from './words.ts';

export interface ResultPanelProps {
  row: ResultRow;
  /** Undefined until the engine has answered; never another result's. */
  detail: ResultDetailRow | undefined;
  plan: ReleasePlanRow | undefined;
  /** All rules are listed, not only those that decide. */
  allRules: boolean;
  comment: Ref<HTMLTextAreaElement>;
  onError: (error: PlainError) => void;
  foot: ReactNode;
}

/** What is it, whose is it, why this state, what would change it, what can I press. */
export function ResultPanel({ row, detail, plan, allRules, comment, onError, foot }: ResultPanelProps) {
  const { t } = useTranslation('results');
  const claimOf = useClaims();
  return (
    <Panel label={t('panel.label')} foot={foot} shown={allRules}>
      <ClaimBanner claim={claimOf('specimens', row.specimenId)} />
      <Who row={row} detail={detail} />
      <What row={row} detail={detail} />
      {detail === undefined ? null : (
        <>
          <WhySection detail={detail} plan={plan} all={allRules} />
          <HistorySection detail={detail} />
          <PicturesSection resultId={detail.id} />
          <Source detail={detail} />
          <Versions detail={detail} />
          <CommentSection key={detail.id} detail={detail} area={comment} onError={onError} />
        </>
      )}
    </Panel>
  );
}

function Who({ row, detail }: { row: ResultRow; detail: ResultDetailRow | undefined }) {
  const { t } = useTranslation('results');
  const format = useFormat();
  const now = useNow();
  const when = (at: string): string => (at === '' ? t('panel.unknownTime') : format.when(at, now));
  return (
    <PanelSection>
      <div className="lv-row">
        <PatientName
          name={{ text: row.patientName, transliteration: row.transliteration || undefined }}
          size="title"
        />
        <span className="lv-grow" />
        {row.priority === 'stat' ? <Tag>{t('stat')}</Tag> : null}
      </div>
      {row.transliteration === '' ? null : (
        <div className="lv-caption lv-select-text">{row.transliteration}</div>
      )}
      <div className="lv-row">
        <span className="lv-strong lv-nowrap">{`${sexText(t, row.sex)} · ${ageText(t, row.age) || t('panel.ageUnknown')}`}</span>
        {detail === undefined ? null : (
          <>
            {detail.patient.birthDate === '' ? null : (
              <span className="lv-text-2">{format.birthDate(detail.patient.birthDate)}</span>
            )}
            <span className="lv-text-2 lv-nowrap">
              {t('panel.mrn')} <span className="lv-mono">{detail.patient.identifier}</span>
            </span>
          </>
        )}
      </div>
      {detail === undefined ? null : (
        <div className="lv-caption">
          {t('panel.specimen', {
            ward: detail.patient.ward || t('panel.noWard'),
            drawn: when(detail.collectedTime),
            received: when(detail.receivedTime),
          })}
        </div>
      )}
      <div className="lv-caption">
        {t('columns.specimen')} <span className="lv-mono">{row.accessionDisplay}</span>
        {detail === undefined || detail.typeDisplay === '' ? null : ` · ${inSentence(detail.typeDisplay)}`}
      </div>
    </PanelSection>
  );
}

function What({ row, detail }: { row: ResultRow; detail: ResultDetailRow | undefined }) {
  const { t } = useTranslation('results');
  const critical = row.interpretation === 'HH' || row.interpretation === 'LL';
  return (
    <PanelSection>
      <div className="lv-row">
        <span className="lv-medium">{row.testName}</span>
        <span className="lv-grow" />
        {row.version > 1 ? (
          <span className="lv-caption">{t('panel.version', { version: row.version })}</span>
        ) : null}
      </div>
      <div className="lv-result-focus">
        <Value
          text={row.valueText}
          unit={row.unit}
          flag={flagOf(row)}
          size="focus"
          struck={row.verdict === 'rejected'}
        />
        <span className="lv-result-flag">
          <Flag row={row} word={critical ? t('panel.critical', { flag: row.interpretation }) : undefined} />
          <span className="lv-caption">
            {row.rangeText === ''
              ? t('noRange')
              : [
                  t('panel.range', { range: row.rangeText }),
                  engineText('verdict', detail?.range?.appliesTo ?? ''),
                ]
                  .filter(Boolean)
                  .join(' · ')}
          </span>
        </span>
      </div>
    </PanelSection>
  );
}

function Source({ detail }: { detail: ResultDetailRow }) {
  const { t } = useTranslation('results');
  const format = useFormat();
  const now = useNow();
  const time = (at: string): string =>
    format.when(at, now).includes(' ') ? format.when(at, now) : formatTime(at, true);
  const instrument = useInstrumentName(detail.instrumentId);
  const measured = detail.measuredTime === '' ? '' : time(detail.measuredTime);
  return (
    <PanelSection>
      <Facts
        rows={[
          {
            label: detail.instrumentId === '' ? t('panel.entered') : t('panel.instrument'),
            value: (
              <>
                <b className="lv-medium">{instrument || detail.enteredBy}</b> {measured}
                {detail.instrumentId === '' || detail.operator === '' ? null : ` · ${detail.operator}`}
                {detail.flags.length === 0 ? null : (
                  <>
                    {' · '}
                    {t('panel.flags', { count: detail.flags.length })}{' '}
                    <span className="lv-mono">{detail.flags.join(' ')}</span>
                  </>
                )}
              </>
            ),
          },
          ...(detail.qc === 'none'
            ? []
            : [
                {
                  label: t('columns.qc'),
                  value: (
                    <State
                      kind={qcKinds[detail.qc] ?? 'notEvaluated'}
                      word={detail.qcText || t(`qc.${detail.qc}`)}
                    />
                  ),
                },
              ]),
        ]}
      />
    </PanelSection>
  );
}

function Versions({ detail }: { detail: ResultDetailRow }) {
  const instrument = useInstrumentName(detail.instrumentId);
  const { t } = useTranslation('results');
  const format = useFormat();
  const now = useNow();
  if (detail.versions.length < 2) return null;
  return (
    <PanelSection title={t('panel.versions')} detail={t('panel.versionsKept')}>
      <Facts
        rows={detail.versions.map((version) => ({
          id: version.id,
          label: t('panel.versionAt', { version: version.version, at: format.when(version.at, now) }),
          value: (
            <span className="lv-row lv-row-end">
              <Value text={version.text} unit={detail.unit} struck={version.id !== detail.id} size="text" />
              <span className="lv-caption">
                {version.by === 'rules' ? t('panel.byRules') : version.by || instrument}
              </span>
            </span>
          ),
        }))}
      />
    </PanelSection>
  );
}
