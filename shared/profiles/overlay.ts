/**
 * A laboratory's own additions to a profile, as data. The profile itself is never edited: what is here is laid over it. Only what a laboratory
 * knows better than the maker of the profile can be said here; how the device speaks (link, dialect) cannot.
 */
import { z } from 'zod';
import type { Profile } from './profile.ts';
import { code, FlagMeaning, Place, TestMapping } from './schema/common.ts';

export const STATUS_MEANINGS = ['preliminary', 'final', 'corrected', 'cancelled'] as const;
/** What a status of the instrument means for us. */
export type StatusMeaning = (typeof STATUS_MEANINGS)[number];

/** Another spelling of a unit: every test whose unit is `unit` takes `sent` as that same unit. Never a conversion. */
const UnitSpelling = z.strictObject({ unit: z.string().min(1).max(40), sent: z.string().min(1).max(40) });

export const Overlay = z.strictObject({
  /** Codes of the instrument with their whole mapping: added, or in place of the profile's mapping of the same code. */
  tests: z.array(TestMapping).max(2000).default([]),
  /** Codes that are no results: kept with the message, never posted and never held. In place of a test of the same code. */
  notResults: z
    .array(z.strictObject({ code, text: z.string().min(1).max(200) }))
    .max(2000)
    .default([]),
  flags: z.record(code, FlagMeaning).default({}),
  /** `''` stands for "none sent". */
  statuses: z.record(z.string().max(20), z.enum(STATUS_MEANINGS)).default({}),
  units: z.array(UnitSpelling).max(500).default([]),
  /** What else makes a specimen a control, besides what the profile knows. */
  qc: z
    .strictObject({
      specimenPrefixes: z.array(z.string().min(1).max(40)).max(200).default([]),
      places: z
        .array(z.strictObject({ place: Place, values: z.array(z.string().min(1)).min(1) }))
        .max(50)
        .default([]),
    })
    .prefault({}),
});
/** A laboratory's additions, whole. */
export type Overlay = z.infer<typeof Overlay>;

/** An overlay that changes nothing. */
export function emptyOverlay(): Overlay {
  return Overlay.parse({});
}

/**
 * The profile with an overlay laid over it. Pure; neither is changed. A code of the overlay replaces the profile's mapping of the same code; a
 * code that is no result takes away its mapping, and a mapped code is a result again. A flag or status replaces the profile's meaning of
 * the same text; QC marks add to the profile's.
 */
export function applyOverlay<P extends Profile>(profile: P, overlay: Overlay): P {
  const mapped = new Set(overlay.tests.map((test) => test.code));
  const ignored = new Set(overlay.notResults.map((one) => one.code));
  const added = overlay.tests.map((test) => withKnown(profile, test));
  const tests = [...profile.tests.filter((test) => !mapped.has(test.code)), ...added]
    .filter((test) => !ignored.has(test.code))
    .map((test) => withSpellings(test, overlay.units));
  return {
    ...profile,
    tests,
    notResults: [
      ...profile.notResults.filter((one) => !mapped.has(one.code) && !ignored.has(one.code)),
      ...overlay.notResults,
    ],
    flags: { ...profile.flags, ...overlay.flags },
    statuses: { ...profile.statuses, ...overlay.statuses },
    qc: {
      ...profile.qc,
      specimenPrefixes: [...new Set([...profile.qc.specimenPrefixes, ...overlay.qc.specimenPrefixes])],
      places: [...profile.qc.places, ...overlay.qc.places],
    },
  };
}

/** A spelling of the canonical unit itself converts nothing, whatever the factor of the mapping is. */
function withSpellings(test: TestMapping, units: Overlay['units']): TestMapping {
  const known = new Set([test.unit, ...test.sentUnits, ...(test.otherUnits ?? []).map(({ sent }) => sent)]);
  const added = units
    .filter(({ unit, sent }) => unit === test.unit && !known.has(sent))
    .map(({ sent }) => ({ sent, factor: '1' }));
  return added.length === 0 ? test : { ...test, otherUnits: [...(test.otherUnits ?? []), ...added] };
}

/** The station file's `tests` of an instrument (code to test) as an overlay: the lowest layer over the profile. */
export function stationOverlay(tests: Readonly<Record<string, string>>): Overlay {
  return {
    ...emptyOverlay(),
    tests: Object.entries(tests).map(([instrumentCode, test]) => plainMapping(instrumentCode, test)),
  };
}

/** A test added by its code alone: its unit is taken as sent, unless the profile knows this code as this test. */
export function plainMapping(instrumentCode: string, test: string): TestMapping {
  return { code: instrumentCode, test, loinc: null, unit: null, sentUnits: [], factor: '1' };
}

/** A mapping that says nothing of the unit leaves what the layer below knows of the same code and test. */
function withKnown(profile: Profile, added: TestMapping): TestMapping {
  if (added.unit !== null) return added;
  return profile.tests.find((one) => one.code === added.code && one.test === added.test) ?? added;
}
