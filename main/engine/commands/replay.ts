import { applyOverlay } from '../../../shared/profiles/overlay.ts';
import { replaysOf } from '../instruments/tools/replay.ts';
import { instrumentOf } from './exceptions.ts';
import type { Handlers } from './handler.ts';

export const replayHandlers: Handlers<'replay.run' | 'replay.cancel'> = {
  'replay.run': async ({ bench, context }, { instrumentId, which, overlay }) => {
    const { station } = bench.instruments.layers(instrumentId);
    const saved = (await instrumentOf(bench.store, instrumentId)).overlay;
    const profile = applyOverlay(station, overlay ?? saved);
    const replayId = replaysOf(bench).start(instrumentId, which, profile);
    bench.store.note(context, 'replay', { instrumentId, replayId, which: which.kind });
    return { replayId };
  },

  'replay.cancel': async ({ bench }, { replayId }) => {
    replaysOf(bench).cancel(replayId);
    return null;
  },
};
