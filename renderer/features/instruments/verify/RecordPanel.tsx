import { useTranslation } from 'react-i18next';
import type { VerificationRow } from '../../../../shared/ipc/tools.ts';
import { useNow } from '../../../app/useNow.ts';
import { useFormat } from '../../../i18n/useFormat.ts';
import { Banner, Facts, SectionBar } from '../../../ui/Layout.tsx';
import { State } from '../../../ui/State.tsx';
import { Standing } from './columns.tsx';

/** One signed record: who, when, what was said and looked at, and which of its tests still stand. */
export function RecordPanel({ record }: { record: VerificationRow }) {
  const { t } = useTranslation('verification');
  const { when } = useFormat();
  const now = useNow();
  return (
    <section className="ins-side" aria-label={t('record')}>
      <SectionBar title={t('record')}>
        <Standing row={record} t={t} />
      </SectionBar>
      {record.intact ? null : (
        <Banner tone="crit" title={t('broken')}>
          {t('brokenText')}
        </Banner>
      )}
      <div className="ins-detail-scroll">
        <div className="ins-record">
          <p className="ins-statement">{record.statement}</p>
          <Facts
            rows={[
              { label: t('facts.by'), value: <b className="lv-strong">{record.by}</b> },
              { label: t('facts.at'), value: when(record.at, now) },
              {
                label: t('facts.profile'),
                value: t('profile', {
                  id: record.profileId,
                  version: record.profileVersion,
                  overlay: record.overlayVersion,
                }),
              },
              ...(record.replay === '' ? [] : [{ label: t('facts.replay'), value: record.replay }]),
              {
                label: t('facts.hash'),
                value: (
                  <span className="lv-mono" title={record.contentHash}>
                    {record.contentHash.slice(0, 12)}
                  </span>
                ),
              },
            ]}
          />
        </div>
        <h3 className="ins-heading">{t('columns.tests')}</h3>
        <ul className="ins-list">
          {record.tests.map((test) => (
            <li key={test.testCode}>
              <span className="lv-medium">{test.testName || test.testCode}</span>
              {test.standing ? (
                <State kind="released" word={t('state.verified')} small />
              ) : (
                <State kind="warning" word={t('state.changed')} small />
              )}
            </li>
          ))}
        </ul>
        <h3 className="ins-heading">{t('columns.cases')}</h3>
        <ul className="ins-list">
          {record.cases.map((one) => (
            <li key={one.messageNumber}>
              <span>{t('case', { number: one.messageNumber, when: when(one.at, now) })}</span>
              <span className="lv-caption">{t('results', { count: one.results })}</span>
            </li>
          ))}
          {record.cases.length === 0 ? <li className="lv-text-2">{t('onlyReplay')}</li> : null}
        </ul>
      </div>
    </section>
  );
}
