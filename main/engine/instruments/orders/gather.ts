/** What waits to be measured on a specimen, and how that is told to an instrument. */
import type { PatientDoc, ResultDoc, SpecimenDoc } from '../../../../shared/documents/index.ts';
import type { OrderEnvelope } from '../../../../shared/profiles/orders/encode.ts';
import type {
  OrderForInstrument,
  PatientForInstrument,
  TestOrder,
} from '../../../../shared/profiles/orders/order.ts';
import type { Bench } from '../../bench.ts';
import { utcOffsetMinutes } from '../../local-time.ts';
import { repeatsOf } from '../../qc/repeats.ts';
import { orderFor } from '../../results/find.ts';

/** A test that has to be measured. */
export interface WaitingTest {
  /** our code */
  test: string;
  /** the same as long as it waits for the same reason: another one when a rerun is asked for */
  key: string;
}

/** An instant as instruments write it (R10): `YYYYMMDDHHMMSS`, local time of the bench. Empty for none. */
export function wireTime(timeZone: string, instant: string): string {
  if (instant === '') return '';
  const at = new Date(instant);
  return new Date(at.getTime() + utcOffsetMinutes(timeZone, at) * 60_000)
    .toISOString()
    .slice(0, 19)
    .replace(/[-T:]/g, '');
}

/** Names this station to instruments, now, with fresh control ids. */
export function envelopeOf(bench: Bench): OrderEnvelope {
  return {
    sender: `Levey ${bench.station.code}`,
    time: wireTime(bench.station.timeZone, bench.clock.now().toISOString()),
    controlId: () => bench.newId().replace(/-/g, '').slice(0, 20).toUpperCase(),
  };
}

/** The standing results of a specimen by test: current and not rejected. */
export async function standingResults(
  bench: Bench,
  specimen: SpecimenDoc,
): Promise<ReadonlyMap<string, ResultDoc>> {
  const results = await currentResults(bench, specimen);
  return new Map(results.filter((r) => r.verdict !== 'rejected').map((r) => [r.testCode, r]));
}

async function currentResults(bench: Bench, specimen: SpecimenDoc): Promise<ResultDoc[]> {
  const results = await bench.store.find('results', {
    selector: { accessionIdentifier: { $eq: specimen.accessionIdentifier } },
  });
  return results.filter((r) => r.current);
}

/**
 * Tests of a specimen that still have to be measured: it was received, they are ordered, not cancelled, and without a standing result or
 * with a rerun asked for.
 */
export async function waitingTests(bench: Bench, specimen: SpecimenDoc): Promise<WaitingTest[]> {
  if (specimen.status !== 'received') return [];
  const results = new Map((await currentResults(bench, specimen)).map((one) => [one.testCode, one]));
  const waiting: WaitingTest[] = [];
  for (const test of specimen.testCodes) {
    const result = results.get(test);
    const why = result === undefined ? '' : await againFor(bench, result);
    if (why === null) continue;
    if ((await orderFor(bench.store, specimen, test)) === undefined) continue;
    waiting.push({ test, key: why === '' ? test : `${test}#${why}` });
  }
  return waiting;
}

/** Why a test with a result is measured again: the result was rejected, or an open task asks for a rerun; null when nothing does. */
async function againFor(bench: Bench, result: ResultDoc): Promise<string | null> {
  if (result.verdict === 'rejected') return result.id;
  const tasks = await bench.store.find('tasks', { selector: { sourceKey: { $eq: `rerun:${result.id}` } } });
  // A released result keeps its rerun open with the repeat that came, until a person decides: that one is measured.
  return tasks.find((task) => task.status === 'open' && repeatsOf(task).length === 0)?.id ?? null;
}

const sexes = { male: 'M', female: 'F', other: 'U', unknown: 'U' } as const;

/** A specimen's work as an instrument is told it. @param named the number as the device wrote it */
export function orderOf(
  bench: Bench,
  specimen: SpecimenDoc,
  patient: PatientDoc | undefined,
  tests: readonly TestOrder[],
  named?: string,
): OrderForInstrument {
  const zone = bench.station.timeZone;
  return {
    specimenId: specimen.accessionIdentifier,
    ...(named === undefined ? {} : { named }),
    tests,
    priority: specimen.priority,
    orderedAt: wireTime(zone, specimen.createdAt),
    collectedAt: wireTime(zone, specimen.collectedTime),
    receivedAt: wireTime(zone, specimen.receivedTime),
    specimenType: specimen.typeCode,
    patient: patient === undefined ? null : patientOf(patient),
  };
}

function patientOf(patient: PatientDoc): PatientForInstrument {
  const latin = patient.transliteration;
  const [family = '', given = ''] = latin.split(',');
  return {
    id: patient.identifier,
    familyName: latin === '' ? patient.familyName : family.trim(),
    givenName: latin === '' ? patient.givenName : given.trim(),
    birthDate: patient.birthDate.replace(/-/g, ''),
    sex: sexes[patient.sex],
  };
}
