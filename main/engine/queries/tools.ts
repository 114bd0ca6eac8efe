import type { QueryHandlers } from './handler.ts';
import { profileQueryHandlers } from './profiles.ts';

async function waiting(): Promise<never> {
  throw new Error('this tool cannot be used yet');
}

export const toolsQueryHandlers: QueryHandlers<
  | keyof typeof profileQueryHandlers
  | 'trace.page'
  | 'trace.health'
  | 'replay.progress'
  | 'replay.rows'
  | 'mapping.verifications'
  | 'selftest.report'
> = {
  ...profileQueryHandlers,
  'trace.page': { topics: [], run: waiting },
  'trace.health': { topics: [], run: waiting },
  'replay.progress': { topics: [], run: waiting },
  'replay.rows': { topics: [], run: waiting },
  'mapping.verifications': { topics: [], run: waiting },
  'selftest.report': { topics: [], run: waiting },
};
