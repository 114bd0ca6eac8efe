import type { ControlDoc } from '../../../shared/documents/control.ts';
import type { LotDoc } from '../../../shared/documents/lot.ts';
import { readDecimal } from '../../../shared/domain/qc/decimal.ts';
import { runOf } from '../../../shared/domain/qc/run.ts';
import {
  type QcJudgement,
  type QcPoint,
  QcSeries,
  type RuleSet,
  ruleKinds,
} from '../../../shared/domain/qc/westgard.ts';
import { reason, sortReasons } from '../../../shared/domain/reason.ts';
import type { Reader } from '../store/store.ts';
import { type QcLots, targetOf, usableUntil } from './lots.ts';
import { planOf, qcPlan, rulesOf } from './plan.ts';

/** Earlier points of a test and instrument that are read to judge the next: more than any window of three levels reaches. */
const LOOK_BACK = 120;

/** A control as it arrives; `material` and `lot` as sent. */
export type NewControl = Pick<
  ControlDoc,
  'id' | 'instrumentId' | 'testCode' | 'material' | 'lot' | 'value' | 'measuredTime' | 'postedTime'
>;

/** What judging adds to it. */
export type Judged = Pick<
  ControlDoc,
  'lot' | 'level' | 'lotId' | 'runId' | 'target' | 'z' | 'state' | 'hits' | 'because'
>;

/** Earlier controls of a test on an instrument, in the order they arrived. */
export async function earlierControls(
  reader: Reader,
  instrumentId: string,
  testCode: string,
  limit = LOOK_BACK,
): Promise<ControlDoc[]> {
  const found = await reader.find('controls', {
    selector: { instrumentId: { $eq: instrumentId }, testCode: { $eq: testCode } },
    sort: [{ instrumentId: 'desc' }, { testCode: 'desc' }, { postedTime: 'desc' }],
    limit,
  });
  return found.reverse();
}

/** Judges a control by its lot's target and the controls before it (W1-W11). Nothing is written. */
export async function judgeControl(
  reader: Reader,
  lots: QcLots,
  control: NewControl,
  breaks: readonly string[],
): Promise<Judged> {
  const lot = lots.named(control.material, control.lot);
  const before = await earlierControls(reader, control.instrumentId, control.testCode);
  const set = rulesOf(planOf(await qcPlan(reader), control.testCode));
  return judgeAfter(control, lot, before, set, breaks);
}

/** {@link judgeControl} for what is at hand. `breaks`: instants of marked breaks on this instrument, in order. */
export function judgeAfter(
  control: NewControl,
  lot: LotDoc | undefined,
  before: readonly ControlDoc[],
  set: RuleSet,
  breaks: readonly string[],
): Judged {
  const at = control.measuredTime || control.postedTime;
  if (lot === undefined) return unrecognised(control);
  const level = `${lot.material} ${lot.level}`;
  const runId = runOf(
    before.map((one) => ({ runId: one.runId, level: one.level, at: one.measuredTime || one.postedTime })),
    { level, at },
    control.id,
  );
  const target = targetOf(lot, control.testCode, control.instrumentId, control.postedTime);
  const kept = target === undefined ? null : { id: target.id, mean: target.mean, sd: target.sd };
  const series = new QcSeries(set);
  for (const one of before) series.add(pointOf(one, breaks));
  const point = pointOf({ ...control, level, lotId: lot.id, runId, target: kept, excluded: null }, breaks);
  const judgement = series.add(point);
  return {
    lot: lot.lot,
    level,
    lotId: lot.id,
    runId,
    target: kept,
    z: judgement.deviation?.z ?? null,
    state: judgement.state === 'notEvaluable' ? 'notEvaluated' : judgement.state,
    hits: judgement.hits.map(({ rule, action, where, points }) => ({
      rule,
      action,
      where,
      points: points.map(({ id, level: of, z }) => ({ id, level: of, z })),
    })),
    because: reasonsOf(judgement, lot, at),
  };
}

/**
 * A control as the rules see it: its window changes with lot, target and marked break (W11). Targets and breaks are told by when a point was
 * posted: an instrument's clock may be minutes behind ours.
 */
export function pointOf(
  control: Pick<
    ControlDoc,
    'id' | 'level' | 'lotId' | 'runId' | 'value' | 'target' | 'excluded' | 'measuredTime' | 'postedTime'
  >,
  breaks: readonly string[],
): QcPoint {
  const epoch = breaks.filter((one) => one <= control.postedTime).length;
  return {
    id: control.id,
    level: control.level,
    runId: control.runId,
    value: decimalOf(control.value),
    target: control.target,
    window: `${control.lotId} ${control.target?.id ?? ''} ${epoch}`,
    excluded: control.excluded !== null,
  };
}

/** The value as a decimal text; '' for a comparator or a text, which no rule can judge (W10). */
function decimalOf({ kind, comparator, text, number }: ControlDoc['value']): string {
  if (kind !== 'quantity' || comparator !== undefined) return '';
  const sent = text.trim().replace(',', '.');
  return readDecimal(sent) === null ? String(number ?? '') : sent;
}

function unrecognised(control: NewControl): Judged {
  const inputs = { material: control.material };
  const sent = [control.material, control.lot].filter((one) => one !== '').join(', lot ');
  const text = `No lot in use is sent as “${sent}”: set it up, or add the name to its lot.`;
  return {
    lot: control.lot,
    level: '',
    lotId: '',
    runId: control.id,
    target: null,
    z: null,
    state: 'notEvaluated',
    hits: [],
    because: [reason('qc.lot', 'hold', text, inputs)],
  };
}

function reasonsOf(judgement: QcJudgement, lot: LotDoc, at: string): ControlDoc['because'] {
  const reasons: ControlDoc['because'] = judgement.hits.map((hit) =>
    reason(
      hit.rule,
      hit.action === 'reject' ? 'block' : 'warn',
      `${hit.rule}: ${hit.points.map((one) => `${one.level} at ${signed(one.z)} SD`).join(', ')}.`,
      { where: hit.where, kind: ruleKinds[hit.rule] },
    ),
  );
  if (judgement.deviation === null)
    reasons.push(reason('W10', 'hold', 'No mean and SD, or no number, to judge it by: not evaluated.'));
  else if (reasons.length === 0)
    reasons.push(reason('qc', 'pass', `In control at ${signed(judgement.deviation.z)} SD.`));
  const until = usableUntil(lot);
  if (until !== '' && at > until)
    reasons.push(
      reason('qc.expired', 'warn', `The lot ${lot.lot} may not be used after ${until.slice(0, 10)}.`, {
        until,
      }),
    );
  return sortReasons(reasons);
}

function signed(z: number): string {
  const text = Math.abs(z).toFixed(2);
  return z < 0 ? `−${text}` : `+${text}`;
}
