import type { QueryHandlers } from './handler.ts';
import { profileQueryHandlers } from './profiles.ts';
import { replayQueryHandlers } from './replay.ts';

async function waiting(): Promise<never> {
  throw new Error('this tool cannot be used yet');
}

export const toolsQueryHandlers: QueryHandlers<
  | keyof typeof profileQueryHandlers
  | keyof typeof replayQueryHandlers
  | 'trace.page'
  | 'trace.health'
  | 'selftest.report'
> = {
  ...profileQueryHandlers,
  ...replayQueryHandlers,
  'trace.page': { topics: [], run: waiting },
  'trace.health': { topics: [], run: waiting },
  'selftest.report': { topics: [], run: waiting },
};
