import type { Reason } from '../../../shared/documents/common.ts';
import type { ResultDoc, TaskDoc } from '../../../shared/documents/index.ts';
import { endedTask } from '../../../shared/documents/task.ts';
import { namesAnotherPatient } from '../../../shared/domain/identity.ts';
import { reason } from '../../../shared/domain/reason.ts';
import { flagged } from '../../../shared/domain/verdict.ts';
import type { CanonicalResult, Interpretation } from '../../../shared/profiles/canonical.ts';
import type { Bench } from '../bench.ts';
import { recordControl } from '../qc/record.ts';
import { keepRepeat, type Repeat } from '../qc/repeats.ts';
import { noteSerial } from '../qc/serials.ts';
import { appendResult, type NewResult } from '../results/append.ts';
import { refreshAfterPosting } from '../results/report-state.ts';
import type { Writer } from '../store/store.ts';
import {
  controlHold,
  type Held,
  type HoldReason,
  holdMessage,
  holdReasonOf,
  holdResult,
  isDecided,
  looksLikeControl,
  mappingHold,
} from './holding.ts';
import {
  flagsOf,
  heldAlike,
  isIncomplete,
  isSameMeasurement,
  type Measured,
  postedBefore,
  resultOf,
} from './known.ts';
import { formerKey, hasFormerKeys, measurementKey, type Source } from './measurement.ts';
import { type MeasurementKeys, MessageReads } from './message-reads.ts';
import { endCutLines } from './went-on.ts';

/** What became of one result of a message. */
export type Posted =
  | { outcome: 'posted'; resultId: string; requisition: string }
  | { outcome: 'control'; controlId: string }
  | Held
  | { outcome: 'duplicate' };

/**
 * Posts everything of one interpreted message within one unit of work. Idempotent: a message posted twice, or sent twice by the
 * instrument (M4, L12), leaves one result each.
 */
export async function postMessage(
  bench: Bench,
  unit: Writer,
  at: string,
  source: Source,
  interpretation: Interpretation,
): Promise<Posted[]> {
  const messageHold = holdReasonOf(interpretation.problems);
  const holds = interpretation.problems.filter((problem) => problem.severity === 'hold');
  const posted: Posted[] = [];
  const reads = MessageReads.next(unit, interpretation.results.length);
  unit.afterCommit(() => noteSerial(bench, source.instrumentId, interpretation));
  for (const result of interpretation.results) {
    // What holds the message stays with each of its results, also when the exception is tried again later.
    const held = { ...result, problems: [...holds, ...result.problems] };
    posted.push(await postResult(bench, unit, at, source, held, undefined, reads));
  }
  if (
    messageHold !== undefined &&
    interpretation.results.length === 0 &&
    interpretation.queries.length === 0
  ) {
    posted.push(await holdMessage(bench, unit, at, source, messageHold, interpretation.problems));
  }
  await endCutLines(unit, at, source, interpretation.results);
  // A control opens and closes the gate of results that stand: then they are read anew.
  if (posted.some((one) => one.outcome === 'control')) reads.forget();
  for (const [requisition, results] of reads.appended) {
    if (await refreshAfterPosting(unit, requisition, at, results, reads)) reads.ordersChanged();
  }
  return posted;
}

/**
 * Posts one result, or holds it as an exception with the reason. `task` is the exception it comes from when tried again. What an earlier
 * broken transfer left of the same measurement is ended by it (R11).
 */
export async function postResult(
  bench: Bench,
  unit: Writer,
  at: string,
  source: Source,
  result: CanonicalResult,
  task?: TaskDoc,
  reads = new MessageReads(unit),
): Promise<Posted> {
  // What a person called a control stays known by the number it was sent with.
  const key = task?.payload.control === undefined ? measurementKey(source, result) : task.sourceKey;
  const mayBeFormer = result.specimenId !== null && (await hasFormerKeys(bench.store));
  const former = mayBeFormer ? formerKey(source, result) : undefined;
  const alike = await heldAlike(reads, { key, former }, result);
  const broken = isIncomplete(result) ? [] : alike.filter((one) => isIncomplete(resultOf(one)));
  const posted: Posted =
    task === undefined && alike.length > broken.length
      ? { outcome: 'duplicate' }
      : await postMeasurement(bench, unit, at, source, { key, former }, result, task, reads);
  reads.wrote(key);
  for (const one of broken) {
    if (one.status !== 'open' || one.id === task?.id) continue;
    unit.put('tasks', {
      ...endedTask(one, at, 'engine', 'The whole message came.'),
      resultId: posted.outcome === 'posted' ? posted.resultId : '',
    });
  }
  return posted;
}

async function postMeasurement(
  bench: Bench,
  unit: Writer,
  at: string,
  source: Source,
  keys: MeasurementKeys,
  result: CanonicalResult,
  task: TaskDoc | undefined,
  reads: MessageReads,
): Promise<Posted> {
  const { key } = keys;
  const before = await postedBefore(reads, keys, result);
  if (before === 'same') return { outcome: 'duplicate' };
  const hold = (reason: HoldReason) => holdResult(bench, unit, at, source, key, result, reason, task);
  if (before === 'other') return hold('otherContent');
  const problem = mappingHold(bench, result);
  if (problem !== undefined) return hold(problem);
  const test = result.testCode === null ? undefined : bench.catalog.test(result.testCode);
  if (test === undefined) return hold('unknownTest');
  if (result.status === null || result.status === 'cancelled') return hold('unmappedStatus');
  // A person who named the specimen, or the lot, has decided whose it is.
  const decided = isDecided(task);
  const uncertain = decided ? undefined : await controlHold(bench, reads, result);
  if (uncertain !== undefined) return hold(uncertain);
  if (result.isQc && result.status === 'preliminary') return hold('preliminaryControl');
  if (result.isQc) {
    await endPreliminary(unit, reads, at, keys);
    return postControl(bench, unit, at, source, key, result, test.code);
  }
  const specimen = result.specimenId === null ? undefined : await reads.specimen(result.specimenId);
  const patient = specimen === undefined ? undefined : await reads.get('patients', specimen.patientId);
  if (specimen === undefined || patient === undefined)
    return hold(looksLikeControl(result) ? 'qcNotRecognised' : 'unknownSpecimen');
  const { accessionIdentifier, requisition } = specimen;
  if (!decided && namesAnotherPatient(result.patient, patient, [accessionIdentifier, requisition]))
    return hold('otherPatient');
  if (specimen.status === 'rejected') return hold('specimenRejected');
  if (specimen.status === 'expected') return hold('notReceived');
  const order = await reads.order(specimen, test.code);
  if (order === undefined) return hold('notOrdered');
  const standing = await reads.standing(specimen.accessionIdentifier, test.code);
  if (standing !== undefined && isSameMeasurement(standing, measuredHere(source, result, standing)))
    return { outcome: 'duplicate' };
  if (standing?.verdict === 'released') {
    const kept = await keepRepeat(unit, standing, repeatOf(result, source, key, at), keys.former);
    if (kept === null) return hold('alreadyReleased');
    if (kept.known) return { outcome: 'duplicate' };
    return { outcome: 'held', reason: 'alreadyReleased', taskId: kept.taskId };
  }
  const appended: NewResult = {
    test,
    specimen,
    patient,
    order,
    value: result.value,
    status: result.status,
    flags: flagsOf(result),
    instrumentId: source.instrumentId,
    operator: result.operator,
    measuredTime: measuredTimeOf(result),
    enteredBy: '',
    comment: commentOf(result),
    sourceKey: key,
    messageId: source.messageId,
    replaces: standing ?? null,
    remarks: [
      ...noticesOf(result),
      ...(standing === undefined || (await rerunAsked(unit, standing)) ? [] : [unaskedRepeat(standing)]),
    ],
  };
  const doc = await appendResult(bench, unit, at, appended, reads);
  reads.posted(doc);
  if (standing !== undefined) await endRerun(unit, at, standing, doc);
  return { outcome: 'posted', resultId: doc.id, requisition: doc.requisition };
}

/** When it was measured, as far as the instrument says: its end, else its beginning; '' = neither. */
function measuredTimeOf({ completedAt, startedAt }: CanonicalResult): string {
  return completedAt.instant ?? startedAt.instant ?? '';
}

function commentOf({ comments }: CanonicalResult): string {
  return comments
    .map((comment) => comment.text)
    .filter(Boolean)
    .join(' ');
}

/** A result of the specimen and test of another, as what it would be here. */
function measuredHere(source: Source, result: CanonicalResult, like: Measured): Measured {
  return {
    instrumentId: source.instrumentId,
    messageId: source.messageId,
    measuredTime: measuredTimeOf(result),
    accessionIdentifier: like.accessionIdentifier,
    testCode: like.testCode,
    value: result.value,
    flags: flagsOf(result),
    because: result.status === 'preliminary' ? [reason('status', 'hold', '')] : [],
  };
}

/** A result as it is kept beside the released one it repeats. */
function repeatOf(result: CanonicalResult, source: Source, key: string, at: string): Repeat {
  return {
    key,
    at,
    measuredTime: measuredTimeOf(result),
    value: result.value,
    flags: flagsOf(result),
    instrumentId: source.instrumentId,
    operator: result.operator,
    messageId: source.messageId,
    comment: commentOf(result),
  };
}

/** What was odd about a result that is posted all the same (R10): verification waits for a person. Flags are among the flags. */
function noticesOf(result: CanonicalResult): Reason[] {
  return result.problems
    .filter((problem) => problem.severity === 'notice' && problem.code !== 'unmappedFlag')
    .map((problem) => reason('message', 'hold', problem.text, { code: problem.code }));
}

/** What was odd about a control (R10), and the flags that would hold a result: the rules judge its value all the same. */
function oddOf(result: CanonicalResult): Reason[] {
  const flags = result.flags.filter(({ meaning }) => meaning === null || meaning.hold);
  return [...flags.map(({ code }) => flagged(code)), ...noticesOf(result)];
}

/** The final value of a control has come: what held its preliminary one ends. */
async function endPreliminary(
  unit: Writer,
  reads: MessageReads,
  at: string,
  keys: MeasurementKeys,
): Promise<void> {
  const held = await reads.measured('tasks', keys);
  for (const task of held) {
    if (task.status !== 'open' || task.reason !== ('preliminaryControl' satisfies HoldReason)) continue;
    unit.put('tasks', endedTask(task, at, 'engine', 'The final value came.'));
  }
}

/** A control: kept with the instrument, never with a patient, and judged by its lot's target (W10). */
async function postControl(
  bench: Bench,
  unit: Writer,
  at: string,
  source: Source,
  key: string,
  result: CanonicalResult,
  testCode: string,
): Promise<Posted> {
  const control = await recordControl(bench, unit, at, {
    instrumentId: source.instrumentId,
    testCode,
    material: result.specimenId ?? '',
    lot: result.controlLot ?? '',
    value: result.value,
    measuredTime: measuredTimeOf(result),
    postedTime: at,
    operator: result.operator,
    sourceKey: key,
    messageId: source.messageId,
    because: oddOf(result),
  });
  return { outcome: 'control', controlId: control.id };
}

async function rerunAsked(unit: Writer, standing: ResultDoc): Promise<boolean> {
  const tasks = await unit.find('tasks', { selector: { sourceKey: { $eq: `rerun:${standing.id}` } } });
  return tasks.some((task) => task.status === 'open');
}

/** Measured again although nobody asked: which of the two is right is for a person. */
function unaskedRepeat(standing: ResultDoc): Reason {
  const before = `${standing.value.text} ${standing.value.unit}`.trim();
  return reason('repeat', 'hold', `Measured again without being asked: ${before} before.`, { before });
}

/** The rerun somebody asked for has arrived: its task ends. */
async function endRerun(unit: Writer, at: string, before: ResultDoc, after: ResultDoc): Promise<void> {
  const tasks = await unit.find('tasks', { selector: { sourceKey: { $eq: `rerun:${before.id}` } } });
  for (const task of tasks) {
    if (task.status !== 'open') continue;
    unit.put(
      'tasks',
      endedTask(task, at, 'engine', `Measured again: ${after.value.text} ${after.value.unit}`),
    );
  }
}
