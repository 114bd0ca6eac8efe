import type { TaskDoc } from '../../../shared/documents/task.ts';
import { specimenByNumber } from '../accession-search.ts';
import { type Call, person } from '../bench.ts';
import { refuse } from '../faults.ts';
import type { Reader } from '../store/store.ts';
import type { Handlers } from './handler.ts';

async function openException(reader: Reader, taskId: string): Promise<TaskDoc> {
  const task = await reader.get('tasks', taskId);
  if (task === undefined || task.kind !== 'exception') {
    throw refuse('exception.unknown', 'This exception is not on this station.', 'Look it up again.');
  }
  if (task.status !== 'open')
    throw refuse('exception.ended', 'This exception has ended already.', 'Nothing is left to do.');
  return task;
}

/** Open exceptions of an instrument that were sent with the same test code. */
async function alike(reader: Reader, task: TaskDoc): Promise<string[]> {
  const open = await reader.find('tasks', {
    selector: { status: { $eq: 'open' }, kind: { $eq: 'exception' } },
  });
  return open
    .filter(
      (t) => t.instrumentId === task.instrumentId && t.sentTest === task.sentTest && t.reason === task.reason,
    )
    .map((t) => t.id);
}

function mapTest(call: Call, taskId: string, testCode: string) {
  const { bench, context, at } = call;
  return bench.store.write(context, async (unit) => {
    const task = await openException(unit, taskId);
    if (bench.catalog.test(testCode) === undefined)
      throw refuse('catalog.unknown', `The catalogue has no test ${testCode}.`, 'Choose one from the list.');
    if (task.sentTest === '')
      throw refuse('exception.noCode', 'This exception names no test to map.', 'Look at the raw message.');
    const instrument = await unit.get('instruments', task.instrumentId);
    if (instrument === undefined)
      throw refuse(
        'instrument.unknown',
        'This instrument is not on this station.',
        'Look at the station file.',
      );
    unit.put('instruments', {
      ...instrument,
      overlay: { ...instrument.overlay, [task.sentTest]: { testCode, by: person(call).id, at } },
    });
    return bench.instruments.reprocess(unit, await alike(unit, task), context);
  });
}

export const instrumentsHandlers: Handlers<
  'instrument.switch' | 'exception.map' | 'exception.match' | 'exception.reject' | 'exception.reprocess'
> = {
  'instrument.switch': async (call, { instrumentId, on }) => {
    call.bench.store.note(call.context, on ? 'instrument on' : 'instrument off', { instrumentId });
    await call.bench.instruments.switch(instrumentId, on, person(call).id);
    return null;
  },

  'exception.map': (call, { taskId, testCode }) => mapTest(call, taskId, testCode),

  'exception.match': ({ bench, context }, { taskId, accessionIdentifier }) =>
    bench.store.write(context, async (unit) => {
      const task = await openException(unit, taskId);
      const specimen = await specimenByNumber(unit, accessionIdentifier);
      if (specimen === undefined) {
        throw refuse(
          'specimen.unknown',
          `${accessionIdentifier} is not a specimen of this station.`,
          'Scan the tube.',
        );
      }
      unit.put('tasks', {
        ...task,
        patientId: specimen.patientId,
        specimenId: specimen.id,
        payload: { ...task.payload, specimenId: specimen.accessionIdentifier },
      });
      return bench.instruments.reprocess(unit, [taskId], context);
    }),

  'exception.reject': async (call, { taskId, reason }) => {
    const { bench, context, at } = call;
    await bench.store.write({ ...context, reason }, async (unit) => {
      const task = await openException(unit, taskId);
      unit.put('tasks', {
        ...task,
        status: 'rejected',
        resolution: reason,
        resolvedBy: person(call).id,
        resolvedAt: at,
      });
    });
    return null;
  },

  'exception.reprocess': ({ bench, context }, { taskId }) =>
    bench.store.write(context, async (unit) => {
      await openException(unit, taskId);
      return bench.instruments.reprocess(unit, [taskId], context);
    }),
};
