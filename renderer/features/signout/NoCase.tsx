import { useTranslation } from 'react-i18next';
import { useNow } from '../../app/useNow.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { Button } from '../../ui/Button.tsx';
import { EmptyState } from '../../ui/Layout.tsx';
import type { CaseFilter } from './desk.ts';

/** What stands there when there is no case: a fact, and what comes next. */
export function NoCase({
  filter,
  typed,
  loading,
  last,
  onShowSigned,
  onClearSearch,
}: {
  filter: CaseFilter;
  typed: string;
  /** A case is on its way: say nothing yet. */
  loading: boolean;
  /** Instant of the last signature of today; empty when there is none. */
  last: string;
  onShowSigned: () => void;
  onClearSearch: () => void;
}) {
  const { t } = useTranslation('signout');
  const now = useNow();
  const f = useFormat();
  if (loading) return <div className="so-centre-empty" aria-busy="true" />;
  if (typed.trim() !== '') {
    return (
      <div className="so-centre-empty">
        <EmptyState
          title={t('empty.search', { typed: typed.trim() })}
          next={t('empty.searchNext')}
          action={
            <Button keyName="Escape" onClick={onClearSearch}>
              {t('empty.searchClear')}
            </Button>
          }
        />
      </div>
    );
  }
  const next =
    filter === 'waiting'
      ? last === ''
        ? t('empty.waitingNext')
        : t('empty.waitingLast', { at: f.when(last, now) })
      : t(`empty.${filter}Next`);
  return (
    <div className="so-centre-empty">
      <EmptyState
        title={t(`empty.${filter}`)}
        next={next}
        action={
          filter === 'waiting' && last !== '' ? (
            <Button keyName="Alt+2" onClick={onShowSigned}>
              {t('empty.showSigned')}
            </Button>
          ) : undefined
        }
      />
    </div>
  );
}
