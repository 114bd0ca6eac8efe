import { useTranslation } from 'react-i18next';
import type { SyncEventRow, SyncRecordRow } from '../../../shared/ipc/sync.ts';
import { formatTime } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { Button } from '../../ui/Button.tsx';
import { Facts, PanelSection, ReasonBox } from '../../ui/Layout.tsx';
import { PatientName } from '../../ui/PatientName.tsx';
import { State } from '../../ui/State.tsx';
import { kindWord, recordKinds, titleWord } from './words.ts';

/** A record without a conflict: what it is, whose, why it is where it is, and what a person can do. */
export function RecordPanel({
  record,
  now,
  noServer,
  onAgain,
}: {
  record: SyncRecordRow | undefined;
  now: Date;
  noServer: boolean;
  onAgain: () => void;
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
          ]}
        />
      </PanelSection>
      {record.state === 'refused' ? (
        <PanelSection title={t('panel.refused')} tone="crit" glyph="refused">
          <ReasonBox tone="crit">
            <span className="lv-caption">{t('panel.refusedWords')}</span>
            <p className="lv-select-text">{record.why || t('panel.noWords')}</p>
          </ReasonBox>
          <p className="sync-note">{t('panel.refusedSafe')}</p>
          <div className="sync-act">
            <Button primary wide keyName="F8" onClick={onAgain}>
              {t('keys.again')}
            </Button>
          </div>
        </PanelSection>
      ) : (
        <PanelSection title={t(noServer ? 'panel.queuedNone' : 'panel.queued')}>
          {noServer ? null : <p className="lv-text-2">{record.why || t('panel.queuedText')}</p>}
        </PanelSection>
      )}
    </>
  );
}

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
            <span>{row.text}</span>
          </li>
        ))}
      </ul>
    </PanelSection>
  );
}
