import { canDownload, canQuery } from '../../../../shared/profiles/orders/encode.ts';
import type { Profile } from '../../../../shared/profiles/profile.ts';
import type { StationInstrument } from '../../../../shared/station/schema.ts';

/** How an instrument gets its work: it asks, it is told unasked, both, or neither. */
export type OrdersMode = NonNullable<StationInstrument['orders']>;

/**
 * As the station file says, as far as the profile can; without a word in the station file a device that asks is answered, and one that cannot ask but
 * takes work is told.
 */
export function ordersMode(config: Pick<StationInstrument, 'orders'>, profile: Profile): OrdersMode {
  const asks = canQuery(profile);
  const takes = canDownload(profile);
  const wanted = config.orders ?? (asks ? 'query' : takes ? 'download' : 'none');
  const query = asks && (wanted === 'query' || wanted === 'both');
  const download = takes && (wanted === 'download' || wanted === 'both');
  if (query && download) return 'both';
  return query ? 'query' : download ? 'download' : 'none';
}

/** True when work is sent unasked. */
export function tellsUnasked(mode: OrdersMode): boolean {
  return mode === 'download' || mode === 'both';
}
