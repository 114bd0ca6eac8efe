import { exceptionMapHandlers } from './exceptions.ts';
import { mappingHandlers } from './mapping.ts';
import { profileHandlers } from './profiles.ts';
import { replayHandlers } from './replay.ts';
import { selfTestHandlers } from './selftest.ts';

/** Commands of the bench tools. */
export const toolsHandlers = {
  ...profileHandlers,
  ...exceptionMapHandlers,
  ...replayHandlers,
  ...mappingHandlers,
  ...selfTestHandlers,
};
