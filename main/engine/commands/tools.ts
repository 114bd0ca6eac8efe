import type { Handlers } from './handler.ts';

async function waiting(): Promise<never> {
  throw new Error('this tool cannot be used yet');
}

export const toolsHandlers: Handlers<
  | 'profile.save'
  | 'profile.reprocess'
  | 'exception.mapUnit'
  | 'exception.mapStatus'
  | 'exception.mapFlag'
  | 'exception.notResult'
  | 'exception.isControl'
  | 'replay.run'
  | 'replay.cancel'
  | 'mapping.verify'
  | 'selftest.pdf'
> = {
  'profile.save': waiting,
  'profile.reprocess': waiting,
  'exception.mapUnit': waiting,
  'exception.mapStatus': waiting,
  'exception.mapFlag': waiting,
  'exception.notResult': waiting,
  'exception.isControl': waiting,
  'replay.run': waiting,
  'replay.cancel': waiting,
  'mapping.verify': waiting,
  'selftest.pdf': waiting,
};
