/** What an instrument has to be told of a specimen now, from what waits and what it was told before. */
import type { SpecimenDoc } from '../../../../shared/documents/index.ts';
import { orderCode, type TestOrder } from '../../../../shared/profiles/orders/order.ts';
import type { Profile } from '../../../../shared/profiles/profile.ts';
import type { Bench } from '../../bench.ts';
import { standingResults, type WaitingTest, waitingTests } from './gather.ts';
import { readTold, type Told, type ToldTest } from './told.ts';

/** An instrument that is told its work unasked. */
export interface ToldInstrument {
  readonly id: string;
  isOn(): boolean;
  measures(): ReadonlySet<string>;
  /** of what it measures, the tests it cannot be told: its mapping has no order code for them */
  withoutOrderCode(): ReadonlySet<string>;
}

export interface Plan {
  told: Told;
  /** told for the first time, or again after a message that may not have arrived */
  add: ToldTest[];
  /** told before, to be measured no longer */
  cancel: ToldTest[];
  /** tests that wait and that neither this one nor any other that measures them can be given */
  untold: string[];
}

/** The orders of a plan, as {@link encodeOrders} takes them. */
export function ordersOf(plan: Plan): TestOrder[] {
  return [
    ...plan.add.map(({ test, code }) => ({ test, code, change: 'new' as const })),
    ...plan.cancel.map(({ test, code }) => ({ test, code, change: 'cancel' as const })),
  ];
}

/**
 * Compares what waits with what was told. Of instruments that measure the same test the one that was told it keeps it while it is on, else the
 * first in the order of the station file that is on and has an order code for it. What was told and is measured by now is forgotten; what is no longer wanted is cancelled.
 * @param isGivenElsewhere whether an analyser that is told nothing unasked takes a test: it asks for it, or somebody chooses it there
 */
export async function planFor(
  bench: Bench,
  instruments: readonly ToldInstrument[],
  instrument: ToldInstrument,
  profile: Profile,
  specimen: SpecimenDoc,
  isGivenElsewhere: (test: string) => boolean = () => false,
): Promise<Plan> {
  const told = await readTold(bench.store, instrument.id, specimen);
  const waiting = await waitingTests(bench, specimen);
  const wanted: ToldTest[] = [];
  const untold: string[] = [];
  for (const one of waiting) {
    const code = orderCode(profile, one.test);
    if (code === null && isUntold(instruments, instrument, one.test) && !isGivenElsewhere(one.test))
      untold.push(one.test);
    if (code === null || !(await isItsOwn(bench, instruments, instrument, specimen, one))) continue;
    wanted.push({ ...one, code, state: 'sending', controlId: '', text: '' });
  }
  const known = new Map(told.tests.map((one) => [one.key, one]));
  const keys = new Set(wanted.map((one) => one.key));
  const add = wanted.filter((one) => (known.get(one.key)?.state ?? 'sending') === 'sending');
  const old = told.tests.filter((one) => !keys.has(one.key) && one.state !== 'refused');
  if (old.length === 0) return { told, add, cancel: [], untold };
  const standing = await standingResults(bench, specimen);
  const again = new Set(wanted.map((one) => one.test));
  const cancel = old.filter((one) => !standing.has(one.test) && !again.has(one.test));
  return { told, add, cancel, untold };
}

/** The record once a plan is on its way: what it adds is marked, what no longer matters is left out, what it cancels stays until that is done. */
export function onItsWay(plan: Plan, controlId: string): Told {
  const adding = new Set(plan.add.map((one) => one.key));
  const cancelling = new Set(plan.cancel.map((one) => one.key));
  const kept = plan.told.tests.filter((one) => !adding.has(one.key));
  const added = plan.add.map((one) => ({ ...one, controlId }));
  return {
    ...plan.told,
    tests: [
      ...kept.map((one) =>
        cancelling.has(one.key) ? { ...one, state: 'sending' as const, controlId } : one,
      ),
      ...added,
    ],
  };
}

/** The record once it was taken. A refusal that came before this stays. */
export function taken(now: Told, plan: Plan, controlId: string): Told {
  const cancelled = new Set(plan.cancel.map((one) => one.key));
  return {
    ...now,
    tests: now.tests
      .filter((one) => !(cancelled.has(one.key) && one.controlId === controlId && one.state === 'sending'))
      .map((one) =>
        one.state === 'sending' && one.controlId === controlId ? { ...one, state: 'taken' as const } : one,
      ),
  };
}

/** Instruments that are on and can be told to measure a test. */
function ableTo(instruments: readonly ToldInstrument[], test: string): ToldInstrument[] {
  return instruments.filter(
    (one) => one.isOn() && one.measures().has(test) && !one.withoutOrderCode().has(test),
  );
}

/** Whether an instrument measures a test and neither it nor another one can be told. */
function isUntold(instruments: readonly ToldInstrument[], instrument: ToldInstrument, test: string): boolean {
  return instrument.isOn() && instrument.measures().has(test) && ableTo(instruments, test).length === 0;
}

async function isItsOwn(
  bench: Bench,
  instruments: readonly ToldInstrument[],
  instrument: ToldInstrument,
  specimen: SpecimenDoc,
  { test, key }: WaitingTest,
): Promise<boolean> {
  const able = ableTo(instruments, test);
  if (able.length <= 1) return able[0] === instrument;
  for (const one of able) {
    const told = await readTold(bench.store, one.id, specimen);
    if (told.tests.some((entry) => entry.key === key && entry.state !== 'refused')) return one === instrument;
  }
  return able[0] === instrument;
}
