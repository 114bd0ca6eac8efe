/**
 * Does what a message of the hospital orders, within a unit of work. New orders of one group (ORC-4), or without group of one placer number, are
 * placed together or held together; a cancel or a change stands alone. The same piece of work twice has no second effect (M4).
 */
import { createHash } from 'node:crypto';
import { codeText } from '../../../shared/hospital/codes.ts';
import type { HospitalMessage, HospitalOrder } from '../../../shared/hospital/orders-in.ts';
import type { AckError } from '../../../shared/protocols/hl7/ack.ts';
import type { Bench } from '../bench.ts';
import type { Writer } from '../store/store.ts';
import { alter } from './alter.ts';
import {
  errorOf,
  type Held,
  type HeldOrder,
  type HospitalSource,
  heldBefore,
  hold,
  release,
  sourceKeyOf,
} from './hold.ts';
import { placeNew } from './place-new.ts';

/** A message within the unit of work that does it. */
export interface Work {
  bench: Bench;
  unit: Writer;
  at: string;
  source: HospitalSource;
  /** who the writes are told to be by, in what an exception says when it ends */
  by: string;
  message: HospitalMessage & { patient: NonNullable<HospitalMessage['patient']> };
}

/** Orders that are done together or not at all. */
export interface Piece {
  kind: 'new' | 'cancel' | 'change';
  /** group or placer number */
  number: string;
  sourceKey: string;
  orders: HospitalOrder[];
}

/** What became of a piece: `done` here and now, `known` from before, or held. */
export type Outcome =
  | { piece: Piece; outcome: 'done' | 'known' }
  | { piece: Piece; outcome: 'held'; error: AckError };

/** The pieces of a message in the order of their first orders. */
export function piecesOf(lineId: string, message: HospitalMessage): Piece[] {
  const pieces = new Map<string, Piece>();
  for (const order of message.orders) {
    const kind = kindOf(order);
    const number = (kind === 'new' ? order.group : '') || order.placer || `ORC ${order.orc}`;
    const sourceKey = sourceKeyOf(lineId, kind, number);
    const piece = pieces.get(sourceKey) ?? { kind, number, sourceKey, orders: [] };
    piece.orders.push(order);
    pieces.set(sourceKey, piece);
  }
  return [...pieces.values()];
}

function kindOf({ wish, control }: HospitalOrder): Piece['kind'] {
  if (wish === null) return control === 'NW' || control === '' ? 'new' : 'change';
  return wish.kind === 'new' || wish.kind === 'cancel' ? wish.kind : 'change';
}

/**
 * Does the pieces of a message.
 * @param only the one piece to do, by its key; the others are passed over
 */
export async function placeMessage(work: Work, only?: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const piece of piecesOf(work.source.lineId, work.message)) {
    if (only !== undefined && piece.sourceKey !== only) continue;
    outcomes.push(await placePiece(work, piece));
  }
  return outcomes;
}

async function placePiece(work: Work, piece: Piece): Promise<Outcome> {
  const { bench, unit, at, source, by } = work;
  const result = await tryPiece(work, piece);
  if (typeof result === 'string') {
    // What was here already settles only an exception of the same content, not one of other content under the same number.
    const same = result === 'known' ? heldOrder(work, piece).digest : undefined;
    await release(unit, at, piece.sourceKey, by, 'done', 'Done as the hospital sent it.', same);
    return { piece, outcome: result };
  }
  await hold(bench, unit, at, source, piece.sourceKey, result, {
    test: [...new Set(piece.orders.map((one) => (one.code === null ? '' : codeText(one.code))))]
      .filter(Boolean)
      .join(' '),
    number: piece.number,
    order: heldOrder(work, piece),
  });
  return { piece, outcome: 'held', error: errorOf(result) };
}

function heldOrder({ message }: Work, piece: Piece): HeldOrder {
  const { patient } = message;
  const content = JSON.stringify([patient, message.ward, piece.orders.map(({ orc, obr, ...rest }) => rest)]);
  return {
    digest: createHash('sha256').update(content).digest('hex'),
    placers: [...new Set(piece.orders.map((one) => one.placer))],
    cancelled: [],
    control: [...new Set(piece.orders.map((one) => one.control))].join(' '),
    patient: patient.identifier,
  };
}

async function tryPiece(work: Work, piece: Piece): Promise<'done' | 'known' | Held> {
  const wrong = piece.orders.find((one) => one.fault !== '');
  if (wrong !== undefined) {
    return {
      reason: 'hospitalUnreadable',
      why: wrong.fault,
      location: { segment: 'ORC', sequence: Math.max(wrong.orc, 1), field: 1 },
    };
  }
  if (piece.kind !== 'new') return alter(work, piece);
  const cancelled = await cancelledSince(work, piece);
  const orders = piece.orders.filter((one) => !cancelled.includes(one.placer));
  return orders.length === 0 ? 'known' : placeNew(work, { ...piece, orders });
}

/** Placer numbers of a held piece that the hospital has cancelled since. */
async function cancelledSince({ unit }: Work, piece: Piece): Promise<string[]> {
  const tasks = await heldBefore(unit, piece.sourceKey);
  return tasks.flatMap((task) => (task.payload.hospital as HeldOrder | undefined)?.cancelled ?? []);
}
