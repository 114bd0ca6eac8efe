import { writeCsv } from '../../../shared/domain/qc/csv.ts';
import type { CommandName } from '../../../shared/ipc/contract.ts';
import { person } from '../bench.ts';
import { refuse } from '../faults.ts';
import { localDay } from '../local-time.ts';
import { qcReportPdf } from '../output/qc-report-pdf.ts';
import { importCsv } from '../qc/import.ts';
import { sharePerson } from '../qc/people.ts';
import { controlsBetween, daysOf, periodOf, testsOf } from '../qc/period.ts';
import { instrumentOf, reportFacts } from '../qc/report-facts.ts';
import {
  addSignOff,
  reviewedPeriod,
  reviewedTest,
  reviewHash,
  signOffsOf,
  withoutAction,
} from '../qc/review.ts';
import { authenticate } from './access.ts';
import type { Handlers } from './handler.ts';

/** Columns of exported points; the first seven are those of an import. */
const EXPORT = [
  ...['instrument', 'test', 'material', 'lot', 'level', 'value', 'time'],
  ...['unit', 'mean', 'sd', 'z', 'state', 'rules', 'excluded', 'operator'],
];

/** What a signature under a month or week says. */
const MEANING = 'Reviewed the controls of this period';

type Names = Extract<CommandName, 'qc.import' | 'qc.export' | 'qc.signOff' | 'qc.report.pdf'>;

export const qcFileHandlers: Handlers<Names> = {
  'qc.import': (call, args) => importCsv(call, args),

  'qc.export': async (call, { instrumentId, testCode, from, to }) => {
    const { bench } = call;
    const line = instrumentOf(call, instrumentId);
    if (from > to)
      throw refuse('qc.noDays', 'The first day lies after the last.', 'Turn the two days around.');
    const days = daysOf(from, to, bench.station.timeZone);
    const rows: Record<string, string | number>[] = [];
    for (const code of testCode === null ? testsOf(bench, instrumentId) : [testCode]) {
      for (const one of await controlsBetween(bench.store, instrumentId, code, days.from, days.to)) {
        const lot = bench.qcLots.byId(one.lotId);
        rows.push({
          ...{ instrument: line.id, test: code, lot: one.lot },
          material: lot?.material ?? one.material,
          level: lot?.level ?? one.level,
          value: one.value.text.trim(),
          time: one.effectiveTime,
          unit: one.value.unit,
          mean: one.target?.mean ?? '',
          sd: one.target?.sd ?? '',
          z: one.z === null ? '' : one.z.toFixed(2),
          state: one.state,
          rules: [...new Set(one.hits.map((hit) => hit.rule))].join(' '),
          excluded: one.excluded?.reason ?? '',
          operator: one.operator,
        });
      }
    }
    const name = `controls-${line.id}-${testCode ?? 'all'}-${from}-${to}.csv`;
    return { csv: writeCsv(EXPORT, rows), name, points: rows.length };
  },

  'qc.signOff': async (call, { instrumentId, period, comment, pin }) => {
    const { bench, at, context } = call;
    const who = person(call);
    instrumentOf(call, instrumentId);
    const { lastDay } = periodOf(period, bench.station.timeZone);
    if (lastDay >= localDay(bench.station.timeZone, new Date(at))) {
      throw refuse(
        'qc.periodOpen',
        `The period ${period} has not ended.`,
        'Sign it on the day after its last one: what is measured until then belongs to it.',
      );
    }
    await authenticate(call, who, { pin });
    return bench.store.write({ ...context, reason: `${MEANING}: ${period}` }, async (unit) => {
      const tests = await reviewedPeriod(bench, unit, instrumentId, period);
      const open = tests.flatMap((test) => withoutAction(test).map(() => test.testCode));
      if (open.length > 0) {
        throw refuse(
          'qc.actionMissing',
          `${open.length} rejected controls have no corrective action: ${[...new Set(open)].join(', ')}.`,
          'Write down what was done about each of them, then sign.',
        );
      }
      if (tests.length === 0)
        throw refuse('qc.nothingToSign', `Nothing was measured in ${period}.`, 'Choose another period.');
      const hash = reviewHash(instrumentId, period, tests);
      const signed = {
        instrumentId,
        period,
        by: who.id,
        name: who.name,
        at,
        meaning: MEANING,
        comment,
        hash,
      };
      await addSignOff(unit, at, signed);
      await sharePerson(unit, at, bench.station.code, who);
      return { hash };
    });
  },

  'qc.report.pdf': async (call, { instrumentId, testCode, period }) => {
    const { bench } = call;
    const line = instrumentOf(call, instrumentId);
    const test = await reviewedTest(bench, bench.store, instrumentId, testCode, period);
    const whole = await reviewedPeriod(bench, bench.store, instrumentId, period);
    const signOff = (await signOffsOf(bench.store, instrumentId)).findLast((one) => one.period === period);
    const { firstDay, lastDay } = periodOf(period, bench.station.timeZone);
    const facts = await reportFacts(call, { instrumentId, testCode, firstDay, lastDay });
    const pdf = qcReportPdf(test, {
      ...facts,
      signature:
        signOff === undefined
          ? null
          : {
              ...signOff,
              at: facts.time(signOff.at),
              holds: signOff.hash === reviewHash(signOff.instrumentId, period, whole),
            },
    });
    return { pdf: Buffer.from(pdf).toString('base64'), name: `qc-${line.id}-${testCode}-${period}.pdf` };
  },
};
