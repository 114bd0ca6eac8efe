/** Specimens that the hospital has drawn and numbered: they are expected here under the hospital's number, when they fit the tests. */
import { ACCESSION_LENGTH, newBase } from '../../../shared/documents/common.ts';
import type { OrderDoc, SpecimenDoc } from '../../../shared/documents/index.ts';
import type { HospitalOrder, SentSpecimen } from '../../../shared/hospital/orders-in.ts';
import { specimensByNumber } from '../accession-search.ts';
import type { Bench } from '../bench.ts';
import { newLabel } from '../output/labels.ts';
import type { Reader, Writer } from '../store/store.ts';
import type { Held } from './hold.ts';

const urgency = ['routine', 'urgent', 'asap', 'stat'] as const;

/** The most urgent of some priorities. */
export function mostUrgent(orders: readonly Pick<OrderDoc, 'priority'>[]): OrderDoc['priority'] {
  return orders
    .map((one) => one.priority)
    .reduce((a, b) => (urgency.indexOf(b) > urgency.indexOf(a) ? b : a), 'routine');
}

/** Tests of an order that are measured from this specimen; none when its type is not one of the catalogue. */
function testsFrom(bench: Bench, specimen: SentSpecimen, testCodes: readonly string[]): string[] {
  if (specimen.number === '' || specimen.number.length > ACCESSION_LENGTH) return [];
  if (bench.catalog.specimenType(specimen.typeCode) === undefined) return [];
  return testCodes.filter((code) => bench.catalog.test(code)?.specimenType === specimen.typeCode);
}

/** A specimen whose number is one of another requisition cannot be meant. */
export async function specimenConflict(
  bench: Bench,
  reader: Reader,
  requisition: string,
  sent: HospitalOrder,
  testCodes: readonly string[],
): Promise<Held | undefined> {
  for (const specimen of sent.specimens) {
    if (testsFrom(bench, specimen, testCodes).length === 0) continue;
    const known = await specimensByNumber(reader, specimen.number);
    if (known.some((one) => one.requisition !== requisition)) {
      return {
        reason: 'hospitalSpecimen',
        why: `The specimen ${specimen.number} belongs to another requisition here.`,
        location: { segment: 'SPM', sequence: 1, field: 2 },
      };
    }
  }
  return undefined;
}

/** Puts the specimens of an order, within a unit of work. Returns in words those that were not made, for the note. */
export async function putSpecimens(
  bench: Bench,
  unit: Writer,
  at: string,
  order: OrderDoc,
  sent: HospitalOrder,
): Promise<string> {
  const told: string[] = [];
  for (const specimen of sent.specimens) {
    const tests = testsFrom(bench, specimen, order.testCodes);
    if (tests.length === 0) {
      const type = specimen.typeText || specimen.typeCode;
      const drawn = specimen.collected === '' ? '' : `drawn ${specimen.collected}`;
      const said = [type, specimen.number, drawn].filter(Boolean).join(', ');
      if (said !== '') told.push(`Specimen: ${said}`);
      continue;
    }
    const [known] = await specimensByNumber(unit, specimen.number);
    unit.put(
      'specimens',
      known === undefined ? made(bench, at, order, specimen, tests) : added(known, order, tests),
    );
  }
  return told.join(' · ');
}

function added(known: SpecimenDoc, order: OrderDoc, tests: readonly string[]): SpecimenDoc {
  return {
    ...known,
    orderIds: [...new Set([...known.orderIds, order.id])],
    testCodes: [...new Set([...known.testCodes, ...tests])],
    priority: mostUrgent([known, order]),
  };
}

function made(
  bench: Bench,
  at: string,
  order: OrderDoc,
  specimen: SentSpecimen,
  testCodes: string[],
): SpecimenDoc {
  const type = bench.catalog.specimenType(specimen.typeCode);
  return {
    ...newBase(bench.newId(), at, 'queued'),
    accessionIdentifier: specimen.number,
    requisition: order.requisition,
    patientId: order.patientId,
    orderIds: [order.id],
    testCodes,
    priority: order.priority,
    typeCode: specimen.typeCode,
    typeDisplay: type?.name ?? specimen.typeText,
    container: type?.container ?? '',
    cap: type?.cap ?? 'none',
    tubeIndex: 1,
    tubeCount: 1,
    status: 'expected',
    collectedTime: specimen.collected,
    collector: specimen.collector,
    receivedTime: '',
    receivedBy: '',
    labelState: 'none',
    label: newLabel(),
    conditionCode: '',
    conditionText: '',
  };
}

/** Brings the urgency of an order's specimens up to date after the order changed, within a unit of work. */
export async function reprioritise(unit: Writer, changed: OrderDoc): Promise<void> {
  const by = { selector: { requisition: { $eq: changed.requisition } } };
  const orders = await unit.find('orders', by);
  for (const specimen of await unit.find('specimens', by)) {
    if (!specimen.orderIds.includes(changed.id) || specimen.status === 'rejected') continue;
    const of = orders
      .map((one) => (one.id === changed.id ? changed : one))
      .filter((one) => one.status === 'active' && specimen.orderIds.includes(one.id));
    const priority = mostUrgent(of);
    if (priority !== specimen.priority && of.length > 0) unit.put('specimens', { ...specimen, priority });
  }
}
