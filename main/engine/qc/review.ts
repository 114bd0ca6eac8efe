/** What a month or week of controls says: the content of its report, and what a supervisor's signature is bound to (C4). */
import { z } from 'zod';
import type { ControlDoc } from '../../../shared/documents/control.ts';
import type { LotDoc } from '../../../shared/documents/lot.ts';
import type { GateOverride } from '../../../shared/domain/qc/gate.ts';
import { planOf } from '../../../shared/domain/qc/plan.ts';
import { inRunOrder, windowTime } from '../../../shared/domain/qc/run.ts';
import { performanceOf, type Statistics, statisticsOf } from '../../../shared/domain/qc/statistics.ts';
import type { Bench } from '../bench.ts';
import { contentHash } from '../output/content-hash.ts';
import { putShared, readSetting } from '../settings.ts';
import type { Reader, Writer } from '../store/store.ts';
import { ofAnalyser } from './analysers.ts';
import { eventsOf, type QcEvent } from './events.ts';
import { targetOf } from './lots.ts';
import { controlsBetween, type Period, periodOf, testsOf } from './period.ts';
import { qcPlan } from './plan.ts';
import { qcSettingName } from './setting-name.ts';

/** One control in a report. People by id. */
export interface ReviewedPoint {
  id: string;
  runId: string;
  at: string;
  lotId: string;
  level: string;
  text: string;
  z: number | null;
  state: ControlDoc['state'];
  /** rules that fired in its run with it */
  rules: string[];
  /** reasons beside the rules: expired, swapped, no target */
  marks: string[];
  excluded: ControlDoc['excluded'];
  reviews: ControlDoc['reviews'];
}

/** A lot and level in a report. */
export interface ReviewedLot {
  lotId: string;
  material: string;
  lot: string;
  level: string;
  target: { mean: string; sd: string } | null;
  own: Statistics;
  /** percent of the target; null: not known */
  bias: number | null;
  sigma: number | null;
}

/** A test on an instrument in a period. */
export interface ReviewedTest {
  instrumentId: string;
  testCode: string;
  unit: string;
  points: ReviewedPoint[];
  lots: ReviewedLot[];
  overrides: GateOverride[];
  /** percent; null: not set */
  totalErrorAllowed: number | null;
  events: QcEvent[];
}

const Override = z.object({
  testCode: z.string(),
  by: z.string(),
  at: z.string(),
  until: z.string(),
  reason: z.string(),
});

function overridesId(instrumentId: string): string {
  return qcSettingName('overrides', instrumentId);
}

/** Keeps an override for the reports: the gate itself only knows the last one. */
export async function keepOverride(
  unit: Writer,
  at: string,
  instrumentId: string,
  testCode: string,
  override: GateOverride,
): Promise<void> {
  const id = overridesId(instrumentId);
  const before = (await readSetting<unknown[]>(unit, id)) ?? [];
  await putShared(unit, at, id, [...before, { instrumentId, testCode, ...override }]);
}

async function overridesOf(reader: Reader, instrumentId: string): Promise<z.infer<typeof Override>[]> {
  return ofAnalyser(reader, instrumentId, overridesId, Override);
}

/** A test on an instrument in a month or week, or between two instants (half open); `points` is empty when nothing was measured. */
export async function reviewedTest(
  bench: Bench,
  reader: Reader,
  instrumentId: string,
  testCode: string,
  period: string | Pick<Period, 'from' | 'to'>,
): Promise<ReviewedTest> {
  const { from, to } = typeof period === 'string' ? periodOf(period, bench.station.timeZone) : period;
  const controls = inRunOrder(await controlsBetween(reader, instrumentId, testCode, from, to));
  const { totalErrorAllowed } = planOf(await qcPlan(reader), testCode, instrumentId);
  const within = ({ at }: { at: string }) => at >= from && at < to;
  const overrides = (await overridesOf(reader, instrumentId))
    .filter((one) => one.testCode === testCode && within(one))
    .map(({ testCode: _, ...override }) => override);
  return {
    instrumentId,
    testCode,
    unit: bench.catalog.test(testCode)?.unit ?? '',
    points: controls.map((one) => pointOf(one, controls)),
    lots: lotsOf(bench, controls, totalErrorAllowed),
    overrides,
    totalErrorAllowed,
    events: (await eventsOf(reader, instrumentId)).filter(within),
  };
}

/** Rejected points of a test whose run has no corrective action: one action is for the whole run, at whichever of its levels it was written. */
export function withoutAction({ points }: Pick<ReviewedTest, 'points'>): ReviewedPoint[] {
  const done = new Set(
    points.filter((one) => one.reviews.some(({ kind }) => kind === 'action')).map((one) => one.runId),
  );
  return points.filter((one) => one.state === 'rejected' && !done.has(one.runId));
}

function pointOf(control: ControlDoc, all: readonly ControlDoc[]): ReviewedPoint {
  const hits = all
    .filter((one) => one.runId === control.runId && one.excluded === null)
    .flatMap((one) => one.hits)
    .filter((hit) => hit.points.some((point) => point.id === control.id));
  const rejected = control.excluded === null && hits.some((hit) => hit.action === 'reject');
  return {
    id: control.id,
    runId: control.runId,
    at: control.effectiveTime,
    lotId: control.lotId,
    level: control.level || control.material,
    text: control.value.text,
    z: control.z,
    state: rejected ? 'rejected' : control.state,
    rules: [...new Set(hits.map((hit) => hit.rule))],
    marks: control.because.filter((one) => one.outcome === 'hold').map((one) => one.text),
    excluded: control.excluded,
    reviews: control.reviews,
  };
}

function lotsOf(
  bench: Bench,
  controls: readonly ControlDoc[],
  totalErrorAllowed: number | null,
): ReviewedLot[] {
  const known = new Map<string, LotDoc>();
  for (const { lotId } of controls) {
    const lot = bench.qcLots.byId(lotId);
    if (lot !== undefined) known.set(lotId, lot);
  }
  const rows = [...known.values()].map((lot): ReviewedLot => {
    const mine = controls.filter((one) => one.lotId === lot.id);
    const newest = mine.at(-1);
    const target =
      mine.findLast((one) => one.target !== null)?.target ??
      (newest === undefined
        ? undefined
        : targetOf(
            lot,
            newest.testCode,
            newest.instrumentId,
            windowTime(newest.effectiveTime, newest.postedTime),
          ));
    // Excluded points do not count (W12), nor what is no plain number.
    const values = mine.flatMap((one) =>
      one.excluded === null && one.value.number !== undefined && one.value.comparator === undefined
        ? [one.value.number]
        : [],
    );
    const own = statisticsOf(values);
    return {
      lotId: lot.id,
      ...{ material: lot.material, lot: lot.lot, level: lot.level },
      target: target === undefined || target === null ? null : { mean: target.mean, sd: target.sd },
      own,
      ...performanceOf(
        own,
        target === undefined || target === null ? null : Number(target.mean),
        totalErrorAllowed,
      ),
    };
  });
  return rows.sort((a, b) =>
    a.level === b.level ? a.lot.localeCompare(b.lot) : a.level.localeCompare(b.level),
  );
}

/** Everything of an instrument in a period that was measured or decided, by test code. */
export async function reviewedPeriod(
  bench: Bench,
  reader: Reader,
  instrumentId: string,
  period: string,
): Promise<ReviewedTest[]> {
  const tests: ReviewedTest[] = [];
  for (const testCode of testsOf(bench, instrumentId)) {
    const test = await reviewedTest(bench, reader, instrumentId, testCode, period);
    if (test.points.length > 0 || test.overrides.length > 0) tests.push(test);
  }
  return tests;
}

/** What a signature under a period is bound to (C4): the same hash means that nothing of it has changed. */
export function reviewHash(instrumentId: string, period: string, tests: readonly ReviewedTest[]): string {
  // The plan is not part of it: another allowable error is set for what comes, and changes nothing that was measured or done.
  const signed = tests.map(({ totalErrorAllowed: _, lots, ...test }) => ({
    ...test,
    // At another station the same analyser has another id.
    instrumentId,
    lots: lots.map(({ sigma: __, ...lot }) => lot),
  }));
  return contentHash({ instrumentId, period, tests: signed });
}

/** A supervisor's signature under the controls of an instrument in a period. */
export const SignOff = z.object({
  instrumentId: z.string(),
  period: z.string(),
  by: z.string(),
  name: z.string(),
  at: z.string(),
  meaning: z.string(),
  comment: z.string(),
  hash: z.string(),
});
export type SignOff = z.infer<typeof SignOff>;

function signOffsId(instrumentId: string): string {
  return qcSettingName('signOffs', instrumentId);
}

/** Signatures of an instrument, oldest first. Appended, never changed. */
export async function signOffsOf(reader: Reader, instrumentId: string): Promise<SignOff[]> {
  return ofAnalyser(reader, instrumentId, signOffsId, SignOff);
}

/** Appends a signature. */
export async function addSignOff(unit: Writer, at: string, signOff: SignOff): Promise<void> {
  const id = signOffsId(signOff.instrumentId);
  const before = (await readSetting<SignOff[]>(unit, id)) ?? [];
  await putShared(unit, at, id, [...before, signOff]);
}
