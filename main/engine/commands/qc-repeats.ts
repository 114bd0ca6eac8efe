import type { ResultDoc, TaskDoc } from '../../../shared/documents/index.ts';
import { endedTask } from '../../../shared/documents/task.ts';
import type { CommandName } from '../../../shared/ipc/contract.ts';
import { type Call, person } from '../bench.ts';
import { refuse } from '../faults.ts';
import { type Repeat, repeatsOf } from '../qc/repeats.ts';
import { appendResult } from '../results/append.ts';
import { refreshReport } from '../results/report-state.ts';
import type { Reader } from '../store/store.ts';
import type { Handlers } from './handler.ts';

/** A rerun whose repeat has arrived, with the released result it is compared with. Refuses `qc.noRepeat`. */
async function arrived(
  reader: Reader,
  taskId: string,
): Promise<{ task: TaskDoc; repeat: Repeat; released: ResultDoc }> {
  const task = await reader.get('tasks', taskId);
  const repeat = task === undefined ? undefined : repeatsOf(task).at(-1);
  const released = task === undefined ? undefined : await reader.get('results', task.resultId);
  if (task?.status !== 'open' || repeat === undefined || released === undefined)
    throw refuse('qc.noRepeat', 'No repeat waits for a decision here.', 'Look it up again.');
  return { task, repeat, released };
}

/** The rerun as the caller has decided it: `what` became of the result, the value of its repeat, and the reason given. */
function decided(call: Call, task: TaskDoc, { value }: Repeat, what: string, reason: string): TaskDoc {
  return endedTask(task, call.at, person(call).id, `${what}: ${value.text} ${value.unit}. ${reason}`);
}

type Names = Extract<CommandName, `qc.repeat.${string}`>;

export const qcRepeatHandlers: Handlers<Names> = {
  'qc.repeat.keep': async (call, { taskId, reason }) => {
    const { bench, context } = call;
    await bench.store.write({ ...context, reason }, async (unit) => {
      const { task, repeat } = await arrived(unit, taskId);
      unit.put('tasks', decided(call, task, repeat, 'The released result stands; measured again', reason));
    });
    return null;
  },

  'qc.repeat.correct': async (call, { taskId, reason }) => {
    const { bench, at, context } = call;
    return bench.store.write({ ...context, reason }, async (unit) => {
      const { task, repeat, released } = await arrived(unit, taskId);
      if (!released.current || released.verdict !== 'released') {
        throw refuse(
          'result.notReleased',
          'Only a released result is corrected.',
          'Another version stands now: look at it first.',
        );
      }
      const specimen = await unit.get('specimens', released.specimenId);
      const patient = await unit.get('patients', released.patientId);
      const order = await unit.get('orders', released.orderId);
      const test = bench.catalog.test(released.testCode);
      if (specimen === undefined || patient === undefined || order === undefined || test === undefined) {
        throw refuse(
          'result.incomplete',
          'Specimen, patient, order or test of this result is missing here.',
          'Sync, then try again.',
        );
      }
      const doc = await appendResult(bench, unit, at, {
        ...{ test, specimen, patient, order, value: repeat.value, status: 'corrected', flags: repeat.flags },
        instrumentId: repeat.instrumentId,
        operator: repeat.operator,
        measuredTime: repeat.measuredTime,
        enteredBy: '',
        comment: [repeat.comment, reason].filter((one) => one !== '').join(' '),
        sourceKey: repeat.key,
        messageId: repeat.messageId,
        replaces: released,
      });
      unit.put('tasks', decided(call, task, repeat, 'Corrected to the repeat', reason));
      await refreshReport(unit, released.requisition, at);
      return { resultId: doc.id };
    });
  },
};
