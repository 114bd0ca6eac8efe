/** Orders to bytes, for every protocol: answers to a query, and work sent unasked. Pure: time and control ids are passed in. */
import type { CanonicalQuery } from '../canonical.ts';
import type { Profile } from '../profile.ts';
import { astmOrders } from './astm.ts';
import { hl7Answer, hl7Download } from './hl7.ts';
import type { OrderForInstrument } from './order.ts';
import { streamOrders } from './stream.ts';

/** What every message of ours says of itself. */
export interface OrderEnvelope {
  /** H-5, MSH-4 */
  sender: string;
  /** local time of the bench, `YYYYMMDDHHMMSS` */
  time: string;
  /** a fresh control id (MSH-10), at most 20 characters */
  controlId(): string;
}

/** One message, ready for the line. */
export interface EncodedOrders {
  bytes: Uint8Array;
  /** MSH-10; '' in ASTM */
  controlId: string;
  /** `ASTM`, `RSP^K11`, `OML^O33` … */
  type: string;
  /** specimens whose work it holds */
  specimenIds: string[];
  /** characters the character set does not have, sent as `?` */
  lost: string[];
}

/**
 * The messages that answer a query, or, without one, that tell the instrument its work. In the order in which they must be sent; none when the
 * device cannot be told (files, a profile without download, a stream that has not asked).
 * @param orders with a query: one per specimen asked for, without tests where there is nothing to do
 */
export function encodeOrders(
  profile: Profile,
  orders: readonly OrderForInstrument[],
  envelope: OrderEnvelope,
  query?: CanonicalQuery,
): EncodedOrders[] {
  switch (profile.protocol) {
    case 'astm':
      return astmOrders(profile, orders, envelope, query);
    case 'hl7':
      return query === undefined
        ? hl7Download(profile, orders, envelope)
        : hl7Answer(profile, orders, envelope, query);
    case 'stream':
      return streamOrders(profile, orders, query);
    case 'file':
      return [];
  }
}

/** Whether work can be sent to a device of this profile unasked. */
export function canDownload(profile: Profile): boolean {
  if (!profile.capabilities.download) return false;
  return profile.protocol === 'astm' || (profile.protocol === 'hl7' && profile.dialect.download !== 'none');
}

/** Whether a device of this profile asks for work in a form we answer. */
export function canQuery(profile: Profile): boolean {
  if (!profile.capabilities.query) return false;
  if (profile.protocol === 'stream') return profile.orders !== null;
  return profile.protocol === 'astm' || (profile.protocol === 'hl7' && profile.dialect.query !== 'none');
}
