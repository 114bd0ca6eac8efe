import { selfTestReport } from '../instruments/tools/selftest.ts';
import type { QueryHandlers } from './handler.ts';

export const selfTestQueryHandlers: QueryHandlers<'selftest.report'> = {
  'selftest.report': {
    topics: ({ instrumentId }) => [`channel:trace:${instrumentId}`, 'instruments'],
    run: async ({ bench }, { instrumentId, since }) => selfTestReport(bench, instrumentId, since),
  },
};
