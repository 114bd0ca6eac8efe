import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { type Claimable, claimKey } from '../../shared/domain/claims.ts';
import type { ClaimRow } from '../../shared/ipc/claims.ts';
import { useNow } from '../app/useNow.ts';
import { command, useLive } from '../data/hooks.ts';
import { useFormat } from '../i18n/useFormat.ts';
import { Button } from './Button.tsx';
import { Banner } from './Layout.tsx';

/** What is worked on at other stations, by what it is known by. */
export function useClaims(): (collection: Claimable, docId: string) => ClaimRow | undefined {
  const { rows } = useLive('claims.list', {});
  return useMemo(() => {
    const byKey = new Map(rows.filter((row) => !row.here).map((row) => [row.id, row]));
    return (collection, docId) => byKey.get(claimKey(collection, docId));
  }, [rows]);
}

/** A chip in a row: the station it is worked on at; who and since when in its title. Nothing when nobody else works on it. */
export function ClaimChip({ claim }: { claim: ClaimRow | undefined }) {
  const words = useWords(claim);
  const { t } = useTranslation('ui');
  if (claim === undefined) return null;
  return (
    <span className="lv-claim" title={words}>
      {t('claim.chip', { station: claim.station })}
    </span>
  );
}

/** Who works on it elsewhere, with the way to take it over. Nothing when nobody does. */
export function ClaimBanner({ claim }: { claim: ClaimRow | undefined }) {
  const words = useWords(claim);
  const { t } = useTranslation('ui');
  if (claim === undefined) return null;
  const { collection, docId } = claim;
  return (
    <Banner
      tone="held"
      title={words}
      action={
        <Button onClick={() => void command('claim.take', { collection, docId, takeOver: true })}>
          {t('claim.takeOver')}
        </Button>
      }
    >
      {t('claim.told', { name: claim.name })}
    </Banner>
  );
}

function useWords(claim: ClaimRow | undefined): string {
  const { t } = useTranslation('ui');
  const format = useFormat();
  const now = useNow();
  if (claim === undefined) return '';
  const { station, name } = claim;
  return t('claim.words', { station, name, since: format.when(claim.since, now) });
}
