import { eqaEvents, eqaRows } from '../qc/eqa.ts';
import type { QueryHandlers } from './handler.ts';

export const eqaQueryHandlers: QueryHandlers<'eqa.events'> = {
  'eqa.events': {
    topics: ['settings', 'catalog', 'channel:minute'],
    run: async ({ bench, at }) => eqaRows(bench, await eqaEvents(bench.store), at),
  },
};
