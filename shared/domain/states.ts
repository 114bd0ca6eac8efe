import type { OrderDoc } from '../documents/order.ts';
import type { ReportDoc } from '../documents/report.ts';
import type { ResultDoc } from '../documents/result.ts';
import type { SpecimenDoc } from '../documents/specimen.ts';

/** Whether something may go from one state to another; when not, one sentence why. */
export type Transition = { allowed: true } | { allowed: false; why: string };

const yes: Transition = { allowed: true };
const no = (why: string): Transition => ({ allowed: false, why });

type Table<S extends string> = Readonly<Record<S, readonly S[]>>;

function inTable<S extends string>(table: Table<S>, what: string, from: S, to: S): Transition {
  if (from === to) return no(`The ${what} is ${from} already.`);
  return table[from].includes(to) ? yes : no(`A ${what} that is ${from} cannot become ${to}.`);
}

export type OrderStatus = OrderDoc['status'];

const orderTable: Table<OrderStatus> = {
  draft: ['active', 'revoked', 'entered-in-error'],
  active: ['on-hold', 'completed', 'revoked', 'entered-in-error'],
  'on-hold': ['active', 'revoked', 'entered-in-error'],
  completed: ['entered-in-error'],
  revoked: [],
  'entered-in-error': [],
};

type OrderResult = Pick<ResultDoc, 'verdict' | 'current'>;

/**
 * May an order change its status? Cancelled (revoked) only while it has no result: a released one must be corrected, another one rejected
 * first, so that no measured value hangs on a cancelled order. Completed only when every current result is released or rejected.
 */
export function orderTransition(
  from: OrderStatus,
  to: OrderStatus,
  results: readonly OrderResult[] = [],
): Transition {
  const table = inTable(orderTable, 'order', from, to);
  if (!table.allowed) return table;
  const current = results.filter((one) => one.current);
  const released = current.filter((one) => one.verdict === 'released').length;
  const open = current.filter((one) => one.verdict !== 'released' && one.verdict !== 'rejected').length;
  if (to === 'revoked' || to === 'entered-in-error') {
    if (released > 0) return no('A result of this order is released: correct the result instead.');
    if (open > 0) return no('Results of this order wait to be decided: reject them first.');
  }
  if (to === 'completed') {
    if (open > 0) return no('Results of this order wait to be decided.');
    if (released === 0) return no('No result of this order is released.');
  }
  return yes;
}

export type SpecimenStatus = SpecimenDoc['status'];

const specimenTable: Table<SpecimenStatus> = {
  expected: ['received', 'rejected', 'disposed'],
  received: ['expected', 'rejected', 'disposed'],
  rejected: ['disposed'],
  disposed: [],
};

/**
 * May a specimen change its status? A receipt is taken back only while nothing was measured. Rejecting needs a reason; its unreleased results
 * are then held. A rejected tube never comes back: a new one is drawn. Disposed only when nothing waits to be decided.
 */
export function specimenTransition(
  from: SpecimenStatus,
  to: SpecimenStatus,
  facts: { results?: readonly OrderResult[]; reason?: string } = {},
): Transition {
  const table = inTable(specimenTable, 'specimen', from, to);
  if (!table.allowed) {
    return from === 'rejected' && to === 'received'
      ? no('A rejected specimen stays rejected: draw a new one.')
      : table;
  }
  const results = (facts.results ?? []).filter((one) => one.current);
  if (from === 'received' && to === 'expected' && results.length > 0) {
    return no('Something was measured from it: its receipt cannot be taken back.');
  }
  if (to === 'rejected' && (facts.reason ?? '').trim() === '')
    return no('Rejecting a specimen needs a reason.');
  if (to === 'disposed' && results.some((one) => one.verdict !== 'released' && one.verdict !== 'rejected')) {
    return no('Results of this specimen wait to be decided.');
  }
  return yes;
}

export type ResultVerdict = ResultDoc['verdict'];

const verdictTable: Table<ResultVerdict> = {
  held: ['ready', 'blocked', 'released', 'rejected'],
  ready: ['held', 'blocked', 'released', 'rejected'],
  blocked: ['held', 'ready', 'rejected'],
  released: [],
  rejected: [],
};

/** May a version of a result change its verdict? Released and rejected are final for a version: a correction appends a new one. */
export function resultTransition(from: ResultVerdict, to: ResultVerdict): Transition {
  if (from === 'blocked' && to === 'released') return no('Quality control blocks it: it cannot be released.');
  if (from === 'released' && to !== 'released')
    return no('It is released: correct it, which appends a new version.');
  if (from === 'rejected' && to !== 'rejected')
    return no('It was rejected: measure again, which appends a new version.');
  return inTable(verdictTable, 'result', from, to);
}

export type ReportState = ReportDoc['state'];

const reportTable: Table<ReportState> = {
  incomplete: ['waiting'],
  waiting: ['incomplete', 'sentBack', 'signed'],
  sentBack: ['incomplete', 'waiting'],
  signed: [],
};

/** May a version of a report change its state? Signed is final: an amendment is a new document. Sending back needs a reason. */
export function reportTransition(
  from: ReportState,
  to: ReportState,
  facts: { reason?: string } = {},
): Transition {
  if (from === 'signed' && to !== 'signed')
    return no('It is signed: amend it, which opens the next version.');
  const table = inTable(reportTable, 'report', from, to);
  if (!table.allowed) return table;
  if (to === 'sentBack' && (facts.reason ?? '').trim() === '') return no('Sending back needs a reason.');
  return yes;
}

/** FHIR status of a report: a signed first version is final, a later one corrected; before that partial once something is released. */
export function reportStatus(
  state: ReportState,
  version: number,
  releasedResults: number,
): ReportDoc['status'] {
  if (state === 'signed') return version > 1 ? 'corrected' : 'final';
  return releasedResults > 0 ? 'partial' : 'registered';
}
