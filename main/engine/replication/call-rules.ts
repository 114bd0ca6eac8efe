import type { Task } from 'fhir/r4';
import type { TaskDoc } from '../../../shared/documents/index.ts';
import { calledResult, callsOf, isSameCall } from '../../../shared/domain/critical-call.ts';
import { type AnyResource, stationOf } from '../../../shared/fhir/mapping.ts';
import { codeOf } from '../../../shared/fhir/parts.ts';
import { SYSTEM } from '../../../shared/fhir/systems.ts';
import { keepLinked } from './linked.ts';
import type { AnyDoc, ReplicationReader } from './port.ts';
import type { Verdict } from './reconcile.ts';

/** Code of the Tasks that are calls of critical values: the one kind of task that all stations share. */
export const CALL_CODE = 'criticalCall';

/** True for the Task of a critical call. A server that searches by less than it was asked for gives others too. */
export function isCallTask(resource: AnyResource): boolean {
  return codeOf((resource as Task).code, SYSTEM.taskKind) === CALL_CODE && stationOf(resource) !== undefined;
}

/** Reference to the result a call is about. */
export function calledObservation(resource: AnyResource): string[] {
  const input = (resource as Task).input?.find((item) => codeOf(item.type, SYSTEM.taskField) === 'result');
  const reference = input?.valueReference?.reference;
  return reference === undefined ? [] : [reference];
}

/** A call with its result: where the reference leads to nothing here, the cause names it. */
export async function withResult(task: AnyDoc & TaskDoc, reader: ReplicationReader): Promise<AnyDoc> {
  const resultId = calledResult(task.sourceKey);
  if (task.resultId !== '' || resultId === '') return task;
  return (await reader.byId('results', resultId)) === undefined ? task : ({ ...task, resultId } as AnyDoc);
}

/**
 * The rule where the call of a critical value differs here and at the server. A recorded call stands over one that is due, on whichever side, and
 * never becomes due again. Recorded on both sides (two stations, neither knew of the other): the one at the server is the one that is
 * shown, the other is kept beside it. A person is never asked: both were made.
 * @returns undefined where the fields decide: recorded on neither side
 */
export function reconcileCall(here: TaskDoc, there: TaskDoc): Verdict | undefined {
  if (here.kind !== CALL_CODE || (here.status !== 'done' && there.status !== 'done')) return undefined;
  // What was sent before is a change to send once more.
  const change = here.change === here.sync.sentChange ? here.change + 1 : here.change;
  if (there.status !== 'done')
    return { kind: 'send', doc: { ...here, change, extra: keepLinked(there.extra, here) } as AnyDoc };
  const theirs = withLocal(here, there);
  const known = callsOf(there);
  const missing = callsOf(here).filter((one) => !known.some((other) => isSameCall(one, other)));
  if (missing.length === 0) return { kind: 'take', doc: theirs };
  const payload = { ...there.payload, also: [...known.slice(1), ...missing] };
  return { kind: 'send', doc: { ...theirs, change, payload } as AnyDoc };
}

/** What the server has, with this station's own part of the record. */
function withLocal(here: TaskDoc, there: TaskDoc): AnyDoc {
  const { id, createdAt, updatedAt, change, syncState, serverId, sync } = here;
  const extra = keepLinked(there.extra, here);
  return { ...there, id, createdAt, updatedAt, change, syncState, serverId, sync, extra } as AnyDoc;
}
