import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { displayUnit } from '../../../shared/domain/units.ts';
import type { CaseDetailRow } from '../../../shared/ipc/signout.ts';
import { useNow } from '../../app/useNow.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { Glyph } from '../../ui/Glyph.tsx';
import { nameText } from '../../ui/PatientName.tsx';
import { State } from '../../ui/State.tsx';
import { Unit, Value } from '../../ui/Value.tsx';
import { PaperTable } from './PaperTable.tsx';
import { flagState, longWhen, shortHash, valueFlag } from './words.ts';

/** The report as it will read: what the signature stands under. `conclusion` is the editable part. */
export function Paper({
  detail,
  changed,
  conclusion,
}: {
  detail: CaseDetailRow;
  /** Test codes of the lines that changed while they were being read. */
  changed: ReadonlySet<string>;
  conclusion: ReactNode;
}) {
  const { t } = useTranslation('signout');
  const now = useNow();
  const f = useFormat();
  const { patient } = detail;
  const name = nameText({ family: patient.familyName, given: patient.givenName });
  const sex = patient.sex === 'unknown' ? t('sex.unknown') : t(`sex.${patient.sex}`);
  const collected = [...new Set(detail.specimens.map((one) => one.collectedTime).filter(Boolean))].sort();
  const before = detail.versions.find((one) => one.version === detail.version - 1);
  const corrected = detail.results.filter((one) => one.replaces !== null);
  return (
    <article className="so-paper" aria-label={t('report')}>
      <header className="so-paper-head">
        <div className="lv-grow">
          <h2>{detail.title}</h2>
          <p className="lv-caption so-paper-kind">
            {detail.version > 1 ? (
              <>
                <span className="lv-tone-held so-inline">
                  <Glyph name="amend" />
                  <b className="lv-strong">{t('correctedReport')}</b>
                </span>
                <span className="lv-tone-held">{t('version', { version: detail.version })}</span>
                {before === undefined ? null : (
                  <span>{t('replaces', { version: before.version, at: f.when(before.at, now) })}</span>
                )}
              </>
            ) : (
              t('finalReport')
            )}
          </p>
        </div>
        <div className="so-paper-lab">
          <b className="lv-strong">{detail.laboratory}</b>
          <span className="lv-caption">{detail.address}</span>
        </div>
      </header>
      <dl className="so-paper-facts">
        <dt>{t('patient')}</dt>
        <dd>
          <bdi className="lv-medium">{name}</bdi>
          {patient.transliteration === '' ? null : (
            <span className="lv-medium"> ({patient.transliteration})</span>
          )}
        </dd>
        <dt>{t('collected')}</dt>
        <dd>
          {collected.length === 0
            ? t('notKnown')
            : collected.map((at) => longWhen(at, f.birthDate)).join(', ')}
        </dd>
        <dt>{t('idBornSex')}</dt>
        <dd>
          <span className="lv-mono">{patient.identifier}</span>
          {`, ${patient.birthDate === '' ? t('birthNotKnown') : f.birthDate(patient.birthDate)}, ${sex}`}
        </dd>
        <dt>{t('specimen', { count: detail.specimens.length })}</dt>
        <dd>
          {detail.specimens.map((one) => (
            <div key={one.id}>
              {one.typeDisplay} <span className="lv-mono">{one.accessionDisplay}</span>
              {one.conditionText === '' ? null : <span className="lv-tone-abn">: {one.conditionText}</span>}
            </div>
          ))}
        </dd>
      </dl>
      {corrected.map((result) => (
        <CorrectionBox key={result.id} result={result} />
      ))}
      <PaperTable detail={detail} changed={changed} />
      {conclusion}
      <footer className="so-paper-foot">
        {detail.signature === null ? (
          <span className="lv-text-2 so-inline">
            <Glyph name="ring" />
            {t('notSigned')}
          </span>
        ) : (
          <>
            <State kind="signed" detail={f.when(detail.signature.at, now)} />
            <span>
              {detail.signature.name}. {detail.signature.meaning}.
            </span>
            <span className="lv-mono lv-text-2" title={detail.signature.contentHash}>
              {shortHash(detail.signature.contentHash)}
            </span>
          </>
        )}
        <span className="lv-grow" />
        <span className="lv-text-2">{t('requisition', { number: detail.requisition })}</span>
      </footer>
    </article>
  );
}

/** Old and new value side by side (C1 k): both are shown, with when, who and why. */
function CorrectionBox({ result }: { result: CaseDetailRow['results'][number] }) {
  const { t } = useTranslation('signout');
  const now = useNow();
  const f = useFormat();
  const old = result.replaces;
  if (old === null) return null;
  const oldFlag = flagState(old.interpretation);
  const newFlag = flagState(result.interpretation);
  const range = result.rangeText === '' ? t('noRange') : t('range', { range: result.rangeText });
  return (
    <section className="so-correction" aria-label={t('correctionOf', { test: result.testName })}>
      <div className="so-correction-line">
        <b className="lv-strong">{result.testName}</b>
        <span className="so-correction-old">
          <Value text={old.text} size="text" struck />
        </span>
        {oldFlag === null ? null : (
          <span className="lv-caption">{oldFlag.word ?? t(`states:${oldFlag.kind}`)}</span>
        )}
        <span className="lv-tone-held" aria-hidden="true">
          →
        </span>
        <span className="so-correction-new">
          <Value text={result.valueText} size="text" flag={valueFlag(result.interpretation)} />
        </span>
        {newFlag === null ? null : <State {...newFlag} small />}
        <Unit unit={displayUnit(result.unit)} />
        <span className="lv-caption">{range}</span>
        <span className="lv-grow" />
        <State kind="corrected" detail={f.when(result.verifiedTime, now)} small />
      </div>
      <div className="so-correction-line so-correction-why lv-caption">
        <span>
          {t('oldWas', { at: f.when(old.at, now), by: old.by === 'rules' ? t('rules') : old.by })}{' '}
          {t('newWas', { at: f.when(result.verifiedTime, now), by: result.verifiedBy })}
        </span>
        <span className="lv-grow" />
        <span>{t('reason', { reason: old.reason })}</span>
      </div>
    </section>
  );
}
