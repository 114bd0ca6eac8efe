import type { ResultDoc, TaskDoc } from '../../../shared/documents/index.ts';
import { endedTask } from '../../../shared/documents/task.ts';
import { callKey } from '../../../shared/domain/critical-call.ts';
import type { ReplicationUnit } from './port.ts';

/** Rule of the note on a result that came on the line of another station too: its input `id` names the one that stands. */
export const SAME_MEASUREMENT = 'sameMeasurement';

/**
 * Two stations received one critical measurement, and each has its call: one call is enough (V3). What was recorded for the result that ended
 * counts for the one that stands; a call that is due for the one that ended is due for the other alone.
 */
export async function oneCall(
  unit: ReplicationUnit,
  endsId: string,
  standsId: string,
  at: string,
): Promise<void> {
  const ends = await unit.taskOf(callKey(endsId));
  const stands = await unit.taskOf(callKey(standsId));
  if (ends === undefined || stands === undefined) return;
  if (ends.status === 'done' && stands.status === 'open') {
    const { status, resolution, resolvedBy, resolvedAt, payload } = ends;
    unit.putChanged('tasks', { ...stands, status, resolution, resolvedBy, resolvedAt, payload });
  } else if (ends.status === 'open') {
    const resolution = 'The same measurement as one whose call counts for both';
    unit.putChanged('tasks', endedTask(ends, at, 'server', resolution, 'rejected'));
  }
}

/** A call of another station: one of two of the same measurement ends with the other. */
export async function landCall(unit: ReplicationUnit, task: TaskDoc, at: string): Promise<void> {
  const result = await unit.byId('results', task.resultId);
  if (result === undefined) return;
  const standsId = standsFor(result);
  if (standsId !== '') await oneCall(unit, result.id, standsId, at);
  for (const other of await unit.resultsOf(result.accessionIdentifier))
    if (standsFor(other) === result.id) await oneCall(unit, other.id, result.id, at);
}

/** The result that stands in place of this one, the same measurement; empty when there is none. */
function standsFor({ because }: ResultDoc): string {
  return because.find((one) => one.rule === SAME_MEASUREMENT)?.inputs.id ?? '';
}
