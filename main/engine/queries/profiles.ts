import { BUILTIN_PROFILES, builtinProfile } from '../../../shared/profiles/builtin.ts';
import { applyOverlay } from '../../../shared/profiles/overlay.ts';
import type { Profile } from '../../../shared/profiles/profile.ts';
import type { Bench } from '../bench.ts';
import { refuse } from '../faults.ts';
import { journalledMessage } from '../instruments/reading.ts';
import { decodePasted, messageBytes } from '../instruments/tools/decode/decode.ts';
import { readPasted } from '../instruments/tools/decode/pasted.ts';
import { type PreviewOptions, previewOf } from '../instruments/tools/preview.ts';
import { profileRow, profileShow } from '../instruments/tools/profiles.ts';
import type { QueryHandlers } from './handler.ts';

/** A built-in profile; refuses `profile.unknown`. */
function profileOf(id: string): Profile {
  const profile = builtinProfile(id);
  if (profile !== undefined) return profile;
  throw refuse('profile.unknown', `There is no profile ${id}.`, 'Choose one from the list.');
}

function optionsOf(bench: Bench): PreviewOptions {
  return {
    timeZone: bench.station.timeZone,
    testName: (code) => bench.catalog.test(code)?.name ?? '',
  };
}

export const profileQueryHandlers: QueryHandlers<
  'profile.list' | 'profile.show' | 'profile.preview' | 'tools.decode'
> = {
  'profile.list': {
    topics: [],
    run: async ({ bench }) => BUILTIN_PROFILES.map((profile) => profileRow(bench, profile)),
  },

  'profile.show': {
    topics: ['instruments', 'catalog', 'people'],
    run: async ({ bench }, { instrumentId }) => {
      bench.instruments.layers(instrumentId);
      const doc = await bench.store.get('instruments', instrumentId);
      return doc === undefined ? [] : [await profileShow(bench, doc)];
    },
  },

  'profile.preview': {
    topics: ['instruments', 'catalog'],
    run: async ({ bench }, { of, overlay, source }) => {
      const lower =
        'profileId' in of ? profileOf(of.profileId) : bench.instruments.layers(of.instrumentId).station;
      const saved =
        'instrumentId' in of ? (await bench.store.get('instruments', of.instrumentId))?.overlay : undefined;
      const laid = overlay ?? saved;
      const profile = laid === undefined ? lower : applyOverlay(lower, laid);
      if ('pasted' in source) {
        const bytes = messageBytes(readPasted(source.pasted, profile.protocol).bytes, profile);
        return [previewOf({ text: bytes }, profile, optionsOf(bench))];
      }
      const message = journalledMessage(bench.store.journal, source.messageNumber, profile);
      if (message === undefined) {
        throw refuse(
          'message.unknown',
          `The journal has no message ${source.messageNumber} that can be read.`,
          'Look at the number on the trace.',
        );
      }
      return [previewOf(message, profile, optionsOf(bench))];
    },
  },

  'tools.decode': {
    topics: [],
    run: async ({ bench }, { pasted, protocol, profileId }) => {
      const profile = profileId === undefined ? null : profileOf(profileId);
      return [decodePasted(pasted, protocol, profile, optionsOf(bench))];
    },
  },
};
