import type { OrderDoc, ResultDoc, SpecimenDoc } from '../../../shared/documents/index.ts';
import type { Reader } from '../store/store.ts';
import { isOnePerson } from './specimen-state.ts';

/** The order of a specimen that asks for a test, of the same patient; undefined when none does. */
export async function orderFor(
  reader: Reader,
  specimen: SpecimenDoc,
  testCode: string,
): Promise<OrderDoc | undefined> {
  const orders = await reader.getMany('orders', specimen.orderIds);
  for (const order of orders) {
    if (!order.testCodes.includes(testCode)) continue;
    if (order.status !== 'active' && order.status !== 'completed') continue;
    if (order.patientId === specimen.patientId) return order;
    const read = async (id: string) => (await reader.getMany('patients', [id]))[0];
    if (await isOnePerson(read, order.patientId, specimen.patientId)) return order;
  }
  return undefined;
}

/**
 * The version that stands, of all versions of one test on one specimen; undefined when nothing was measured yet. Where two stations entered one each, and nobody
 * has decided yet, it is a released one, else that of this station: a new value replaces that, and the question stays where it was asked.
 */
export function standingOf(versions: readonly ResultDoc[]): ResultDoc | undefined {
  const standing = versions.filter((one) => one.current);
  if (standing.length < 2) return standing[0];
  return (
    standing.find((one) => one.verdict === 'released') ??
    standing.find((one) => one.extra?.madeAt === undefined) ??
    standing.at(-1)
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
  return standingOf(versions);
}
