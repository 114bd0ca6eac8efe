import { newBase } from '../../../shared/documents/common.ts';
import type { ControlDoc } from '../../../shared/documents/control.ts';
import type { GateOutcome } from '../../../shared/domain/qc/gate.ts';
import { byTime, inRunOrder, lateRunOf, orderTime, RUN_HOURS } from '../../../shared/domain/qc/run.ts';
import { regated } from '../../../shared/domain/verdict.ts';
import type { Bench } from '../bench.ts';
import type { Writer } from '../store/store.ts';
import { breaksOf } from './events.ts';
import { gateOf } from './gate.ts';
import { controlsAround, Judge, type NewControl, windowControls } from './judge.ts';
import { rulesInTime } from './plan.ts';
import { twinOf } from './twins.ts';
import { waitingResults } from './waiting.ts';

/** A control with where it came from; `because`: what was odd about it as it came. */
export type ArrivedControl = Omit<NewControl, 'id' | 'effectiveTime'> &
  Pick<ControlDoc, 'operator' | 'sourceKey' | 'messageId'>;

/** Judges of a unit of work, by instrument and test: what one reads for its first control serves most others. */
const judges = new WeakMap<Writer, Map<string, Judge>>();

async function judgeOf(
  bench: Bench,
  unit: Writer,
  instrumentId: string,
  testCode: string,
  level: string,
): Promise<Judge> {
  const kept = judges.get(unit) ?? new Map<string, Judge>();
  judges.set(unit, kept);
  const key = `${instrumentId} ${testCode}`;
  let judge = kept.get(key);
  if (judge === undefined || !judge.canJudge(level)) {
    const set = await rulesInTime(unit, instrumentId, testCode);
    const { before, levels } = await windowControls(unit, instrumentId, testCode, level);
    judge = new Judge(bench.qcLots, set, await breaksOf(unit, instrumentId), before, levels);
    kept.set(key, judge);
  }
  return judge;
}

/** Stores a control, judged by what is known now, and lets the gate follow it (W13). One that comes late is put into its run, and what follows is judged again. */
export async function recordControl(
  bench: Bench,
  unit: Writer,
  at: string,
  arrived: ArrivedControl,
): Promise<ControlDoc> {
  const [control] = await recordControls(bench, unit, at, [arrived]);
  if (control === undefined) throw new Error('a control was not recorded');
  return control;
}

/** {@link recordControl} for many at once: each test on an instrument is looked at once at the end. */
export async function recordControls(
  bench: Bench,
  unit: Writer,
  at: string,
  arrived: readonly ArrivedControl[],
): Promise<ControlDoc[]> {
  const gate = (instrumentId: string, testCode: string) =>
    gateOf(unit, bench.qcLots, instrumentId, testCode, at);
  const before = new Map<string, GateOutcome>();
  const again = new Map<string, string>();
  const stored: ControlDoc[] = [];
  for (const one of arrived) {
    const { instrumentId, testCode } = one;
    const key = `${instrumentId} ${testCode}`;
    if (!before.has(key)) before.set(key, await gate(instrumentId, testCode));
    const judge = await judgeOf(bench, unit, instrumentId, testCode, levelOf(bench, one));
    const effectiveTime = orderTime(one.measuredTime, one.postedTime);
    const twin = await twinOf(unit, { ...one, effectiveTime });
    if (twin !== undefined) {
      stored.push(twin);
      continue;
    }
    const control = { id: bench.newId(), ...one, effectiveTime };
    const late = !judge.follows(control);
    // A late point only gets its place here; it is judged with what follows it, below.
    const judged = late ? unjudged(control) : judge.next(control);
    const doc: ControlDoc = {
      ...newBase(control.id, at, 'queued'),
      ...control,
      ...judged,
      excluded: null,
      reviews: [],
    };
    if (late) {
      const earliest = again.get(key);
      if (earliest === undefined || effectiveTime < earliest) again.set(key, effectiveTime);
    }
    unit.put('controls', doc);
    stored.push(doc);
  }
  for (const [key, outcome] of before) {
    const [instrumentId = '', testCode = ''] = key.split(' ');
    const from = again.get(key);
    if (from !== undefined) await judgeFrom(bench, unit, instrumentId, testCode, runStart(from));
    const after = await gate(instrumentId, testCode);
    if (outcome.state !== after.state || outcome.blocks !== after.blocks || outcome.text !== after.text)
      await followGate(bench, unit, at, instrumentId, testCode, after);
  }
  if (again.size === 0) return stored;
  const now = new Map(
    (
      await unit.getMany(
        'controls',
        stored.map((one) => one.id),
      )
    ).map((one) => [one.id, one]),
  );
  return stored.map((one) => now.get(one.id) ?? one);
}

/** The earliest instant at which a run could have begun that a point measured then belongs to. */
function runStart(at: string): string {
  return new Date(Date.parse(at) - RUN_HOURS * 3_600_000).toISOString();
}

/** What a late control is until it has its place: no run, not judged. */
function unjudged(control: NewControl) {
  return {
    lot: control.lot,
    level: '',
    lotId: '',
    runId: '',
    target: null,
    z: null,
    state: 'notEvaluated' as const,
    hits: [],
    because: control.because ?? [],
  };
}

/** Judges every control of a test on an instrument again, from the first: after an exclusion, a new target or a break (W11, W12). */
export async function judgeAgain(
  bench: Bench,
  unit: Writer,
  at: string,
  instrumentId: string,
  testCode: string,
): Promise<number> {
  const changed = await judgeFrom(bench, unit, instrumentId, testCode, '');
  await followGate(bench, unit, at, instrumentId, testCode);
  return changed;
}

/** Judges the controls from an instant on again ('' = all). Controls without a run, which came late, get theirs first (W11). */
async function judgeFrom(
  bench: Bench,
  unit: Writer,
  instrumentId: string,
  testCode: string,
  from: string,
): Promise<number> {
  judges.get(unit)?.delete(`${instrumentId} ${testCode}`);
  const level = (one: ControlDoc) => levelOf(bench, one);
  const found = await controlsAround(unit, instrumentId, testCode, from, level);
  const { before } = found;
  const after = placed(bench, before, found.after);
  const set = await rulesInTime(unit, instrumentId, testCode);
  const judge = new Judge(bench.qcLots, set, await breaksOf(unit, instrumentId), before);
  const stored = new Map(found.after.map((one) => [one.id, JSON.stringify(one)]));
  let changed = 0;
  for (const control of after) {
    const fresh = judge.next(control);
    const next: ControlDoc = { ...control, ...fresh };
    if (JSON.stringify(next) === stored.get(control.id)) continue;
    unit.put('controls', next);
    changed += 1;
  }
  return changed;
}

/** Late controls put into their runs, all in the order of runs. Runs decided before stay as they are (W11). */
function placed(bench: Bench, before: readonly ControlDoc[], after: readonly ControlDoc[]): ControlDoc[] {
  const runs = new Map<string, string>();
  // One of no lot is in no run, and a late one in none it began.
  const known = [...before, ...after].filter((one) => one.lotId !== '');
  const point = (one: ControlDoc) => ({
    runId: runs.get(one.id) ?? one.runId,
    level: levelOf(bench, one),
    at: one.effectiveTime,
  });
  for (const late of after.filter((one) => one.runId === '').sort(byTime)) {
    const level = levelOf(bench, late);
    if (level === '') continue;
    const around = known
      .filter((one) => Math.abs(Date.parse(one.effectiveTime) - Date.parse(late.effectiveTime)) <= DAY)
      .sort(byTime)
      .map(point);
    runs.set(late.id, lateRunOf(around, { level, at: late.effectiveTime }, late.id));
    known.push(late);
  }
  return inRunOrder(after.map((one) => ({ ...one, runId: runs.get(one.id) ?? one.runId })));
}

const DAY = 86_400_000;

/** The level a control has, or will have once it is judged; '' where no lot is meant by its name. */
function levelOf(
  bench: Bench,
  control: Pick<ControlDoc, 'material' | 'lot'> & Partial<Pick<ControlDoc, 'level'>>,
): string {
  if (control.level) return control.level;
  const lot = bench.qcLots.named(control.material, control.lot);
  return lot === undefined ? '' : `${lot.material} ${lot.level}`;
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
  known?: GateOutcome,
): Promise<GateOutcome> {
  const gate = known ?? (await gateOf(unit, bench.qcLots, instrumentId, testCode, at));
  for (const result of await waitingResults(bench, unit, at, instrumentId, testCode)) {
    const next = regated(result.because, gate.because);
    if (next.verdict === result.verdict && JSON.stringify(next.because) === JSON.stringify(result.because))
      continue;
    unit.put('results', { ...result, ...next });
  }
  return gate;
}
