import type { ReportDoc, ResultDoc } from '../../../shared/documents/index.ts';
import { formatAccession } from '../../../shared/domain/accession-number.ts';
import { corrections } from '../../../shared/domain/report.ts';
import type { CaseDetailRow, CaseRow, SignoutCountsRow } from '../../../shared/ipc/signout.ts';
import { specimenByNumber } from '../accession-search.ts';
import type { Bench } from '../bench.ts';
import { checksOf } from '../commands/reports.ts';
import { boardOf } from '../live/board.ts';
import { startOfLocalDay } from '../local-time.ts';
import { historyOf } from '../results/evaluate.ts';
import { callTask } from '../results/release.ts';
import { hashOf, laboratoryOf } from '../results/report-content.ts';
import { currentReport, recordsOf } from '../results/report-state.ts';
import type { QueryHandlers } from './handler.ts';
import { laterVersion, resultRow } from './result-rows.ts';
import { ageOn, nameOf, patientRow, placeOf, sexLetter } from './rows.ts';

/** Cases of a list at most. */
const MOST_CASES = 300;
/** Trends beside a report: tests with the most to say. */
const MOST_TRENDS = 3;
const TREND_POINTS = 8;

async function caseRow(bench: Bench, report: ReportDoc, at: string): Promise<CaseRow> {
  const patient = await bench.store.get('patients', report.patientId);
  return {
    id: report.id,
    requisition: report.requisition,
    title: report.title,
    patientName: patient === undefined ? '' : nameOf(patient),
    transliteration: patient?.transliteration ?? '',
    sex: patient === undefined ? '' : sexLetter(patient.sex),
    age: patient === undefined ? '' : ageOn(patient, at),
    priority: report.priority,
    state: report.state,
    version: report.version,
    readyTime: report.readyTime,
    issuedTime: report.issuedTime,
    syncState: placeOf(bench, report),
  };
}

async function byState(bench: Bench, state: ReportDoc['state']): Promise<ReportDoc[]> {
  const found = await bench.store.find('reports', {
    selector: { state: { $eq: state } },
    sort: [{ state: 'desc' }, { updatedAt: 'desc' }],
    limit: MOST_CASES,
  });
  return found.filter((report) => report.current);
}

async function signedToday(bench: Bench, at: string): Promise<ReportDoc[]> {
  return bench.store.find('reports', {
    selector: { issuedTime: { $gte: startOfLocalDay(bench.station.timeZone, new Date(at)) } },
    sort: [{ issuedTime: 'desc' }],
    limit: MOST_CASES,
  });
}

/** Corrected values first, then critical, then abnormal ones. */
function interest(result: ResultDoc, corrected: ReadonlySet<string>): number {
  if (corrected.has(result.id)) return 0;
  if (['LL', 'HH'].includes(result.interpretation)) return 1;
  return result.interpretation === '' || result.interpretation === 'N' ? 3 : 2;
}

async function trendsOf(
  bench: Bench,
  results: readonly ResultDoc[],
  corrected: ReadonlySet<string>,
): Promise<CaseDetailRow['trends']> {
  const trends: CaseDetailRow['trends'] = [];
  const sorted = [...results].sort((a, b) => interest(a, corrected) - interest(b, corrected));
  for (const result of sorted) {
    if (trends.length === MOST_TRENDS) break;
    const history = await historyOf(bench.store, result.patientId, result.testCode, TREND_POINTS * 3);
    const points = history
      .filter(
        (h) =>
          (h.id === result.id || h.verdict === 'released') &&
          h.value.number !== undefined &&
          h.value.unit === result.value.unit &&
          !laterVersion(h, result),
      )
      .slice(0, TREND_POINTS)
      .sort((a, b) => a.effectiveTime.localeCompare(b.effectiveTime) || a.version - b.version)
      .map((h) => ({
        at: h.effectiveTime,
        number: h.value.number!,
        text: h.value.text,
        withdrawn: !h.current && h.id !== result.id,
      }));
    if (points.length < 2) continue;
    trends.push({
      testCode: result.testCode,
      testName: result.testName,
      unit: result.value.unit,
      rangeLow: result.range?.low ?? null,
      rangeHigh: result.range?.high ?? null,
      points,
    });
  }
  return trends;
}

/** The version before it that had been released; versions never released are passed over. */
function releasedBefore(byId: ReadonlyMap<string, ResultDoc>, result: ResultDoc): ResultDoc | undefined {
  let before = byId.get(result.replacesId);
  while (before !== undefined && before.verifiedTime === '') before = byId.get(before.replacesId);
  return before;
}

/** Where the call of a critical value stands (V3). */
async function callOf(bench: Bench, resultId: string): Promise<'none' | 'due' | 'done'> {
  const task = await callTask(bench.store, resultId);
  if (task === undefined) return 'none';
  return task.status === 'open' ? 'due' : 'done';
}

/** The standing report of an accession number, a requisition or a report id. */
async function findReport(bench: Bench, scanned: string): Promise<ReportDoc | undefined> {
  const text = scanned.trim();
  const known = await bench.store.get('reports', text.slice(0, 36));
  if (known !== undefined) return known;
  const specimen = await specimenByNumber(bench.store, text);
  return currentReport(bench.store, specimen?.requisition ?? text.slice(0, 32));
}

async function caseDetail(bench: Bench, report: ReportDoc, at: string): Promise<CaseDetailRow[]> {
  const patient = await bench.store.get('patients', report.patientId);
  if (patient === undefined) return [];
  const { orders, specimens, results } = await recordsOf(bench.store, report.requisition);
  const laboratory = await laboratoryOf(bench, bench.store);
  const byId = new Map(results.map((r) => [r.id, r]));
  const corrected = new Map(corrections(results).map((c) => [c.resultId, c]));
  const shown =
    report.state === 'signed' || report.resultIds.length > 0
      ? report.resultIds.flatMap((id) => byId.get(id) ?? [])
      : results.filter((r) => r.current && r.verdict !== 'rejected');
  const people = new Map<string, string>();
  for (const result of results) {
    for (const id of [result.verifiedBy, result.enteredBy]) {
      if (id !== '' && !people.has(id))
        people.set(id, (await bench.store.get('people', id))?.name ?? (id === 'rules' ? 'rules' : id));
    }
  }
  const rows: CaseDetailRow['results'] = [];
  const open = (await boardOf(bench)).openFor;
  for (const result of shown) {
    const specimen = specimens.find((s) => s.id === result.specimenId);
    const change = corrected.get(result.id);
    const before = change === undefined ? undefined : releasedBefore(byId, result);
    rows.push({
      ...(await resultRow(bench, result, specimen, patient, open)),
      verifiedBy: people.get(result.verifiedBy) ?? '',
      verifiedTime: result.verifiedTime,
      comment: result.comment,
      measuredTime: result.measuredTime,
      group: orders.find((order) => order.testCodes.includes(result.testCode))?.display ?? '',
      call: await callOf(bench, result.id),
      replaces:
        before === undefined || change === undefined
          ? null
          : {
              text: before.value.text,
              interpretation: before.interpretation,
              at: before.verifiedTime,
              by: people.get(before.verifiedBy) ?? '',
              reason: change.why || report.correctionReason,
            },
    });
  }
  const versions = await bench.store.find('reports', {
    selector: { requisition: { $eq: report.requisition } },
  });
  const [order] = orders;
  return [
    {
      ...(await caseRow(bench, report, at)),
      patient: patientRow(patient, at),
      requester: order?.requester ?? '',
      ward: order?.ward || patient.ward,
      laboratory: laboratory.name,
      address: laboratory.address,
      specimens: specimens.map((s) => ({
        id: s.id,
        accessionDisplay: formatAccession(s.accessionIdentifier),
        typeDisplay: s.typeDisplay,
        collectedTime: s.collectedTime,
        receivedTime: s.receivedTime,
        conditionText: s.conditionText,
      })),
      results: rows,
      conclusion: report.conclusion,
      sendBackReason: report.sendBackReason,
      correctionReason: report.correctionReason,
      checks: (await checksOf(bench, bench.store, report)).map((c) => ({
        rule: c.rule,
        outcome: c.outcome === 'warn' ? 'note' : c.outcome,
        text: c.text,
      })),
      contentHash: report.signature?.contentHash ?? (await hashOf(bench, bench.store, report)),
      signature: report.signature,
      versions: versions
        .sort((a, b) => b.version - a.version)
        .map((v) => ({
          id: v.id,
          version: v.version,
          state: v.state,
          at: v.issuedTime || v.createdAt,
          by: v.signature?.name ?? '',
          reason: v.correctionReason,
          syncState: placeOf(bench, v),
        })),
      trends: await trendsOf(bench, shown, new Set(corrected.keys())),
    },
  ];
}

function percentile(sorted: readonly number[], p: number): number | null {
  if (sorted.length === 0) return null;
  return sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)]!;
}

/** Minutes from the receipt of the last specimen to the signature, of today's reports (C6). */
async function turnaround(bench: Bench, reports: readonly ReportDoc[]): Promise<number[]> {
  const minutes: number[] = [];
  for (const report of reports) {
    const specimens = await bench.store.getMany('specimens', report.specimenIds);
    const received = specimens
      .map((s) => s.receivedTime)
      .filter(Boolean)
      .sort()
      .at(-1);
    if (received !== undefined)
      minutes.push(Math.round((Date.parse(report.issuedTime) - Date.parse(received)) / 60_000));
  }
  return minutes.sort((a, b) => a - b);
}

export const signoutQueryHandlers: QueryHandlers<
  'signout.cases' | 'signout.counts' | 'signout.find' | 'signout.case'
> = {
  'signout.cases': {
    topics: ['reports', 'patients'],
    run: async ({ bench, at }, { filter }) => {
      const reports =
        filter === 'waiting'
          ? await byState(bench, 'waiting')
          : filter === 'sentBack'
            ? await byState(bench, 'sentBack')
            : (await signedToday(bench, at)).filter((r) => filter === 'signed' || r.version > 1);
      const rows: CaseRow[] = [];
      for (const report of reports) rows.push(await caseRow(bench, report, at));
      if (filter === 'signed' || filter === 'corrected') return rows;
      const stat = (row: CaseRow) => (row.priority === 'stat' ? 0 : 1);
      return rows.sort((a, b) => stat(a) - stat(b) || a.readyTime.localeCompare(b.readyTime));
    },
  },
  'signout.counts': {
    topics: ['reports'],
    run: async ({ bench, at }) => {
      const signed = await signedToday(bench, at);
      const minutes = await turnaround(bench, signed);
      const row: SignoutCountsRow = {
        id: 'counts',
        waiting: (await byState(bench, 'waiting')).length,
        signedToday: signed.length,
        sentBack: (await byState(bench, 'sentBack')).length,
        corrected: signed.filter((r) => r.version > 1).length,
        medianMinutes: percentile(minutes, 0.5),
        p90Minutes: percentile(minutes, 0.9),
      };
      return [row];
    },
  },
  'signout.find': {
    topics: ['reports'],
    run: async ({ bench, at }, { scanned }) => {
      const report = await findReport(bench, scanned);
      return report === undefined ? [] : [await caseRow(bench, report, at)];
    },
  },
  'signout.case': {
    topics: ['reports', 'results', 'specimens', 'patients', 'orders', 'tasks', 'settings'],
    run: async ({ bench, at }, { reportId }) => {
      const report = await bench.store.get('reports', reportId);
      return report === undefined ? [] : caseDetail(bench, report, at);
    },
  },
};
