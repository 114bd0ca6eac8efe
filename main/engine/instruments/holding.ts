/** What waits for a person instead of being posted: why, in words, and the exception that says so. */
import { newTask, type TaskDoc } from '../../../shared/documents/task.ts';
import { parseAccession } from '../../../shared/domain/accession-number.ts';
import type { CanonicalResult, InterpretProblem } from '../../../shared/profiles/canonical.ts';
import { specimenByNumber, specimensByNumber } from '../accession-search.ts';
import type { Bench } from '../bench.ts';
import type { Reader, Writer } from '../store/store.ts';
import { messageKey, type Source } from './measurement.ts';

/** Why a result waits for a person instead of being posted. Never posted by guess, never dropped. */
export type HoldReason =
  | 'unknownTest'
  | 'unknownSpecimen'
  | 'qcNotRecognised'
  | 'patientOrControl'
  | 'specimenRejected'
  | 'notReceived'
  | 'notOrdered'
  | 'unmappedStatus'
  | 'unitMismatch'
  | 'cancelledByInstrument'
  | 'alreadyReleased'
  | 'otherContent'
  | 'notProduction'
  | 'otherPatient'
  | 'preliminaryControl'
  | 'unparsable';

/** It waits for a person in this task. */
export interface Held {
  outcome: 'held';
  reason: HoldReason;
  taskId: string;
}

/** A {@link HoldReason} as a sentence's end, for the summary of the task. */
const holdTexts: Record<HoldReason, string> = {
  unknownTest: 'unknown test',
  unknownSpecimen: 'unknown specimen',
  qcNotRecognised: 'looks like a control that is not mapped as one',
  patientOrControl: "marked or named as a control, but the number is a patient's specimen",
  specimenRejected: 'specimen rejected',
  notReceived: 'specimen not received',
  notOrdered: 'test not ordered on this specimen',
  unmappedStatus: 'status not mapped',
  unitMismatch: 'unit not mapped',
  cancelledByInstrument: 'cancelled by the instrument',
  alreadyReleased: 'a released result exists',
  otherContent: 'same measurement, other content',
  notProduction: 'not a production message',
  otherPatient: 'the message names another patient',
  preliminaryControl: 'control not final yet',
  unparsable: 'not readable',
};

/** The reason a problem of the interpretation holds a result for; undefined when it does not. */
export function holdReasonOf(problems: readonly InterpretProblem[]): HoldReason | undefined {
  for (const problem of problems) {
    if (problem.severity !== 'hold') continue;
    switch (problem.code) {
      case 'unknownTest':
        return 'unknownTest';
      case 'noSpecimen':
        return 'unknownSpecimen';
      case 'unmappedStatus':
        return 'unmappedStatus';
      case 'unitMismatch':
      case 'notConvertible':
        return 'unitMismatch';
      case 'notProduction':
        return 'notProduction';
      case 'emptyValue':
        break;
      default:
        return 'unparsable';
    }
  }
  return undefined;
}

/** What a result is held for whatever this station knows of its specimen: what it says, and what the mapping makes of it. */
export function mappingHold(bench: Pick<Bench, 'catalog'>, result: CanonicalResult): HoldReason | undefined {
  const problem = holdReasonOf(result.problems);
  if (problem !== undefined) return problem;
  if (result.testCode === null || bench.catalog.test(result.testCode) === undefined) return 'unknownTest';
  if (result.status === null) return 'unmappedStatus';
  if (result.status === 'cancelled') return 'cancelledByInstrument';
  return result.isQc && result.value.kind === 'empty' ? 'unparsable' : undefined;
}

/** A number that is no specimen here and begins as those of controls usually do: only a hint for the person who decides. */
export function looksLikeControl({ specimenId }: Pick<CanonicalResult, 'specimenId'>): boolean {
  return /^(QC|CTRL|CTL|CONTROL|CON|LEVEL|LVL|CAL|STD)/i.test(specimenId ?? '');
}

/**
 * Why it is not certain that a measurement is a control, or that it is none. A mark (R5 O-12, M6, the profile's own) on the number of a patient's
 * specimen is a slip at the analyser or a wrong tube: as a control the value would be lost to the patient, as the patient's it may be a control's.
 * The name of a control lot in use without a mark is for a person, too. Undefined: nothing speaks against what it says.
 */
export async function controlHold(
  bench: { qcLots: Pick<Bench['qcLots'], 'knows'> },
  reader: Pick<Reader, 'find'>,
  { isQc, specimenId }: Pick<CanonicalResult, 'isQc' | 'specimenId'>,
): Promise<'patientOrControl' | 'qcNotRecognised' | undefined> {
  if (specimenId === null || !(isQc || bench.qcLots.knows(specimenId))) return undefined;
  // A number of our own form is a specimen's also where it is not known (yet): it may have been given at another station.
  if (isQc && parseAccession(specimenId).ok) return 'patientOrControl';
  if ((await specimensByNumber(reader, specimenId)).length > 0) return 'patientOrControl';
  return isQc ? undefined : 'qcNotRecognised';
}

/** The lot a person named for a control, as the payload of its exception has it. */
export interface NamedControl {
  /** a name it is sent by */
  sentAs: string;
  /** lot number */
  lot: string;
}

/** Whether a person said of an exception whose measurement it is: a patient's, by the specimen, or a control's, by its lot. */
export function isDecided(task: TaskDoc | null | undefined): boolean {
  return task?.payload.specimenId !== undefined || task?.payload.control !== undefined;
}

/** With the specimen or the lot a person named, where one did: then it is that patient's, or that control's, whatever it is marked as. */
export function asDecided({ payload }: TaskDoc, result: CanonicalResult): CanonicalResult {
  const specimenId = payload.specimenId as string | undefined;
  const control = payload.control as NamedControl | undefined;
  if (specimenId === undefined && control === undefined) return result;
  const problems = result.problems.filter((problem) => problem.code !== 'noSpecimen');
  if (control === undefined) return { ...result, isQc: false, specimenId: specimenId ?? null, problems };
  return { ...result, isQc: true, specimenId: control.sentAs, controlLot: control.lot, problems };
}

/** A {@link HoldReason}, or the reason of an exception, in words. */
export function holdText(reason: string): string {
  return Object.hasOwn(holdTexts, reason) ? holdTexts[reason as HoldReason] : reason;
}

/** Puts a result before a person, or says anew why its open exception waits. */
export async function holdResult(
  bench: Bench,
  unit: Writer,
  at: string,
  source: Source,
  key: string,
  result: CanonicalResult,
  reason: HoldReason,
  task: TaskDoc | undefined,
): Promise<Held> {
  if (task !== undefined) {
    const patientId = reason === 'patientOrControl' ? '' : task.patientId;
    if (task.reason !== reason)
      unit.put('tasks', { ...task, reason, summary: summaryOf(result, reason), patientId });
    return { outcome: 'held', reason, taskId: task.id };
  }
  const specimen = result.specimenId === null ? undefined : await specimenByNumber(unit, result.specimenId);
  const id = bench.newId();
  unit.add('tasks', {
    ...newException(id, at, source),
    reason,
    summary: summaryOf(result, reason),
    sentTest: result.instrumentCode,
    sentSpecimen: result.specimenId ?? result.sent.specimen ?? '',
    sentValue: result.sent.text,
    sentUnit: result.sent.unit,
    // Of what may be a control nothing says that it is the patient's.
    patientId: reason === 'patientOrControl' ? '' : (specimen?.patientId ?? ''),
    specimenId: specimen?.id ?? '',
    payload: { result, messageDigest: source.messageDigest },
    sourceKey: key,
  });
  return { outcome: 'held', reason, taskId: id };
}

function summaryOf(result: CanonicalResult, reason: HoldReason): string {
  const said = result.problems.find((problem) => problem.severity === 'hold')?.text;
  if (result.instrumentCode === '' && said !== undefined) return said.slice(0, 400);
  return `${result.instrumentCode}: ${holdTexts[reason]}`;
}

/** A message of which nothing could be read as a result or a query, or that cannot be stored: one exception for the whole. */
export async function holdMessage(
  bench: Bench,
  unit: Writer,
  at: string,
  source: Source,
  reason: HoldReason,
  problems: readonly InterpretProblem[],
): Promise<Held | { outcome: 'duplicate' }> {
  const key = messageKey(source);
  const known = await unit.find('tasks', { selector: { sourceKey: { $eq: key } }, limit: 1 });
  if (known.length > 0) return { outcome: 'duplicate' };
  const id = bench.newId();
  unit.add('tasks', {
    ...newException(id, at, source),
    reason,
    summary: problems
      .map((problem) => problem.text)
      .join(' ')
      .slice(0, 400),
    payload: { messageDigest: source.messageDigest },
    sourceKey: key,
  });
  return { outcome: 'held', reason, taskId: id };
}

function newException(id: string, at: string, source: Source): TaskDoc {
  return newTask(id, at, 'exception', {
    instrumentId: source.instrumentId,
    messageId: source.messageId,
  });
}
