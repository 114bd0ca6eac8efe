import type { QueryHandlers } from './handler.ts';
import { profileQueryHandlers } from './profiles.ts';
import { replayQueryHandlers } from './replay.ts';
import { traceQueryHandlers } from './trace.ts';

async function waiting(): Promise<never> {
  throw new Error('this tool cannot be used yet');
}

export const toolsQueryHandlers: QueryHandlers<
  | keyof typeof profileQueryHandlers
  | keyof typeof replayQueryHandlers
  | keyof typeof traceQueryHandlers
  | 'selftest.report'
> = {
  ...profileQueryHandlers,
  ...replayQueryHandlers,
  ...traceQueryHandlers,
  'selftest.report': { topics: [], run: waiting },
};
