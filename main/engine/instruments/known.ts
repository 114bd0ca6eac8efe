/** What this station knows already of a measurement: posted or held before, with the same content or other. */
import type { ControlDoc, ResultDoc, TaskDoc } from '../../../shared/documents/index.ts';
import type { CanonicalResult } from '../../../shared/profiles/canonical.ts';
import type { MeasurementKeys, MessageReads } from './message-reads.ts';

/** Flags for the rules: what only says where the value lies is written as the side, what needs nobody is left out. */
export function flagsOf(result: CanonicalResult): string[] {
  const flags = result.flags
    .filter(({ meaning }) => meaning === null || meaning.hold || !['', 'N'].includes(meaning.interpretation))
    .map(({ code, meaning }) => (meaning !== null && !meaning.hold ? meaning.interpretation : code));
  return result.dilution === '' ? flags : [...flags, `diluted ${result.dilution}`];
}

/**
 * Whether this measurement is a result or control here already: with the same content, with other content, or not at all. A value taken
 * back (X), made final or flagged otherwise is other content, though its text is the same.
 */
export async function postedBefore(
  reads: MessageReads,
  keys: MeasurementKeys,
  result: CanonicalResult,
): Promise<'same' | 'other' | undefined> {
  const results = await reads.measured('results', keys);
  const controls = await reads.measured('controls', keys);
  if (results.length + controls.length === 0) return undefined;
  if (result.status === 'cancelled') return 'other';
  const sameValue = ({ value }: ResultDoc | ControlDoc) =>
    value.text === result.value.text && value.unit === result.value.unit;
  const same =
    controls.some(sameValue) ||
    results.some(
      (doc) =>
        sameValue(doc) &&
        wasPreliminary(doc) === (result.status === 'preliminary') &&
        sameTexts(doc.flags, flagsOf(result)),
    );
  return same ? 'same' : 'other';
}

/** What tells that two results are one measurement. */
export type Measured = Pick<
  ResultDoc,
  | 'instrumentId'
  | 'messageId'
  | 'measuredTime'
  | 'accessionIdentifier'
  | 'testCode'
  | 'value'
  | 'flags'
  | 'because'
>;

/**
 * The same measurement at two stations: an analyser that is connected to both sent it to both (M4). What tells one from another is what its key is made
 * of besides the line, the time of measurement above all: without one nothing is taken for the same. Values typed by people have none. A tube
 * is at one station at a time; there, two analysers that give the same value in the same second have measured twice.
 */
export function isSameMeasurement(one: Measured, other: Measured): boolean {
  const sent = ({ instrumentId, messageId }: Measured) => instrumentId !== '' && messageId !== '';
  return (
    sent(one) &&
    sent(other) &&
    stationOf(one.instrumentId) !== stationOf(other.instrumentId) &&
    one.measuredTime !== '' &&
    one.measuredTime === other.measuredTime &&
    one.accessionIdentifier === other.accessionIdentifier &&
    one.testCode === other.testCode &&
    one.value.text === other.value.text &&
    one.value.unit === other.value.unit &&
    wasPreliminary(one) === wasPreliminary(other) &&
    sameTexts(one.flags, other.flags)
  );
}

/** `A1` of `A1.CHEM1`; a device at the server that is not known here, `Device/…`, is none of this station's. */
function stationOf(instrumentId: string): string {
  return instrumentId.split('.', 1)[0] ?? '';
}

/** The instrument itself called the measurement preliminary (R-9 P). */
export function wasPreliminary(doc: Pick<ResultDoc, 'because'>): boolean {
  return doc.because.some((one) => one.rule === 'status' && one.outcome === 'hold');
}

function sameTexts(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((text, i) => text === right[i]);
}

/** Exceptions of the same measurement with the same content, ended or not. */
export async function heldAlike(
  reads: MessageReads,
  keys: MeasurementKeys,
  result: CanonicalResult,
): Promise<TaskDoc[]> {
  const tasks = await reads.measured('tasks', keys);
  const flags = (one: CanonicalResult) => one.flags.map((flag) => flag.code);
  return tasks.filter((task) => {
    const before = resultOf(task);
    return (
      before !== undefined &&
      task.sentValue === result.sent.text &&
      task.sentUnit === result.sent.unit &&
      before.sentStatus === result.sentStatus &&
      sameTexts(flags(before), flags(result))
    );
  });
}

/** The measurement an exception holds; undefined when it holds a whole message. */
export function resultOf(task: TaskDoc): CanonicalResult | undefined {
  return task.payload.result as CanonicalResult | undefined;
}

/** R11: left by a transfer that broke off or ended without L record. */
export function isIncomplete(result: CanonicalResult | undefined): boolean {
  return result?.problems.some((problem) => problem.code === 'incomplete') ?? false;
}
