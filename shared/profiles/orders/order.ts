/** Work for an instrument, the same for every protocol. */
import type { Profile } from '../profile.ts';

/** One test to measure, or to measure no longer. */
export interface TestOrder {
  /** our code */
  test: string;
  /** as the instrument knows it */
  code: string;
  change: 'new' | 'cancel';
}

/** One specimen's work. Times are local to the bench, `YYYYMMDDHHMMSS`, '' = not known. */
export interface OrderForInstrument {
  /** the number on the tube */
  specimenId: string;
  /** the number as the device wrote it in its query; absent in a download */
  named?: string;
  /** empty: nothing is to be done for this specimen */
  tests: readonly TestOrder[];
  priority: 'stat' | 'asap' | 'urgent' | 'routine';
  orderedAt: string;
  collectedAt: string;
  receivedAt: string;
  /** code of the catalogue, for example `SER` */
  specimenType: string;
  /** null: nothing is known, or nothing is to be told */
  patient: PatientForInstrument | null;
}

export interface PatientForInstrument {
  id: string;
  /** Latin letters where there are any */
  familyName: string;
  givenName: string;
  /** `YYYYMMDD`, shorter when less is known, '' = unknown */
  birthDate: string;
  sex: 'M' | 'F' | 'U';
}

/** An order without work for a number the device named. */
export function nothingFor(named: string): OrderForInstrument {
  return {
    specimenId: named,
    named,
    tests: [],
    priority: 'routine',
    orderedAt: '',
    collectedAt: '',
    receivedAt: '',
    specimenType: '',
    patient: null,
  };
}

/** The number by which a device answers to one test of one specimen: the same whenever it is sent. */
export function placerNumber(specimenId: string, test: string): string {
  return `${specimenId}.${test}`;
}

/** The test of a specimen that a placer number of ours names; '' = all of it; null: it is none of this specimen. */
export function testOfPlacer(specimenId: string, placer: string): string | null {
  if (placer === specimenId || placer === '') return '';
  return placer.startsWith(`${specimenId}.`) ? placer.slice(specimenId.length + 1) : null;
}

/**
 * The instrument's code for ordering one of our tests: the mapping's `order`, else its code; null: it cannot measure it, or nobody knows how
 * it is ordered. A code of another aspect (`0021/I`) is ordered as its
 * test.
 */
export function orderCode(profile: Profile, test: string): string | null {
  const known = profile.tests.filter((one) => one.test === test);
  const named = known.find((one) => one.order !== undefined)?.order;
  const code = known[0]?.code;
  if (named !== undefined || code === undefined) return named ?? null;
  if (profile.protocol === 'astm' && profile.dialect.orderComponent !== undefined) return null;
  const aspect = profile.protocol === 'astm' && profile.dialect.aspect !== null;
  return aspect ? code.replace(/\/[^/]*$/, '') : code;
}

/** Tests without an order code, by profile: the same few profiles are asked all day. */
const without = new WeakMap<Profile, ReadonlySet<string>>();

/** Our tests that a profile measures and nobody knows how to order ({@link orderCode}): somebody has to say so in the mapping. */
export function withoutOrderCode(profile: Profile): ReadonlySet<string> {
  let tests = without.get(profile);
  if (tests === undefined) {
    const measured = new Set(profile.tests.map((one) => one.test));
    tests = new Set([...measured].filter((test) => orderCode(profile, test) === null));
    without.set(profile, tests);
  }
  return tests;
}
