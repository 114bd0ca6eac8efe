/** Quality indicators (C6, CAP GEN.20316): asked for a period, read by indexes in pieces, so that the bench goes on meanwhile. */
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import type { CollectionName, DocOf } from '../../../shared/documents/index.ts';
import type { ReportDoc } from '../../../shared/documents/report.ts';
import type { SpecimenDoc } from '../../../shared/documents/specimen.ts';
import type { TaskDoc } from '../../../shared/documents/task.ts';
import { formatAccession } from '../../../shared/domain/accession-number.ts';
import {
  byReason,
  criticalCalls,
  type Interval,
  minutesOf,
  type Share,
  shareOf,
  spreadOf,
} from '../../../shared/domain/indicators.ts';
import {
  INDICATOR_CASES,
  type IndicatorCaseRow,
  type IndicatorName,
  type IndicatorRow,
} from '../../../shared/ipc/indicators.ts';
import type { Bench } from '../bench.ts';
import { daysOf, type Period } from '../qc/period.ts';
import { callWithinOf } from '../settings.ts';
import type { Find, Store } from '../store/store.ts';
import type { QueryHandlers } from './handler.ts';
import { nameOf } from './rows.ts';

/** Documents read at once, before the engine does what else waits. */
const PIECE = 1_000;
/** Reasons of v2-0490 that say whose specimen it is was not told, or told wrongly. */
const MISLABELLED: ReadonlySet<string> = new Set(['RA', 'RE', 'RI', 'RM', 'RS']);
const PRIORITIES = ['stat', 'asap', 'urgent', 'routine'] as const;
const ORDER_STATES = ['draft', 'active', 'on-hold', 'completed', 'revoked', 'entered-in-error'] as const;
const CANCELLED = ['revoked', 'entered-in-error'] as const;

/** Documents with a text of an index between two instants (half open), in pieces. `equal`: the fields that stand before it in the index. */
async function* pieces<C extends CollectionName>(
  store: Store,
  collection: C,
  field: string,
  { from, to }: Pick<Period, 'from' | 'to'>,
  equal: Record<string, string> = {},
): AsyncGenerator<DocOf<C>[]> {
  const fixed = Object.fromEntries(Object.entries(equal).map(([name, value]) => [name, { $eq: value }]));
  let since = from;
  let seen = new Set<string>();
  let limit = PIECE;
  for (;;) {
    const find: Find = {
      selector: { ...fixed, [field]: { $gte: since, $lt: to } },
      sort: [...Object.keys(equal), field].map((name) => ({ [name]: 'asc' as const })),
      limit,
    };
    const read = await store.find(collection, find);
    const fresh = read.filter((one) => !seen.has(one.id));
    if (fresh.length > 0) yield fresh;
    if (read.length < limit) return;
    const last = textOf(read.at(-1), field);
    // More of one instant than a piece holds: the next piece is larger.
    limit = last === since ? limit * 2 : PIECE;
    since = last;
    seen = new Set(read.filter((one) => textOf(one, field) === last).map((one) => one.id));
    await setImmediate();
  }
}

function textOf(doc: unknown, field: string): string {
  return String((doc as Record<string, unknown>)[field] ?? '');
}

async function gathered<T>(from: AsyncGenerator<T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const piece of from) all.push(...piece);
  return all;
}

/** Specimens that came in, or were refused, in the period. */
function specimensIn(bench: Bench, days: Period): Promise<SpecimenDoc[]> {
  return gathered(pieces(bench.store, 'specimens', 'receivedTime', days));
}

interface Timed {
  report: ReportDoc;
  specimen: SpecimenDoc;
}

/** Every specimen of a report's first version that was signed in the period; and all versions that were signed in it. */
async function issuedIn(bench: Bench, days: Period): Promise<{ reports: ReportDoc[]; timed: Timed[] }> {
  const reports: ReportDoc[] = [];
  const timed: Timed[] = [];
  for await (const piece of pieces(bench.store, 'reports', 'issuedTime', days)) {
    reports.push(...piece);
    const first = piece.filter((one) => one.version === 1);
    const ids = [...new Set(first.flatMap((one) => one.specimenIds))];
    const specimens = new Map(
      (await bench.store.getMany('specimens', ids)).map((specimen) => [specimen.id, specimen]),
    );
    for (const report of first)
      for (const id of report.specimenIds) {
        const specimen = specimens.get(id);
        if (specimen !== undefined && specimen.status !== 'rejected') timed.push({ report, specimen });
      }
  }
  return { reports, timed };
}

type Duration = 'collectedToIssued' | 'receivedToIssued';
const beginning: Record<Duration, 'collectedTime' | 'receivedTime'> = {
  collectedToIssued: 'collectedTime',
  receivedToIssued: 'receivedTime',
};

function intervalsOf(name: Duration, timed: readonly Timed[], priority: string): Interval[] {
  return timed
    .filter(({ report }) => priority === '' || report.priority === priority)
    .map(({ report, specimen }) => ({
      id: `${report.id} ${specimen.id}`,
      from: specimen[beginning[name]],
      to: report.issuedTime,
    }));
}

/** Critical values found in the period, with their calls. Ones that were withdrawn with their result are no calls. */
async function callsIn(bench: Bench, days: Period): Promise<TaskDoc[]> {
  const all: TaskDoc[] = [];
  for (const status of ['open', 'done'])
    all.push(
      ...(await gathered(pieces(bench.store, 'tasks', 'createdAt', days, { status, kind: 'criticalCall' }))),
    );
  return all;
}

function callCases(tasks: readonly TaskDoc[]) {
  return tasks.map((one) => ({
    id: one.id,
    foundTime: one.createdAt,
    calledTime: one.status === 'done' ? one.resolvedAt : '',
  }));
}

/** Orders of the period that were cancelled although a specimen of theirs had come in already, and how many orders there were. */
async function cancelledIn(bench: Bench, days: Period): Promise<{ all: number; cases: DocOf<'orders'>[] }> {
  let all = 0;
  for (const status of ORDER_STATES)
    all += await bench.store.count('orders', {
      selector: { status: { $eq: status }, authoredOn: { $gte: days.from, $lt: days.to } },
    });
  const cases: DocOf<'orders'>[] = [];
  for (const status of CANCELLED)
    for await (const piece of pieces(bench.store, 'orders', 'authoredOn', days, { status }))
      for (const order of piece) {
        const specimens = await bench.store.find('specimens', {
          selector: { requisition: { $eq: order.requisition } },
        });
        if (specimens.some((one) => one.receivedTime !== '' && one.orderIds.includes(order.id)))
          cases.push(order);
      }
  return { all, cases };
}

/** Rejected controls of the period, and how many controls there were. */
async function controlsIn(bench: Bench, days: Period): Promise<{ all: number; cases: DocOf<'controls'>[] }> {
  const all = await bench.store.count('controls', {
    selector: { postedTime: { $gte: days.from, $lt: days.to } },
  });
  return {
    all,
    cases: await gathered(pieces(bench.store, 'controls', 'postedTime', days, { state: 'rejected' })),
  };
}

const Overrides = z.array(
  z.object({
    instrumentId: z.string().default(''),
    testCode: z.string(),
    by: z.string(),
    at: z.string(),
    reason: z.string(),
  }),
);
const KEPT = /^qc\.overrides\.(.+)$/;

/** Releases in spite of a control that were decided in the period. The settings are few and read whole. */
async function overridesIn(bench: Bench, days: Period): Promise<z.infer<typeof Overrides>> {
  const settings = await bench.store.find('settings', { selector: {} });
  return settings
    .flatMap(({ id, value }) => {
      const named = KEPT.exec(id)?.[1];
      if (named === undefined) return [];
      const kept = Overrides.safeParse(value).data ?? [];
      return kept.map((one) => ({ ...one, instrumentId: one.instrumentId || named }));
    })
    .filter(({ at }) => at >= days.from && at < days.to)
    .sort((a, b) => (a.at < b.at ? 1 : -1));
}

function figure(name: IndicatorName, more: Partial<IndicatorRow> = {}): IndicatorRow {
  const detail = more.detail ?? '';
  return {
    ...{ id: `${name} ${detail}`.trim(), name, detail, measured: true, count: 0, all: 0, rate: null },
    ...{ spread: null, unknown: 0 },
    ...more,
  };
}

function share(name: IndicatorName, { all, cases, rate }: Share, detail = ''): IndicatorRow {
  return figure(name, { detail, count: cases.length, all, rate });
}

function counted(name: IndicatorName, count: number, all: number): IndicatorRow {
  return figure(name, { count, all, rate: all === 0 ? null : count / all });
}

function durations(name: Duration, timed: readonly Timed[]): IndicatorRow[] {
  const present = PRIORITIES.filter((one) => timed.some(({ report }) => report.priority === one));
  return ['', ...(present.length > 1 ? present : [])].map((detail) => {
    const { cases, unknown } = minutesOf(intervalsOf(name, timed, detail));
    const spread = spreadOf(cases.map((one) => one.minutes));
    return figure(name, { detail, count: spread.n, spread, unknown });
  });
}

/** The figures of a period of local days. @param callWithin limit of a critical call, minutes */
export async function indicatorFigures(
  bench: Bench,
  { from, to, callWithin }: { from: string; to: string; callWithin: number },
): Promise<IndicatorRow[]> {
  const days = daysOf(from, to, bench.station.timeZone);
  const specimens = await specimensIn(bench, days);
  const refused = (one: SpecimenDoc) => one.status === 'rejected';
  const reasons = byReason(specimens, (one) =>
    refused(one) ? { code: one.conditionCode, text: one.conditionText } : null,
  );
  const cancelled = await cancelledIn(bench, days);
  const { reports, timed } = await issuedIn(bench, days);
  const calls = criticalCalls(callCases(await callsIn(bench, days)), callWithin);
  const controls = await controlsIn(bench, days);
  return [
    share('rejected', shareOf(specimens, refused)),
    ...reasons.map((one) => share('rejectedFor', one, one.code)),
    share(
      'mislabelled',
      shareOf(specimens, (one) => refused(one) && MISLABELLED.has(one.conditionCode)),
    ),
    counted('cancelled', cancelled.cases.length, cancelled.all),
    ...durations('collectedToIssued', timed),
    ...durations('receivedToIssued', timed),
    share('callsInTime', calls.inTime),
    share('callsLate', calls.late),
    share('callsOpen', calls.open),
    share(
      'corrected',
      shareOf(reports, (one) => one.version > 1),
    ),
    counted('qcRejected', controls.cases.length, controls.all),
    figure('qcOverridden', { count: (await overridesIn(bench, days)).length }),
    figure('contaminated', { measured: false }),
  ];
}

type Case = Omit<IndicatorCaseRow, 'patientName'> & { patientId: string };

async function casesOf(
  bench: Bench,
  days: Period,
  { name, detail, callWithin }: { name: IndicatorName; detail: string; callWithin: number },
): Promise<Case[]> {
  if (name === 'rejected' || name === 'rejectedFor' || name === 'mislabelled') {
    const wanted = (one: SpecimenDoc) =>
      one.status === 'rejected' &&
      (name !== 'rejectedFor' || one.conditionCode === detail) &&
      (name !== 'mislabelled' || MISLABELLED.has(one.conditionCode));
    return (await specimensIn(bench, days)).filter(wanted).map((one) => ({
      ...{ id: one.id, at: one.receivedTime, what: formatAccession(one.accessionIdentifier) },
      ...{ patientId: one.patientId, minutes: null },
      text: [one.conditionCode, one.conditionText].filter(Boolean).join(' '),
      go: { screen: 'accession', target: one.requisition },
    }));
  }
  if (name === 'cancelled')
    return (await cancelledIn(bench, days)).cases.map((one) => ({
      ...{ id: one.id, at: one.authoredOn, what: one.requisition, patientId: one.patientId, minutes: null },
      text: [one.display, one.note].filter(Boolean).join(': '),
      go: { screen: 'accession', target: one.requisition },
    }));
  if (name === 'collectedToIssued' || name === 'receivedToIssued')
    return durationCases(bench, days, name, detail);
  if (name === 'callsInTime' || name === 'callsLate' || name === 'callsOpen') {
    const tasks = await callsIn(bench, days);
    const of = criticalCalls(callCases(tasks), callWithin);
    const wanted = new Set({ callsInTime: of.inTime, callsLate: of.late, callsOpen: of.open }[name].cases);
    return tasks
      .filter((one) => wanted.has(one.id))
      .map((one) => ({
        ...{ id: one.id, at: one.createdAt, what: formatAccession(one.sentSpecimen) },
        ...{ patientId: one.patientId, text: [one.summary, one.resolution].filter(Boolean).join('. ') },
        minutes:
          one.status === 'done' ? (Date.parse(one.resolvedAt) - Date.parse(one.createdAt)) / 60_000 : null,
        go: { screen: 'results', target: one.resultId },
      }));
  }
  if (name === 'corrected')
    return (await issuedIn(bench, days)).reports
      .filter((one) => one.version > 1)
      .map((one) => ({
        ...{ id: one.id, at: one.issuedTime, what: one.requisition, patientId: one.patientId, minutes: null },
        text: one.correctionReason,
        go: { screen: 'signout', target: one.requisition },
      }));
  if (name === 'qcRejected')
    return (await controlsIn(bench, days)).cases.map((one) => ({
      ...{
        id: one.id,
        at: one.effectiveTime,
        what: `${bench.catalog.test(one.testCode)?.name ?? one.testCode}, ${nameOfLine(bench, one.instrumentId)}`,
      },
      ...{ patientId: '', minutes: null },
      text: [one.level, ...new Set(one.hits.map((hit) => hit.rule))].join(' '),
      go: { screen: 'qc', target: `${one.instrumentId} ${one.testCode}` },
    }));
  if (name === 'qcOverridden')
    return (await overridesIn(bench, days)).map((one) => ({
      ...{ id: `${one.instrumentId} ${one.testCode} ${one.at}`, at: one.at },
      what: `${bench.catalog.test(one.testCode)?.name ?? one.testCode}, ${nameOfLine(bench, one.instrumentId)}`,
      ...{ patientId: '', minutes: null, text: `${one.by}: ${one.reason}` },
      go: { screen: 'qc', target: `${one.instrumentId} ${one.testCode}` },
    }));
  return [];
}

function nameOfLine(bench: Bench, instrumentId: string): string {
  return bench.instruments.lines().find((line) => line.id === instrumentId)?.name ?? instrumentId;
}

/** The longest durations with their specimens. */
async function durationCases(bench: Bench, days: Period, name: Duration, detail: string): Promise<Case[]> {
  const { timed } = await issuedIn(bench, days);
  const known = new Map(timed.map((one) => [`${one.report.id} ${one.specimen.id}`, one]));
  return minutesOf(intervalsOf(name, timed, detail))
    .cases.slice(0, INDICATOR_CASES)
    .flatMap(({ id, minutes }) => {
      const one = known.get(id);
      if (one === undefined) return [];
      const { report, specimen } = one;
      return {
        ...{ id, at: report.issuedTime, what: formatAccession(specimen.accessionIdentifier) },
        ...{ patientId: report.patientId, text: report.priority, minutes },
        go: { screen: 'signout' as const, target: specimen.accessionIdentifier },
      };
    });
}

export const indicatorQueryHandlers: QueryHandlers<'indicators' | 'indicators.cases'> = {
  indicators: {
    topics: [],
    run: async ({ bench }, { from, to, callWithin }) =>
      indicatorFigures(bench, { from, to, callWithin: callWithin ?? (await callWithinOf(bench.store)) }),
  },
  'indicators.cases': {
    topics: [],
    run: async ({ bench }, { from, to, ...which }) => {
      const callWithin = which.callWithin ?? (await callWithinOf(bench.store));
      const cases = await casesOf(bench, daysOf(from, to, bench.station.timeZone), { ...which, callWithin });
      // Durations come longest first; all else newest first.
      if (!which.name.endsWith('ToIssued')) cases.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
      const shown = cases.slice(0, INDICATOR_CASES);
      const patients = new Map(
        (
          await bench.store.getMany('patients', [
            ...new Set(shown.map((one) => one.patientId).filter((id) => id !== '')),
          ])
        ).map((one) => [one.id, nameOf(one)]),
      );
      return shown.map(({ patientId, ...one }) => ({ ...one, patientName: patients.get(patientId) ?? '' }));
    },
  },
};
