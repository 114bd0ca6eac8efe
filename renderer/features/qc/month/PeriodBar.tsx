import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ScreenKey } from '../../../app/keys.ts';
import { Button } from '../../../ui/Button.tsx';
import { SectionBar } from '../../../ui/Layout.tsx';
import { SegmentedFilter } from '../../../ui/SegmentedFilter.tsx';
import type { PeriodKind } from './period.ts';

/** The keys of a period bar: Page Up and Page Down step by one period, F4 goes between month and week. */
export function usePeriodKeys({
  kind,
  onKind,
  onStep,
}: {
  kind: PeriodKind;
  onKind: (kind: PeriodKind) => void;
  /** -1: the period before, 1: the one after. */
  onStep: (by: number) => void;
}): { step: ScreenKey[]; kind: ScreenKey } {
  const { t } = useTranslation('qc-month');
  const other = kind === 'month' ? 'week' : 'month';
  return {
    step: [
      {
        key: 'PageUp',
        label: t('keys.period'),
        caps: ['PageUp', 'PageDown'],
        run: () => onStep(-1),
        palette: false,
        group: 0,
      },
      { key: 'PageDown', label: t('keys.period'), run: () => onStep(1), palette: false, strip: false },
    ],
    kind: { key: 'F4', label: t(`keys.${other}`), run: () => onKind(other) },
  };
}

/** The bar above figures of a month or week: which, its days, the ones before and after. `own` adds one more choice, of days. */
export function PeriodBar({
  title,
  first,
  last,
  kind,
  own,
  onKind,
  onStep,
  children,
}: {
  title: string;
  /** First and last day, `YYYY-MM-DD`. */
  first: string;
  last: string;
  kind: PeriodKind;
  own?: { label: string; chosen: boolean; choose: () => void };
  onKind: (kind: PeriodKind) => void;
  onStep: (by: number) => void;
  children?: ReactNode;
}) {
  const { t } = useTranslation('qc-month');
  return (
    <SectionBar
      title={title}
      detail={`${first} – ${last}`}
      right={
        <>
          <Button size="bar" keyName="PageUp" onClick={() => onStep(-1)}>
            {t('keys.before')}
          </Button>
          <Button size="bar" keyName="PageDown" onClick={() => onStep(1)}>
            {t('keys.after')}
          </Button>
        </>
      }
    >
      <SegmentedFilter<PeriodKind | 'days'>
        label={t('kind')}
        altKeys={false}
        value={own?.chosen ? 'days' : kind}
        onChange={(id) => (id === 'days' ? own?.choose() : onKind(id))}
        options={[
          { id: 'month', label: t('keys.month') },
          { id: 'week', label: t('keys.week') },
          ...(own === undefined ? [] : [{ id: 'days' as const, label: own.label }]),
        ]}
      />
      {children}
    </SectionBar>
  );
}
