import type { DiagnosticReport } from 'fhir/r4';
import type { DocOf, OrderDoc, ReportDoc, ResultDoc, TaskDoc } from '../../../shared/documents/index.ts';
import type { AnyResource, Replicated } from '../../../shared/fhir/mapping.ts';
import { isAbsent } from '../../../shared/fhir/parts.ts';
import { isSameMeasurement } from '../instruments/known.ts';
import { endAmendments, endsIn } from './amended.ts';
import { closeDispute, type Dispute, raise } from './conflicts.ts';
import { madeAt } from './linked.ts';
import type { AnyDoc, ReplicationUnit } from './port.ts';
import { stands } from './result-rules-twice.ts';
import { landSpecimen } from './specimen-landing.ts';
import { landCall, oneCall, SAME_MEASUREMENT } from './twin-calls.ts';

/**
 * What follows here when the server's side of a record was taken over, within the same transaction.
 * @param before the document as it was here; undefined for a new one @param after as it was put in this unit
 * @returns why a person has to decide; empty when nobody has to
 */
export async function land(
  unit: ReplicationUnit,
  collection: Replicated,
  before: AnyDoc | undefined,
  after: AnyDoc,
  at: string,
  newId: () => string,
): Promise<string> {
  const pair: unknown = [before, after];
  switch (collection) {
    case 'specimens': {
      const [was, now] = pair as [DocOf<'specimens'> | undefined, DocOf<'specimens'>];
      const why = await landSpecimen(unit, was, now, at, newId);
      await linkResults(unit, now);
      return why;
    }
    case 'orders':
      return landOrder(unit, ...(pair as [OrderDoc | undefined, OrderDoc]), at, newId);
    case 'results':
      return landResult(unit, ...(pair as [ResultDoc | undefined, ResultDoc]), at, newId);
    case 'tasks':
      await landCall(unit, after as unknown as TaskDoc, at);
      return '';
    case 'reports':
      return landReport(unit, after as unknown as ReportDoc, at);
    default:
      return '';
  }
}

/** The PDF a report was signed with at another station is kept with it. */
export function keepPdf(
  unit: ReplicationUnit,
  collection: Replicated,
  resource: AnyResource,
  doc: AnyDoc,
): void {
  if (collection !== 'reports' || (doc as unknown as ReportDoc).state !== 'signed') return;
  const forms = (resource as DiagnosticReport).presentedForm ?? [];
  const data = forms.find((form) => form.contentType === 'application/pdf')?.data;
  if (data !== undefined) unit.keepPdf(doc.id, new Uint8Array(Buffer.from(data, 'base64')));
}

const isOff = (order: OrderDoc) => order.status === 'revoked' || order.status === 'entered-in-error';

/** An order cancelled elsewhere while it runs: what was measured stays and waits for a person; where it is released, a person is asked. */
async function landOrder(
  unit: ReplicationUnit,
  before: OrderDoc | undefined,
  after: OrderDoc,
  at: string,
  newId: () => string,
): Promise<string> {
  if (before === undefined || sameAsk(before, after)) return '';
  let why = '';
  if (isOff(after) && !isOff(before)) {
    const results = await holdResultsOf(unit, after, 'Its order was cancelled at the server.');
    if (results.some((result) => result.verdict === 'released')) {
      why = 'Cancelled at the server; results of it are released here';
      await raise(unit, 'orders', after, alike('cancelledAfterRelease', why, after), at, newId);
    }
  }
  // What is signed says what it said: a person decides whether it is amended.
  if (why === '') await unit.refreshReport(after.requisition);
  return why;
}

/** Holds what was measured for an order that ended and is not released. @param text why @returns its standing results as they were */
export async function holdResultsOf(
  unit: ReplicationUnit,
  order: OrderDoc,
  text: string,
): Promise<ResultDoc[]> {
  const results = (await resultsOf(unit, order.requisition)).filter(
    (result) => result.orderId === order.id && result.current,
  );
  for (const result of results) {
    if (result.verdict === 'released' || result.verdict === 'rejected') continue;
    const because = result.because.filter((one) => one.rule !== 'orderCancelled');
    const hold = { rule: 'orderCancelled', outcome: 'hold' as const, inputs: {}, text };
    unit.putChanged('results', { ...result, verdict: 'held', because: [hold, ...because] });
  }
  return results;
}

/**
 * The same tests are asked for. Whether they are all done is no news here: each station says so by the results it knows, and would take back what
 * another says that knows more, again and again.
 */
function sameAsk(a: OrderDoc, b: OrderDoc): boolean {
  const asked = ({ status }: OrderDoc) => (status === 'completed' ? 'active' : status);
  return asked(a) === asked(b) && a.testCodes.join() === b.testCodes.join();
}

async function resultsOf(unit: ReplicationUnit, requisition: string): Promise<ResultDoc[]> {
  const results: ResultDoc[] = [];
  if (requisition === '') return results;
  for (const { accessionIdentifier } of await unit.specimensOf(requisition))
    results.push(...(await unit.resultsOf(accessionIdentifier)));
  return results;
}

/**
 * A result of another station: the report here is brought up to date. One test of one specimen that stands twice was entered at two stations,
 * neither of which knew of the other: the station whose version is the second of the two asks a person.
 */
async function landResult(
  unit: ReplicationUnit,
  before: ResultDoc | undefined,
  after: ResultDoc,
  at: string,
  newId: () => string,
): Promise<string> {
  await linkVersions(unit, after);
  const all = await versionsOf(unit, after);
  const replaced = new Set(all.map((one) => one.replacesId));
  for (const one of all)
    if (one.current && replaced.has(one.id)) unit.put('results', { ...one, current: false });
  const why = await twice(unit, before === undefined, after.id, at, newId);
  const changed =
    before === undefined || before.current !== after.current || before.verdict !== after.verdict;
  if (changed && after.requisition !== '') await unit.refreshReport(after.requisition);
  return why;
}

/** All versions of the test of a result on its tube. */
async function versionsOf(unit: ReplicationUnit, of: ResultDoc): Promise<ResultDoc[]> {
  return (await unit.resultsOf(of.accessionIdentifier)).filter((one) => one.testCode === of.testCode);
}

/** Results may arrive before their specimen: by its number they find it, and the order that asked for them. */
async function linkResults(unit: ReplicationUnit, specimen: DocOf<'specimens'>): Promise<void> {
  const open = (await unit.resultsOf(specimen.accessionIdentifier)).filter(
    (one) => one.patientId === specimen.patientId && (one.specimenId === '' || one.orderId === ''),
  );
  if (open.length === 0) return;
  const orders: OrderDoc[] = [];
  for (const id of specimen.orderIds) {
    const order = isAbsent(id) ? undefined : await unit.byId('orders', id);
    if (order !== undefined) orders.push(order);
  }
  for (const one of open) {
    const orderId = one.orderId || (orders.find((order) => order.testCodes.includes(one.testCode))?.id ?? '');
    unit.put('results', { ...one, specimenId: one.specimenId || specimen.id, orderId });
  }
}

/** Versions may arrive in any order: the one that replaces and the one that is replaced find each other when the second is here. */
async function linkVersions(unit: ReplicationUnit, after: ResultDoc): Promise<void> {
  if (isAbsent(after.replacesId)) {
    const before = await unit.byServerId('results', after.replacesId.split('/').pop() ?? '');
    if (before !== undefined) unit.put('results', { ...after, replacesId: before.id });
  }
  const [specimen, second] = await unit.specimensByNumber(after.accessionIdentifier);
  if (specimen !== undefined && second === undefined) await linkResults(unit, specimen);
  for (const one of await unit.resultsOf(after.accessionIdentifier)) {
    if (one.replacesId !== `Observation/${after.serverId}`) continue;
    unit.put('results', { ...one, replacesId: after.id });
    const replaced = (await unit.byId('results', after.id)) ?? after;
    if (replaced.current) unit.put('results', { ...replaced, current: false });
  }
}

/**
 * Asks a person where a test of a tube stands twice and one of the two was made here, later than the other; ends a question that has been answered
 * elsewhere, and puts it anew where what it asked about was replaced.
 */
async function twice(
  unit: ReplicationUnit,
  isNew: boolean,
  afterId: string,
  at: string,
  newId: () => string,
): Promise<string> {
  const after = await unit.byId('results', afterId);
  if (after === undefined) return '';
  const standing = (await versionsOf(unit, after)).filter(stands);
  const isMine = (one: ResultDoc) => madeAt(one as unknown as AnyDoc) === '';
  const mine = latestOf(standing.filter(isMine));
  if (mine === undefined) return '';
  const others = standing.filter((one) => !isMine(one));
  const question = await unit.openTask(`conflict:results:${mine.id}`);
  const asked = question?.reason === 'enteredTwice';
  if (others.length === 0) {
    if (asked) await closeDispute(unit, 'results', mine as unknown as AnyDoc, at);
    return '';
  }
  const arrived = isNew ? others.find((one) => one.id === after.id) : undefined;
  const other = arrived ?? latestOf(asked ? others : others.filter((one) => one.id < mine.id));
  if (other === undefined || (!asked && mine.id < other.id)) return '';
  if (asked && arrived === undefined && others.some((one) => one.id === question.payload.otherId)) return '';
  if (arrived !== undefined && isSameMeasurement(mine, arrived)) {
    await countOnce(unit, mine, arrived, at);
    return '';
  }
  const from = madeAt(other as unknown as AnyDoc);
  const why = `${mine.testName} was entered at two stations: ${mine.value.text} here, ${other.value.text} at ${from}`;
  const dispute: Dispute = {
    reason: 'enteredTwice',
    why,
    there: other as unknown as AnyDoc,
    versionId: mine.sync.versionId,
  };
  await raise(unit, 'results', mine as unknown as AnyDoc, dispute, at, newId);
  return why;
}

/** The last made of results: the one with the largest id. */
function latestOf(results: readonly ResultDoc[]): ResultDoc | undefined {
  return results.reduce<ResultDoc | undefined>((a, b) => (a === undefined || b.id > a.id ? b : a), undefined);
}

/** The analyser sent one measurement to two stations: the released one of the two stands, else that of the other station. */
async function countOnce(
  unit: ReplicationUnit,
  mine: ResultDoc,
  after: ResultDoc,
  at: string,
): Promise<void> {
  const isReleased = (one: ResultDoc) => one.verdict === 'released';
  const [stands, ends] = isReleased(mine) && !isReleased(after) ? [mine, after] : [after, mine];
  const inputs = { id: stands.id, instrument: stands.instrumentId };
  const text = `The same measurement as one that came on ${stands.instrumentId}, which stands.`;
  const note = { rule: SAME_MEASUREMENT, outcome: 'note' as const, inputs, text };
  unit.putChanged('results', { ...ends, current: false, because: [note, ...ends.because] });
  await oneCall(unit, ends.id, stands.id, at);
}

/** A report of another station: of all versions the newest stands; a signed one that lacks a result released here is amended. */
async function landReport(unit: ReplicationUnit, after: ReportDoc, at: string): Promise<string> {
  const all = await unit.reportsOf(after.requisition);
  const newest = all.reduce((a, b) => (b.version > a.version ? b : a), after);
  for (const report of all) {
    const current = report.id === newest.id;
    if (report.current !== current) unit.put('reports', { ...report, current });
  }
  if (after.state !== 'signed') return '';
  await endAmendments(endsIn(unit), after, 'server', at);
  await unit.refreshReport(after.requisition);
  return '';
}

function alike(reason: Dispute['reason'], why: string, there: OrderDoc): Dispute {
  const doc = there as unknown as AnyDoc;
  return { reason, why, there: doc, versionId: doc.sync.versionId, alike: true };
}
