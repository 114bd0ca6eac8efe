import type { ControlDoc } from '../../../shared/documents/control.ts';
import { ownPlan, type PlanPlace, planOf } from '../../../shared/domain/qc/plan.ts';
import { performanceOf, statisticsOf } from '../../../shared/domain/qc/statistics.ts';
import type { QueryName } from '../../../shared/ipc/contract.ts';
import type { QcMonthPoint, QcMonthRow, QcPlanRow } from '../../../shared/ipc/qc-plan.ts';
import type { Bench } from '../bench.ts';
import { earlierControls } from '../qc/judge.ts';
import { namesOfPeople } from '../qc/people.ts';
import { planChanges, qcPlan } from '../qc/plan.ts';
import { pairsOf } from '../qc/plan-change.ts';
import { type ReviewedPoint, type ReviewedTest, reviewedPeriod, withoutAction } from '../qc/review.ts';
import type { QueryHandlers } from './handler.ts';

/** Points of a lot that are looked at for its bias and CV, and how many it takes at least. */
const FIGURES = 120;
const LEAST = 20;

/** Bias and CV of the newest lot's own points on an instrument; null below {@link LEAST}. */
async function foundOf(bench: Bench, instrumentId: string, testCode: string): Promise<QcPlanRow['found']> {
  const controls = await earlierControls(bench.store, instrumentId, testCode, FIGURES);
  const counts = (one: ControlDoc) =>
    one.excluded === null &&
    one.target !== null &&
    one.value.number !== undefined &&
    one.value.comparator === undefined;
  const newest = controls.findLast(counts);
  if (newest === undefined) return null;
  const own = controls.filter((one) => one.lotId === newest.lotId && counts(one));
  if (own.length < LEAST) return null;
  const figures = statisticsOf(own.map((one) => one.value.number ?? 0));
  const { bias } = performanceOf(figures, Number(newest.target?.mean ?? 0), null);
  return { n: figures.n, bias, cv: figures.cv, lot: `${newest.level}, ${newest.lot}` };
}

async function planRows(bench: Bench): Promise<QcPlanRow[]> {
  const plan = await qcPlan(bench.store);
  const changes = await planChanges(bench.store);
  const lines = new Map(bench.instruments.lines().map((line) => [line.id, line]));
  const pairs = pairsOf(bench, { testCode: '', instrumentId: '' }).filter(({ instrumentId, testCode }) => {
    const used = bench.qcLots
      .all()
      .some((lot) =>
        lot.targets.some(
          (one) =>
            one.testCode === testCode && (one.instrumentId === '' || one.instrumentId === instrumentId),
        ),
      );
    return used || ownPlan(plan, { testCode, instrumentId }) !== null;
  });
  const tests = [...new Set([...Object.keys(plan.tests), ...pairs.map((one) => one.testCode)])];
  const places: PlanPlace[] = [
    { testCode: '', instrumentId: '' },
    ...tests.map((testCode) => ({ testCode, instrumentId: '' })),
    ...pairs,
  ];
  const rows: QcPlanRow[] = [];
  for (const place of places) {
    const { testCode, instrumentId } = place;
    const device = instrumentId === '' ? undefined : await bench.store.get('instruments', instrumentId);
    rows.push({
      id: `${testCode} ${instrumentId}`,
      ...place,
      testName: testCode === '' ? '' : (bench.catalog.test(testCode)?.name ?? testCode),
      instrumentName: lines.get(instrumentId)?.name ?? instrumentId,
      method: device === undefined ? '' : [device.manufacturer, device.model].filter(Boolean).join(' '),
      plan: planOf(plan, testCode, instrumentId),
      own: testCode === '' || ownPlan(plan, place) !== null,
      found: instrumentId === '' ? null : await foundOf(bench, instrumentId, testCode),
      changes: changes
        .filter((one) => one.testCode === testCode && one.instrumentId === instrumentId)
        .map(({ id, at, byName, reason, before, after }) => ({ id, at, by: byName, reason, before, after }))
        .reverse(),
    });
  }
  // All first; each test, then its instruments.
  return rows.sort(
    (a, b) => a.testName.localeCompare(b.testName) || a.instrumentName.localeCompare(b.instrumentName),
  );
}

function monthPoint(
  point: ReviewedPoint,
  open: ReadonlySet<ReviewedPoint>,
  nameOf: (id: string) => string,
): QcMonthPoint {
  const { excluded, reviews } = point;
  return {
    ...{ id: point.id, at: point.at, level: point.level, text: point.text, z: point.z },
    ...{ rules: point.rules, marks: point.marks },
    excluded: excluded === null ? null : { ...excluded, by: nameOf(excluded.by) },
    actions: reviews.map((one) => ({ ...one, by: nameOf(one.by) })),
    open: open.has(point),
  };
}

function monthRow(bench: Bench, test: ReviewedTest, nameOf: (id: string) => string): QcMonthRow {
  const { testCode, points } = test;
  const open = new Set(withoutAction(test));
  return {
    id: testCode,
    testCode,
    testName: bench.catalog.test(testCode)?.name ?? testCode,
    unit: test.unit,
    points: points.length,
    totalErrorAllowed: test.totalErrorAllowed,
    lots: test.lots.map(({ lotId, material, level, lot, target, own, bias, sigma }) => ({
      ...{ lotId, level: `${material} ${level}`, lot, target, ...own, bias, sigma },
    })),
    rejected: points.filter((one) => one.state === 'rejected').map((one) => monthPoint(one, open, nameOf)),
    excluded: points.filter((one) => one.excluded !== null).map((one) => monthPoint(one, open, nameOf)),
    warnings: points.filter((one) => one.state === 'warning').length,
    overrides: test.overrides,
  };
}

export const qcPlanQueryHandlers: QueryHandlers<Extract<QueryName, 'qc.plan' | 'qc.month'>> = {
  'qc.plan': {
    // The figures found from points may be a minute old: a run of controls does not make them all anew with every point.
    topics: ['settings', 'lots', 'catalog', 'channel:lines', 'channel:minute'],
    run: ({ bench }) => planRows(bench),
  },
  'qc.month': {
    topics: ['settings', 'lots', 'catalog', 'controls', 'people'],
    run: async ({ bench }, { instrumentId, period }) => {
      const nameOf = await namesOfPeople(bench.store);
      const tests = await reviewedPeriod(bench, bench.store, instrumentId, period);
      return tests
        .map((test) => monthRow(bench, test, nameOf))
        .sort((a, b) => a.testName.localeCompare(b.testName));
    },
  },
};
