import { replaysOf } from '../instruments/tools/replay.ts';
import { verificationRows } from '../instruments/tools/verification-rows.ts';
import type { QueryHandlers } from './handler.ts';

export const replayQueryHandlers: QueryHandlers<'replay.progress' | 'replay.rows' | 'mapping.verifications'> =
  {
    'replay.progress': {
      topics: ({ replayId }) => [`channel:replay:${replayId}`],
      run: async ({ bench }, { replayId }) => [replaysOf(bench).progress(replayId)],
    },
    'replay.rows': {
      topics: ({ replayId }) => [`channel:replay:${replayId}`],
      run: async ({ bench }, { replayId, only, limit }) => replaysOf(bench).rows(replayId, only, limit),
    },
    'mapping.verifications': {
      topics: ['instruments', 'catalog'],
      run: async ({ bench }, { instrumentId }) => {
        const doc = await bench.store.get('instruments', instrumentId);
        return doc === undefined ? [] : verificationRows(bench, doc);
      },
    },
  };
