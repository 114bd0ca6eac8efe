import type { PatientDoc, ResultDoc, SpecimenDoc } from '../../../shared/documents/index.ts';
import { formatAccession } from '../../../shared/domain/accession-number.ts';
import type { CanonicalQuery } from '../../../shared/profiles/canonical.ts';
import type { AstmProfile } from '../../../shared/profiles/profile.ts';
import { encodeAnswer, type OrderForInstrument } from '../../../shared/protocols/astm/encode.ts';
import { specimenByNumber } from '../accession-search.ts';
import type { Bench } from '../bench.ts';
import { localDay, utcOffsetMinutes } from '../local-time.ts';
import { orderFor } from '../results/find.ts';

/** Specimens told at most in answer to "everything". */
const MOST_SPECIMENS = 100;

/** An instant as ASTM writes it (R10): `YYYYMMDDHHMMSS`, local time of the bench. Empty for none. */
export function astmTime(timeZone: string, instant: string): string {
  if (instant === '') return '';
  const at = new Date(instant);
  return new Date(at.getTime() + utcOffsetMinutes(timeZone, at) * 60_000)
    .toISOString()
    .slice(0, 19)
    .replace(/[-T:]/g, '');
}

/** Tests of a specimen that still have to be measured: ordered, not cancelled, without a standing result or with a rerun asked for. */
export async function waitingTests(bench: Bench, specimen: SpecimenDoc): Promise<string[]> {
  const results = await bench.store.find('results', {
    selector: { accessionIdentifier: { $eq: specimen.accessionIdentifier } },
  });
  const standing = new Map(
    results.filter((r) => r.current && r.verdict !== 'rejected').map((r) => [r.testCode, r]),
  );
  const waiting: string[] = [];
  for (const code of specimen.testCodes) {
    const result = standing.get(code);
    if (result !== undefined && !(await rerunAsked(bench, result))) continue;
    if ((await orderFor(bench.store, specimen, code)) !== undefined) waiting.push(code);
  }
  return waiting;
}

async function rerunAsked(bench: Bench, result: ResultDoc): Promise<boolean> {
  if (result.verdict === 'released') return false;
  const tasks = await bench.store.find('tasks', { selector: { sourceKey: { $eq: `rerun:${result.id}` } } });
  return tasks.some((task) => task.status === 'open');
}

const astmSex = { male: 'M', female: 'F', other: 'U', unknown: 'U' } as const;
const astmPriority = { stat: 'S', asap: 'A', urgent: 'A', routine: 'R' } as const;

function orderOf(
  bench: Bench,
  specimen: SpecimenDoc,
  patient: PatientDoc,
  codes: string[],
): OrderForInstrument {
  const zone = bench.station.timeZone;
  return {
    specimenId: specimen.accessionIdentifier,
    codes,
    priority: astmPriority[specimen.priority],
    orderedAt: astmTime(zone, specimen.createdAt),
    collectedAt: astmTime(zone, specimen.collectedTime),
    specimenType: specimen.typeCode,
    patient: {
      id: patient.identifier,
      familyName:
        patient.transliteration === '' ? patient.familyName : patient.transliteration.split(',')[0]!.trim(),
      givenName:
        patient.transliteration === ''
          ? patient.givenName
          : (patient.transliteration.split(',')[1] ?? '').trim(),
      birthDate: patient.birthDate.replace(/-/g, ''),
      sex: astmSex[patient.sex],
    },
  };
}

/**
 * Answers an instrument's request for orders (R8, R9) from the local store: what waits on the specimens it names and can be measured
 * on it. Only received specimens get work; a specimen without any is left out, and with none at all the answer is "nothing" (L|1|I).
 * @returns the message and a note without patient data for the trace.
 */
export async function answerQuery(
  bench: Bench,
  profile: AstmProfile,
  query: CanonicalQuery,
): Promise<{ text: Uint8Array; note: string }> {
  const asked =
    query.problems.some((problem) => problem.severity === 'hold') || query.cancel
      ? []
      : await askedFor(bench, query);
  const orders: OrderForInstrument[] = [];
  for (const specimen of asked) {
    if (specimen.status !== 'received') continue;
    const patient = await bench.store.get('patients', specimen.patientId);
    if (patient === undefined) continue;
    const waiting = await waitingTests(bench, specimen);
    const wanted = query.tests.length === 0 ? waiting : waiting.filter((code) => query.tests.includes(code));
    const codes = wanted.flatMap((code) => orderCode(profile, code) ?? []);
    if (codes.length > 0) orders.push(orderOf(bench, specimen, patient, [...new Set(codes)]));
  }
  const worked = orders.length;
  if (!query.cancel) await asNamed(bench, query, orders);
  const encoded = encodeAnswer(orders, {
    sender: `Levey ${bench.station.code}`,
    time: astmTime(bench.station.timeZone, bench.clock.now().toISOString()),
    delimiters: profile.dialect.delimiters,
    charset: profile.dialect.charset,
    testsPerOrder: profile.dialect.testsPerOrder,
    answer: profile.dialect.answer,
    codeComponent: profile.dialect.codeComponent,
  });
  const told = orders
    .slice(0, worked)
    .map((o) => `${formatAccession(o.specimenId)} ${o.codes.length} tests`)
    .join(', ');
  return { text: encoded.bytes, note: worked === 0 ? 'no orders' : told };
}

/** The instrument's code of one of our tests; null: it cannot measure it. A code of another aspect (`0021/I`) is ordered as its test. */
function orderCode(profile: AstmProfile, test: string): string | null {
  const code = profile.tests.find((one) => one.test === test)?.code;
  if (code === undefined) return null;
  return profile.dialect.aspect === null ? code : code.replace(/\/[^/]*$/, '');
}

/**
 * Some devices want their own words for a specimen back (Q-3 with rack and position), and an answer for each specimen they named: adds those
 * words to the orders, and an order without tests where there is no work. What their profile does not ask for, {@link encodeAnswer} leaves out.
 */
async function asNamed(bench: Bench, query: CanonicalQuery, orders: OrderForInstrument[]): Promise<void> {
  for (const [named, words] of Object.entries(query.echo ?? {})) {
    const specimen = await specimenByNumber(bench.store, named);
    const at = orders.findIndex((order) => order.specimenId === specimen?.accessionIdentifier);
    const order = at < 0 ? { codes: [] } : orders[at];
    const answer = { ...order, codes: order?.codes ?? [], specimenId: named, echo: words.split('^') };
    orders.splice(at < 0 ? orders.length : at, at < 0 ? 0 : 1, answer);
  }
}

async function askedFor(bench: Bench, query: CanonicalQuery): Promise<SpecimenDoc[]> {
  if (query.all) {
    const since = new Date(bench.clock.now().getTime() - 7 * 86_400_000);
    const received = await bench.store.find('specimens', {
      selector: { status: { $eq: 'received' }, receivedTime: { $gte: localDay('UTC', since) } },
      sort: [{ status: 'desc' }, { receivedTime: 'desc' }],
      limit: MOST_SPECIMENS,
    });
    const clear: SpecimenDoc[] = [];
    for (const specimen of received) {
      const named = await specimenByNumber(bench.store, specimen.accessionIdentifier);
      if (named?.id === specimen.id) clear.push(specimen);
    }
    return clear;
  }
  const found: SpecimenDoc[] = [];
  for (const id of query.specimenIds) {
    const specimen = await specimenByNumber(bench.store, id);
    if (specimen !== undefined) found.push(specimen);
  }
  return found;
}
