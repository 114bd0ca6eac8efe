import type { ResultDoc } from '../../../shared/documents/index.ts';
import { aboutResult, newTask } from '../../../shared/documents/task.ts';
import type { Bench } from '../bench.ts';
import type { Writer } from '../store/store.ts';

/** Asks for a result to be measured again. Returns the task's id. */
export function openRerun(bench: Bench, unit: Writer, at: string, result: ResultDoc, by: string): string {
  const id = bench.newId();
  unit.put(
    'tasks',
    newTask(id, at, 'rerun', {
      reason: 'rerun',
      summary: `${result.testName} again`,
      ...aboutResult(result),
      sentTest: result.testCode,
      payload: { by },
      sourceKey: `rerun:${result.id}`,
    }),
  );
  return id;
}
