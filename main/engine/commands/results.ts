import type { ResultDoc } from '../../../shared/documents/index.ts';
import { endedTask } from '../../../shared/documents/task.ts';
import { formatAccession } from '../../../shared/domain/accession-number.ts';
import { reason } from '../../../shared/domain/reason.ts';
import { parseValue } from '../../../shared/domain/value.ts';
import { specimenByNumber } from '../accession-search.ts';
import { type Call, person } from '../bench.ts';
import { claimedElsewhere, refuseClaimed, refuseClaimedResult } from '../claims/start.ts';
import { refuse } from '../faults.ts';
import { appendResult } from '../results/append.ts';
import { orderFor, standingResult } from '../results/find.ts';
import { callTask, releaseDecision, rerunTask } from '../results/release.ts';
import { refreshReport } from '../results/report-state.ts';
import { openRerun } from '../results/rerun.ts';
import type { Reader, Writer } from '../store/store.ts';
import type { Handlers } from './handler.ts';

async function resultOf(reader: Reader, id: string): Promise<ResultDoc> {
  const result = await reader.get('results', id);
  if (result === undefined)
    throw refuse('result.unknown', 'This result is not on this station.', 'Look it up again.');
  return result;
}

async function enter({ bench, at, ...call }: Call, unit: Writer, args: EnterArgs): Promise<ResultDoc> {
  const who = person({ bench, at, ...call });
  const specimen = await specimenByNumber(unit, args.accessionIdentifier);
  if (specimen === undefined) {
    throw refuse(
      'specimen.unknown',
      `${args.accessionIdentifier} is not a specimen of this station.`,
      'Scan the tube.',
    );
  }
  const display = formatAccession(specimen.accessionIdentifier);
  if (specimen.status !== 'received') {
    throw refuse(
      'specimen.notReceived',
      `${display} is ${specimen.status}, not received.`,
      'Receive it first.',
    );
  }
  refuseClaimed(bench, 'specimens', specimen.id, display);
  const test = bench.catalog.test(args.testCode);
  const order = test === undefined ? undefined : await orderFor(unit, specimen, test.code);
  const patient = await unit.get('patients', specimen.patientId);
  if (test === undefined || order === undefined || patient === undefined) {
    throw refuse('result.notOrdered', `${args.testCode} is not ordered on ${display}.`, 'Order it first.');
  }
  const replaces = await standingResult(unit, specimen.accessionIdentifier, test.code);
  if (replaces?.verdict === 'released') {
    throw refuse(
      'result.released',
      `${test.name} of ${display} is released: ${replaces.value.text}.`,
      'Correct the released result instead; both versions stay.',
    );
  }
  const doc = await appendResult(bench, unit, at, {
    test,
    specimen,
    patient,
    order,
    value: { ...parseValue(args.valueText), unit: test.unit },
    status: 'final',
    flags: [],
    instrumentId: '',
    operator: who.username,
    measuredTime: at,
    enteredBy: who.id,
    comment: args.comment,
    sourceKey: '',
    messageId: '',
    replaces: replaces ?? null,
  });
  await refreshReport(unit, order.requisition, at);
  unit.afterCommit(() => bench.claims.take('specimens', specimen.id, who));
  return doc;
}

interface EnterArgs {
  accessionIdentifier: string;
  testCode: string;
  valueText: string;
  comment: string;
}

async function release(
  call: Call,
  unit: Writer,
  resultIds: readonly string[],
  comment: string,
): Promise<{ released: string[]; stayed: { resultId: string; why: string }[] }> {
  const { at } = call;
  const who = person(call);
  const released: string[] = [];
  const stayed: { resultId: string; why: string }[] = [];
  const requisitions = new Set<string>();
  const results: ResultDoc[] = [];
  for (const id of new Set(resultIds)) results.push(await resultOf(unit, id));
  // Of several, those that others work on stay, and say so. Where there is no other, the command is refused like any.
  const [first] = results;
  if (first !== undefined && results.every((one) => claimedElsewhere(call.bench, one) !== undefined))
    refuseClaimedResult(call.bench, first);
  for (const result of results) {
    const { id } = result;
    const decision = await releaseDecision(call, unit, result, comment);
    if (!decision.allowed) {
      stayed.push({ resultId: id, why: decision.why });
      continue;
    }
    unit.put('results', {
      ...result,
      verdict: 'released',
      status: result.version > 1 && (await wasReleased(unit, result)) ? 'corrected' : 'final',
      verifiedBy: who.id,
      verifiedTime: at,
      comment: comment === '' ? result.comment : [result.comment, comment].filter(Boolean).join(' '),
      because: [...result.because, ...decision.because.filter((one) => one.outcome !== 'block')],
    });
    released.push(id);
    requisitions.add(result.requisition);
  }
  for (const requisition of requisitions) await refreshReport(unit, requisition, at);
  return { released, stayed };
}

/** True when an earlier version of this result had been released: then this one is a correction. */
async function wasReleased(reader: Reader, result: ResultDoc): Promise<boolean> {
  let before = result.replacesId === '' ? undefined : await reader.get('results', result.replacesId);
  while (before !== undefined) {
    if (before.verifiedTime !== '') return true;
    before = before.replacesId === '' ? undefined : await reader.get('results', before.replacesId);
  }
  return false;
}

export const resultsHandlers: Handlers<
  | 'result.enter'
  | 'result.release'
  | 'result.comment'
  | 'result.rerun'
  | 'result.undoRerun'
  | 'result.reject'
  | 'result.correct'
  | 'result.recordCall'
> = {
  'result.enter': async (call, args) => {
    const doc = await call.bench.store.write(call.context, (unit) => enter(call, unit, args));
    return { resultId: doc.id };
  },

  'result.release': async (call, { resultIds, comment }) => {
    const context = comment === '' ? call.context : { ...call.context, reason: comment };
    return call.bench.store.write(context, (unit) => release(call, unit, resultIds, comment));
  },

  'result.comment': async ({ bench, context }, { resultId, comment }) => {
    await bench.store.write(context, async (unit) => {
      const result = await resultOf(unit, resultId);
      refuseClaimedResult(bench, result);
      if (result.verdict === 'released') {
        throw refuse(
          'result.released',
          'A released result keeps its comment.',
          'Correct the result to say more.',
        );
      }
      unit.put('results', { ...result, comment });
    });
    return null;
  },

  'result.rerun': async (call, { resultIds }) => {
    const { bench, context, at } = call;
    return bench.store.write(context, async (unit) => {
      let taskId = '';
      for (const id of new Set(resultIds)) {
        const result = await resultOf(unit, id);
        refuseClaimedResult(bench, result);
        if (result.verdict === 'released' || !result.current) {
          throw refuse(
            'result.released',
            `${result.testName} is released.`,
            'Correct it, or order the test again.',
          );
        }
        taskId = (await rerunTask(unit, id))?.id ?? openRerun(bench, unit, at, result, person(call).id);
      }
      return { taskId };
    });
  },

  'result.undoRerun': async (call, { resultIds }) => {
    const { bench, context, at } = call;
    await bench.store.write(context, async (unit) => {
      for (const id of resultIds) {
        const task = await rerunTask(unit, id);
        if (task === undefined) continue;
        refuseClaimedResult(bench, await resultOf(unit, id));
        unit.put('tasks', endedTask(task, at, person(call).id, 'undone', 'rejected'));
      }
    });
    return null;
  },

  'result.reject': async (call, { resultId, reason: why }) => {
    const { bench, context, at } = call;
    await bench.store.write({ ...context, reason: why }, async (unit) => {
      const result = await resultOf(unit, resultId);
      refuseClaimedResult(bench, result);
      if (result.verdict === 'released') {
        throw refuse(
          'result.released',
          'A released result is not rejected.',
          'Correct it: both versions are shown on the report.',
        );
      }
      unit.put('results', {
        ...result,
        verdict: 'rejected',
        status: 'cancelled',
        verifiedBy: person(call).id,
        because: [...result.because, reason('reject', 'block', `Rejected: ${why}.`, { by: person(call).id })],
      });
      await refreshReport(unit, result.requisition, at);
    });
    return null;
  },

  'result.correct': async (call, { resultId, valueText, reason: why }) => {
    const { bench, context, at } = call;
    const doc = await bench.store.write({ ...context, reason: why }, async (unit) => {
      const before = await resultOf(unit, resultId);
      refuseClaimedResult(bench, before);
      if (before.verdict !== 'released' || !before.current) {
        throw refuse(
          'result.notReleased',
          'Only a released result is corrected.',
          'Enter the value again instead.',
        );
      }
      const specimen = await unit.get('specimens', before.specimenId);
      const patient = await unit.get('patients', before.patientId);
      const order = await unit.get('orders', before.orderId);
      const test = bench.catalog.test(before.testCode);
      if (specimen === undefined || patient === undefined || order === undefined || test === undefined) {
        throw refuse(
          'result.incomplete',
          'Specimen, patient, order or test of this result is missing here.',
          'Sync, then try again.',
        );
      }
      const who = person(call);
      const appended = await appendResult(bench, unit, at, {
        test,
        specimen,
        patient,
        order,
        value: { ...parseValue(valueText), unit: test.unit },
        status: 'corrected',
        flags: [],
        instrumentId: '',
        operator: who.username,
        measuredTime: at,
        enteredBy: who.id,
        comment: why,
        sourceKey: '',
        messageId: '',
        replaces: before,
      });
      await refreshReport(unit, before.requisition, at);
      return appended;
    });
    return { resultId: doc.id };
  },

  'result.recordCall': async (call, { resultId, to, note }) => {
    const { bench, context, at } = call;
    await bench.store.write(context, async (unit) => {
      const task = await callTask(unit, resultId);
      if (task === undefined)
        throw refuse('call.none', 'No critical call is due for this result.', 'Nothing is left to do.');
      if (task.status !== 'open')
        throw refuse('call.done', 'This call is recorded already.', 'Nothing is left to do.');
      unit.put('tasks', {
        ...endedTask(task, at, person(call).id, `Called ${to}, read back.${note === '' ? '' : ` ${note}`}`),
        payload: {
          ...task.payload,
          ...{ to, readBack: true, note, by: person(call).name, at },
          station: bench.station.code,
        },
      });
    });
    return null;
  },
};
