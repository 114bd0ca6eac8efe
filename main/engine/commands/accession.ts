import { newBase } from '../../../shared/documents/common.ts';
import type { OrderDoc } from '../../../shared/documents/order.ts';
import type { SpecimenDoc } from '../../../shared/documents/specimen.ts';
import { accessionNumber, formatAccession, parseAccession } from '../../../shared/domain/accession-number.ts';
import { planTubes } from '../../../shared/domain/tubes.ts';
import { specimensByNumber } from '../accession-search.ts';
import { type Bench, type Call, person } from '../bench.ts';
import { refuse } from '../faults.ts';
import { localDay } from '../local-time.ts';
import { labelFaults, labelPdfOf } from '../output/label-of.ts';
import { newLabel } from '../output/labels.ts';
import { refreshReport } from '../results/report-state.ts';
import { heldBySpecimen } from '../results/specimen-state.ts';
import type { Reader, Writer } from '../store/store.ts';
import { nextCounter } from './counter.ts';
import type { Handlers } from './handler.ts';

/** Orders of one requisition, or a refusal that says there are none. */
async function ordersOf(reader: Reader, requisition: string): Promise<OrderDoc[]> {
  const orders = await reader.find('orders', { selector: { requisition: { $eq: requisition } } });
  if (orders.length === 0) {
    throw refuse(
      'requisition.unknown',
      `The requisition ${requisition} is not on this station.`,
      'Scan it again, wait for the server, or enter the order by hand.',
    );
  }
  return orders;
}

const urgency = ['routine', 'urgent', 'asap', 'stat'] as const;

async function draw(
  { bench, at }: Call,
  unit: Writer,
  input: { requisition: string; collector: string; collectedTime: string },
): Promise<SpecimenDoc[]> {
  const orders = await ordersOf(unit, input.requisition);
  const patient = await unit.get('patients', orders[0]!.patientId);
  if (patient === undefined)
    throw refuse('patient.unknown', 'The patient of this requisition is not here.', 'Sync, then try again.');
  const drawn = await unit.find('specimens', { selector: { requisition: { $eq: input.requisition } } });
  const plan = planTubes(orders, bench.catalog.all(), drawn);
  if (plan.problems.length > 0) {
    throw refuse(
      'catalog.incomplete',
      plan.problems.map((p) => p.text).join(' '),
      'Mend the catalogue or cancel that order.',
    );
  }
  const day = localDay(bench.station.timeZone, new Date(at));
  const made: SpecimenDoc[] = [];
  for (const tube of plan.tubes) {
    const sequence = await nextCounter(unit, at, `accession:${day}`);
    const of = orders.filter(
      (order) => order.status === 'active' && order.testCodes.some((c) => tube.testCodes.includes(c)),
    );
    const priority = of
      .map((o) => o.priority)
      .reduce((a, b) => (urgency.indexOf(b) > urgency.indexOf(a) ? b : a), 'routine');
    const specimen: SpecimenDoc = {
      ...newBase(bench.newId(), at, 'queued'),
      accessionIdentifier: accessionNumber({ date: day, stationCode: bench.station.code, sequence }),
      requisition: input.requisition,
      patientId: patient.id,
      orderIds: of.map((order) => order.id),
      testCodes: tube.testCodes,
      priority,
      typeCode: tube.typeCode,
      typeDisplay: tube.typeDisplay,
      container: tube.container,
      cap: tube.cap,
      tubeIndex: drawn.length + tube.tubeIndex,
      tubeCount: drawn.length + tube.tubeCount,
      status: 'expected',
      collectedTime: input.collectedTime,
      collector: input.collector.trim(),
      receivedTime: '',
      receivedBy: '',
      labelState: 'none',
      label: newLabel(),
      conditionCode: '',
      conditionText: '',
    };
    const missing = labelFaults(bench, patient, specimen);
    made.push(
      missing.length === 0
        ? { ...specimen, labelState: 'queued', label: { ...newLabel(), queuedAt: at, copies: 1 } }
        : { ...specimen, labelState: 'blocked', label: { ...newLabel(), why: missing.join(' ') } },
    );
  }
  for (const specimen of made) unit.put('specimens', specimen);
  return made;
}

async function specimenOf(reader: Reader, id: string): Promise<SpecimenDoc> {
  const specimen = await reader.get('specimens', id);
  if (specimen === undefined)
    throw refuse('specimen.unknown', 'This specimen is not on this station.', 'Scan it again.');
  return specimen;
}

async function measured(reader: Reader, specimen: SpecimenDoc): Promise<boolean> {
  const results = await reader.find('results', {
    selector: { accessionIdentifier: { $eq: specimen.accessionIdentifier } },
    limit: 1,
  });
  return results.length > 0;
}

/** Puts a label into the queue, or refuses with what is missing (B1). */
async function queueLabel(bench: Bench, unit: Writer, at: string, specimen: SpecimenDoc): Promise<void> {
  const patient = await unit.get('patients', specimen.patientId);
  const missing =
    patient === undefined ? ['Its patient is not here.'] : labelFaults(bench, patient, specimen);
  if (missing.length > 0) {
    throw refuse(
      'label.incomplete',
      `The label of ${formatAccession(specimen.accessionIdentifier)} cannot be printed. ${missing.join(' ')}`,
      'Complete it, then print.',
    );
  }
  unit.put(
    'specimens',
    {
      ...specimen,
      labelState: 'queued',
      label: {
        ...specimen.label,
        queuedAt: at,
        printedAt: '',
        attempts: 0,
        why: '',
        copies: specimen.label.copies + 1,
      },
    },
    { sync: true },
  );
}

export const accessionHandlers: Handlers<
  | 'accession.draw'
  | 'accession.receive'
  | 'accession.undoReceive'
  | 'accession.reject'
  | 'accession.collected'
  | 'label.print'
  | 'label.pdf'
> = {
  'accession.draw': async (call, args) => {
    const made = await call.bench.store.write(call.context, async (unit) => {
      const specimens = await draw(call, unit, args);
      unit.afterCommit(() => call.bench.labels.wake());
      return specimens;
    });
    return { specimenIds: made.map((specimen) => specimen.id) };
  },

  'accession.receive': async (call, { accessionIdentifier, comment }) => {
    const { bench, context, at } = call;
    const parsed = parseAccession(accessionIdentifier);
    return bench.store.write({ ...context, ...(comment === '' ? {} : { reason: comment }) }, async (unit) => {
      const [specimen, second] = await specimensByNumber(unit, accessionIdentifier);
      if (second !== undefined) {
        throw refuse(
          'specimen.numberTwice',
          `Two specimens have the number ${accessionIdentifier.trim()}.`,
          'Decide under Sync which one it is, or give the tube a new label.',
        );
      }
      if (specimen === undefined) {
        throw parsed.ok
          ? refuse(
              'specimen.unknown',
              `${formatAccession(parsed.identifier)} is a specimen number, but not one this station knows.`,
              'Check whether it belongs to another bench, or sync and scan again.',
            )
          : refuse(
              'accession.checkCharacter',
              `${accessionIdentifier} is not a specimen of this laboratory. ${parsed.text}`,
              'Scan a tube label.',
            );
      }
      const display = formatAccession(specimen.accessionIdentifier);
      if (specimen.status === 'rejected') {
        throw refuse(
          'specimen.rejected',
          `${display} was rejected: ${specimen.conditionText}.`,
          'Ask for a new specimen.',
        );
      }
      if (specimen.status !== 'expected') {
        throw refuse(
          'specimen.alreadyReceived',
          `${display} was received before.`,
          'Nothing is left to do for this tube.',
          { specimenId: specimen.id, receivedTime: specimen.receivedTime },
        );
      }
      unit.put('specimens', {
        ...specimen,
        status: 'received',
        receivedTime: at,
        receivedBy: person(call).id,
      });
      await refreshReport(unit, specimen.requisition, at);
      return { specimenId: specimen.id, requisition: specimen.requisition };
    });
  },

  'accession.undoReceive': async ({ bench, context, at }, { specimenId }) => {
    await bench.store.write(context, async (unit) => {
      const specimen = await specimenOf(unit, specimenId);
      if (specimen.status !== 'received')
        throw refuse('specimen.notReceived', 'This specimen is not received.', 'Nothing is left to undo.');
      if (await measured(unit, specimen)) {
        throw refuse(
          'specimen.measured',
          'Results of this specimen have arrived: its receipt stays.',
          'Reject the specimen instead, with the reason.',
        );
      }
      unit.put('specimens', { ...specimen, status: 'expected', receivedTime: '', receivedBy: '' });
      await refreshReport(unit, specimen.requisition, at);
    });
    return null;
  },

  'accession.reject': async ({ bench, context, at }, { specimenId, conditionCode, text }) => {
    await bench.store.write({ ...context, reason: text }, async (unit) => {
      const specimen = await specimenOf(unit, specimenId);
      if (specimen.status === 'rejected')
        throw refuse('specimen.rejected', 'This specimen is rejected already.', 'Ask for a new one.');
      unit.put('specimens', {
        ...specimen,
        status: 'rejected',
        conditionCode,
        conditionText: text,
        receivedTime: specimen.receivedTime || at,
        labelState:
          specimen.labelState === 'queued' || specimen.labelState === 'blocked'
            ? 'none'
            : specimen.labelState,
      });
      // What was measured from it and not released yet waits for a person.
      const results = await unit.find('results', {
        selector: { accessionIdentifier: { $eq: specimen.accessionIdentifier } },
      });
      for (const held of heldBySpecimen(results, conditionCode, text)) unit.put('results', held);
      await refreshReport(unit, specimen.requisition, at);
    });
    return null;
  },

  'accession.collected': async ({ bench, context, at }, { specimenId, collector, collectedTime }) => {
    await bench.store.write(context, async (unit) => {
      const specimen = {
        ...(await specimenOf(unit, specimenId)),
        collector: collector.trim(),
        collectedTime,
      };
      unit.put('specimens', specimen);
      if (specimen.labelState === 'blocked' || specimen.labelState === 'none')
        await queueLabel(bench, unit, at, specimen);
      unit.afterCommit(() => bench.labels.wake());
    });
    return null;
  },

  'label.print': async ({ bench, context, at }, { specimenIds }) => {
    await bench.store.write(context, async (unit) => {
      for (const id of specimenIds) await queueLabel(bench, unit, at, await specimenOf(unit, id));
      unit.afterCommit(() => bench.labels.wake());
    });
    return null;
  },

  'label.pdf': async ({ bench }, { specimenId }) => {
    const specimen = await specimenOf(bench.store, specimenId);
    const pdf = await labelPdfOf(bench, specimen);
    return { pdf: Buffer.from(pdf).toString('base64'), name: `label-${specimen.accessionIdentifier}.pdf` };
  },
};
