/** New orders of the hospital: looked at whole first, then placed together. */
import { newBase } from '../../../shared/documents/common.ts';
import type { OrderDoc } from '../../../shared/documents/index.ts';
import { type ResolvedCode, resolveCode } from '../../../shared/hospital/codes.ts';
import type { HospitalOrder } from '../../../shared/hospital/orders-in.ts';
import type { Bench } from '../bench.ts';
import { refreshReport } from '../results/report-state.ts';
import type { Held } from './hold.ts';
import { ordersOfPlacer, putOrderLink, putPlacer } from './links.ts';
import { findPatient, putPatient, systemOf } from './patients.ts';
import type { Piece, Work } from './place.ts';
import { putSpecimens, specimenConflict } from './specimens.ts';

/** Longest number of a requisition. */
const REQUISITION_LENGTH = 32;

interface Ready {
  sent: HospitalOrder;
  entry: Extract<ResolvedCode, { ok: true }>;
}

/** What OBR-4 means with the station's rules and today's catalogue. */
export function resolved(bench: Bench, sent: HospitalOrder): ResolvedCode {
  const { hospital } = bench.station;
  if (sent.code === null || hospital === undefined) return { ok: false, why: 'No test is named (OBR-4).' };
  return resolveCode(sent.code, hospital, bench.catalog.all());
}

/** Places a piece. `known`: all of it is here already, with the same tests for the same patient. */
export async function placeNew(work: Work, piece: Piece): Promise<'done' | 'known' | Held> {
  const { bench, unit, at, message } = work;
  const ready: Ready[] = [];
  for (const sent of piece.orders) {
    const entry = resolved(bench, sent);
    if (!entry.ok) {
      return {
        reason: 'hospitalUnknownTest',
        why: entry.why,
        location: { segment: 'OBR', sequence: Math.max(sent.obr, 1), field: 4 },
      };
    }
    // The same order twice in one message is one.
    const { code } = entry.entry;
    const twice = ready.some((one) => one.sent.placer === sent.placer && one.entry.entry.code === code);
    if (!twice) ready.push({ sent, entry });
  }
  const found = await findPatient(unit, message.patient, systemOf(bench));
  if (!found.ok) return found.held;
  const requisition = piece.number;
  if (requisition.length > REQUISITION_LENGTH)
    return atOrder(
      'hospitalRequisition',
      `The order number has more than ${REQUISITION_LENGTH} characters.`,
      piece,
    );
  const missing: Ready[] = [];
  for (const [placer, sent] of byPlacer(ready)) {
    const known = await ordersOfPlacer(unit, placer);
    if (known.length === 0) {
      missing.push(...sent);
      continue;
    }
    const orders = await unit.getMany(
      'orders',
      known.map((one) => one.orderId),
    );
    const samePatient =
      found.patient !== undefined && orders.every((one) => one.patientId === found.patient?.id);
    const codes = new Set(known.map((one) => one.catalogCode));
    const sameTests = sent.length === codes.size && sent.every(({ entry }) => codes.has(entry.entry.code));
    if (!samePatient || !sameTests)
      return atOrder(
        'hospitalOtherContent',
        `The order ${placer} is here already with other content.`,
        piece,
      );
  }
  if (missing.length === 0) return 'known';
  const others = await unit.find('orders', { selector: { requisition: { $eq: requisition } } });
  if (others.some((one) => one.patientId !== found.patient?.id))
    return atOrder(
      'hospitalRequisition',
      `The requisition ${requisition} belongs to another patient here.`,
      piece,
    );
  for (const { sent, entry } of missing) {
    const conflict = await specimenConflict(
      bench,
      unit,
      requisition,
      sent,
      entry.tests.map((one) => one.code),
    );
    if (conflict !== undefined) return conflict;
  }
  const patient = putPatient(bench, unit, at, found.patient, message.patient, message.ward);
  for (const [placer, of] of byPlacer(missing)) {
    const links = [];
    for (const { sent, entry } of of) {
      const order = newOrder(work, requisition, patient.id, sent, entry);
      const told = await putSpecimens(bench, unit, at, order, sent);
      unit.put('orders', { ...order, note: [order.note, told].filter(Boolean).join(' · ') });
      links.push({ orderId: order.id, catalogCode: order.catalogCode });
      if (sent.code !== null)
        await putOrderLink(unit, at, order.id, { placer, group: sent.group, code: sent.code });
    }
    await putPlacer(unit, at, placer, links);
  }
  await refreshReport(unit, requisition, at);
  return 'done';
}

function newOrder(
  { bench, at, message }: Work,
  requisition: string,
  patientId: string,
  sent: HospitalOrder,
  { entry, tests }: Ready['entry'],
): OrderDoc {
  return {
    ...newBase(bench.newId(), at, 'queued'),
    requisition,
    patientId,
    catalogCode: entry.code,
    display: entry.name,
    testCodes: tests.map((test) => test.code),
    priority: sent.priority,
    status: sent.wish?.kind === 'new' ? sent.wish.status : 'active',
    authoredOn: sent.authored || at,
    requester: sent.requester,
    ward: message.ward,
    note: sent.note,
    origin: 'station',
  };
}

function byPlacer(ready: readonly Ready[]): Map<string, Ready[]> {
  const all = new Map<string, Ready[]>();
  for (const one of ready) all.set(one.sent.placer, [...(all.get(one.sent.placer) ?? []), one]);
  return all;
}

function atOrder(reason: Held['reason'], why: string, { orders }: Piece): Held {
  return { reason, why, location: { segment: 'ORC', sequence: Math.max(orders[0]?.orc ?? 1, 1), field: 2 } };
}
