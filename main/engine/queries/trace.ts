import { tracePage } from '../instruments/tools/trace-page.ts';
import type { QueryHandlers } from './handler.ts';

export const traceQueryHandlers: QueryHandlers<'trace.page' | 'trace.health'> = {
  'trace.page': {
    topics: [],
    run: async ({ bench }, asked) => [tracePage(bench.store.journal, asked)],
  },
  'trace.health': {
    topics: ({ instrumentId }) => [`channel:trace:${instrumentId}`],
    run: async ({ bench }, { instrumentId, days }) => {
      const counts = bench.hospital.has(instrumentId) ? bench.hospital.counts() : bench.instruments.counts();
      return counts.rows(instrumentId, days);
    },
  },
};
