import type { ControlDoc } from '../../../shared/documents/control.ts';
import type { LotDoc } from '../../../shared/documents/lot.ts';
import { EXPIRED } from '../../../shared/domain/qc/fit.ts';
import {
  type GateOutcome,
  type GateOverride,
  judgeGate,
  type LevelState,
} from '../../../shared/domain/qc/gate.ts';
import { planOf, type QcTestPlan } from '../../../shared/domain/qc/plan.ts';
import { windowTime } from '../../../shared/domain/qc/run.ts';
import { readSetting } from '../settings.ts';
import type { Latest, Reader } from '../store/store.ts';
import { analysersElsewhere, idsOf } from './analysers.ts';
import { earlierControls } from './judge.ts';
import type { QcLots } from './lots.ts';
import { qcPlan } from './plan.ts';
import { dueTimeOf } from './schedule.ts';
import { qcSettingName } from './setting-name.ts';

/** Controls read at most to find the last one of every required level. */
const LOOK_BACK = 120;
/** Controls read in any case: a lot without a target is noticed among them. */
const LEAST = 6;

/** Setting that holds the override of a test on an instrument. */
export function overrideId(instrumentId: string, testCode: string): string {
  return qcSettingName('override', instrumentId, testCode);
}

/** The last override of a test on an analyser, at whichever station it was decided; null without one. */
export async function overrideOf(
  reader: Reader,
  instrumentId: string,
  testCode: string,
): Promise<GateOverride | null> {
  let last: GateOverride | null = null;
  for (const id of await idsOf(reader, instrumentId)) {
    const one = await readSetting<GateOverride | null>(reader, overrideId(id, testCode));
    if (one === undefined || one === null || (last !== null && one.at <= last.at)) continue;
    last = { by: one.by, at: one.at, until: one.until, reason: one.reason };
  }
  return last;
}

/**
 * The gate of a test on an instrument at an instant (W13), from what is stored - or is being written, when the reader is a unit of work. A value
 * typed by hand has no instrument and no gate: its outcome is `none`.
 */
export async function gateOf(
  reader: Reader & Latest,
  lots: QcLots,
  instrumentId: string,
  testCode: string,
  now: string,
): Promise<GateOutcome> {
  return (await gateWith(reader, lots, instrumentId, testCode, now)).gate;
}

const NONE: readonly ControlDoc[] = [];

/** {@link gateOf} with the controls it was judged from, in the order of runs: at least the last of every required level. `counted`: every patient result may change it. */
export async function gateWith(
  reader: Reader & Latest,
  lots: QcLots,
  named: string,
  testCode: string,
  now: string,
): Promise<{ gate: GateOutcome; controls: readonly ControlDoc[]; counted: boolean }> {
  // What another station measured on an analyser that is here too is judged by the controls kept here.
  const instrumentId = (await analysersElsewhere(reader))[named] ?? named;
  if (instrumentId === '')
    return { gate: judgeGate({ now, levels: [], override: null }), controls: NONE, counted: false };
  const aimed = lots.required(testCode, instrumentId, now).map(({ lot }) => lot);
  const aimless = lots.all().filter((lot) => lot.state === 'current' && !aimed.includes(lot));
  if (aimed.length + aimless.length === 0)
    return { gate: judgeGate({ now, levels: [], override: null }), controls: NONE, counted: false };
  const controls = await lastControls(reader, instrumentId, testCode, aimed);
  const lastOf = (lot: LotDoc) => controls.findLast((one) => one.lotId === lot.id && one.excluded === null);
  // A lot in use that is measured and has no target proves nothing: it does not fall silently out of what is required (W10, W13).
  const required = [...aimed, ...aimless.filter((lot) => lastOf(lot) !== undefined)];
  if (required.length === 0)
    return { gate: judgeGate({ now, levels: [], override: null }), controls: NONE, counted: false };
  const plan = planOf(await qcPlan(reader), testCode, instrumentId);
  const counted = plan.everyPatients !== null;
  const levels: LevelState[] = [];
  for (const lot of required) {
    const last = lastOf(lot);
    const at = last?.effectiveTime ?? '';
    levels.push({
      name: `${lot.material} ${lot.level}`,
      last:
        last === undefined
          ? null
          : {
              state: standing(last, controls),
              at,
              rules: rulesOf(last, controls),
              unfit: last.because.find((one) => one.rule === EXPIRED)?.text ?? '',
            },
      dueTime: at === '' ? '' : await dueOf(lots, plan, last, now),
    });
  }
  const override = await overrideOf(reader, instrumentId, testCode);
  return { gate: judgeGate({ now, levels, override }), controls, counted };
}

/** When a control is due again: by the clock, or now when enough patient results came after it. */
async function dueOf(
  lots: QcLots,
  plan: QcTestPlan,
  last: ControlDoc | undefined,
  now: string,
): Promise<string> {
  if (last === undefined) return '';
  const byClock = dueTimeOf(plan, last.effectiveTime, lots.timeZone);
  if (plan.everyPatients === null) return byClock;
  const since = windowTime(last.effectiveTime, last.postedTime);
  const patients = await lots.patientsSince(last.instrumentId, last.testCode, since, now);
  return patients >= plan.everyPatients && (byClock === '' || now < byClock) ? now : byClock;
}

/** The newest controls, as far back as the last one of every required lot with its run; of lots that are not required, what lies in between. */
async function lastControls(
  reader: Latest,
  instrumentId: string,
  testCode: string,
  required: readonly LotDoc[],
): Promise<ControlDoc[]> {
  const missing = new Set(required.map((lot) => lot.id));
  const runs = new Set<string>();
  let read = 0;
  return earlierControls(reader, instrumentId, testCode, LOOK_BACK, (one) => {
    read += 1;
    if (one.excluded === null && (missing.delete(one.lotId) || read <= LEAST)) runs.add(one.runId);
    return read > LEAST && missing.size === 0 && !runs.has(one.runId);
  });
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
