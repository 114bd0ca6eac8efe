/** The hospital's side of a station: a line for orders and one for results, as far as the station file asks for them. */
import { endedTask, type TaskDoc } from '../../../shared/documents/task.ts';
import type { LineRow, TraceRow } from '../../../shared/ipc/instruments.ts';
import { contentOf } from '../../../shared/protocols/mllp/block.ts';
import type { Bench } from '../bench.ts';
import { refuse } from '../faults.ts';
import { MllpRecovery } from '../instruments/link/mllp-recover.ts';
import { LineCounts } from '../instruments/tools/health.ts';
import type { WriteContext, Writer } from '../store/store.ts';
import type { HospitalLine } from './line.ts';
import { ORDER_RULES, OrdersLine } from './orders-line.ts';
import { lookFrom, putDelivery, readDelivery } from './outbox.ts';
import { ResultsLine } from './results-line.ts';

/** The hospital's lines, as commands and queries see them. */
export interface HospitalPort {
  lines(): LineRow[];
  /** True for the id of a line to the hospital, also of one that is in the station file no longer. */
  has(lineId: string): boolean;
  trace(lineId: string): TraceRow[];
  switch(lineId: string, on: boolean): Promise<void>;
  counts(): LineCounts;
  /** Does held exceptions again: an order with today's data, a refused report is sent again. Within a unit of work. */
  again(
    unit: Writer,
    tasks: readonly TaskDoc[],
    context: WriteContext,
  ): Promise<{ posted: number; held: number }>;
  /** The bytes an exception is about, and what was told of them; empty when the journal does not show them. */
  bytesOf(task: TaskDoc): { bytes: Uint8Array; told: 'accepted' | 'refused' | 'none' };
}

/** Ids of the two lines. Analysers' names are upper case, so these are none of theirs. */
export function hospitalIds(stationCode: string): { orders: string; results: string } {
  return { orders: `${stationCode}.his-orders`, results: `${stationCode}.his-results` };
}

/** Opens the lines. What an earlier run acknowledged is placed before a line opens, and what it did not deliver is sent. */
export async function startHospital(bench: Bench): Promise<HospitalPort & { stop: () => Promise<void> }> {
  const { hospital } = bench.station;
  const ids = hospitalIds(bench.station.code);
  const orders =
    hospital?.orders === undefined
      ? undefined
      : new OrdersLine(bench, ids.orders, hospital, hospital.orders.transport);
  const results =
    hospital?.results === undefined
      ? undefined
      : new ResultsLine(bench, ids.results, hospital, hospital.results);
  const lines: HospitalLine[] = [orders?.line, results?.line].filter((one) => one !== undefined);
  const counts = new LineCounts(bench, () => new Map(lines.map((line) => [line.id, line.counters()])));

  let exceptions = new Map<string, number>();
  const countExceptions = async () => {
    const open = await bench.store.find('tasks', {
      selector: { status: { $eq: 'open' }, kind: { $eq: 'exception' } },
    });
    exceptions = new Map();
    for (const { instrumentId } of open)
      exceptions.set(instrumentId, (exceptions.get(instrumentId) ?? 0) + 1);
    bench.hub.changed(['channel:lines']);
  };
  let stopCounting = () => {};
  if (lines.length > 0) {
    await countExceptions();
    stopCounting = bench.store.onCommit((changed) => {
      if ('tasks' in changed) void countExceptions();
    });
  }
  await orders?.start();
  await results?.start();

  const lineOf = (id: string): HospitalLine => {
    const line = lines.find((one) => one.id === id);
    if (line === undefined)
      throw refuse('instrument.unknown', `${id} is not a line of this station.`, 'Look at the station file.');
    return line;
  };
  const bytesOf: HospitalPort['bytesOf'] = (task) => {
    const { journal } = bench.store;
    const none = { bytes: new Uint8Array(0), told: 'none' as const };
    const sent = Number(task.payload.sentSeq ?? 0);
    if (sent > 0) {
      const [row] = journal.read({
        instrumentId: task.instrumentId,
        afterSeq: sent - 1,
        beforeSeq: sent + 1,
      });
      const bytes = row === undefined ? null : contentOf(row.bytes);
      return bytes === null ? none : { bytes, told: 'none' };
    }
    const message = task.messageId === '' ? undefined : journal.message(task.messageId);
    if (message === undefined) return none;
    const recovery = new MllpRecovery(ORDER_RULES);
    const { instrumentId, firstSeq, lastSeq } = message;
    const rows = journal.read({ instrumentId, afterSeq: firstSeq - 1, beforeSeq: lastSeq + 1 });
    const found = rows.map((row) => recovery.push(row)).find((one) => one !== null);
    return { bytes: found?.text ?? none.bytes, told: message.told };
  };
  return {
    lines: () => lines.map((line) => line.row(exceptions.get(line.id) ?? 0)),
    has: (id) => id === ids.orders || id === ids.results,
    trace: (id) => lineOf(id).trace(),
    switch: async (id, on) => {
      if (results !== undefined && id === results.line.id) await results.switch(on);
      else await lineOf(id).switch(on);
    },
    counts: () => counts,
    bytesOf,
    again: async (unit, tasks, context) => {
      const outcome = { posted: 0, held: 0 };
      for (const task of tasks) {
        const { bytes, told } = bytesOf(task);
        const done =
          task.reportId !== ''
            ? await sendAgain(unit, task, context)
            : bytes.length > 0 &&
              told !== 'refused' &&
              orders !== undefined &&
              (await orders.again(unit, context, task, bytes));
        if (done) outcome.posted += 1;
        else outcome.held += 1;
      }
      return outcome;
    },
    stop: async () => {
      stopCounting();
      counts.stop();
      await orders?.line.stop();
      await results?.stop();
      counts.keep();
    },
  };
}

/** Queues a refused report again, unless the hospital has a later version already: an older one must not replace it. */
async function sendAgain(unit: Writer, task: TaskDoc, context: WriteContext): Promise<boolean> {
  const { at, actor } = context;
  const report = await unit.get('reports', task.reportId);
  const delivery = await readDelivery(unit, task.reportId);
  if (report === undefined || delivery === undefined) return false;
  const versions = await unit.find('reports', { selector: { requisition: { $eq: report.requisition } } });
  let later = false;
  for (const one of versions)
    if (one.version > report.version && (await readDelivery(unit, one.id))?.state === 'delivered')
      later = true;
  if (!later && delivery.state === 'refused') {
    await putDelivery(unit, at, {
      ...delivery,
      state: 'queued',
      attempt: delivery.attempt + 1,
      queuedAt: at,
    });
    await lookFrom(unit, at, report);
  }
  const resolution = later ? 'Not sent: the hospital has a later version.' : 'To be sent again.';
  unit.put('tasks', endedTask(task, at, actor, resolution));
  return true;
}
