/** Answers to an instrument that asks for its work. */
import type { SpecimenDoc } from '../../../../shared/documents/index.ts';
import { formatAccession } from '../../../../shared/domain/accession-number.ts';
import type { CanonicalQuery } from '../../../../shared/profiles/canonical.ts';
import { type EncodedOrders, encodeOrders } from '../../../../shared/profiles/orders/encode.ts';
import {
  nothingFor,
  type OrderForInstrument,
  orderCode,
  withoutOrderCode,
} from '../../../../shared/profiles/orders/order.ts';
import type { Profile } from '../../../../shared/profiles/profile.ts';
import { specimenByNumber } from '../../accession-search.ts';
import type { Bench } from '../../bench.ts';
import { benchSince } from '../../results/waiting.ts';
import { envelopeOf, orderOf, waitingTests } from './gather.ts';
import type { OrdersMode } from './mode.ts';

/** Specimens told at most in answer to "everything". */
const MOST_SPECIMENS = 100;

/** What is sent in answer, in order, and a note without patient data for the trace. */
export interface QueryAnswer {
  messages: EncodedOrders[];
  note: string;
  /** False when the device is told of less than waits on it. */
  whole: boolean;
}

/**
 * Answers an instrument's request for orders (R8, R9; QBP^Q11 …) from the local store: what waits on the specimens it names and can be measured
 * on it. Only received specimens get work; a request that cannot be answered gets its reason where the protocol has words for it.
 * @param mode `none` or `download`: the station file says that it is not answered with work
 */
export async function answerQuery(
  bench: Bench,
  profile: Profile,
  query: CanonicalQuery,
  mode: OrdersMode,
): Promise<QueryAnswer> {
  const why = query.problems.find((problem) => problem.severity === 'hold')?.text;
  const answers = why === undefined && !query.cancel && (mode === 'query' || mode === 'both');
  const unnamed = new Set<string>();
  const orders = answers ? await ordersFor(bench, profile, query, unnamed) : [];
  const messages = encodeOrders(profile, orders, envelopeOf(bench), query);
  const told = orders
    .filter((order) => order.tests.length > 0)
    .map((order) => `${formatAccession(order.specimenId)} ${order.tests.length} tests`);
  if (unnamed.size > 0) told.push(`no order code in the mapping for ${[...unnamed].join(' ')}`);
  const note = why ?? (told.length === 0 ? 'no orders' : told.join(', '));
  return { messages, note, whole: unnamed.size === 0 };
}

/**
 * One per specimen asked for; without tests where there is nothing to do, and with the number as asked where it is none of ours.
 * @param unnamed takes the tests that the device measures and nobody knows how to order
 */
async function ordersFor(
  bench: Bench,
  profile: Profile,
  query: CanonicalQuery,
  unnamed: Set<string>,
): Promise<OrderForInstrument[]> {
  const orders: OrderForInstrument[] = [];
  for (const { specimen, named } of await askedFor(bench, query)) {
    const order =
      specimen === undefined ? undefined : await workOf(bench, profile, query, specimen, named, unnamed);
    orders.push(order ?? nothingFor(named));
  }
  return orders;
}

async function workOf(
  bench: Bench,
  profile: Profile,
  query: CanonicalQuery,
  specimen: SpecimenDoc,
  named: string,
  unnamed: Set<string>,
): Promise<OrderForInstrument | undefined> {
  const patient = await bench.store.get('patients', specimen.patientId);
  if (patient === undefined) return undefined;
  const waiting = await waitingTests(bench, specimen);
  const tests = waiting.flatMap(({ test }) => {
    if (query.tests.length > 0 && !query.tests.includes(test)) return [];
    const code = orderCode(profile, test);
    if (withoutOrderCode(profile).has(test)) unnamed.add(test);
    return code === null ? [] : [{ test, code, change: 'new' as const }];
  });
  return { ...orderOf(bench, specimen, patient, tests), named };
}

interface Asked {
  /** as the device wrote it */
  named: string;
  /** undefined: it is not here, or two have this number: nothing is guessed */
  specimen: SpecimenDoc | undefined;
}

async function askedFor(bench: Bench, query: CanonicalQuery): Promise<Asked[]> {
  const asked: Asked[] = [];
  if (!query.all) {
    for (const named of query.specimenIds)
      asked.push({ named, specimen: await specimenByNumber(bench.store, named) });
    return asked;
  }
  const received = await bench.store.find('specimens', {
    selector: { status: { $eq: 'received' }, receivedTime: { $gte: benchSince(bench.clock.now()) } },
    sort: [{ status: 'desc' }, { receivedTime: 'desc' }],
    limit: MOST_SPECIMENS,
  });
  for (const specimen of received) {
    const named = specimen.accessionIdentifier;
    const found = await specimenByNumber(bench.store, named);
    if (found?.id === specimen.id) asked.push({ named, specimen });
  }
  return asked;
}
