import type { Task } from 'fhir/r4';
import type { TaskDoc } from '../../../shared/documents/index.ts';
import { calledResult, callsOf, isSameCall } from '../../../shared/domain/critical-call.ts';
import { sameJson } from '../../../shared/fhir/json.ts';
import { type AnyResource, stationOf, withoutServerPart } from '../../../shared/fhir/mapping.ts';
import { codeOf } from '../../../shared/fhir/parts.ts';
import { SYSTEM } from '../../../shared/fhir/systems.ts';
import { keepLinked, linkedOf } from './linked.ts';
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
  // What is on its way said less: its answer does not stand for this.
  return { kind: 'send', doc: { ...theirs, change: here.change + 1, payload } as AnyDoc };
}

/** What the Communication of a call is made of. */
const saidIn = ['status', 'summary', 'resolution', 'resolvedBy', 'resolvedAt', 'payload'] as const;

/**
 * The Communication of a call says what its Task says, and every station that records the call or makes it due writes it: what one of them wrote
 * may have come to the server after that of another who knew more. So whoever wrote it, or may be about to, looks at it once more when the
 * Task comes with news. It is what was written last that stays, and whoever writes last has the Task as it stays.
 * @returns the verdict, the Communication to be sent where that is so
 */
export function withCommunication(here: TaskDoc, verdict: Verdict): Verdict {
  if (here.kind !== CALL_CODE || verdict.kind !== 'take') return verdict;
  const taken = verdict.doc as AnyDoc & TaskDoc;
  if (saidIn.every((name) => sameJson(here[name], taken[name]))) return verdict;
  const writes = here.syncState !== 'onServer' || linkedOf(here as AnyDoc).Communication !== undefined;
  return writes ? { kind: 'take', doc: { ...taken, change: here.change + 1 } } : verdict;
}

/** True for two Communications that say the same, whichever station wrote them. */
export function saysTheSame(a: AnyResource, b: AnyResource): boolean {
  const [{ meta: _a, ...one }, { meta: _b, ...other }] = [withoutServerPart(a), withoutServerPart(b)];
  return sameJson(one, other);
}

/** What the server has, with this station's own part of the record. */
function withLocal(here: TaskDoc, there: TaskDoc): AnyDoc {
  const { id, createdAt, updatedAt, change, syncState, serverId, sync } = here;
  const extra = keepLinked(there.extra, here);
  return { ...there, id, createdAt, updatedAt, change, syncState, serverId, sync, extra } as AnyDoc;
}
