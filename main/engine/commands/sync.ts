import type { Handlers } from './handler.ts';

export const syncHandlers: Handlers<'sync.now' | 'sync.pause' | 'sync.retry' | 'sync.decide'> = {
  'sync.now': async ({ bench }) => {
    bench.server.now();
    return null;
  },
  'sync.pause': async ({ bench, context }, { paused }) => {
    bench.store.note(context, paused ? 'sync paused' : 'sync resumed', {});
    bench.server.pause(paused);
    return null;
  },
  'sync.retry': async ({ bench, context }, { collection, docId }) => {
    await bench.server.retry(collection, docId, context);
    return null;
  },
  'sync.decide': async ({ bench, context }, { collection, docId, keepHere }) => {
    await bench.server.decide(collection, docId, keepHere, context);
    return null;
  },
};
