/** What the hospital calls an order that is placed here: kept beside the order, found by the hospital's number and by the order. */
import { createHash } from 'node:crypto';
import type { SentCode } from '../../../shared/hospital/codes.ts';
import { putSetting, readSetting } from '../settings.ts';
import type { Reader, Writer } from '../store/store.ts';

/** One order of a placer number. */
export interface PlacerLink {
  orderId: string;
  catalogCode: string;
}

/** An order's numbers and code as the hospital sent them: they go back with its results. */
export interface OrderLink {
  placer: string;
  group: string;
  code: SentCode;
}

function keyOf(kind: 'hp' | 'ho', text: string): string {
  return `${kind}:${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

/** The orders with this placer number (ORC-2); empty when there is none. */
export async function ordersOfPlacer(reader: Reader, placer: string): Promise<PlacerLink[]> {
  return (await readSetting<PlacerLink[]>(reader, keyOf('hp', placer))) ?? [];
}

/** Keeps them, within a unit of work. */
export function putPlacer(
  unit: Writer,
  at: string,
  placer: string,
  links: readonly PlacerLink[],
): Promise<void> {
  return putSetting(unit, at, keyOf('hp', placer), links);
}

/** What the hospital calls this order; undefined when it is not from there. */
export function linkOfOrder(reader: Reader, orderId: string): Promise<OrderLink | undefined> {
  return readSetting<OrderLink>(reader, keyOf('ho', orderId));
}

/** Keeps it, within a unit of work. */
export function putOrderLink(unit: Writer, at: string, orderId: string, link: OrderLink): Promise<void> {
  return putSetting(unit, at, keyOf('ho', orderId), link);
}
