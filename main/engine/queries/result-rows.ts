import type { PatientDoc, ResultDoc, SpecimenDoc } from '../../../shared/documents/index.ts';
import { formatAccession } from '../../../shared/domain/accession-number.ts';
import { gateIn } from '../../../shared/domain/qc/gate.ts';
import { verdictReason } from '../../../shared/domain/verdict.ts';
import type { ResultRow } from '../../../shared/ipc/results.ts';
import type { Bench } from '../bench.ts';
import type { OpenFor } from '../live/board.ts';
import { keepNewest } from '../live/keep.ts';
import { ageOn, nameOf, placeOf, sexLetter } from './rows.ts';

/** Points of a trend in a row. */
const TREND = 8;

/** What is open for results, by result. */
export type OpenTasks = ReadonlyMap<string, OpenFor>;

/** Rows already made, by result: made again only when the result, its specimen or its patient changed. */
const made = new WeakMap<Bench, Map<string, Made>>();

interface Made {
  result: ResultDoc;
  specimen: SpecimenDoc | undefined;
  patient: PatientDoc | undefined;
  row: ResultRow;
  trended: boolean;
  /** The row with what was open for the result when it was last asked for. */
  marked: ResultRow;
}

const MOST_MADE = 5_000;

/** Who released it, for the row: `auto`, or the initials. */
async function releasedBy(bench: Bench, result: ResultDoc): Promise<string> {
  if (result.verifiedBy === 'rules') return 'auto';
  return (await bench.store.get('people', result.verifiedBy))?.initials ?? '';
}

/** True for a version of the same measurement that was made after this one. */
export function laterVersion(other: ResultDoc, result: ResultDoc): boolean {
  return other.accessionIdentifier === result.accessionIdentifier && other.version > result.version;
}

async function trendOf(bench: Bench, result: ResultDoc): Promise<number[]> {
  const points: number[] = [];
  const by = { patientId: { $eq: result.patientId }, testCode: { $eq: result.testCode } };
  const seen = (h: ResultDoc) => {
    const counts = h.id === result.id || (h.current && h.verdict === 'released');
    if (
      counts &&
      h.value.number !== undefined &&
      h.value.unit === result.value.unit &&
      h.effectiveTime <= result.effectiveTime &&
      !laterVersion(h, result)
    )
      points.push(h.value.number);
    return points.length >= TREND;
  };
  await bench.store.latest('results', by, TREND * 3, seen, TREND);
  return points.reverse();
}

/** Whether the row of a result was made with its trend. */
export function hasTrend(bench: Bench, resultId: string): boolean {
  return made.get(bench)?.get(resultId)?.trended === true;
}

/**
 * One result as a row of a list. A trend reads the patient's history, which is most of the work: with `trended` false it is left empty
 * unless it is known already.
 */
export async function resultRow(
  bench: Bench,
  result: ResultDoc,
  specimen: SpecimenDoc | undefined,
  patient: PatientDoc | undefined,
  open: OpenTasks,
  trended = true,
): Promise<ResultRow> {
  return (
    madeRow(bench, result, specimen, patient, open, trended) ??
    marked(await makeRow(bench, result, specimen, patient, trended), open)
  );
}

/** {@link resultRow} where it was made before and still says what is stored; undefined where it has to be made. */
export function madeRow(
  bench: Bench,
  result: ResultDoc,
  specimen: SpecimenDoc | undefined,
  patient: PatientDoc | undefined,
  open: OpenTasks,
  trended: boolean,
): ResultRow | undefined {
  const known = made.get(bench)?.get(result.id);
  if (known === undefined || (trended && !known.trended)) return undefined;
  if (known.result !== result || known.specimen !== specimen || known.patient !== patient) {
    if (!saysTheSame(known, result, specimen, patient)) return undefined;
    Object.assign(known, { result, specimen, patient });
  }
  return marked(known, open);
}

/** Whether a row made from other copies of the documents is still as it would be made. */
function saysTheSame(
  known: Made,
  result: ResultDoc,
  specimen: SpecimenDoc | undefined,
  patient: PatientDoc | undefined,
): boolean {
  return (
    known.result.change === result.change &&
    known.result.syncState === result.syncState &&
    known.result.current === result.current &&
    (known.specimen?.change ?? 0) === (specimen?.change ?? 0) &&
    (known.patient?.change ?? 0) === (patient?.change ?? 0)
  );
}

function marked(known: Made, open: OpenTasks): ResultRow {
  const { rerun = false, call = false } = open.get(known.row.id) ?? {};
  if (known.marked.rerunAsked !== rerun || known.marked.callDue !== call)
    known.marked = rerun || call ? { ...known.row, rerunAsked: rerun, callDue: call } : known.row;
  return known.marked;
}

async function makeRow(
  bench: Bench,
  result: ResultDoc,
  specimen: SpecimenDoc | undefined,
  patient: PatientDoc | undefined,
  trended: boolean,
): Promise<Made> {
  const cache = made.get(bench) ?? new Map<string, Made>();
  made.set(bench, cache);
  const released = result.verdict === 'released';
  const controls = gateIn(result.because);
  const row: ResultRow = {
    id: result.id,
    specimenId: result.specimenId,
    accessionIdentifier: result.accessionIdentifier,
    accessionDisplay: formatAccession(result.accessionIdentifier),
    cap: specimen?.cap ?? 'none',
    priority: specimen?.priority ?? 'routine',
    patientId: result.patientId,
    patientName: patient === undefined ? '' : nameOf(patient),
    transliteration: patient?.transliteration ?? '',
    sex: patient === undefined ? '' : sexLetter(patient.sex),
    age: patient === undefined ? '' : ageOn(patient, result.effectiveTime || result.postedTime),
    testCode: result.testCode,
    testName: result.testName,
    valueText: result.value.text,
    valueKind: result.value.kind,
    unit: result.value.unit,
    interpretation: result.interpretation,
    rangeText: result.range?.text ?? '',
    previousText: result.previous?.text ?? '',
    delta: result.previous?.delta ?? '',
    deltaHeld: result.because.some((reason) => reason.rule === 'delta' && reason.outcome === 'hold'),
    trend: trended ? await trendOf(bench, result) : [],
    rangeLow: result.range?.low ?? null,
    rangeHigh: result.range?.high ?? null,
    qc: controls.state,
    qcText: controls.text,
    verdict: result.verdict,
    verdictReason: released ? await releasedBy(bench, result) : verdictReason(result.because),
    version: result.version,
    status: result.status,
    flags: result.flags,
    instrumentId: result.instrumentId,
    postedTime: result.postedTime,
    syncState: placeOf(bench, result),
    rerunAsked: false,
    callDue: false,
  };
  const fresh = { result, specimen, patient, row, trended, marked: row };
  keepNewest(cache, result.id, fresh, MOST_MADE);
  return fresh;
}
