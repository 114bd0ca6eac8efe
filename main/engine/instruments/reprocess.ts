import { endedTask, type TaskDoc } from '../../../shared/documents/task.ts';
import type { CanonicalResult } from '../../../shared/profiles/canonical.ts';
import type { Profile } from '../../../shared/profiles/profile.ts';
import type { Bench } from '../bench.ts';
import { refreshReport } from '../results/report-state.ts';
import type { WriteContext, Writer } from '../store/store.ts';
import { asDecided } from './holding.ts';
import type { InstrumentLine } from './line.ts';
import { formerKey, measurementKey, type Source } from './measurement.ts';
import { tellAgain } from './orders/outcomes.ts';
import { postResult } from './posting.ts';
import { journalledMessage, readReceived } from './reading.ts';

/**
 * Posts what open exceptions hold, with today's mapping and specimens; what still cannot be posted stays open with its reason. The captured message
 * is read again, so that everything today's mapping says takes effect, not only what the exception was about.
 */
export async function reprocess(
  bench: Bench,
  lineOf: (instrumentId: string) => InstrumentLine | undefined,
  unit: Writer,
  taskIds: readonly string[],
  context: WriteContext,
): Promise<{ posted: number; held: number }> {
  let posted = 0;
  let held = 0;
  for (const taskId of taskIds) {
    const task = await unit.get('tasks', taskId);
    if (task?.status === 'open' && task.reason === 'orderRefused') {
      await tellAgain(unit, context.at, task);
      unit.put('tasks', endedTask(task, context.at, context.actor, 'To be told again.'));
      posted += 1;
      continue;
    }
    const sent = task?.payload.result as CanonicalResult | undefined;
    if (task === undefined || task.status !== 'open' || sent === undefined) {
      held += 1;
      continue;
    }
    const source: Source = {
      instrumentId: task.instrumentId,
      messageId: task.messageId,
      messageDigest: String(task.payload.messageDigest ?? ''),
    };
    const doc = await unit.get('instruments', task.instrumentId);
    const profile = lineOf(task.instrumentId)?.profileWith(doc);
    const again = profile === undefined ? undefined : readAgain(bench, task, sent, source, profile);
    if (again === 'notResult') {
      posted += 1;
      const resolution = 'Its code is no result of this instrument.';
      unit.put('tasks', endedTask(task, context.at, context.actor, resolution, 'rejected'));
      continue;
    }
    const result = asDecided(task, again ?? sent);
    const outcome = await postResult(bench, unit, context.at, source, result, task);
    if (outcome.outcome === 'held') {
      held += 1;
      // What today's mapping reads is what a person has to see.
      const now = await unit.get('tasks', task.id);
      if (again !== undefined && now !== undefined)
        unit.put('tasks', { ...now, payload: { ...now.payload, result: again } });
      continue;
    }
    posted += 1;
    if (outcome.outcome === 'posted') await refreshReport(unit, outcome.requisition, context.at);
    const resolutions = {
      posted: `Posted as ${result.testCode}.`,
      control: `Taken as a control of ${result.testCode}.`,
      duplicate: 'Known already: posted before.',
    };
    unit.put('tasks', {
      ...endedTask(task, context.at, context.actor, resolutions[outcome.outcome]),
      resultId: outcome.outcome === 'posted' ? outcome.resultId : '',
    });
  }
  return { posted, held };
}

/**
 * The held result, read again out of its captured message. `notResult`: the mapping now says that its code is none. Undefined: the journal does
 * not show it, so what was read then is all there is.
 */
function readAgain(
  bench: Bench,
  task: TaskDoc,
  sent: CanonicalResult,
  source: Source,
  profile: Profile,
): CanonicalResult | 'notResult' | undefined {
  if (profile.notResults.some((one) => one.code === sent.instrumentCode)) return 'notResult';
  const message = journalledMessage(bench.store.journal, task.messageId, profile);
  if (message === undefined) return undefined;
  for (const interpretation of readReceived(message, profile, bench.station.timeZone)) {
    const holds = interpretation.problems.filter((problem) => problem.severity === 'hold');
    for (const result of interpretation.results) {
      const same =
        result.records.result === sent.records.result &&
        result.records.header === sent.records.header &&
        result.sent.text === sent.sent.text &&
        result.sent.unit === sent.sent.unit &&
        [measurementKey(source, result), formerKey(source, result)].includes(task.sourceKey);
      if (same) return { ...result, problems: [...holds, ...result.problems] };
    }
  }
  return undefined;
}
