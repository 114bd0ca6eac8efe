import { profileQueryHandlers } from './profiles.ts';
import { replayQueryHandlers } from './replay.ts';
import { selfTestQueryHandlers } from './selftest.ts';
import { traceQueryHandlers } from './trace.ts';

/** Live queries of the bench tools. */
export const toolsQueryHandlers = {
  ...profileQueryHandlers,
  ...replayQueryHandlers,
  ...traceQueryHandlers,
  ...selfTestQueryHandlers,
};
