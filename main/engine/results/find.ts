import type { OrderDoc, ResultDoc, SpecimenDoc } from '../../../shared/documents/index.ts';
import type { Reader } from '../store/store.ts';

/** The order of a specimen that asks for a test; undefined when none does. */
export async function orderFor(
  reader: Reader,
  specimen: SpecimenDoc,
  testCode: string,
): Promise<OrderDoc | undefined> {
  const orders = await reader.getMany('orders', specimen.orderIds);
  return orders.find(
    (order) =>
      order.testCodes.includes(testCode) && (order.status === 'active' || order.status === 'completed'),
  );
}

/** The standing version of a test on a specimen; undefined when nothing was measured yet. */
export async function standingResult(
  reader: Reader,
  accessionIdentifier: string,
  testCode: string,
): Promise<ResultDoc | undefined> {
  const versions = await reader.find('results', {
    selector: { accessionIdentifier: { $eq: accessionIdentifier }, testCode: { $eq: testCode } },
  });
  return versions.find((version) => version.current);
}
