/** Orders as ASTM records (R8, R9): the answer to a query, and work sent unasked. */
import { type AstmOrder, encodeAnswer } from '../../protocols/astm/encode.ts';
import type { CanonicalQuery } from '../canonical.ts';
import type { AstmProfile } from '../profile.ts';
import type { EncodedOrders, OrderEnvelope } from './encode.ts';
import type { OrderForInstrument } from './order.ts';

const PRIORITIES = { stat: 'S', asap: 'A', urgent: 'A', routine: 'R' } as const;

/** One message: with `query` its answer (R9), else a download (O-26 `O`; what is no longer to be measured with action C). */
export function astmOrders(
  profile: AstmProfile,
  orders: readonly OrderForInstrument[],
  envelope: OrderEnvelope,
  query: CanonicalQuery | undefined,
): EncodedOrders[] {
  const { answer } = profile.dialect;
  const wire = query === undefined ? orders.flatMap(downloaded) : answered(orders, query);
  if (query === undefined && wire.length === 0) return [];
  const encoded = encodeAnswer(wire, {
    sender: envelope.sender,
    time: envelope.time,
    delimiters: profile.dialect.delimiters,
    charset: profile.dialect.charset,
    testsPerOrder: profile.dialect.testsPerOrder,
    codeComponent: profile.dialect.orderComponent ?? profile.dialect.codeComponent,
    answer:
      query === undefined
        ? {
            ...answer,
            headerComment: answer.downloadComment,
            echo: 'none',
            reportType: 'O',
            terminator: 'N',
            nothing: 'terminator',
          }
        : answer,
  });
  const specimenIds = orders.filter((order) => order.tests.length > 0).map((order) => order.specimenId);
  return [{ bytes: encoded.bytes, controlId: '', type: 'ASTM', specimenIds, lost: encoded.lost }];
}

function downloaded(order: OrderForInstrument): AstmOrder[] {
  const of = (change: 'new' | 'cancel') => order.tests.filter((test) => test.change === change);
  return [
    { orders: of('new'), action: undefined },
    { orders: of('cancel'), action: 'C' },
  ].flatMap(({ orders: tests, action }) =>
    tests.length === 0
      ? []
      : [{ ...wireOrder(order, codesOf(tests)), ...(action === undefined ? {} : { action }) }],
  );
}

/**
 * An answer for each specimen the device named: where there is no work, an order without tests; {@link encodeAnswer} leaves it out where the profile does
 * not ask for it. Some devices want their own words for a specimen back (Q-3 with rack and position). A request for everything names none.
 */
function answered(orders: readonly OrderForInstrument[], query: CanonicalQuery): AstmOrder[] {
  const wire = orders
    .filter((order) => order.tests.length > 0)
    .map((order) => ({ order, wire: wireOrder(order, codesOf(order.tests)) }));
  const answers: AstmOrder[] = wire.map((one) => one.wire);
  if (query.cancel || query.all) return answers;
  // A number that could not be read is none of `specimenIds`; the device's words for it are answered all the same.
  const asked = query.echo ?? Object.fromEntries(query.specimenIds.map((id) => [id, '']));
  for (const [named, words] of Object.entries(asked)) {
    const at = wire.findIndex(({ order }) => order.named === named);
    const known = answers[at];
    const one = { ...known, codes: known?.codes ?? [], specimenId: named, echo: words.split('^') };
    if (known === undefined) answers.push(one);
    else if (query.echo !== undefined) answers[at] = one;
  }
  return answers;
}

function codesOf(tests: OrderForInstrument['tests']): string[] {
  return [...new Set(tests.map((test) => test.code))];
}

function wireOrder(order: OrderForInstrument, codes: string[]): AstmOrder {
  const { specimenId, priority, orderedAt, collectedAt, specimenType, patient } = order;
  return {
    specimenId,
    codes,
    priority: PRIORITIES[priority],
    orderedAt,
    collectedAt,
    specimenType,
    ...(patient === null ? {} : { patient }),
  };
}
