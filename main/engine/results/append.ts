import type { CatalogDoc } from '../../../shared/documents/catalog.ts';
import { newBase, type Reason } from '../../../shared/documents/common.ts';
import type { OrderDoc } from '../../../shared/documents/order.ts';
import type { PatientDoc } from '../../../shared/documents/patient.ts';
import type { ResultDoc, ResultValue } from '../../../shared/documents/result.ts';
import type { SpecimenDoc } from '../../../shared/documents/specimen.ts';
import { aboutResult, newTask } from '../../../shared/documents/task.ts';
import { callKey } from '../../../shared/domain/critical-call.ts';
import { sortReasons } from '../../../shared/domain/reason.ts';
import type { Bench } from '../bench.ts';
import type { Latest, Reader, Writer } from '../store/store.ts';
import { type Evaluation, evaluate } from './evaluate.ts';

/** A value to append as a result: measured, typed by a person, or corrected. */
export interface NewResult {
  test: CatalogDoc;
  specimen: SpecimenDoc;
  patient: PatientDoc;
  order: OrderDoc;
  value: ResultValue;
  status: ResultDoc['status'];
  flags: readonly string[];
  instrumentId: string;
  operator: string;
  measuredTime: string;
  enteredBy: string;
  comment: string;
  sourceKey: string;
  messageId: string;
  /** The version it replaces: it is kept, no longer current. */
  replaces: ResultDoc | null;
  /** What else a person must know: a hold among it keeps the result from being released without one. */
  remarks?: readonly Reason[];
}

/**
 * Appends a result version with its evaluation, which reads through `reader`; the replaced one stays, marked as not current. Opens the call of a critical value (V3).
 */
export async function appendResult(
  bench: Bench,
  unit: Writer,
  at: string,
  input: NewResult,
  reader: Reader & Latest = unit,
): Promise<ResultDoc> {
  const { test, specimen, patient, order, replaces } = input;
  const id = bench.newId();
  const decided = withRemarks(
    input.remarks ?? [],
    await evaluate(bench, reader, {
      id,
      test,
      specimen,
      patient,
      value: input.value,
      status: input.status,
      flags: input.flags,
      instrumentId: input.instrumentId,
      enteredByHand: input.enteredBy !== '',
    }),
  );
  const released = decided.verdict === 'released';
  const doc: ResultDoc = {
    ...newBase(id, at, 'queued'),
    patientId: patient.id,
    specimenId: specimen.id,
    accessionIdentifier: specimen.accessionIdentifier,
    orderId: order.id,
    requisition: order.requisition,
    testCode: test.code,
    testName: test.name,
    loinc: test.loinc,
    version: (replaces?.version ?? 0) + 1,
    replacesId: replaces?.id ?? '',
    current: true,
    status: released ? 'final' : 'preliminary',
    value: input.value,
    ...decided,
    flags: [...input.flags],
    instrumentId: input.instrumentId,
    operator: input.operator,
    effectiveTime: specimen.collectedTime || specimen.receivedTime,
    measuredTime: input.measuredTime,
    postedTime: at,
    enteredBy: input.enteredBy,
    verifiedBy: released ? 'rules' : '',
    verifiedTime: released ? at : '',
    comment: input.comment,
    sourceKey: input.sourceKey,
    messageId: input.messageId,
  };
  if (replaces !== null) {
    // Read again: a control of the same message may have changed what its gate says (W13).
    const standing = (await unit.get('results', replaces.id)) ?? replaces;
    unit.put('results', { ...standing, current: false });
  }
  unit.add('results', doc);
  if (doc.interpretation === 'HH' || doc.interpretation === 'LL') openCriticalCall(bench, unit, at, doc);
  return doc;
}

function withRemarks(remarks: readonly Reason[], decided: Evaluation): Evaluation {
  if (remarks.length === 0) return decided;
  const holds = remarks.some((remark) => remark.outcome === 'hold') && decided.verdict !== 'blocked';
  return {
    ...decided,
    verdict: holds ? 'held' : decided.verdict,
    because: sortReasons([...remarks, ...decided.because]),
  };
}

/** V3: a critical value waits for its call until who, to whom, when and the read-back are recorded. */
function openCriticalCall(bench: Bench, unit: Writer, at: string, result: ResultDoc): void {
  unit.add(
    'tasks',
    newTask(bench.newId(), at, 'criticalCall', {
      reason: 'criticalValue',
      summary: `${result.testName} ${result.value.text} ${result.interpretation}`,
      ...aboutResult(result),
      sourceKey: callKey(result.id),
    }),
  );
}
