import type { Reason } from '../../../shared/documents/common.ts';
import type { ControlDoc } from '../../../shared/documents/control.ts';
import type { LotDoc } from '../../../shared/documents/lot.ts';
import { deviationOf, readDecimal } from '../../../shared/domain/qc/decimal.ts';
import { EXPIRED, expiredReason, SWAPPED, swappedLevel } from '../../../shared/domain/qc/fit.ts';
import {
  byTime,
  inRunOrder,
  type Placed,
  type RunPoint,
  runOf,
  splitAtRun,
  windowTime,
} from '../../../shared/domain/qc/run.ts';
import {
  type QcJudgement,
  type QcPoint,
  QcSeries,
  type RuleSet,
  ruleKinds,
  WINDOW_POINTS,
  WINDOW_RUNS,
} from '../../../shared/domain/qc/westgard.ts';
import { reason, sortReasons } from '../../../shared/domain/reason.ts';
import { localDay } from '../local-time.ts';
import type { Latest, Reader } from '../store/store.ts';
import { type QcLots, targetOf } from './lots.ts';

/** Earlier points of a test and instrument that are read to judge the next, where its level is measured as often as the others. */
const LOOK_BACK = 120;
/** Those that are read at most, where it is measured more rarely. */
const FARTHEST = 600;
/** More than the windows need is read by so many points or runs: the oldest run that is read may lack its first points. */
const SPARE = 2;

/** A control as it arrives; `material` and `lot` as sent; `because`: what is known of it already. */
export type NewControl = Partial<Pick<ControlDoc, 'because'>> &
  Pick<
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

/** Counts points, newest first, until they are all that the rules can look back on for the next points of some levels (W2-W9). */
class Reach {
  readonly #wanted: ReadonlySet<string>;
  readonly #points = new Map<string, number>();
  readonly #runs = new Set<string>();

  /** `levels`: those that are to be judged; '' is none. */
  constructor(levels: Iterable<string>) {
    this.#wanted = new Set([...levels].filter((level) => level !== ''));
  }

  /** Counts one more. @returns whether they are enough */
  reached(one: ControlDoc): boolean {
    if (one.excluded === null && isRecognised(one)) {
      this.#runs.add(one.runId);
      this.#points.set(one.level, (this.#points.get(one.level) ?? 0) + 1);
    }
    if (this.#runs.size < WINDOW_RUNS + SPARE) return false;
    return [...this.#wanted].every((level) => (this.#points.get(level) ?? 0) >= WINDOW_POINTS + SPARE);
  }

  /** Levels of which the points are enough. */
  levels(): ReadonlySet<string> {
    const enough = [...this.#points].filter(([, count]) => count > WINDOW_POINTS).map(([level]) => level);
    return new Set([...this.#wanted, ...enough, '']);
  }
}

/** Whether a stored control was taken as one of a lot; others are in no run and no window. */
function isRecognised(control: Pick<ControlDoc, 'lotId'>): boolean {
  return control.lotId !== '';
}

/**
 * The newest controls as far as the rules can look back for the next point of a level, in the order of runs, and the levels for which they reach as
 * far (undefined: for all).
 */
export async function windowControls(
  reader: Latest,
  instrumentId: string,
  testCode: string,
  level: string,
): Promise<{ before: ControlDoc[]; levels: ReadonlySet<string> | undefined }> {
  const reach = new Reach([level]);
  let enough = false;
  const before = await earlierControls(reader, instrumentId, testCode, FARTHEST, (one) => {
    enough = reach.reached(one);
    return enough;
  });
  const all = !enough && before.length < FARTHEST;
  return { before, levels: all ? undefined : reach.levels() };
}

/**
 * All controls from an instant on with the runs they belong to, and those before as far as the rules can look back, both in the order of runs.
 * @param levelOf the level of a control that is not judged yet
 */
export async function controlsAround(
  reader: Reader,
  instrumentId: string,
  testCode: string,
  from: string,
  levelOf: (control: ControlDoc) => string,
): Promise<{ before: ControlDoc[]; after: ControlDoc[] }> {
  const of = { instrumentId: { $eq: instrumentId }, testCode: { $eq: testCode } };
  const by = ['instrumentId', 'testCode', 'effectiveTime'] as const;
  const since = await reader.find('controls', {
    selector: { ...of, effectiveTime: { $gte: from } },
    sort: by.map((field) => ({ [field]: 'asc' as const })),
  });
  if (from === '') return { before: [], after: inRunOrder(since) };
  for (const limit of [LOOK_BACK, FARTHEST]) {
    const earlier = await reader.find('controls', {
      selector: { ...of, effectiveTime: { $lt: from } },
      sort: by.map((field) => ({ [field]: 'desc' as const })),
      limit,
    });
    const split = splitAtRun([...earlier, ...since], from);
    const reach = new Reach(new Set(split.after.map(levelOf)));
    const enough = split.before.toReversed().some((one) => reach.reached(one));
    if (enough || earlier.length < limit || limit === FARTHEST) return split;
  }
  throw new Error('no limit was tried');
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
  readonly #levels: ReadonlySet<string> | undefined;
  #recent: RunPoint[] = [];
  #newest: Placed | undefined;

  /**
   * `rules`: those that held at an instant. `breaks`: instants of marked breaks on this instrument, in order. `before`: controls judged already, in
   * the order of runs. `levels`: those whose points `before` reaches back far enough for; all without.
   */
  constructor(
    lots: QcLots,
    rules: (at: string) => RuleSet,
    breaks: readonly string[],
    before: readonly ControlDoc[],
    levels?: ReadonlySet<string>,
  ) {
    this.#levels = levels;
    this.#lots = lots;
    this.#rules = rules;
    this.#breaks = breaks;
    this.#series = new QcSeries(rules(before.at(-1)?.postedTime ?? ''));
    for (const one of before) {
      this.#pass(one);
      // One of no lot is judged by none and counts for none, as in `next`.
      if (!isRecognised(one)) continue;
      this.#series.add(pointOf(one, breaks));
      this.#keep(one);
    }
  }

  /** Whether it knows enough of the past of a level to judge its next point; '' is a control of no lot. */
  canJudge(level: string): boolean {
    return this.#levels?.has(level) ?? true;
  }

  /** Whether a control's place is behind all others: then it is the next to be judged; else it came late, be it within the same minute (W11). */
  follows(control: Placed): boolean {
    return this.#newest === undefined || byTime(this.#newest, control) < 0;
  }

  /**
   * Judges the next control by its lot's target and the controls before it (W1-W11). Nothing is written.
   * @param known what is known of it from earlier: the run it was put into, its reasons, its exclusion (W12)
   */
  next(control: NewControl & Partial<Pick<ControlDoc, 'lotId' | 'runId' | 'excluded'>>): Judged {
    this.#pass(control);
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
      ...cameWith(control),
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
  }

  #pass({ id, effectiveTime, postedTime }: Placed): void {
    if (this.follows({ id, effectiveTime, postedTime })) this.#newest = { id, effectiveTime, postedTime };
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

/** What the instrument or its message said of a control: it stays however often the control is judged. */
function cameWith({ because = [] }: NewControl): Reason[] {
  return because.filter(({ rule }) => rule === 'flag' || rule === 'message');
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
    because: sortReasons([reason('qc.lot', 'hold', text, inputs), ...cameWith(control)]),
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
