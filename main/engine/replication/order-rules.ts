import type { OrderDoc } from '../../../shared/documents/index.ts';
import { sameJson } from '../../../shared/fhir/json.ts';

/** What to do with the status of an order that is not the same on both sides. */
export type OrderStatus =
  /** The server's stands. */
  | 'server'
  /** What was cancelled here is sent. */
  | 'here'
  /** Cancelled here, finished elsewhere: a person decides. */
  | 'person';

const cancelled = (order: OrderDoc) => order.status === 'revoked' || order.status === 'entered-in-error';

/**
 * The rule for the status of an order: the server wins, but a cancellation that was not sent yet is stronger than an order that goes on. Where the
 * order was completed elsewhere meanwhile, results are released on it: a person decides.
 * @param base what both started from; undefined when the server no longer knows it
 */
export function orderStatus(here: OrderDoc, there: OrderDoc, base: OrderDoc | undefined): OrderStatus {
  const unsent = here.change !== here.sync.sentChange;
  const changedHere = unsent && (base === undefined || !sameJson(base.status, here.status));
  if (!changedHere || !cancelled(here) || cancelled(there)) return 'server';
  return there.status === 'completed' ? 'person' : 'here';
}
