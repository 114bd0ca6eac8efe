import type { QueryHandlers } from './handler.ts';

async function waiting(): Promise<never> {
  throw new Error('this tool cannot be used yet');
}

export const toolsQueryHandlers: QueryHandlers<
  | 'profile.list'
  | 'profile.show'
  | 'profile.preview'
  | 'tools.decode'
  | 'trace.page'
  | 'trace.health'
  | 'replay.progress'
  | 'replay.rows'
  | 'mapping.verifications'
  | 'selftest.report'
> = {
  'profile.list': { topics: [], run: waiting },
  'profile.show': { topics: [], run: waiting },
  'profile.preview': { topics: [], run: waiting },
  'tools.decode': { topics: [], run: waiting },
  'trace.page': { topics: [], run: waiting },
  'trace.health': { topics: [], run: waiting },
  'replay.progress': { topics: [], run: waiting },
  'replay.rows': { topics: [], run: waiting },
  'mapping.verifications': { topics: [], run: waiting },
  'selftest.report': { topics: [], run: waiting },
};
