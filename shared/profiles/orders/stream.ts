/** Orders as one block of fixed places: the answer to a device of a line protocol that asked. */
import { fromBinary } from '../../protocols/astm/bytes.ts';
import type { CanonicalQuery } from '../canonical.ts';
import { REPEATED } from '../layout/request.ts';
import type { StreamProfile } from '../profile.ts';
import type { EncodedOrders } from './encode.ts';
import type { OrderForInstrument } from './order.ts';

/**
 * The answer to a request: the device's own words for the specimen, then its tests; or that there is nothing to do. Tests beyond those that have room in one
 * answer are not told: they are in no `specimenIds`, and wait. None for what was not asked: these devices take no work unasked.
 */
export function streamOrders(
  profile: StreamProfile,
  orders: readonly OrderForInstrument[],
  query: CanonicalQuery | undefined,
): EncodedOrders[] {
  const { orders: form } = profile;
  if (form === null || query === undefined) return [];
  const work = orders.find((order) => order.tests.length > 0);
  const codes = [...new Set(work?.tests.map((test) => test.code))].filter(
    (code) => code.length <= form.codeLength,
  );
  const fits = work !== undefined && codes.length > 0;
  const text = fits
    ? [
        form.begin,
        query.echo?.[REPEATED] ?? '',
        form.between,
        ...codes.slice(0, form.most).map((code) => code.padEnd(form.codeLength) + form.after),
      ].join('')
    : form.nothing;
  return [
    {
      bytes: fromBinary(text),
      controlId: '',
      type: fits ? form.begin.trim() : form.nothing.trim(),
      specimenIds: fits ? [work.specimenId] : [],
      lost: [],
    },
  ];
}
