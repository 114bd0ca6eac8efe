import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import type { SignoutCountsRow } from '../../../shared/ipc/signout.ts';
import { FindField } from '../../ui/FindField.tsx';
import { ScreenHead } from '../../ui/Layout.tsx';
import { SegmentedFilter } from '../../ui/SegmentedFilter.tsx';
import type { CaseFilter } from './desk.ts';
import { minutesText } from './words.ts';

/** Title, lists with their counts, where the cursor is, today's turnaround (C6), and the search. */
export function SignoutHead({
  filter,
  onFilter,
  counts,
  place,
  shown,
  typed,
  onTyped,
  onEnter,
  search,
}: {
  filter: CaseFilter;
  onFilter: (filter: CaseFilter) => void;
  counts: SignoutCountsRow | undefined;
  /** Of the cursor in the list, from 0; -1 when there is none. */
  place: number;
  /** Cases in the list. */
  shown: number;
  typed: string;
  onTyped: (typed: string) => void;
  onEnter: () => void;
  search: RefObject<HTMLInputElement | null>;
}) {
  const { t } = useTranslation('signout');
  const { medianMinutes: median = null, p90Minutes: p90 = null } = counts ?? {};
  return (
    <ScreenHead
      title={t('title')}
      right={
        <>
          {place < 0 ? null : (
            <span className="lv-caption so-nowrap">{t('caseOf', { n: place + 1, count: shown })}</span>
          )}
          {median === null || p90 === null ? null : (
            <>
              {place < 0 ? null : <span className="lv-strip-line" />}
              <span className="lv-caption so-nowrap so-turnaround">
                {t('turnaround')} <b>{minutesText(median)}</b>, {t('under90')} <b>{minutesText(p90)}</b>
              </span>
            </>
          )}
          <FindField
            ref={search}
            label={t('find')}
            value={typed}
            onChange={onTyped}
            onEnter={onEnter}
            width={178}
          />
        </>
      }
    >
      <SegmentedFilter
        label={t('filters')}
        value={filter}
        onChange={onFilter}
        options={[
          { id: 'waiting', label: t('filter.waiting'), count: counts?.waiting },
          { id: 'signed', label: t('filter.signed'), count: counts?.signedToday },
          { id: 'sentBack', label: t('filter.sentBack'), count: counts?.sentBack },
          { id: 'corrected', label: t('filter.corrected'), count: counts?.corrected },
        ]}
      />
    </ScreenHead>
  );
}
