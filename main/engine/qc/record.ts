import { newBase } from '../../../shared/documents/common.ts';
import type { ControlDoc } from '../../../shared/documents/control.ts';
import type { GateOutcome } from '../../../shared/domain/qc/gate.ts';
import { regated } from '../../../shared/domain/verdict.ts';
import type { Bench } from '../bench.ts';
import type { Writer } from '../store/store.ts';
import { breaksOf } from './events.ts';
import { gateOf } from './gate.ts';
import { earlierControls, judgeAfter, judgeControl, type NewControl } from './judge.ts';
import { planOf, qcPlan, rulesOf } from './plan.ts';

/** A control with where it came from. */
export type ArrivedControl = Omit<NewControl, 'id'> &
  Pick<ControlDoc, 'operator' | 'sourceKey' | 'messageId'>;

/** Patient results of a test on an instrument that wait at most this many at once for a gate. */
const MOST_WAITING = 5_000;

/** Stores a control, judged by what is known now, and lets the gate follow it (W13). */
export async function recordControl(
  bench: Bench,
  unit: Writer,
  at: string,
  arrived: ArrivedControl,
): Promise<ControlDoc> {
  const id = bench.newId();
  const breaks = await breaksOf(unit, arrived.instrumentId);
  const judged = await judgeControl(unit, bench.qcLots, { id, ...arrived }, breaks);
  const control: ControlDoc = {
    ...newBase(id, at, 'queued'),
    ...arrived,
    ...judged,
    excluded: null,
    reviews: [],
  };
  const gate = () => gateOf(unit, bench.qcLots, control.instrumentId, control.testCode, at);
  const before = await gate();
  unit.put('controls', control);
  const after = await gate();
  if (before.state !== after.state || before.blocks !== after.blocks || before.text !== after.text)
    await followGate(bench, unit, at, control.instrumentId, control.testCode);
  return control;
}

/** Judges every control of a test on an instrument again, from the first: after an exclusion, a new target or a break (W11, W12). */
export async function judgeAgain(
  bench: Bench,
  unit: Writer,
  at: string,
  instrumentId: string,
  testCode: string,
): Promise<number> {
  const all = await earlierControls(unit, instrumentId, testCode, 100_000);
  const breaks = await breaksOf(unit, instrumentId);
  const set = rulesOf(planOf(await qcPlan(unit), testCode));
  const judged: ControlDoc[] = [];
  let changed = 0;
  for (const control of all) {
    const lot = bench.qcLots.byId(control.lotId) ?? bench.qcLots.named(control.material, control.lot);
    const fresh = judgeAfter(control, lot, judged.slice(-120), set, breaks);
    // The run was decided when the point came (W11); an excluded point stays excluded (W12).
    const next: ControlDoc = {
      ...control,
      ...fresh,
      runId: control.runId || fresh.runId,
      ...(control.excluded === null ? {} : { state: 'excluded' as const, hits: [] }),
    };
    judged.push(next);
    if (JSON.stringify(next) === JSON.stringify(control)) continue;
    unit.put('controls', next);
    changed += 1;
  }
  await followGate(bench, unit, at, instrumentId, testCode);
  return changed;
}

/**
 * Gives the unreleased results of a test on an instrument the gate's present say: blocked when it closes; by their other reasons when it
 * opens. Nothing is released here: what waited for a control is looked at by a person.
 */
export async function followGate(
  bench: Bench,
  unit: Writer,
  at: string,
  instrumentId: string,
  testCode: string,
): Promise<GateOutcome> {
  const gate = await gateOf(unit, bench.qcLots, instrumentId, testCode, at);
  for (const verdict of ['held', 'ready', 'blocked'] as const) {
    const waiting = await unit.find('results', {
      selector: { verdict: { $eq: verdict } },
      sort: [{ verdict: 'asc' }, { postedTime: 'asc' }],
      limit: MOST_WAITING,
    });
    for (const result of waiting) {
      if (!result.current || result.testCode !== testCode || result.instrumentId !== instrumentId) continue;
      const next = regated(result.because, gate.because);
      if (next.verdict === result.verdict && JSON.stringify(next.because) === JSON.stringify(result.because))
        continue;
      unit.put('results', { ...result, ...next });
    }
  }
  return gate;
}
