/** The codecs that can be fuzzed. Loaded only when asked for. */
import type { FuzzTarget } from './fuzz.ts';

export const targets: Readonly<Record<string, { about: string; load: () => Promise<FuzzTarget> }>> = {
  hl7: {
    about: 'HL7 v2: reading, grouping, answering, writing back',
    load: async () => (await import('./hl7.ts')).target,
  },
  mllp: {
    about: 'MLLP: blocks, acknowledgements, answers',
    load: async () => (await import('./mllp.ts')).target,
  },
  astm: {
    about: 'ASTM records: taking them apart, reading them by profiles, writing them back',
    load: async () => (await import('./astm.ts')).target,
  },
  link: {
    about: 'the ASTM link, both roles: frames, answers, timers, journal',
    load: async () => (await import('./link.ts')).target,
  },
  csv: {
    about: 'files: cutting them into lines and reading them by a layout',
    load: async () => (await import('./csv.ts')).target,
  },
  stream: {
    about: 'line protocols: blocks, checksums, answers, and reading their texts',
    load: async () => (await import('./stream.ts')).target,
  },
};
