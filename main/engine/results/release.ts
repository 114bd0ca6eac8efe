import type { ResultDoc, TaskDoc } from '../../../shared/documents/index.ts';
import { callKey } from '../../../shared/domain/critical-call.ts';
import { decideRelease, type ReleaseDecision } from '../../../shared/domain/release.ts';
import { type Call, person } from '../bench.ts';
import { claimedElsewhere } from '../claims/start.ts';
import type { Reader } from '../store/store.ts';

/** The call task of a critical result version (V3); undefined when it never had one. */
export async function callTask(reader: Reader, resultId: string): Promise<TaskDoc | undefined> {
  const tasks = await reader.find('tasks', {
    selector: { sourceKey: { $eq: callKey(resultId) } },
    limit: 1,
  });
  return tasks[0];
}

/** The rerun that was asked for and has not arrived; undefined when there is none. */
export async function rerunTask(reader: Reader, resultId: string): Promise<TaskDoc | undefined> {
  const tasks = await reader.find('tasks', { selector: { sourceKey: { $eq: `rerun:${resultId}` } } });
  return tasks.find((task) => task.status === 'open');
}

/** Who asked for the rerun a version came from; empty when it is none (V5). */
async function rerunBy(reader: Reader, result: ResultDoc): Promise<string> {
  if (result.replacesId === '') return '';
  const tasks = await reader.find('tasks', {
    selector: { sourceKey: { $eq: `rerun:${result.replacesId}` } },
  });
  return (tasks.find((task) => task.status === 'done')?.payload.by as string | undefined) ?? '';
}

/**
 * May the person of this call release a result, with this comment (V2, V3, V5)? What the command does and what the window announces
 * before it are this one decision.
 */
export async function releaseDecision(
  call: Call,
  reader: Reader,
  result: ResultDoc,
  comment: string,
): Promise<ReleaseDecision> {
  return decideRelease(result, {
    by: person(call).id,
    comment: comment || result.comment,
    criticalCalled: (await callTask(reader, result.id))?.status === 'done',
    specimen: (await reader.get('specimens', result.specimenId)) ?? null,
    inConflict: result.syncState === 'conflict',
    separationOfDuties: call.bench.station.separationOfDuties,
    rerunOpen: (await rerunTask(reader, result.id)) !== undefined,
    rerunBy: await rerunBy(reader, result),
    claimed: claimedElsewhere(call.bench, result) ?? null,
  });
}
