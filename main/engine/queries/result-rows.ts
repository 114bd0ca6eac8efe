import type { PatientDoc, ResultDoc, SpecimenDoc } from '../../../shared/documents/index.ts';
import { formatAccession } from '../../../shared/domain/accession-number.ts';
import { gateIn } from '../../../shared/domain/qc/gate.ts';
import { verdictReason } from '../../../shared/domain/verdict.ts';
import type { ResultRow } from '../../../shared/ipc/results.ts';
import type { Bench } from '../bench.ts';
import type { OpenFor } from '../live/board.ts';
import { ageOn, nameOf, placeOf, sexLetter } from './rows.ts';

/** Points of a trend in a row. */
const TREND = 8;

/** What is open for results, by result. */
export type OpenTasks = ReadonlyMap<string, OpenFor>;

/** Rows already made, by result: made again only when the result, its specimen or its patient changed. */
const made = new WeakMap<Bench, Map<string, Made>>();

interface Made {
  key: string;
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
  const known = await storedRow(bench, result, specimen, patient, trended);
  const { rerun = false, call = false } = open.get(result.id) ?? {};
  if (known.marked.rerunAsked !== rerun || known.marked.callDue !== call)
    known.marked = rerun || call ? { ...known.row, rerunAsked: rerun, callDue: call } : known.row;
  return known.marked;
}

async function storedRow(
  bench: Bench,
  result: ResultDoc,
  specimen: SpecimenDoc | undefined,
  patient: PatientDoc | undefined,
  trended: boolean,
): Promise<Made> {
  const cache = made.get(bench) ?? new Map<string, Made>();
  made.set(bench, cache);
  const key = `${result.change}:${result.syncState}:${specimen?.change ?? 0}:${patient?.change ?? 0}:${result.current}`;
  const known = cache.get(result.id);
  if (known?.key === key && (known.trended || !trended)) return known;
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
  if (cache.size >= MOST_MADE) cache.clear();
  const fresh = { key, row, trended, marked: row };
  cache.set(result.id, fresh);
  return fresh;
}
