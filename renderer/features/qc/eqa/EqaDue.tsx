import { useTranslation } from 'react-i18next';
import type { EqaEventRow } from '../../../../shared/ipc/eqa.ts';
import { useLive } from '../../../data/hooks.ts';
import { Banner } from '../../../ui/Layout.tsx';
import { eventName } from './words.ts';

/** Over today's list: events of proficiency testing that are overdue or due within three days. Nothing when there is none. */
export function EqaDue() {
  const { t } = useTranslation('qc-eqa');
  const { rows } = useLive('eqa.events', {});
  const named = (state: EqaEventRow['state']): EqaEventRow[] => rows.filter((one) => one.state === state);
  const words = (of: readonly EqaEventRow[]): string =>
    of.map((one) => `${eventName(one)} (${one.dueOn})`).join(', ');
  const [overdue, soon] = [named('overdue'), named('dueSoon')];
  return (
    <>
      {overdue.length === 0 ? null : (
        <Banner tone="crit" title={t('overdue', { count: overdue.length, names: words(overdue) })} />
      )}
      {soon.length === 0 ? null : (
        <Banner tone="abn" title={t('soon', { count: soon.length, names: words(soon) })} />
      )}
    </>
  );
}
