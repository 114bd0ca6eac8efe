import type { ControlDoc } from '../../../shared/documents/control.ts';
import {
  type GateOutcome,
  type GateOverride,
  judgeGate,
  type LevelState,
} from '../../../shared/domain/qc/gate.ts';
import { readSetting } from '../settings.ts';
import type { Reader } from '../store/store.ts';
import { earlierControls } from './judge.ts';
import type { QcLots } from './lots.ts';
import { planOf, qcPlan } from './plan.ts';

/** Controls read to find the last one of every required level. */
const LOOK_BACK = 60;
const HOUR = 3_600_000;

/** Setting that holds the override of a test on an instrument. */
export function overrideId(instrumentId: string, testCode: string): string {
  return `qc.override.${instrumentId}.${testCode}`;
}

/**
 * The gate of a test on an instrument at an instant (W13), from what is stored - or is being written, when the reader is a unit of work. A value
 * typed by hand has no instrument and no gate: its outcome is `none`.
 */
export async function gateOf(
  reader: Reader,
  lots: QcLots,
  instrumentId: string,
  testCode: string,
  now: string,
): Promise<GateOutcome> {
  const required = instrumentId === '' ? [] : lots.required(testCode, instrumentId, now);
  if (required.length === 0) return judgeGate({ now, levels: [], override: null });
  const { everyHours } = planOf(await qcPlan(reader), testCode);
  const controls = await earlierControls(reader, instrumentId, testCode, LOOK_BACK);
  const levels = required.map(({ lot }): LevelState => {
    const last = controls.findLast((one) => one.lotId === lot.id && one.excluded === null);
    const at = last === undefined ? '' : last.measuredTime || last.postedTime;
    return {
      name: `${lot.material} ${lot.level}`,
      last:
        last === undefined ? null : { state: standing(last, controls), at, rules: rulesOf(last, controls) },
      dueTime:
        at === '' || everyHours === null ? '' : new Date(Date.parse(at) + everyHours * HOUR).toISOString(),
    };
  });
  const override = await readSetting<GateOverride | null>(reader, overrideId(instrumentId, testCode));
  return judgeGate({ now, levels, override: override ?? null });
}

/** Rejecting hits that a point is part of: its own, and those a later level of its run made with it. */
function rejecting(control: ControlDoc, controls: readonly ControlDoc[]): ControlDoc['hits'] {
  return controls
    .filter((one) => one.runId === control.runId && one.excluded === null)
    .flatMap((one) => one.hits)
    .filter((hit) => hit.action === 'reject' && hit.points.some((point) => point.id === control.id));
}

/** A point is rejected with the run: also when the rule fired at another level of it. */
function standing(
  control: ControlDoc,
  controls: readonly ControlDoc[],
): NonNullable<LevelState['last']>['state'] {
  if (rejecting(control, controls).length > 0) return 'rejected';
  return control.state === 'excluded' ? 'notEvaluated' : control.state;
}

function rulesOf(control: ControlDoc, controls: readonly ControlDoc[]): string[] {
  const hits = [...control.hits, ...rejecting(control, controls)];
  return [...new Set(hits.map((hit) => hit.rule))];
}
