import { exceptionMapHandlers } from './exceptions.ts';
import type { Handlers } from './handler.ts';
import { profileHandlers } from './profiles.ts';

async function waiting(): Promise<never> {
  throw new Error('this tool cannot be used yet');
}

export const toolsHandlers: Handlers<
  | keyof typeof exceptionMapHandlers
  | keyof typeof profileHandlers
  | 'replay.run'
  | 'replay.cancel'
  | 'mapping.verify'
  | 'selftest.pdf'
> = {
  ...profileHandlers,
  ...exceptionMapHandlers,
  'replay.run': waiting,
  'replay.cancel': waiting,
  'mapping.verify': waiting,
  'selftest.pdf': waiting,
};
