import type { ResultDoc, TaskDoc } from '../../../shared/documents/index.ts';
import { callsOf, type RecordedCall } from '../../../shared/domain/critical-call.ts';
import type {
  ReleasePlanRow,
  ResultCountsRow,
  ResultDetailRow,
  ResultRow,
  WorklistRow,
} from '../../../shared/ipc/results.ts';
import type { Bench } from '../bench.ts';
import { type Board, boardOf } from '../live/board.ts';
import { startOfLocalDay } from '../local-time.ts';
import { historyOf } from '../results/evaluate.ts';
import { callTask, releaseDecision, rerunTask } from '../results/release.ts';
import { benchSince } from '../results/waiting.ts';
import type { QueryHandlers } from './handler.ts';
import { hasTrend, madeRow, resultRow } from './result-rows.ts';
import { patientRow } from './rows.ts';
import { worklistRows } from './worklist-rows.ts';

/** Rows of a list at most; what waits for a person comes first. */
const MOST_ROWS = 1_000;
/** Trends read in one run of a list: the engine goes on with other work before the next ones, and the rows do not wait for them. */
const TRENDS_AT_ONCE = 50;
/** Points of the history in the panel. */
const HISTORY = 12;

type Filter = 'toDecide' | 'held' | 'ready' | 'blocked' | 'released' | 'all';
const undecided = ['held', 'blocked', 'ready'] as const;

const isDecided = (verdict: ResultDoc['verdict']) => verdict === 'released' || verdict === 'rejected';

/** Results of a filter: what waits is shown however old it is, what is released only of today. */
async function filtered(board: Board, filter: Filter, today: string): Promise<ResultDoc[]> {
  const verdicts: ResultDoc['verdict'][] =
    filter === 'toDecide'
      ? [...undecided]
      : filter === 'all'
        ? [...undecided, 'released', 'rejected']
        : [filter];
  const ids = verdicts.flatMap((verdict) =>
    board.results(verdict, MOST_ROWS, isDecided(verdict) ? today : ''),
  );
  const found: ResultDoc[] = [];
  for (const id of ids.slice(0, MOST_ROWS)) {
    const result = board.known('results', id) ?? (await board.doc('results', id));
    if (result !== undefined) found.push(result);
  }
  return found;
}

/** One specimen together: STAT first, then in the order of arrival of its first result, its tests in catalogue order. */
function inBlocks(bench: Bench, rows: ResultRow[]): ResultRow[] {
  const first = new Map<string, string>();
  for (const row of rows) {
    const known = first.get(row.specimenId);
    if (known === undefined || row.postedTime < known) first.set(row.specimenId, row.postedTime);
  }
  const places = new Map<string, string>();
  const placeOf = ({ specimenId, priority }: ResultRow) => {
    let place = places.get(specimenId);
    if (place === undefined) {
      place = `${priority === 'stat' ? 0 : 1}${first.get(specimenId)}${specimenId}`;
      places.set(specimenId, place);
    }
    return place;
  };
  const keyed = rows.map((row) => ({
    row,
    place: placeOf(row),
    order: bench.catalog.test(row.testCode)?.order ?? 0,
  }));
  return keyed
    .sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : a.order - b.order))
    .map(({ row }) => row);
}

const textOf = (task: TaskDoc, name: string): string => {
  const value = task.payload[name];
  return typeof value === 'string' ? value : '';
};

async function callOf(bench: Bench, result: ResultDoc): Promise<ResultDetailRow['call']> {
  const task = await callTask(bench.store, result.id);
  const none = { state: 'none' as const, since: '', to: '', by: '', at: '', note: '', station: '', also: [] };
  if (task === undefined || task.status === 'rejected') return none;
  if (task.status === 'open') return { ...none, state: 'due', since: task.createdAt };
  const elsewhere = (one: RecordedCall) => ({
    ...one,
    station: one.station === bench.station.code ? '' : one.station,
  });
  const [first, ...also] = callsOf(task).map(elsewhere);
  return { ...none, ...first, state: 'done', since: task.createdAt, also };
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
      ...(await resultRow(bench, result, specimen, patient, (await boardOf(bench)).openFor)),
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

export const resultsQueryHandlers: QueryHandlers<
  'worklist.list' | 'results.list' | 'results.counts' | 'results.detail' | 'results.plan'
> = {
  'worklist.list': {
    topics: ['specimens', 'results', 'tasks', 'patients', 'orders', 'channel:mapping'],
    run: async ({ bench, at }, { filter, instrumentId }) => {
      const board = await boardOf(bench);
      const today = startOfLocalDay(bench.station.timeZone, new Date(at));
      const list = worklistRows(bench, board, at);
      const rows: WorklistRow[] = [];
      for (const id of board.received(MOST_ROWS, benchSince(new Date(at)))) {
        const row = list.kept(id) ?? (await list.row(id));
        if (row === undefined) continue;
        if (filter === 'waiting' && row.waiting === 0) continue;
        if (filter === 'measured' && row.measured === 0) continue;
        if (filter === 'all' && row.waiting === 0 && row.measured === 0 && row.receivedTime < today) continue;
        if (instrumentId !== '' && !row.instruments.includes(instrumentId)) continue;
        rows.push(row);
      }
      const stat = (row: WorklistRow) => (row.priority === 'stat' ? 0 : 1);
      const arrival = (a: WorklistRow, b: WorklistRow) =>
        a.receivedTime < b.receivedTime ? -1 : a.receivedTime > b.receivedTime ? 1 : 0;
      return rows.sort((a, b) => stat(a) - stat(b) || arrival(a, b));
    },
  },

  'results.list': {
    topics: ['results', 'specimens', 'patients', 'tasks', 'channel:trends'],
    run: async ({ bench, at }, { filter }) => {
      const board = await boardOf(bench);
      const results = await filtered(board, filter, startOfLocalDay(bench.station.timeZone, new Date(at)));
      const open = board.openFor;
      const row = async (result: ResultDoc, trended: boolean) => {
        const specimen = await board.doc('specimens', result.specimenId);
        const patient = await board.doc('patients', result.patientId);
        return resultRow(bench, result, specimen, patient, open, trended);
      };
      // Most rows are as they were, and what they are made of is in memory: waiting for each would cost more than the row.
      const known = (result: ResultDoc) => {
        const specimen = board.known('specimens', result.specimenId);
        const patient = board.known('patients', result.patientId);
        return specimen === undefined || patient === undefined
          ? undefined
          : madeRow(bench, result, specimen, patient, open, false);
      };
      const rows: ResultRow[] = [];
      for (const result of results) rows.push(known(result) ?? (await row(result, false)));
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
      const board = await boardOf(bench);
      const today = startOfLocalDay(bench.station.timeZone, new Date(at));
      const held = board.count('held');
      const ready = board.count('ready');
      const blocked = board.count('blocked');
      const released = board.count('released', today);
      const toDecide = held + ready + blocked;
      const all = toDecide + released + board.count('rejected', today);
      const row: ResultCountsRow = { id: 'counts', toDecide, held, ready, blocked, released, all };
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
    topics: ['results', 'specimens', 'tasks', 'channel:claims'],
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
