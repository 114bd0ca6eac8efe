import { exceptionMapHandlers } from './exceptions.ts';
import type { Handlers } from './handler.ts';
import { mappingHandlers } from './mapping.ts';
import { profileHandlers } from './profiles.ts';
import { replayHandlers } from './replay.ts';

async function waiting(): Promise<never> {
  throw new Error('this tool cannot be used yet');
}

export const toolsHandlers: Handlers<
  | keyof typeof exceptionMapHandlers
  | keyof typeof mappingHandlers
  | keyof typeof profileHandlers
  | keyof typeof replayHandlers
  | 'selftest.pdf'
> = {
  ...profileHandlers,
  ...exceptionMapHandlers,
  ...replayHandlers,
  ...mappingHandlers,
  'selftest.pdf': waiting,
};
