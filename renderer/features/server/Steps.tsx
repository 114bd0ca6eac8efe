import { useTranslation } from 'react-i18next';
import type { ProbeStepRow } from '../../../shared/ipc/server.ts';
import { formatDay, formatTime } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { EmptyState, ReasonBox } from '../../ui/Layout.tsx';
import { State } from '../../ui/State.tsx';
import { stepKinds, stepText } from './words.ts';

/** The steps of the connection test: what each found, what it means, what to do. */
export function Steps({ steps }: { steps: readonly ProbeStepRow[] }) {
  const { t } = useTranslation('server');
  const { language } = useFormat();
  if (steps.length === 0) return <EmptyState title={t('test.none')} next={t('test.noneNext')} />;
  const when = (at: string): string => `${formatDay(at, language)} ${at.slice(0, 4)} ${formatTime(at)}`;
  return (
    <ol className="srv-steps" aria-label={t('test.label')}>
      {steps.map((step) => {
        const { means, todo } = stepText(t, step, when);
        return (
          <li key={step.id} data-state={step.state} aria-label={t(`steps.${step.id}.title`)}>
            <span className="srv-step-title">{t(`steps.${step.id}.title`)}</span>
            <State kind={stepKinds[step.state]} word={t(`state.${step.state}`)} plain />
            <div className="srv-step-text">
              {means === '' ? null : <p className={todo === '' ? 'lv-text-2' : ''}>{means}</p>}
              {step.words === '' ? null : (
                <p className="lv-caption lv-select-text srv-words">
                  {t('test.words')}: {step.words}
                </p>
              )}
              {todo === '' ? null : (
                <ReasonBox tone={step.state === 'failed' ? 'crit' : 'abn'}>{todo}</ReasonBox>
              )}
              <Items step={step} />
            </div>
          </li>
        );
      })}
    </ol>
  );
}

/** What was looked at within a step, where something is not as it should be. */
function Items({ step }: { step: ProbeStepRow }) {
  const { t } = useTranslation('server');
  const lacking = step.items.filter((item) => !item.ok);
  if (lacking.length === 0) return null;
  return (
    <dl className="srv-items">
      {lacking.map((item) => (
        <div key={item.id}>
          <dt className={step.id === 'scope' ? 'lv-mono' : ''}>
            {step.id === 'scope' ? item.id : t(`abilities.${item.id}.title`)}
          </dt>
          <dd className="lv-text-2">
            {step.id === 'scope' ? t(`kinds.${item.code}`, item.values) : t(`abilities.${item.id}.instead`)}
          </dd>
        </div>
      ))}
    </dl>
  );
}
