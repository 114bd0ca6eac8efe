/** Cancels and changes of orders that are here: carried out as long as nothing was measured, else shown to a person. */
import type { OrderDoc, SpecimenDoc } from '../../../shared/documents/index.ts';
import type { HospitalOrder } from '../../../shared/hospital/orders-in.ts';
import { refreshReport } from '../results/report-state.ts';
import type { Reader } from '../store/store.ts';
import { type Held, type HeldOrder, heldBefore, release, sourceKeyOf } from './hold.ts';
import { linkOfOrder, ordersOfPlacer, putOrderLink, putPlacer } from './links.ts';
import { findPatient, putPatient, systemOf } from './patients.ts';
import type { Piece, Work } from './place.ts';
import { resolved } from './place-new.ts';
import { reprioritise } from './specimens.ts';

const ENDED = new Set<OrderDoc['status']>(['revoked', 'entered-in-error']);

/** Does a cancel or a change of one placer number. */
export async function alter(work: Work, piece: Piece): Promise<'done' | 'known' | Held> {
  const { unit, message } = work;
  const [sent] = piece.orders;
  if (sent === undefined || sent.wish === null)
    return held('hospitalUnreadable', 'Nothing is asked for.', sent);
  const links = await ordersOfPlacer(unit, sent.placer);
  if (links.length === 0) {
    if (sent.wish.kind === 'cancel' && (await cancelHeld(work, sent))) return 'done';
    return held('hospitalUnknownOrder', `The order ${sent.placer} is not here.`, sent);
  }
  const orders = await unit.getMany(
    'orders',
    links.map((one) => one.orderId),
  );
  const found = await findPatient(unit, message.patient, systemOf(work.bench));
  if (!found.ok) return found.held;
  const { patient } = found;
  if (patient === undefined || orders.some((one) => one.patientId !== patient.id)) {
    return {
      ...held('hospitalPatient', `The order ${sent.placer} is for another patient here.`, sent),
      patientId: orders[0]?.patientId ?? '',
    };
  }
  switch (sent.wish.kind) {
    case 'cancel':
      return cancel(work, orders, sent, sent.wish.status);
    case 'hold':
    case 'resume':
      return suspend(work, orders, sent, sent.wish.kind);
    default:
      putPatient(work.bench, unit, work.at, patient, message.patient, message.ward);
      return change(work, orders, piece);
  }
}

/** The orders' tests that a result stands for. */
async function measuredTests(
  reader: Reader,
  order: OrderDoc,
  specimens: readonly SpecimenDoc[],
): Promise<string[]> {
  const tests = new Set<string>();
  for (const { accessionIdentifier } of specimens) {
    const results = await reader.find('results', {
      selector: { accessionIdentifier: { $eq: accessionIdentifier } },
    });
    for (const one of results) {
      const stands = one.current && one.status !== 'cancelled' && one.status !== 'entered-in-error';
      if (stands && order.testCodes.includes(one.testCode)) tests.add(one.testCode);
    }
  }
  return [...tests];
}

function specimensOf(reader: Reader, { requisition }: OrderDoc): Promise<SpecimenDoc[]> {
  return reader.find('specimens', { selector: { requisition: { $eq: requisition } } });
}

/** What was measured of these orders already, as a case for a person. */
async function measured(
  reader: Reader,
  orders: readonly OrderDoc[],
  sent: HospitalOrder,
): Promise<Held | undefined> {
  for (const order of orders) {
    const tests = await measuredTests(reader, order, await specimensOf(reader, order));
    if (tests.length > 0 || order.status === 'completed') {
      const what = tests.length === 0 ? order.catalogCode : tests.join(', ');
      return { ...held('hospitalMeasured', `Measured already: ${what}.`, sent), patientId: order.patientId };
    }
  }
  return undefined;
}

async function cancel(
  { unit, at }: Work,
  orders: readonly OrderDoc[],
  sent: HospitalOrder,
  status: 'revoked' | 'entered-in-error',
): Promise<'done' | 'known' | Held> {
  const live = orders.filter((one) => !ENDED.has(one.status));
  if (live.length === 0) return 'known';
  const late = await measured(unit, live, sent);
  if (late !== undefined) return late;
  for (const order of live) {
    const note = [order.note, 'Cancelled by the hospital.', sent.note].filter(Boolean).join(' · ');
    unit.put('orders', { ...order, status, note });
  }
  for (const requisition of new Set(live.map((one) => one.requisition)))
    await refreshReport(unit, requisition, at);
  return 'done';
}

async function suspend(
  { unit, at }: Work,
  orders: readonly OrderDoc[],
  sent: HospitalOrder,
  kind: 'hold' | 'resume',
): Promise<'done' | 'known' | Held> {
  const status = kind === 'hold' ? 'on-hold' : 'active';
  const live = orders.filter((one) => !ENDED.has(one.status) && one.status !== status);
  if (orders.every((one) => ENDED.has(one.status)))
    return held('hospitalUnknownOrder', `The order ${sent.placer} is cancelled here.`, sent);
  if (live.length === 0) return 'known';
  const late = kind === 'hold' ? await measured(unit, live, sent) : undefined;
  if (late !== undefined) return late;
  for (const order of live) if (order.status !== 'completed') unit.put('orders', { ...order, status });
  for (const requisition of new Set(live.map((one) => one.requisition)))
    await refreshReport(unit, requisition, at);
  return 'done';
}

async function change(
  work: Work,
  orders: readonly OrderDoc[],
  piece: Piece,
): Promise<'done' | 'known' | Held> {
  const { bench, unit, at, message } = work;
  const next: { order: OrderDoc; sent: HospitalOrder }[] = [];
  for (const sent of piece.orders) {
    const meant = resolved(bench, sent);
    if (!meant.ok) {
      const location = { segment: 'OBR', sequence: Math.max(sent.obr, 1), field: 4 };
      return { reason: 'hospitalUnknownTest', why: meant.why, location };
    }
    const { code, name } = meant.entry;
    const order =
      orders.find((one) => one.catalogCode === code) ?? (orders.length === 1 ? orders[0] : undefined);
    if (order === undefined)
      return held(
        'hospitalOtherContent',
        `The order ${sent.placer} has several tests; which one changes?`,
        sent,
      );
    if (ENDED.has(order.status))
      return held('hospitalUnknownOrder', `The order ${sent.placer} is cancelled here.`, sent);
    const other = order.catalogCode !== code;
    if (other) {
      const late = await measured(unit, [order], sent);
      if (late !== undefined) return late;
      const drawn = (await specimensOf(unit, order)).some(
        (one) => one.orderIds.includes(order.id) && one.status !== 'rejected',
      );
      if (drawn)
        return held('hospitalMeasured', `The specimen of the order ${sent.placer} is drawn already.`, sent);
    }
    // What was completed elsewhere was the other test.
    const status = order.status === 'completed' ? ('active' as const) : order.status;
    const test = other
      ? { catalogCode: code, display: name, testCodes: meant.tests.map((one) => one.code), status }
      : {};
    const words = {
      priority: sent.priority,
      requester: sent.requester || order.requester,
      ward: message.ward || order.ward,
      note: sent.note || order.note,
    };
    next.push({ order: { ...order, ...test, ...words }, sent });
  }
  let changed = false;
  for (const { order, sent } of next) {
    const before = orders.find((one) => one.id === order.id);
    if (JSON.stringify(before) === JSON.stringify(order)) continue;
    changed = true;
    unit.put('orders', order);
    await reprioritise(unit, order);
    const link = await linkOfOrder(unit, order.id);
    if (link !== undefined && sent.code !== null && before?.catalogCode !== order.catalogCode)
      await putOrderLink(unit, at, order.id, { ...link, code: sent.code });
    await refreshReport(unit, order.requisition, at);
  }
  const [sent] = piece.orders;
  if (changed && sent !== undefined) {
    const links = orders.map((one) => {
      const order = next.find((each) => each.order.id === one.id)?.order ?? one;
      return { orderId: order.id, catalogCode: order.catalogCode };
    });
    await putPlacer(unit, at, sent.placer, links);
  }
  return changed ? 'done' : 'known';
}

/** A cancel of an order that is itself held: its exception ends when nothing of it is left. True when there was one, ended or not. */
async function cancelHeld({ unit, at, source, by }: Work, sent: HospitalOrder): Promise<boolean> {
  let found = false;
  for (const number of new Set([sent.group, sent.placer].filter(Boolean))) {
    const sourceKey = sourceKeyOf(source.lineId, 'new', number);
    for (const task of await heldBefore(unit, sourceKey)) {
      const order = task.payload.hospital as HeldOrder | undefined;
      if (order === undefined || !order.placers.includes(sent.placer)) continue;
      found = true;
      if (task.status !== 'open') continue;
      const cancelled = [...new Set([...order.cancelled, sent.placer])];
      if (order.placers.every((placer) => cancelled.includes(placer)))
        await release(unit, at, sourceKey, by, 'rejected', 'Cancelled by the hospital.');
      else unit.put('tasks', { ...task, payload: { ...task.payload, hospital: { ...order, cancelled } } });
    }
  }
  return found;
}

function held(reason: Held['reason'], why: string, sent: HospitalOrder | undefined): Held {
  return { reason, why, location: { segment: 'ORC', sequence: Math.max(sent?.orc ?? 1, 1), field: 2 } };
}
