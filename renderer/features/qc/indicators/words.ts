import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { rejectReasons } from '../../../../shared/ipc/accession.ts';
import type { IndicatorRow } from '../../../../shared/ipc/indicators.ts';

/** Names and durations of indicators in words. */
export function useIndicatorWords(): {
  nameOf: (row: Pick<IndicatorRow, 'name' | 'detail'>) => string;
  /** `42 min`, `3 h 5 min`; a dash without a value. @param minutes */
  minutesOf: (minutes: number | null) => string;
} {
  const { t } = useTranslation('qc-indicators');
  const { t: ta } = useTranslation('accession');
  return useMemo(
    () => ({
      nameOf: ({ name, detail }) => {
        if (name === 'rejectedFor') {
          const code = rejectReasons.find((one) => one === detail);
          return t('name.rejectedFor', {
            reason: code === undefined ? detail : `${ta(`reject.${code}`)} (${code})`,
          });
        }
        const priority = (['stat', 'asap', 'urgent', 'routine'] as const).find((one) => one === detail);
        return priority === undefined
          ? t(`name.${name}`)
          : `${t(`name.${name}`)}, ${t(`priority.${priority}`)}`;
      },
      minutesOf: (minutes) => {
        if (minutes === null) return '–';
        const whole = Math.round(minutes);
        return whole < 120
          ? t('minutes', { count: whole })
          : t('hours', { hours: Math.floor(whole / 60), minutes: whole % 60 });
      },
    }),
    [t, ta],
  );
}
