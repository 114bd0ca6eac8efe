import type { Reason } from '../../../shared/documents/common.ts';
import type { ControlDoc } from '../../../shared/documents/control.ts';
import type { LotDoc } from '../../../shared/documents/lot.ts';
import { deviationOf, readDecimal } from '../../../shared/domain/qc/decimal.ts';
import { EXPIRED, expiredReason, SWAPPED, swappedLevel } from '../../../shared/domain/qc/fit.ts';
import { inRunOrder, type RunPoint, runOf, windowTime } from '../../../shared/domain/qc/run.ts';
import {
  type QcJudgement,
  type QcPoint,
  QcSeries,
  type RuleSet,
  ruleKinds,
} from '../../../shared/domain/qc/westgard.ts';
import { reason, sortReasons } from '../../../shared/domain/reason.ts';
import { localDay } from '../local-time.ts';
import type { Latest, Reader } from '../store/store.ts';
import { type QcLots, targetOf } from './lots.ts';

/** Earlier points of a test and instrument that are read at most to judge the next. */
const LOOK_BACK = 120;
/** Points in the windows that are enough to judge the next: 12x of three levels, and a run more. */
const ENOUGH = 42;

/** A control as it arrives; `material` and `lot` as sent. */
export type NewControl = Pick<
  ControlDoc,
  | 'id'
  | 'instrumentId'
  | 'testCode'
  | 'material'
  | 'lot'
  | 'value'
  | 'measuredTime'
  | 'effectiveTime'
  | 'postedTime'
>;

/** What judging adds to it. */
export type Judged = Pick<
  ControlDoc,
  'lot' | 'level' | 'lotId' | 'runId' | 'target' | 'z' | 'state' | 'hits' | 'because'
>;

/** The newest controls of a test on an instrument, at most `limit`, in the order of runs (W11). */
export async function earlierControls(
  reader: Latest,
  instrumentId: string,
  testCode: string,
  limit = LOOK_BACK,
  last: (control: ControlDoc) => boolean = () => false,
): Promise<ControlDoc[]> {
  const of = { instrumentId: { $eq: instrumentId }, testCode: { $eq: testCode } };
  const found = await reader.latest('controls', of, limit, last);
  return inRunOrder(found.reverse());
}

/** The newest controls as far as the rules can look back. */
export function windowControls(
  reader: Latest,
  instrumentId: string,
  testCode: string,
): Promise<ControlDoc[]> {
  let usable = 0;
  return earlierControls(reader, instrumentId, testCode, LOOK_BACK, (one) => {
    if (one.excluded === null && one.lotId !== '') usable += 1;
    return usable >= ENOUGH;
  });
}

/** Controls before an instant as far as the rules can look back, and all from it on, in the order of runs. */
export async function controlsAround(
  reader: Reader,
  instrumentId: string,
  testCode: string,
  from: string,
): Promise<{ before: ControlDoc[]; after: ControlDoc[] }> {
  const of = { instrumentId: { $eq: instrumentId }, testCode: { $eq: testCode } };
  const by = ['instrumentId', 'testCode', 'effectiveTime'] as const;
  const after = await reader.find('controls', {
    selector: { ...of, effectiveTime: { $gte: from } },
    sort: by.map((field) => ({ [field]: 'asc' as const })),
  });
  const before =
    from === ''
      ? []
      : await reader.find('controls', {
          selector: { ...of, effectiveTime: { $lt: from } },
          sort: by.map((field) => ({ [field]: 'desc' as const })),
          limit: LOOK_BACK,
        });
  return { before: inRunOrder(before.reverse()), after: inRunOrder(after) };
}

/**
 * Judges the controls of one test on one instrument, one after the other in the order of runs. Judging one more costs the same however many there
 * were.
 */
export class Judge {
  readonly #series: QcSeries;
  readonly #rules: (at: string) => RuleSet;
  readonly #lots: QcLots;
  readonly #breaks: readonly string[];
  #recent: RunPoint[] = [];
  #newest = '';

  /**
   * `rules`: those that held at an instant. `breaks`: instants of marked breaks on this instrument, in order. `before`: controls judged already, in
   * the order of runs.
   */
  constructor(
    lots: QcLots,
    rules: (at: string) => RuleSet,
    breaks: readonly string[],
    before: readonly ControlDoc[],
  ) {
    this.#lots = lots;
    this.#rules = rules;
    this.#breaks = breaks;
    this.#series = new QcSeries(rules(before.at(-1)?.postedTime ?? ''));
    for (const one of before) {
      this.#series.add(pointOf(one, breaks));
      this.#keep(one);
    }
  }

  /** The time of the newest control, as they are ordered; '' without one. */
  get newest(): string {
    return this.#newest;
  }

  /**
   * Judges the next control by its lot's target and the controls before it (W1-W11). Nothing is written.
   * @param known what is known of it from earlier: the run it was put into, its reasons, its exclusion (W12)
   */
  next(control: NewControl & Partial<Pick<ControlDoc, 'lotId' | 'runId' | 'because' | 'excluded'>>): Judged {
    const lot =
      (control.lotId ? this.#lots.byId(control.lotId) : undefined) ??
      this.#lots.named(control.material, control.lot);
    if (lot === undefined) return unrecognised(control);
    const level = `${lot.material} ${lot.level}`;
    const runId = control.runId || runOf(this.#recent, { level, at: control.effectiveTime }, control.id);
    const when = windowTime(control.effectiveTime, control.postedTime);
    const target = targetOf(lot, control.testCode, control.instrumentId, when);
    const kept = target === undefined ? null : { id: target.id, mean: target.mean, sd: target.sd };
    const excluded = control.excluded ?? null;
    const point = pointOf({ ...control, level, lotId: lot.id, runId, target: kept, excluded }, this.#breaks);
    const judgement = this.#series.add(point, this.#rules(when));
    this.#keep({ runId, level, effectiveTime: control.effectiveTime });
    const marks = [
      expiredReason(
        lot,
        control.effectiveTime,
        localDay(this.#lots.timeZone, new Date(control.effectiveTime)),
        control.because?.find((one) => one.rule === EXPIRED),
      ),
      swapped(this.#lots, control, lot, kept),
    ].filter((one) => one !== null);
    return {
      lot: lot.lot,
      level,
      lotId: lot.id,
      runId,
      target: kept,
      z: (judgement.deviation ?? placed(point))?.z ?? null,
      state: judgement.state === 'notEvaluable' ? 'notEvaluated' : judgement.state,
      hits: judgement.hits.map(({ rule, action, where, points }) => ({
        rule,
        action,
        where,
        points: points.map(({ id, level: of, z }) => ({ id, level: of, z })),
      })),
      because: reasonsOf(judgement, marks),
    };
  }

  #keep({ runId, level, effectiveTime }: Pick<ControlDoc, 'runId' | 'level' | 'effectiveTime'>): void {
    this.#recent = [...this.#recent, { runId, level, at: effectiveTime }].slice(-12);
    if (effectiveTime > this.#newest) this.#newest = effectiveTime;
  }
}

/** A control as the rules see it: its window changes with lot, target and marked break (W11). */
export function pointOf(
  control: Pick<
    ControlDoc,
    'id' | 'level' | 'lotId' | 'runId' | 'value' | 'target' | 'excluded' | 'effectiveTime' | 'postedTime'
  >,
  breaks: readonly string[],
): QcPoint {
  const when = windowTime(control.effectiveTime, control.postedTime);
  const epoch = breaks.filter((one) => one <= when).length;
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

/** Where an excluded point lies, for the chart (W12). */
function placed({ excluded, target, value }: QcPoint): { z: number } | null {
  return excluded && target !== null ? deviationOf(value, target.mean, target.sd) : null;
}

/** The value as a decimal text; '' for a comparator or a text, which no rule can judge (W10). */
export function decimalOf({ kind, comparator, text, number }: ControlDoc['value']): string {
  if (kind !== 'quantity' || comparator !== undefined) return '';
  const sent = text.trim().replace(',', '.').replace('−', '-');
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

/** A value that fits another level in use and not its own is said to, and never judged by it. */
function swapped(
  lots: QcLots,
  control: NewControl,
  lot: LotDoc,
  target: ControlDoc['target'],
): Reason | null {
  if (target === null) return null;
  const others = lots
    .required(control.testCode, control.instrumentId, control.postedTime)
    .filter((one) => one.lot.id !== lot.id && one.lot.level !== lot.level)
    .map((one) => ({ level: `${one.lot.material} ${one.lot.level}`, target: one.target }));
  const found = swappedLevel(decimalOf(control.value), target, others);
  if (found === null) return null;
  const text = `${control.value.text} fits ${found.level} (${signed(found.other)} SD), not this level: the two may have been swapped.`;
  return reason(SWAPPED, 'hold', text, { level: found.level });
}

function reasonsOf(judgement: QcJudgement, marks: readonly Reason[]): ControlDoc['because'] {
  const reasons: ControlDoc['because'] = judgement.hits.map((hit) =>
    reason(
      hit.rule,
      hit.action === 'reject' ? 'block' : 'warn',
      `${hit.rule}: ${hit.points.map((one) => `${one.level} at ${signed(one.z)} SD`).join(', ')}.`,
      { where: hit.where, kind: ruleKinds[hit.rule] },
    ),
  );
  if (judgement.state === 'excluded') reasons.push(reason('W12', 'note', 'Excluded: it counts for no rule.'));
  else if (judgement.deviation === null)
    reasons.push(reason('W10', 'hold', 'No mean and SD, or no number, to judge it by: not evaluated.'));
  else if (reasons.length === 0)
    reasons.push(reason('qc', 'pass', `In control at ${signed(judgement.deviation.z)} SD.`));
  return sortReasons([...reasons, ...marks]);
}

/** A number of SD with its sign, two places. */
export function signed(z: number): string {
  const text = Math.abs(z).toFixed(2);
  return z < 0 ? `−${text}` : `+${text}`;
}
