import { useTranslation } from 'react-i18next';
import { remedyOf } from '../../../shared/domain/refusal.ts';
import type { SyncEventRow, SyncRecordRow, SyncSummaryRow } from '../../../shared/ipc/sync.ts';
import { engineText } from '../../i18n/engine.ts';
import { formatTime } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { Button } from '../../ui/Button.tsx';
import { Facts, PanelSection, ReasonBox } from '../../ui/Layout.tsx';
import { PatientName } from '../../ui/PatientName.tsx';
import { State } from '../../ui/State.tsx';
import { kindWord, recordKinds, screenOf, skewText, titleWord } from './words.ts';

/** A record without a conflict: what it is, whose, why it is where it is, and what a person can do. */
export function RecordPanel({
  record,
  now,
  noServer,
  alike,
  onAgain,
  onAllAgain,
  onOpen,
}: {
  record: SyncRecordRow | undefined;
  now: Date;
  noServer: boolean;
  /** Records refused for the same reason, this one among them. */
  alike: number;
  onAgain: () => void;
  onAllAgain: () => void;
  onOpen: () => void;
}) {
  const { t } = useTranslation('sync');
  const { when } = useFormat();
  if (record === undefined)
    return (
      <div className="lv-panel-section">
        <p className="lv-text-2">{t('panel.nothing')}</p>
      </div>
    );
  return (
    <>
      <PanelSection>
        {record.patientName === '' ? null : <PatientName name={{ text: record.patientName }} size="title" />}
        <div className="lv-row">
          <span className="lv-strong">{titleWord(t, record)}</span>
          <span className="lv-grow" />
          <State kind={recordKinds[record.state]} />
        </div>
        <Facts
          rows={[
            { label: t('panel.kind'), value: kindWord(t, record.kind) },
            ...(record.accessionDisplay === ''
              ? []
              : [
                  {
                    label: t('panel.specimen'),
                    value: <span className="lv-mono">{record.accessionDisplay}</span>,
                  },
                ]),
            { label: t('panel.since'), value: when(record.changedAt, now) },
            ...(record.state === 'local'
              ? [{ label: t('panel.keptSince'), value: when(record.since, now) }]
              : []),
          ]}
        />
      </PanelSection>
      {record.state === 'refused' ? (
        <PanelSection title={t('panel.refused')} tone="crit" glyph="refused">
          <ReasonBox tone="crit">
            <span className="lv-caption">{t('panel.refusedWords')}</span>
            <p className="lv-select-text">{engineText('sync', record.why) || t('panel.noWords')}</p>
          </ReasonBox>
          <p className="sync-note">{t('panel.refusedSafe')}</p>
          <h3 className="sync-mend">{t('panel.mend')}</h3>
          <p className="lv-text-2">{t(`mend.${remedyOf(record.why)}`)}</p>
          <div className="sync-acts">
            {screenOf(record) === undefined ? null : (
              <Button wide keyName="Enter" onClick={onOpen}>
                {t('keys.open', { kind: kindWord(t, record.kind) })}
              </Button>
            )}
            {alike > 1 ? (
              <Button wide keyName="Alt+A" onClick={onAllAgain}>
                {t('keys.allAgain', { count: alike })}
              </Button>
            ) : null}
            <Button primary wide keyName="F8" onClick={onAgain}>
              {t('keys.again')}
            </Button>
          </div>
        </PanelSection>
      ) : record.state === 'local' ? (
        <PanelSection title={t('panel.kept')}>
          <p className="lv-text-2">{engineText('sync', record.why)}</p>
          <p className="sync-note">{t('panel.keptText')}</p>
        </PanelSection>
      ) : (
        <PanelSection title={t(noServer ? 'panel.queuedNone' : 'panel.queued')}>
          {noServer ? null : (
            <p className="lv-text-2">{engineText('sync', record.why) || t('panel.queuedText')}</p>
          )}
        </PanelSection>
      )}
    </>
  );
}

/** The server as this station knows it: when it last answered, clocks, pace, and what it lacks. */
export function ServerFacts({ summary, now }: { summary: SyncSummaryRow; now: Date }) {
  const { t } = useTranslation('sync');
  const { when } = useFormat();
  const { lastSyncAt, clockSkewSeconds: skew, pace, adaptations } = summary;
  const far = skew !== null && Math.abs(skew) > SKEW_NOTED;
  return (
    <PanelSection title={t('facts.title')} keyName="F2">
      <Facts
        rows={[
          {
            label: t('facts.last'),
            value: lastSyncAt === '' ? t('facts.never') : when(lastSyncAt, now),
          },
          {
            label: t('facts.clock'),
            value:
              skew === null ? (
                <span className="lv-text-2">{t('facts.clockUnknown')}</span>
              ) : far ? (
                <State
                  kind="warning"
                  word={t(skew > 0 ? 'facts.behind' : 'facts.ahead', { apart: skewText(skew) })}
                />
              ) : (
                t('facts.clockAgrees')
              ),
          },
          {
            label: t('facts.pace'),
            value:
              pace.perMinute === null ? t('facts.fullPace') : t('facts.perMinute', { count: pace.perMinute }),
          },
        ]}
      />
      {pace.why === '' ? null : <p className="sync-note lv-caption">{engineText('sync', pace.why)}</p>}
      {adaptations.length === 0 ? null : (
        <>
          <h3 className="sync-mend">{t('facts.lacks')}</h3>
          <ul className="sync-lacks">
            {adaptations.map(({ kind, types }) => (
              <li key={kind}>{t(`lacks.${kind}`, { types: types.join(', ') })}</li>
            ))}
          </ul>
        </>
      )}
    </PanelSection>
  );
}

/** Clocks may differ by so many seconds before it is worth a mark. */
const SKEW_NOTED = 5;

/** Which side wins by itself, and where a person decides. */
export function Rules() {
  const { t } = useTranslation('sync');
  return (
    <PanelSection title={t('rules.title')}>
      <Facts
        rows={[
          { label: t('rules.demographics'), value: t('rules.demographicsRule') },
          { label: t('rules.results'), value: t('rules.resultsRule') },
          { label: t('rules.signed'), value: t('rules.signedRule') },
        ]}
      />
    </PanelSection>
  );
}

/** What was said about the line to the server, newest first. */
export function Events({ rows, now }: { rows: readonly SyncEventRow[]; now: Date }) {
  const { t } = useTranslation('sync');
  const { when } = useFormat();
  return (
    <PanelSection title={t('events.title')}>
      {rows.length === 0 ? <p className="lv-text-2">{t('events.none')}</p> : null}
      <ul className="sync-events">
        {rows.slice(0, 40).map((row) => (
          <li key={row.id}>
            <time dateTime={row.at} title={formatTime(row.at, true)}>
              {when(row.at, now)}
            </time>
            <span>{engineText('sync', row.text)}</span>
          </li>
        ))}
      </ul>
    </PanelSection>
  );
}
