import { newBase } from '../../../shared/documents/common.ts';
import type { OrderDoc, ReportDoc, ResultDoc, SpecimenDoc } from '../../../shared/documents/index.ts';
import { reportReadiness, reportTitle } from '../../../shared/domain/report.ts';
import { isAbsent } from '../../../shared/fhir/parts.ts';
import type { Find, Reader, Writer } from '../store/store.ts';
import { reportId } from './report-id.ts';

/** Everything a requisition's report is made of. */
export interface RequisitionRecords {
  orders: OrderDoc[];
  specimens: SpecimenDoc[];
  /** All versions of all results. */
  results: ResultDoc[];
}

/** The query for what carries the number of a requisition. */
export function ofRequisition(requisition: string): Find {
  return { selector: { requisition: { $eq: requisition } } };
}

/** Reads everything a requisition's report is made of. */
export async function recordsOf(reader: Reader, requisition: string): Promise<RequisitionRecords> {
  const by = ofRequisition(requisition);
  const orders = await reader.find('orders', by);
  const specimens = await reader.find('specimens', by);
  const results: ResultDoc[] = [];
  for (const { accessionIdentifier } of specimens) {
    results.push(
      ...(await reader.find('results', { selector: { accessionIdentifier: { $eq: accessionIdentifier } } })),
    );
  }
  return { orders, specimens, results };
}

const urgency = ['routine', 'urgent', 'asap', 'stat'];

/** The report version of a requisition that stands; undefined when nothing was ordered yet. */
export async function currentReport(reader: Reader, requisition: string): Promise<ReportDoc | undefined> {
  const reports = await reader.find('reports', ofRequisition(requisition));
  return reports.find((report) => report.current);
}

/**
 * Brings the report of a requisition up to date within a unit of work: waiting when every ordered test is released, incomplete before.
 * A signed report is never touched: when what it says changed, the next version is opened as a correction.
 * Orders whose tests are all released become completed. `reader`: what knows the records already.
 */
export async function refreshReport(
  unit: Writer,
  requisition: string,
  at: string,
  correctionReason = '',
  reader: Reader = unit,
): Promise<void> {
  await refreshFrom(unit, await currentReport(unit, requisition), requisition, at, correctionReason, reader);
}

/**
 * {@link refreshReport} after results were appended, none of them in place of a released one. Where they cannot change what the report says, it is not even
 * made again: with every message of a single result, all results of the requisition would be read for nothing. @returns whether it was made
 * again, and orders may have been written
 */
export async function refreshAfterPosting(
  unit: Writer,
  requisition: string,
  at: string,
  posted: readonly ResultDoc[],
  reader: Reader = unit,
): Promise<boolean> {
  const before = await currentReport(unit, requisition);
  if (before !== undefined && staysAsItIs(before, posted)) return false;
  await refreshFrom(unit, before, requisition, at, '', reader);
  return true;
}

/**
 * An incomplete report that knows the orders and specimens already, and more results that nobody has released: it lists released ones only, and
 * stays incomplete, because these very tests are not released.
 */
function staysAsItIs(report: ReportDoc, posted: readonly ResultDoc[]): boolean {
  return (
    report.state === 'incomplete' &&
    posted.every(
      (one) =>
        one.verdict !== 'released' &&
        report.orderIds.includes(one.orderId) &&
        report.specimenIds.includes(one.specimenId),
    )
  );
}

async function refreshFrom(
  unit: Writer,
  before: ReportDoc | undefined,
  requisition: string,
  at: string,
  correctionReason: string,
  reader: Reader,
): Promise<void> {
  const { orders, specimens, results } = await recordsOf(reader, requisition);
  const [first] = orders;
  if (first === undefined) return;
  const readiness = reportReadiness(orders, specimens, results);
  completeOrders(unit, orders, results);
  const priority = orders
    .map((o) => o.priority)
    .reduce((a, b) => (urgency.indexOf(b) > urgency.indexOf(a) ? b : a));
  const content = {
    title: reportTitle(orders),
    priority,
    orderIds: orders.map((order) => order.id),
    specimenIds: specimens.map((specimen) => specimen.id),
    resultIds: readiness.resultIds,
  };
  if (before?.state === 'signed') {
    const known = await withResults(unit, before);
    if (known !== before) unit.put('reports', known, { sync: true });
    // Signed elsewhere, with a result that has not arrived here yet: what it lacks cannot be told.
    if (known.resultIds.some(isAbsent) && correctionReason === '') return;
    if (sameSet(known.resultIds, readiness.resultIds) && correctionReason === '') return;
    unit.put('reports', { ...known, current: false }, { sync: true });
    unit.put('reports', {
      ...newReport(before.version + 1, at, first, content),
      replacesId: before.id,
      status: readiness.state === 'waiting' ? 'corrected' : 'partial',
      state: readiness.state,
      conclusion: before.conclusion,
      correctionReason: correctionReason || 'A result was added or corrected after signing.',
      readyTime: readiness.state === 'waiting' ? at : '',
    });
    return;
  }
  const state =
    before?.state === 'sentBack' &&
    readiness.state === 'waiting' &&
    sameSet(before.resultIds, content.resultIds)
      ? 'sentBack'
      : readiness.state;
  const base = before ?? newReport(1, at, first, content);
  const next: ReportDoc = {
    ...base,
    ...content,
    state,
    status: results.some((r) => r.verdict === 'released') ? 'partial' : 'registered',
    readyTime: readiness.state === 'waiting' ? base.readyTime || at : '',
  };
  if (before === undefined || JSON.stringify(before) !== JSON.stringify(next)) unit.put('reports', next);
}

/** A report of another station with the results that have arrived since in place of their references. */
async function withResults(reader: Reader, report: ReportDoc): Promise<ReportDoc> {
  if (!report.resultIds.some(isAbsent)) return report;
  const resultIds: string[] = [];
  for (const id of report.resultIds) {
    const serverId = isAbsent(id) ? (id.split('/').pop() ?? '') : '';
    const found =
      serverId === ''
        ? []
        : await reader.find('results', { selector: { serverId: { $eq: serverId } }, limit: 1 });
    resultIds.push(found[0]?.id ?? id);
  }
  return sameSet(resultIds, report.resultIds) ? report : { ...report, resultIds };
}

function newReport(
  version: number,
  at: string,
  order: OrderDoc,
  content: Pick<ReportDoc, 'title' | 'priority' | 'orderIds' | 'specimenIds' | 'resultIds'>,
): ReportDoc {
  return {
    ...newBase(reportId(order.requisition, version), at, 'queued'),
    requisition: order.requisition,
    patientId: order.patientId,
    ...content,
    version,
    replacesId: '',
    current: true,
    state: 'incomplete',
    status: 'registered',
    conclusion: '',
    sendBackReason: '',
    correctionReason: '',
    signature: null,
    issuedTime: '',
    readyTime: '',
  };
}

/** An order is completed when each of its tests has a released result; it becomes active again when one of them is withdrawn or is to be decided anew. */
function completeOrders(unit: Writer, orders: readonly OrderDoc[], results: readonly ResultDoc[]): void {
  const released = new Set(
    results.filter((r) => r.current && r.verdict === 'released').map((r) => r.testCode),
  );
  const known = new Set(results.map((r) => r.testCode));
  for (const order of orders) {
    if (order.status !== 'active' && order.status !== 'completed') continue;
    const open = order.testCodes.filter((code) => !released.has(code));
    // Completed with results that are not here: only a result here that is not released says otherwise.
    const isCompleted =
      open.length === 0 || (order.status === 'completed' && !open.some((code) => known.has(code)));
    const status = isCompleted ? 'completed' : 'active';
    if (status !== order.status) unit.put('orders', { ...order, status });
  }
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id));
}
