import { person } from '../bench.ts';
import { refuse } from '../faults.ts';
import { instrumentOf, openOnes, putOverlay } from './exceptions.ts';
import type { Handlers } from './handler.ts';

export const profileHandlers: Handlers<'profile.save' | 'profile.reprocess'> = {
  'profile.save': (call, { instrumentId, baseVersion, overlay, reason }) =>
    call.bench.store.write({ ...call.context, ...(reason === '' ? {} : { reason }) }, async (unit) => {
      const instrument = await instrumentOf(unit, instrumentId);
      call.bench.instruments.layers(instrumentId);
      if (instrument.overlayVersion !== baseVersion) {
        const by = await unit.get('people', instrument.overlayBy);
        throw refuse(
          'profile.savedSince',
          `${by?.name ?? 'Someone'} saved version ${instrument.overlayVersion} while you were editing.`,
          `Look at that version, then make your changes again, ${person(call).name}.`,
          { version: instrument.overlayVersion },
        );
      }
      const saved = await putOverlay(call, unit, instrument, overlay);
      return { version: saved.overlayVersion };
    }),

  'profile.reprocess': ({ bench, context }, { instrumentId }) =>
    bench.store.write(context, async (unit) => {
      bench.instruments.layers(instrumentId);
      const held = await openOnes(unit, instrumentId, (_task, result) => result !== undefined);
      return bench.instruments.reprocess(unit, held, context);
    }),
};
