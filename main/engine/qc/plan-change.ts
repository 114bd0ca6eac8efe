/** Changing the plan of controls: from now on, never backwards; and trying a plan on what is stored. */
import type { ControlDoc } from '../../../shared/documents/control.ts';
import {
  changedPlan,
  ownPlan,
  type PlanChange,
  type PlanPlace,
  planOf,
  type QcPlan,
  type QcTestPlan,
  rulesOf,
} from '../../../shared/domain/qc/plan.ts';
import type { QcPlanTrial } from '../../../shared/ipc/qc-plan.ts';
import type { Bench } from '../bench.ts';
import { putSetting, putShared, readSetting } from '../settings.ts';
import type { Latest, Reader, Writer } from '../store/store.ts';
import { breaksOf } from './events.ts';
import { gateOf } from './gate.ts';
import { earlierControls, Judge } from './judge.ts';
import { PLAN, PLAN_CHANGES, planChanges, qcPlan } from './plan.ts';
import { followGate } from './record.ts';

/** Setting that holds the changes made at a station, which other stations see. */
export function stationPlansId(station: string): string {
  return `qc.plans.${station}`;
}

/** Tests on instruments of this station that a place is about. */
export function pairsOf(bench: Bench, place: PlanPlace): { instrumentId: string; testCode: string }[] {
  const { instruments, catalog } = bench;
  const measures = instruments.measures();
  return instruments
    .lines()
    .filter(({ id }) => place.instrumentId === '' || id === place.instrumentId)
    .flatMap(({ id }) =>
      [...(measures.get(id) ?? [])]
        .filter((code) => (place.testCode === '' || code === place.testCode) && catalog.test(code))
        .map((testCode) => ({ instrumentId: id, testCode })),
    );
}

/** Puts changes made here or at another station into the plan in force, each once, and lets the gates follow. The order of arrival does not matter. */
export async function takePlanChanges(
  bench: Bench,
  unit: Writer,
  at: string,
  fresh: readonly PlanChange[],
): Promise<void> {
  const before = await planChanges(unit);
  const known = new Set(before.map((one) => one.id));
  const news = fresh.filter((one) => !known.has(one.id));
  if (news.length === 0) return;
  const all = [...before, ...news].sort((a, b) =>
    a.at === b.at ? (a.id < b.id ? -1 : 1) : a.at < b.at ? -1 : 1,
  );
  let plan: QcPlan = await qcPlan(unit);
  // The newest change of each place is what holds there.
  for (const one of news) {
    const newest = all.findLast((other) => samePlace(other, one));
    if (newest !== undefined) plan = changedPlan(plan, newest);
  }
  await putSetting(unit, at, PLAN, plan);
  await putSetting(unit, at, PLAN_CHANGES, all);
  const pairs = new Map(
    news.flatMap((one) => pairsOf(bench, one)).map((one) => [`${one.instrumentId} ${one.testCode}`, one]),
  );
  for (const { instrumentId, testCode } of pairs.values())
    await followGate(bench, unit, at, instrumentId, testCode);
}

function samePlace(a: PlanPlace, b: PlanPlace): boolean {
  return a.testCode === b.testCode && a.instrumentId === b.instrumentId;
}

/** Writes a change of the plan. What was judged stays as it was judged. @returns the change */
export async function changePlan(
  bench: Bench,
  unit: Writer,
  at: string,
  by: { id: string; name: string },
  place: PlanPlace & { plan: QcTestPlan | null; reason: string },
): Promise<PlanChange> {
  const { testCode, instrumentId, plan, reason } = place;
  const before = ownPlan(await qcPlan(unit), place);
  const change: PlanChange = {
    ...{ id: bench.newId(), at, by: by.id, byName: by.name, testCode, instrumentId },
    ...{ before, after: plan, reason },
  };
  const own = stationPlansId(bench.station.code);
  const mine = (await readSetting<PlanChange[]>(unit, own)) ?? [];
  await putShared(unit, at, own, [...mine, change]);
  await takePlanChanges(bench, unit, at, [change]);
  return change;
}

/** Points of one pair that are looked at, and of each of many. */
const MOST_POINTS = 2_000;
const MOST_OF_EACH = 200;
/** Earlier points that only fill the windows, so that the first one looked at is judged as it was. */
const WARM_UP = 42;
const MOST_SHOWN = 60;

/** What a plan would have made of the newest stored points and makes of the gates now. Nothing is written. */
export async function tryPlan(
  bench: Bench,
  at: string,
  place: PlanPlace & { plan: QcTestPlan | null },
): Promise<QcPlanTrial> {
  const { store } = bench;
  const now = await qcPlan(store);
  const edited = changedPlan(now, { ...place, after: place.plan });
  const pairs = pairsOf(bench, place);
  const limit = pairs.length > 3 ? MOST_OF_EACH : MOST_POINTS;
  const trial: QcPlanTrial = {
    points: 0,
    rejectedMore: 0,
    rejectedLess: 0,
    changes: [],
    changed: 0,
    gates: [],
  };
  const lines = new Map(bench.instruments.lines().map((line) => [line.id, line.name]));
  for (const { instrumentId, testCode } of pairs) {
    const names = {
      testName: bench.catalog.test(testCode)?.name ?? testCode,
      instrumentName: lines.get(instrumentId) ?? instrumentId,
    };
    const plan = planOf(edited, testCode, instrumentId);
    const controls = await earlierControls(store, instrumentId, testCode, limit + WARM_UP);
    const skip = controls.length > limit ? WARM_UP : 0;
    const judge = new Judge(bench.qcLots, () => rulesOf(plan), await breaksOf(store, instrumentId), []);
    const judged = controls.map((one) => ({ one, fresh: judge.next(one) })).slice(skip);
    trial.points += judged.length;
    for (const { one, fresh } of judged) {
      const [was, would] = [rulesIn(one.hits), rulesIn(fresh.hits)];
      if (one.state === fresh.state && was.join() === would.join()) continue;
      trial.changed += 1;
      if (fresh.state === 'rejected' && one.state !== 'rejected') trial.rejectedMore += 1;
      if (one.state === 'rejected' && fresh.state !== 'rejected') trial.rejectedLess += 1;
      trial.changes.push({
        ...{ id: one.id, at: one.effectiveTime, ...names, level: one.level, text: one.value.text, z: one.z },
        ...{ before: one.state, beforeRules: was, after: fresh.state, afterRules: would },
      });
    }
    const before = await gateOf(store, bench.qcLots, instrumentId, testCode, at);
    const after = await gateOf(planned(store, edited), bench.qcLots, instrumentId, testCode, at);
    if (before.state !== after.state)
      trial.gates.push({
        ...{ id: `${instrumentId} ${testCode}`, ...names },
        ...{ before: before.state, after: after.state },
      });
  }
  trial.changes = trial.changes.sort((a, b) => (a.at < b.at ? 1 : -1)).slice(0, MOST_SHOWN);
  return trial;
}

function rulesIn(hits: ControlDoc['hits']): string[] {
  return [...new Set(hits.map((hit) => `${hit.rule}${hit.action === 'warn' ? '?' : ''}`))].sort();
}

/** A reader that sees another plan. */
function planned(store: Reader & Latest, plan: QcPlan): Reader & Latest {
  return {
    get: async (collection, id) => {
      const found = await store.get(collection, id);
      if (collection !== 'settings' || id !== PLAN) return found;
      // Only the value is looked at.
      return { ...found, value: plan } as typeof found;
    },
    getMany: (collection, ids) => store.getMany(collection, ids),
    find: (collection, query) => store.find(collection, query),
    latest: (collection, selector, limit, last, expected) =>
      store.latest(collection, selector, limit, last, expected),
  };
}
