/** The points of a lot that a target of one's own is worked out from (W14). */
import type { ControlDoc } from '../../../shared/documents/index.ts';
import { EXPIRED } from '../../../shared/domain/qc/fit.ts';
import { planOf } from '../../../shared/domain/qc/plan.ts';
import { windowTime } from '../../../shared/domain/qc/run.ts';
import { type RollingWindow, rollingPoints } from '../../../shared/domain/qc/target.ts';
import type { Latest, Reader } from '../store/store.ts';
import { breaksOf } from './events.ts';
import { earlierControls } from './judge.ts';
import { qcPlan } from './plan.ts';

/** Controls of a test on an instrument that are read at most. */
const MOST = 100_000;

/** A window in words. */
export function windowWords({ by, count }: RollingWindow): string {
  if (by === 'points') return `the newest ${count} points`;
  return count === 1 ? 'one month' : `${count} months`;
}

/**
 * Points for a target, oldest first, and the window they were looked for in ('' = all of the lot). Excluded points (W12) and those measured past
 * the date of lot or vial are no part of it; of a rolling one neither is what came before the last break (W11) or lies outside the plan's window.
 */
export async function targetPoints(
  reader: Reader & Latest,
  at: string,
  of: { lotId: string; testCode: string; instrumentId: string; kind: 'established' | 'rolling' },
): Promise<{ used: ControlDoc[]; window: string }> {
  const { lotId, testCode, instrumentId, kind } = of;
  const controls = await earlierControls(reader, instrumentId, testCode, MOST);
  const own = controls.filter((one) => one.lotId === lotId);
  const points = own.map((control) => ({
    control,
    at: windowTime(control.effectiveTime, control.postedTime),
    excluded: control.excluded !== null || control.because.some((one) => one.rule === EXPIRED),
  }));
  if (kind === 'established')
    return { used: points.filter((one) => !one.excluded).map((one) => one.control), window: '' };
  const { rolling } = planOf(await qcPlan(reader), testCode, instrumentId);
  const since = (await breaksOf(reader, instrumentId)).at(-1) ?? '';
  const used = rollingPoints(points, rolling, since, at).map((one) => one.control);
  return { used, window: windowWords(rolling) };
}
