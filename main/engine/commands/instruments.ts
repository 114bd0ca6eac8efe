import { endedTask } from '../../../shared/documents/task.ts';
import { specimenByNumber } from '../accession-search.ts';
import { person } from '../bench.ts';
import { refuse } from '../faults.ts';
import type { NamedControl } from '../instruments/holding.ts';
import { giveLine, takeLine } from '../instruments/owners/hand-over.ts';
import { openException } from './exceptions.ts';
import type { Handlers } from './handler.ts';

export const instrumentsHandlers: Handlers<
  | 'instrument.switch'
  | 'line.give'
  | 'line.take'
  | 'line.takeOver'
  | 'exception.match'
  | 'exception.ofLot'
  | 'exception.reject'
  | 'exception.reprocess'
> = {
  'instrument.switch': async (call, { instrumentId, on }) => {
    call.bench.store.note(call.context, on ? 'instrument on' : 'instrument off', { instrumentId });
    const { hospital, instruments } = call.bench;
    if (hospital.has(instrumentId)) await hospital.switch(instrumentId, on);
    else await instruments.switch(instrumentId, on, person(call).id);
    return null;
  },

  'line.give': (call, { instrumentId }) => giveLine(call, instrumentId),
  'line.take': (call, { instrumentId }) => takeLine(call, instrumentId, ''),
  'line.takeOver': (call, { instrumentId, reason }) => takeLine(call, instrumentId, reason),

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
      const { control: _control, ...others } = task.payload;
      unit.put('tasks', {
        ...task,
        patientId: specimen.patientId,
        specimenId: specimen.id,
        payload: { ...others, specimenId: specimen.accessionIdentifier },
      });
      return bench.instruments.reprocess(unit, [taskId], context);
    }),

  'exception.ofLot': ({ bench, context }, { taskId, lotId }) =>
    bench.store.write(context, async (unit) => {
      const task = await openException(unit, taskId);
      if (task.payload.result === undefined)
        throw refuse(
          'exception.noResult',
          'This exception holds no single result.',
          'Look at the raw message.',
        );
      const lot = await unit.get('lots', lotId);
      const [sentAs] = lot?.state === 'ended' ? [] : (lot?.sentAs ?? []);
      if (lot === undefined || sentAs === undefined) {
        throw refuse('qc.unknownLot', 'This lot is not in use on this station.', 'Choose one that is.');
      }
      const control: NamedControl = { sentAs, lot: lot.lot };
      const { specimenId: _specimen, ...others } = task.payload;
      unit.put('tasks', { ...task, patientId: '', specimenId: '', payload: { ...others, control } });
      return bench.instruments.reprocess(unit, [taskId], context);
    }),

  'exception.reject': async (call, { taskId, reason }) => {
    const { bench, context, at } = call;
    await bench.store.write({ ...context, reason }, async (unit) => {
      const task = await openException(unit, taskId);
      unit.put('tasks', endedTask(task, at, person(call).id, reason, 'rejected'));
    });
    return null;
  },

  'exception.reprocess': ({ bench, context }, { taskId }) =>
    bench.store.write(context, async (unit) => {
      const task = await openException(unit, taskId);
      if (bench.hospital.has(task.instrumentId)) return bench.hospital.again(unit, [task], context);
      return bench.instruments.reprocess(unit, [taskId], context);
    }),
};
