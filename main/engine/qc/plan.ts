import { z } from 'zod';
import { DEFAULT_PLAN, PlanChange, planAt, planOf, QcPlan, rulesOf } from '../../../shared/domain/qc/plan.ts';
import type { RuleSet } from '../../../shared/domain/qc/westgard.ts';
import { readSetting } from '../settings.ts';
import type { Reader } from '../store/store.ts';

/** Setting that holds the plan in force. */
export const PLAN = 'qc.plan';
/** Setting that holds every change of the plan known here, in the order of their time. */
export const PLAN_CHANGES = 'qc.planChanges';

/** The plan in force. */
export async function qcPlan(reader: Reader): Promise<QcPlan> {
  const stored = QcPlan.safeParse(await readSetting(reader, PLAN));
  return stored.success ? stored.data : DEFAULT_PLAN;
}

/** Every change of the plan, oldest first. */
export async function planChanges(reader: Reader): Promise<PlanChange[]> {
  const stored = z.array(PlanChange).safeParse((await readSetting(reader, PLAN_CHANGES)) ?? []);
  return stored.success ? stored.data : [];
}

/** Tells the rules that held for a test on an instrument at an instant: what came before a change is never judged by it. */
export async function rulesInTime(
  reader: Reader,
  instrumentId: string,
  testCode: string,
): Promise<(at: string) => RuleSet> {
  const plan = await qcPlan(reader);
  const changes = (await planChanges(reader)).filter(
    (one) =>
      (one.testCode === '' || one.testCode === testCode) &&
      (one.instrumentId === '' || one.instrumentId === instrumentId),
  );
  const now = rulesOf(planOf(plan, testCode, instrumentId));
  const last = changes.at(-1)?.at ?? '';
  const known = new Map<string, RuleSet>();
  return (at) => {
    if (at >= last) return now;
    // Between two changes the rules are the same: worked out once.
    const until = changes.find((one) => one.at > at)?.at ?? '';
    let set = known.get(until);
    if (set === undefined) {
      set = rulesOf(planOf(planAt(plan, changes, at), testCode, instrumentId));
      known.set(until, set);
    }
    return set;
  };
}
