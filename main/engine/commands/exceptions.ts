import type { InstrumentDoc } from '../../../shared/documents/instrument.ts';
import type { TaskDoc } from '../../../shared/documents/task.ts';
import type { CanonicalResult } from '../../../shared/profiles/canonical.ts';
import { type Overlay, plainMapping } from '../../../shared/profiles/overlay.ts';
import { overlayFaults } from '../../../shared/profiles/overlay-check.ts';
import type { Profile } from '../../../shared/profiles/profile.ts';
import type { TestMapping } from '../../../shared/profiles/schema/common.ts';
import { type Call, person } from '../bench.ts';
import { refuse } from '../faults.ts';
import type { Reader, Writer } from '../store/store.ts';
import type { Handlers } from './handler.ts';

/** An exception that is open; refuses `exception.unknown`, `exception.ended`. */
export async function openException(reader: Reader, taskId: string): Promise<TaskDoc> {
  const task = await reader.get('tasks', taskId);
  if (task === undefined || task.kind !== 'exception') {
    throw refuse('exception.unknown', 'This exception is not on this station.', 'Look it up again.');
  }
  if (task.status !== 'open')
    throw refuse('exception.ended', 'This exception has ended already.', 'Nothing is left to do.');
  return task;
}

/** Open exceptions of an instrument for which `alike` is true. */
export async function openOnes(
  reader: Reader,
  instrumentId: string,
  alike: (task: TaskDoc, result: CanonicalResult | undefined) => boolean,
): Promise<string[]> {
  const open = await reader.find('tasks', {
    selector: { status: { $eq: 'open' }, kind: { $eq: 'exception' } },
  });
  return open
    .filter((task) => task.instrumentId === instrumentId && alike(task, resultOf(task)))
    .map((task) => task.id);
}

function resultOf(task: TaskDoc): CanonicalResult | undefined {
  return task.payload.result as CanonicalResult | undefined;
}

/** The document of an instrument of this station; refuses `instrument.unknown`. */
export async function instrumentOf(reader: Reader, instrumentId: string): Promise<InstrumentDoc> {
  const instrument = await reader.get('instruments', instrumentId);
  if (instrument !== undefined) return instrument;
  throw refuse('instrument.unknown', 'This instrument is not on this station.', 'Look at the station file.');
}

/** Puts a changed overlay as the next version, after checking it. Refuses `profile.invalid`. */
export async function putOverlay(
  call: Call,
  unit: Writer,
  instrument: InstrumentDoc,
  overlay: Overlay,
): Promise<InstrumentDoc> {
  const faults = overlayFaults(overlay);
  for (const prefix of overlay.qc.specimenPrefixes) {
    const [specimen] = await unit.find('specimens', {
      selector: { accessionIdentifier: { $gte: prefix, $lt: `${prefix}\uffff` } },
      sort: [{ accessionIdentifier: 'asc' }],
      limit: 1,
    });
    if (specimen !== undefined) faults.push(`Specimens of this station begin with "${prefix}".`);
  }
  if (faults.length > 0) {
    throw refuse('profile.invalid', faults.join(' '), 'Mend what is named, then save.', { faults });
  }
  const changed = {
    ...instrument,
    overlay,
    overlayVersion: instrument.overlayVersion + 1,
    overlayBy: person(call).id,
    overlayAt: call.at,
  };
  unit.put('instruments', changed);
  return changed;
}

/** Changes the overlay by what an exception showed, and tries everything again that is held for the same cause. */
function mapping(
  call: Call,
  taskId: string,
  change: (task: TaskDoc, overlay: Overlay, profile: Profile) => Overlay,
  alike: (task: TaskDoc, result: CanonicalResult | undefined, of: TaskDoc) => boolean,
): Promise<{ posted: number; held: number }> {
  const { bench, context } = call;
  return bench.store.write(context, async (unit) => {
    const task = await openException(unit, taskId);
    const instrument = await instrumentOf(unit, task.instrumentId);
    const profile = bench.instruments.profileWith(task.instrumentId, instrument);
    await putOverlay(call, unit, instrument, change(task, instrument.overlay, profile));
    const ids = await openOnes(unit, task.instrumentId, (one, result) => alike(one, result, task));
    return bench.instruments.reprocess(unit, ids, context);
  });
}

function withTest(overlay: Overlay, mapped: TestMapping): Overlay {
  return {
    ...overlay,
    tests: [...overlay.tests.filter((test) => test.code !== mapped.code), mapped],
    notResults: overlay.notResults.filter((one) => one.code !== mapped.code),
  };
}

function sentCode(task: TaskDoc): string {
  if (task.sentTest !== '') return task.sentTest;
  throw refuse('exception.noCode', 'This exception names no test to map.', 'Look at the raw message.');
}

function sentResult(task: TaskDoc): CanonicalResult {
  const result = resultOf(task);
  if (result !== undefined) return result;
  throw refuse('exception.noResult', 'This exception holds no single result.', 'Look at the raw message.');
}

/** The mapping a sent code has now, by its code or, where the profile says so, by its LOINC code. */
function mappingNow(profile: Profile, sent: string): TestMapping {
  const byLoinc = profile.tests.filter((test) => test.loinc === sent);
  const found =
    profile.tests.find((test) => test.code === sent) ?? (byLoinc.length === 1 ? byLoinc[0] : undefined);
  if (found !== undefined) return found;
  throw refuse('exception.mapTestFirst', `The code ${sent} is no known test yet.`, 'Map the test first.');
}

export const exceptionMapHandlers: Handlers<
  | 'exception.map'
  | 'exception.mapUnit'
  | 'exception.mapStatus'
  | 'exception.mapFlag'
  | 'exception.notResult'
  | 'exception.isControl'
> = {
  'exception.map': (call, { taskId, testCode }) =>
    mapping(
      call,
      taskId,
      (task, overlay) => {
        if (call.bench.catalog.test(testCode) === undefined)
          throw refuse(
            'catalog.unknown',
            `The catalogue has no test ${testCode}.`,
            'Choose one from the list.',
          );
        return withTest(overlay, plainMapping(sentCode(task), testCode));
      },
      (one, _result, task) => one.sentTest === task.sentTest && one.reason === task.reason,
    ),

  'exception.mapUnit': (call, { taskId, factor, unit }) =>
    mapping(
      call,
      taskId,
      (task, overlay, profile) => {
        const now = mappingNow(profile, sentCode(task));
        const leadsTo = now.unit ?? unit;
        if (leadsTo === undefined)
          throw refuse(
            'exception.noUnit',
            `The mapping of ${now.code} has no unit.`,
            'Say which unit it leads to.',
          );
        const others = (now.otherUnits ?? []).filter(({ sent }) => sent !== task.sentUnit);
        return withTest(overlay, {
          ...now,
          unit: leadsTo,
          sentUnits: now.sentUnits.filter((sent) => sent !== task.sentUnit),
          otherUnits: [...others, { sent: task.sentUnit, factor }],
        });
      },
      (one, _result, task) => one.sentTest === task.sentTest && one.sentUnit === task.sentUnit,
    ),

  'exception.mapStatus': (call, { taskId, meaning }) =>
    mapping(
      call,
      taskId,
      (task, overlay) => ({
        ...overlay,
        statuses: { ...overlay.statuses, [sentResult(task).sentStatus]: meaning },
      }),
      (_one, result, task) => result?.sentStatus === resultOf(task)?.sentStatus && result !== undefined,
    ),

  'exception.mapFlag': (call, { taskId, flag, meaning }) =>
    mapping(
      call,
      taskId,
      (task, overlay) => {
        if (!sentResult(task).flags.some(({ code }) => code === flag))
          throw refuse(
            'exception.noFlag',
            `The result was not sent with the flag ${flag}.`,
            'Choose one of its flags.',
          );
        return { ...overlay, flags: { ...overlay.flags, [flag]: meaning } };
      },
      (_one, result) => result?.flags.some(({ code }) => code === flag) ?? false,
    ),

  'exception.notResult': (call, { taskId, text }) =>
    mapping(
      call,
      taskId,
      (task, overlay) => {
        const code = sentCode(task);
        return {
          ...overlay,
          tests: overlay.tests.filter((test) => test.code !== code),
          notResults: [...overlay.notResults.filter((one) => one.code !== code), { code, text }],
        };
      },
      (one, _result, task) => one.sentTest === task.sentTest,
    ),

  'exception.isControl': (call, { taskId, prefix }) =>
    mapping(
      call,
      taskId,
      (task, overlay) => {
        if (!sentResult(task).specimenId?.startsWith(prefix))
          throw refuse(
            'exception.prefix',
            `The specimen id does not begin with ${prefix}.`,
            'Type how the ids of these controls begin.',
          );
        const { specimenPrefixes } = overlay.qc;
        return {
          ...overlay,
          qc: { ...overlay.qc, specimenPrefixes: [...new Set([...specimenPrefixes, prefix])] },
        };
      },
      (_one, result) => result?.specimenId?.startsWith(prefix) ?? false,
    ),
};
