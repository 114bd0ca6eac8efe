import type { ResultDoc, SpecimenDoc } from '../../../shared/documents/index.ts';
import { formatAccession } from '../../../shared/domain/accession-number.ts';
import type { WorklistRow } from '../../../shared/ipc/results.ts';
import type { Bench } from '../bench.ts';
import type { Board } from '../live/board.ts';
import type { DocChange } from '../store/store.ts';
import { ageOn, nameOf, patientRow, placeOf, sexLetter } from './rows.ts';

/** Rows kept at most; beyond it all are made again. */
const MOST_KEPT = 5_000;

/** What a row says of a standing result. */
type Standing = Pick<ResultDoc, 'id' | 'verdict' | 'instrumentId' | 'interpretation'> & {
  text: string;
  unit: string;
};

/** Rows made, by specimen. */
class KeptRows {
  readonly #rows = new Map<string, WorklistRow>();
  /** Standing results by test, by accession number: read once, then kept as commits change them. */
  readonly #standing = new Map<string, Map<string, Standing>>();
  /** Specimens by patient, of the rows that are kept. */
  readonly #ofPatient = new Map<string, Set<string>>();
  /** What all rows were made under: another catalogue, other analysers or another hour make all of them anew. */
  #under = '';
  #commits = 0;

  get commits(): number {
    return this.#commits;
  }

  constructor(board: Board) {
    board.onChanges((changes) => this.#follow(changes));
  }

  /** The standing results of a specimen by test. */
  async standing(bench: Bench, accessionIdentifier: string): Promise<ReadonlyMap<string, Standing>> {
    const known = this.#standing.get(accessionIdentifier);
    if (known !== undefined) return known;
    const { commits } = this;
    const results = await bench.store.find('results', {
      selector: { accessionIdentifier: { $eq: accessionIdentifier } },
    });
    const read = new Map(results.filter((r) => r.current).map((r) => [r.testCode, standingOf(r)]));
    // What was committed while it was read may belong in it.
    if (commits === this.commits) this.#standing.set(accessionIdentifier, read);
    return read;
  }

  get(id: string, under: string): WorklistRow | undefined {
    if (under !== this.#under) this.#forget(under);
    return this.#rows.get(id);
  }

  set(id: string, row: WorklistRow): void {
    if (this.#rows.size >= MOST_KEPT) this.#forget(this.#under);
    this.#rows.set(id, row);
    const patientId = row.patient?.id ?? '';
    const others = this.#ofPatient.get(patientId);
    if (others === undefined) this.#ofPatient.set(patientId, new Set([id]));
    else others.add(id);
  }

  #forget(under: string): void {
    this.#rows.clear();
    this.#standing.clear();
    this.#ofPatient.clear();
    this.#under = under;
  }

  #result(before: ResultDoc | undefined, after: ResultDoc | undefined): void {
    if (before?.current === true) {
      const standing = this.#standing.get(before.accessionIdentifier);
      if (standing?.get(before.testCode)?.id === before.id) standing.delete(before.testCode);
    }
    if (after?.current === true)
      this.#standing.get(after.accessionIdentifier)?.set(after.testCode, standingOf(after));
  }

  #follow(changes: readonly DocChange[]): void {
    this.#commits += 1;
    for (const change of changes) {
      if (change.collection === 'catalog') this.#forget('');
      else if (change.collection === 'specimens') this.#rows.delete(change.id);
      else if (change.collection === 'results' || change.collection === 'tasks') {
        for (const doc of [change.before, change.after])
          if (doc !== undefined) this.#rows.delete(doc.specimenId);
        if (change.collection === 'results') this.#result(change.before, change.after);
      } else if (change.collection === 'patients') {
        // A row may have been made without its patient.
        for (const patientId of [change.id, ''])
          for (const id of this.#ofPatient.get(patientId) ?? []) this.#rows.delete(id);
      }
    }
  }
}

function standingOf(result: ResultDoc): Standing {
  const { id, verdict, instrumentId, interpretation, value } = result;
  return { id, verdict, instrumentId, interpretation, text: value.text, unit: value.unit };
}

const keptRows = new WeakMap<Bench, KeptRows>();

/**
 * Gives the worklist's rows as they are at an instant, by specimen; undefined where there is no such specimen. A row is made again only when
 * something in it changed: `kept` gives those that were made before.
 */
export function worklistRows(
  bench: Bench,
  board: Board,
  at: string,
): { kept: (id: string) => WorklistRow | undefined; row: (id: string) => Promise<WorklistRow | undefined> } {
  const rows = keptRows.get(bench) ?? new KeptRows(board);
  keptRows.set(bench, rows);
  const under = `${at.slice(0, 'YYYY-MM-DDTHH'.length)} ${measured(bench)}`;
  const kept = (id: string) => rows.get(id, under);
  const row = async (id: string) => {
    const known = kept(id);
    if (known !== undefined) return known;
    const { commits } = rows;
    const specimen = await board.doc('specimens', id);
    if (specimen === undefined) return undefined;
    const standing = await rows.standing(bench, specimen.accessionIdentifier);
    const fresh = await made(bench, board, specimen, standing, at);
    // What was committed while it was made may belong in it.
    if (commits === rows.commits) rows.set(id, fresh);
    return fresh;
  };
  return { kept, row };
}

/** What the analysers measure, and what none can be told to, as one text. */
function measured(bench: Bench): string {
  const all = [...bench.instruments.measures(), ...bench.instruments.unordered()];
  return all.map(([id, codes]) => `${id}:${[...codes].join()}`).join(';');
}

async function made(
  bench: Bench,
  board: Board,
  specimen: SpecimenDoc,
  standing: ReadonlyMap<string, Standing>,
  at: string,
): Promise<WorklistRow> {
  const patient = await board.doc('patients', specimen.patientId);
  const open = board.openFor;
  const measures = bench.instruments.measures();
  const unordered = bench.instruments.unordered();
  const tests = [];
  for (const code of specimen.testCodes) {
    const result = standing.get(code);
    const rerun =
      result !== undefined && result.verdict !== 'released' && open.get(result.id)?.rerun === true;
    const state =
      result === undefined
        ? ('waiting' as const)
        : rerun
          ? ('rerun' as const)
          : result.verdict === 'released'
            ? ('released' as const)
            : ('measured' as const);
    tests.push({
      code,
      name: bench.catalog.test(code)?.name ?? code,
      unit: result?.unit || bench.catalog.test(code)?.unit || '',
      state,
      instrumentId: result?.instrumentId ?? '',
      valueText: result?.text ?? '',
      interpretation: result?.interpretation ?? '',
      unordered: state === 'waiting' || state === 'rerun' ? [...(unordered.get(code) ?? [])] : [],
    });
  }
  const waiting = tests.filter((t) => t.state === 'waiting' || t.state === 'rerun');
  return {
    id: specimen.id,
    accessionIdentifier: specimen.accessionIdentifier,
    accessionDisplay: formatAccession(specimen.accessionIdentifier),
    cap: specimen.cap,
    typeDisplay: specimen.typeDisplay,
    priority: specimen.priority,
    patientName: patient === undefined ? '' : nameOf(patient),
    transliteration: patient?.transliteration ?? '',
    sex: patient === undefined ? '' : sexLetter(patient.sex),
    age: patient === undefined ? '' : ageOn(patient, at),
    patient: patient === undefined ? null : patientRow(patient, at),
    requisition: specimen.requisition,
    collector: specimen.collector,
    tests,
    waiting: waiting.length,
    measured: tests.filter((t) => t.state === 'measured').length,
    released: tests.filter((t) => t.state === 'released').length,
    receivedTime: specimen.receivedTime,
    collectedTime: specimen.collectedTime,
    instruments: [...measures]
      .filter(([, codes]) => waiting.some((t) => codes.has(t.code)))
      .map(([id]) => id),
    conditionText: specimen.conditionText,
    syncState: placeOf(bench, specimen),
  };
}
