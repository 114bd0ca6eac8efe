import { TEST_SPECIMEN } from '../instruments/tools/probe/order.ts';
import { partFor, seesOf } from '../instruments/tools/probe/parts.ts';
import { probedProfile } from '../instruments/tools/probe/profile.ts';
import { probesOf, probeTopic } from '../instruments/tools/probe/runs.ts';
import { selfTestReport } from '../instruments/tools/selftest.ts';
import type { QueryHandlers } from './handler.ts';

export const selfTestQueryHandlers: QueryHandlers<'selftest.report' | 'selftest.plan' | 'selftest.run'> = {
  'selftest.report': {
    topics: ({ instrumentId }) => [`channel:trace:${instrumentId}`, 'instruments'],
    run: async ({ bench }, { instrumentId, since }) => selfTestReport(bench, instrumentId, since),
  },

  'selftest.plan': {
    topics: () => ['instruments'],
    run: async ({ bench }, { instrumentId, profileId, simulator, quick }) => {
      const profile = await probedProfile(bench, instrumentId, profileId);
      return [
        {
          id: 'plan',
          profile: `${profile.name} (${profile.id} ${profile.version})`,
          specimen: TEST_SPECIMEN,
          sees: seesOf(profile, { simulator, quick }),
          steps: [...(partFor(profile)?.steps ?? [])],
        },
      ];
    },
  },

  'selftest.run': {
    topics: ({ instrumentId }) => [probeTopic(instrumentId)],
    run: async ({ bench }, { instrumentId }) => {
      const row = probesOf(bench).row(instrumentId);
      return row === undefined ? [] : [row];
    },
  },
};
