import type { QueryHandlers } from './handler.ts';
import { syncCounts } from './strip.ts';

export const serverQueryHandlers: QueryHandlers<'server.settings' | 'server.steps'> = {
  'server.settings': {
    topics: ['channel:server'],
    run: async ({ bench }) => {
      const { queued } = await syncCounts(bench);
      return [{ ...(await bench.setup.settings()), waiting: queued }];
    },
  },
  'server.steps': { topics: ['channel:server'], run: async ({ bench }) => bench.setup.steps() },
};
