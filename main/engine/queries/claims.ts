import { claimKey } from '../../../shared/domain/claims.ts';
import type { QueryHandlers } from './handler.ts';

export const claimsQueryHandlers: QueryHandlers<'claims.list'> = {
  'claims.list': {
    topics: ['channel:claims'],
    run: async ({ bench }) =>
      bench.claims.all().map(({ collection, docId, station, name, since }) => ({
        id: claimKey(collection, docId),
        ...{ collection, docId, station, name, since },
        here: station === bench.station.code,
      })),
  },
};
