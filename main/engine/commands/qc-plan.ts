import { breaksIn, pointLimit, runsIn } from '../../../shared/domain/qc/plots.ts';
import type { CommandName } from '../../../shared/ipc/contract.ts';
import { person } from '../bench.ts';
import { refuse } from '../faults.ts';
import { localDay } from '../local-time.ts';
import { qcDriftPdf } from '../output/qc-drift-pdf.ts';
import { qcHistogramPdf } from '../output/qc-histogram-pdf.ts';
import { qcChartPdf } from '../output/qc-report-pdf.ts';
import { qcYoudenPdf } from '../output/qc-youden-pdf.ts';
import { peerRows } from '../qc/peer.ts';
import { changePlan, tryPlan } from '../qc/plan-change.ts';
import { reportFacts } from '../qc/report-facts.ts';
import { reviewedTest } from '../qc/review.ts';
import { chartOf } from '../queries/qc.ts';
import type { Handlers } from './handler.ts';

type Names = Extract<CommandName, 'qc.plan.set' | 'qc.plan.try' | 'qc.chart.pdf' | 'qc.plot.pdf'>;

const DAY_MS = 86_400_000;

export const qcPlanHandlers: Handlers<Names> = {
  'qc.plan.set': async (call, given) => {
    const { bench, at, context } = call;
    checkPlace(given);
    const who = person(call);
    const change = await bench.store.write({ ...context, reason: given.reason }, (unit) =>
      changePlan(bench, unit, at, who, given),
    );
    return { changeId: change.id };
  },

  'qc.plan.try': ({ bench, at }, given) => {
    checkPlace(given);
    return tryPlan(bench, at, given);
  },

  'qc.chart.pdf': async (call, { instrumentId, testCode, days }) => {
    const { bench, at } = call;
    const to = new Date(Date.parse(at) + 1).toISOString();
    const from = days === null ? '' : new Date(Date.parse(at) - days * DAY_MS).toISOString();
    const test = await reviewedTest(bench, bench.store, instrumentId, testCode, { from, to });
    const zone = bench.station.timeZone;
    const day = (instant: string) => localDay(zone, new Date(instant));
    const first = test.points[0]?.at ?? at;
    const shown = { firstDay: day(days === null ? first : from), lastDay: day(at) };
    const facts = await reportFacts(call, { instrumentId, testCode, ...shown });
    const pdf = qcChartPdf(test, { ...facts, signature: null });
    return {
      pdf: Buffer.from(pdf).toString('base64'),
      name: `chart-${instrumentId}-${testCode}-${shown.firstDay}-${shown.lastDay}.pdf`,
    };
  },

  'qc.plot.pdf': async (call, { instrumentId, testCode, view, days, levels }) => {
    const { bench, at } = call;
    const chart = await chartOf(bench, at, { instrumentId, testCode, limit: pointLimit(days) });
    const runs = runsIn(chart.points, days);
    const day = (instant: string) => localDay(bench.station.timeZone, new Date(instant));
    const shown = { firstDay: day(runs[0]?.at ?? at), lastDay: day(runs.at(-1)?.at ?? at) };
    const facts = await reportFacts(call, { instrumentId, testCode, ...shown });
    const source = {
      ...{ testCode, chart, runs, whole: runsIn(chart.points, null) },
      breaks: breaksIn(runs, chart.events),
      peers: view === 'histogram' ? await peerRows(bench, instrumentId) : [],
    };
    const pdf =
      view === 'drift'
        ? qcDriftPdf(source, facts)
        : view === 'youden'
          ? qcYoudenPdf(source, levels, facts)
          : qcHistogramPdf(source, facts);
    return {
      pdf: Buffer.from(pdf).toString('base64'),
      name: `${view}-${instrumentId}-${testCode}-${shown.firstDay}-${shown.lastDay}.pdf`,
    };
  },
};

/** A test on an instrument belongs to a test; what holds for all has a plan. */
function checkPlace({
  testCode,
  instrumentId,
  plan,
}: {
  testCode: string;
  instrumentId: string;
  plan: unknown;
}) {
  if (testCode !== '' || (instrumentId === '' && plan !== null)) return;
  throw refuse(
    'qc.noPlan',
    'This is not a place that can have a plan of its own, or it has to have one.',
    'Choose a test, or set the plan of all tests.',
  );
}
