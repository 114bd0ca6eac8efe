import type { ControlDoc, LotDoc, ResultDoc, TaskDoc } from '../../../shared/documents/index.ts';
import { formatAccession } from '../../../shared/domain/accession-number.ts';
import { EXPIRED } from '../../../shared/domain/qc/fit.ts';
import { lookBackWindow, shiftsOf } from '../../../shared/domain/qc/look-back.ts';
import { planOf } from '../../../shared/domain/qc/plan.ts';
import { windowTime } from '../../../shared/domain/qc/run.ts';
import { sigmaMetric, suggestRules } from '../../../shared/domain/qc/sigma.ts';
import type { QueryName } from '../../../shared/ipc/contract.ts';
import type {
  QcChartRow,
  QcLevelCell,
  QcLookBackRow,
  QcLotRow,
  QcPointRow,
  QcRepeat,
  QcStateRow,
} from '../../../shared/ipc/qc.ts';
import type { Bench } from '../bench.ts';
import { qcBoardOf, type Standing } from '../qc/board.ts';
import { eventsOf } from '../qc/events.ts';
import { gateOf, overrideOf } from '../qc/gate.ts';
import { earlierControls } from '../qc/judge.ts';
import { usableUntil } from '../qc/lots.ts';
import { peerRows } from '../qc/peer.ts';
import { namesOfPeople } from '../qc/people.ts';
import { qcPlan } from '../qc/plan.ts';
import { comparisonOf, repeatsOf, rerunsOf } from '../qc/repeats.ts';
import { reviewedPeriod, reviewHash, signOffsOf } from '../qc/review.ts';
import { blockedCounts } from '../qc/waiting.ts';
import { rerunTask } from '../results/release.ts';
import type { QueryHandlers } from './handler.ts';
import { qcPlanQueryHandlers } from './qc-plan.ts';
import { ageOn, nameOf, placeOf, sexLetter } from './rows.ts';

/** Controls read to find the last good one before a reject. */
const LOOK_BACK_CONTROLS = 400;

const order: Record<QcStateRow['state'], number> = {
  rejected: 0,
  overdue: 1,
  notEvaluable: 2,
  warning: 3,
  in: 4,
  none: 5,
};

/** A control measured past its date proves nothing, whatever the rules say of it. */
function cellState(last: ControlDoc | undefined, hits: ControlDoc['hits']): QcLevelCell['state'] {
  if (last === undefined || last.state === 'excluded') return 'none';
  if (hits.some((hit) => hit.action === 'reject')) return 'rejected';
  const unfit = last.because.some((one) => one.rule === EXPIRED);
  return unfit && last.state !== 'rejected' ? 'notEvaluated' : last.state;
}

function cellOf(
  lot: LotDoc,
  last: ControlDoc | undefined,
  hits: ControlDoc['hits'],
  dueTime: string,
): QcLevelCell {
  const at = last === undefined ? '' : last.effectiveTime;
  return {
    lotId: lot.id,
    controlId: last?.id ?? '',
    level: `${lot.material} ${lot.level}`,
    state: cellState(last, hits),
    z: last?.z ?? null,
    text: last === undefined ? '' : `${last.value.text} ${last.value.unit}`.trim(),
    rules: [...new Set(hits.map((hit) => hit.rule))],
    at,
    dueTime,
  };
}

async function stateRow(
  bench: Bench,
  { instrumentId, instrumentName, testCode, gate, controls }: Standing,
  waiting: (key: string) => number,
  at: string,
): Promise<QcStateRow> {
  const test = bench.catalog.test(testCode);
  const override = await overrideOf(bench.store, instrumentId, testCode);
  const required = bench.qcLots.required(testCode, instrumentId, at);
  const lastOf = (lot: LotDoc) => controls.findLast((one) => one.lotId === lot.id && one.excluded === null);
  const hits = hitsInRun(controls);
  const cell = (lot: LotDoc): QcLevelCell => {
    const last = lastOf(lot);
    const due = gate.because.find((one) => one.inputs.level === `${lot.material} ${lot.level}`);
    return cellOf(
      lot,
      last,
      last === undefined ? [] : (hits.get(last.id) ?? last.hits),
      String(due?.inputs.due ?? ''),
    );
  };
  const id = `${instrumentId} ${testCode}`;
  return {
    id,
    instrumentId,
    instrumentName,
    testCode,
    testName: test?.name ?? testCode,
    unit: test?.unit ?? '',
    state: gate.state,
    blocks: gate.blocks,
    text: gate.text,
    levels: required.map(({ lot }) => cell(lot)),
    waiting: waiting(id),
    override: override !== null && override.until > at ? override : null,
    needsAction: required.some(({ lot }) => {
      const last = lastOf(lot);
      if (last?.state !== 'rejected') return false;
      // One action is for the whole run, at whichever of its levels it was written.
      const run = controls.filter((one) => one.runId === last.runId);
      return !run.some((one) => one.reviews.some((review) => review.kind === 'action'));
    }),
  };
}

/** Hits by the id of each point that made them fire in the run where they fired: a point is rejected with its run (W3, W4). */
function hitsInRun(controls: readonly ControlDoc[]): Map<string, ControlDoc['hits']> {
  const runOf = new Map(controls.map((one) => [one.id, one.runId]));
  const found = new Map<string, ControlDoc['hits']>();
  for (const control of controls) {
    for (const hit of control.hits)
      for (const { id } of hit.points)
        if (runOf.get(id) === control.runId) found.set(id, [...(found.get(id) ?? []), hit]);
  }
  return found;
}

function pointRow(
  bench: Bench,
  control: ControlDoc,
  hits: ControlDoc['hits'],
  nameOfPerson: (id: string) => string,
): QcPointRow {
  const rejected = control.excluded === null && hits.some((hit) => hit.action === 'reject');
  return {
    id: control.id,
    runId: control.runId,
    lotId: control.lotId,
    lot: control.lot,
    level: control.level,
    at: control.effectiveTime,
    text: control.value.text,
    z: control.z,
    state: rejected ? 'rejected' : control.state,
    mean: control.target?.mean ?? '',
    sd: control.target?.sd ?? '',
    hits: control.excluded === null ? hits : [],
    because: control.because.map(({ rule, outcome, text }) => ({ rule, outcome, text })),
    excluded:
      control.excluded === null ? null : { ...control.excluded, by: nameOfPerson(control.excluded.by) },
    reviews: control.reviews.map((one) => ({ ...one, by: nameOfPerson(one.by) })),
    operator: control.operator,
    syncState: placeOf(bench, control),
  };
}

/** Sigma of the levels in use, from their own points: bias against the target is not known here, so it is taken as zero and said so. */
function sigmaOf(controls: readonly ControlDoc[], totalErrorAllowed: number | null): QcChartRow['sigma'] {
  if (totalErrorAllowed === null) return null;
  const newest = controls.findLast((one) => one.target !== null && one.excluded === null);
  const own = controls.filter(
    (one) => one.lotId === newest?.lotId && one.excluded === null && one.value.number !== undefined,
  );
  if (newest === undefined || own.length < 20) return null;
  const values = own.map((one) => one.value.number ?? 0);
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  const sd = Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (values.length - 1));
  const target = Number(newest.target?.mean ?? 0);
  const bias = target === 0 ? 0 : ((mean - target) / target) * 100;
  const metric =
    mean === 0 ? null : sigmaMetric({ totalErrorAllowed, bias, cv: (sd / Math.abs(mean)) * 100 });
  return metric === null ? null : { metric, text: suggestRules(metric, 2).text };
}

function lotRow(bench: Bench, lot: LotDoc, at: string, nameOfPerson: (id: string) => string): QcLotRow {
  const until = usableUntil(lot);
  const lines = bench.instruments.lines();
  return {
    id: lot.id,
    material: lot.material,
    manufacturer: lot.manufacturer,
    lot: lot.lot,
    level: lot.level,
    expiresOn: lot.expiresOn,
    openedTime: lot.openedTime,
    openStabilityHours: lot.openStabilityHours,
    usableUntil: until,
    expired: until !== '' && until < at,
    sentAs: lot.sentAs,
    state: lot.state,
    targets: lot.targets.map((target) => ({
      ...target,
      testName: bench.catalog.test(target.testCode)?.name ?? target.testCode,
      instrumentName: lines.find((line) => line.id === target.instrumentId)?.name ?? target.instrumentId,
      setBy: nameOfPerson(target.setBy),
      approvedBy: target.approvedBy === '' ? '' : nameOfPerson(target.approvedBy),
    })),
  };
}

/** The newest repeat that waits with a rerun's task, beside the released result; null while none has arrived. */
async function repeatRow(bench: Bench, released: ResultDoc, task: TaskDoc): Promise<QcRepeat | null> {
  const repeat = repeatsOf(task).at(-1);
  if (repeat === undefined) return null;
  const { text, unit } = repeat.value;
  return { taskId: task.id, text, unit, at: repeat.at, ...(await comparisonOf(bench, released, repeat)) };
}

/** What was decided about the newest repeat of a result that somebody decided on; '' without one. */
async function decidedOf(bench: Bench, resultId: string): Promise<string> {
  const ended = (await rerunsOf(bench.store, resultId)).filter(
    (one) => one.status !== 'open' && repeatsOf(one).length > 0,
  );
  const last = ended.sort((a, b) => (a.resolvedAt < b.resolvedAt ? -1 : 1)).at(-1);
  return last?.resolution ?? '';
}

/** {@link lookBackWindow} by the clock that patient results are posted by; of controls that came late, by when they were measured. */
function doubtful(controls: readonly ControlDoc[]): QcChartRow['lookBack'] {
  const window = lookBackWindow(
    controls.map((one) => ({ ...one, postedTime: windowTime(one.effectiveTime, one.postedTime) })),
  );
  if (window === null) return null;
  const points = controls.map((one) => ({
    ...one,
    mean: one.target?.mean ?? '',
    sd: one.target?.sd ?? '',
    rejecting: one.hits
      .filter((hit) => hit.action === 'reject')
      .flatMap((hit) => hit.points.map((point) => point.id)),
  }));
  return { ...window, shifts: shiftsOf(points, window.runId) };
}

/** Patient results of a test on an instrument that its newest reject puts in doubt (W13), newest first. */
async function lookBack(
  bench: Bench,
  at: string,
  instrumentId: string,
  testCode: string,
): Promise<QcLookBackRow[]> {
  const controls = await earlierControls(bench.store, instrumentId, testCode, LOOK_BACK_CONTROLS);
  const window = doubtful(controls);
  if (window === null) return [];
  const results = await bench.store.find('results', {
    selector: { postedTime: { $gte: window.from } },
    sort: [{ postedTime: 'desc' }],
    limit: 5_000,
  });
  const mine = results.filter(
    (one) =>
      one.current &&
      one.testCode === testCode &&
      one.instrumentId === instrumentId &&
      (window.to === '' || one.postedTime <= window.to),
  );
  const rows: QcLookBackRow[] = [];
  for (const result of mine) {
    const patient = await bench.store.get('patients', result.patientId);
    const task = await rerunTask(bench.store, result.id);
    rows.push({
      id: result.id,
      resultId: result.id,
      accessionDisplay: formatAccession(result.accessionIdentifier),
      patientName: patient === undefined ? '' : nameOf(patient),
      sex: patient === undefined ? '' : sexLetter(patient.sex),
      age: patient === undefined ? '' : ageOn(patient, at),
      text: result.value.text,
      unit: result.value.unit,
      interpretation: result.interpretation,
      postedTime: result.postedTime,
      verdict: result.verdict,
      afterReject: result.postedTime >= window.rejectedAt,
      rerun: task !== undefined,
      repeat: task === undefined ? null : await repeatRow(bench, result, task),
      decided: await decidedOf(bench, result.id),
    });
  }
  return rows;
}

/** The newest controls of a test on an instrument with everything a chart shows of them. */
export async function chartOf(
  bench: Bench,
  at: string,
  { instrumentId, testCode, limit }: { instrumentId: string; testCode: string; limit: number },
): Promise<QcChartRow> {
  const test = bench.catalog.test(testCode);
  const line = bench.instruments.lines().find((one) => one.id === instrumentId);
  const controls = await earlierControls(bench.store, instrumentId, testCode, limit);
  const gate = await gateOf(bench.store, bench.qcLots, instrumentId, testCode, at);
  const nameOfPerson = await namesOfPeople(bench.store);
  const plan = planOf(await qcPlan(bench.store), testCode, instrumentId);
  const events = await eventsOf(bench.store, instrumentId);
  const hits = hitsInRun(controls);
  return {
    id: `${instrumentId} ${testCode}`,
    instrumentName: line?.name ?? instrumentId,
    testName: test?.name ?? testCode,
    unit: test?.unit ?? '',
    state: gate.state,
    text: gate.text,
    levels: [...new Set(controls.map((one) => one.level).filter((one) => one !== ''))].sort(),
    points: controls.map((one) => pointRow(bench, one, hits.get(one.id) ?? one.hits, nameOfPerson)),
    events: events.map((one) => ({ ...one, by: nameOfPerson(one.by) })),
    total: await bench.store.count('controls', {
      selector: { instrumentId: { $eq: instrumentId }, testCode: { $eq: testCode } },
    }),
    sigma: sigmaOf(controls, plan.totalErrorAllowed),
    rules: Object.entries(plan.rules).map(([rule, use]) => ({ rule, action: use.action })),
    lookBack: doubtful(controls.slice(-LOOK_BACK_CONTROLS)),
  };
}

export const qcQueryHandlers: QueryHandlers<Extract<QueryName, `qc.${string}`>> = {
  ...qcPlanQueryHandlers,
  'qc.state': {
    topics: ['controls', 'lots', 'settings', 'results', 'catalog', 'channel:lines', 'channel:minute'],
    run: async ({ bench, at }) => {
      const waiting = await blockedCounts(bench);
      const rows: QcStateRow[] = [];
      for (const standing of await qcBoardOf(bench).standings(at))
        rows.push(await stateRow(bench, standing, waiting, at));
      return rows.sort(
        (a, b) =>
          order[a.state] - order[b.state] ||
          a.instrumentName.localeCompare(b.instrumentName) ||
          a.testName.localeCompare(b.testName),
      );
    },
  },
  'qc.chart': {
    topics: ['controls', 'lots', 'settings', 'people', 'channel:minute'],
    run: async ({ bench, at }, args) => [await chartOf(bench, at, args)],
  },
  'qc.lots': {
    topics: ['lots', 'catalog', 'people', 'channel:minute'],
    run: async ({ bench, at }) => {
      const nameOfPerson = await namesOfPeople(bench.store);
      return bench.qcLots.all().map((lot) => lotRow(bench, lot, at, nameOfPerson));
    },
  },
  'qc.peer': {
    topics: ['controls', 'lots', 'settings', 'catalog'],
    run: ({ bench }, { instrumentId }) => peerRows(bench, instrumentId),
  },
  'qc.signOffs': {
    topics: ['controls', 'settings'],
    run: async ({ bench }, { instrumentId }) => {
      const all = await signOffsOf(bench.store, instrumentId);
      const hashes = new Map<string, string>();
      for (const { period } of all) {
        if (hashes.has(period)) continue;
        const tests = await reviewedPeriod(bench, bench.store, instrumentId, period);
        // Signed at another station, it is bound to the analyser's id there.
        for (const id of new Set(all.map((one) => one.instrumentId)))
          hashes.set(`${id} ${period}`, reviewHash(id, period, tests));
        hashes.set(period, '');
      }
      return all
        .map(({ by: _, name, hash, period, ...rest }) => ({
          ...{
            id: `${period} ${rest.at}`,
            period,
            by: name,
            hash,
            holds: hashes.get(`${rest.instrumentId} ${period}`) === hash,
          },
          ...rest,
        }))
        .reverse();
    },
  },
  'qc.lookBack': {
    topics: ['controls', 'results', 'tasks'],
    run: ({ bench, at }, { instrumentId, testCode }) => lookBack(bench, at, instrumentId, testCode),
  },
};
