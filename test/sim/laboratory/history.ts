import { contentHash } from '../../../main/engine/output/content-hash.ts';
import type { CatalogDoc } from '../../../shared/documents/catalog.ts';
import type { Reason } from '../../../shared/documents/common.ts';
import type { OrderDoc } from '../../../shared/documents/order.ts';
import type { PatientDoc } from '../../../shared/documents/patient.ts';
import type { ReportDoc } from '../../../shared/documents/report.ts';
import type { ResultDoc } from '../../../shared/documents/result.ts';
import type { SpecimenDoc } from '../../../shared/documents/specimen.ts';
import { aboutResult, type TaskDoc } from '../../../shared/documents/task.ts';
import { accessionNumber } from '../../../shared/domain/accession-number.ts';
import { deltaCheck } from '../../../shared/domain/delta.ts';
import { interpret } from '../../../shared/domain/interpret.ts';
import { reason } from '../../../shared/domain/reason.ts';
import { reportTitle } from '../../../shared/domain/report.ts';
import { planTubes } from '../../../shared/domain/tubes.ts';
import { RULE_SET_VERSION } from '../../../shared/domain/verdict.ts';
import { combinations, ordered, requisitionNumber } from './orders.ts';
import { Random } from './random.ts';
import { staff } from './staff.ts';
import { analysers } from './station.ts';
import { stored } from './stored.ts';
import { Patients } from './values.ts';

/** One requisition of the past with everything that came of it: released, signed, on the server. */
export interface PastRequisition {
  orders: OrderDoc[];
  specimens: SpecimenDoc[];
  results: ResultDoc[];
  report: ReportDoc;
  /** Recorded critical calls (V3). */
  tasks: TaskDoc[];
}

export interface HistoryInput {
  seed: string;
  patients: readonly PatientDoc[];
  catalog: readonly CatalogDoc[];
  /** Result documents altogether; exactly so many come. */
  results: number;
  /** Everything is before this day, `YYYY-MM-DD`. */
  endDay: string;
  /** Length of the past in days. Default 365. */
  days?: number;
  /** Station that gave the accession numbers. Default `H1`, so that today's station starts at its own first number. */
  stationCode?: string;
}

const MINUTE = 60_000;
const DAY = 86_400_000;
const REQUISITION_BASE = 10_000_000;

interface Asked {
  code: string;
  name: string;
  testCodes: string[];
}

/**
 * A past of the laboratory as a stream, oldest first: requisition by requisition, nothing is held in memory but the last value of each patient
 * and test. The same input gives the same documents. Values of a patient resemble each other from time to time, each result names the one before
 * it. A newborn's values begin with the birth: nobody is measured before being born.
 */
export function* history(input: HistoryInput): Generator<PastRequisition> {
  const { seed, catalog, results, endDay, days = 365, stationCode = 'H1' } = input;
  const random = new Random(`${seed}/history`);
  const measuring = new Patients(seed, catalog);
  const tests = new Map(catalog.filter((one) => one.kind === 'test').map((one) => [one.code, one]));
  const asks = combinations.map((codes) => codes.map((code) => ordered(code, catalog)));
  const single = [...tests.values()].map((one) => ordered(one.code, catalog));
  const average = asks.reduce((sum, one) => sum + distinct(one), 0) / asks.length;
  const end = Date.parse(`${endDay}T00:00:00.000Z`);
  const start = end - days * DAY;
  const step = (days * DAY) / Math.max(1, Math.ceil(results / average));
  const last = new Map<string, NonNullable<ResultDoc['previous']> & { value: ResultDoc['value'] }>();
  const numbers = new Map<string, number>();
  const births = birthTimes(input.patients);

  let done = 0;
  let serial = 0;
  while (done < results) {
    const authored = start + ((end - start) * done) / results + random.next() * step * 0.5;
    const patient = random.pick(input.patients);
    // Three hours are left for the way from order to signature.
    const at = Math.min(authored, end - 3 * 60 * MINUTE);
    const born = births.get(patient.id);
    if (born !== undefined && born + 60 * MINUTE > at) {
      if (input.patients.every((one) => (births.get(one.id) ?? 0) + 60 * MINUTE > at)) {
        throw new RangeError('none of the patients was born in the time the history is to cover');
      }
      continue;
    }
    serial += 1;
    const all = random.pick(asks);
    const left = results - done;
    const asked = distinct(all) <= left ? all : single.slice(0, left);
    const past = requisition(
      { random, measuring, catalog, tests, last, numbers, stationCode },
      patient,
      asked,
      at,
      serial,
    );
    done += past.results.length;
    yield past;
  }
}

function distinct(asked: readonly Asked[]): number {
  return new Set(asked.flatMap((one) => one.testCodes)).size;
}

/** Latest possible birth by patient id; those without a birth date are not in it. */
function birthTimes(patients: readonly PatientDoc[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const { id, birthDate } of patients) {
    if (birthDate === '') continue;
    const [year = 0, month, day] = birthDate.split('-').map(Number);
    // Day 0 of the next month is the last of this one.
    times.set(id, day === undefined ? Date.UTC(year, month ?? 12, 0) : Date.UTC(year, (month ?? 1) - 1, day));
  }
  return times;
}

interface Bench {
  random: Random;
  measuring: Patients;
  catalog: readonly CatalogDoc[];
  tests: ReadonlyMap<string, CatalogDoc>;
  last: Map<string, NonNullable<ResultDoc['previous']> & { value: ResultDoc['value'] }>;
  /** Accession numbers given so far, by day. */
  numbers: Map<string, number>;
  stationCode: string;
}

function requisition(
  bench: Bench,
  patient: PatientDoc,
  asked: readonly Asked[],
  at: number,
  serial: number,
): PastRequisition {
  const { random } = bench;
  const iso = (minutes: number): string => new Date(Math.floor(at) + minutes * MINUTE).toISOString();
  const times = {
    authored: iso(0),
    collected: iso(12 + random.int(0, 10)),
    received: iso(30 + random.int(0, 15)),
    measured: iso(55 + random.int(0, 15)),
    released: iso(75 + random.int(0, 10)),
    signed: iso(95 + random.int(0, 60)),
  };
  const number = requisitionNumber(REQUISITION_BASE + serial);
  const urgent = random.next();
  const priority = urgent < 0.1 ? ('stat' as const) : ('routine' as const);
  const orders = asked.map(
    (one): OrderDoc => ({
      ...stored(random.uuid(), times.authored, times.signed),
      requisition: number,
      patientId: patient.id,
      catalogCode: one.code,
      display: one.name,
      testCodes: one.testCodes,
      priority,
      status: 'completed',
      authoredOn: times.authored,
      requester: 'Dr A. Fitzgerald',
      ward: patient.ward,
      note: '',
      origin: 'server',
    }),
  );
  const plan = planTubes(
    orders.map((one) => ({ ...one, status: 'active' as const })),
    bench.catalog,
  );
  const specimens = plan.tubes.map(
    (tube): SpecimenDoc => ({
      ...stored(random.uuid(), times.collected, times.received),
      accessionIdentifier: nextNumber(bench, times.received.slice(0, 10)),
      requisition: number,
      patientId: patient.id,
      orderIds: tube.orderIds,
      testCodes: tube.testCodes,
      priority,
      typeCode: tube.typeCode,
      typeDisplay: tube.typeDisplay,
      container: tube.container,
      cap: tube.cap,
      tubeIndex: tube.tubeIndex,
      tubeCount: tube.tubeCount,
      status: 'disposed',
      collectedTime: times.collected,
      collector: 'Ward phlebotomy',
      receivedTime: times.received,
      receivedBy: staff.technician.id,
      labelState: 'printed',
      label: {
        printer: 'LABEL1',
        queuedAt: times.collected,
        printedAt: times.collected,
        attempts: 1,
        why: '',
        maybePrinted: false,
        copies: 1,
      },
      conditionCode: '',
      conditionText: '',
    }),
  );
  const results = specimens.flatMap((specimen) => resultsOf(bench, patient, orders, specimen, times));
  const report = reportOf(random, orders, specimens, results, times);
  const tasks = results
    .filter((one) => one.interpretation === 'HH' || one.interpretation === 'LL')
    .map((one) => callOf(random, one, times));
  return { orders, specimens, results, report, tasks };
}

type Times = Record<'authored' | 'collected' | 'received' | 'measured' | 'released' | 'signed', string>;

function nextNumber({ numbers, stationCode }: Bench, day: string): string {
  const sequence = (numbers.get(day) ?? 0) + 1;
  numbers.set(day, sequence);
  return accessionNumber({ date: day, stationCode, sequence });
}

function resultsOf(
  bench: Bench,
  patient: PatientDoc,
  orders: readonly OrderDoc[],
  specimen: SpecimenDoc,
  times: Times,
): ResultDoc[] {
  const { random } = bench;
  const measured = bench.measuring.measure(random, patient, specimen.testCodes, times.collected);
  return [...measured].map(([code, { value, choice }]): ResultDoc => {
    const test = bench.tests.get(code);
    const order = orders.find((one) => one.testCodes.includes(code));
    if (test === undefined || order === undefined) throw new Error(`no test or order for ${code}`);
    const { interpretation, because } = interpret(value, choice.range, test.unit);
    const key = `${patient.id} ${code}`;
    const before = bench.last.get(key);
    const id = random.uuid();
    const doc: ResultDoc = {
      ...stored(id, times.measured, times.released),
      patientId: patient.id,
      specimenId: specimen.id,
      accessionIdentifier: specimen.accessionIdentifier,
      orderId: order.id,
      requisition: order.requisition,
      testCode: code,
      testName: test.name,
      loinc: test.loinc,
      version: 1,
      replacesId: '',
      current: true,
      status: 'final',
      value,
      interpretation,
      range: choice.range,
      verdict: 'released',
      because: [...choice.because, ...because, releasedBy(because)],
      ruleSetVersion: RULE_SET_VERSION,
      flags: [],
      previous: before === undefined ? null : previousOf(before, value, times.collected),
      instrumentId: analysers.find((one) => one.section === test.section)?.id ?? '',
      operator: 'auto',
      effectiveTime: times.collected,
      measuredTime: times.measured,
      postedTime: times.measured,
      enteredBy: '',
      verifiedBy: staff.technician.id,
      verifiedTime: times.released,
      comment: because.some((one) => one.outcome === 'hold')
        ? 'Checked, agrees with the clinical picture.'
        : '',
      sourceKey: `history:${id}`,
      messageId: '',
    };
    bench.last.set(key, {
      resultId: id,
      text: value.text,
      number: value.number,
      at: times.collected,
      delta: '',
      value,
    });
    return doc;
  });
}

function releasedBy(because: readonly Reason[]): Reason {
  return because.some((one) => one.outcome === 'hold')
    ? reason('release', 'pass', 'Released by a person with a comment.', { by: staff.technician.id })
    : reason('release', 'pass', 'Released by a person.', { by: staff.technician.id });
}

function previousOf(
  before: NonNullable<ResultDoc['previous']> & { value: ResultDoc['value'] },
  value: ResultDoc['value'],
  at: string,
): ResultDoc['previous'] {
  const { value: earlier, ...previous } = before;
  const { delta } = deltaCheck({
    rule: null,
    current: { value, at },
    previous: { resultId: before.resultId, value: earlier, at: before.at },
    historyComplete: true,
  });
  return { ...previous, delta };
}

function reportOf(
  random: Random,
  orders: readonly OrderDoc[],
  specimens: readonly SpecimenDoc[],
  results: readonly ResultDoc[],
  times: Times,
): ReportDoc {
  const [first] = orders;
  if (first === undefined) throw new Error('a requisition has at least one order');
  const content = {
    requisition: first.requisition,
    patientId: first.patientId,
    title: reportTitle(orders),
    orderIds: orders.map((one) => one.id),
    specimenIds: specimens.map((one) => one.id),
    resultIds: results.map((one) => one.id),
  };
  const values = results.map((one) => [one.id, one.value.text, one.value.unit, one.interpretation]);
  return {
    ...stored(random.uuid(), times.authored, times.signed),
    ...content,
    version: 1,
    replacesId: '',
    current: true,
    state: 'signed',
    status: 'final',
    priority: first.priority,
    conclusion: '',
    sendBackReason: '',
    correctionReason: '',
    signature: {
      personId: staff.pathologist.id,
      name: staff.pathologist.name,
      at: times.signed,
      meaning: 'Reviewed and approved',
      contentHash: contentHash({ ...content, values }),
    },
    issuedTime: times.signed,
    readyTime: times.released,
  };
}

/** The recorded call of a critical value: who, to whom, when, read back (V3). */
function callOf(random: Random, result: ResultDoc, times: Times): TaskDoc {
  return {
    ...stored(random.uuid(), times.measured, times.released),
    kind: 'criticalCall',
    status: 'done',
    reason: 'criticalValue',
    summary: `${result.testName} ${result.value.text} ${result.interpretation}`,
    ...aboutResult(result),
    sentTest: '',
    reportId: '',
    payload: { to: 'Ward nurse', readBack: true, at: times.released },
    sourceKey: `call:${result.id}`,
    resolution: 'Called to the ward nurse, read back.',
    resolvedBy: staff.technician.id,
    resolvedAt: times.released,
  };
}
