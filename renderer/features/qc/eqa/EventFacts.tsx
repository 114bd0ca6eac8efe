import { useTranslation } from 'react-i18next';
import { useNow } from '../../../app/useNow.ts';
import { useFormat } from '../../../i18n/useFormat.ts';
import { Because, Facts, PanelSection, ReasonBox } from '../../../ui/Layout.tsx';
import { State } from '../../../ui/State.tsx';
import type { EqaLine } from './EqaView.tsx';
import { eventKinds, eventName } from './words.ts';

/** What is known of an event: its deadline, its submission, and how each test came out. */
export function EventFacts({ line: { event, item } }: { line: EqaLine }) {
  const { t } = useTranslation('qc-eqa');
  const format = useFormat();
  const now = useNow();
  const { submitted } = event;
  return (
    <>
      <PanelSection title={eventName(event)}>
        <div className="lv-row">
          <State kind={eventKinds[event.state]} word={t(`state.${event.state}`)} strong />
        </div>
        <Facts
          rows={[
            { label: t('facts.due'), value: format.birthDate(event.dueOn) },
            { label: t('facts.missing'), value: String(event.missing) },
          ]}
        />
      </PanelSection>
      {item.grade === null ? null : (
        <PanelSection title={`${item.testName}, ${item.specimen}`}>
          <p className="lv-text-2">
            {t(`grade.${item.grade.outcome}`)}: {item.grade.text}
          </p>
        </PanelSection>
      )}
      <PanelSection title={t('submission')}>
        {submitted === null ? (
          <p className="lv-text-2">{t('notSubmitted')}</p>
        ) : (
          <>
            <p className="lv-text-2">{submitted.meaning}</p>
            <Facts
              rows={[
                { label: t('facts.submitted'), value: `${submitted.by}, ${format.when(submitted.at, now)}` },
                {
                  label: t('facts.hash'),
                  value: <span className="lv-mono">{submitted.hash.slice(0, 12)}</span>,
                },
                ...(event.outcomeBy === ''
                  ? []
                  : [
                      {
                        label: t('facts.outcome'),
                        value: `${event.outcomeBy}, ${format.when(event.outcomeTime, now)}`,
                      },
                    ]),
              ]}
            />
            {submitted.holds ? null : <ReasonBox tone="crit">{t('noLongerHolds')}</ReasonBox>}
          </>
        )}
      </PanelSection>
      {event.scores.length === 0 ? null : (
        <PanelSection title={t('scores')}>
          {event.scores.map((one) => (
            <Because
              key={one.testCode}
              glyph={one.outcome === 'unsatisfactory' ? 'rejected' : 'check'}
              tone={
                one.outcome === 'unsatisfactory' ? 'crit' : one.outcome === 'satisfactory' ? 'ok' : 'quiet'
              }
              title={one.testName}
            >
              {one.score === null
                ? t('noScore')
                : t('score', { score: Math.round(one.score * 100), outcome: t(`outcome.${one.outcome}`) })}
              {one.unsuccessful ? ` ${t('unsuccessful')}` : ''}
            </Because>
          ))}
        </PanelSection>
      )}
    </>
  );
}
