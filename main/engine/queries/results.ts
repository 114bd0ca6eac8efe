import type { PatientDoc, ResultDoc, SpecimenDoc, TaskDoc } from '../../../shared/documents/index.ts';
import { formatAccession } from '../../../shared/domain/accession-number.ts';
import type {
  ReleasePlanRow,
  ResultCountsRow,
  ResultDetailRow,
  ResultRow,
  WorklistRow,
} from '../../../shared/ipc/results.ts';
import type { Bench } from '../bench.ts';
import { startOfLocalDay } from '../local-time.ts';
import { historyOf } from '../results/evaluate.ts';
import { callTask, releaseDecision, rerunTask } from '../results/release.ts';
import { benchSince } from '../results/waiting.ts';
import type { QueryHandlers } from './handler.ts';
import { hasTrend, type OpenTasks, openTasks, resultRow } from './result-rows.ts';
import { ageOn, nameOf, patientRow, placeOf, sexLetter } from './rows.ts';

/** Rows of a list at most; what waits for a person comes first. */
const MOST_ROWS = 1_000;
/** Trends read in one run of a list: the engine goes on with other work before the next ones, and the rows do not wait for them. */
const TRENDS_AT_ONCE = 100;
/** Points of the history in the panel. */
const HISTORY = 12;

type Filter = 'toDecide' | 'held' | 'ready' | 'blocked' | 'released' | 'all';
const undecided = ['held', 'blocked', 'ready'] as const;

async function byVerdict(bench: Bench, verdict: ResultDoc['verdict'], since: string): Promise<ResultDoc[]> {
  const found = await bench.store.find('results', {
    selector: { verdict: { $eq: verdict }, ...(since === '' ? {} : { postedTime: { $gte: since } }) },
    sort: [{ verdict: 'desc' }, { postedTime: 'desc' }],
    limit: MOST_ROWS,
  });
  return found.filter((result) => result.current);
}

/** Results of a filter: what waits is shown however old it is, what is released only of today. */
async function filtered(bench: Bench, filter: Filter, today: string): Promise<ResultDoc[]> {
  const verdicts: ResultDoc['verdict'][] =
    filter === 'toDecide'
      ? [...undecided]
      : filter === 'all'
        ? [...undecided, 'released', 'rejected']
        : [filter];
  const lists: ResultDoc[] = [];
  for (const verdict of verdicts) {
    lists.push(
      ...(await byVerdict(bench, verdict, verdict === 'released' || verdict === 'rejected' ? today : '')),
    );
  }
  return lists.slice(0, MOST_ROWS);
}

/** One specimen together: STAT first, then in the order of arrival of its first result, its tests in catalogue order. */
function inBlocks(bench: Bench, rows: ResultRow[]): ResultRow[] {
  const first = new Map<string, string>();
  for (const row of rows) {
    const known = first.get(row.specimenId);
    if (known === undefined || row.postedTime < known) first.set(row.specimenId, row.postedTime);
  }
  const place = (row: ResultRow) =>
    `${row.priority === 'stat' ? 0 : 1}${first.get(row.specimenId)}${row.specimenId}`;
  return rows.sort(
    (a, b) =>
      place(a).localeCompare(place(b)) ||
      (bench.catalog.test(a.testCode)?.order ?? 0) - (bench.catalog.test(b.testCode)?.order ?? 0),
  );
}

class Lookup {
  readonly #bench: Bench;
  readonly #specimens = new Map<string, SpecimenDoc | undefined>();
  readonly #patients = new Map<string, PatientDoc | undefined>();

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  async specimen(id: string): Promise<SpecimenDoc | undefined> {
    if (!this.#specimens.has(id)) this.#specimens.set(id, await this.#bench.store.get('specimens', id));
    return this.#specimens.get(id);
  }

  async patient(id: string): Promise<PatientDoc | undefined> {
    if (!this.#patients.has(id)) this.#patients.set(id, await this.#bench.store.get('patients', id));
    return this.#patients.get(id);
  }
}

const textOf = (task: TaskDoc, name: string): string => {
  const value = task.payload[name];
  return typeof value === 'string' ? value : '';
};

async function callOf(bench: Bench, result: ResultDoc): Promise<ResultDetailRow['call']> {
  const task = await callTask(bench.store, result.id);
  const none = { state: 'none' as const, since: '', to: '', by: '', at: '', note: '' };
  if (task === undefined || task.status === 'rejected') return none;
  if (task.status === 'open') return { ...none, state: 'due', since: task.createdAt };
  return {
    state: 'done',
    since: task.createdAt,
    to: textOf(task, 'to'),
    by: textOf(task, 'by'),
    at: task.resolvedAt,
    note: textOf(task, 'note'),
  };
}

async function detail(bench: Bench, result: ResultDoc, at: string): Promise<ResultDetailRow[]> {
  const specimen = await bench.store.get('specimens', result.specimenId);
  const patient = await bench.store.get('patients', result.patientId);
  if (patient === undefined) return [];
  const history = await historyOf(bench.store, result.patientId, result.testCode, HISTORY * 2);
  const nameOfPerson = async (id: string) =>
    id === '' || id === 'rules' ? id : ((await bench.store.get('people', id))?.name ?? id);
  const asked = await rerunTask(bench.store, result.id);
  const versions = history.filter((h) => h.accessionIdentifier === result.accessionIdentifier);
  return [
    {
      ...(await resultRow(bench, result, specimen, patient, await openTasks(bench.store))),
      patient: patientRow(patient, at),
      because: result.because,
      ruleSetVersion: result.ruleSetVersion,
      range: result.range,
      history: history
        .filter((h) => h.id === result.id || h.verdict === 'released')
        .slice(0, HISTORY)
        .reverse()
        .map((h) => ({
          id: h.id,
          at: h.effectiveTime,
          text: h.value.text,
          number: h.value.number ?? null,
          status: h.status,
          withdrawn: !h.current,
        })),
      operator: result.operator,
      measuredTime: result.measuredTime,
      collectedTime: specimen?.collectedTime ?? '',
      receivedTime: specimen?.receivedTime ?? '',
      typeDisplay: specimen?.typeDisplay ?? '',
      enteredBy: await nameOfPerson(result.enteredBy),
      verifiedBy: await nameOfPerson(result.verifiedBy),
      verifiedTime: result.verifiedTime,
      comment: result.comment,
      loinc: result.loinc,
      messageId: result.messageId,
      versions: await Promise.all(
        versions
          .sort((a, b) => b.version - a.version)
          .map(async (v) => ({
            id: v.id,
            version: v.version,
            text: v.value.text,
            at: v.verifiedTime || v.postedTime,
            by: await nameOfPerson(v.verifiedBy || v.enteredBy),
            status: v.status,
          })),
      ),
      call: await callOf(bench, result),
      rerun:
        asked === undefined ? null : { by: await nameOfPerson(textOf(asked, 'by')), at: asked.createdAt },
    },
  ];
}

async function worklistRow(
  bench: Bench,
  specimen: SpecimenDoc,
  lookup: Lookup,
  open: OpenTasks,
  at: string,
): Promise<WorklistRow> {
  const patient = await lookup.patient(specimen.patientId);
  const results = await bench.store.find('results', {
    selector: { accessionIdentifier: { $eq: specimen.accessionIdentifier } },
  });
  const standing = new Map(results.filter((r) => r.current).map((r) => [r.testCode, r]));
  const measures = bench.instruments.measures();
  const tests = [];
  for (const code of specimen.testCodes) {
    const result = standing.get(code);
    const rerun =
      result !== undefined && result.verdict !== 'released' && open.get(result.id)?.rerun === true;
    const state =
      result === undefined
        ? ('waiting' as const)
        : rerun
          ? ('rerun' as const)
          : result.verdict === 'released'
            ? ('released' as const)
            : ('measured' as const);
    tests.push({
      code,
      name: bench.catalog.test(code)?.name ?? code,
      unit: result?.value.unit || bench.catalog.test(code)?.unit || '',
      state,
      instrumentId: result?.instrumentId ?? '',
      valueText: result?.value.text ?? '',
      interpretation: result?.interpretation ?? '',
    });
  }
  const waiting = tests.filter((t) => t.state === 'waiting' || t.state === 'rerun');
  return {
    id: specimen.id,
    accessionIdentifier: specimen.accessionIdentifier,
    accessionDisplay: formatAccession(specimen.accessionIdentifier),
    cap: specimen.cap,
    typeDisplay: specimen.typeDisplay,
    priority: specimen.priority,
    patientName: patient === undefined ? '' : nameOf(patient),
    transliteration: patient?.transliteration ?? '',
    sex: patient === undefined ? '' : sexLetter(patient.sex),
    age: patient === undefined ? '' : ageOn(patient, at),
    patient: patient === undefined ? null : patientRow(patient, at),
    requisition: specimen.requisition,
    collector: specimen.collector,
    tests,
    waiting: waiting.length,
    measured: tests.filter((t) => t.state === 'measured').length,
    released: tests.filter((t) => t.state === 'released').length,
    receivedTime: specimen.receivedTime,
    collectedTime: specimen.collectedTime,
    instruments: [...measures]
      .filter(([, codes]) => waiting.some((t) => codes.has(t.code)))
      .map(([id]) => id),
    conditionText: specimen.conditionText,
    syncState: placeOf(bench, specimen),
  };
}

export const resultsQueryHandlers: QueryHandlers<
  'worklist.list' | 'results.list' | 'results.counts' | 'results.detail' | 'results.plan'
> = {
  'worklist.list': {
    topics: ['specimens', 'results', 'tasks', 'patients', 'orders'],
    run: async ({ bench, at }, { filter, instrumentId }) => {
      const specimens = await bench.store.find('specimens', {
        selector: { status: { $eq: 'received' }, receivedTime: { $gte: benchSince(new Date(at)) } },
        sort: [{ status: 'desc' }, { receivedTime: 'desc' }],
        limit: MOST_ROWS,
      });
      const lookup = new Lookup(bench);
      const open = await openTasks(bench.store);
      const today = startOfLocalDay(bench.station.timeZone, new Date(at));
      const rows: WorklistRow[] = [];
      for (const specimen of specimens) {
        const row = await worklistRow(bench, specimen, lookup, open, at);
        if (filter === 'waiting' && row.waiting === 0) continue;
        if (filter === 'measured' && row.measured === 0) continue;
        if (filter === 'all' && row.waiting === 0 && row.measured === 0 && row.receivedTime < today) continue;
        if (instrumentId !== '' && !row.instruments.includes(instrumentId)) continue;
        rows.push(row);
      }
      const stat = (row: WorklistRow) => (row.priority === 'stat' ? 0 : 1);
      return rows.sort((a, b) => stat(a) - stat(b) || a.receivedTime.localeCompare(b.receivedTime));
    },
  },

  'results.list': {
    topics: ['results', 'specimens', 'patients', 'tasks', 'channel:trends'],
    run: async ({ bench, at }, { filter }) => {
      const results = await filtered(bench, filter, startOfLocalDay(bench.station.timeZone, new Date(at)));
      const lookup = new Lookup(bench);
      const open = await openTasks(bench.store);
      const row = async (result: ResultDoc, trended: boolean) => {
        const specimen = await lookup.specimen(result.specimenId);
        const patient = await lookup.patient(result.patientId);
        return resultRow(bench, result, specimen, patient, open, trended);
      };
      const rows: ResultRow[] = [];
      for (const result of results) rows.push(await row(result, false));
      const sorted = inBlocks(bench, rows);
      const byId = new Map(results.map((result) => [result.id, result]));
      let left = TRENDS_AT_ONCE;
      for (const [place, { id }] of sorted.entries()) {
        if (hasTrend(bench, id)) continue;
        if (left === 0) {
          bench.hub.changed(['channel:trends']);
          break;
        }
        left -= 1;
        sorted[place] = await row(byId.get(id)!, true);
      }
      return sorted;
    },
  },

  'results.counts': {
    topics: ['results'],
    run: async ({ bench, at }) => {
      const today = startOfLocalDay(bench.station.timeZone, new Date(at));
      const count = async (verdict: ResultDoc['verdict']) =>
        (await byVerdict(bench, verdict, verdict === 'released' || verdict === 'rejected' ? today : ''))
          .length;
      const [held, ready, blocked, released, rejected] = [
        await count('held'),
        await count('ready'),
        await count('blocked'),
        await count('released'),
        await count('rejected'),
      ];
      const row: ResultCountsRow = {
        id: 'counts',
        toDecide: held + ready + blocked,
        held,
        ready,
        blocked,
        released,
        all: held + ready + blocked + released + rejected,
      };
      return [row];
    },
  },

  'results.detail': {
    topics: ['results', 'specimens', 'patients', 'tasks'],
    run: async ({ bench, at }, { resultId }) => {
      const result = await bench.store.get('results', resultId);
      return result === undefined ? [] : detail(bench, result, at);
    },
  },

  'results.plan': {
    topics: ['results', 'specimens', 'tasks'],
    run: async (call, { resultIds }) => {
      const rows: ReleasePlanRow[] = [];
      for (const id of new Set(resultIds)) {
        const result = await call.bench.store.get('results', id);
        if (result === undefined) continue;
        const now = await releaseDecision(call, call.bench.store, result, '');
        const later = now.allowed ? now : await releaseDecision(call, call.bench.store, result, 'comment');
        rows.push({
          id,
          outcome: now.allowed ? 'now' : later.allowed ? 'comment' : 'stays',
          why: later.allowed ? '' : later.why,
          rules: later.allowed ? [] : later.because.filter((b) => b.outcome === 'block').map((b) => b.rule),
          callPending: later.allowed && later.criticalCallPending,
        });
      }
      return rows;
    },
  },
};
