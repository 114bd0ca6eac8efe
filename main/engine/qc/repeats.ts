/** Repeats of released results that were asked for: kept beside the released one until a person decides (W13 look-back). */
import { z } from 'zod';
import type { ResultDoc, TaskDoc } from '../../../shared/documents/index.ts';
import { ResultValue } from '../../../shared/documents/result.ts';
import { planOf } from '../../../shared/domain/qc/plan.ts';
import { compareRepeat, type RepeatComparison } from '../../../shared/domain/qc/repeat.ts';
import type { Bench } from '../bench.ts';
import type { Reader, Writer } from '../store/store.ts';
import { qcPlan } from './plan.ts';

/** A repeat as it arrived. */
export const Repeat = z.object({
  /** key of the measurement: the same one sent again makes no second */
  key: z.string(),
  at: z.string(),
  measuredTime: z.string(),
  value: ResultValue,
  flags: z.array(z.string()),
  instrumentId: z.string(),
  operator: z.string(),
  messageId: z.string(),
  comment: z.string(),
});
export type Repeat = z.infer<typeof Repeat>;

/** Repeats kept with a rerun task, oldest first. */
export function repeatsOf(task: TaskDoc): Repeat[] {
  const found = z.array(Repeat).safeParse(task.payload.repeats);
  return found.success ? found.data : [];
}

/** Rerun tasks of a result, ended ones too. */
export async function rerunsOf(reader: Reader, resultId: string): Promise<TaskDoc[]> {
  return reader.find('tasks', { selector: { sourceKey: { $eq: `rerun:${resultId}` } } });
}

/**
 * Keeps a repeat of a released result with the task that asked for it; the released one stays. Null when nobody asked: then it is an exception. `formerKey`: the
 * measurement's key in earlier versions.
 */
export async function keepRepeat(
  unit: Writer,
  released: ResultDoc,
  repeat: Repeat,
  formerKey?: string,
): Promise<{ taskId: string; known: boolean } | null> {
  const tasks = await rerunsOf(unit, released.id);
  const before = tasks.find((task) =>
    repeatsOf(task).some((one) => one.key === repeat.key || one.key === formerKey),
  );
  if (before !== undefined) return { taskId: before.id, known: true };
  const task = tasks.find((one) => one.status === 'open');
  if (task === undefined) return null;
  const written = ({ text, unit: code }: ResultValue) => `${text} ${code}`.trim();
  unit.put('tasks', {
    ...task,
    reason: 'repeatArrived',
    summary: `${released.testName}: ${written(released.value)} released, ${written(repeat.value)} repeated`,
    payload: { ...task.payload, repeats: [...repeatsOf(task), repeat] },
  });
  return { taskId: task.id, known: false };
}

/** A repeat beside the released value, against the total error allowed for the test. */
export async function comparisonOf(
  bench: Bench,
  released: Pick<ResultDoc, 'value' | 'testCode' | 'instrumentId'>,
  repeat: Repeat,
): Promise<RepeatComparison> {
  const { totalErrorAllowed } = planOf(await qcPlan(bench.store), released.testCode, released.instrumentId);
  return compareRepeat(released.value, repeat.value, totalErrorAllowed);
}
